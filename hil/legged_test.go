package hil

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"whisker/controller"
	"whisker/controller/record"
	"whisker/policy/motion"
)

// dog is a lockstep scenario of the reference quadruped, open loop.
func dog(clips ...string) Scenario {
	s := lockstep(clips...)
	s.Robot, s.Policy = "quadruped", OpenLoop
	return s
}

// swayCSV writes a joint-space clip: the trunk sways over the feet at half a
// hertz, for two seconds.
func swayCSV(t *testing.T) string {
	t.Helper()
	g, err := openRig(dog("stand"), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	c := g.clips[0]
	for f := range c.Poses {
		p := &c.Poses[f]
		p.Q = append([]float64(nil), p.Q...)
		angle := 0.12 * math.Sin(math.Pi*float64(f)/50)
		for j := range p.Q {
			if j%3 == 1 {
				p.Q[j] += angle
			}
		}
		g.kin.SetPose(p.Pos, p.Quat, p.Q)
		id, _ := g.kin.BodyID(g.body.Feet[0])
		p.Pos[2] -= g.kin.LowestPoint(id)
		p.Pos[0] -= 0.27 * angle * -1 // the feet stay: the trunk moves against the legs
	}
	c.Name = "sway"
	file := filepath.Join(t.TempDir(), "sway.csv")
	if err := motion.WriteFile(file, c); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestQuadrupedStandsAndSways(t *testing.T) {
	r := mustRun(t, dog("stand", swayCSV(t)))
	for _, row := range r.Clips {
		s := row.Travel
		if !row.Completed || s.Fell != "" || s.Stood != 5 || s.JointRMS > 0.1 || s.HeadingErr > 2 || row.Controller != "open loop" {
			t.Errorf("%s: %+v", row.Clip, *s)
		}
	}
	var table strings.Builder
	if err := r.Table(&table); err != nil || !strings.Contains(table.String(), "heading deg") || !strings.Contains(table.String(), "sway") {
		t.Errorf("%s %v", table.String(), err)
	}
}

// The policy that ships takes a quadruped that differs from its model through the
// rat's walk.
func TestTheQuadrupedsOwnPolicyFollowsTheRatsWalk(t *testing.T) {
	s := dog("walk")
	s.Policy, s.Physics.Randomise, s.Physics.RandomSeed = "", "default", 4
	row := mustRun(t, s).Clips[0]
	if !row.Completed || row.Controller != "policy" || row.Travel.JointRMS > 0.15 {
		t.Errorf("%s by %s: %+v %s", row.Clip, row.Controller, *row.Travel, row.Fault)
	}
}

func TestFallsAreScoredAndTheNextClipIsPlayed(t *testing.T) {
	s := dog("stand", "stand")
	s.Physics.Randomise = filepath.Join(t.TempDir(), "weak.yaml")
	if err := os.WriteFile(s.Physics.Randomise, []byte("motor_strength_factor: [0.05, 0.05]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := mustRun(t, s)
	if len(r.Clips) != 2 {
		t.Fatalf("%d rows", len(r.Clips))
	}
	for _, row := range r.Clips {
		if row.Completed || row.Travel.Fell == "" || row.Travel.Stood > 4 {
			t.Errorf("a robot without force: %+v", *row.Travel)
		}
	}
}

func TestRandomisedRunsRepeatBySeed(t *testing.T) {
	run := func(seed uint64) float64 {
		s := dog("stand")
		s.Seconds, s.Physics.Randomise, s.Physics.RandomSeed = 1, "default", seed
		return float64(mustRun(t, s).Clips[0].Travel.JointRMS)
	}
	a, again, b := run(1), run(1), run(2)
	if a != again || a == b {
		t.Errorf("seed 1: %v and %v, seed 2: %v", a, again, b)
	}
}

func TestQuadrupedRecordingReplays(t *testing.T) {
	s := dog("stand")
	s.Seconds, s.Record = 1, filepath.Join(t.TempDir(), "dog.mcap")
	mustRun(t, s)
	passes, _, err := Replay(context.Background(), s.Record, "", true, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if len(passes) != 1 || passes[0].Commands.Ticks == 0 {
		t.Fatalf("%+v", passes)
	}
	r, err := record.Open(s.Record)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Header.Body.Name != "quadruped" || len(r.Header.Shapes) < 15 {
		t.Errorf("recorded %s with %d shapes", r.Header.Body.Name, len(r.Header.Shapes))
	}
}

func TestLeggedScenariosThatCannotRunAreRefused(t *testing.T) {
	onnxFile := filepath.Join(t.TempDir(), "p.onnx")
	if err := os.WriteFile(onnxFile, []byte("not a network"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(*Scenario)
		want   string
	}{
		{func(s *Scenario) { s.Robot = "go1" }, "names no model"},
		{func(s *Scenario) { s.Robot = "dog" }, `"dog" is none of quadruped`},
		{func(s *Scenario) { s.Robot = "absent.yaml" }, "absent.yaml"},
		{func(s *Scenario) { s.Clips = nil }, "no clip"},
		{func(s *Scenario) { s.Clips = []string{onnxFile} }, "p.onnx"},
		{func(s *Scenario) { s.Physics.Torque = true }, "options of the rat"},
		{func(s *Scenario) { s.Physics.TimestepMs = 3 }, "timestep 3ms"},
		{func(s *Scenario) { s.Physics.Randomise = "absent.yaml" }, "absent.yaml"},
		{func(s *Scenario) { s.Goal = []float64{1, 0, 0} }, "goal and layout are for"},
		{func(s *Scenario) { s.Policy = onnxFile }, "leave one out"},
		{func(s *Scenario) { s.Policy, s.Clips = onnxFile, nil }, "layout"},
		{func(s *Scenario) { s.Policy, s.Clips = "absent.onnx", nil }, "policy: stat absent.onnx"},
		{func(s *Scenario) { s.Policy, s.Clips, s.Layout = onnxFile, nil, "go1-joystick" }, "is a policy for go1"},
		{func(s *Scenario) { s.Policy, s.Clips, s.Goal = onnxFile, nil, []float64{1} }, "goal has 1 numbers"},
	} {
		s := dog("stand")
		c.change(&s)
		_, err := Run(context.Background(), s, "test", zerolog.Nop())
		var open *OpenError
		if !errors.As(err, &open) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

func TestRatsClipIsRetargetedOnTheWay(t *testing.T) {
	row := mustRun(t, dog("walk")).Clips[0]
	if row.Clip != "walk_quadruped" || row.Retargeting == nil || !row.Retargeting.Kept() || row.Travel.RefPath < 1 || row.Travel.Stood < 2 {
		t.Errorf("%s: %+v, %+v", row.Clip, row.Retargeting, *row.Travel)
	}
}

func TestClipThatLostTheRatsMotionIsNotCompleted(t *testing.T) {
	g, err := openRig(dog("stand"), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	for _, c := range []struct {
		missed []string
		want   bool
	}{{nil, true}, {[]string{"half of the path"}, false}} {
		g.fidelity = map[string]*motion.Fidelity{"stand": {Missed: c.missed}}
		p, err := g.newPass(0, true)
		if err != nil {
			t.Fatal(err)
		}
		err = g.play(context.Background(), p, &pacer{Pacer: controller.Lockstep{}})
		if row := p.row(err); row.Completed != c.want || len(row.Retargeting.Missed) != len(c.missed) {
			t.Errorf("missed %q: %+v", c.missed, row)
		}
	}
}

// What the guard sees in the collapse of a simulated robot is a score; of any other
// robot it ends the run, and so does whatever is no collapse.
func TestACollapseInTheSimulatorIsAScore(t *testing.T) {
	g, err := openRig(dog("stand"), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	p, err := g.newPass(0, true)
	if err != nil {
		t.Fatal(err)
	}
	following, state := &controller.Fault{Code: controller.FaultFollowing}, &controller.Fault{Code: controller.FaultStateNotFinite}
	if err := p.fault(following); err != nil {
		t.Errorf("a following error in the simulator ends the run: %v", err)
	}
	if row := p.row(following); row.Fault == "" || row.Completed {
		t.Errorf("the row says %+v, want the fault and not completed", row)
	}
	if p.fault(state) == nil {
		t.Error("a broken state in the simulator does not end the run")
	}
	g.emulation = &emulation{}
	if p.fault(following) == nil {
		t.Error("a following error behind a firmware does not end the run")
	}
	g.emulation = nil
}
