//go:build data

package hil

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// go1 is the Go1 on its flat floor, under the file names that the parts of its
// model include each other by, and the joystick policy of others.
func go1(t *testing.T, goal ...float64) Scenario {
	t.Helper()
	data := os.Getenv("WHISKER_DATA")
	files, err := filepath.Glob(filepath.Join(data, "models/go1/playground_*.xml"))
	if err != nil || len(files) == 0 || data == "" {
		t.Fatalf("WHISKER_DATA must name the data folder: %v", err)
	}
	dir := t.TempDir()
	for _, file := range files {
		if err := os.Symlink(file, filepath.Join(dir, strings.TrimPrefix(filepath.Base(file), "playground_"))); err != nil {
			t.Fatal(err)
		}
	}
	s := lockstep()
	s.Robot, s.Model = "go1", filepath.Join(dir, "scene_mjx_feetonly_flat_terrain.xml")
	s.Policy, s.Layout, s.Goal = filepath.Join(data, "policies/playground_go1_policy.onnx"), "go1-joystick", goal
	s.Seconds = 20
	return s
}

func TestGo1WalksByAPolicyOfOthers(t *testing.T) {
	for _, goal := range [][]float64{{0.5, 0, 0}, {0, 0, 0.5}, {0.5, 0, 0.5}} {
		row := mustRun(t, go1(t, goal...)).Clips[0]
		s := row.Travel
		off := math.Hypot(float64(s.Forward)-goal[0], float64(s.Left)-goal[1])
		t.Logf("goal %v: stood %.2f s, forward %.3f m/s, left %.3f m/s, turn %.3f rad/s; velocity error %.3f m/s and %.3f rad/s",
			goal, s.Stood, s.Forward, s.Left, s.Turn, off, float64(s.Turn)-goal[2])
		if s.Fell != "" || s.Stood < 20 || row.Fault != "" {
			t.Errorf("goal %v: %+v %s", goal, *s, row.Fault)
		}
		if off > 0.1 || goal[0] > 0 && math.Abs(float64(s.Turn)-goal[2]) > 0.1 || float64(s.Turn)*goal[2] < 0 {
			t.Errorf("goal %v: velocity error %.3f m/s, turn %.3f rad/s", goal, off, s.Turn)
		}
	}
}

// The motions made for another robot, and recorded rats, on the quadruped: what the
// policy that ships completes of them, beside open loop. It must complete as much.
// The rat's dash is left out: it asks for more than the motors have, and the guard
// ends the run when the robot falls.
func TestQuadrupedOnMotionsOfOthers(t *testing.T) {
	data := os.Getenv("WHISKER_DATA")
	s := lockstep(filepath.Join(data, "quadruped_motions/*.txt"), filepath.Join(data, "rat/rat_A*_250.csv"), filepath.Join(data, "rat/*groom*_250.csv"))
	s.Robot, s.Baseline = "quadruped", true
	r := mustRun(t, s)
	done := map[string]int{}
	for _, row := range r.Clips {
		t.Logf("%s, %s: stood %.2f s, path %.2f of %.2f m, heading %.0f degrees off, joints %.3f rad; %v", row.Clip, row.Controller, row.Travel.Stood, row.Travel.Path, row.Travel.RefPath, row.Travel.HeadingErr, row.Travel.JointRMS, row.Retargeting)
		if row.Completed {
			done[row.Controller]++
		}
	}
	if len(r.Clips) != 12 || done["policy"] < done["open loop"] {
		t.Errorf("%d rows, completed: %v", len(r.Clips), done)
	}
}
