package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"whisker/sim"
)

func TestTrainExportsWhatTheTrainerForGPUsReads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "task")
	if o := ok(t, "train", "--export", dir, "--library", "stand=1", "--shake", "0", "--workers", "1"); !strings.Contains(o.out, "1 clips") {
		t.Errorf("it says %q, want how many clips there are", o.out)
	}
	for _, name := range []string{"model.xml", "task.yaml", "body.json", "contract.json", "clips.npz", "parity.npz"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v, want a file with something in it", name, err)
		}
	}
	robot := filepath.Join(t.TempDir(), "robot")
	ok(t, "train", "--robot", "quadruped", "--export", robot, "--library", "stand=1", "--shake", "0", "--workers", "1")
	ranges, err := sim.ReadRanges(filepath.Join(robot, "robots.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	// The quadruped's motors are 4 ms late by themselves.
	if want := sim.DefaultRanges().DelayMs; math.Abs(ranges.DelayMs[0]-want[0]-4) > 1e-9 || math.Abs(ranges.DelayMs[1]-want[1]-4) > 1e-9 {
		t.Errorf("robots of the quadruped obey %v ms late, want %v and the motors' own 4", ranges.DelayMs, want)
	}
	if o := whisker("train", "--robot", "quadruped", "--export", robot, "--body", "body.yaml"); o.status != exitUsage {
		t.Errorf("--export with --body: status %d, want %d:\n%s", o.status, exitUsage, o.errs)
	}
	if o := whisker("train", "--export", dir, "--out", dir); o.status != exitUsage {
		t.Errorf("--export with --out: status %d, want %d:\n%s", o.status, exitUsage, o.errs)
	}
}
