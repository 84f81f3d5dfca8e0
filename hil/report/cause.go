package report

import (
	"fmt"
	"math"
	"time"

	"whisker/controller"
	"whisker/sim"
)

// cause is one way in which a robot can differ from its model, as one number
// that is 0 when it does not.
type cause struct {
	kind  string // delay, Coulomb friction, ...
	joint string // of one joint; "" for all
	unit  string
	// step is how far the simulator is asked to each side for a derivative, low and
	// high bound what is believed.
	step, low, high float64
	// least is what this method cannot tell from nothing, as a standard deviation:
	// it stays however long the recordings are.
	least float64
	apply func(d []sim.Deviation, x float64)
}

// Kinds of causes, as reports name them.
const (
	KindDelay    = "delay"
	KindCoulomb  = "Coulomb friction"
	KindArmature = "armature"
	KindStrength = "motor strength"
	KindOffset   = "joint offset"
	KindCeiling  = "saturation"
	KindSensor   = "sensor"
)

// causesOf lists the causes of a body. saturates says whether any motor was asked
// for more than it gave: without that no recording tells the bound.
func causesOf(b *controller.Body, timestep time.Duration, saturates bool) []cause {
	all := func(f func(d *sim.Deviation, x float64)) func([]sim.Deviation, float64) {
		return func(d []sim.Deviation, x float64) {
			for i := range d {
				f(&d[i], x)
			}
		}
	}
	seconds := func(x float64) time.Duration { return time.Duration(math.Round(x * float64(time.Second))) }
	list := []cause{
		{kind: KindDelay, unit: "s", step: timestep.Seconds(), low: -0.05, high: 0.05, least: 0.0005,
			apply: all(func(d *sim.Deviation, x float64) { d.Delay += seconds(x) })},
		{kind: KindCoulomb, unit: factorUnit, step: 0.4, low: -1, high: 5, least: 0.06,
			apply: all(func(d *sim.Deviation, x float64) { d.Coulomb = math.Max(0, d.Coulomb+x) })},
		{kind: KindArmature, unit: factorUnit, step: 0.3, low: -0.9, high: 5, least: 0.03,
			apply: all(func(d *sim.Deviation, x float64) { d.Armature = math.Max(0.05, d.Armature+x) })},
		{kind: KindStrength, unit: factorUnit, step: 0.1, low: -0.9, high: 2, least: 0.01,
			apply: all(func(d *sim.Deviation, x float64) { d.Strength = math.Max(0.05, d.Strength+x) })},
	}
	if saturates {
		list = append(list, cause{kind: KindCeiling, unit: factorUnit, step: 0.15, low: -0.9, high: 2, least: 0.03,
			apply: all(func(d *sim.Deviation, x float64) { d.Ceiling = math.Max(0.05, d.Ceiling+x) })})
	}
	for j := range b.Joints {
		list = append(list, cause{kind: KindOffset, joint: b.Joints[j].Name, unit: "rad", step: 0.03, low: -0.3, high: 0.3, least: 0.003,
			apply: func(d []sim.Deviation, x float64) { d[j].Offset += x }})
	}
	return list
}

// factorUnit marks causes whose value is a factor less 1.
const factorUnit = "of the model's"

// name is how a cause is called.
func (c *cause) name() string {
	if c.joint == "" {
		return c.kind
	}
	return c.kind + " of " + c.joint
}

// say is a value of the cause in words.
func (c *cause) say(x float64) string {
	switch {
	case c.kind == KindCeiling:
		return fmt.Sprintf("at x%.2f of the largest torque", 1+x)
	case c.unit == "s":
		return fmt.Sprintf("%+.1f ms", 1000*x)
	case c.unit == "rad":
		return fmt.Sprintf("%+.3f rad", x)
	}
	return fmt.Sprintf("x%.2f", 1+x)
}

// deviations are those of a robot whose causes have the values x.
func deviations(b *controller.Body, causes []cause, x []float64) []sim.Deviation {
	d := sim.Nominal(len(b.Joints))
	for i := range causes {
		if x[i] != 0 {
			causes[i].apply(d, x[i])
		}
	}
	return d
}
