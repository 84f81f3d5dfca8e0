package sim

import (
	"errors"
	"fmt"
	"math"
	"time"

	"whisker/controller"
)

// Robot is one simulated robot. One goroutine uses it at a time; Clone makes
// more. It implements controller.Robot.
type Robot struct {
	body  *controller.Body
	facts *facts
	opts  Options
	model *model
	world *world

	startPos, startVel []float64 // qpos and qvel that Start begins from
	drives             []drive
	rootBody           int
	variation          *variation // of a randomised robot, else nil
	deviation          *deviation // of one that was told how it differs, else nil
	whole              *whole     // of a robot that was harmed, else nil
	touches            []bool     // per foot, for OnBody

	tick             uint64
	started, written bool
	failed           error
}

var _ controller.Robot = (*Robot)(nil)

// Open loads the model and makes a robot of it, standing.
func Open(given Options) (*Robot, error) {
	o, err := given.resolved()
	if err != nil {
		return nil, err
	}
	file := o.Model
	if o.xml == "" {
		if file, err = locate(o.Model); err != nil {
			return nil, err
		}
	}
	m, f, err := load(file, o)
	if err != nil {
		return nil, err
	}
	body, drives, err := bodyOf(f, o)
	if err == nil && !f.rat && (given.Torque || given.Scale != 0) {
		err = fmt.Errorf("sim: model %s: torque and scale are options of the rat: leave them out", file)
	}
	if err != nil {
		m.free()
		return nil, err
	}
	m.arm(drives, f.feetOf(body.Feet), len(body.Feet))
	r, err := newRobot(m, f, o, body, drives)
	if err != nil {
		m.free()
		return nil, err
	}
	r.stand()
	if err := r.measureStand(); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// measureStand adds to the body where its actuators are when it stands; a
// tendon has no joint to tell.
func (r *Robot) measureStand() error {
	copy(r.world.qpos, r.startPos)
	if err := errors.Join(r.world.kinematics(), r.world.lengths()); err != nil {
		return fmt.Errorf("sim: the standing pose: %w", err)
	}
	r.body.StandAct = make([]float64, len(r.drives))
	for i := range r.drives {
		r.body.StandAct[i] = r.world.length[i] / r.drives[i].gear
	}
	return nil
}

func newRobot(m *model, f *facts, o Options, b *controller.Body, drives []drive) (*Robot, error) {
	w, err := m.newWorld()
	if err != nil {
		return nil, err
	}
	r := &Robot{body: b, facts: f, opts: o, model: m, world: w, drives: drives, rootBody: f.root,
		startPos: make([]float64, f.nq), startVel: make([]float64, f.nv), touches: make([]bool, len(b.Feet))}
	if err := r.delay(0); err != nil {
		w.close()
		return nil, err
	}
	return r, nil
}

// Clone makes another robot on the same model, with a state and an owner of its
// own. It starts where r would start, and deviates as r does.
func (r *Robot) Clone() (*Robot, error) {
	c, err := newRobot(r.model, r.facts, r.opts, r.body, r.drives)
	if err != nil {
		return nil, err
	}
	copy(c.startPos, r.startPos)
	copy(c.startVel, r.startVel)
	if r.deviation != nil {
		if err := c.Deviate(r.deviation.joints); err != nil {
			c.Close()
			return nil, err
		}
	}
	return c, nil
}

// Close frees the robot's memory; nothing else may be called after it.
func (r *Robot) Close() { r.world.close() }

// Body describes the robot.
func (r *Robot) Body() *controller.Body { return r.body }

// ModelHash is the SHA-256 of the compiled model, hex: equal models move alike.
func (r *Robot) ModelHash() string { return r.model.hash() }

// Warnings are what loading the model left out, a sentence each.
func (r *Robot) Warnings() []string { return r.facts.warnings }

// stand makes Start begin from the standing pose.
func (r *Robot) stand() {
	free, _ := r.facts.free()
	copy(r.startPos, r.facts.home)
	r.facts.toModel(r.startPos[free:], r.body.Stand)
	if free > 0 && (r.facts.rat || r.opts.Profile != nil) {
		copy(r.startPos, []float64{0, 0, r.body.StandHeight, 1, 0, 0, 0})
	}
}

// Place sets the state that the next Start begins from: the root, and position
// (rad) and velocity (rad/s) per joint; servo filters begin at the pose. A robot
// that is fixed to the world ignores root.
func (r *Robot) Place(root controller.Root, q, qd []float64) {
	if len(q) != len(r.body.Joints) || len(qd) != len(r.body.Joints) {
		panic(fmt.Sprintf("sim: Place got %d positions and %d velocities for %d joints", len(q), len(qd), len(r.body.Joints)))
	}
	free, freeV := r.facts.free()
	if free > 0 {
		putRoot(&root, r.startPos, r.startVel)
	}
	r.facts.toModel(r.startPos[free:], q)
	r.facts.toModel(r.startVel[freeV:], qd)
}

func putRoot(root *controller.Root, qpos, qvel []float64) {
	copy(qpos[0:3], root.Pos[:])
	copy(qpos[3:7], root.Quat[:])
	copy(qvel[0:3], root.Vel[:])
	copy(qvel[3:6], root.AngVel[:])
}

// Start puts the robot where Place said (in its standing pose without it), at
// time 0, with the servos' set points at that pose.
func (r *Robot) Start() error {
	for _, x := range [2][]float64{r.startPos, r.startVel} {
		for i, v := range x {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("sim: the start state has %g at coordinate %d: expected finite numbers", v, i)
			}
		}
	}
	for i, a := range r.body.Actuators {
		if r.drives[i].kind == driveImpedance && a.MaxTorque >= far {
			return fmt.Errorf("sim: start: actuator %q is a motor without a bound on its torque: give it a ctrlrange or a forcerange, or its joint an actuatorfrcrange", a.Name)
		}
	}
	w := r.world
	if err := errors.Join(r.mend(), r.vary(), r.deviate()); err != nil {
		return err
	}
	if err := w.reset(); err != nil {
		return fmt.Errorf("sim: start: %w", err)
	}
	copy(w.qpos, r.startPos)
	copy(w.qvel, r.startVel)
	if err := errors.Join(w.kinematics(), w.lengths()); err != nil {
		return fmt.Errorf("sim: start: %w", err)
	}
	r.holdPose()
	if err := w.forward(); err != nil {
		return fmt.Errorf("sim: start: %w", err)
	}
	r.tick, r.started, r.written, r.failed = 0, true, false, nil
	return nil
}

// holdPose makes the pose the command, also behind the servos' filters.
func (r *Robot) holdPose() {
	w := r.world
	clear(w.vel)
	clear(w.tau)
	clear(w.kp)
	clear(w.kd)
	for i := range r.drives {
		d := &r.drives[i]
		w.pos[i] = w.length[i]/d.gear + w.zero[i]
		if d.kind == drivePosition {
			w.ctrl[i] = d.scale*w.pos[i] + d.offset
		}
		if at := r.facts.actuators[i].act; at >= 0 {
			w.act[at] = w.ctrl[i]
		}
	}
}

var errNotStarted = errors.New("sim: the robot is not started: call Start first")

// Read advances one period under the last command and stores the state. Forces
// and accelerations are those of the last physics step.
func (r *Robot) Read(s *controller.State) error {
	if r.failed != nil {
		return r.failed
	}
	if !r.started {
		return errNotStarted
	}
	if r.written {
		r.tick++
		r.push()
		if err := r.world.step(r.opts.substeps()); err != nil {
			r.failed = diverged(r.now(), err)
			return r.failed
		}
	}
	r.store(s)
	return nil
}

func (r *Robot) now() time.Duration { return time.Duration(r.tick) * r.opts.Period }

// store fills s from the world.
func (r *Robot) store(s *controller.State) {
	w := r.world
	free, freeV := r.facts.free()
	s.Seq, s.Time, s.Age = r.tick, r.now(), 0
	r.facts.toRobot(s.Pos, w.qpos[free:])
	r.facts.toRobot(s.Vel, w.qvel[freeV:])
	for i := range r.drives {
		d, a := &r.drives[i], &r.facts.actuators[i]
		s.ActPos[i], s.ActVel[i] = w.length[i]/d.gear+w.zero[i], w.velocity[i]/d.gear
		s.Torque[i] = w.force[i] * d.gear
		if a.act >= 0 {
			s.Activation[i] = (w.act[a.act] - d.offset) / d.scale
		}
	}
	if r.opts.Profile != nil { // a joint's encoder is its motor's
		copy(s.Pos, s.ActPos)
	}
	copy(s.FootForce, w.footForce)
	if free == 0 {
		return
	}
	copy(s.IMU.Quat[:], w.qpos[3:7])
	copy(s.IMU.Gyro[:], w.qvel[3:6])
	copy(s.IMU.Acc[:], w.acc)
	if r.body.Measures.Root {
		r.storeRoot(&s.Root)
	}
	r.disturb(s)
}

func (r *Robot) storeRoot(root *controller.Root) {
	w := r.world
	if !r.facts.floating {
		*root = controller.Root{}
		copy(root.Pos[:], w.xpos[3*r.rootBody:])
		copy(root.Quat[:], w.xquat[4*r.rootBody:])
		return
	}
	copy(root.Pos[:], w.qpos[0:3])
	copy(root.Quat[:], w.qpos[3:7])
	copy(root.Vel[:], w.qvel[0:3])
	copy(root.AngVel[:], w.qvel[3:6])
}

// Write sets the command that the next Read advances under.
func (r *Robot) Write(c *controller.Command) error {
	if r.failed != nil {
		return r.failed
	}
	if !r.started {
		return errNotStarted
	}
	w := r.world
	if len(c.Pos) != len(w.pos) {
		panic(fmt.Sprintf("sim: a command of %d actuators for a body of %d", len(c.Pos), len(w.pos)))
	}
	copy(w.pos, c.Pos)
	copy(w.vel, c.Vel)
	copy(w.tau, c.Torque)
	copy(w.kp, c.Kp)
	copy(w.kd, c.Kd)
	r.written = true
	return nil
}

// Halt stops the simulation until the next Start.
func (r *Robot) Halt() error {
	r.started = false
	return nil
}
