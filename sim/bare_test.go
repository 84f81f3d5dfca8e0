//go:build cgo

package sim

import (
	"math"
	"testing"
)

// The loop that benchmarks measure against runs the robot's physics, as long as the
// robot does.
func TestBareStepsAreThoseOfTheRobot(t *testing.T) {
	through, bare := start(t, open(t, Options{})), start(t, open(t, Options{}))
	for _, g := range []*rig{through, bare} {
		g.c.Pos[0] += 0.1
		g.tick(1)
	}
	through.tick(5)
	if err := bare.Bare(5); err != nil {
		t.Fatal(err)
	}
	for i := range through.world.qpos {
		if d := math.Abs(through.world.qpos[i] - bare.world.qpos[i]); d > 1e-9 {
			t.Errorf("coordinate %d differs by %g", i, d)
		}
	}
}
