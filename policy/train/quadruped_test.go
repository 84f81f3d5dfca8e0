package train_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"whisker/controller/profile"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/policy/train"
	"whisker/sim"
)

// dogs opens n quadrupeds, each drawn from ranges where they are given, and the
// reference of two seconds of standing.
func dogs(t *testing.T, n int, ranges *sim.Ranges) ([]train.Player, *policy.Reference) {
	t.Helper()
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	first, err := sim.Open(sim.Options{Profile: p})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(first.Close)
	var players []train.Player
	for i := range n {
		r, err := first.Clone()
		if err != nil {
			t.Fatal(err)
		}
		k := r.Kinematics()
		t.Cleanup(r.Close)
		t.Cleanup(k.Close)
		if ranges != nil {
			if err := r.Randomise(ranges, uint64(i)); err != nil {
				t.Fatal(err)
			}
		}
		players = append(players, train.Player{Stage: r, Kin: k})
	}
	b, k := first.Body(), players[0].Kin
	c := &motion.Clip{Name: "stand", Rate: 50, Joints: k.JointNames()}
	for range 100 {
		c.Poses = append(c.Poses, motion.Pose{Pos: [3]float64{0, 0, b.StandHeight}, Quat: [4]float64{1, 0, 0, 0}, Q: b.Stand})
		c.Twists = append(c.Twists, motion.Twist{Qd: make([]float64, 12)})
	}
	ref, err := policy.NewReference(b, c, k)
	if err != nil {
		t.Fatal(err)
	}
	return players, ref
}

func travel(t *testing.T, players []train.Player, take train.Take) []train.Trial {
	t.Helper()
	trials, err := train.Evaluate(context.Background(), players, nil, []train.Take{take}, train.Trouble{Legged: true, Seed: 5}, func() {})
	if err != nil {
		t.Fatal(err)
	}
	return trials
}

// A robot with legs is scored by its way and its falls; what retargeting lost
// counts against it.
func TestLeggedTrials(t *testing.T) {
	players, ref := dogs(t, 1, nil)
	stood := travel(t, players, train.Take{Ref: ref, Starts: []int{0}})[0]
	if !stood.Completed || stood.Travel.Fell != "" || stood.Survived() < 1 || stood.Travel.JointRMS > 0.1 {
		t.Errorf("it stands: %+v, %+v", stood.Score, stood.Travel)
	}
	lost := travel(t, players, train.Take{Ref: ref, Starts: []int{0}, Kept: &motion.Fidelity{Missed: []string{"half of the path"}}})[0]
	if lost.Completed || lost.Travel.Fell != "" {
		t.Errorf("the clip is not the rat's any more: %+v, %+v", lost.Score, lost.Travel)
	}
	weak := sim.DefaultRanges()
	weak.Strength = sim.Range{0.05, 0.05}
	players, ref = dogs(t, 1, weak)
	fell := travel(t, players, train.Take{Ref: ref, Starts: []int{0}})[0]
	if fell.Completed || fell.Travel.Fell == "" || fell.Survived() > 0.9 {
		t.Errorf("a robot without force: %+v, %+v", fell.Score, fell.Travel)
	}
	rows := train.TravelRows([]train.Trial{stood, fell}, []train.Trial{fell, fell})
	if len(rows) != 1 || rows[0].Completed != 0.5 || rows[0].Fell != 0.5 || rows[0].OpenCompleted != 0 || rows[0].OpenFell != 1 || rows[0].Kept != 1 {
		t.Errorf("%+v", rows)
	}
	var table strings.Builder
	if err := train.TravelTable(&table, rows); err != nil || !strings.Contains(table.String(), "50 %") {
		t.Errorf("%s %v", table.String(), err)
	}
	if strings.Contains(table.String(), "NaN") || !strings.Contains(table.String(), "  -  ") {
		t.Errorf("who stands has no way to keep a share of: want a dash\n%s", table.String())
	}
}

// Which robot a trial draws depends on the trial, not on who plays it.
func TestRandomisedTrialsDoNotDependOnThePlayers(t *testing.T) {
	players, ref := dogs(t, 3, sim.DefaultRanges())
	take := train.Take{Ref: ref, Starts: []int{0, 20, 40, 60}}
	one, three := travel(t, players[:1], take), travel(t, players, take)
	for i := range one {
		if one[i].Travel.JointRMS != three[i].Travel.JointRMS {
			t.Errorf("trial %d: %v by one player, %v by three", i, one[i].Travel.JointRMS, three[i].Travel.JointRMS)
		}
	}
	if math.Abs(float64(one[0].Travel.JointRMS-one[1].Travel.JointRMS)) < 1e-6 {
		t.Error("two trials drew the same robot")
	}
}

// What the quadruped learns does not ask where it is.
func TestTheTaskOfTheQuadruped(t *testing.T) {
	task := train.QuadrupedTask()
	r, most := &task.Reward, 0.0
	for _, b := range []train.Bell{r.RootPosition, r.RootHeight, r.RootRotation, r.LimbJoints, r.Feet, r.RootVelocity, r.RootRotationRate} {
		most += b.Weight
	}
	if math.Abs(most-1) > 1e-9 || r.RootPosition.Weight != 0 || r.Feet.Weight != 0 || r.RootHeight.Weight == 0 || task.Termination.RootHeight == 0 {
		t.Errorf("a perfect step earns %v; %+v, %+v", most, *r, task.Termination)
	}
}

// What a trial plays is the policy's command and nothing of the reference's torques, as in the loop.
func TestTrialsOfLegsPushNoTorqueOfTheReference(t *testing.T) {
	players, ref := dogs(t, 1, nil)
	plain := travel(t, players, train.Take{Ref: ref, Starts: []int{0}})[0]
	pushed := *ref
	pushed.Torque = slices.Clone(ref.Torque)
	for f := range pushed.Torque {
		pushed.Torque[f] = slices.Repeat([]float64{3}, len(ref.Torque[f]))
	}
	same := travel(t, players, train.Take{Ref: &pushed, Starts: []int{0}})[0]
	if *same.Travel != *plain.Travel {
		t.Errorf("with other torques of the reference %+v, want %+v", *same.Travel, *plain.Travel)
	}
}
