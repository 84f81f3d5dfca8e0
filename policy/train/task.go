package train

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/goccy/go-yaml"
)

//go:embed task.yaml
var taskYAML []byte

//go:embed task-quadruped.yaml
var quadrupedYAML []byte

// Task is what is learned: what the policy sees of the reference, what is
// rewarded, when an episode ends and where it starts. The trainer in Python
// (policy/train/mjx) reads the same file.
type Task struct {
	Observation struct {
		Frames []int `yaml:"frames"` // of the reference, counted from the current one
	} `yaml:"observation"`
	Reward      Reward `yaml:"reward"`
	Termination struct {
		RootPosition float64 `yaml:"root_position"` // m
		RootRotation float64 `yaml:"root_rotation"` // rad
		RootHeight   float64 `yaml:"root_height"`   // m; 0 is no limit of its own
	} `yaml:"termination"`
	Start Start `yaml:"start"`
}

// Reward of a control period: the sum of its terms less CommandChange times the
// squared change of the command (rad², at most 1).
type Reward struct {
	RootPosition     Bell    `yaml:"root_position"`      // m
	RootHeight       Bell    `yaml:"root_height"`        // m
	RootRotation     Bell    `yaml:"root_rotation"`      // rad
	LimbJoints       Bell    `yaml:"limb_joints"`        // rad, root of the mean square
	Feet             Bell    `yaml:"feet"`               // m, root of the mean square
	RootVelocity     Bell    `yaml:"root_velocity"`      // m/s
	RootRotationRate Bell    `yaml:"root_rotation_rate"` // rad/s
	CommandChange    float64 `yaml:"command_change"`
}

// Bell is a reward of Weight for no error, and Weight/e for one of Width.
type Bell struct {
	Weight float64 `yaml:"weight"`
	Width  float64 `yaml:"width"`
}

// of is the reward for a squared error.
func (b *Bell) of(sq float64) float64 {
	if b.Weight == 0 {
		return 0
	}
	return b.Weight * math.Exp(-sq/(b.Width*b.Width))
}

// Start holds the standard deviations of an episode's first state around the
// reference: rad, rad/s, m/s and rad/s.
type Start struct {
	Joints           float64 `yaml:"joints"`
	JointRates       float64 `yaml:"joint_rates"`
	RootVelocity     float64 `yaml:"root_velocity"`
	RootRotationRate float64 `yaml:"root_rotation_rate"`
}

// RatTask is the task of the rat's policy that ships.
func RatTask() Task { return mustParse(taskYAML) }

// QuadrupedTask is that of the quadruped's: its policy does not see where it is,
// so that only height, heading and speed are rewarded.
func QuadrupedTask() Task { return mustParse(quadrupedYAML) }

func mustParse(text []byte) Task {
	t, err := ParseTask(text)
	if err != nil {
		panic(err) // it is embedded and tested
	}
	return t
}

// ParseTask reads a task from YAML. Unknown keys, and values that no task has,
// are errors that name them.
func ParseTask(text []byte) (Task, error) {
	var t Task
	err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&t)
	if err != nil && !errors.Is(err, io.EOF) {
		return t, fmt.Errorf("train: task: %w", err)
	}
	return t, t.check()
}

func (t *Task) check() error {
	r := &t.Reward
	for _, b := range []struct {
		name string
		Bell
	}{
		{"root_position", r.RootPosition}, {"root_height", r.RootHeight}, {"root_rotation", r.RootRotation}, {"limb_joints", r.LimbJoints},
		{"feet", r.Feet}, {"root_velocity", r.RootVelocity}, {"root_rotation_rate", r.RootRotationRate},
	} {
		if b.Bell != (Bell{}) && !(b.Weight >= 0 && b.Width > 0) {
			return fmt.Errorf("train: task: reward.%s has weight %g and width %g; want a weight of at least 0 and a positive width", b.name, b.Weight, b.Width)
		}
	}
	if e := &t.Termination; !(e.RootPosition > 0 && e.RootRotation > 0 && e.RootHeight >= 0) {
		return fmt.Errorf("train: task: termination at %g m, %g rad and %g m of height; want positive limits", e.RootPosition, e.RootRotation, e.RootHeight)
	}
	if len(t.Observation.Frames) == 0 {
		return errors.New("train: task: observation.frames is empty; want reference frames such as [1, 2, 3, 4, 5]")
	}
	for i, f := range t.Observation.Frames {
		if f < 0 || i > 0 && f <= t.Observation.Frames[i-1] {
			return fmt.Errorf("train: task: observation.frames is %v; want rising numbers from 0 on", t.Observation.Frames)
		}
	}
	return nil
}
