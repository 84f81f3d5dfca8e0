package board

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"whisker/bridge/wire"
	"whisker/controller"
)

// swing moves one joint up and down around where it was, for a number of ticks.
type swing struct {
	n, ticks int
	from     []float64
	top      float64 // of what was measured
}

func (p *swing) Act(s *controller.State, c *controller.Command) error {
	if p.from == nil {
		p.from = append(p.from, s.ActPos...)
	}
	copy(c.Pos, p.from)
	if p.n++; p.n%25 < 12 {
		c.Pos[0] += 0.3
	}
	p.top = max(p.top, s.ActPos[0]-p.from[0])
	if p.n > p.ticks {
		return controller.ErrDone
	}
	return nil
}

// period waits a real period, as a pacer does.
type period time.Duration

func (p period) Wait(ctx context.Context) (time.Duration, int, error) {
	time.Sleep(time.Duration(p))
	return 0, 0, ctx.Err()
}

// A Loop drives the firmware: the joint moves and comes to rest without torque.
func TestLoopDrivesTheFirmware(t *testing.T) {
	g := newRig(t)
	r := g.robot(quadruped(t))
	g.calibrate(r)
	p := &swing{ticks: 60}
	l := &controller.Loop{Robot: r, Policy: p, Pacer: period(18 * time.Millisecond), Input: new(controller.Input), Mode: controller.ModeTrack}
	if err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.top < 0.15 {
		t.Errorf("the joint moved up by %.3f rad, want most of 0.3", p.top)
	}
	if s := r.newest(); s.Mode != wire.ModeIdle {
		t.Errorf("after the run the firmware is in mode %v, want idle", s.Mode)
	}
	st := r.Stats()
	if n := st.Actuation.Count(); n < 30 || st.Used.Count() != n || st.Arrival.Count() != n || st.Actuation.Max() < 2*time.Millisecond || st.Arrival.Max() > st.Actuation.Max() {
		t.Errorf("%d actuations, the slowest after %v, the slowest arrival after %v", n, st.Actuation.Max(), st.Arrival.Max())
	}
	if st.Commands < 60 || st.RoundTrip.Count() < 30 || st.Firmware.Accepted == 0 || total(st.Refused) != 0 {
		t.Errorf("%d commands, %d round trips, %d accepted there, refused here %v", st.Commands, st.RoundTrip.Count(), st.Firmware.Accepted, st.Refused)
	}
	if err := r.Halt(); err != nil {
		t.Errorf("a second Halt: %v", err)
	}
}

// enabled is a rig with a robot that has torque and holds its pose.
func enabled(t *testing.T) (*rig, *Robot) {
	t.Helper()
	g := newRig(t)
	r := g.robot(quadruped(t))
	g.calibrate(r)
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() { hold(ctx, r) })
	t.Cleanup(func() { cancel(); group.Wait() })
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	return g, r
}

// The host vanishes for the firmware: it damps by its own clock, says why, and
// torque comes back only when a person clears it, where the robot is.
func TestCutCommandsDampTheRobot(t *testing.T) {
	g, r := enabled(t)
	g.do(&g.toBoard, cut)
	g.eventually("the latched fault", func() bool { s := r.newest(); return s.Mode == wire.ModeFault && s.Fault == wire.FaultExpired })
	if s := r.newest(); time.Duration(s.AgeUs)*time.Microsecond < 60*time.Millisecond {
		t.Errorf("the command was %d us old when the firmware gave up; it held for 80 ms", s.AgeUs)
	}
	s := controller.NewState(r.Body())
	if err := r.Read(&s); err != nil || s.Faults&(1<<wire.FaultExpired) == 0 {
		t.Errorf("the state has faults %#x, %v", s.Faults, err)
	}
	g.do(&g.toBoard, func(b []byte) []byte { return b })
	arrived := func() int { n := r.newest().Counters; return int(n.Accepted) + int(n.Refused[wire.VerdictStale]) }
	from := arrived()
	g.eventually("the arrival of commands", func() bool { return arrived() > from+5 })
	if m := r.newest().Mode; m != wire.ModeFault {
		t.Errorf("commands alone brought mode %v", m)
	}
	before := r.newest()
	if err := r.ClearFault(); err != nil {
		t.Fatal(err)
	}
	after := r.newest()
	for i := range before.Joint {
		if d := after.Joint[i].Pos - before.Joint[i].Pos; d > 0.05 || d < -0.05 {
			t.Errorf("joint %d jumped by %.3f rad when torque came back", i, d)
		}
	}
	if g.said("latched fault 40, expired") != 1 {
		t.Errorf("said: %q", g.notes)
	}
}

// Commands that were held back, by an adapter or a network, arrive together after the
// firmware has stopped: they are refused for their age or the fault, and move nothing.
func TestCommandsHeldBackMoveNothing(t *testing.T) {
	g, r := enabled(t)
	var mu sync.Mutex
	var held []byte
	g.do(&g.toBoard, func(b []byte) []byte {
		mu.Lock()
		defer mu.Unlock()
		held = append(held, b...)
		return nil
	})
	g.eventually("the latched fault", func() bool { return r.newest().Fault == wire.FaultExpired })
	from := r.time()
	g.eventually("the first of them too old", func() bool { return r.time()-from > 200*time.Millisecond })
	before := r.newest()
	g.do(&g.toBoard, func(b []byte) []byte {
		mu.Lock()
		defer mu.Unlock()
		b, held = append(held, b...), nil
		return b
	})
	g.eventually("the refusals", func() bool { return r.Stats().Firmware.Refused[wire.VerdictStale] > 0 })
	after := r.newest()
	for i := range before.Joint {
		if d := after.Joint[i].Pos - before.Joint[i].Pos; d > 0.1 || d < -0.1 {
			t.Errorf("joint %d moved by %.3f rad", i, d)
		}
	}
	if after.Mode != wire.ModeFault {
		t.Errorf("mode %v, want fault", after.Mode)
	}
}

// The firmware's answers vanish: the state ages, for the guard to see.
func TestCutStatesAge(t *testing.T) {
	g, r := enabled(t)
	g.do(&g.toHost, cut)
	s := controller.NewState(r.Body())
	g.eventually("an old state", func() bool {
		if err := r.Read(&s); err != nil {
			t.Fatal(err)
		}
		return s.Age > 200*time.Millisecond
	})
	if err := r.Halt(); err == nil {
		t.Error("Halt claims to know that the robot rests")
	}
	g.do(&g.toHost, func(b []byte) []byte { return b })
	g.eventually("rest", func() bool { m := r.newest().Mode; return m == wire.ModeIdle || m == wire.ModeFault })
}

func TestHaltReleasesTorque(t *testing.T) {
	_, r := enabled(t)
	for range 2 {
		if err := r.Halt(); err != nil {
			t.Fatal(err)
		}
		if m := r.newest().Mode; m != wire.ModeIdle {
			t.Errorf("mode %v, want idle", m)
		}
	}
}

func TestEStop(t *testing.T) {
	g, r := enabled(t)
	if err := r.EStop(); err != nil {
		t.Fatal(err)
	}
	g.eventually("the e-stop", func() bool { return r.newest().Mode == wire.ModeEStop })
	s := controller.NewState(r.Body())
	if err := r.Read(&s); err != nil || s.Faults>>FaultBitEStop == 0 {
		t.Errorf("faults %#x, %v", s.Faults, err)
	}
	if words := r.Body().FaultWords(s.Faults | 1<<wire.FaultExpired); words != wire.FaultExpired.String()+", e-stop" {
		t.Errorf("the faults are called %q", words)
	}
	if err := r.Start(); err == nil || !contains(err, "has latched estop") {
		t.Errorf("start: %v", err)
	}
}

// An e-stop does not wait for a request that waits for its answer.
func TestEStopGoesFirst(t *testing.T) {
	g, r := enabled(t)
	r.asking.Lock() // as a Halt or a ClearFault has it for seconds
	done := make(chan error, 1)
	go func() { done <- r.EStop() }()
	g.eventually("the e-stop", func() bool { return r.newest().Mode == wire.ModeEStop })
	r.asking.Unlock()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A cable that loses what the host says, for longer than the window of sequence numbers
// spans, costs the torque, and not the way back to it.
func TestLongCutIsRecoveredFrom(t *testing.T) {
	g, r := enabled(t)
	g.do(&g.toBoard, cut)
	g.eventually("the latched fault", func() bool { return r.newest().Fault == wire.FaultExpired })
	c := controller.NewCommand(r.Body())
	for range 2 * wire.Window {
		if err := r.Write(&c); err != nil {
			t.Fatal(err)
		}
	}
	g.do(&g.toBoard, func(b []byte) []byte { return b })
	if err := r.ClearFault(); err != nil {
		t.Error(err)
	}
}

// Noise on the line costs frames, and nothing else.
func TestNoiseOnTheLine(t *testing.T) {
	g, r := enabled(t)
	noise := func(seed uint64) func([]byte) []byte {
		rng := rand.New(rand.NewPCG(4, seed))
		return func(b []byte) []byte {
			if rng.IntN(8) == 0 {
				b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
			}
			return b
		}
	}
	g.do(&g.toBoard, noise(1))
	g.do(&g.toHost, noise(2))
	g.eventually("refusals on both sides", func() bool {
		s := r.Stats()
		there := uint16(0)
		for _, n := range s.Firmware.Refused {
			there += n
		}
		return total(s.Refused) > 5 && there > 5
	})
	clean := func(b []byte) []byte { return b }
	g.do(&g.toBoard, clean)
	g.do(&g.toHost, clean)
	if m := r.newest().Mode; !torque(m) && r.newest().Fault != wire.FaultExpired {
		t.Errorf("mode %v, fault %v", m, r.newest().Fault)
	}
	if err := r.Halt(); err != nil {
		t.Error(err)
	}
}

// Nobody reads what the host writes: the tick does not wait for it.
func TestStuckReader(t *testing.T) {
	g, r := enabled(t)
	g.deaf.Store(true)
	c := controller.NewCommand(r.Body())
	for range 1000 {
		if err := r.Write(&c); err != nil {
			t.Fatal(err)
		}
	}
	g.eventually("a stuck line", func() bool { r.Write(&c); return r.Stats().Sender.Stuck > 0 })
	g.deaf.Store(false)
	g.eventually("the firmware's own stop", func() bool { return r.newest().Mode == wire.ModeFault })
}

func TestTickAllocatesNothing(t *testing.T) {
	_, r := enabled(t)
	c, s := controller.NewCommand(r.Body()), controller.NewState(r.Body())
	if n := testing.AllocsPerRun(100, func() {
		if err := errors.Join(r.Read(&s), r.Write(&c)); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a tick", n)
	}
}
