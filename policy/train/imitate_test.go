package train

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"whisker/controller"
	"whisker/policy"
	"whisker/policy/motion"
)

// student imitates a teacher that learned to balance, and is returned with it.
func student(t *testing.T) (taught, teacher *policy.File, worlds []World, refs []*policy.Reference) {
	t.Helper()
	worlds, refs = balancers(t, 16)
	c := quick()
	c.Transitions = 16 * 32 * 60
	teacher = learned(t, c, worlds, refs)
	c.Teacher, c.Residual, c.Transitions = teacher, false, 16*32*40
	c.Imitation.Memory, c.Imitation.Alone = 10_000, 16*32*10
	return learned(t, c, worlds, refs), teacher, worlds, refs
}

func TestAStudentBalancesAsItsTeacherDoes(t *testing.T) {
	taught, _, worlds, refs := student(t)
	tracker, err := policy.NewTracker(worlds[0].Body(), taught, refs[0])
	if err != nil {
		t.Fatal(err)
	}
	if s := pushed(t, worlds[0], tracker); s < 1.9 {
		t.Errorf("after a push the student stands for %.2f s, want all of 1.98 s", s)
	}
	if taught.Contract.Action.Residual {
		t.Error("the student's contract says that it adds to the reference")
	}
}

// Without its latent a student's command says nothing of the reference; with it,
// it does.
func TestOnlyTheLatentCarriesTheReference(t *testing.T) {
	taught, teacher, worlds, refs := student(t)
	b := worlds[0].Body()
	leaning := *refs[0]
	leaning.Name = "leaning"
	leaning.Poses, leaning.Command = slices.Clone(leaning.Poses), slices.Clone(leaning.Command) // Act, the previous command, stays
	for i := range leaning.Poses {
		leaning.Poses[i] = motion.Pose{Pos: [3]float64{0.03, 0, 0.31}, Quat: [4]float64{1, 0, 0.05, 0}, Q: []float64{0.2}}
		leaning.Command[i] = []float64{0.3}
	}
	differs := func(f *policy.File, zero bool) bool {
		var commands [2]float64
		for i, r := range []*policy.Reference{refs[0], &leaning} {
			tracker, err := policy.NewTracker(b, f, r)
			if err != nil {
				t.Fatal(err)
			}
			tracker.Network().ZeroLatent(zero)
			state, cmd := controller.NewState(b), controller.NewCommand(b)
			state.Root.Quat, state.Root.Pos = [4]float64{1, 0, 0, 0}, [3]float64{0, 0, 0.32}
			if err := tracker.Act(&state, &cmd); err != nil {
				t.Fatal(err)
			}
			commands[i] = cmd.Pos[0]
		}
		return commands[0] != commands[1]
	}
	if differs(taught, true) {
		t.Error("with its latent at zero the student's command depends on the clip")
	}
	if !differs(taught, false) {
		t.Error("with its latent the student's command does not depend on the clip")
	}
	if !differs(teacher, true) {
		t.Error("the teacher adds to the reference, yet with its latent at zero its command does not depend on the clip")
	}
}

func TestAForeignTeacherIsRefused(t *testing.T) {
	_, teacher, worlds, refs := student(t)
	teacher.Contract.Actuators = []string{"tail"}
	c := quick()
	c.Teacher = teacher
	if err := Run(context.Background(), c, worlds, refs); err == nil || !strings.Contains(err.Error(), "want a teacher of the same body") {
		t.Errorf("error %v, want one on the teacher", err)
	}
}

// At a rate at which weights wander, what is written is nearer to the teacher than
// where the student ended.
func TestTheMeanOfAStudentsWeightsIsNearerToItsTeacher(t *testing.T) {
	_, teacher, worlds, refs := student(t)
	written := func(average int) *policy.File {
		c := quick()
		c.Teacher, c.Residual, c.Transitions = teacher, false, 16*32*80
		c.Imitation.Memory, c.Imitation.Alone, c.Imitation.Average = 10_000, 16*32*10, average
		c.Imitation.Rate, c.Imitation.RateEnd = 1e-2, 1e-2
		return learned(t, c, worlds, refs)
	}
	last, mean := apart(t, worlds[0].Body(), refs[0], written(1), teacher), apart(t, worlds[0].Body(), refs[0], written(40), teacher)
	if mean >= last {
		t.Errorf("the mean of its weights is %.4f rad off its teacher, what it ended with %.4f", mean, last)
	}
}

// What goes on by reward from a checkpoint of imitation writes what it learns, not the mean of before.
func TestAStudentThatGoesOnByRewardWritesWhatItLearns(t *testing.T) {
	_, teacher, worlds, refs := student(t)
	c := quick()
	c.Teacher, c.Checkpoint = teacher, filepath.Join(t.TempDir(), "checkpoint")
	c.Imitation.Memory = 10_000
	before := learned(t, c, worlds, refs)
	c.Teacher = nil
	c.Transitions += 16 * 32 * 4
	if d := apart(t, worlds[0].Body(), refs[0], before, learned(t, c, worlds, refs)); d == 0 {
		t.Error("after 4 updates by reward the policy file is as imitation left it")
	}
}

// apart is how far two policies' commands are from each other where a body sways, rms.
func apart(t *testing.T, b *controller.Body, ref *policy.Reference, p, q *policy.File) float64 {
	t.Helper()
	rng, sum, n := rand.New(rand.NewPCG(1, 1)), 0.0, 200
	for range n {
		state := controller.NewState(b)
		lean, joint := 0.1*rng.NormFloat64(), 0.1*rng.NormFloat64()
		state.Root.Quat, state.Root.Pos, state.Pos[0] = [4]float64{math.Cos(lean / 2), 0, math.Sin(lean / 2), 0}, [3]float64{0, 0, 0.32}, joint
		var commands [2]float64
		for i, f := range []*policy.File{p, q} {
			tracker, err := policy.NewTracker(b, f, ref)
			if err != nil {
				t.Fatal(err)
			}
			cmd := controller.NewCommand(b)
			if err := tracker.Act(&state, &cmd); err != nil {
				t.Fatal(err)
			}
			commands[i] = cmd.Pos[0]
		}
		sum += (commands[0] - commands[1]) * (commands[0] - commands[1])
	}
	return math.Sqrt(sum / float64(n))
}
