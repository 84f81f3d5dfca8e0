package hil

import (
	"fmt"
	"math"
	"strings"

	"whisker/policy/motion"
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
		if !(g.x >= 0 && g.x < 1e6) {
			return fmt.Errorf("hil: scenario: gates.%s is %v, expected 0 for no gate, or more, and a finite bound", g.key, g.x)
		}
	}
	return nil
}

// Failures are why the result does not pass, a line each: clips that were not followed
// to their end, or to where the scenario cuts them, though nothing was broken in them; faults that were not borne, frames
// that were altered and accepted, gates that were not kept.
func (r *Result) Failures(s *Scenario) (why []string) {
	say := func(format string, args ...any) { why = append(why, fmt.Sprintf(format, args...)) }
	for _, c := range r.Clips {
		switch {
		case len(s.Faults) > 0:
		case c.Fault != "":
			say("%s: %s", c.Clip, c.Fault)
		case c.Travel != nil && c.Travel.Lost != "":
			say("%s: %s", c.Clip, c.Travel.Lost)
		case !c.Played:
			say("%s: lost", c.Clip)
		case c.Retargeting != nil && !c.Retargeting.Kept() && c.Travel != nil:
			say("%s: retargeting lost too much of the clip: %s", c.Clip, strings.Join(c.Retargeting.Missed, "; "))
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
