package identify

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Gaps longer than this many median periods are refused: an open-loop replay
// would hold a command there that the robot may never have had.
const maxGapPeriods = 10

// Of a shorter log little is left beside the start that is not scored.
const minSeconds = 1.0

// check finds what no replay can use.
func (l *Log) check() error {
	if len(l.Joints) == 0 {
		return fmt.Errorf("identify: %s: no joint, want at least one", l.Name)
	}
	if len(l.Time) < 50 {
		return fmt.Errorf("identify: %s: %d samples, want at least 50", l.Name, len(l.Time))
	}
	if err := l.checkTime(); err != nil {
		return err
	}
	for j, name := range l.Joints {
		if k := l.joint(name); k != j {
			return fmt.Errorf("identify: %s: joints %s and %s, want every joint once", l.Name, l.Joints[k], name)
		}
		if err := l.checkAngles(name, "command", l.Command[j]); err != nil {
			return err
		}
		if err := l.checkAngles(name, "position", l.Position[j]); err != nil {
			return err
		}
		if err := l.checkRatio(j); l.Impedance == nil && err != nil {
			return err
		}
		for _, x := range l.further(j) {
			if err := l.checkSeries(name, "torques or gains", "a finite number", x); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkTime wants seconds that increase, without gaps, at a rate that a servo has.
func (l *Log) checkTime() error {
	steps := make([]float64, len(l.Time)-1)
	for i := range steps {
		steps[i] = l.Time[i+1] - l.Time[i]
		if !(steps[i] > 0) {
			return fmt.Errorf("identify: %s: sample %d: time %g s after %g s, want increasing times", l.Name, i+1, l.Time[i+1], l.Time[i])
		}
	}
	if d := l.Duration(); !(d >= minSeconds) {
		return fmt.Errorf("identify: %s: %.3g s long, want at least %g s", l.Name, d, minSeconds)
	}
	period := median(steps)
	switch {
	case period > 0.5:
		return fmt.Errorf("identify: %s: a period of %g s, want under 0.5 s: are the times in s?", l.Name, period)
	case period < 1e-5:
		return fmt.Errorf("identify: %s: a period of %g s, want over 1e-5 s: are the times in s?", l.Name, period)
	}
	for i, step := range steps {
		if step > maxGapPeriods*period {
			return fmt.Errorf("identify: %s: a gap of %.3g s after sample %d at %.3f s, want at most %d periods of %.3g s: cut the log there",
				l.Name, step, i, l.Time[i], maxGapPeriods, period)
		}
	}
	return nil
}

// further are the series of joint j that not every log has.
func (l *Log) further(j int) (out [][]float64) {
	if l.Torque != nil {
		out = append(out, l.Torque[j])
	}
	if l.Impedance != nil {
		for _, rows := range l.Impedance.all() {
			out = append(out, (*rows)[j])
		}
	}
	return out
}

// checkSeries wants a finite value per sample.
func (l *Log) checkSeries(joint, what, want string, x []float64) error {
	if len(x) != len(l.Time) {
		return fmt.Errorf("identify: %s: joint %s: %d values of %s for %d times, want as many", l.Name, joint, len(x), what, len(l.Time))
	}
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("identify: %s: joint %s: %s %v at sample %d, want %s", l.Name, joint, what, v, i, want)
		}
	}
	return nil
}

// checkAngles wants radians.
func (l *Log) checkAngles(joint, what string, x []float64) error {
	if err := l.checkSeries(joint, what, "a finite angle in rad", x); err != nil {
		return err
	}
	// No joint of the robots meant here turns twice; 4π of travel or 15 rad from
	// zero is a joint in degrees, or in encoder counts.
	if lo, hi := slices.Min(x), slices.Max(x); hi-lo > 4*math.Pi || hi > 15 || lo < -15 {
		return fmt.Errorf("identify: %s: joint %s: %s from %.4g to %.4g, want rad: these look like degrees or counts", l.Name, joint, what, lo, hi)
	}
	return nil
}

// checkRatio finds a command and a position that are not in the same unit: a
// servo's position follows its command, so one being 57 times the other is
// degrees against radians.
func (l *Log) checkRatio(j int) error {
	c, p := stat.PopStdDev(l.Command[j], nil), stat.PopStdDev(l.Position[j], nil)
	if c > 0.01 && p > 20*c || p > 0.01 && c > 20*p {
		return fmt.Errorf("identify: %s: joint %s: the command spreads over %.3g and the position over %.3g, want both in rad and the joint free to move",
			l.Name, l.Joints[j], c, p)
	}
	return nil
}
