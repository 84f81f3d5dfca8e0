package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
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

// A folder that was there before stays.
func TestARefusedTrainingLeavesNoFolder(t *testing.T) {
	dir := t.TempDir()
	before := filepath.Join(dir, "before")
	if err := os.Mkdir(before, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{before, filepath.Join(before, "new", "deep")} {
		refused(t, whisker("train", "--clip", filepath.Join(dir, "*.csv"), "--worlds", "2", "--workers", "1", "--out", out), "matches no file")
		refused(t, whisker("train", "--robot", "mule", "--workers", "1", "--export", out), "mule")
	}
	if names := append(listed(t, dir), listed(t, before)...); !slices.Equal(names, []string{"before"}) {
		t.Errorf("left %v, want the folder from before, empty", names)
	}
}

// A small body's network is small, unless it is told otherwise.
func TestWidthsAreTheRobots(t *testing.T) {
	for _, c := range []struct {
		robot       string
		given, want []int
	}{{"rat", nil, []int{256}}, {"quadruped", nil, []int{128}}, {"quadruped", []int{16, 8}, []int{16, 8}}} {
		cmd := trainCmd{Robot: c.robot, Encoder: c.given, Decoder: c.given}
		got, err := cmd.config(&env{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Encoder, c.want) || !slices.Equal(got.Decoder, c.want) || !strings.Contains(got.Command, "--encoder "+commas(c.want)+" ") {
			t.Errorf("%s, %v given: %v and %v, of `%s`; want %v", c.robot, c.given, got.Encoder, got.Decoder, got.Command, c.want)
		}
	}
}
