package report

import (
	"math"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"
)

// contrasted is a contrast of given differences, each of deviation 1 in its own
// unit, correlated by r between the first two causes.
func contrasted(t *testing.T, r float64, x ...float64) *contrast {
	t.Helper()
	causes := causesOf(twoJoints(), 4*time.Millisecond, false)
	for k := range causes {
		causes[k].least = 0
	}
	n := len(causes)
	zero, e := mat.NewSymDense(n, nil), mat.NewSymDense(n, nil)
	for k := range n {
		e.SetSym(k, k, 1)
	}
	e.SetSym(0, 1, r)
	c, err := newContrast(causes, &estimate{x: make([]float64, n), cov: zero}, &estimate{x: append(x, make([]float64, n-len(x))...), cov: e})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestChosenCauses(t *testing.T) {
	for _, c := range []struct {
		name string
		r    float64
		x    []float64
		want []int
	}{
		{"nothing", 0, []float64{1, -2, 2, 1}, nil},
		{"one", 0, []float64{0, 8, 1}, []int{1}},
		{"two", 0, []float64{8, 0, -7}, []int{0, 2}},
		{"three", 0, []float64{8, 9, -7}, []int{0, 1, 2}},
		{"one, and chance in what it correlates with", 0.9, []float64{9.8, 2}, []int{0}},
		{"two that hide each other", 0.9, []float64{8, -8}, []int{0, 1}},
		{"a trace beside something huge", 0, []float64{100, 6}, []int{0}},
	} {
		if got := contrasted(t, c.r, c.x...).choose(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestExplainedSharesAddUp(t *testing.T) {
	c := contrasted(t, 0.5, 8, 4, -3)
	chi, x := c.explained([]int{0, 2})
	// With the second at nothing its 4 are chance, of which half shows in the first.
	if math.Abs(chi-(73-16)) > 1e-9 || math.Abs(x[0]-(8-2)) > 1e-9 || math.Abs(x[1]+3) > 1e-9 || math.Abs(c.total-73) > 1e-9 {
		t.Errorf("%v of %v by %v", chi, c.total, x)
	}
}

// What a method cannot tell is not proven by any length of recording.
func TestLeastDeviationStays(t *testing.T) {
	causes := causesOf(twoJoints(), 4*time.Millisecond, false)
	n := len(causes)
	sure := mat.NewSymDense(n, nil)
	for k := range n {
		sure.SetSym(k, k, 1e-12)
	}
	x := make([]float64, n)
	x[0] = 2 * causes[0].least
	c, err := newContrast(causes, &estimate{x: make([]float64, n), cov: sure}, &estimate{x: x, cov: sure})
	if err != nil || len(c.choose()) != 0 {
		t.Errorf("%v, %v", c.choose(), err)
	}
}

func TestLowestOfAParabola(t *testing.T) {
	x := []float64{0.7, 0.85, 1, 1.15, 1.3, 1.5}
	for _, at := range []float64{0.9, 1.1, 1.37} {
		y := make([]float64, len(x))
		for i := range x {
			y[i] = 3 + 2*(x[i]-at)*(x[i]-at)
		}
		if got := lowest(x, y); math.Abs(got-at) > 1e-9 {
			t.Errorf("lowest at %v, found %v", at, got)
		}
	}
	if got := lowest(x, []float64{1, 2, 3, 4, 5, 6}); got != 0.7 {
		t.Errorf("falling towards the end: %v", got)
	}
	if got := lowest(x, []float64{1, 1, 1, 1, 1, 1}); got != 0.7 {
		t.Errorf("flat: %v", got)
	}
}

// What was seen is named beside what explains most, however little it explains.
func TestSeenCausesAreNamed(t *testing.T) {
	c := contrasted(t, 0, 0.1, 0, 9)
	c.seen = []int{0}
	if got := c.choose(); !slices.Equal(got, []int{0, 2}) {
		t.Errorf("%v, want what was seen and what explains", got)
	}
}

func TestMotorsStopApart(t *testing.T) {
	for _, c := range []struct {
		tops [2]float64
		want bool
	}{{[2]float64{}, false}, {[2]float64{0, 0.3}, true}, {[2]float64{0.3, 0}, true}, {[2]float64{0.3, 0.32}, false}, {[2]float64{0.5, 0.3}, true}} {
		if got := stopApart(c.tops); got != c.want {
			t.Errorf("%v: %v", c.tops, got)
		}
	}
}
