package identify

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"whisker/controller/profile"
)

// Apply is a robot's profile with what the body says of its motors: friction,
// delay, limits of torque, none beyond the profile's, and, beyond the links that the
// model has, the rotors' inertia. A number
// that the logs did not narrow stays the profile's, unless a network goes with it
// (Motor). k is the model that the motors will drive.
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
	for i := range b.Joints {
		if j := &b.Joints[i]; j.Network != nil && !slices.ContainsFunc(p.Joints, func(of profile.Joint) bool { return sameJoint(of.Name, j.Name) }) {
			return nil, fmt.Errorf("identify: the body of %s has a network for joint %s, which robot %s has not", b.Robot, j.Name, p.Name)
		}
	}
	out := *p
	out.Motors, out.Joints = maps.Clone(p.Motors), slices.Clone(p.Joints)
	for i := range out.Joints {
		j := &out.Joints[i]
		m := p.Motors[j.Motor]
		b.apply(&m, b.joint(j.Name), mass[i*n+i])
		j.Motor = j.Name // one of its own
		out.Motors[j.Motor] = m
	}
	return &out, nil
}

// leastStop is that of a friction that holds at once, ms: 0 is the simulator's own.
const leastStop = 1e-3

// Motor is the network of a joint's motor where a simulator of links takes it, else
// nil. One that was learned without a model, or beside gravity that the model lacks,
// has learned what links do, which they do again in the simulator.
func (b *Body) Motor(joint string) *Network {
	if j := b.joint(joint); j != nil && b.Model != nil && j.Beyond == nil {
		return j.Network
	}
	return nil
}

// Unused are the joints whose networks a simulator leaves out.
func (b *Body) Unused() (joints []string) {
	for i := range b.Joints {
		if j := &b.Joints[i]; j.Network != nil && b.Motor(j.Name) == nil {
			joints = append(joints, j.Name)
		}
	}
	return joints
}

// number is what a simulator takes for a joint's number, if the logs narrowed it; beside
// a network, which learned what all of them leave over, it takes all.
func (b *Body) number(j *Joint, k Param) (x float64, ok bool) {
	if b.Motor(j.Name) != nil {
		return j.values()[k], true
	}
	f := j.Found[k]
	return f.Value, f.Identified
}

// apply puts what was identified of a joint into its motor, in whose armature links are
// counted with that inertia.
func (b *Body) apply(m *profile.Motor, j *Joint, links float64) {
	set := func(to *float64, k Param, scale float64) {
		if x, ok := b.number(j, k); ok {
			*to = scale * x
		}
	}
	set(&m.Viscous, Viscous, 1)
	set(&m.Coulomb, Coulomb, 1)
	set(&m.StopMs, StopTime, 1000)
	set(&m.StopYield, StopYield, 1)
	if _, ok := b.number(j, StopTime); ok {
		m.StopMs = max(m.StopMs, leastStop)
	}
	set(&m.DelayMs, Delay, 1000)
	// Links that are heavier than what was found with them leave the rotor unknown.
	if x, ok := b.number(j, Armature); ok && x > links {
		m.Armature = x - links
	}
	b.bound(m, j)
}

// bound lowers a motor's limits to those that were identified. At no speed does it give
// more than its own: those are what the robot is kept safe by.
func (b *Body) bound(m *profile.Motor, j *Joint) {
	lower := false
	limit := func(k Param, own float64) float64 {
		if x, ok := b.number(j, k); ok && x > 0 {
			lower = true
			return x
		}
		return own
	}
	own, free, stall := *m, math.Inf(1), m.StallTorque() // without a bound at speed
	if !math.IsInf(stall, 1) {
		free = m.NoLoadSpeed
	}
	free, stall = limit(NoLoadSpeed, free), limit(StallTorque, stall)
	m.Torque = min(own.Torque, limit(MaxTorque, own.Torque), stall)
	if !lower || math.IsInf(free, 1) || math.IsInf(stall, 1) {
		return
	}
	m.NoLoadSpeed, m.FullTorqueSpeed = free, free*(1-m.Torque/stall)
	if own.NoLoadSpeed > own.FullTorqueSpeed { // the line through the lower ends of both
		full := own.NoLoadSpeed - (own.NoLoadSpeed-own.FullTorqueSpeed)*m.Torque/own.Torque
		m.NoLoadSpeed, m.FullTorqueSpeed = min(own.NoLoadSpeed, free), min(full, m.FullTorqueSpeed)
	}
}

// Plain gives a joint's number where the logs narrowed it or a network goes with it,
// else the neutral one: for gain and offset, which a profile has not.
func (b *Body) Plain(joint string, k Param) float64 {
	if j := b.joint(joint); j != nil {
		if x, ok := b.number(j, k); ok {
			return x
		}
	}
	return params[k].neutral
}

// unsimulated are numbers of motors for which the simulator has none.
var unsimulated = []Param{Stribeck, LoadFriction, LoadStribeck, CoulombSlope, CoulombCurve, RestOffset, RestGain, SupplySag}

// Unsimulated are the numbers that the logs narrowed, or that a network goes with, of
// some joint, and that the simulator leaves out.
func (b *Body) Unsimulated() (out []Param) {
	for _, k := range unsimulated {
		if slices.ContainsFunc(b.Joints, func(j Joint) bool {
			return j.Found[k].Identified || b.Motor(j.Name) != nil && j.values()[k] != params[k].neutral
		}) {
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
