package controller

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestInputIsAppliedOnce(t *testing.T) {
	p := new(Input)
	var in Inputs
	p.RequestMode(ModeStand)
	p.ChooseClip(2)
	p.ChooseClip(3)
	p.SetGoal(Goal{Vel: [2]float64{0.2, 0}, Heading: 1})
	p.take(&in)
	if in.Kind != InputMode|InputClip|InputGoal || in.Mode != ModeStand || in.Clip != 3 || in.Goal.Heading != 1 || in.Seq != 4 {
		t.Errorf("took %+v", in)
	}
	if p.take(&in); in.Kind != 0 || in.Seq != 4 {
		t.Errorf("took again %+v", in)
	}
	p.Restart()
	if p.take(&in); in.Kind != InputRestart || in.Seq != 5 {
		t.Errorf("took %+v after a restart", in)
	}
}

func TestInputKeepsTheLaterOfPauseAndResume(t *testing.T) {
	p := new(Input)
	var in Inputs
	p.Pause()
	p.Resume()
	if p.take(&in); in.Kind != InputResume {
		t.Errorf("took %b", in.Kind)
	}
	p.Resume()
	p.Pause()
	if p.take(&in); in.Kind != InputPause {
		t.Errorf("took %b", in.Kind)
	}
}

// Many write at once; nobody's kind is lost to somebody else's.
func TestInputFromManyGoroutines(t *testing.T) {
	p := new(Input)
	var in Inputs
	var seen InputKind
	var wg sync.WaitGroup
	done := make(chan struct{})
	for _, f := range []func(){p.Stop, p.Reset, p.Pause, p.Restart, func() { p.RequestMode(ModeDamp) }, func() { p.ChooseClip(1) }} {
		wg.Go(func() {
			for range 200 {
				f()
			}
		})
	}
	go func() { wg.Wait(); close(done) }()
	for over := false; !over; {
		select {
		case <-done:
			over = true
		default:
		}
		p.take(&in)
		seen |= in.Kind
	}
	if want := InputStop | InputReset | InputPause | InputRestart | InputMode | InputClip; seen != want || in.Seq != 1200 {
		t.Errorf("saw %b up to %d, expected %b up to 1200", seen, in.Seq, want)
	}
}

// at runs f in the loop's goroutine after a tick.
func at(l *Loop, tick uint64, f func()) {
	inner := l.OnSample
	l.OnSample = func(x *Sample) {
		if inner != nil {
			inner(x)
		}
		if x.Tick == tick {
			f()
		}
	}
}

// atPause runs f in the loop's goroutine when a pause is taken: one that was ended
// before would be none.
func atPause(l *Loop, f func()) {
	l.OnInput = func(x *Inputs) error {
		if x.Has(InputPause) {
			f()
		}
		return nil
	}
}

func TestStopDampsAndEndsWhateverComesLater(t *testing.T) {
	p, in := newPlant(), new(Input)
	l := &Loop{Robot: p, Policy: hold, Input: in, Mode: ModeTrack}
	at(l, 9, in.Stop)
	at(l, 10, func() { in.RequestMode(ModeTrack); in.Resume(); in.Reset() })
	at(l, 20, func() { in.RequestMode(ModeStand) })
	all, err := record(t, l)
	if err != nil || len(all) != 10+50 || p.halts != 1 {
		t.Fatalf("%d samples, %d halts, error %v", len(all), p.halts, err)
	}
	if !all[10].Input.Has(InputStop) || all[11].Input.Has(InputStop) {
		t.Error("the stop is not recorded where it was applied")
	}
	for _, x := range all[10:] {
		if x.Mode != ModeDamp || x.Command.Kp[1] != 0 {
			t.Fatalf("tick %d after STOP: mode %v, kp %v", x.Tick, x.Mode, x.Command.Kp[1])
		}
	}
}

// A pause freezes a simulator: no time passes for it, and the policy goes on
// where it was.
func TestPauseFreezesWhatStopsTime(t *testing.T) {
	p, in := newPlant(), new(Input)
	p.body.StopsTime = true
	l := &Loop{Robot: p, Policy: until(20, hold), Input: in, Mode: ModeTrack}
	at(l, 4, in.Pause)
	atPause(l, func() { time.AfterFunc(20*time.Millisecond, in.Resume) })
	all, err := record(t, l)
	if err != nil || len(all) != 20 || p.ticks != 21 {
		t.Fatalf("%d samples, %d reads, error %v", len(all), p.ticks, err)
	}
	if x := all[5]; x.State.Seq != 5 || x.Input.Kind != InputPause|InputResume {
		t.Errorf("after the pause: state %d, inputs %b", x.State.Seq, x.Input.Kind)
	}
}

func TestStopAndCancelEndAPause(t *testing.T) {
	for _, end := range []string{"stop", "cancel"} {
		p, in := newPlant(), new(Input)
		p.body.StopsTime = true
		ctx, cancel := context.WithCancel(context.Background())
		l := &Loop{Robot: p, Policy: hold, Input: in, Mode: ModeTrack}
		at(l, 4, in.Pause)
		atPause(l, func() {
			if end == "stop" {
				time.AfterFunc(5*time.Millisecond, in.Stop)
			} else {
				time.AfterFunc(5*time.Millisecond, cancel)
			}
		})
		err := l.Run(ctx)
		cancel()
		if end == "stop" && err != nil || end == "cancel" && !errors.Is(err, context.Canceled) || p.ticks != 5+50 {
			t.Errorf("%s: error %v after %d ticks", end, err, p.ticks)
		}
	}
}

// A robot whose time cannot stop stands while it is paused.
func TestPauseStandsARealRobot(t *testing.T) {
	p, in := newPlant(), new(Input)
	l := &Loop{Robot: p, Policy: until(100, hold), Input: in, Mode: ModeTrack}
	at(l, 4, in.Pause)
	at(l, 300, in.Resume)
	all, err := record(t, l)
	if err != nil || len(all) != 301+95 {
		t.Fatalf("%d samples, error %v", len(all), err)
	}
	if x := all[300]; x.Mode != ModeStand || x.Command.Pos[0] != 0.25 || x.Command.Pos[1] != 0.25 {
		t.Errorf("paused in mode %v at %v", x.Mode, x.Command.Pos)
	}
}

// A pause also holds a robot that stands up in order to track, and its end moves none
// that somebody made idle or damped, or that was so before.
func TestPauseHoldsWhatWouldTrack(t *testing.T) {
	for name, c := range map[string]struct {
		ask    func(*Input) // in tick 20, if not nil: while it stands up
		resume uint64       // in that tick
		want   Mode         // in tick 1000
	}{
		"standing up":          {nil, 9999, ModeStand},
		"resumed":              {nil, 500, ModeTrack},
		"resumed after damp":   {func(in *Input) { in.RequestMode(ModeDamp) }, 500, ModeDamp},
		"resumed after idling": {func(in *Input) { in.RequestMode(ModeIdle) }, 500, ModeIdle},
	} {
		in := new(Input)
		l := &Loop{Robot: newPlant(), Policy: until(9999, hold), Input: in}
		at(l, 1, func() { in.RequestMode(ModeTrack) })
		at(l, 10, in.Pause)
		if c.ask != nil {
			at(l, 20, func() { c.ask(in) })
		}
		at(l, c.resume, in.Resume)
		at(l, 1000, in.Stop)
		all, err := record(t, l)
		if err != nil || len(all) < 1000 {
			t.Fatalf("%s: %d samples, error %v", name, len(all), err)
		}
		if all[11].Mode != ModeStand || all[1000].Mode != c.want {
			t.Errorf("%s: %v in tick 11 and %v in tick 1000: want stand and %v", name, all[11].Mode, all[1000].Mode, c.want)
		}
	}
}

// Restart and clip choice reach who prepares the policy, before the read of
// their tick; the guard takes the placed body as it then is.
func TestRestartPlacesTheBody(t *testing.T) {
	p, in := newPlant(DrivePosition), new(Input)
	p.body.StopsTime = true
	var got []Inputs
	l := &Loop{Robot: p, Policy: until(20, hold), Input: in, Mode: ModeTrack, OnInput: func(x *Inputs) error {
		got = append(got, *x)
		p.pos[0], p.told.Pos[0] = -0.7, -0.7
		return nil
	}}
	at(l, 9, func() { in.ChooseClip(4) })
	all, err := record(t, l)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Clip != 4 || !all[10].Input.Has(InputClip) {
		t.Errorf("inputs %+v", got)
	}
	if x := all[10]; x.Clamped != 0 || x.Command.Pos[0] != -0.7 {
		t.Errorf("tick 10 commands %v with %d clamped", x.Command.Pos, x.Clamped)
	}
}

func TestFailedInputIsAFault(t *testing.T) {
	in, broken := new(Input), errors.New("no such clip")
	l := &Loop{Robot: newPlant(), Policy: hold, Input: in, Mode: ModeTrack, OnInput: func(*Inputs) error { return broken }}
	at(l, 3, in.Restart)
	var f *Fault
	if err := l.Run(context.Background()); !errors.As(err, &f) || f.Code != FaultInput || !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// A fault that is not held cannot be reset: it is on its way to the end.
func TestResetDoesNotRescueAFault(t *testing.T) {
	p, in := newPlant(), new(Input)
	p.sense = func(tick int, s *State) { s.Faults = uint64(tick / 5 % 2) }
	l := &Loop{Robot: p, Policy: hold, Input: in, Mode: ModeTrack}
	at(l, 12, func() { in.Reset(); in.RequestMode(ModeTrack) })
	all, err := record(t, l)
	if err == nil || states(all) != "track@0 fault@5" || len(all) != 55 {
		t.Errorf("%s, %d ticks, error %v", states(all), len(all), err)
	}
}

// A held fault stays damped through every request and ends by reset only.
func TestHeldFaultLeavesOnlyByReset(t *testing.T) {
	p, in := newPlant(), new(Input)
	p.sense = func(tick int, s *State) {
		if tick == 5 || tick == 150 {
			s.Faults = 1
		}
	}
	var told []string
	l := &Loop{Robot: p, Policy: hold, Input: in, Mode: ModeTrack, HoldFault: true,
		OnFault: func(f *Fault) { told = append(told, fmt.Sprint(f.Code, " ", f.Tick)) }}
	for tick := uint64(10); tick < 90; tick += 10 {
		m := Mode(tick / 10 % 4)
		at(l, tick, func() { in.RequestMode(m); in.Resume() })
	}
	at(l, 100, in.Reset)
	at(l, 200, in.Stop)
	all, err := record(t, l)
	var f *Fault
	if !errors.As(err, &f) || f.Tick != 150 {
		t.Fatalf("error %v", err)
	}
	for _, x := range all {
		want := ModeTrack
		switch {
		case x.Tick >= 5 && x.Tick <= 100, x.Tick >= 150:
			want = ModeFault
		case x.Tick > 100:
			want = ModeIdle
		}
		if x.Mode != want || (x.Fault != 0) != (want == ModeFault) {
			t.Fatalf("tick %d: mode %v, fault %v, expected %v", x.Tick, x.Mode, x.Fault, want)
		}
	}
	if fmt.Sprint(told) != "[robot fault 5 robot fault 150]" {
		t.Errorf("told of %q", told)
	}
}

func TestPauseIsToldBeforeTimeStops(t *testing.T) {
	p, in := newPlant(), new(Input)
	p.body.StopsTime = true
	var told []InputKind
	l := &Loop{Robot: p, Policy: until(10, hold), Input: in, Mode: ModeTrack, OnInput: func(x *Inputs) error {
		told = append(told, x.Kind)
		if x.Has(InputPause) {
			in.Resume() // only who is told while time stands can end the pause
		}
		return nil
	}}
	at(l, 4, in.Pause)
	if _, err := record(t, l); err != nil || len(told) != 2 || told[0] != InputPause || told[1] != InputResume {
		t.Errorf("told of %b, error %v", told, err)
	}
}
