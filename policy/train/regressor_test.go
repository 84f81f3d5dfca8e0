package train

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A function of two inputs is learned, and the derivative by the inputs is that of
// the network.
func TestRegressorLearnsAFunction(t *testing.T) {
	const rows = 64
	r, rng := NewRegressor(2, []int{16, 16}, 1, rows, 1), rand.New(rand.NewPCG(1, 2))
	x, dy := make([]float32, 2*rows), make([]float32, rows)
	first, last := 0.0, 0.0
	for i := range 1500 {
		for k := range x {
			x[k] = float32(rng.NormFloat64())
		}
		sum := 0.0
		for k, y := range r.Forward(x, rows) {
			e := float64(y) - math.Sin(float64(x[2*k]))*float64(x[2*k+1])
			dy[k], sum = float32(e/rows), sum+e*e/rows
		}
		if i == 0 {
			first = sum
		}
		last = sum
		r.Backward(dy)
		r.Step(5e-3, 1)
	}
	if last > 0.05*first {
		t.Errorf("the error went from %g to %g", first, last)
	}
	at := func(a, b float32) float64 { return float64(r.Forward([]float32{a, b}, 1)[0]) }
	at(0.3, 0.7)
	slope := append([]float32(nil), r.Backward([]float32{1})...)
	for k, d := range [][2]float32{{1e-2, 0}, {0, 1e-2}} {
		want := (at(0.3+d[0], 0.7+d[1]) - at(0.3-d[0], 0.7-d[1])) / 2e-2
		if math.Abs(float64(slope[k])-want) > 0.01*math.Max(1, math.Abs(want)) {
			t.Errorf("slope %d is %g, want %g", k, slope[k], want)
		}
	}
}
