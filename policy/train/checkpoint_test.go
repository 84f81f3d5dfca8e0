package train

import (
	"context"
	"encoding/gob"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"whisker/policy"
)

// notResumed runs c, which must be refused for its checkpoint with each of want in one line, and
// leave the checkpoint as it was.
func notResumed(t *testing.T, c Config, worlds []World, refs []*policy.Reference, want ...string) {
	t.Helper()
	before, err := os.ReadFile(c.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	err = Run(context.Background(), c, worlds, refs)
	if err == nil {
		t.Errorf("no error, want one with %q", want)
		return
	}
	if text := err.Error(); strings.Contains(text, "\n") || !strings.Contains(text, "train: checkpoint "+c.Checkpoint+" is ") {
		t.Errorf("error %q, want one line that names the file", text)
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("no %q in error %q", w, err)
		}
	}
	var open *OpenError
	if !errors.As(err, &open) {
		t.Errorf("error %q is of the run, want one of what was asked for", err)
	}
	if after, err := os.ReadFile(c.Checkpoint); err != nil || string(after) != string(before) {
		t.Errorf("the checkpoint changed (%v)", err)
	}
}

// Bodies whose joints, actuators and networks have the same names and shapes.
func TestACheckpointOfAnotherBodyIsRefused(t *testing.T) {
	c := quick()
	c.Checkpoint = filepath.Join(t.TempDir(), "a.ckpt")
	servos, refs := balancersOf(t, 16, balancerWith(t, servoAnkle))
	if err := Run(context.Background(), c, servos, refs); err != nil {
		t.Fatal(err)
	}
	c.Transitions *= 2
	motors, refs := balancersOf(t, 16, balancerWith(t, motorAnkle))
	notResumed(t, c, motors, refs, "of another body: model with position drives", "want model with torque drives")
	stronger, refs := balancersOf(t, 16, balancerWith(t, strings.Replace(servoAnkle, `forcerange="-2 2"`, `forcerange="-3 3"`, 1)))
	notResumed(t, c, stronger, refs, "of another body: model with position drives", stronger[0].Body().Hash()[:12])
	servos, refs = balancersOf(t, 16, balancerWith(t, servoAnkle))
	if err := Run(context.Background(), c, servos, refs); err != nil {
		t.Errorf("its own body is refused: %v", err)
	}
}

// Before version 2 a checkpoint did not say what it belongs to; the first had no version either.
func TestACheckpointOfAnotherVersionIsRefused(t *testing.T) {
	worlds, refs := balancers(t, 16)
	c := quick()
	c.Checkpoint = filepath.Join(t.TempDir(), "a.ckpt")
	l, err := newLearner(&c, worlds, refs)
	if err != nil {
		t.Fatal(err)
	}
	type unversioned struct {
		Body              string
		Joints, Actuators []string
		Obs               int
		Actor, Critic     []float32
		AdamA, AdamC      *adam
		Norm              *normaliser
		Residual          bool
	}
	first := unversioned{l.contract.Body, l.contract.Joints, l.contract.Actuators, l.actor.obs, l.s.Actor, l.s.Critic, l.s.AdamA, l.s.AdamC, l.s.Norm, c.Residual}
	for want, old := range map[string]any{
		"of version 0, this build goes on from 2": first,
		"of version 1, this build goes on from 2": struct {
			Version           int
			Body              string
			Joints, Actuators []string
			Obs               int
			Actor, Critic     []float32
		}{1, first.Body, first.Joints, first.Actuators, first.Obs, first.Actor, first.Critic},
		"of version 3, this build goes on from 2": struct{ Version int }{3},
	} {
		f, err := os.Create(c.Checkpoint)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(gob.NewEncoder(f).Encode(old), f.Close()); err != nil {
			t.Fatal(err)
		}
		notResumed(t, c, worlds, refs, want)
	}
}

// The same number of parameters in layers of other widths.
func TestACheckpointOfOtherWidthsIsRefused(t *testing.T) {
	worlds, refs := balancers(t, 16)
	c := quick()
	c.Checkpoint = filepath.Join(t.TempDir(), "a.ckpt")
	c.Decoder = []int{8, 1}
	if err := Run(context.Background(), c, worlds, refs); err != nil {
		t.Fatal(err)
	}
	l, err := newLearner(&c, worlds, refs)
	if err != nil {
		t.Fatal(err)
	}
	n := l.actor.size()
	for wide := range 7 {
		for tall := range 200 {
			c.Decoder = []int{wide + 1, tall + 1}
			if a := newActor(l.actor.obs, l.actor.body, l.actor.act, &c); a.size() == n {
				notResumed(t, c, worlds, refs, "of another network")
				return
			}
		}
	}
	t.Fatal("no other widths with as many parameters")
}
