package sim

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
)

// Range is an interval that a number is drawn from, evenly.
type Range [2]float64

// Ranges say how far a randomised robot may be from its model: the sim-to-real
// gap that a policy has to bear. Factors multiply the model's value; the rest
// adds to it. They are read from one YAML file, which the trainers share.
type Ranges struct {
	Mass        Range `yaml:"mass_factor"`              // of each body
	TrunkMass   Range `yaml:"root_mass_kg"`             // added to the root
	Com         Range `yaml:"root_com_m"`               // added to the root's centre of mass, per axis
	Friction    Range `yaml:"foot_friction"`            // sliding friction of the feet
	Strength    Range `yaml:"motor_strength_factor"`    // of each motor's torque
	Limit       Range `yaml:"motor_limit_factor"`       // of the most that each motor can be asked for
	Coulomb     Range `yaml:"joint_friction_factor"`    // of each joint's friction
	Armature    Range `yaml:"armature_factor"`          // of each joint
	JointOffset Range `yaml:"joint_offset_rad"`         // of each encoder
	DelayMs     Range `yaml:"delay_ms"`                 // added to every motor's
	PushEvery   Range `yaml:"push_every_s"`             // from one push to the next
	PushForce   Range `yaml:"push_force_body_weights"`  // along the ground
	PushSeconds Range `yaml:"push_s"`                   // how long one lasts
	Position    Range `yaml:"noise_joint_position_rad"` // standard deviation of the noise
	Velocity    Range `yaml:"noise_joint_velocity_rad_s"`
	Gyro        Range `yaml:"noise_gyro_rad_s"`
	Tilt        Range `yaml:"noise_orientation_rad"`
}

//go:embed randomisation.yaml
var randomisationYAML []byte

// NoRanges are those of robots that are as their model is.
func NoRanges() *Ranges {
	return &Ranges{Mass: Range{1, 1}, Strength: Range{1, 1}, Limit: Range{1, 1}, Coulomb: Range{1, 1}, Armature: Range{1, 1}}
}

// DefaultRanges are those that ship.
func DefaultRanges() *Ranges {
	g, err := parseRanges("randomisation.yaml", randomisationYAML)
	if err != nil {
		panic(err) // embedded above
	}
	return g
}

// OpenRanges are those that ship for the name default, and else those of a YAML file.
func OpenRanges(name string) (*Ranges, error) {
	if name == "default" {
		return DefaultRanges(), nil
	}
	return ReadRanges(name)
}

// ReadRanges reads a YAML file. A key that is left out is not randomised.
func ReadRanges(file string) (*Ranges, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("sim: ranges: %w", err)
	}
	return parseRanges(file, text)
}

func parseRanges(file string, text []byte) (*Ranges, error) {
	g := NoRanges()
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(g); err != nil {
		var y yaml.Error
		if errors.As(err, &y) && y.GetToken() != nil {
			return nil, fmt.Errorf("sim: %s:%d: %s", file, y.GetToken().Position.Line, y.GetMessage())
		}
		return nil, fmt.Errorf("sim: %s: %w", file, err)
	}
	v := reflect.ValueOf(*g)
	for i := range v.NumField() {
		r, key := v.Field(i).Interface().(Range), v.Type().Field(i).Tag.Get("yaml")
		low := 0.0
		if key == "root_mass_kg" || key == "root_com_m" || key == "joint_offset_rad" {
			low = -100
		}
		if !(r[0] >= low && r[0] <= r[1] && r[1] <= 100) {
			return nil, fmt.Errorf("sim: %s:%d: %s is %v, want two numbers from %g to 100, the smaller first", file, lineOf(text, key), key, r, low)
		}
	}
	return g, nil
}

// lineOf is the line of a top-level key.
func lineOf(text []byte, key string) int {
	for i, l := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(l, key+":") {
			return i + 1
		}
	}
	return 1
}
