package sim

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Deviation is how one joint of a simulated robot, its motor and its encoder
// differ from the profile. Factors of 1 and zeros are the profile's robot.
type Deviation struct {
	Armature, Coulomb, Viscous float64       // factors
	Strength                   float64       // factor on the torque that the motor gives
	Ceiling                    float64       // factor on the largest torque that it can be asked for
	Offset                     float64       // what the encoder adds, rad
	Delay                      time.Duration // added to the profile's, rounded with it to a physics step
	Network                    *Network      // what the motor gives beyond its law; nil for nothing
}

// Nominal is no deviation of n joints.
func Nominal(n int) []Deviation {
	d := make([]Deviation, n)
	for i := range d {
		d[i] = Deviation{Armature: 1, Coulomb: 1, Viscous: 1, Strength: 1, Ceiling: 1}
	}
	return d
}

// deviation keeps what Deviate was told, and the model that it refers to.
type deviation struct {
	joints  []Deviation
	nominal parameters
}

// Deviate makes the robot differ from its profile from the next Start on, a
// Deviation per joint, in place of an earlier one; on a randomised robot on top of
// what each start draws. It shifts encoders only: Place and Truth speak of true
// joints, states of measured ones. The robot needs a profile.
func (r *Robot) Deviate(d []Deviation) error {
	if r.opts.Profile == nil {
		return errors.New("sim: only a robot with a profile can deviate from it")
	}
	if len(d) != len(r.drives) {
		panic(fmt.Sprintf("sim: Deviate got %d joints for %d", len(d), len(r.drives)))
	}
	for i := range d {
		for _, x := range [...]float64{d[i].Armature, d[i].Coulomb, d[i].Viscous, d[i].Strength, d[i].Ceiling} {
			if !(x >= 0 && x <= 100) {
				return fmt.Errorf("sim: %s deviates by a factor of %g: expected 0 to 100", r.body.Joints[i].Name, x)
			}
		}
		if !(math.Abs(d[i].Offset) <= math.Pi) {
			return fmt.Errorf("sim: %s has an offset of %g rad: expected -pi to pi", r.body.Joints[i].Name, d[i].Offset)
		}
		if err := d[i].Network.check(r.opts.Timestep); err != nil {
			return fmt.Errorf("sim: the network of %s: %w", r.body.Joints[i].Name, err)
		}
	}
	if err := r.world.own(); err != nil {
		return err
	}
	if r.deviation == nil {
		r.deviation = &deviation{nominal: r.world.parameters().clone()}
	}
	r.deviation.joints = append(r.deviation.joints[:0], d...)
	return nil
}

// deviate applies the deviation at a start. What randomisation drew before is
// the base where there is one.
func (r *Robot) deviate() error {
	if r.deviation == nil {
		return nil
	}
	p, n, w := r.world.parameters(), &r.deviation.nominal, r.world
	_, free := r.facts.free()
	drawn := r.variation != nil
	networks := make([]*Network, len(r.deviation.joints))
	for i, d := range r.deviation.joints {
		dof := free + r.facts.order[i]
		if !drawn {
			p.armature[dof], p.coulomb[dof], p.viscous[dof] = n.armature[dof], n.coulomb[dof], n.viscous[dof]
			w.strength[i], w.zero[i], w.ceiling[i] = 1, 0, 1
		}
		p.armature[dof] *= d.Armature
		p.coulomb[dof] *= d.Coulomb
		p.viscous[dof] *= d.Viscous
		w.strength[i] *= d.Strength
		w.zero[i] += d.Offset
		w.ceiling[i] *= d.Ceiling
		networks[i] = d.Network
	}
	if err := w.learn(networks, r.opts.Timestep.Seconds()); err != nil {
		return err
	}
	late := 0.0
	if drawn {
		late = r.variation.late
	}
	if err := r.delay(late); err != nil {
		return err
	}
	if err := w.constants(); err != nil {
		return fmt.Errorf("sim: deviating: %w", err)
	}
	return nil
}

// Unlearned says of each motor's network what share of its looks since the start saw a
// larger error of position or speed than it learned from: there it guesses. It is nil
// where no motor has one.
func (r *Robot) Unlearned() []float64 { return r.world.unlearned(len(r.drives)) }
