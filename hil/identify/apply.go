package identify

import (
	"fmt"
	"maps"
	"slices"

	"whisker/controller/profile"
)

// Apply is a robot's profile with what the body says of its motors: friction,
// delay and, beyond the links that the model has, the rotors' inertia. A number
// that the logs did not narrow stays the profile's. k is the model that the motors
// will drive.
func (b *Body) Apply(p *profile.Profile, k Links) (*profile.Profile, error) {
	if b.Law != Impedance {
		return nil, fmt.Errorf("identify: the motors of %s are of the law %s, want %s for the robot %s", b.Robot, b.Law, Impedance, p.Name)
	}
	n := len(p.Joints)
	q, still, mass := make([]float64, n), make([]float64, n), make([]float64, n*n)
	for i := range p.Joints {
		j := b.joint(p.Joints[i].Name)
		if j == nil {
			return nil, fmt.Errorf("identify: the body of %s has no joint %s of robot %s", b.Robot, p.Joints[i].Name, p.Name)
		}
		q[i] = j.values()[Centre]
	}
	if b.Model == nil { // what was found as armature has the links in it
		k.Dynamics(q, still, mass, make([]float64, n))
	}
	out := *p
	out.Motors, out.Joints = maps.Clone(p.Motors), slices.Clone(p.Joints)
	for i := range out.Joints {
		j := &out.Joints[i]
		m := p.Motors[j.Motor]
		b.joint(j.Name).apply(&m, mass[i*n+i])
		j.Motor = j.Name // one of its own
		out.Motors[j.Motor] = m
	}
	return &out, nil
}

// leastStop is that of a friction that holds at once, ms: 0 is the simulator's own.
const leastStop = 1e-3

// apply puts what was identified into a motor, in whose armature links are counted
// with that inertia.
func (j *Joint) apply(m *profile.Motor, links float64) {
	set := func(to *float64, k Param, scale float64) {
		if f := j.Found[k]; f.Identified {
			*to = scale * f.Value
		}
	}
	set(&m.Viscous, Viscous, 1)
	set(&m.Coulomb, Coulomb, 1)
	set(&m.StopMs, StopTime, 1000)
	set(&m.StopYield, StopYield, 1)
	if j.Found[StopTime].Identified {
		m.StopMs = max(m.StopMs, leastStop)
	}
	set(&m.DelayMs, Delay, 1000)
	// Links that are heavier than what was found with them leave the rotor unknown.
	if f := j.Found[Armature]; f.Identified && f.Value > links {
		m.Armature = f.Value - links
	}
}

// Plain gives a joint's number where the logs narrowed it, else the neutral one: for
// gain and offset, which a profile has not.
func (b *Body) Plain(joint string, k Param) float64 {
	if j := b.joint(joint); j != nil && j.Found[k].Identified {
		return j.Found[k].Value
	}
	return params[k].neutral
}

// unsimulated are numbers of motors for which the simulator has none.
var unsimulated = []Param{Stribeck, LoadFriction, LoadStribeck, CoulombSlope, CoulombCurve, RestOffset, RestGain, SupplySag}

// Unsimulated are the numbers that the logs narrowed, of some joint, and that the
// simulator leaves out.
func (b *Body) Unsimulated() (out []Param) {
	for _, k := range unsimulated {
		if slices.ContainsFunc(b.Joints, func(j Joint) bool { return j.Found[k].Identified }) {
			out = append(out, k)
		}
	}
	return out
}

// Span is the least and the most that a number may be at any joint, by the
// intervals of those where it was identified; ok is false when it nowhere was.
func (b *Body) Span(k Param) (lo, hi float64, ok bool) { return b.span(k, false) }

// Spread is Span relative to each joint's own value.
func (b *Body) Spread(k Param) (lo, hi float64, ok bool) { return b.span(k, true) }

func (b *Body) span(k Param, relative bool) (lo, hi float64, ok bool) {
	for i := range b.Joints {
		f := b.Joints[i].Found[k]
		if !f.Identified || relative && f.Value == 0 {
			continue
		}
		l, h := f.Low, f.High
		if relative {
			l, h = l/f.Value, h/f.Value
		}
		if !ok {
			lo, hi, ok = l, h, true
		}
		lo, hi = min(lo, l), max(hi, h)
	}
	return lo, hi, ok
}
