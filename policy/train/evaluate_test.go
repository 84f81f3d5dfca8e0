package train_test

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"whisker/controller"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/policy/train"
	"whisker/sim"
)

// stages opens n players and the reference of a clip of two seconds.
func stages(t *testing.T, n int, spec motion.Spec) ([]train.Player, *policy.Reference) {
	t.Helper()
	first, err := sim.Open(sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(first.Close)
	var players []train.Player
	for range n {
		r, err := first.Clone()
		if err != nil {
			t.Fatal(err)
		}
		k := r.Kinematics()
		t.Cleanup(r.Close)
		t.Cleanup(k.Close)
		players = append(players, train.Player{Stage: r, Kin: k})
	}
	clip, err := motion.Synthesize(players[0].Kin, first.Body(), spec)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := policy.NewReference(first.Body(), clip, players[0].Kin)
	if err != nil {
		t.Fatal(err)
	}
	return players, ref
}

func evaluate(t *testing.T, players []train.Player, take train.Take, trouble train.Trouble) []train.Trial {
	t.Helper()
	trials, err := train.Evaluate(context.Background(), players, nil, []train.Take{take}, trouble, func() {})
	if err != nil {
		t.Fatal(err)
	}
	return trials
}

var trotting = motion.Spec{Kind: motion.Trot, Seed: 5, Seconds: 2, Speed: 0.4}

// A rat that trots open loop falls; a spring on its torso carries it to the end,
// and the trial says how hard it pulled.
func TestAssistIsMeasured(t *testing.T) {
	players, ref := stages(t, 1, trotting)
	take := train.Take{Ref: ref, Starts: []int{0}}
	alone, helped := evaluate(t, players, take, train.Trouble{})[0], evaluate(t, players, take, train.Trouble{Assist: 60})[0]
	if alone.Completed || !helped.Completed {
		t.Errorf("completed alone %v, with 60 N/m %v; want the fall without and the end with", alone.Completed, helped.Completed)
	}
	if alone.Help != 0 || !(helped.Help > 0.05) {
		t.Errorf("mean assist %.3f N alone and %.3f N helped", alone.Help, helped.Help)
	}
	if again := evaluate(t, players, take, train.Trouble{})[0]; again.Survival != alone.Survival {
		t.Errorf("after an assisted trial it survives %.2f s alone, before it %.2f s: the spring is still on", again.Survival, alone.Survival)
	}
}

// Which player gets which trial must not matter.
func TestTrialsDoNotDependOnThePlayers(t *testing.T) {
	players, ref := stages(t, 3, trotting)
	take := train.Take{Ref: ref, Starts: []int{0, 20, 40, 60}}
	trouble := train.Trouble{Push: 0.5, Delay: 1, Seed: 3}
	one, three := evaluate(t, players[:1], take, trouble), evaluate(t, players, take, trouble)
	for i := range one {
		if one[i].Survival != three[i].Survival || one[i].RootErr != three[i].RootErr || one[i].Start != take.Starts[i] {
			t.Errorf("start %d: one player %.3f s and %.3f mm, three %.3f s and %.3f mm", take.Starts[i], one[i].Survival, one[i].RootErr, three[i].Survival, three[i].RootErr)
		}
	}
}

func TestDelayAndPushesAreFelt(t *testing.T) {
	players, ref := stages(t, 1, motion.Spec{Kind: motion.HeadTurn, Seed: 2, Seconds: 2})
	take := train.Take{Ref: ref, Starts: []int{0}}
	root := func(trouble train.Trouble) float64 { return float64(evaluate(t, players, take, trouble)[0].RootErr) }
	limb := func(trouble train.Trouble) float64 {
		return float64(evaluate(t, players, take, trouble)[0].LimbJointRMS)
	}
	if a, b := root(train.Trouble{}), root(train.Trouble{Push: 1.5, Seed: 1}); b < 1.2*a {
		t.Errorf("root error %.2f mm, pushed %.2f mm: no push was felt", a, b)
	}
	if a, b := limb(train.Trouble{}), limb(train.Trouble{Delay: 1}); a == b {
		t.Errorf("limb error %.4f rad with and without delay", a)
	}
}

// told keeps what a stage is told.
type told struct {
	train.Stage
	pos [][]float64
}

func (s *told) Write(cmd *controller.Command) error {
	s.pos = append(s.pos, slices.Clone(cmd.Pos))
	return s.Stage.Write(cmd)
}

// A trial asks no more of a body than the guard of a loop lets through, so that a run does what was evaluated.
func TestTrialsKeepTheLimitsOfTheBody(t *testing.T) {
	players, ref := stages(t, 1, trotting)
	stage := &told{Stage: players[0].Stage}
	players[0].Stage = stage
	const rate = 5 // rad/s; a trot's commands are several times as fast
	b := stage.Body()
	for i := range b.Actuators {
		b.Actuators[i].MaxRate = rate
	}
	evaluate(t, players, train.Take{Ref: ref, Starts: []int{20}}, train.Trouble{Assist: 60})
	most := 0.0
	for n := 1; n < len(stage.pos); n++ {
		for i := range stage.pos[n] {
			most = max(most, math.Abs(stage.pos[n][i]-stage.pos[n-1][i])/b.Period.Seconds())
		}
	}
	if len(stage.pos) < 50 || math.Abs(most-rate) > 1e-6 {
		t.Errorf("%d commands, the fastest at %.3f rad/s; want many, held to %d", len(stage.pos), most, rate)
	}
}

// Frames in flight are left out and counted, frames beyond the end are left out.
func TestStartsAreOnTheGround(t *testing.T) {
	players, ref := stages(t, 1, motion.Spec{Kind: motion.Stand, Seed: 2, Seconds: 2})
	for _, f := range []int{10, 11} {
		ref.Poses[f].Pos[2] += 0.03
	}
	starts, skipped := train.Starts(ref, players[0].Kin, []int{0, 10, 11, 20, 98, 99, 500})
	if len(starts) != 3 || starts[2] != 98 || skipped != 2 {
		t.Errorf("starts %v and %d skipped, want 0, 20, 98 and 2", starts, skipped)
	}
}

func TestRowsSumUpKinds(t *testing.T) {
	trial := func(clip string, survival float64, done bool) train.Trial {
		return train.Trial{Clip: clip, Possible: 4, Score: motion.Score{Survival: motion.Measure(survival), Completed: done, RootErr: 10}}
	}
	trials := []train.Trial{trial("walk-7", 4, true), trial("mine", 1, false), trial("walk-8", 2, false)}
	rows := train.Rows(trials, trials)
	if len(rows) != 3 || rows[0].Clip != "walk" || rows[0].Completed != 0.5 || rows[0].Survived != 0.75 || rows[1].Survived != 0.25 || rows[2].Trials != 2 {
		t.Errorf("rows %+v", rows)
	}
	var table bytes.Buffer
	if err := train.Table(&table, rows); err != nil || !strings.Contains(table.String(), "50 %") {
		t.Errorf("table (%v):\n%s", err, table.String())
	}
}

func TestShakingDriftsAllButTheTail(t *testing.T) {
	players, ref := stages(t, 1, motion.Spec{Kind: motion.Stand, Seed: 2, Seconds: 2})
	clip := &motion.Clip{Name: "stand", Rate: 50, Joints: players[0].Kin.JointNames(), Poses: ref.Poses, Twists: ref.Twists}
	before := ref.Poses[50].Pos
	a, b, other := train.Shake(clip, 0.1, 1), train.Shake(clip, 0.1, 1), train.Shake(clip, 0.1, 2)
	if ref.Poses[50].Pos != before {
		t.Fatal("shaking moved the original")
	}
	sum, n := 0.0, 0.0
	for f := range a.Poses {
		for j, name := range a.Joints {
			d := a.Poses[f].Q[j] - clip.Poses[f].Q[j]
			if strings.HasPrefix(name, "vertebra_C1_") && d != 0 {
				t.Fatalf("joint %s of the tail moved by %g rad", name, d)
			}
			if strings.HasPrefix(name, "hip_") {
				sum, n = sum+d*d, n+1
			}
		}
	}
	if rms := sum / n; rms < 0.2*0.01 || rms > 5*0.01 {
		t.Errorf("the hips moved by %.4f rad² in the mean square, want about 0.01", rms)
	}
	if a.Poses[30].Pos != b.Poses[30].Pos || a.Poses[30].Pos == other.Poses[30].Pos {
		t.Error("the seed does not decide the drift")
	}
}
