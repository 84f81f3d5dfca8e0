//go:build cgo

package sim

import (
	"math"
	"testing"
)

// A robot that resumes where another is goes where that one goes, its filters
// included; from the pose alone it does not.
func TestARobotResumesWhereAnotherIs(t *testing.T) {
	for _, o := range []Options{{}, {Torque: true}} {
		g := start(t, open(t, o))
		for i := range g.c.Pos {
			g.c.Pos[i] += 0.2
			g.c.Torque[i] = 0.1 * g.Body().Actuators[i].MaxTorque
		}
		g.tick(5)
		resumed, placed := start(t, open(t, o)), start(t, open(t, o))
		if err := resumed.Resume(&g.s); err != nil {
			t.Fatal(err)
		}
		placed.Place(g.s.Root, g.s.Pos, g.s.Vel)
		if err := placed.Start(); err != nil {
			t.Fatal(err)
		}
		resumed.read()
		if now := resumed.s.Time; now != 0 {
			t.Errorf("time is %v, want 0", now)
		}
		for _, r := range []*rig{g, resumed, placed} {
			copy(r.c.Pos, g.c.Pos)
			copy(r.c.Torque, g.c.Torque)
			r.tick(3)
		}
		off := func(r *rig) (worst float64) {
			for j := range g.s.Pos {
				worst = max(worst, math.Abs(r.s.Pos[j]-g.s.Pos[j]))
			}
			return worst
		}
		if a, b := off(resumed), off(placed); a > 1e-4 || b < 1e-3 {
			t.Errorf("torque %v: after 60 ms joints are off by %.3g rad, from the pose alone by %.3g; want none and some", o.Torque, a, b)
		}
	}
}
