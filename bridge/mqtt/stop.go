package mqtt

import (
	"math"
	"time"

	"whisker/controller"
)

// AgentStop is what became of a robot that its agent stopped for a fault. What it
// measured while the broker passed nothing on is heard later, and belongs to it.
type AgentStop struct {
	// At is when, by this host's clock: late by the quickest message's way, never
	// early. Zero is that it did not happen.
	At  time.Time
	Why controller.FaultCode
	// Motion is the furthest that a joint went since, rad, and Speed the fastest that one
	// turned, rad/s.
	Motion, Speed float64
}

// away follows the states of a lease for that.
type away struct {
	stop  AgentStop
	heard bool
	ahead time.Duration // of the host's clock before the agent's, and the quickest way
	from  []float64     // joints at the stop, rad
}

// hear takes a state; start is when the host's clock was 0.
func (w *away) hear(m *arrival, start time.Time) AgentStop {
	if ahead := m.came - m.at; !w.heard || ahead < w.ahead {
		w.heard, w.ahead = true, ahead
	}
	if m.fault == 0 {
		return w.stop
	}
	if w.stop.At.IsZero() {
		w.stop.At, w.stop.Why = start.Add(m.at+w.ahead), m.fault
		w.from = append(w.from, m.state.Pos...)
	}
	for i, q := range m.state.Pos {
		w.stop.Motion = math.Max(w.stop.Motion, math.Abs(q-w.from[i]))
		w.stop.Speed = math.Max(w.stop.Speed, math.Abs(m.state.Vel[i]))
	}
	return w.stop
}
