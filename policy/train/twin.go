package train

import (
	"fmt"
	"math/rand/v2"

	"whisker/controller"
	"whisker/policy"
)

// Twin is a robot with the student's body and the teacher's drives. It is put where
// the student is, to see what torques the teacher's command leads to.
type Twin interface {
	controller.Robot
	// Resume starts in a state, whatever stands behind the actuators' filters included.
	Resume(s *controller.State) error
}

// lead makes up for the filter of the motors: the command is the torque now and the
// change that is wanted over lead. A period of 20 ms passes 0.41 of a command through
// the filter's 40 ms: at 0.41 the motor would give what is wanted at the period's end,
// and too little until then. At 0.3 the period's mean comes nearer, and what is too
// much at its end is taken back in the next. What else was tried is in the package's notes.
const lead = 0.3

// servos turn what a teacher asks of position servos into the torques by which
// torque motors do the same.
//
// The servos' set points are those that would now give the motors' torques, so that
// the answer depends on nothing but the state of the student. The twin plays the
// teacher's command for one period from there; its torque at the end of it is what
// the motors should come to.
type servos struct {
	twin   Twin
	body   *controller.Body
	obs    *policy.Observation
	before controller.State // the student's, as its teacher would have it
	after  controller.State
	asked  controller.Command
}

func newServos(twin Twin, c *policy.Contract) (*servos, error) {
	b := twin.Body()
	if err := c.Check(b); err != nil {
		return nil, fmt.Errorf("train: the teacher's own body: %w", err)
	}
	if c.Action.Residual {
		return nil, fmt.Errorf("train: the teacher adds to the reference's command, which position servos and torque motors do not share; want one without a residual")
	}
	obs, err := policy.NewObservation(c.Layout, b)
	if err != nil {
		return nil, err
	}
	return &servos{twin: twin, body: b, obs: obs, before: controller.NewState(b), after: controller.NewState(b), asked: controller.NewCommand(b)}, nil
}

// observe fills x with what the teacher would see where e is.
func (v *servos) observe(x []float32, e *env) {
	v.become(&e.state)
	v.obs.Fill(x, &v.before, e.ref, e.frame, v.before.Activation)
}

// become makes before the state s with servos in place of motors.
func (v *servos) become(s *controller.State) {
	v.before.CopyFrom(s)
	for i := range v.before.Activation {
		a := &v.body.Actuators[i]
		v.before.Activation[i] = max(a.Min, min(a.Max, s.ActPos[i]+s.Activation[i]/a.Kp))
	}
}

// torques fills the command of e with what its motors are to be told where the
// teacher's network gives out. Where the twin loses itself they are to keep their
// torques: an answer that is soon outweighed.
func (v *servos) torques(e *env, own *policy.Action, out []float32) {
	ref := *e.ref
	ref.Body = v.body
	own.Fill(&v.asked, &ref, e.frame, out)
	v.become(&e.state)
	lost := v.play() != nil
	for i, now := range e.state.Activation {
		most, then := e.ref.Body.Actuators[i].MaxTorque, v.after.Torque[i]
		if lost {
			then = now
		}
		e.cmd.Torque[i] = max(-most, min(most, now+(then-now)/lead))
	}
}

// play takes the twin from before to after.
func (v *servos) play() error {
	if err := v.twin.Resume(&v.before); err != nil {
		return err
	}
	if err := v.twin.Write(&v.asked); err != nil {
		return err
	}
	return v.twin.Read(&v.after)
}

// scaleTorques makes an output of one the torque that the teacher's answers are on
// average, as the normaliser has it: a motor's largest torque can be two hundred
// times of what moves it.
func (l *learner) scaleTorques() {
	if len(l.c.Twins) == 0 {
		return
	}
	first := 2 * len(l.contract.Layout.Joints) // of the previous command
	for i := range l.contract.Action.Scale {
		if !l.idle[i] {
			l.contract.Action.Scale[i] = float64(l.s.Norm.Std[first+i])
		}
	}
}

// probe fills out with what shows the normaliser typical motion: noise about the
// reference's command, or about that of a policy to go on from, or a teacher's torques
// where it has some, as neither the reference's nor noise keep a body with torque motors
// up. x is what world 0 sees.
func (w *worker) probe(l *learner, out, x []float32, rng *rand.Rand) []float32 {
	if w.faculty != nil && w.faculty.teachers[0].servos != nil {
		w.faculty.answer(w.envs[:1], x)
		copy(out, w.faculty.out)
		return out
	}
	clear(out)
	if l.c.From != nil {
		l.s.Norm.apply(w.x[:len(x)], x)
		clear(w.eps[:l.actor.latent])
		copy(out, w.actor.forward(l.s.Actor, w.x[:len(x)], w.eps[:l.actor.latent], 1))
	}
	for k := range out {
		out[k] += float32(l.c.NoiseStart * rng.NormFloat64())
	}
	return out
}
