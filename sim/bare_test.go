//go:build cgo

package sim

import (
	"math"
	"testing"

	"whisker/controller/profile"
)

// The loop that benchmarks measure against runs the robot's physics, as long as the
// robot does.
func TestBareStepsAreThoseOfTheRobot(t *testing.T) {
	through, bare := start(t, open(t, Options{})), start(t, open(t, Options{}))
	for _, g := range []*rig{through, bare} {
		g.c.Pos[0] += 0.1
		g.tick(1)
	}
	late := start(t, open(t, Options{}))
	if err := late.Adopt(bare.Robot); err != nil {
		t.Fatal(err)
	}
	through.tick(5)
	for _, g := range []*rig{bare, late} {
		if err := g.Bare(5); err != nil {
			t.Fatal(err)
		}
		for i := range through.world.qpos {
			if d := math.Abs(through.world.qpos[i] - g.world.qpos[i]); d > 1e-9 {
				t.Errorf("coordinate %d differs by %g", i, d)
			}
		}
	}
}

func TestAdoptRefusesTheStateOfAnotherModel(t *testing.T) {
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	if err := open(t, Options{}).Adopt(open(t, Options{Profile: p})); err == nil {
		t.Error("a rat took over the state of a quadruped")
	}
}
