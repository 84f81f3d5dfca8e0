package train

import (
	"fmt"
	"math"
	"math/rand/v2"

	"whisker/controller"
	"whisker/policy"
)

// env is one world and the episode that runs in it.
type env struct {
	world  World
	obs    *policy.Observation
	action *policy.Action
	refs   []*policy.Reference
	state  controller.State
	truth  controller.Truth
	cmd    controller.Command
	feet   []int // frame indices of the body's feet
	frames []float32
	q, qd  []float64

	ref      *policy.Reference
	frame    int
	at       int // the sampler's start
	steps    int
	possible int
	prev     []float64
	last     []float64 // command before prev, for its change
}

func newEnv(w World, c *policy.Contract, refs []*policy.Reference) (*env, error) {
	b := w.Body()
	obs, err := policy.NewObservation(c.Layout, b)
	if err != nil {
		return nil, err
	}
	e := &env{
		world: w, obs: obs, action: &c.Action, refs: refs, state: controller.NewState(b), cmd: controller.NewCommand(b),
		prev: make([]float64, len(b.Actuators)), last: make([]float64, len(b.Actuators)),
		q: make([]float64, len(b.Joints)), qd: make([]float64, len(b.Joints)),
	}
	e.truth.Contacts = make([]bool, len(b.Feet))
	names := w.Frames()
	e.frames = make([]float32, 7*len(names))
	for _, foot := range b.Feet {
		i := 0
		for i < len(names) && names[i] != foot {
			i++
		}
		if i == len(names) {
			return nil, fmt.Errorf("train: the world has no frame %s, a foot of %s", foot, b.Name)
		}
		e.feet = append(e.feet, i)
	}
	return e, nil
}

// reset starts an episode at a frame of a reference, near its state.
func (e *env) reset(c *Config, at, ref, frame int, rng *rand.Rand) error {
	e.ref, e.frame, e.at, e.steps = e.refs[ref], frame, at, 0
	e.possible = min(c.MaxSteps, e.ref.Len()-1-frame)
	root := e.ref.Root(frame)
	s := &c.Task.Start
	for i := range 3 {
		root.Vel[i] += s.RootVelocity * rng.NormFloat64()
		root.AngVel[i] += s.RootRotationRate * rng.NormFloat64()
	}
	for j := range e.q {
		e.q[j] = e.ref.Poses[frame].Q[j] + s.Joints*rng.NormFloat64()
		e.qd[j] = e.ref.Twists[frame].Qd[j] + s.JointRates*rng.NormFloat64()
	}
	e.action.Begin(e.prev, e.ref, frame)
	copy(e.last, e.prev)
	e.world.Place(root, e.q, e.qd)
	if err := e.world.Start(); err != nil {
		return err
	}
	return e.world.Read(&e.state)
}

// observe fills x with the raw observation.
func (e *env) observe(x []float32) { e.obs.Fill(x, &e.state, e.ref, e.frame, e.prev) }

// outcome is what a step led to.
type outcome struct {
	reward float64
	failed bool // lost the reference
	ended  bool // the episode is over, lost or not
}

// step acts for one period.
func (e *env) step(c *Config, out []float32) outcome {
	e.action.Fill(&e.cmd, e.ref, e.frame, out)
	copy(e.last, e.prev)
	copy(e.prev, e.action.Sent(&e.cmd))
	if err := e.world.Write(&e.cmd); err != nil {
		return outcome{failed: true, ended: true}
	}
	if err := e.world.Read(&e.state); err != nil {
		return outcome{failed: true, ended: true}
	}
	e.frame++
	e.steps++
	e.world.Truth(&e.truth)
	pos, rot := rootErrors(&e.truth.Root, e.ref, e.frame)
	if end := &c.Task.Termination; !(pos < end.RootPosition && rot < end.RootRotation) || end.RootHeight > 0 && !(e.height() < end.RootHeight) {
		return outcome{failed: true, ended: true}
	}
	return outcome{reward: e.reward(&c.Task.Reward, pos, rot), ended: e.steps >= e.possible}
}

// height is how far the root is above or below the reference, m.
func (e *env) height() float64 { return math.Abs(e.truth.Root.Pos[2] - e.ref.Poses[e.frame].Pos[2]) }

// rootErrors is the distance (m) and rotation (rad) of root from the reference.
func rootErrors(root *controller.Root, r *policy.Reference, frame int) (pos, rot float64) {
	p := &r.Poses[frame]
	d, dq := 0.0, 0.0
	for i := range 3 {
		d += square(root.Pos[i] - p.Pos[i])
	}
	for i := range 4 {
		dq += root.Quat[i] * p.Quat[i]
	}
	return math.Sqrt(d), 2 * math.Acos(min(1, math.Abs(dq)))
}

// reward of the present state, given how far the root is from the reference.
func (e *env) reward(k *Reward, pos, rot float64) float64 {
	p, w := &e.ref.Poses[e.frame], &e.ref.Twists[e.frame]
	joints, limbs := 0.0, e.world.Body().LimbJoints
	for _, j := range limbs {
		joints += square(e.state.Pos[j] - p.Q[j])
	}
	joints /= float64(max(1, len(limbs)))
	vel, ang := 0.0, 0.0
	for i := range 3 {
		vel += square(e.truth.Root.Vel[i] - w.Vel[i])
		ang += square(e.truth.Root.AngVel[i] - w.AngVel[i])
	}
	jerk := 0.0
	for i := range e.prev {
		jerk += square(e.prev[i] - e.last[i])
	}
	return k.RootPosition.of(pos*pos) + k.RootHeight.of(square(e.height())) + k.RootRotation.of(rot*rot) + k.LimbJoints.of(joints) + k.Feet.of(e.feetError()) +
		k.RootVelocity.of(vel) + k.RootRotationRate.of(ang) - k.CommandChange*min(1, jerk)
}

// feetError is the mean squared distance of the feet from the reference, m².
func (e *env) feetError() float64 {
	e.world.FramePoses(e.frames)
	sum := 0.0
	for i, f := range e.feet {
		for a := range 3 {
			sum += square(float64(e.frames[7*f+a]) - e.ref.Feet[e.frame][i][a])
		}
	}
	return sum / float64(max(1, len(e.feet)))
}

func square(x float64) float64 { return x * x }
