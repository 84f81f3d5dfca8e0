package mqtt

import (
	"math"
	"testing"
	"time"

	"whisker/controller"
)

// What an agent did while nobody heard it is known afterwards: when, by the host's
// clock, why, and how the joints went on.
func TestAStopIsDatedThoughItIsHeardLate(t *testing.T) {
	r := offline(t)
	begun := time.Now()
	// The agent's clock is an hour ahead. A state comes at once, then, much later and
	// all together, what was measured 100, 200 and 300 ms after it.
	at := time.Hour
	r.away = away{}
	hear := func(seq uint32, after time.Duration, fault controller.FaultCode, q, qd float64) {
		m := measured{lease: 7, seq: seq, at: at + after, fault: fault, state: controller.NewState(r.body)}
		m.state.Pos[1], m.state.Vel[1] = q, qd
		r.hearMeasured(appendMeasured(nil, &m), false, "")
	}
	hear(2, 0, 0, 0.1, 9)
	heard := time.Now()
	if s := r.Stats().Stop; !s.At.IsZero() {
		t.Fatalf("nothing has stopped: %+v", s)
	}
	time.Sleep(500 * time.Millisecond)
	hear(3, 100*time.Millisecond, 0, 0.2, 9)
	hear(4, 200*time.Millisecond, controller.FaultPolicy, 0.5, 2)
	hear(5, 300*time.Millisecond, controller.FaultPolicy, 0.4, -3)
	s := r.Stats().Stop
	if after := 200 * time.Millisecond; s.At.Before(begun.Add(after)) || s.At.After(heard.Add(after)) {
		t.Errorf("dated %v after the first state was heard, want 200 ms", s.At.Sub(heard))
	}
	if s.Why != controller.FaultPolicy || math.Abs(s.Motion-0.1) > 1e-6 || s.Speed != 3 {
		t.Errorf("%+v", s)
	}
}
