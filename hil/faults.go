package hil

import (
	"errors"
	"fmt"
	"math"
	"syscall"
	"time"

	"whisker/bridge/board"
	"whisker/bridge/wire"
	"whisker/controller"
	"whisker/hil/emulate"
	"whisker/hil/fault"
	"whisker/policy/motion"
	"whisker/sim"
)

// Gates are what a run has to keep besides its clips; zero is no gate.
type Gates struct {
	// SafeMs is the longest from a cause that has to stop the robot, or from what was
	// detected, to the tick in which no motor can do more than resist.
	SafeMs float64 `yaml:"safe_ms"`
	// MotionRad is the furthest that a joint may go after that, SpeedRadS the fastest.
	MotionRad float64 `yaml:"motion_rad"`
	SpeedRadS float64 `yaml:"speed_rad_s"`
	// LatencyP99Ms and LatencyMaxMs bound the time from a measurement to the motors'
	// first tick under its command.
	LatencyP99Ms float64 `yaml:"latency_p99_ms"`
	LatencyMaxMs float64 `yaml:"latency_max_ms"`
}

func (s *Gates) check() error {
	for _, g := range [...]struct {
		key string
		x   float64
	}{{"safe_ms", s.SafeMs}, {"motion_rad", s.MotionRad}, {"speed_rad_s", s.SpeedRadS}, {"latency_p99_ms", s.LatencyP99Ms}, {"latency_max_ms", s.LatencyMaxMs}} {
		if !(g.x >= 0) {
			return fmt.Errorf("hil: scenario: gates.%s is %v, expected 0 for no gate, or more", g.key, g.x)
		}
	}
	return nil
}

// tracked says that the robot goes where its clip does, and somebody knows where
// that is.
func (g *rig) tracked() bool { return g.world != nil && !g.scenario.Physics.Held }

// hold hangs the body on a stand where the scenario wants it.
func (s *Scenario) hold(r *sim.Robot) error {
	if !s.Physics.Held {
		return nil
	}
	return r.Hold()
}

// hangs is how high above the ground a held robot hangs, m.
const hangs = 0.3

// faulty is what breaks things in a rig.
type faulty struct {
	refused, crc uint64          // frames that the firmware did not take; for their checksum
	inj          *fault.Injector // of this pass
	lines        fault.Lines
	rows         []fault.Row
	altered      uint64        // frames that nobody said so, and that were accepted
	tries        int           // to recover, in this pass
	since        time.Duration // the plant's time when no fault was latched last
	again        time.Duration // of the next try
	disk         *fullDisk     // nil without a recording
	now          func() time.Duration
}

const (
	restTime   = time.Second // after a stop, before anybody asks for torque again
	mostTries  = 5
	retryEvery = 500 * time.Millisecond
)

// recoverer gives torque again after somebody removed the cause.
type recoverer interface{ ClearFault() error }

// target says which faults the robot of this rig can have.
func (g *rig) target() fault.Target {
	_, transport, _ := g.scenario.names()
	name := transport
	if name == "" {
		name = "sim"
	}
	lockstep, _ := g.robot.(*emulate.Robot)
	board := g.scenario.Emulation.Board
	return fault.Target{Name: name, Body: g.body, Not: func(p fault.Place) string {
		switch p {
		case fault.Body:
			if g.world == nil {
				return "the harness cannot break a physical robot"
			}
			if !g.legged {
				return "only a robot with a profile can be harmed"
			}
			if g.emulation != nil && lockstep == nil {
				return "in real time the body belongs to another thread: say pace: lockstep"
			}
		case fault.Storage:
			if g.scenario.Record == "" {
				return "the run is not recorded: say record: FILE"
			}
		case fault.Broker:
			return "there is no broker on the way to the robot"
		default:
			return boardFault(p, lockstep != nil, g.emulation != nil, board)
		}
		return ""
	}}
}

// boardFault says why there can be no fault between this program and the motors.
func boardFault(p fault.Place, lockstep, emulated bool, board string) string {
	switch {
	case emulated && !lockstep:
		return "in real time nobody knows what the line carries when: say pace: lockstep"
	case !lockstep && p == fault.Time:
		return "its time stops with the host, or the host cannot be stopped alone"
	case !lockstep:
		return fmt.Sprintf("it has no %s that the harness could break", p)
	case p == fault.Watchdog && board != "mps2":
		return fmt.Sprintf("board %s has neither watchdog nor reset button: use mps2", board)
	case p == fault.Supply && board != "host":
		return fmt.Sprintf("board %s has no supply: use host", board)
	}
	return ""
}

// openFaults refuses what the target cannot really have.
func (g *rig) openFaults() error {
	if len(g.scenario.Faults) == 0 {
		return nil
	}
	if err := fault.Check(g.scenario.Faults, g.target()); err != nil {
		return err
	}
	if g.emulation == nil && g.world != nil {
		p := newPlant(g.model)
		p.alone = true
		g.robot, g.world, g.plant = p, p, p
	}
	g.faulty = &faulty{}
	if g.scenario.Record != "" {
		g.faulty.disk = &fullDisk{path: g.scenario.Record}
	}
	return nil
}

// arm makes the faults of the next pass.
func (g *rig) arm(p *pass) {
	f := g.faulty
	if f == nil || p.silent {
		return
	}
	f.lines, f.tries, f.since, f.again = fault.Lines{}, 0, 0, 0
	b := fault.Bench{Body: g.body}
	if g.plant != nil {
		b.Plant, f.now = g.plant.Robot, g.plant.time
	}
	if r, ok := g.robot.(*emulate.Robot); ok {
		b.Board, b.Pause, b.Lines = r, r.Pause, &f.lines
		r.Line = &f.lines
		r.OnTick = func() error { return f.inj.Tick(g.plant.time()) }
	}
	if f.disk != nil {
		b.Disk = f.disk.set
	}
	if f.now == nil {
		start := time.Now()
		f.now = func() time.Duration { return time.Since(start) }
	}
	f.inj = fault.NewInjector(g.scenario.Faults, b)
	if g.plant != nil {
		g.plant.inj = f.inj
	}
}

// watch follows a tick of the loop: who noticed, and is it time to go on?
func (g *rig) watch(p *pass, s *controller.Sample) {
	f := g.faulty
	if f == nil || p.silent {
		return
	}
	now := f.now()
	if s.Mode == controller.ModeTrack && !p.over {
		f.inj.Begin(now)
	}
	if r, ok := g.robot.(*emulate.Robot); ok {
		if mode, why := r.Said(); mode == wire.ModeFault {
			f.inj.Firmware(now, why.String())
		}
	}
	if s.Fault != 0 && s.Fault != controller.FaultRobot {
		f.inj.Guard(now, s.Fault.String())
	}
	if p.over && s.Fault == 0 {
		f.inj.End()
	}
	switch {
	case s.Fault == 0:
		f.since = now
	case now-f.since >= restTime && now >= f.again:
		g.revive(now)
	}
}

// revive asks for torque again, some times, and then gives up.
func (g *rig) revive(now time.Duration) {
	f := g.faulty
	var err error
	if r, ok := g.robot.(recoverer); ok {
		err = r.ClearFault()
	}
	f.again = f.now() + retryEvery
	switch f.tries++; {
	case f.tries >= mostTries && err == nil:
		err = fmt.Errorf("stopped again after %d recoveries", mostTries-1)
		fallthrough
	case f.tries >= mostTries:
		f.inj.Recovered("none: " + err.Error())
		g.remote.do((*controller.Input).Stop)
		return
	case err != nil:
		return
	}
	f.since = f.now()
	f.inj.Recovered(fmt.Sprintf("cleared, torque again after %.1f s", (f.now() - now + restTime).Seconds()))
	g.remote.do(func(in *controller.Input) { in.Reset(); in.RequestMode(controller.ModeTrack) })
}

// disarm ends the watch of a pass.
func (g *rig) disarm(p *pass, row *Row) {
	f := g.faulty
	if f == nil || p.silent {
		return
	}
	l := fault.Limits{Safe: milliseconds(g.scenario.Gates.SafeMs), Motion: g.scenario.Gates.MotionRad, Speed: g.scenario.Gates.SpeedRadS}
	if r, ok := g.robot.(*emulate.Robot); ok {
		f.altered += r.Altered()
		for v, n := range r.Refused() {
			if f.refused += uint64(n); wire.Verdict(v) == wire.VerdictCRC {
				f.crc += uint64(n)
			}
		}
	}
	f.rows = append(f.rows, f.inj.Rows(p.clip.Name, row.Played, l)...)
}

// expected says that the recording ended for a fault that was asked for, and
// notes it there.
func (g *rig) expected(err error) bool {
	if g.faulty == nil || !errors.Is(err, syscall.ENOSPC) {
		return false
	}
	seen := false
	for i := range g.faulty.rows {
		if r := &g.faulty.rows[i]; r.Fault.Kind == "disk full" {
			r.Recovery, seen = r.Recovery+"; the recording ended: "+err.Error(), true
		}
	}
	return seen
}

// report adds what the harness knows to a result.
func (g *rig) report(r *Result) {
	if f := g.faulty; f != nil {
		r.Faults, r.Altered, r.Refused, r.CRC = f.rows, f.altered, f.refused, f.crc
	}
	switch robot := g.robot.(type) {
	case *emulate.Robot:
		l := &robot.Latency
		r.Latency = newLatency(&l.State, &l.Command, &l.Total, true)
	case interface{ Stats() board.Stats }:
		s := robot.Stats()
		r.Latency = newLatency(&s.Used, &s.RoundTrip, &s.Actuation, false)
	}
}

// Failures are why the result does not pass, a line each: clips that were not
// completed though nothing was broken in them, faults that were not borne, frames
// that were altered and accepted, gates that were not kept.
func (r *Result) Failures(s *Scenario) (why []string) {
	say := func(format string, args ...any) { why = append(why, fmt.Sprintf(format, args...)) }
	for _, c := range r.Clips {
		switch {
		case len(s.Faults) > 0:
		case c.Fault != "":
			say("%s: %s", c.Clip, c.Fault)
		case !c.Played:
			say("%s: lost", c.Clip)
		}
	}
	for _, f := range r.Faults {
		if f.Verdict != "ok" {
			say("%s: %v: %s", f.Clip, f.Fault, f.Verdict)
		}
	}
	if r.Altered > 0 {
		say("%d altered frames were accepted", r.Altered)
	}
	g := s.Gates
	for _, gate := range [...]struct {
		key  string
		most float64
		of   func(*Latency) motion.Measure
	}{
		{"latency_p99_ms", g.LatencyP99Ms, func(l *Latency) motion.Measure { return l.Total.P99 }},
		{"latency_max_ms", g.LatencyMaxMs, func(l *Latency) motion.Measure { return l.Total.Max }},
	} {
		switch {
		case gate.most == 0, s.transport() == "": // a body that is only simulated has no line
		case r.Latency == nil:
			say("gates.%s: this target has no echoes to measure it by", gate.key)
		case math.IsNaN(float64(gate.of(r.Latency))) || gate.of(r.Latency) > motion.Measure(gate.most):
			say("gates.%s: %.1f ms, %g are allowed", gate.key, float64(gate.of(r.Latency)), gate.most)
		}
	}
	return why
}
