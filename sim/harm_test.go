//go:build cgo

package sim

import (
	"math"
	"testing"

	"whisker/controller"
)

// harmed stands for a while, is harmed, and goes on at another pose.
func harmed(t *testing.T, h *Harm) *rig {
	t.Helper()
	r := quadruped(t)
	g := start(t, r)
	g.hold()
	copy(g.c.Pos, g.Body().Stand)
	g.tick(25)
	if err := r.Harm(h); err != nil {
		t.Fatal(err)
	}
	return g
}

func per(g *rig, i int, x float64) []float64 {
	all := make([]float64, len(g.Body().Joints))
	all[i] = x
	return all
}

func TestHarmBreaksWhatItSays(t *testing.T) {
	whole := harmed(t, &Harm{})
	before := append([]float64(nil), whole.s.Pos...)
	bend := func(g *rig) {
		for i := range g.c.Pos {
			g.c.Pos[i] += 0.2
		}
		g.tick(25)
	}
	bend(whole)
	if moved := whole.s.Pos[1] - before[1]; moved < 0.1 {
		t.Fatalf("a whole thigh moved %.3f rad of 0.2", moved)
	}
	stuck := harmed(t, &Harm{Stuck: append([]bool{false, true}, make([]bool, 10)...)})
	at := stuck.s.Pos[1]
	if bend(stuck); math.Abs(stuck.s.Pos[1]-at) > 1e-3 {
		t.Errorf("a stuck thigh moved from %.4f to %.4f rad", at, stuck.s.Pos[1])
	}
	dead := harmed(t, &Harm{Missing: per(whole, 1, 1)})
	if bend(dead); math.Abs(dead.s.Torque[1]) > 1e-9 {
		t.Errorf("a dead motor gives %.3g N·m", dead.s.Torque[1])
	}
	calm, limited := harmed(t, &Harm{}), harmed(t, &Harm{Most: per(whole, 2, 1)})
	calm.tick(1)
	if limited.tick(1); math.Abs(limited.s.Torque[2]) > 1+1e-9 || math.Abs(calm.s.Torque[2]) < 1.2 {
		t.Errorf("a motor of 1 N·m gives %.3f, a whole one %.3f", limited.s.Torque[2], calm.s.Torque[2])
	}
	laden := harmed(t, &Harm{Payload: 4})
	laden.tick(50)
	calm.tick(49)
	if more := laden.force() - calm.force(); math.Abs(more-4*9.81) > 2 {
		t.Errorf("4 kg add %.1f N to the feet", more)
	}
}

func TestFeetSlipWithoutFriction(t *testing.T) {
	sway := func(h *Harm) float64 {
		g := harmed(t, h)
		for range 25 {
			g.Perturb([3]float64{20, 0, 0})
			g.tick(1)
		}
		return g.sway()
	}
	if grip, slip := sway(&Harm{}), sway(&Harm{Slip: 0.95}); slip < grip+0.02 {
		t.Errorf("pushed, it goes %.3f m with its friction and %.3f without", grip, slip)
	}
}

func TestStartMakesAHarmedRobotWhole(t *testing.T) {
	r := quadruped(t)
	fresh := func() float64 {
		g := start(t, r)
		g.hold()
		copy(g.c.Pos, g.Body().Stand)
		g.tick(25)
		return g.height()
	}
	before := fresh()
	h := &Harm{Payload: 3, Slip: 0.5, Missing: make([]float64, 12), Most: make([]float64, 12), Stuck: make([]bool, 12)}
	for i := range h.Missing {
		h.Missing[i], h.Most[i], h.Stuck[i] = 0.7, 2, i%2 == 0
	}
	if err := r.Harm(h); err != nil {
		t.Fatal(err)
	}
	if after := fresh(); after != before {
		t.Errorf("it stands at %.6f m, before it was harmed at %.6f", after, before)
	}
}

func TestAHeldRobotFeelsNoWeightAndStaysWhereItIs(t *testing.T) {
	r := quadruped(t)
	if err := r.Hold(); err != nil {
		t.Fatal(err)
	}
	b := r.Body()
	root := controller.Root{Pos: [3]float64{0, 0, b.StandHeight}, Quat: [4]float64{1, 0, 0, 0}}
	root.Pos[2] += 0.2
	r.Place(root, b.Stand, make([]float64, len(b.Stand)))
	g := start(t, r)
	g.tick(100) // without any torque
	for i, q := range g.s.Pos {
		if math.Abs(q-b.Stand[i]) > 0.02 {
			t.Errorf("joint %d fell to %.3f rad", i, q)
		}
	}
	if got := g.truth().Root.Pos; math.Abs(got[2]-root.Pos[2]) > 1e-3 {
		t.Errorf("the root fell to %.3f m", got[2])
	}
	if a := g.s.IMU.Acc[2]; math.Abs(a-9.81) > 0.05 {
		t.Errorf("its IMU feels %.3f m/s², want gravity's", a)
	}
	g.hold()
	copy(g.c.Pos, b.Stand)
	g.c.Pos[1] += 0.3
	g.tick(50)
	if math.Abs(g.s.Pos[1]-b.Stand[1]-0.3) > 0.05 || math.Abs(g.truth().Root.Pos[0]) > 1e-3 {
		t.Errorf("a held thigh goes to %.3f rad, its root to %.4f m", g.s.Pos[1], g.truth().Root.Pos[0])
	}
}
