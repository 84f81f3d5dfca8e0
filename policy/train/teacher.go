package train

import (
	"fmt"
	"slices"

	"whisker/controller"
	"whisker/policy"
	"whisker/policy/nn"
)

// teacher says what a trained policy would do where the student is.
type teacher struct {
	own, student *policy.Action
	norm         *normaliser
	params       []float32
	pass         *actorPass
	x, eps       []float32
	servos       *servos // nil where the student has the teacher's drives
}

// newTeacher runs f for up to worlds worlds; it must see what the student sees. twin
// is nil where the student has the teacher's drives.
func newTeacher(f *policy.File, twin Twin, student *policy.Contract, worlds int, g *nn.Gemm) (*teacher, error) {
	c := &f.Contract
	if !slices.Equal(c.Layout.Frames, student.Layout.Frames) || !slices.Equal(c.Layout.Proprioception, student.Layout.Proprioception) || !slices.Equal(c.Layout.Reference, student.Layout.Reference) ||
		!slices.Equal(c.Actuators, student.Actuators) || !slices.Equal(c.Joints, student.Joints) || twin == nil && c.Action.Drive != student.Action.Drive {
		return nil, fmt.Errorf("train: the teacher is for %s with %s drives and sees %d numbers, the student for %s with %s drives and sees %d; want a teacher of the same body and observation",
			c.Body, c.Action.Drive, c.Layout.Size(), student.Body, student.Action.Drive, student.Layout.Size())
	}
	a, err := actorOf(&f.Network, c.Layout.BodySize())
	if err != nil {
		return nil, err
	}
	t := &teacher{
		own: &c.Action, student: &student.Action, norm: fixedNormaliser(&f.Network), params: parameters(&f.Network),
		pass: newActorPass(a, worlds, g), x: make([]float32, worlds*a.obs), eps: make([]float32, worlds*a.latent),
	}
	if twin != nil {
		t.servos, err = newServos(twin, c)
	}
	return t, err
}

// answer fills the rows of out of the worlds of class, indices into envs, with the
// student's output that would give the teacher's command there; raw is what they see.
func (t *teacher) answer(out []float32, envs []*env, raw []float32, class []int) {
	a := t.pass.a
	for row, i := range class {
		x, seen := t.x[row*a.obs:(row+1)*a.obs], raw[i*a.obs:(i+1)*a.obs]
		if t.servos != nil {
			t.servos.observe(x, envs[i])
			seen = x
		}
		t.norm.apply(x, seen)
	}
	mean := t.pass.forward(t.params, t.x, t.eps, len(class))
	for row, i := range class {
		e, own := envs[i], mean[row*a.act:(row+1)*a.act]
		if t.servos != nil {
			t.servos.torques(e, t.own, own)
		} else {
			t.own.Fill(&e.cmd, e.ref, e.frame, own)
		}
		t.student.Invert(out[i*a.act:(i+1)*a.act], e.ref, e.frame, &e.cmd)
	}
}

// adopt takes the widths of the network to go on from.
func (l *learner) adopt(f *policy.File, b *controller.Body) error {
	if err := f.Check(b); err != nil {
		return fmt.Errorf("train: the policy to go on from: %w", err)
	}
	if have, want := f.Contract.Layout.Frames, l.contract.Layout.Frames; !slices.Equal(have, want) {
		return fmt.Errorf("train: the policy to go on from sees reference frames %v, the task has %v", have, want)
	}
	a, err := actorOf(&f.Network, f.Contract.Layout.BodySize())
	if err != nil {
		return err
	}
	l.c.Latent, l.c.Encoder, l.c.Decoder = a.latent, widths(f.Network.Encoder), widths(f.Network.Decoder)
	if l.c.Residual = f.Contract.Action.Residual; !l.c.Residual {
		l.c.ActionCost = 0 // its outputs are poses, not corrections
	}
	l.contract.Action = f.Contract.Action
	return nil
}

// actorOf is the trainable form of a network of dense ELU layers.
func actorOf(n *policy.Network, body int) (*actor, error) {
	for _, layers := range [][]policy.Layer{n.Encoder, n.Decoder} {
		for i, layer := range layers {
			want := hidden.String()
			if i == len(layers)-1 {
				want = ""
			}
			if layer.Kind != "dense" || layer.Activation != want {
				return nil, fmt.Errorf("train: layer %s is %s with activation %q, want dense with %q", layer.Name, layer.Kind, layer.Activation, want)
			}
		}
	}
	c := Config{Latent: n.Latent, Encoder: widths(n.Encoder), Decoder: widths(n.Decoder)}
	return newActor(len(n.Mean), body, n.Decoder[len(n.Decoder)-1].Out, &c), nil
}

func widths(layers []policy.Layer) []int {
	var w []int
	for _, l := range layers[:len(layers)-1] {
		w = append(w, l.Out)
	}
	return w
}

// parameters are a network's weights in the order of an actor's.
func parameters(n *policy.Network) []float32 {
	var p []float32
	for _, layers := range [][]policy.Layer{n.Encoder, n.Decoder} {
		for i := range layers {
			p = append(append(p, layers[i].W...), layers[i].B...)
		}
	}
	return p
}

func fixedNormaliser(n *policy.Network) *normaliser {
	m := newNormaliser(len(n.Mean))
	copy(m.Mean, n.Mean)
	copy(m.Std, n.Std)
	m.Fixed = true
	return m
}
