package identify

import (
	"embed"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"whisker/controller/profile"
)

//go:embed profiles/*.yaml
var shipped embed.FS

// Profile is what identification needs to know of a robot beforehand: how its
// servos work, and which numbers are unknown between which bounds.
type Profile struct {
	Name   string `yaml:"name"`
	Source string `yaml:"source"`
	Law    Law    `yaml:"law"`
	// Joints of the robot; a log must have them all.
	Joints []string `yaml:"joints"`
	// Known numbers hold for every joint, those of KnownOf for one; where one of these
	// is to be found too, the search begins there.
	Known   map[Param]float64            `yaml:"known"`
	KnownOf map[string]map[Param]float64 `yaml:"known_of"`
	// Fit gives bounds to the numbers to be found, for every joint, and where the
	// search begins; without a third number that is neutral, or amid a scale.
	Fit map[Param][]float64 `yaml:"fit"`
	// Couple names for a joint up to two others whose pose turns gravity at it.
	Couple map[string][]string `yaml:"couple"`
	// Torque says that the robot's measured torque is to be trusted: its error
	// counts too, and the numbers of FitTorque are found.
	Torque    bool                `yaml:"torque"`
	FitTorque map[Param][]float64 `yaml:"fit_torque"`
	// FitModel are numbers that are found too where a model goes with the logs.
	FitModel map[Param][]float64 `yaml:"fit_model"`
	// ServoKp and Volts are the gain and the supply, in the log's own units, that
	// the numbers hold for; they scale with those that a log states.
	ServoKp float64 `yaml:"servo_kp"`
	Volts   float64 `yaml:"volts"`
	// Mirror pairs a left joint with the right one.
	Mirror map[string]string `yaml:"mirror"`

	model *Model // of WithModel; nil for none
}

// Names are the profiles that ship.
func Names() []string { return []string{"go2", "so101", "xl330"} }

// OpenProfile gives a profile by the name of one that ships, by its file, or
// from the motors of a robot's own profile (package profile), by its name or
// file.
func OpenProfile(name string) (*Profile, error) {
	if slices.Contains(Names(), name) {
		text, err := shipped.ReadFile("profiles/" + name + ".yaml")
		if err != nil {
			panic("identify: " + err.Error()) // embedded above
		}
		return parseProfile(name+".yaml", text)
	}
	if robot, err := profile.Open(name); err == nil {
		return ofMotors(robot), nil
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("identify: no profile %s: want %v, %v or a YAML file", name, Names(), profile.Names())
	}
	if err != nil {
		return nil, fmt.Errorf("identify: %w", err)
	}
	return parseProfile(name, text)
}

func parseProfile(file string, text []byte) (*Profile, error) {
	p := &Profile{}
	if err := yaml.UnmarshalWithOptions(text, p, yaml.Strict()); err != nil {
		return nil, yamlError(file, err)
	}
	return p, p.check(file)
}

// yamlError is one line that names the file's.
func yamlError(file string, err error) error {
	var y yaml.Error
	if errors.As(err, &y) && y.GetToken() != nil {
		return fmt.Errorf("identify: %s:%d: %s", file, y.GetToken().Position.Line, y.GetMessage())
	}
	return fmt.Errorf("identify: %s: %w", file, err)
}

func (p *Profile) check(name string) error {
	if p.Law != Impedance && p.Law != Voltage {
		return fmt.Errorf("identify: %s: law is %q, want %q or %q", name, p.Law, Impedance, Voltage)
	}
	if len(p.Joints) == 0 || len(p.Fit) == 0 {
		return fmt.Errorf("identify: %s: %d joints and %d numbers to fit, want at least one of each", name, len(p.Joints), len(p.Fit))
	}
	for _, fit := range [...]map[Param][]float64{p.Fit, p.FitTorque, p.FitModel} {
		for k, b := range fit {
			if why := p.badBounds(k, b); why != "" {
				return fmt.Errorf("identify: %s: %s is %v, want %s", name, k, b, why)
			}
		}
	}
	for joint, others := range p.Couple {
		if len(others) > 2 {
			return fmt.Errorf("identify: %s: joint %s is coupled to %v, want at most two", name, joint, others)
		}
	}
	if err := p.checkJoints(name); err != nil {
		return err
	}
	if p.Law == Voltage {
		for _, k := range [...]Param{StallTorque, NoLoadSpeed, Kp} {
			if !p.has(k) {
				return fmt.Errorf("identify: %s: %s is neither known nor to be fitted, want one for a %s servo", name, k, p.Law)
			}
		}
	}
	return nil
}

// checkJoints wants every joint once, numbers of joints that there are, and such as a
// replay can use.
func (p *Profile) checkJoints(name string) error {
	of := slices.Concat(slices.Sorted(maps.Keys(p.KnownOf)), slices.Sorted(maps.Keys(p.Couple)), slices.Sorted(maps.Keys(p.Mirror)))
	for _, joint := range of {
		if !slices.Contains(p.Joints, joint) {
			return fmt.Errorf("identify: %s: something is said of joint %s, want one of %v", name, joint, p.Joints)
		}
	}
	for i, joint := range p.Joints {
		if slices.ContainsFunc(p.Joints[:i], func(s string) bool { return sameJoint(s, joint) }) {
			return fmt.Errorf("identify: %s: joint %s is there twice, want it once", name, joint)
		}
		v := p.space(joint, true).base
		if k, want := v.bad(); want != "" {
			return fmt.Errorf("identify: %s: %s of joint %s is %g, want %s", name, k, joint, v[k], want)
		}
	}
	return nil
}

// badBounds says what is wrong with a number's bounds, or "".
func (p *Profile) badBounds(k Param, b []float64) string {
	_, both := p.Known[k]
	switch {
	case len(b) != 2 && len(b) != 3 || !(b[0] < b[1]) || math.IsInf(b[1]-b[0], 0):
		return "two finite, increasing bounds, and perhaps where to begin"
	case len(b) == 3 && !(b[0] <= b[2] && b[2] <= b[1]):
		return "the search to begin within the bounds"
	case params[k].log && !(b[0] > 0):
		return "bounds over 0 for a scale"
	case b[0] < 0 && !k.signed():
		return "bounds from 0 on"
	case both:
		return "it either known or to be fitted"
	}
	return ""
}

func (p *Profile) has(k Param) bool {
	_, fit := p.Fit[k]
	_, known := p.Known[k]
	return fit || known
}

// Suits finds what keeps logs from being those of the profile's robot.
func (p *Profile) Suits(logs []*Log) error {
	if len(logs) == 0 {
		return fmt.Errorf("identify: no log, want at least one")
	}
	for i, l := range logs {
		for _, other := range logs[:i] {
			if l.same(other) {
				return fmt.Errorf("identify: %s and %s are the same log, want it once: twice it would count as twice the knowledge", other.Name, l.Name)
			}
		}
		for _, joint := range p.Joints {
			for _, name := range append([]string{joint}, p.Couple[joint]...) {
				if l.joint(name) < 0 {
					return fmt.Errorf("identify: %s: no joint %s of robot %s; the log has %v", l.Name, name, p.Name, l.Joints)
				}
			}
		}
	}
	return nil
}

// ofMotors is the profile of a robot whose motors obey impedance commands. Links
// weigh on the joints, so inertia goes far beyond a rotor's.
func ofMotors(robot *profile.Profile) *Profile {
	p := &Profile{
		Name: robot.Name, Source: robot.Source, Law: Impedance, Torque: robot.Measures.Torque,
		KnownOf: map[string]map[Param]float64{},
		Fit: map[Param][]float64{
			Armature: {5e-4, 1, 0.02}, Viscous: {0, 3}, Coulomb: {0, 4}, StopTime: {0, 0.04}, StopYield: {0, 0.5}, Delay: {0, 0.06},
			GravitySine: {-10, 10}, GravityCosine: {-10, 10},
		},
		FitTorque: map[Param][]float64{Gain: {0.2, 2}}, FitModel: map[Param][]float64{Gain: {0.2, 2}, Offset: {-0.1, 0.1}},
	}
	for i := range robot.Joints {
		j := &robot.Joints[i]
		m := robot.Motors[j.Motor]
		p.Joints = append(p.Joints, j.Name)
		p.KnownOf[j.Name] = map[Param]float64{Kp: m.Kp, Kd: m.Kd, MaxTorque: m.Torque}
		if m.NoLoadSpeed > m.FullTorqueSpeed {
			p.KnownOf[j.Name][NoLoadSpeed] = m.NoLoadSpeed
			p.KnownOf[j.Name][StallTorque] = m.StallTorque()
		}
	}
	p.Mirror = sides(p.Joints)
	for _, k := range limits {
		if least, most := p.extremes(k); most > 0 {
			p.FitTorque[k] = []float64{0.1 * least, 1.5 * most}
		}
	}
	return p
}

// sides pair the joints of left legs with those of right ones, by their names: FL_hip_joint
// with FR_hip_joint, RL_hip_joint with RR_hip_joint.
func sides(joints []string) map[string]string {
	pairs := map[string]string{}
	for _, leg := range [...]string{"F", "R"} {
		for _, left := range joints {
			if name, ok := strings.CutPrefix(left, leg+"L_"); ok && slices.Contains(joints, leg+"R_"+name) {
				pairs[left] = leg + "R_" + name
			}
		}
	}
	return pairs
}

// extremes are the least and the largest that a number is known to be of any joint,
// those aside of which it is not.
func (p *Profile) extremes(k Param) (least, most float64) {
	least = math.Inf(1)
	for _, known := range p.KnownOf {
		if x, ok := known[k]; ok {
			least, most = min(least, x), max(most, x)
		}
	}
	return least, most
}
