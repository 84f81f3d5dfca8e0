package identify

import (
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/goccy/go-yaml"
)

// Body is a robot as identified: enough to replay a log, to simulate its motors,
// and to randomise them as far as they are not known.
type Body struct {
	Robot  string   `yaml:"robot" json:"robot"`
	Law    Law      `yaml:"law" json:"law"`
	Logs   []string `yaml:"logs" json:"logs"`
	Seed   uint64   `yaml:"seed" json:"seed"`
	Joints []Joint  `yaml:"joints" json:"joints"`
	// Model is the one that gives gravity and coupling; nil where they were found.
	Model *Model `yaml:"model,omitempty" json:"model,omitempty"`
	// ServoKp and Volts are those of Profile.
	ServoKp float64 `yaml:"servo_kp,omitempty" json:"servo_kp,omitempty"`
	Volts   float64 `yaml:"volts,omitempty" json:"volts,omitempty"`
	// Mirrors compares left with right.
	Mirrors []Mirror `yaml:"mirrors,omitempty" json:"mirrors,omitempty"`
}

// Joint is one joint of a Body.
type Joint struct {
	Name string `yaml:"name" json:"name"`
	// Coupled are the joints that Coupling1 and Coupling2 mean.
	Coupled []string `yaml:"coupled,omitempty" json:"coupled,omitempty"`
	// RMSE is the error of the replay on the logs of the fit, rad.
	RMSE  float64           `yaml:"rmse_rad" json:"rmse_rad"`
	Known map[Param]float64 `yaml:"known" json:"known"`
	Found map[Param]Found   `yaml:"found" json:"found"`
	// Beyond is nil where the model's gravity explains the logs.
	Beyond *Beyond `yaml:"beyond_model,omitempty" json:"beyond_model,omitempty"`
	// Network is what was learned beyond these numbers; nil where nothing was.
	Network *Network `yaml:"network,omitempty" json:"network,omitempty"`
}

// Params are the numbers that were found, in a fixed order.
func (j *Joint) Params() (out []Param) {
	for k := range Param(numParams) {
		if _, ok := j.Found[k]; ok {
			out = append(out, k)
		}
	}
	return out
}

// values are the joint's numbers for a replay.
func (j *Joint) values() Values {
	v := neutral()
	for k, x := range j.Known {
		v[k] = x
	}
	for k, f := range j.Found {
		v[k] = f.Value
	}
	return v
}

// Learned says that any joint has a network.
func (b *Body) Learned() bool {
	return slices.ContainsFunc(b.Joints, func(j Joint) bool { return j.Network != nil })
}

// replayed is the error of the newest model on the logs of the fit, rad.
func (j *Joint) replayed() float64 {
	if j.Network != nil {
		return j.Network.RMSE
	}
	return j.RMSE
}

// joint is one by name, or nil.
func (b *Body) joint(name string) *Joint {
	for i := range b.Joints {
		if sameJoint(b.Joints[i].Name, name) {
			return &b.Joints[i]
		}
	}
	return nil
}

// Write writes the body as YAML.
func (b *Body) Write(w io.Writer) error {
	if err := yaml.NewEncoder(w, yaml.Indent(2)).Encode(b); err != nil {
		return fmt.Errorf("identify: %w", err)
	}
	return nil
}

// OpenBody reads a body that Write wrote; an unknown key is an error.
func OpenBody(path string) (*Body, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("identify: %w", err)
	}
	b := &Body{}
	if err := yaml.UnmarshalWithOptions(text, b, yaml.Strict()); err != nil {
		return nil, yamlError(path, err)
	}
	return b, b.check(path)
}

func (b *Body) check(path string) error {
	if b.Law != Impedance && b.Law != Voltage {
		return fmt.Errorf("identify: %s: law is %q, want %q or %q", path, b.Law, Impedance, Voltage)
	}
	if len(b.Joints) == 0 {
		return fmt.Errorf("identify: %s: no joints, want at least one", path)
	}
	for i := range b.Joints {
		if n := len(b.Joints[i].Coupled); n > 2 {
			return fmt.Errorf("identify: %s: joint %s is coupled to %d others, want at most two", path, b.Joints[i].Name, n)
		}
		if n := b.Joints[i].Network; n != nil {
			if err := n.check(); err != nil {
				return fmt.Errorf("identify: %s: network of joint %s: %w", path, b.Joints[i].Name, err)
			}
		}
		if b.joint(b.Joints[i].Name) != &b.Joints[i] {
			return fmt.Errorf("identify: %s: joint %s is there twice, want it once", path, b.Joints[i].Name)
		}
		v := b.Joints[i].values()
		if k, want := v.bad(); want != "" {
			return fmt.Errorf("identify: %s: %s of joint %s is %g, want %s", path, k, b.Joints[i].Name, v[k], want)
		}
	}
	return nil
}
