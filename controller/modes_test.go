package controller

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// However the operating state is changed, whatever the policy asks for, and
// wherever the robot was pushed, no position command moves faster than MaxRate.
func TestNoCommandJumps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, in := newPlant(), new(Input)
		p.body.Limits.MaxFollowingError = 0
		if rapid.Bool().Draw(t, "lies") {
			p.body.LieAct = []float64{-0.8, 0.9, 0.4}
		}
		for i := range p.pos {
			p.pos[i] = rapid.Float64Range(-1, 1).Draw(t, "from")
		}
		l := &Loop{Robot: p, Input: in, Mode: ModeIdle, HoldFault: true, Policy: act(func(s *State, c *Command) error {
			c.Pos[0], c.Pos[1] = rapid.Float64Range(-2, 2).Draw(t, "a"), rapid.Float64Range(-2, 2).Draw(t, "b")
			return nil
		})}
		p.sense = func(_ int, s *State) {
			s.ActPos[0] += rapid.Float64Range(-0.2, 0.2).Draw(t, "push")
			s.Faults = uint64(rapid.IntRange(0, 40).Draw(t, "fault") / 40)
		}
		last, step := []float64(nil), p.body.Actuators[0].MaxRate*p.body.Period.Seconds()
		l.OnSample = func(x *Sample) {
			for i := range 2 {
				if d := math.Abs(x.Command.Pos[i] - before(last, &x.State)[i]); d > step+1e-12 {
					t.Fatalf("tick %d, %v: actuator %d jumps by %v, at most %v is allowed", x.Tick, x.Mode, i, d, step)
				}
			}
			last = append(last[:0], x.Command.Pos...)
			switch rapid.IntRange(0, 60).Draw(t, "event") {
			case 0, 1, 2:
				in.RequestMode(Mode(rapid.IntRange(0, 5).Draw(t, "mode")))
			case 3:
				in.Reset()
			case 4:
				in.Pause()
			case 5:
				in.Resume()
			}
			if x.Tick == 250 {
				in.Stop()
			}
		}
		_ = l.Run(context.Background())
	})
}

// before is the last command, at first the measured position.
func before(last []float64, s *State) []float64 {
	if last == nil {
		return s.ActPos
	}
	return last
}

// states lists the operating states a run went through, with their first ticks.
func states(all []Sample) string {
	var b strings.Builder
	for i, x := range all {
		if i == 0 || x.Mode != all[i-1].Mode {
			fmt.Fprintf(&b, "%v@%d ", x.Mode, x.Tick)
		}
	}
	return strings.TrimSpace(b.String())
}

func TestStatesOnTheWay(t *testing.T) {
	for _, c := range []struct {
		name  string
		begin Mode
		lies  bool
		ask   map[uint64]Mode
		want  string
	}{
		{"stand before track", ModeIdle, false, map[uint64]Mode{9: ModeTrack}, "idle@0 stand@10 track@110"},
		{"from a lying pose by way of it", ModeIdle, true, map[uint64]Mode{9: ModeTrack}, "idle@0 stand@10 track@210"},
		{"damp at once", ModeTrack, true, map[uint64]Mode{9: ModeDamp}, "track@0 damp@10"},
		{"idle at once", ModeTrack, false, map[uint64]Mode{9: ModeIdle}, "track@0 idle@10"},
		{"idle by lying down", ModeTrack, true, map[uint64]Mode{9: ModeIdle}, "track@0 lie@10 idle@110"},
		{"lie, then idle", ModeStand, true, map[uint64]Mode{299: ModeLie}, "stand@0 lie@300 idle@400"},
		{"damp while lying down", ModeTrack, true, map[uint64]Mode{9: ModeIdle, 39: ModeDamp}, "track@0 lie@10 damp@40"},
		{"no lying pose", ModeTrack, false, map[uint64]Mode{9: ModeLie}, "track@0 idle@10"},
		{"nobody asks for a fault", ModeStand, true, map[uint64]Mode{9: ModeFault}, "stand@0"},
		{"nor for nonsense", ModeStand, true, map[uint64]Mode{9: 77}, "stand@0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, in := newPlant(), new(Input)
			if c.lies {
				p.body.LieAct = []float64{0.1, 0.1, 0.1}
			}
			l := &Loop{Robot: p, Policy: hold, Input: in, Mode: c.begin}
			for tick, m := range c.ask {
				at(l, tick, func() { in.RequestMode(m) })
			}
			at(l, 450, in.Stop)
			all, err := record(t, l)
			if err != nil {
				t.Fatal(err)
			}
			if got := states(all[:451]); got != c.want {
				t.Errorf("%s, expected %s", got, c.want)
			}
		})
	}
}

// Without anybody to ask for it the policy acts at once, and unblended: a body
// was placed for it.
func TestBeginsInTrack(t *testing.T) {
	p := newPlant(DrivePosition)
	all, err := record(t, &Loop{Robot: p, Policy: until(3, func(s *State, c *Command) error { c.Pos[0] = 0.015; return nil })})
	if err != nil || all[0].Mode != ModeTrack || all[0].Command.Pos[0] != 0.015 {
		t.Errorf("mode %v, command %v, error %v", all[0].Mode, all[0].Command.Pos, err)
	}
	if err := (&Loop{Robot: p, Policy: hold, Mode: ModeFault}).Run(context.Background()); err == nil {
		t.Error("a loop began in fault")
	}
}

// Standing moves every drive to the pose in a second, slowly at both ends, and
// slower where MaxRate asks for it.
func TestStandIsAQuintic(t *testing.T) {
	p, in := newPlant(), new(Input)
	p.pos = []float64{-0.9, 0.1, -0.5}
	p.body.StandAct = []float64{0.9, 0.2, 0.3}
	l := &Loop{Robot: p, Policy: hold, Input: in, Mode: ModeStand}
	at(l, 400, in.Stop)
	all, err := record(t, l)
	if err != nil {
		t.Fatal(err)
	}
	// 1.8 rad at no more than 1 rad/s: 15/8 * 1.8 s = 338 ticks.
	if x := all[336]; x.Command.Pos[0] == 0.9 || all[337].Command.Pos[0] != 0.9 || all[337].Command.Pos[1] != 0.2 {
		t.Errorf("at %v after 3.37 s and %v after 3.38 s", x.Command.Pos, all[337].Command.Pos)
	}
	var fastest float64
	for i := 1; i < 400; i++ {
		fastest = max(fastest, all[i].Command.Pos[0]-all[i-1].Command.Pos[0])
	}
	if v := fastest / p.body.Period.Seconds(); v < 0.99 || v > 1 {
		t.Errorf("moves at %v rad/s at most, expected half of MaxRate, 1", v)
	}
	if d := all[0].Command.Pos[0] + 0.9; d > 1e-5 {
		t.Errorf("starts with a step of %v rad", d)
	}
	// The torque drive is led from where it is by the standing gains. It is
	// stuck, so that the torque grows: 10 N·m/rad * 0.8 rad * the quintic at 1 s.
	if tau := all[99].Command.Torque[2]; math.Abs(tau-10*0.8*smooth(100./338)) > 1e-9 {
		t.Errorf("the torque drive stands up with %v N·m after 1 s", tau)
	}
	if tau := all[399].Command.Torque[2]; tau != 3 {
		t.Errorf("the torque drive stands with %v N·m, the most it may", tau)
	}
}

// Force fades: idle and damp follow the body where it is pushed, damp resists.
func TestIdleAndDampYield(t *testing.T) {
	for _, m := range []Mode{ModeIdle, ModeDamp} {
		p, in := newPlant(), new(Input)
		p.sense = func(tick int, s *State) {
			x := 0.005 * float64(tick)
			copy(s.ActPos, []float64{x, x, x})
			copy(s.ActVel, []float64{0.5, 0.5, 0.5})
		}
		l := &Loop{Robot: p, Policy: hold, Input: in, Mode: m}
		at(l, 60, in.Stop)
		all, err := record(t, l)
		if err != nil {
			t.Fatal(err)
		}
		kd, tau := 0., 0.
		if m == ModeDamp {
			kd, tau = 0.5, -0.25
		}
		x := all[50]
		if x.Command.Pos[0] != x.State.ActPos[0] || x.Command.Kp[1] != 0 || x.Command.Kd[1] != kd || x.Command.Torque[2] != tau {
			t.Errorf("%v at %v commands %+v", m, x.State.ActPos, x.Command)
		}
	}
}

// Between two states the command fades over 0.3 s, gains and torque too.
func TestStatesBlend(t *testing.T) {
	p, in := newPlant(), new(Input)
	l := &Loop{Robot: p, Policy: act(func(s *State, c *Command) error { c.Torque[2] = 2; return nil }), Input: in, Mode: ModeTrack}
	at(l, 9, func() { in.RequestMode(ModeIdle) })
	at(l, 60, in.Stop)
	all, err := record(t, l)
	if err != nil {
		t.Fatal(err)
	}
	for i := 10; i < 39; i++ {
		if a, b := all[i-1].Command, all[i].Command; b.Torque[2] >= a.Torque[2] || b.Kp[1] >= a.Kp[1] || a.Kp[1]-b.Kp[1] > 0.7 {
			t.Fatalf("tick %d: torque %v after %v, kp %v after %v", i, b.Torque[2], a.Torque[2], b.Kp[1], a.Kp[1])
		}
	}
	if c := all[39].Command; c.Torque[2] != 0 || c.Kp[1] != 0 {
		t.Errorf("after 0.3 s torque %v, kp %v", c.Torque[2], c.Kp[1])
	}
}

// A legged body lies down when its policy is done.
func TestDoneLiesDown(t *testing.T) {
	p := newPlant()
	p.body.LieAct = []float64{-0.2, -0.2, 0}
	all, err := record(t, &Loop{Robot: p, Policy: until(5, hold)})
	if err != nil {
		t.Fatal(err)
	}
	if got := states(all); got != "track@0 lie@6 idle@106" || len(all) != 107 || all[105].Command.Pos[0] != -0.2 {
		t.Errorf("%s, %d ticks, lying at %v", got, len(all), all[105].Command.Pos)
	}
}

// A body with a tendon and no StandAct stands where it is.
func TestStandWithoutAPose(t *testing.T) {
	p, in := newPlant(DrivePosition), new(Input)
	p.body.Actuators[0].Joint, p.pos[0] = -1, 0.4
	l := &Loop{Robot: p, Policy: hold, Input: in, Mode: ModeStand}
	at(l, 200, in.Stop)
	all, err := record(t, l)
	if err != nil || all[200].Command.Pos[0] != 0.4 || all[200].Mode != ModeStand {
		t.Errorf("stands at %v in %v, error %v", all[200].Command.Pos, all[200].Mode, err)
	}
}

func TestSpanIsWholeTicks(t *testing.T) {
	m := modes{body: &Body{Period: 20 * time.Millisecond}}
	for d, want := range map[time.Duration]int{0: 1, time.Millisecond: 1, 20 * time.Millisecond: 1, 21 * time.Millisecond: 2, time.Second: 50} {
		if got := m.span(d); got != want {
			t.Errorf("%v is %d ticks, expected %d", d, got, want)
		}
	}
}
