package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"whisker/policy"
)

// What a robot cannot measure is not asked of it: the quadruped's reward is of
// height, not of place, and a root too low ends the episode.
func TestTheQuadrupedIsRewardedForHeightNotForPlace(t *testing.T) {
	worlds, refs := balancers(t, 1)
	contract, c := policy.NewContract(worlds[0].Body()), quick()
	e, err := newEnv(worlds[0], &contract, refs)
	if err != nil {
		t.Fatal(err)
	}
	c.Task = QuadrupedTask()
	begin := func() {
		if err := e.reset(&c, 0, 0, 0, rand.New(rand.NewPCG(1, 1))); err != nil {
			t.Fatal(err)
		}
		e.world.Truth(&e.truth)
	}
	begin()
	reward := func(x, z float64) float64 {
		e.truth.Root.Pos[0], e.truth.Root.Pos[2] = e.ref.Poses[0].Pos[0]+x, e.ref.Poses[0].Pos[2]+z
		return e.reward(&c.Task.Reward, math.Hypot(x, z), 0)
	}
	here, away, low := reward(0, 0), reward(0.3, 0), reward(0, -0.05)
	if away != here || low > here-0.05 {
		t.Errorf("reward %.3f at its place, %.3f 0.3 m away, %.3f 50 mm too low", here, away, low)
	}
	for _, limit := range []float64{0, 1e-9} {
		begin()
		c.Task.Termination.RootPosition, c.Task.Termination.RootRotation, c.Task.Termination.RootHeight = 10, 4, limit
		if o := e.step(&c, make([]float32, len(e.cmd.Pos))); o.failed != (limit > 0) {
			t.Errorf("with a limit of %g m of height: %+v", limit, o)
		}
	}
}
