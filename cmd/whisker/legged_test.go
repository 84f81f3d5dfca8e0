package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"whisker/controller"
	"whisker/controller/profile"
	"whisker/hil/identify"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/policy/train"
)

// A quadruped learns from a rat's clips, a student imitates it, both are scored
// as their model is and randomised, and the file says for whom it is.
func TestQuadrupedIsTrainedAndEvaluated(t *testing.T) {
	dir := t.TempDir()
	small := []string{"train", "--robot", "quadruped", "--library", "stand=1", "--worlds", "8", "--workers", "2", "--minibatch", "256", "--encoder", "16", "--decoder", "16", "--transitions", "512"}
	ok(t, append(small, "--out", filepath.Join(dir, "teacher"), "--brisk", "1.5")...)
	teacher := filepath.Join(dir, "teacher", "quadruped.policy")
	ok(t, append(small, "--out", filepath.Join(dir, "student"), "--shake", "0", "--teacher", teacher)...)
	student := filepath.Join(dir, "student", "quadruped.policy")
	f, err := policy.Load(student)
	if err != nil {
		t.Fatal(err)
	}
	c := &f.Contract
	if c.Body != "quadruped" || c.NeedsRoot() || c.Action.Residual || !strings.Contains(c.Training.Command, "--robot quadruped --randomise default") || !strings.Contains(c.Training.Command, "--brisk 1") {
		t.Errorf("for %s, sees its root %v, adds to the reference %v, made by %q", c.Body, c.NeedsRoot(), c.Action.Residual, c.Training.Command)
	}
	out := filepath.Join(dir, "e.json")
	table := ok(t, "evaluate", "--robot", "quadruped", "--policy", student, "--library", "stand=1", "--perturb", "--json", out).out
	if !strings.Contains(table, "randomised by default ranges") || strings.Count(table, "all synthesised") != 2 {
		t.Errorf("%s", table)
	}
	var all []evaluation
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || len(all[0].Trials) != 1 || len(all[0].Travel) != 2 || all[0].Trials[0].Kept == nil || all[0].Travel[1].OpenCompleted != 1 {
		t.Errorf("%d tables, %+v", len(all), all[0].Travel)
	}
	if all[0].OpenLoop[0].Travel.JointRMS == all[1].OpenLoop[0].Travel.JointRMS {
		t.Error("the randomised robot does as the model does")
	}
	refused(t, whisker("evaluate", "--robot", "quadruped", "--policy", "../../policy/rat.policy", "--library", "stand=1"), "policy: joint 0 is")
	refused(t, whisker("evaluate", "--robot", "quadruped", "--policy", student, "--clip", filepath.Join(dir, "*.csv")), "matches no file")
	refused(t, whisker(append(small, "--out", filepath.Join(dir, "none"), "--randomise", "absent.yaml")...), "absent.yaml")
	refused(t, whisker(append(small, "--out", filepath.Join(dir, "none"), "--clip", filepath.Join(dir, "*.npz"))...), "matches no file")
	refused(t, whisker(append(small, "--out", filepath.Join(dir, "none"), "--randomise", "body")...), "expected a file in physics.body")
	refused(t, whisker(append(small, "--out", filepath.Join(dir, "none"), "--body", "absent.yaml")...), "absent.yaml")
	refused(t, whisker("train", "--library", "stand=1", "--out", filepath.Join(dir, "none"), "--body", "absent.yaml"), "expected a robot with a profile")
}

// A robot is learned on with the motors that its logs said, drawn as far from them as
// they leave open.
func TestTrainingIsOnTheIdentifiedBody(t *testing.T) {
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	late := identify.Body{Robot: "quadruped", Law: identify.Impedance}
	for _, j := range p.Joints {
		late.Joints = append(late.Joints, identify.Joint{Name: j.Name, Found: map[identify.Param]identify.Found{
			identify.Delay: {Value: 0.06, Low: 0.06, High: 0.06, Identified: true},
		}})
	}
	var text strings.Builder
	if err := late.Write(&text); err != nil {
		t.Fatal(err)
	}
	c := trainCmd{Robot: "quadruped", Body: file(t, "late.yaml", text.String()), Randomise: "body", Worlds: 2}
	robots, err := c.robots(&bench{rats: &bench{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range robots {
		defer r.Close()
		r.Place(controller.Root{Pos: [3]float64{0, 0, 5}, Quat: [4]float64{1, 0, 0, 0}}, r.Body().Stand, make([]float64, len(p.Joints)))
		if err := r.Start(); err != nil {
			t.Fatal(err)
		}
		b := r.Body()
		s, do := controller.NewState(b), controller.NewCommand(b)
		b.Neutral(&do)
		copy(do.Pos, b.StandAct)
		for tick := range 8 { // 20 ms each
			if err := r.Read(&s); err != nil {
				t.Fatal(err)
			}
			if far := math.Abs(s.Pos[2]-b.Stand[2]) > 0.05; far != (tick > 5) {
				t.Errorf("tick %d: the knee of a robot whose motors are 60 ms late, told at tick 2, is at %g, began at %g rad", tick, s.Pos[2], b.Stand[2])
			}
			if tick == 2 {
				do.Pos[2] += 0.5
			}
			if err := r.Write(&do); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A clip that the robot cannot do is named, with what it lacks.
func TestTrainingOnAClipThatTheRobotCannotDoIsRefused(t *testing.T) {
	walk, err := motion.Shipped("walk")
	if err != nil {
		t.Fatal(err)
	}
	fast := filepath.Join(t.TempDir(), "fast.csv")
	if err := motion.WriteFile(fast, train.Faster(walk, 12)); err != nil {
		t.Fatal(err)
	}
	refused(t, whisker("train", "--robot", "quadruped", "--clip", fast, "--worlds", "8", "--workers", "1", "--out", t.TempDir()), "quadruped can do none of 1 clips", "not kept")
}

func TestClipRetarget(t *testing.T) {
	out := filepath.Join(t.TempDir(), "walk.csv")
	if said := ok(t, "clip", "retarget", "walk", "--robot", "quadruped", "--out", out).out; !strings.Contains(said, "lengths by") || !strings.Contains(said, "kept") {
		t.Errorf("%s", said)
	}
	if row := play(t, "--robot", "quadruped", "--clip", out, "--seconds", "1", "--policy", "none").Clips[0]; row.Clip != "walk" || row.Fault != "" {
		t.Errorf("%+v", row)
	}
	refused(t, whisker("clip", "retarget", out, "--robot", "quadruped", "--out", out), "nothing to retarget")
	refused(t, whisker("clip", "retarget", "walk", "--robot", "dog", "--out", out), `"dog" is none of quadruped`)
}

// A policy is checked against its own robot, or the one that is named.
func TestPolicyCheckKnowsTheRobot(t *testing.T) {
	for _, args := range [][]string{
		{"policy", "check", "../../policy/quadruped.policy"},
		{"policy", "check", "--robot", "quadruped"},
		{"policy", "check", "../../policy/quadruped.policy", "--robot", "../../controller/profile/quadruped.yaml"},
	} {
		if o := ok(t, args...); !strings.Contains(o.out, "fits quadruped") {
			t.Errorf("%v: %s", args, o.out)
		}
	}
	refused(t, whisker("policy", "check", "--robot", "go1"), "no policy ships for go1")
}
