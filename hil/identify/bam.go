package identify

import (
	"encoding/json"
	"fmt"
)

// bamLog is a recording of Rhoban's servo bench (github.com/Rhoban/bam): one
// servo with a pendulum. Angles are in rad, times in s, arm in m, mass in kg.
type bamLog struct {
	Mass       *float64   `json:"mass"`
	Length     *float64   `json:"length"`
	Kp         *float64   `json:"kp"`
	Vin        float64    `json:"vin"`
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
	for _, f := range [...]struct {
		key string
		v   *float64
	}{{"mass", b.Mass}, {"length", b.Length}, {"kp", b.Kp}} {
		if f.v == nil || !(*f.v > 0) {
			return nil, fmt.Errorf("identify: %s: no %q over 0, want that of a bench log", path, f.key)
		}
	}
	if b.Motor == "" {
		return nil, fmt.Errorf("identify: %s: no \"motor\", want its name", path)
	}
	l := &Log{
		Name: path, Kind: b.Trajectory, Joints: []string{b.Motor}, Kp: *b.Kp, Volts: b.Vin,
		Load: Load{Mass: *b.Mass, Arm: *b.Length}, Command: make([][]float64, 1), Position: make([][]float64, 1),
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
