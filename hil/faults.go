package hil

import (
	"fmt"
	"time"

	"whisker/hil/emulate"
	"whisker/hil/fault"
)

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
	from         time.Time     // the pass's start
	now          func() time.Duration
	counts       bool // no plant's ticks time the faults, the loop's do
}

// target says which faults the robot of this rig can have.
func (g *rig) target() fault.Target {
	name := g.scenario.transport()
	if name == "" {
		name = "sim"
	}
	return fault.Target{Name: name, Body: g.body, Not: func(p fault.Place, span float64) string {
		switch p {
		case fault.Body:
			return g.bodyFault()
		case fault.Storage:
			return g.storageFault(span)
		case fault.Broker:
			return g.brokerFault()
		}
		return boardFault(p, g.lockstep() != nil, g.emulation != nil, g.scenario.Emulation.Board)
	}}
}

// lockstep is the firmware whose time waits for this program, or nil.
func (g *rig) lockstep() *emulate.Robot {
	r, _ := g.robot.(*emulate.Robot)
	return r
}

// bodyFault says why nothing can be wrong with the body itself.
func (g *rig) bodyFault() string {
	switch {
	case g.world == nil:
		return "the harness cannot break a physical robot"
	case !g.legged:
		return "only a robot with a profile can be harmed"
	case g.emulation != nil && g.lockstep() == nil:
		return "in real time the body belongs to another thread: say pace: lockstep"
	}
	return ""
}

// inTime is how long a disk has to be full for a recording that nothing waits for to
// find out, s: it is written every half second.
const inTime = 1

// storageFault says why no disk can be full for so long, s, 0 for to the end.
func (g *rig) storageFault(span float64) string {
	switch {
	case g.scenario.Record == "":
		return "the run is not recorded: say record: FILE"
	case g.scenario.Pace != "lockstep" && span > 0 && span < inTime:
		return fmt.Sprintf("in real time the recording would not notice in %g s: say for_s: %d or more", span, inTime)
	}
	return ""
}

// fillDisk fills the recording's disk, or gives it room again. Where time waits, what
// was recorded until then is written before.
func (g *rig) fillDisk(full bool) error {
	if g.rec.Lossless {
		g.rec.Flush()
	}
	return g.faulty.disk.set(full)
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
		g.closers = append(g.closers, g.faulty.disk.close)
	}
	return nil
}

// arm makes the faults of the next pass.
func (g *rig) arm(p *pass) {
	f := g.faulty
	if f == nil || p.silent {
		return
	}
	f.lines, f.tries, f.since, f.again, f.from = fault.Lines{}, 0, 0, 0, time.Now()
	b := fault.Bench{Body: g.body}
	f.counts = g.lockstep() == nil && (g.plant == nil || !g.plant.alone)
	if f.counts {
		f.now = func() time.Duration { return time.Since(f.from) }
	} else {
		b.Plant, f.now = g.plant.Robot, g.plant.time
	}
	if r := g.lockstep(); r != nil {
		b.Board, b.Pause, b.Lines = r, r.Pause, &f.lines
		r.Line = &f.lines
		r.OnTick = func() error { return f.inj.Tick(g.plant.time()) }
	}
	if f.disk != nil {
		b.Disk = g.fillDisk
	}
	if g.own != nil {
		b.Broker = g.own.stall
	}
	f.inj = fault.NewInjector(g.scenario.Faults, b)
	if !f.counts {
		g.plant.inj = f.inj
	}
}
