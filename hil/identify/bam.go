package identify

import (
	"encoding/json"
	"fmt"
	"math"
)

// bamLog is a recording of Rhoban's servo bench (github.com/Rhoban/bam): one
// servo with a pendulum: a mass at the end of a uniform arm. Angles are in rad, times
// in s, length in m, masses in kg.
type bamLog struct {
	Mass       *float64   `json:"mass"`
	ArmMass    float64    `json:"arm_mass"`
	Length     *float64   `json:"length"`
	Kp         *float64   `json:"kp"`
	Vin        *float64   `json:"vin"`
	Motor      string     `json:"motor"`
	Trajectory string     `json:"trajectory"`
	Entries    []bamEntry `json:"entries"`
}

type bamEntry struct {
	Timestamp *float64 `json:"timestamp"`
	Position  *float64 `json:"position"`
	Goal      *float64 `json:"goal_position"`
	Enabled   *bool    `json:"torque_enable"`
}

// readBAM reads one JSON file; the joint has the motor's name.
func readBAM(path string) (*Log, error) {
	text, err := readText(path)
	if err != nil {
		return nil, err
	}
	var b bamLog
	if err := json.Unmarshal(text, &b); err != nil {
		return nil, fmt.Errorf("identify: %s: %w", path, err)
	}
	if err := b.check(path); err != nil {
		return nil, err
	}
	l := &Log{
		Name: path, Kind: b.Trajectory, Joints: []string{b.Motor}, Kp: *b.Kp,
		Load: Load{Mass: *b.Mass, Arm: *b.Length, ArmMass: b.ArmMass}, Command: make([][]float64, 1), Position: make([][]float64, 1),
	}
	if b.Vin != nil {
		l.Volts = *b.Vin
	}
	for i, e := range b.Entries {
		if e.Timestamp == nil || e.Position == nil || e.Goal == nil {
			return nil, fmt.Errorf("identify: %s: entry %d lacks timestamp, position or goal_position, want all three", path, i)
		}
		l.Time = append(l.Time, *e.Timestamp)
		l.Command[0] = append(l.Command[0], *e.Goal)
		l.Position[0] = append(l.Position[0], *e.Position)
		l.Enabled = append(l.Enabled, e.Enabled == nil || *e.Enabled)
	}
	return l, nil
}

// check finds what no bench has.
func (b *bamLog) check(path string) error {
	const heaviest, longest = 100, 5 // kg and m: beyond are g and mm
	for _, f := range [...]struct {
		key  string
		v    *float64
		most float64
		unit string
	}{{"mass", b.Mass, heaviest, "kg"}, {"length", b.Length, longest, "m"}, {"kp", b.Kp, math.Inf(1), ""}} {
		switch {
		case f.v == nil || !(*f.v > 0):
			return fmt.Errorf("identify: %s: no %q over 0, want that of a bench log", path, f.key)
		case *f.v > f.most:
			return fmt.Errorf("identify: %s: %q is %g, want at most %g %s: is it in %s?", path, f.key, *f.v, f.most, f.unit, f.unit)
		}
	}
	if b.Vin != nil && !(*b.Vin > 0) {
		return fmt.Errorf("identify: %s: \"vin\" is %g, want volts over 0", path, *b.Vin)
	}
	if !(b.ArmMass >= 0 && b.ArmMass <= heaviest) {
		return fmt.Errorf("identify: %s: \"arm_mass\" is %g, want kg from 0 to %d", path, b.ArmMass, heaviest)
	}
	if b.Motor == "" {
		return fmt.Errorf("identify: %s: no \"motor\", want its name", path)
	}
	return nil
}
