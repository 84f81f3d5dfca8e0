package policy

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// ForeignLayout is what a policy that was trained elsewhere sees and does. It is
// one strict YAML file beside the ONNX file, or one of those that ship.
type ForeignLayout struct {
	Name   string `yaml:"name"`
	Source string `yaml:"source"`
	// Robot is the profile that the policy is for.
	Robot  string  `yaml:"robot"`
	RateHz float64 `yaml:"rate_hz"`
	// Joints are in the network's order; Default is the pose, rad, that its angles
	// and actions are counted from.
	Joints  []string  `yaml:"joints"`
	Default []float64 `yaml:"default_rad"`
	// Observation lists the parts of the input, in order.
	Observation []ForeignTerm `yaml:"observation"`
	// Input and Output name the network's; empty is its only one.
	Input  string `yaml:"input"`
	Output string `yaml:"output"`
	// State is the memory of a recurrent network: each of its outputs that is, at the
	// next step, an input, and that input. It begins at zero.
	State map[string]string `yaml:"state"`
	// ActionScale is what an output of one means, rad; Kp (N·m/rad) and Kd
	// (N·m·s/rad) are the joints' gains.
	ActionScale Numbers `yaml:"action_scale_rad"`
	Kp          Numbers `yaml:"kp_nm_rad"`
	Kd          Numbers `yaml:"kd_nm_s_rad"`
	// MaxAction bounds the network's outputs, also as last_action; 0 is no bound.
	MaxAction float64 `yaml:"max_action"`
	// MaxGoal bounds the goal: forward and left, m/s, turn, rad/s.
	MaxGoal [3]float64 `yaml:"max_goal"`
}

// ForeignTerm is one part of an observation: base_velocity (m/s, body frame, by
// leg odometry), gyro (rad/s), gravity (unit vector, body frame), joint_position
// (rad, from the default), joint_velocity (rad/s), last_action, goal.
type ForeignTerm struct {
	Term string `yaml:"term"`
	// Scale multiplies it; none is 1.
	Scale Numbers `yaml:"scale"`
}

// Numbers are one number for all joints (or axes), or one for each.
type Numbers []float64

// UnmarshalYAML reads a number or a list of them.
func (n *Numbers) UnmarshalYAML(read func(any) error) error {
	if read(&[]any{}) == nil {
		return read((*[]float64)(n))
	}
	*n = Numbers{0}
	return read(&(*n)[0])
}

// at is the number of the i-th joint or axis.
func (n Numbers) at(i int) float64 {
	if len(n) == 1 {
		return n[0]
	}
	return n[i]
}

// within tells whether there is one number or there are want, all from lo to hi.
func (n Numbers) within(want int, lo, hi float64) bool {
	for _, x := range n {
		if !(x >= lo && x <= hi) {
			return false
		}
	}
	return len(n) == 1 || len(n) == want
}

//go:embed layouts/*.yaml
var layouts embed.FS

// Layouts are the names of the layouts that ship.
func Layouts() []string {
	files, err := layouts.ReadDir("layouts")
	if err != nil {
		panic("policy: " + err.Error()) // embedded above
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f.Name(), ".yaml"))
	}
	return names
}

// OpenLayout reads a layout that ships, by its name, or a file.
func OpenLayout(name string) (*ForeignLayout, error) {
	if slices.Contains(Layouts(), name) {
		text, err := layouts.ReadFile("layouts/" + name + ".yaml")
		if err != nil {
			panic("policy: " + err.Error()) // embedded above
		}
		return parseLayout(name+".yaml", text)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("policy: layout: %w; those that ship are %s", err, strings.Join(Layouts(), ", "))
	}
	return parseLayout(name, text)
}

func parseLayout(file string, text []byte) (*ForeignLayout, error) {
	l := &ForeignLayout{}
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, fmt.Errorf("policy: %s:1: empty, want YAML that begins with a name", file)
	}
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(l); err != nil {
		var y yaml.Error
		if errors.As(err, &y) && y.GetToken() != nil {
			return nil, fmt.Errorf("policy: %s:%d: %s", file, y.GetToken().Position.Line, y.GetMessage())
		}
		return nil, fmt.Errorf("policy: %s: %w", file, err)
	}
	if key, want := l.check(); want != "" {
		return nil, fmt.Errorf("policy: %s:%d: %s: want %s", file, keyLine(text, key), key, want)
	}
	return l, nil
}

// keyLine is the line of a top-level key, or the first where it is missing.
func keyLine(text []byte, key string) int {
	for i, l := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(l, key+":") {
			return i + 1
		}
	}
	return 1
}

// check names the first key that is wrong and what is wanted.
func (l *ForeignLayout) check() (key, want string) {
	for _, g := range l.MaxGoal {
		if !(g >= 0 && g < 100) {
			return "max_goal", "three bounds: m/s, m/s, rad/s"
		}
	}
	for _, t := range l.Observation {
		n := l.termSize(t.Term)
		if n == 0 {
			return "observation", fmt.Sprintf("terms %s, not %q", strings.Join(foreignTerms(), ", "), t.Term)
		}
		if t.Scale != nil && !t.Scale.within(n, -huge, huge) {
			return "observation", fmt.Sprintf("a scale of %s that is one number or %d", t.Term, n)
		}
	}
	for i, name := range l.Joints {
		if slices.Contains(l.Joints[:i], name) {
			return "joints", fmt.Sprintf("each joint once, %s is there twice", name)
		}
	}
	n := len(l.Joints)
	switch {
	case l.Name == "":
		return "name", "the policy's name"
	case !(l.RateHz > 0 && l.RateHz <= 10000):
		return "rate_hz", "the control rate, up to 10000"
	case n == 0:
		return "joints", "the joints in the network's order"
	case len(l.Default) != n || !Numbers(l.Default).within(n, -huge, huge):
		return "default_rad", fmt.Sprintf("%d angles, one for each of joints", n)
	case len(l.Observation) == 0:
		return "observation", "the parts of the network's input"
	case !l.ActionScale.within(n, tiny, huge):
		return "action_scale_rad", fmt.Sprintf("a positive angle, or %d", n)
	case !l.Kp.within(n, tiny, huge):
		return "kp_nm_rad", fmt.Sprintf("a positive gain, or %d", n)
	case !l.Kd.within(n, 0, huge):
		return "kd_nm_s_rad", fmt.Sprintf("a gain of 0 or more, or %d", n)
	case !(l.MaxAction >= 0 && l.MaxAction <= huge):
		return "max_action", "a positive bound, or 0 for none"
	}
	return "", ""
}

const tiny, huge = 1e-9, 1e9

func foreignTerms() []string {
	return []string{"base_velocity", "gyro", "gravity", "joint_position", "joint_velocity", "last_action", "goal"}
}

// termSize is the length of a term, 0 for one that is not known.
func (l *ForeignLayout) termSize(term string) int {
	switch term {
	case "base_velocity", "gyro", "gravity", "goal":
		return 3
	case "joint_position", "joint_velocity", "last_action":
		return len(l.Joints)
	}
	return 0
}

// Size is the length of the observation.
func (l *ForeignLayout) Size() int {
	n := 0
	for _, t := range l.Observation {
		n += l.termSize(t.Term)
	}
	return n
}
