package sim

import (
	"errors"
	"fmt"
)

// Harm is what is broken in a simulated robot with a profile. The zero value is
// nothing; slices are per joint or nil.
type Harm struct {
	Stuck   []bool    // the joint does not turn
	Missing []float64 // share of the motor's torque that is missing, 0 to 1
	Most    []float64 // N·m that the motor has at most; 0 is the profile's
	Slip    float64   // share of the feet's friction that is missing, 0 to 1
	Payload float64   // kg on the root
}

// whole is what Harm changes, as it was when the robot started.
type whole struct {
	parameters
	strength, ceiling []float64
	harmed            bool
	payload           float64
}

var errNoProfile = errors.New("sim: only a robot with a profile can be harmed or held")

// Harm makes h all that is broken from now on, until the next Start, which makes
// the robot whole. The robot has to be started.
func (r *Robot) Harm(h *Harm) error {
	if r.opts.Profile == nil {
		return errNoProfile
	}
	if !r.started {
		return errNotStarted
	}
	if err := r.world.own(); err != nil {
		return err
	}
	w := r.remember()
	p := r.world.parameters()
	_, free := r.facts.free()
	for i := range r.world.strength {
		dof := free + r.facts.order[i]
		p.armature[dof] = w.armature[dof]
		if h.Stuck != nil && h.Stuck[i] {
			p.armature[dof] = stuckInertia
			r.world.qvel[dof] = 0
		}
		r.world.strength[i], r.world.ceiling[i] = w.strength[i], w.ceiling[i]
		if h.Missing != nil {
			r.world.strength[i] *= 1 - h.Missing[i]
		}
		if d := &r.drives[i]; h.Most != nil && h.Most[i] > 0 && d.limit > 0 {
			r.world.ceiling[i] = min(w.ceiling[i], h.Most[i]/d.limit)
		}
	}
	for _, i := range r.footGeoms() {
		p.friction[3*i] = (1 - h.Slip) * w.friction[3*i]
	}
	return r.load(h.Payload)
}

// stuckInertia is the rotor, kg·m², of a joint that no torque of a motor moves.
const stuckInertia = 1e5

// load puts a payload on the root: its mass and, as much heavier, its inertia.
func (r *Robot) load(kg float64) error {
	w, p, root := r.whole, r.world.parameters(), r.rootBody
	if kg == w.payload {
		return nil
	}
	k := (w.mass[root] + kg) / w.mass[root]
	if !(k > 0) {
		return fmt.Errorf("sim: a payload of %g kg on a root of %g kg", kg, w.mass[root])
	}
	p.mass[root] = k * w.mass[root]
	for a := range 3 {
		p.inertia[3*root+a] = k * w.inertia[3*root+a]
	}
	w.payload = kg
	return r.world.weigh()
}

// remember keeps what the robot was like before it was harmed.
func (r *Robot) remember() *whole {
	if r.whole == nil {
		r.whole = new(whole)
	}
	w := r.whole
	if !w.harmed {
		p := r.world.parameters()
		w.mass = append(w.mass[:0], p.mass...)
		w.inertia = append(w.inertia[:0], p.inertia...)
		w.friction = append(w.friction[:0], p.friction...)
		w.armature = append(w.armature[:0], p.armature...)
		w.strength = append(w.strength[:0], r.world.strength...)
		w.ceiling = append(w.ceiling[:0], r.world.ceiling...)
		w.harmed = true
	}
	return w
}

// mend makes a harmed robot whole, as Start does.
func (r *Robot) mend() error {
	if r.whole == nil || !r.whole.harmed {
		return nil
	}
	w, p := r.whole, r.world.parameters()
	copy(p.mass, w.mass)
	copy(p.inertia, w.inertia)
	copy(p.friction, w.friction)
	copy(p.armature, w.armature)
	copy(r.world.strength, w.strength)
	copy(r.world.ceiling, w.ceiling)
	w.harmed, w.payload = false, 0
	return r.world.weigh()
}

// footGeoms are the geoms of the feet.
func (r *Robot) footGeoms() (geoms []int) {
	of := r.facts.feetOf(r.body.Feet)
	for i, geom := range r.facts.geoms {
		if of[geom.body] >= 0 {
			geoms = append(geoms, i)
		}
	}
	return geoms
}

// Hold hangs a robot with a profile where each Start places its root, as on a
// stand: nothing moves the root, and gravity pulls no joint. It stays so.
func (r *Robot) Hold() error {
	if r.opts.Profile == nil {
		return errNoProfile
	}
	if err := r.world.own(); err != nil {
		return err
	}
	r.world.bear()
	if err := r.world.constants(); err != nil {
		return fmt.Errorf("sim: held: %w", err)
	}
	r.started = false
	return nil
}

// Joints stores the true positions (rad) and velocities (rad/s) of the joints: what
// encoders without offset and noise would say.
func (r *Robot) Joints(q, qd []float64) {
	free, freeV := r.facts.free()
	r.facts.toRobot(q, r.world.qpos[free:])
	r.facts.toRobot(qd, r.world.qvel[freeV:])
}
