package hil

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"whisker/policy"
	"whisker/policy/motion"
	"whisker/policy/train"
)

// A policy for the quadruped can be trained on these worlds: a short run ends
// with a policy file that its body accepts.
func TestQuadrupedsAreWorldsToTrainIn(t *testing.T) {
	s := dog()
	s.Physics.Randomise, s.Physics.RandomSeed = "default", 7
	robots, err := Worlds(s, 8)
	if err != nil {
		t.Fatal(err)
	}
	var worlds []train.World
	for _, r := range robots {
		defer r.Close()
		worlds = append(worlds, r)
	}
	k := robots[0].Kinematics()
	defer k.Close()
	b := robots[0].Body()
	clip, err := motion.ReadFile(swayCSV(t), k)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := policy.NewReference(b, clip[0], k)
	if err != nil {
		t.Fatal(err)
	}
	c := train.NewConfig()
	c.Transitions, c.Workers, c.Horizon, c.Minibatch, c.Encoder, c.Decoder, c.Critic = 2048, 2, 32, 256, []int{32}, []int{32}, []int{32}
	c.Policy = filepath.Join(t.TempDir(), "dog.policy")
	if err := train.Run(context.Background(), c, worlds, []*policy.Reference{ref}); err != nil {
		t.Fatal(err)
	}
	f, err := policy.Load(c.Policy)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Check(b); err != nil || f.Contract.NeedsRoot() || f.Contract.Body != "quadruped" {
		t.Errorf("%v, for %s, sees its root: %v", err, f.Contract.Body, f.Contract.NeedsRoot())
	}
}

func TestWorldsThatCannotBeAreRefused(t *testing.T) {
	weighed := dog()
	weighed.Physics.Randomise = "absent.yaml"
	rat := lockstep()
	rat.Physics.Randomise = "default"
	for _, c := range []struct {
		s    Scenario
		n    int
		want string
	}{{dog(), 0, "at least one"}, {weighed, 2, "absent.yaml"}, {rat, 2, "profile"}} {
		if _, err := Worlds(c.s, c.n); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
