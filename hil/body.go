package hil

import (
	"errors"
	"fmt"
	"math"

	"whisker/controller/profile"
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
		o.Profile, err = identifiedProfile(&s.Physics, r, o.Profile)
		r.Close()
		if err != nil {
			return nil, err
		}
		if r, err = sim.Open(o); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(s.hold(r), randomise([]*sim.Robot{r}, &s.Physics)); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// identifiedProfile is p with what the identified body says of its motors; r is
// the robot as the model has it.
func identifiedProfile(ph *Physics, r *sim.Robot, p *profile.Profile) (*profile.Profile, error) {
	b, err := identify.OpenBody(ph.Body)
	if err != nil {
		return nil, err
	}
	k := r.Kinematics()
	defer k.Close()
	out, err := b.Apply(p, k)
	if err != nil {
		return nil, fmt.Errorf("hil: body %s: %w", ph.Body, err)
	}
	return out, nil
}

// bodyWarnings says what of the identified body is not simulated.
func (ph *Physics) bodyWarnings() []string {
	if ph.Body == "" {
		return nil
	}
	b, err := identify.OpenBody(ph.Body)
	if err == nil && b.Learned() {
		return []string{fmt.Sprintf("hil: the networks in %s are not simulated, its numbers are: they learned what single joints leave over, and the links of a model are part of that", ph.Body)}
	}
	return nil
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
	if lo, hi, ok := b.Span(identify.Gain); ok {
		g.Strength = sim.Range{lo, hi}
	}
	if lo, hi, ok := b.Span(identify.RestOffset); ok {
		most := math.Max(-lo, hi)
		g.JointOffset = sim.Range{-most, most}
	}
	if lo, hi, ok := b.Span(identify.Delay); ok {
		g.DelayMs = sim.Range{0, 1000 * (hi - lo)}
	}
	return g, nil
}
