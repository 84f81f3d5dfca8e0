package main

import (
	"path/filepath"
	"strings"
	"testing"

	"whisker/controller"
	"whisker/policy"
)

// The rat with torque motors learns from the policy for servos, and what ships for
// it plays without being named.
func TestTheRatWithTorqueMotorsIsTrainedEvaluatedAndRun(t *testing.T) {
	dir := t.TempDir()
	ok(t, "train", "--torque", "--teacher", "../../policy/rat.policy", "--library", "stand=1", "--shake", "0", "--worlds", "8", "--workers", "2", "--minibatch", "256",
		"--encoder", "16", "--decoder", "16", "--transitions", "256", "--out", dir)
	student := filepath.Join(dir, "rat-torque.policy")
	f, err := policy.Load(student)
	if err != nil {
		t.Fatal(err)
	}
	if c := &f.Contract; c.Action.Drive != controller.DriveTorque || c.Action.Residual || !strings.Contains(c.Training.Command, "--teacher rat.policy --lesson-rate 0.001 --average 40 --torque") {
		t.Errorf("drive %s, residual %v, made by %q", c.Action.Drive, c.Action.Residual, c.Training.Command)
	}
	ok(t, "policy", "check", "--torque", student)
	ok(t, "policy", "check", "--torque")
	table := ok(t, "evaluate", "--torque", "--library", "stand=1").out
	shipped, err := policy.RatTorque()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(table, "of the rat-torque ("+shipped.Hash()[:12]) {
		t.Errorf("evaluate says\n%s\nwant that it played the policy of the rat with torque motors", table)
	}
	played := ok(t, "run", "--torque", "--clip", "stand", "--seconds", "0.5", "--pace", "lockstep").out
	if !strings.Contains(played, "stand") || !strings.Contains(played, "jerk N·m/s³") {
		t.Errorf("run says\n%s\nwant the jerk of torques", played)
	}
	refused(t, whisker("policy", "check", "--torque", "../../policy/rat.policy"), "torque")
}
