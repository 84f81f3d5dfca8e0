package hil

import (
	"context"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"whisker/bridge/board"
	"whisker/controller/profile"
)

// told is the largest stiffness that a motor was told since the last call.
func (b *bench) told() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	most := 0.0
	for _, kp := range b.e.Told().Kp {
		most = math.Max(most, kp)
	}
	return most
}

// The first stand moves nothing before somebody holds the switch, stops when that is let
// go, is never stiffer than half, and leaves the robot without torque.
func TestFirstStandIsSoftAndOnlyWhileHeld(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.calibrate()
	p, err := profile.Open(b.profile)
	if err != nil {
		t.Fatal(err)
	}
	r, err := board.New(board.Options{Profile: p, Device: b.device, Version: "test", Note: func(s string) { t.Log(s) }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var group errgroup.Group
	group.Go(func() error { return r.Run(ctx) })
	if err := r.Connect(); err != nil {
		t.Fatal(err)
	}
	var held atomic.Bool
	var worst string
	var off float64
	stood := make(chan error, 1)
	go func() {
		var err error
		worst, off, err = FirstStand(ctx, r, held.Load)
		stood <- err
	}()
	b.eventually("torque", b.torque)
	_, _, from := b.look()
	time.Sleep(300 * time.Millisecond)
	if moves, _, q := b.look(); moves || distance(q, from) > 0.05 {
		t.Errorf("nobody held the switch, and joints moved by %g rad", distance(q, from))
	}
	held.Store(true)
	stiffest := 0.0
	b.eventually("motion", func() bool {
		stiffest = math.Max(stiffest, b.told())
		_, _, q := b.look()
		return distance(q, from) > 0.3
	})
	held.Store(false)
	b.eventually("damping", func() bool { moves, resists, _ := b.look(); return !moves && resists })
	held.Store(true)
	err = nil
	for done := false; !done; {
		select {
		case err = <-stood:
			done = true
		case <-time.After(5 * time.Millisecond):
			stiffest = math.Max(stiffest, b.told())
		}
	}
	if err != nil || worst == "" || !(off < 0.2) {
		t.Errorf("%v; %s is %g rad off", err, worst, off)
	}
	stiff := p.Body(p.Measured()).Actuators[0].Kp
	if !(stiffest > 0.4*stiff && stiffest < 0.55*stiff) {
		t.Errorf("motors were told up to %g N·m/rad, the profile has %g: want half", stiffest, stiff)
	}
	if b.torque() {
		t.Error("the robot has torque after the stand")
	}
	cancel()
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}
