package wire

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
)

func TestLinkRefuses(t *testing.T) {
	const now = 5_000_000
	for _, c := range []struct {
		name string
		f    Frame
		want Verdict
	}{
		{"the next command", Frame{Header{7, 101, now - 20_000}, TypeCommand, nil}, Accepted},
		{"a few were lost", Frame{Header{7, 100 + Window, now}, TypeCommand, nil}, Accepted},
		{"too far ahead", Frame{Header{7, 101 + Window, now}, TypeCommand, nil}, VerdictWindow},
		{"replayed", Frame{Header{7, 100, now}, TypeCommand, nil}, VerdictWindow},
		{"out of order", Frame{Header{7, 99, now}, TypeCommand, nil}, VerdictWindow},
		{"another host's", Frame{Header{8, 101, now}, TypeCommand, nil}, VerdictSession},
		{"nobody's", Frame{Header{0, 101, now}, TypeCommand, nil}, VerdictSession},
		{"from a state just young enough", Frame{Header{7, 101, now - StaleUs}, TypeCommand, nil}, Accepted},
		{"from a stale state", Frame{Header{7, 101, now - StaleUs - 1}, TypeCommand, nil}, VerdictStale},
		{"from the future", Frame{Header{7, 101, now + 1}, TypeCommand, nil}, VerdictStale},
		{"a stale enable", Frame{Header{7, 101, 0}, TypeEnable, nil}, VerdictStale},
		{"a stale reset", Frame{Header{7, 101, 0}, TypeReset, nil}, Accepted},
		{"a late stop", Frame{Header{7, 3, 0}, TypeStop, nil}, Accepted},
		{"another host's stop", Frame{Header{8, 101, 0}, TypeStop, nil}, VerdictSession},
		{"another host's e-stop", Frame{Header{8, 3, 0}, TypeEStop, nil}, Accepted},
		{"another host's hello", Frame{Header{8, 3, 0}, TypeHello, nil}, Accepted},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l Link
			l.Open(7, 100)
			before := l
			if got := l.Check(&c.f, now); got != c.want {
				t.Errorf("verdict %v, want %v", got, c.want)
			}
			if c.want != Accepted && l != before {
				t.Error("a refused frame moved the window")
			}
			if c.f.Type == TypeCommand && c.want == Accepted && l.Check(&c.f, now) != VerdictWindow {
				t.Error("the same command is accepted twice")
			}
		})
	}
	if v := new(Link).Check(&Frame{Header{0, 1, now}, TypeCommand, nil}, now); v != VerdictSession {
		t.Errorf("without a session a command is %v", v)
	}
}

// The C check and the Go one agree on random conversations.
func TestLinkIsTheSameInC(t *testing.T) {
	p, rng := startPeer(t), rand.New(rand.NewPCG(4, 4))
	var l Link
	l.Open(1, math.MaxUint32-300) // the sequence wraps on the way
	ask(t, p, 'o', binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, l.Session), l.Seq))
	types := []Type{TypeHello, TypeCommand, TypeEnable, TypeStop, TypeEStop, TypeReset, TypeState}
	seen := map[Verdict]int{}
	for range 20000 {
		now := rng.Uint32()
		f := Frame{Header{uint32(rng.IntN(8) / 7), l.Seq - 2 + uint32(rng.IntN(8)), now - uint32(rng.IntN(StaleUs*5/4))}, types[rng.IntN(len(types))], nil}
		f.Session = 1 - f.Session
		if rng.IntN(10) == 0 {
			f.Seq += uint32(rng.IntN(2 * Window))
		}
		b := []byte{uint8(f.Type)}
		for _, x := range []uint32{f.Session, f.Seq, f.TimeUs, now} {
			b = binary.LittleEndian.AppendUint32(b, x)
		}
		want := l.Check(&f, now)
		if seen[want]++; ask(t, p, 'c', b)[0] != uint8(want) {
			t.Fatalf("C and Go judge %+v differently; Go says %v", f, want)
		}
	}
	for _, v := range []Verdict{Accepted, VerdictSession, VerdictWindow, VerdictStale} {
		if seen[v] < 100 {
			t.Errorf("%v came up %d times", v, seen[v])
		}
	}
}

// Fixed point: the same bits from the same numbers in C and Go, NaN and the
// ends of the range included; and back.
func TestFixedPointIsTheSameInC(t *testing.T) {
	p, rng := startPeer(t), rand.New(rand.NewPCG(4, 5))
	inf := float32(math.Inf(1))
	for kind, r := range [][3]int{{-32767, 32767, -32768}, {0, 65534, 65535}, {-127, 127, -128}} {
		for shift := 0; shift <= 14; shift++ {
			xs := []float32{0, 1, -1, inf, -inf, float32(math.NaN()), math.MaxFloat32, 0.5, 1.5, 2.5}
			for range 200 {
				raw := float32(rng.IntN(2*r[1])-r[1]) + float32(rng.IntN(5))/4 // ties too
				xs = append(xs, raw/float32(int(1)<<shift))
			}
			b := []byte{uint8(kind), uint8(shift)}
			for _, x := range xs {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
			}
			out := ask(t, p, 'q', b)
			for i, x := range xs {
				raw := quantise(float64(x), shift, float64(r[0]), float64(r[1]), r[2])
				back := float32(value(raw, shift, r[2]))
				gotRaw, gotBack := int32(binary.LittleEndian.Uint32(out[8*i:])), math.Float32frombits(binary.LittleEndian.Uint32(out[8*i+4:]))
				if int(gotRaw) != raw || gotBack != back && (gotBack == gotBack || back == back) {
					t.Fatalf("%v at shift %d: C gives %d and %v, Go %d and %v", x, shift, gotRaw, gotBack, raw, back)
				}
			}
		}
	}
}

func TestCalibrationIDIsTheSameInC(t *testing.T) {
	p, rng := startPeer(t), rand.New(rand.NewPCG(4, 6))
	ids := map[uint32]bool{}
	for range 50 {
		m := &Calibrate{ID: rng.Uint32()}
		for i := range m.Joint {
			m.Joint[i] = JointCalibration{Offset: rng.Float64() - 0.5, Sign: int8(1 - 2*rng.IntN(2))}
		}
		raw := make([]byte, schema().size[TypeCalibrate])
		c := codec{op: opPut, buf: raw}
		walk(m, &c)
		id := CalibrationID(m)
		if got := binary.LittleEndian.Uint32(ask(t, p, 'i', raw)); got != id {
			t.Fatalf("C gives %08x, Go %08x", got, id)
		}
		ids[id] = true
	}
	if len(ids) != 50 {
		t.Errorf("50 calibrations have %d ids", len(ids))
	}
}
