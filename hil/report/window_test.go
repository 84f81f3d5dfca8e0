package report

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"whisker/controller"
	"whisker/controller/profile"
	"whisker/hil"
	"whisker/sim"
)

// swung is a stretch of a scenario's robot, of which d is true, that swings its legs on a stand.
func swung(t *testing.T, s *hil.Scenario, d []sim.Deviation) window {
	t.Helper()
	p, err := profile.Open(s.Robot)
	if err != nil {
		t.Fatal(err)
	}
	r, err := sim.Open(sim.Options{Profile: p, Timestep: time.Duration(s.Physics.TimestepMs * float64(time.Millisecond))})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b := r.Body()
	r.Place(controller.Root{Pos: [3]float64{0, 0, 1}, Quat: [4]float64{1, 0, 0, 0}}, b.Stand, make([]float64, len(b.Stand)))
	if err := errors.Join(r.Deviate(d), r.Hold()); err != nil {
		t.Fatal(err)
	}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	var w window
	for tick := range 40 + 1 + warmTicks + scoredTicks {
		x := controller.NewSample(b)
		if err := r.Read(&x.State); err != nil {
			t.Fatal(err)
		}
		for i := range x.Command.Pos {
			a := &b.Actuators[i]
			x.Command.Pos[i] = b.Stand[i] + 0.2*math.Sin(0.3*float64(tick)+float64(i))
			x.Command.Kp[i], x.Command.Kd[i] = a.Kp, a.Kd
		}
		if err := r.Write(&x.Command); err != nil {
			t.Fatal(err)
		}
		if tick >= 40 { // in full swing
			w.samples = append(w.samples, x)
		}
	}
	return w
}

func onAStand() *hil.Scenario {
	s := hil.DefaultScenario()
	s.Robot, s.Physics.Held = "quadruped", true
	return &s
}

// A robot that hung on a stand is replayed on one: there its windows are followed, and
// on its feet they are not.
func TestReplaysOfARobotOnAStand(t *testing.T) {
	s := onAStand()
	w := swung(t, s, sim.Nominal(12))
	replayed := func() float64 {
		bench, err := openBench(&recording{scenario: *s}, false)
		if err != nil {
			t.Fatal(err)
		}
		defer bench.close()
		ws := []window{w}
		pred, err := bench.replay(t.Context(), ws, [][]float64{make([]float64, len(bench.causes))})
		if err != nil {
			t.Fatal(err)
		}
		bench.scale = make([]float64, channels(bench.body))
		return bench.positionRMS(bench.observe(ws), pred[0])
	}
	if e := replayed(); !(e < 0.002) {
		t.Errorf("on a stand as it was the replay errs by %.4f rad", e)
	}
	s.Physics.Held = false
	if e := replayed(); !(e > 0.01) {
		t.Errorf("on its feet, where it was not, the replay errs by %.4f rad", e)
	}
}

// A cause that a fit is sure of is named where the replay with it errs by less, and only there.
func TestCausesThatExplainNothingAreNotNamed(t *testing.T) {
	s := onAStand()
	weak := sim.Nominal(12)
	for j := range weak {
		weak[j].Strength = 0.7
	}
	b, err := openBench(&recording{scenario: *s}, false)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	b.scale = make([]float64, channels(b.body))
	for i := range b.scale {
		b.scale[i] = 0.01
	}
	n := len(b.causes)
	sure := mat.NewSymDense(n, nil)
	for k := range n {
		sure.SetSym(k, k, 1e-6)
	}
	strength := slices.IndexFunc(b.causes, func(c cause) bool { return c.kind == KindStrength })
	x := make([]float64, n)
	x[strength] = -0.3
	c, err := newContrast(b.causes, &estimate{x: make([]float64, n), cov: sure}, &estimate{x: x, cov: sure})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []struct {
		what string
		is   []sim.Deviation
		want []int
	}{{"weak motors", weak, []int{strength}}, {"motors that are as they should be", sim.Nominal(12), nil}} {
		got, values, err := b.proven(t.Context(), []window{swung(t, s, r.is)}, c)
		if err != nil || !slices.Equal(got, r.want) || len(values) != len(got) {
			t.Errorf("of %s causes %v of values %v are named, %v: want %v", r.what, got, values, err, r.want)
		}
		if len(values) > 0 && math.Abs(values[0]+0.3) > 0.01 {
			t.Errorf("of %s the strength is %+.3f, want -0.3", r.what, values[0])
		}
	}
}

func TestReplaysNeedAnOrientation(t *testing.T) {
	blind := newTape()
	blind.body.Measures.IMU = false
	if words := made(t, newTape(), blind).Difference.Words; words != "What differs is not known: one of the two does not measure its orientation, from which a replay begins." {
		t.Error(words)
	}
}

func TestOneOfTwoOnAStand(t *testing.T) {
	held := newTape()
	held.more = func(s *hil.Scenario) { s.Physics.Held = true }
	d := made(t, newTape(), held).Difference
	if want := "What differs is not known: one of the two hangs on a stand. By what they say of themselves they differ in the stand (on its feet and held)."; d.Words != want {
		t.Errorf("%q, want %q", d.Words, want)
	}
}
