package hil

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"whisker/controller"
	"whisker/policy/onnx"
)

// pointer writes a policy whose first three joints point where its goal does: forward,
// left and turn are added to their standing pose, a tenth of a radian for each unit.
func pointer(t *testing.T) (file string) {
	t.Helper()
	const inputs, outputs = 3, 12
	weights := make([]float32, inputs*outputs) // input by output
	for i := range inputs {
		weights[i*outputs+i] = 1
	}
	b := onnx.NewBuilder("pointer")
	b.Output(b.Node("Gemm", "action", []string{b.Input("obs", 1, inputs), b.Tensor("w", weights, inputs, outputs)}))
	net, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	body := dogBody(t)
	names := make([]string, len(body.Joints))
	for i := range names {
		names[i] = body.Joints[i].Name
	}
	layout := fmt.Sprintf("name: pointer\nsource: this test\nrobot: quadruped\nrate_hz: 50\njoints: [%s]\ndefault_rad: %s\nobservation: [{term: goal}]\naction_scale_rad: 0.1\nkp_nm_rad: 60\nkd_nm_s_rad: 1.5\nmax_goal: [1, 0.5, 2]\n",
		strings.Join(names, ", "), strings.ReplaceAll(fmt.Sprint(body.Stand), " ", ", "))
	file = filepath.Join(t.TempDir(), "pointer.onnx")
	for path, text := range map[string][]byte{file: net, strings.TrimSuffix(file, ".onnx") + ".yaml": []byte(layout)} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

func dogBody(t *testing.T) *controller.Body {
	t.Helper()
	g, err := openRig(dog("stand"), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	return g.body
}

// pointsTo runs the pointer for a moment, and returns what it saw of its goal at the end.
func pointsTo(t *testing.T, g *rig) (goal [3]float64) {
	t.Helper()
	if _, err := g.run(context.Background(), "test"); err != nil {
		t.Fatal(err)
	}
	for _, x := range samplesOf(t, g.scenario.Record) {
		if x.Mode == controller.ModeTrack {
			for i := range goal {
				goal[i] = (x.Command.Pos[i] - g.body.Stand[i]) / 0.1
			}
		}
	}
	return goal
}

// Where the sticks of a gamepad, or a command over a broker, point is what the policy
// sees; also when that was told before its pass began, for a stick that is held does
// not tell again.
func TestGoalsReachWhatThePolicySees(t *testing.T) {
	file := pointer(t)
	for name, c := range map[string]struct {
		ask  func(*rig)
		want [3]float64
	}{
		"nobody":     {func(*rig) {}, [3]float64{}},
		"gamepad":    {func(g *rig) { g.aim(0.5, -0.25, 1) }, [3]float64{0.5, -0.25, 1}},
		"too far":    {func(g *rig) { g.aim(9, 9, -9) }, [3]float64{1, 0.5, -2}},
		"let go":     {func(g *rig) { g.aim(0.5, -0.25, 1); g.aim(0, 0, 0) }, [3]float64{}},
		"stopped":    {func(g *rig) { g.aim(0.5, 0, 0); g.remote.Stop(); g.remote.Reset() }, [3]float64{}},
		"broker":     {func(g *rig) { must(t, wishes{g}.SetGoal(controller.Goal{Vel: [2]float64{0.25, 0.125}, Heading: 3})) }, [3]float64{0.25, 0.125, 2}},
		"goal given": {func(g *rig) { g.scenario.Goal = []float64{0.5, 0, 0} }, [3]float64{0.5, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			s := dog()
			s.Clips, s.Policy, s.Seconds, s.Record = nil, file, 0.4, filepath.Join(t.TempDir(), "dog.mcap")
			g, err := openRig(s, zerolog.Nop())
			if err != nil {
				t.Fatal(err)
			}
			defer g.close()
			c.ask(g)
			got := pointsTo(t, g)
			for i := range got {
				if !(math.Abs(got[i]-c.want[i]) < 0.05) {
					t.Errorf("it sees %.2f: want %.2f", got, c.want)
				}
			}
		})
	}
	s := dog("stand")
	g, err := openRig(s, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	if err := (wishes{g}).SetGoal(controller.Goal{}); err == nil || !strings.Contains(err.Error(), "takes no goal") {
		t.Errorf("a policy that follows clips: %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// A goal that the policy was not made for is refused, not cut.
func TestGoalsBeyondThePolicysAreRefused(t *testing.T) {
	s := dog()
	s.Clips, s.Policy, s.Goal = nil, pointer(t), []float64{0.5, -0.6, 1}
	g, err := openRig(s, zerolog.Nop())
	if err == nil {
		g.close()
	}
	if err == nil || !strings.Contains(err.Error(), "goal is [0.5 -0.6 1], beyond [1 0.5 2], the max_goal of pointer") {
		t.Errorf("got %v", err)
	}
}
