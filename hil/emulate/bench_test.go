package emulate

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"whisker/bridge/board"
	"whisker/controller"
	"whisker/controller/profile"
)

// BenchmarkLockstep reports how much faster than real time the firmware runs in
// lockstep, with a command every 20 ms.
func BenchmarkLockstep(b *testing.B) {
	for _, board := range boards {
		b.Run(board, func(b *testing.B) {
			r := lockstep(b, board)
			s, _ := play(b, r, 5)
			c := controller.NewCommand(r.body)
			b.ResetTimer()
			for n := range b.N {
				swing(r, n, &c)
				if err := r.Write(&c); err != nil {
					b.Fatal(err)
				}
				if err := r.Read(&s); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(r.body.Period.Seconds()*float64(b.N)/b.Elapsed().Seconds(), "x-real-time")
		})
	}
}

// idle is a robot that is not there, for a loop of its own.
type idle struct{ body *controller.Body }

func (r idle) Body() *controller.Body          { return r.body }
func (r idle) Start() error                    { return nil }
func (r idle) Halt() error                     { return nil }
func (r idle) Write(*controller.Command) error { return nil }
func (r idle) Read(*controller.State) error    { return nil }

// hold leaves the command at the last position.
type hold struct{ ticks int }

func (p *hold) Act(*controller.State, *controller.Command) error {
	if p.ticks--; p.ticks < 0 {
		return controller.ErrDone
	}
	return nil
}

// BenchmarkLateness measures how late the loop's ticks come with a robot on a serial
// line, against a loop without one, in alternating rounds. ratios are medians over
// rounds of the one's by the other's.
func BenchmarkLateness(b *testing.B) {
	plant := newPendulums(b)
	p := *plant.p
	p.RateHz, p.Limits.StateAgeMs, p.Limits.CommandAgeMs = 100, 4000, 4000
	e, err := Start(Options{Board: "host", Profile: &p, Plant: plant})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	device, err := e.Pty()
	if err != nil {
		b.Fatal(err)
	}
	r, err := board.New(board.Options{Profile: &p, Device: device})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	var group sync.WaitGroup
	group.Go(func() {
		if err := e.Pace(ctx); err != nil {
			b.Error(err)
		}
	})
	group.Go(func() { r.Run(ctx) })
	defer func() { cancel(); group.Wait() }()
	calibrated(b, r, &p)
	nobody := *r.Body()
	nobody.Limits = controller.Limits{} // nothing is measured
	var p50, p99, us []float64
	for b.Loop() {
		var ours, bare [2]float64
		if len(p50)%2 == 1 {
			bare = late(b, idle{&nobody})
		}
		ours = late(b, r)
		if bare[0] == 0 {
			bare = late(b, idle{&nobody})
		}
		p50, p99, us = append(p50, ours[0]/bare[0]), append(p99, ours[1]/bare[1]), append(us, ours[0]/1e3)
	}
	for name, x := range map[string][]float64{"p50-ratio": p50, "p99-ratio": p99, "us": us} {
		slices.Sort(x)
		b.ReportMetric(x[len(x)/2], name)
	}
	b.ReportMetric(0, "ns/op")
}

// calibrated gives the robot the profile's calibration.
func calibrated(b *testing.B, r *board.Robot, p *profile.Profile) {
	id, err := r.Greet()
	if err != nil {
		b.Fatal(err)
	}
	c := &board.Calibration{Robot: p.Name, UID: fmt.Sprintf("%x", id.Welcome.UID)}
	for _, j := range p.Joints {
		c.Joints = append(c.Joints, board.JointCalibration{Name: j.Name, Sign: j.Sign, Offset: j.Offset})
	}
	if err := r.Store(c); err != nil {
		b.Fatal(err)
	}
}

// late is the lateness of three seconds of a real-time loop, p50 and p99, ns. A run
// that this machine itself spoilt is made again.
func late(b *testing.B, r controller.Robot) [2]float64 {
	for try := 0; ; try++ {
		pacer, _, err := controller.OpenRealtime(r.Body().Period, controller.RealtimeOptions{})
		if err != nil {
			b.Fatal(err)
		}
		l := &controller.Loop{Robot: r, Policy: &hold{300}, Pacer: pacer, Clock: pacer.Clock, Overruns: controller.Overruns{Max: 999, Window: 1000}}
		err = l.Run(b.Context())
		pacer.Close()
		if err == nil {
			return [2]float64{float64(l.Stats().Late.Quantile(0.5)), float64(l.Stats().Late.Quantile(0.99))}
		}
		if try == 10 {
			b.Fatal(err)
		}
	}
}
