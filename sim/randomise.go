package sim

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"whisker/controller"
)

// parameters are those of a model that randomisation changes.
type parameters struct {
	mass, inertia, com, friction, armature, coulomb, viscous []float64
}

func (p parameters) clone() parameters {
	c := func(x []float64) []float64 { return append([]float64(nil), x...) }
	return parameters{c(p.mass), c(p.inertia), c(p.com), c(p.friction), c(p.armature), c(p.coulomb), c(p.viscous)}
}

// variation is what makes a robot differ from its model, drawn anew at each start.
type variation struct {
	ranges  *Ranges
	rng     *rand.Rand
	nominal parameters // copies
	feet    []int      // geoms

	position, velocity, gyro, tilt float64 // deviations of the noise
	late                           float64 // s: drawn delay
	next, until                    uint64  // ticks: of the next push, of its end
	force                          [3]float64
}

// Randomise makes every Start from now on draw a new robot within the ranges:
// its masses, friction, motors, encoders, delay, noise, and pushes while it runs.
// The same seed draws the same robots. Truth, Shapes and Kinematics stay those of
// the model. The robot needs a profile.
func (r *Robot) Randomise(g *Ranges, seed uint64) error {
	if r.opts.Profile == nil {
		return errors.New("sim: only a robot with a profile can be randomised")
	}
	if err := r.world.own(); err != nil {
		return err
	}
	v := &variation{ranges: g, rng: rand.New(rand.NewPCG(seed, 0))}
	p := r.world.parameters()
	v.nominal = p.clone()
	v.feet = r.footGeoms()
	r.variation = v
	return nil
}

// Redraw begins the random numbers of a randomised robot anew: the next Start draws
// the robot, the noise and the pushes of that seed, whatever came before.
func (r *Robot) Redraw(seed uint64) {
	if r.variation != nil {
		r.variation.rng = rand.New(rand.NewPCG(seed, 0))
	}
}

func (v *variation) draw(g Range) float64 { return g[0] + (g[1]-g[0])*v.rng.Float64() }

// vary draws the robot of this start.
func (r *Robot) vary() error {
	v := r.variation
	if v == nil {
		return nil
	}
	v.drawBodies(r)
	v.drawJoints(r)
	v.late = v.draw(v.ranges.DelayMs) / 1000
	if err := r.delay(v.late); err != nil {
		return err
	}
	v.position, v.velocity = v.draw(v.ranges.Position), v.draw(v.ranges.Velocity)
	v.gyro, v.tilt = v.draw(v.ranges.Gyro), v.draw(v.ranges.Tilt)
	v.next, v.until = 0, 0
	v.plan(r, 0)
	if err := r.world.constants(); err != nil {
		return fmt.Errorf("sim: randomised: %w", err)
	}
	return nil
}

func (v *variation) drawBodies(r *Robot) {
	p, n, g := r.world.parameters(), &v.nominal, v.ranges
	for i := range p.mass {
		k := v.draw(g.Mass)
		if i == r.rootBody {
			k *= math.Max(0.1, (n.mass[i]+v.draw(g.TrunkMass))/n.mass[i])
		}
		p.mass[i] = k * n.mass[i]
		for a := range 3 {
			p.inertia[3*i+a] = k * n.inertia[3*i+a]
		}
	}
	for a := range 3 {
		p.com[3*r.rootBody+a] = n.com[3*r.rootBody+a] + v.draw(g.Com)
	}
	friction := v.draw(g.Friction)
	for _, i := range v.feet {
		if g.Friction[1] > 0 {
			p.friction[3*i] = friction
		}
	}
}

func (v *variation) drawJoints(r *Robot) {
	p, n, g, w := r.world.parameters(), &v.nominal, v.ranges, r.world
	_, free := r.facts.free()
	for i := range w.strength {
		dof := free + r.facts.order[i]
		k := v.draw(g.Coulomb)
		p.coulomb[dof], p.viscous[dof] = k*n.coulomb[dof], k*n.viscous[dof]
		p.armature[dof] = v.draw(g.Armature) * n.armature[dof]
		w.strength[i], w.zero[i], w.ceiling[i] = v.draw(g.Strength), v.draw(g.JointOffset), 1
		if g.Limit != (Range{1, 1}) { // robots without are the same as before there was this
			w.ceiling[i] = v.draw(g.Limit)
		}
	}
}

// plan draws the push after the present tick.
func (v *variation) plan(r *Robot, tick uint64) {
	ticks := func(sec float64) uint64 { return uint64(math.Round(sec / r.opts.Period.Seconds())) }
	v.next, v.until = 0, 0
	if v.ranges.PushEvery[1] == 0 || v.ranges.PushForce[1] == 0 {
		return
	}
	weight := 0.0
	for _, m := range v.nominal.mass {
		weight += 9.81 * m
	}
	v.next = tick + 1 + ticks(v.draw(v.ranges.PushEvery))
	v.until = v.next + max(1, ticks(v.draw(v.ranges.PushSeconds)))
	f, way := weight*v.draw(v.ranges.PushForce), 2*math.Pi*v.rng.Float64()
	v.force = [3]float64{f * math.Cos(way), f * math.Sin(way), 0}
}

// push adds the push that is due to what Perturb asked for in this tick.
func (r *Robot) push() {
	v := r.variation
	if v == nil || v.next == 0 || r.tick < v.next {
		return
	}
	for a := range 3 {
		r.world.push[a] += v.force[a]
	}
	if r.tick+1 >= v.until {
		v.plan(r, r.tick)
	}
}

// disturb adds encoder offsets and sensor noise to what was measured.
func (r *Robot) disturb(s *controller.State) {
	v := r.variation
	if v == nil {
		return
	}
	for i := range s.Pos {
		s.Pos[i] += v.position * v.rng.NormFloat64()
		s.Vel[i] += v.velocity * v.rng.NormFloat64()
		s.ActPos[i], s.ActVel[i] = s.Pos[i], s.Vel[i]
	}
	for a := range 3 {
		s.IMU.Gyro[a] += v.gyro * v.rng.NormFloat64()
	}
	q := &s.IMU.Quat
	turned := *q
	for a := 1; a < 4; a++ {
		turned[a] += v.tilt / 2 * v.rng.NormFloat64()
	}
	norm := math.Sqrt(turned[0]*turned[0] + turned[1]*turned[1] + turned[2]*turned[2] + turned[3]*turned[3])
	for a := range q {
		q[a] = turned[a] / norm
	}
}
