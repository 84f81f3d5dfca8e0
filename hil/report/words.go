package report

import (
	"fmt"
	"strings"
)

// sayings joins what candidates say.
func sayings(list []Candidate, sep string) string {
	var say []string
	for _, k := range list {
		say = append(say, k.Say)
	}
	return strings.Join(say, sep)
}

// nearFloor times the floor is an error that nobody would notice.
const nearFloor = 1.1

// say puts the answer in words.
func (d *Difference) say(c *comparison) {
	names := c.second() + " differs from " + c.first()
	switch {
	case len(d.Named) == 0 && len(d.Sensors) > 0:
		d.Words = fmt.Sprintf("Most likely %s by sensors: %s. No difference in %s is proven.", names, sayings(d.Sensors, "; "), kinds())
		d.tellSettings()
		return
	case len(d.Named) == 0:
		alike := "both err alike"
		if d.Error > nearFloor*d.Floor {
			alike = "they err differently, and none of these explains it"
		}
		d.Words = fmt.Sprintf("No difference in %s is proven: replayed in the simulator, %s (%.4f and %.4f rad of joint position).",
			kinds(), alike, float64(d.Floor), float64(d.Error))
	default:
		d.Words = fmt.Sprintf("Most likely %s by %s. With it the replay of %s errs by %.4f rad in place of %.4f; the floor is %.4f.",
			names, sayings(d.Named, " and "), c.second(), float64(d.Named[0].Error), float64(d.Error), float64(d.Floor))
		if d.Error < nearFloor*d.Floor {
			d.Words += " That is proven, but hardly above the floor."
		}
	}
	d.tellStops(c)
	if len(d.Sensors) > 0 {
		d.Words += " Sensors: " + sayings(d.Sensors, "; ") + "."
	}
	d.tellSettings()
}

// tellStops says where motors stop, when those of the two do so at other torques.
func (d *Difference) tellStops(c *comparison) {
	lower, other, name := d.StopsAt[1], d.StopsAt[0], c.second()
	if lower == 0 || other > 0 && other < lower {
		lower, other, name = other, lower, c.first()
	}
	if stopApart([2]float64{float64(lower), float64(other)}) {
		d.Words += fmt.Sprintf(" Motors of %s stop at x%.2f of their largest torque although more is asked of them.", name, float64(lower))
	}
}

func (d *Difference) tellSettings() {
	if len(d.Settings) > 0 {
		d.Words += " By what they say of themselves they differ in " + strings.Join(d.Settings, ", ")
		if len(d.Named) > 0 {
			d.Words += ", which may be the reason"
		}
		d.Words += "."
	}
}

func kinds() string {
	return strings.Join([]string{KindDelay, KindCoulomb, KindArmature, KindStrength}, ", ") + " or " + KindOffset
}

// first and second call the two by name and by what they are.
func (c *comparison) first() string  { return c.a.name() + " (" + c.a.kind + ")" }
func (c *comparison) second() string { return c.b.name() + " (" + c.b.kind + ")" }
