package wire

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"whisker/bridge/wire/internal/peer"
)

// BenchmarkCodec encodes and decodes a command and a state, against the firmware's
// codec in C in alternating rounds. ratio is the median over rounds of our time by
// C's.
func BenchmarkCodec(b *testing.B) {
	program, err := peer.Build(b.TempDir(), peer.Optimised...)
	if err != nil {
		b.Fatal(err)
	}
	p, err := peer.Start(program)
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	const n = 20000
	c, s := &Command{ValidMs: 40}, &State{Voltage: 24}
	for i := range c.Joint {
		c.Joint[i] = JointCommand{Pos: 0.1 * float64(i), Vel: -0.3, Torque: 1.5, Kp: 40, Kd: 1}
		s.Joint[i] = JointState{Pos: 0.1 * float64(i), Vel: -0.3, Torque: 1.5, Current: 2, Temp: 40}
	}
	ours := func() time.Duration {
		var r Receiver
		buf := make([]byte, 0, 2*MaxWire)
		begin := time.Now()
		for i := range n {
			out := Append(Append(buf, Header{Session: 1, Seq: uint32(2 * i)}, c), Header{Session: 1, Seq: uint32(2*i + 1)}, s)
			for {
				rest, f, v, ok := r.Next(out)
				if !ok {
					break
				}
				if out = rest; v != Accepted {
					b.Fatal(v)
				}
				if f.Type == TypeCommand {
					f.Decode(c)
				} else {
					f.Decode(s)
				}
			}
		}
		return time.Since(begin)
	}
	theirs := func() time.Duration {
		out, err := p.Ask('t', binary.LittleEndian.AppendUint32(nil, n))
		if err != nil {
			b.Fatal(err)
		}
		return time.Duration(binary.LittleEndian.Uint64(out))
	}
	var ratios, us []float64
	for b.Loop() {
		first, second := ours, theirs
		if len(ratios)%2 == 1 {
			first, second = theirs, ours
		}
		x, y := first(), second()
		if len(ratios)%2 == 1 {
			x, y = y, x
		}
		ratios, us = append(ratios, float64(x)/float64(y)), append(us, float64(x)/1e3/n)
	}
	slices.Sort(ratios)
	slices.Sort(us)
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(us[len(us)/2], "us")
	b.ReportMetric(0, "ns/op")
}
