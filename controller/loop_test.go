package controller

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// record runs the loop and keeps copies of all samples.
func record(t *testing.T, l *Loop) ([]Sample, error) {
	t.Helper()
	var all []Sample
	inner := l.OnSample
	l.OnSample = func(x *Sample) {
		c := NewSample(l.Robot.Body())
		c.CopyFrom(x)
		all = append(all, c)
		if inner != nil {
			inner(x)
		}
	}
	err := l.Run(context.Background())
	return all, err
}

func TestRunTicksUntilThePolicyIsDone(t *testing.T) {
	p := newPlant()
	all, err := record(t, &Loop{Robot: p, Policy: until(5, hold)})
	if err != nil || len(all) != 5 || p.writes != 5 {
		t.Fatalf("%d samples, %d writes, error %v; 5, 5 and none expected", len(all), p.writes, err)
	}
	for i, x := range all {
		if x.Tick != uint64(i) || x.State.Seq != uint64(i) || x.Mode != ModeTrack {
			t.Errorf("sample %d is of tick %d, state %d, mode %v", i, x.Tick, x.State.Seq, x.Mode)
		}
	}
	if p.halts != 1 {
		t.Errorf("halted %d times", p.halts)
	}
}

// The next state is the answer to this command: the plant moves half-way.
func TestCommandActsBetweenTwoStates(t *testing.T) {
	p := newPlant(DrivePosition)
	all, err := record(t, &Loop{Robot: p, Policy: until(2, func(s *State, c *Command) error { c.Pos[0] = 0.01; return nil })})
	if err != nil {
		t.Fatal(err)
	}
	if all[0].State.Pos[0] != 0 || all[0].Command.Pos[0] != 0.01 || all[1].State.Pos[0] != 0.005 {
		t.Errorf("state %v, command %v, next state %v", all[0].State.Pos, all[0].Command.Pos, all[1].State.Pos)
	}
}

func TestHaltOnEveryPath(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		change func(*plant, *Loop)
		code   FaultCode
	}{
		"start":  {func(p *plant, l *Loop) { p.startErr = broken }, FaultStart},
		"read":   {func(p *plant, l *Loop) { p.readErr = broken }, FaultRead},
		"write":  {func(p *plant, l *Loop) { p.writeErr = broken }, FaultWrite},
		"halt":   {func(p *plant, l *Loop) { p.haltErr = broken }, FaultHalt},
		"policy": {func(p *plant, l *Loop) { l.Policy = act(func(*State, *Command) error { return broken }) }, FaultPolicy},
		"pacer":  {func(p *plant, l *Loop) { l.Pacer = brokenPacer{broken} }, FaultPacer},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlant()
			l := &Loop{Robot: p, Policy: until(3, hold)}
			c.change(p, l)
			err := l.Run(context.Background())
			var f *Fault
			if !errors.As(err, &f) || f.Code != c.code || !errors.Is(err, broken) {
				t.Errorf("error %v, code %v expected", err, c.code)
			}
			if p.halts == 0 {
				t.Error("the robot was not halted")
			}
		})
	}
}

// That the robot would not halt is said beside why it had to.
func TestHaltFailsAfterAFault(t *testing.T) {
	p, fell, stuck := newPlant(), errors.New("fell"), errors.New("stuck")
	p.writeErr, p.haltErr = fell, stuck
	err := (&Loop{Robot: p, Policy: hold}).Run(context.Background())
	var f *Fault
	if !errors.As(err, &f) || f.Code != FaultWrite || !errors.Is(err, fell) || !errors.Is(err, stuck) {
		t.Errorf("error %v", err)
	}
}

type brokenPacer struct{ err error }

func (p brokenPacer) Wait(context.Context) (time.Duration, int, error) { return 0, 0, p.err }

func TestHaltWhenThePolicyPanics(t *testing.T) {
	p := newPlant()
	defer func() {
		if recover() == nil || p.halts != 1 {
			t.Errorf("halted %d times", p.halts)
		}
	}()
	l := &Loop{Robot: p, Policy: act(func(*State, *Command) error { panic("boom") })}
	_ = l.Run(context.Background())
}

func TestLockstepRunsAreEqual(t *testing.T) {
	once := func() []Sample {
		n := 0.
		all, err := record(t, &Loop{Robot: newPlant(), Policy: until(200, func(s *State, c *Command) error {
			n++
			c.Pos[0], c.Pos[1], c.Torque[2] = n/90, s.Pos[0], 10*s.Pos[1]
			return nil
		})})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if a, b := once(), once(); !reflect.DeepEqual(a, b) {
		t.Error("two runs of the same scenario differ")
	}
}

func TestTickAllocatesNothing(t *testing.T) {
	p := newPlant()
	in := new(Input)
	l := &Loop{Robot: p, Policy: hold, Input: in, Mode: ModeTrack, OnSample: func(*Sample) {},
		Clock: func() time.Duration { return 0 }}
	r, err := newRun(l)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	modes := []Mode{ModeStand, ModeTrack, ModeDamp, ModeIdle}
	r.tick(ctx)
	inputs := testing.AllocsPerRun(100, func() { in.RequestMode(ModeTrack) })
	n := 0
	got := testing.AllocsPerRun(2000, func() {
		if n++; n%40 == 0 {
			in.RequestMode(modes[n/40%4])
		}
		r.tick(ctx)
	})
	if r.end != nil || got > inputs/40 {
		t.Errorf("a tick allocates %v times (end %v)", got, r.end)
	}
}

func TestFaultCarriesTheLastSamples(t *testing.T) {
	p := newPlant()
	p.sense = func(tick int, s *State) {
		if tick == 20 {
			s.Voltage = 3
		}
	}
	err := (&Loop{Robot: p, Policy: hold, History: 4}).Run(context.Background())
	var f *Fault
	if !errors.As(err, &f) {
		t.Fatalf("error %v", err)
	}
	var ticks []uint64
	for _, x := range f.Last {
		ticks = append(ticks, x.Tick)
	}
	if fmt.Sprint(ticks) != "[17 18 19 20]" || f.Tick != 20 || f.Last[3].State.Voltage != 3 {
		t.Errorf("fault at tick %d with ticks %v, last voltage %v", f.Tick, ticks, f.Last[3].State.Voltage)
	}
	if want := "controller: fault 8 (voltage) at tick 20: the supply has 3 V, at least 20 is needed"; err.Error() != want {
		t.Errorf("%q, expected %q", err, want)
	}
}

func TestFaultDampsBeforeItEnds(t *testing.T) {
	p := newPlant()
	p.sense = func(tick int, s *State) {
		if tick >= 20 {
			s.Faults = 4
			s.ActVel[2] = 1
		}
	}
	all, err := record(t, &Loop{Robot: p, Policy: act(func(s *State, c *Command) error { c.Torque[2] = 2; return nil })})
	if err == nil || len(all) != 20+50 {
		t.Fatalf("%d samples, error %v; half a second of damping after 20 ticks expected", len(all), err)
	}
	for _, x := range all[20:] {
		if x.Mode != ModeFault || x.Command.Kp[1] != 0 || x.Command.Kd[1] != 0.5 || x.Command.Torque[2] != -0.5 {
			t.Fatalf("tick %d: mode %v, kp %v, kd %v, torque %v", x.Tick, x.Mode, x.Command.Kp[1], x.Command.Kd[1], x.Command.Torque[2])
		}
	}
}

// Each stage is timed by what it took.
func TestStagesAreTimed(t *testing.T) {
	p, now := newPlant(), time.Duration(0)
	p.sense = func(int, *State) { now += time.Millisecond }
	l := &Loop{Robot: slowWrite{p, &now}, Clock: func() time.Duration { return now },
		Policy: until(3, func(*State, *Command) error { now += 2 * time.Millisecond; return nil })}
	all, err := record(t, l)
	if err != nil {
		t.Fatal(err)
	}
	if x := all[2].Timing; x.Read != time.Millisecond || x.Act != 2*time.Millisecond || x.Guard != 0 || x.Write != 3*time.Millisecond {
		t.Errorf("timed %+v", x)
	}
}

type slowWrite struct {
	*plant
	now *time.Duration
}

func (w slowWrite) Write(c *Command) error {
	*w.now += 3 * time.Millisecond
	return w.plant.Write(c)
}

func TestOverrunsAreCountedAndTooManyAreAFault(t *testing.T) {
	n := 0
	l := &Loop{Robot: newPlant(), Policy: until(300, hold), Overruns: Overruns{Max: 2, Window: 10},
		Pacer: late(func() int {
			n++
			switch {
			case n%10 < 2:
				return 3
			case n == 255:
				return 1
			}
			return 0
		})}
	err := l.Run(context.Background())
	var f *Fault
	if !errors.As(err, &f) || f.Code != FaultOverrun || f.Tick != 254 {
		t.Errorf("error %v; an overrun fault at tick 254 was expected", err)
	}
	if s := l.Stats(); s.Skipped < 150 || s.Overruns < 51 || s.Ticks != 254+50 {
		t.Errorf("%d ticks, %d overruns, %d skipped", s.Ticks, s.Overruns, s.Skipped)
	}
}

func TestCancelDampsAndEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	p := newPlant()
	var after, damp int
	l := &Loop{Robot: p, Policy: hold, OnSample: func(x *Sample) {
		if x.Tick == 9 {
			cancel()
		}
		if x.Tick > 9 {
			after++
			if x.Mode == ModeDamp {
				damp++
			}
		}
	}}
	if err := l.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if after != 50 || damp != after || p.halts != 1 {
		t.Errorf("%d ticks after the end, %d damped, %d halts", after, damp, p.halts)
	}
}

// Who is told to end before the first command writes none.
func TestCancelledBeforeItBegins(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	stopped := new(Input)
	stopped.Stop()
	for name, c := range map[string]struct {
		ctx  context.Context
		in   *Input
		want error
	}{"cancelled": {ctx, nil, context.Canceled}, "stopped": {context.Background(), stopped, nil}} {
		p := newPlant()
		if err := (&Loop{Robot: p, Policy: hold, Input: c.in}).Run(c.ctx); !errors.Is(err, c.want) || p.writes != 0 || p.halts != 1 {
			t.Errorf("%s: error %v, %d writes, %d halts", name, err, p.writes, p.halts)
		}
	}
}

// A fault on the way to a stop is not lost.
func TestFaultWhileStopping(t *testing.T) {
	for _, held := range []bool{false, true} {
		p, in := newPlant(), new(Input)
		p.sense = func(tick int, s *State) { s.Faults = uint64(tick / 30) }
		l := &Loop{Robot: p, Policy: hold, Input: in, Mode: ModeTrack, HoldFault: held}
		at(l, 9, in.Stop)
		all, err := record(t, l)
		var f *Fault
		if !errors.As(err, &f) || f.Tick != 30 || len(all) != 60 {
			t.Errorf("held %v: error %v after %d ticks", held, err, len(all))
		}
	}
}

// Nobody could reset it.
func TestHeldFaultWithoutInputEnds(t *testing.T) {
	p := newPlant()
	p.sense = func(tick int, s *State) { s.Faults = uint64(tick / 5) }
	all, err := record(t, &Loop{Robot: p, Policy: hold, HoldFault: true})
	if err == nil || len(all) != 55 {
		t.Errorf("error %v after %d ticks", err, len(all))
	}
}

// A reset begins a new count of late ticks.
func TestResetForgetsOverruns(t *testing.T) {
	n, in := 0, new(Input)
	l := &Loop{Robot: newPlant(), Policy: hold, Input: in, Mode: ModeTrack, HoldFault: true,
		Pacer: late(func() int { n++; return 1 - min(1, n/20) })}
	at(l, 40, in.Reset)
	at(l, 60, in.Stop)
	if all, err := record(t, l); err != nil || states(all) != "track@0 fault@10 idle@41 damp@61" {
		t.Errorf("%s, error %v", states(all), err)
	}
}

func TestWrongWiringIsRefusedBeforeStart(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*plant)
		want   string
	}{
		"period":      {func(p *plant) { p.body.Period = 0 }, "period_ns is 0"},
		"drive":       {func(p *plant) { p.body.Actuators[1].Drive = "magic" }, `actuator 1 (b): drive is "magic"`},
		"rate":        {func(p *plant) { p.body.Actuators[0].MaxRate = 0 }, "max_rate_rad_s is 0"},
		"range":       {func(p *plant) { p.body.Actuators[0].Max = -1 }, "min_rad -1 is not below max_rad -1"},
		"torque":      {func(p *plant) { p.body.Actuators[2].MaxTorque = 0 }, "max_torque_nm is 0"},
		"joint":       {func(p *plant) { p.body.Actuators[2].Joint = 3 }, "an index below 3 is expected"},
		"actuators":   {func(p *plant) { p.body.Actuators = nil }, "it has no actuators"},
		"stand":       {func(p *plant) { p.body.StandAct = []float64{1} }, "stand_act_rad has 1 values"},
		"imu":         {func(p *plant) { p.body.Measures.IMU = false }, "measures no imu"},
		"temperature": {func(p *plant) { p.body.Measures.Temperature = false }, "measures no temperature"},
		"voltage":     {func(p *plant) { p.body.Measures.Voltage = false }, "measures no voltage"},
	} {
		p := newPlant()
		p.startErr = errors.New("started")
		c.change(p)
		err := (&Loop{Robot: p, Policy: hold}).Run(context.Background())
		if err == nil || !strings.HasPrefix(err.Error(), "controller: body plant: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, expected %q in it", name, err, c.want)
		}
	}
	if err := (&Loop{Robot: newPlant()}).Run(context.Background()); err == nil {
		t.Error("a loop without a policy ran")
	}
}
