package fault

import (
	"fmt"
	"math"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"whisker/controller"
)

// Fault is one thing that goes wrong.
type Fault struct {
	At        float64 `yaml:"at_s" json:"at_s"`                         // since the pass began to track
	Kind      string  `yaml:"fault" json:"fault"`                       // one of Kinds
	Target    string  `yaml:"target,omitempty" json:"target,omitempty"` // a joint; up or down; an axis
	For       float64 `yaml:"for_s,omitempty" json:"for_s,omitempty"`   // 0 is to the end
	Magnitude float64 `yaml:"magnitude,omitempty" json:"magnitude,omitempty"`
	Seed      uint64  `yaml:"seed,omitempty" json:"seed,omitempty"` // of what is drawn

	line int // in the file; 0 where there is none
}

// UnmarshalYAML decodes one, and remembers its line.
func (f *Fault) UnmarshalYAML(n ast.Node) error {
	type plain Fault
	p := plain(*f)
	if err := yaml.NodeToValue(n, &p, yaml.Strict()); err != nil {
		return err
	}
	*f = Fault(p)
	f.line = n.GetToken().Position.Line
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 {
		f.line = m.Values[0].Key.GetToken().Position.Line
	}
	return nil
}

// String names the fault as tables do.
func (f Fault) String() string {
	s := f.Kind
	if f.Target != "" {
		s += " " + f.Target
	}
	if k := kindOf(f.Kind); k != nil && k.unit != "" {
		s += fmt.Sprintf(" %g %s", f.Magnitude, k.unit)
	}
	return s
}

// bad is an error that says which fault of the list is meant.
func (f *Fault) bad(i int, format string, args ...any) error {
	where := fmt.Sprintf("faults[%d]", i)
	if f.line > 0 {
		where = fmt.Sprintf("line %d, %s", f.line, where)
	}
	return fmt.Errorf("fault: %s: %s", where, fmt.Sprintf(format, args...))
}

// Target is what faults are for.
type Target struct {
	Name string // as a person calls it
	Body *controller.Body
	// Not says why there can be no fault at a place for so long, s, 0 for to the end; ""
	// is that there can.
	Not func(p Place, span float64) string
}

// Check refuses faults that name nothing, are out of range, or that the target
// cannot really have. It is called before anything runs.
func Check(list []Fault, t Target) error {
	for i := range list {
		f := &list[i]
		k := kindOf(f.Kind)
		if k == nil {
			return f.bad(i, "%q is no fault, expected one of %s", f.Kind, kindList())
		}
		if err := f.check(i, k, t.Body); err != nil {
			return err
		}
		if why := t.Not(k.place, f.For); why != "" {
			return f.bad(i, "%s is refused for target %s: %s", k.name, t.Name, why)
		}
	}
	return nil
}

func (f *Fault) check(i int, k *kind, b *controller.Body) error {
	switch {
	case !(f.At >= 0 && f.At < 1e6):
		return f.bad(i, "at_s is %v, expected seconds from 0", f.At)
	case !(f.For >= 0 && f.For < 1e6):
		return f.bad(i, "for_s is %v, expected seconds from 0, 0 for to the end", f.For)
	case f.For > 0 && !k.lasting:
		return f.bad(i, "%s is over at once: leave for_s out", k.name)
	case k.unit == "" && f.Magnitude != 0:
		return f.bad(i, "%s has no magnitude, %v was given", k.name, f.Magnitude)
	case k.unit != "" && (f.Magnitude == 0 && k.name != "motor limited" && k.name != "imu saturation" || !(f.Magnitude >= k.least && f.Magnitude <= k.most)):
		return f.bad(i, "magnitude of %s is %v, expected %g to %g %s and not 0", k.name, f.Magnitude, k.least, k.most, k.unit)
	case (k.name == "host pause" || k.name == "broker stall") && f.For == 0:
		return f.bad(i, "%s needs for_s: of what never goes on nobody hears", k.name)
	}
	return f.checkAim(i, k, b)
}

func (f *Fault) checkAim(i int, k *kind, b *controller.Body) error {
	want, ok := "", true
	switch k.aim {
	case atNothing:
		want, ok = "none", f.Target == ""
	case atJoint:
		want, ok = fmt.Sprintf("a joint of %s, such as %s", b.Name, b.Joints[0].Name), b.JointIndex(f.Target) >= 0
	case atWay:
		want, ok = "up, down or none for both", f.Target == "" || f.Target == "up" || f.Target == "down"
	case atOneWay:
		want, ok = "up or down", f.Target == "up" || f.Target == "down"
	case atAxis:
		want, ok = "x, y or z", axis(f.Target) >= 0
	}
	if !ok {
		return f.bad(i, "target of %s is %q, expected %s", k.name, f.Target, want)
	}
	return nil
}

// axis is 0 to 2 for x, y and z, else -1.
func axis(name string) int {
	if len(name) == 1 && name[0] >= 'x' && name[0] <= 'z' {
		return int(name[0] - 'x')
	}
	return -1
}

// over is when the fault ends, s.
func (f *Fault) over() float64 {
	if f.For == 0 {
		return math.Inf(1)
	}
	return f.At + f.For
}
