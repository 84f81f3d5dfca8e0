package train

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"whisker/policy/nn"
)

// A policy that goes on on other motion sees all of it, and says what it said of what it
// already saw.
func TestAWidenedPolicySaysWhatItSaid(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	a, params := smallActor(rng)
	norm, seen := newNormaliser(10), newNormaliser(10)
	seen.Std[2], seen.Mean[8], seen.Std[5] = 6, 3, 0.1
	p := newActorPass(a, 1, nn.NewGemm())
	say := func(raw []float32) []float32 {
		x := make([]float32, 10)
		norm.apply(x, raw)
		return append([]float32(nil), p.forward(params, x, make([]float32, 4), 1)...)
	}
	usual, far := noise(rng, 10), make([]float32, 10)
	copy(far, usual)
	far[2], far[8] = 20, 12
	further := append([]float32(nil), far...)
	further[2] = 25
	before, cut := say(usual), say(far)
	if same := say(further); same[0] != cut[0] {
		t.Fatalf("what is cut off says %g and %g: the test does not go far enough", cut[0], same[0])
	}
	a.widen(params, norm, seen)
	for i, y := range say(usual) {
		if math.Abs(float64(y-before[i])) > 1e-5 {
			t.Errorf("output %d of what was always seen was %g, is %g", i, before[i], y)
		}
	}
	if say(far)[0] == say(further)[0] {
		t.Error("what was cut off still is")
	}
	if norm.Std[5] != 1 {
		t.Errorf("an entry that moves less now has the deviation %g, want 1 as before", norm.Std[5])
	}
}

// The file of a policy that went on from another tells how that one was made.
func TestAPolicyTellsWhatItBeganFrom(t *testing.T) {
	worlds, refs := balancers(t, 16)
	c := quick()
	c.Command, c.Data, c.Transitions = "the first command", "the first clips", 16*32
	first := learned(t, c, worlds, refs)
	c.From, c.Command, c.Data = first, "the second command", "the second clips"
	second := learned(t, c, worlds, refs).Contract.Training
	if second.Command != "the second command" || !strings.Contains(second.Notes, "the first command") || !strings.Contains(second.Notes, "the first clips") || !strings.Contains(second.Notes, "the second clips") {
		t.Errorf("made by %q, notes\n%s", second.Command, second.Notes)
	}
}
