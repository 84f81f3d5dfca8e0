package record

import (
	"context"
	"errors"
	"io"
	"math"
	"path/filepath"
	"testing"
	"time"

	"whisker/controller"
)

// plant is a two-joint robot whose servos follow slowly.
type plant struct {
	body *controller.Body
	pos  [2]float64
	cmd  [2]float64
	tick uint64
	told bool
	sick uint64 // the tick at which it reports a fault; 0 for never
}

func newPlant() *plant {
	return &plant{body: &controller.Body{
		Name: "plant", Period: 20 * time.Millisecond, Stand: []float64{0, 0},
		Joints: []controller.Joint{{Name: "hip", Min: -2, Max: 2}, {Name: "knee", Min: -2, Max: 2}},
		Actuators: []controller.Actuator{
			{Name: "hip", Joint: 0, Drive: controller.DrivePosition, Min: -1, Max: 1, MaxRate: 5},
			{Name: "knee", Joint: 1, Drive: controller.DrivePosition, Min: -1, Max: 1, MaxRate: 5},
		},
		StopsTime: true,
	}}
}

func (p *plant) Body() *controller.Body { return p.body }
func (p *plant) Start() error           { return nil }
func (p *plant) Halt() error            { return nil }

func (p *plant) Read(s *controller.State) error {
	for i := range p.pos {
		v := 0.0
		if p.told {
			v = 4 * (p.cmd[i] - p.pos[i])
			p.pos[i] += 0.02 * v
		}
		s.Pos[i], s.Vel[i], s.ActPos[i], s.ActVel[i] = p.pos[i], v, p.pos[i], v
	}
	p.tick++
	if p.sick > 0 && p.tick >= p.sick {
		s.Faults = 1
	}
	s.Seq, s.Time = p.tick, time.Duration(p.tick)*p.body.Period
	return nil
}

func (p *plant) Write(c *controller.Command) error {
	copy(p.cmd[:], c.Pos)
	p.told = true
	return nil
}

// wave is a policy with a memory: it depends on the state and on its phase.
type wave struct {
	n    int
	gain float64
	last int // ticks before it is done
}

func (w *wave) Act(s *controller.State, c *controller.Command) error {
	if w.n == w.last {
		return controller.ErrDone
	}
	for i := range c.Pos {
		c.Pos[i] = w.gain*math.Sin(0.1*float64(w.n)+float64(i)) - 0.1*s.Vel[i]
	}
	w.n++
	return nil
}

// recordRuns records one run per loop and returns the file.
func recordRuns(t *testing.T, runs ...func(l *controller.Loop) context.Context) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.mcap")
	r, err := Create(path, Header{Body: newPlant().body})
	if err != nil {
		t.Fatal(err)
	}
	r.Lossless = true
	stop := start(r)
	for _, run := range runs {
		r.Event(Event{Kind: KindRun, Text: "wave"})
		l := &controller.Loop{Robot: newPlant(), Policy: &wave{gain: 1.2, last: 200},
			OnSample: func(s *controller.Sample) { r.Put(s, nil, nil, nil) }}
		ctx := run(l)
		var fault *controller.Fault
		if err := l.Run(ctx); err != nil && !errors.Is(err, context.Canceled) && !errors.As(err, &fault) {
			t.Fatal(err)
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	return path
}

func plain(*controller.Loop) context.Context { return context.Background() }

func TestReplayGivesTheSameCommands(t *testing.T) {
	commanded := func(l *controller.Loop) context.Context {
		in := new(controller.Input)
		l.Input, l.Mode = in, controller.ModeTrack
		put, n := l.OnSample, 0
		l.OnSample = func(s *controller.Sample) {
			put(s)
			switch n++; n {
			case 50:
				in.RequestMode(controller.ModeStand)
			case 120:
				in.RequestMode(controller.ModeTrack)
			case 160:
				in.Stop()
			}
		}
		return context.Background()
	}
	interrupted := func(l *controller.Loop) context.Context {
		ctx, cancel := context.WithCancel(context.Background())
		put, n := l.OnSample, 0
		l.OnSample = func(s *controller.Sample) {
			put(s)
			if n++; n == 70 {
				cancel()
			}
		}
		return ctx
	}
	faulted := func(l *controller.Loop) context.Context {
		l.Robot.(*plant).sick = 50
		return context.Background()
	}
	p := NewReplay(open(t, recordRuns(t, plain, commanded, interrupted, faulted)))
	for i, ticks := range []int{200, 185, 95, 74} { // stopping damps for 25 ticks
		e, err := p.NextRun()
		if err != nil || e.Text != "wave" {
			t.Fatalf("run %d: %+v, %v", i, e, err)
		}
		got, err := p.Run(context.Background(), &controller.Loop{Policy: &wave{gain: 1.2, last: 200}, Mode: controller.ModeTrack})
		if want := (Comparison{Ticks: ticks}); err != nil || got != want {
			t.Errorf("run %d: %+v, %v, want %+v", i, got, err, want)
		}
	}
	if _, err := p.NextRun(); err != io.EOF {
		t.Errorf("after the last run: %v", err)
	}
}

func TestReplayFindsAnotherPolicy(t *testing.T) {
	path := recordRuns(t, plain)
	replay := func(w *wave) Comparison {
		p := NewReplay(open(t, path))
		if _, err := p.NextRun(); err != nil {
			t.Fatal(err)
		}
		c, err := p.Run(context.Background(), &controller.Loop{Policy: w})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := replay(&wave{gain: 1.2 + 1e-9, last: 200})
	if c.Ticks != 200 || c.Differ == 0 || c.First == 0 || c.Where != "pos_rad[0]" && c.Where != "pos_rad[1]" {
		t.Errorf("%+v", c)
	}
	if c.MaxAbs == 0 || c.MaxAbs > 1e-8 {
		t.Errorf("largest difference %g, want about 1e-9", c.MaxAbs)
	}
	if c := replay(&wave{gain: 1.2, last: 150}); c.Ticks != 150 || c.Unplayed != 50 || c.Differ != 0 {
		t.Errorf("a policy that is done early: %+v", c)
	}
}

func TestReplayStopsWhereTicksAreMissing(t *testing.T) {
	path := recordRuns(t, func(l *controller.Loop) context.Context {
		put, n := l.OnSample, 0
		l.OnSample = func(s *controller.Sample) {
			if n++; n <= 30 || n > 33 {
				put(s)
			}
		}
		return context.Background()
	})
	p := NewReplay(open(t, path))
	if _, err := p.NextRun(); err != nil {
		t.Fatal(err)
	}
	c, err := p.Run(context.Background(), &controller.Loop{Policy: &wave{gain: 1.2, last: 200}})
	if want := (Comparison{Ticks: 30, Missing: 3}); err != nil || c != want {
		t.Errorf("%+v, %v, want %+v", c, err, want)
	}
	if _, err := p.NextRun(); err != io.EOF {
		t.Errorf("after the last run: %v", err)
	}
}

func TestAnyNaNIsLikeAnother(t *testing.T) {
	other := math.Float64frombits(0x7ff8000000000123)
	for _, c := range []struct {
		a, b, d float64
		same    bool
	}{
		{1, 1, 0, true}, {0, math.Copysign(0, -1), 0, false}, {1, 3, 2, false},
		{math.NaN(), other, 0, true}, {math.NaN(), 1, math.Inf(1), false},
	} {
		if d, same := difference(c.a, c.b); d != c.d || same != c.same {
			t.Errorf("difference(%v, %v) = %v, %v", c.a, c.b, d, same)
		}
	}
}
