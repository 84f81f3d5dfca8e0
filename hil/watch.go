package hil

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"whisker/bridge/board"
	"whisker/bridge/mqtt"
	"whisker/bridge/wire"
	"whisker/controller"
	"whisker/hil/emulate"
	"whisker/hil/fault"
)

const (
	restTime   = time.Second // after a stop, before anybody asks for torque again
	mostTries  = 5
	retryEvery = 500 * time.Millisecond
)

// recoverer gives torque again after somebody removed the cause.
type recoverer interface{ ClearFault() error }

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
	if f.counts {
		if err := f.inj.Tick(now); err != nil {
			g.log.Error().Msg(err.Error())
		}
	}
	if r := g.lockstep(); r != nil {
		if mode, why := r.Said(); mode == wire.ModeFault {
			f.inj.Firmware(now, why.String())
		}
	} else if s.State.Faults != 0 {
		f.inj.Firmware(now, g.body.FaultWords(s.State.Faults))
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
	case g.own != nil && g.own.stalled: // whoever is asked does not hear it
		f.again = now + restTime
	case now-f.since >= restTime && now >= f.again:
		g.revive(now)
	}
}

// revive asks for torque again, some times, and then gives up.
func (g *rig) revive(now time.Duration) {
	f := g.faulty
	var err error
	if r, ok := g.robot.(recoverer); ok {
		f.inj.Revives(true)
		err = r.ClearFault()
		f.inj.Revives(false)
	} else if g.link != nil {
		f.tries, err = mostTries, errors.New("a robot that is lent gets torque with its next lease")
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
	if g.own != nil {
		g.own.stall(false)
	}
	if r, ok := g.robot.(*mqtt.Robot); ok {
		if s := r.Stats().Stop; !s.At.IsZero() {
			f.inj.Agent(s.At.Sub(f.from), s.Why.String(), s.Motion, s.Speed)
		}
		if g.behind() {
			l.Allowance = r.Body().Limits.MaxStateAge
		}
	}
	if r := g.lockstep(); r != nil {
		f.altered += r.Altered()
		for v, n := range r.Refused() {
			if f.refused += uint64(n); wire.Verdict(v) == wire.VerdictCRC {
				f.crc += uint64(n)
			}
		}
	}
	if f.disk != nil {
		if g.rec.Flush(); errors.Is(g.rec.Err(), syscall.ENOSPC) {
			f.inj.NoRoom()
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
		r.Latency = newLatency(&s.Used, &s.Arrival, &s.Actuation, false)
		if r.Latency != nil {
			echo := spread(&s.RoundTrip)
			r.Latency.Echo = &echo
		}
	}
}
