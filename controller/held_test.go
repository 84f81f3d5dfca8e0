package controller

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// held runs a legged plant whose switch is what f says at each tick, and gives
// every sample.
func held(t *testing.T, ticks int, f func(tick int) bool, change func(*Loop)) (all []Sample) {
	t.Helper()
	p := newPlant(DriveImpedance, DriveImpedance)
	p.body.LieAct = []float64{-0.5, -0.5}
	tick := 0
	l := &Loop{
		Robot: p, Input: new(Input), Mode: ModeIdle,
		Policy: act(func(_ *State, c *Command) error { c.Pos[0], c.Pos[1] = 0.3, 0.3; return nil }),
		Held:   func() bool { tick++; return f(tick - 1) },
	}
	l.OnSample = func(s *Sample) {
		x := NewSample(&p.body)
		x.CopyFrom(s)
		if all = append(all, x); len(all) == ticks {
			l.Input.Stop()
		}
	}
	if change != nil {
		change(l)
	}
	if err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return all
}

// moves says that a command can move a joint: one that damps has no stiffness and
// asks for no torque.
func moves(c *Command) bool {
	for i := range c.Pos {
		if c.Kp[i] != 0 || c.Torque[i] != 0 || c.Vel[i] != 0 {
			return true
		}
	}
	return false
}

func TestSwitchDecidesWhetherTheRobotMoves(t *testing.T) {
	all := held(t, 1000, func(tick int) bool { return tick >= 20 && tick < 300 || tick >= 400 }, nil)
	for i := range all[:1000] {
		s := &all[i]
		switch {
		case i < 20 && (s.Mode != ModeIdle || moves(&s.Command)):
			t.Fatalf("tick %d, before the switch was held: %v", i, s.Mode)
		case i >= 300 && i < 400 && (s.Mode != ModeDamp || moves(&s.Command) || s.Command.Kd[0] == 0):
			t.Fatalf("tick %d, after it was released: %v, %+v", i, s.Mode, s.Command)
		case i == 21 || i == 401:
			if s.Mode != ModeStand {
				t.Errorf("tick %d: %v, want to stand before tracking", i, s.Mode)
			}
		case (i == 299 || i == 999) && s.Mode != ModeTrack:
			t.Errorf("tick %d: %v, want track", i, s.Mode)
		}
	}
}

// Whatever is asked for while the switch is released moves nothing, also in the
// tick of the release.
func TestNothingOutvotesAReleasedSwitch(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	on := func(tick int) bool { return tick/150%2 == 0 }
	asked := false
	all := held(t, 3000, on, func(l *Loop) {
		ask := []func(){l.Input.Pause, l.Input.Resume, l.Input.Restart, l.Input.Reset, func() { l.Input.ChooseClip(0) },
			func() { l.Input.RequestMode(ModeTrack) }, func() { l.Input.RequestMode(ModeStand) }, func() { l.Input.RequestMode(ModeIdle) }, func() { l.Input.RequestMode(ModeLie) }}
		keep := l.OnSample
		l.OnSample = func(s *Sample) {
			keep(s)
			for range rng.IntN(3) {
				asked = true
				ask[rng.IntN(len(ask))]()
			}
		}
	})
	moved := false
	for i := range all[:3000] {
		m := moves(&all[i].Command)
		if moved = moved || m; m && !on(i) {
			t.Fatalf("tick %d moves in %v with the switch released", i, all[i].Mode)
		}
	}
	if !moved || !asked {
		t.Error("nothing moved at all")
	}
}

// A pause holds when the switch is pressed anew.
func TestSwitchDoesNotEndAPause(t *testing.T) {
	all := held(t, 600, func(tick int) bool { return tick < 200 || tick >= 300 }, func(l *Loop) {
		keep := l.OnSample
		l.OnSample = func(s *Sample) {
			if keep(s); s.Tick == 150 {
				l.Input.Pause()
			}
		}
	})
	if m := all[599].Mode; m != ModeStand {
		t.Errorf("%v, want stand", m)
	}
}

// A body on its way down after the clip's end stops there, and goes on lying down.
func TestSwitchReleasedWhileLyingDown(t *testing.T) {
	var down int // ticks since it began to lie down
	all := held(t, 2000, func(int) bool { return down < 20 || down >= 50 }, func(l *Loop) {
		l.Policy = until(50, hold)
		keep := l.OnSample
		l.OnSample = func(s *Sample) {
			if keep(s); s.Mode == ModeLie || down > 0 {
				down++
			}
		}
	})
	var way []Mode
	for i := range all {
		if m := all[i].Mode; len(way) == 0 || m != way[len(way)-1] {
			way = append(way, m)
		}
	}
	if want := []Mode{ModeStand, ModeTrack, ModeLie, ModeDamp, ModeLie, ModeIdle}; !slices.Equal(way, want) {
		t.Errorf("%v, want %v", way, want)
	}
}

func TestSwitchNeedsAnInput(t *testing.T) {
	l := &Loop{Robot: newPlant(), Policy: hold, Held: func() bool { return true }}
	if err := l.Run(t.Context()); err == nil {
		t.Error("a switch that nobody heeds was taken")
	}
}
