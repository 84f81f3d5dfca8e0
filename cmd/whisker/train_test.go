package main

import (
	"os"
	"path/filepath"
	"testing"
)

// smallTraining is a training of the rat that takes seconds.
func smallTraining(args ...string) []string {
	return append([]string{
		"train", "--library", "stand=1", "--shake", "0", "--worlds", "8", "--workers", "2", "--minibatch", "256", "--encoder", "16", "--decoder", "16",
	}, args...)
}

// The weights of a policy for servos mean nothing to torque motors.
func TestACheckpointOfTheRatWithServosIsRefusedForTorqueMotors(t *testing.T) {
	servos, motors := t.TempDir(), t.TempDir()
	ok(t, smallTraining("--transitions", "256", "--out", servos)...)
	if err := os.CopyFS(motors, os.DirFS(servos)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(motors, "checkpoint")
	refused(t, whisker(smallTraining("--transitions", "512", "--torque", "--out", motors)...), path, "of another body: rat with position drives", "want rat with torque drives")
}
