//go:build cgo

package sim

import (
	"math"
	"testing"
	"time"
)

// A heavier rat presses harder on the floor and its clone does not.
func TestScaleMakesTheRatHeavier(t *testing.T) {
	first := open(t, Options{})
	heavy, err := first.Clone()
	if err != nil {
		t.Fatal(err)
	}
	defer heavy.Close()
	if err := heavy.Scale(1.1, 0.9); err != nil {
		t.Fatal(err)
	}
	press := func(r *Robot) float64 {
		p := start(t, r)
		sum := 0.0
		const ticks = 100
		for range ticks {
			p.tick(1)
			for _, f := range p.s.FootForce {
				sum += f / ticks
			}
		}
		return sum
	}
	a, b := press(first), press(heavy)
	if math.Abs(b/a-1.1) > 0.02 {
		t.Errorf("scaled by 1.1 it presses with %.3f N, unscaled with %.3f N", b, a)
	}
	if err := heavy.Scale(0, 1); err == nil {
		t.Error("a rat without mass is accepted")
	}
}

func TestEqualModelsHaveEqualHashes(t *testing.T) {
	a, b, other := quadruped(t), quadruped(t), open(t, Options{Profile: robotProfile(t, "quadruped"), Timestep: 2 * time.Millisecond})
	if a.ModelHash() != b.ModelHash() || len(a.ModelHash()) != 64 || a.ModelHash() == other.ModelHash() {
		t.Errorf("%s, %s, with another timestep %s", a.ModelHash(), b.ModelHash(), other.ModelHash())
	}
}
