package hil

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"whisker/hil/identify"
	"whisker/sim"
)

// openPlant opens a robot with a profile in the simulator: with the motors of the
// identified body that the scenario names, as far from that as it randomises, and
// held where the scenario holds it.
func (s *Scenario) openPlant(o sim.Options) (*sim.Robot, error) {
	r, err := sim.Open(o)
	if err != nil {
		return nil, err
	}
	if s.Physics.Body != "" {
		if r, err = identified(s.Physics.Body, r, o); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(s.hold(r), randomise([]*sim.Robot{r}, &s.Physics)); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// identified is a robot with the motors and encoders of the body in a file, in place
// of r, the robot as the model has it, which it closes.
func identified(file string, r *sim.Robot, o sim.Options) (*sim.Robot, error) {
	defer r.Close()
	b, err := identify.OpenBody(file)
	if err != nil {
		return nil, err
	}
	k := r.Kinematics()
	defer k.Close()
	if o.Profile, err = b.Apply(o.Profile, k); err != nil {
		return nil, fmt.Errorf("hil: body %s: %w", file, err)
	}
	out, err := sim.Open(o)
	if err != nil {
		return nil, err
	}
	d := sim.Nominal(len(o.Profile.Joints))
	for i := range d {
		setMotor(&d[i], b, o.Profile.Joints[i].Name)
	}
	if err := out.Deviate(d); err != nil {
		out.Close()
		return nil, fmt.Errorf("hil: body %s: %w", file, err)
	}
	return out, nil
}

// setMotor is what a body says of a joint and a profile cannot: its motor's strength and
// network, and its encoder's offset.
func setMotor(d *sim.Deviation, b *identify.Body, joint string) {
	d.Strength, d.Offset = b.Plain(joint, identify.Gain), b.Plain(joint, identify.Offset)
	if n := b.Motor(joint); n != nil {
		d.Network = &sim.Network{
			Period: time.Duration(math.Round(n.Period * float64(time.Second))), Weights: n.Numbers(),
			Error: n.Error, Speed: n.Speed, Torque: n.Torque / d.Strength, // which weighs on it again
			MostError: n.MostError, MostSpeed: n.MostSpeed,
		}
	}
}

// bodyWarnings says what of the identified body is not simulated.
func (ph *Physics) bodyWarnings() (lines []string) {
	if ph.Body == "" {
		return nil
	}
	b, err := identify.OpenBody(ph.Body)
	if err != nil {
		return nil // whoever opens the robot says so
	}
	if out := b.Unsimulated(); len(out) > 0 {
		lines = append(lines, fmt.Sprintf("hil: of the body in %s the simulator leaves out %v: its joints have one dry friction", ph.Body, out))
	}
	out := b.Unused()
	switch {
	case len(out) == 0:
	case b.Model == nil:
		lines = append(lines, fmt.Sprintf("hil: the networks in %s are not simulated, its numbers are: they learned what single joints leave over, and the links of a model are part of that; identify with --model", ph.Body))
	default:
		lines = append(lines, fmt.Sprintf("hil: the networks of %s in %s are not simulated, the numbers are: they learned gravity that the model lacks", strings.Join(out, ", "), ph.Body))
	}
	return lines
}

// bodyRanges are the ranges that ship, and in place of those that identification
// narrows what the body leaves open.
func bodyRanges(file string) (*sim.Ranges, error) {
	if file == "" {
		return nil, fmt.Errorf("hil: physics.randomise is body, expected a file in physics.body")
	}
	b, err := identify.OpenBody(file)
	if err != nil {
		return nil, err
	}
	g := sim.DefaultRanges()
	factor := func(to *sim.Range, k identify.Param) {
		if lo, hi, ok := b.Spread(k); ok {
			*to = sim.Range{lo, hi}
		}
	}
	factor(&g.Armature, identify.Armature)
	factor(&g.Coulomb, identify.Coulomb)
	factor(&g.Strength, identify.Gain)
	factor(&g.Limit, identify.MaxTorque)
	if lo, hi, ok := b.Span(identify.RestOffset); ok {
		most := math.Max(-lo, hi)
		g.JointOffset = sim.Range{-most, most}
	}
	if lo, hi, ok := b.Span(identify.Delay); ok {
		g.DelayMs = sim.Range{0, 1000 * (hi - lo)}
	}
	return g, nil
}
