package nn

import (
	"math"
	"testing"
)

var exact = map[Activation]func(x float64) float64{
	Identity: func(x float64) float64 { return x },
	ReLU:     func(x float64) float64 { return max(x, 0) },
	ELU: func(x float64) float64 {
		if x > 0 {
			return x
		}
		return math.Expm1(x)
	},
	Tanh:     math.Tanh,
	Sigmoid:  func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
	SiLU:     func(x float64) float64 { return x / (1 + math.Exp(-x)) },
	Softplus: func(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) },
	Exp:      math.Exp,
}

// Every activation over the whole useful range, and close to zero.
func TestActivationsAreExactToFourUlp(t *testing.T) {
	var x []float32
	for v := float32(-80); v <= 80; v += 0.037 {
		x = append(x, v)
	}
	for v := float32(1e-30); v < 1; v *= 1.07 {
		x = append(x, v, -v)
	}
	for name, opts := range kinds() {
		for a, f := range exact {
			y := append([]float32(nil), x...)
			a.Apply(y, opts...)
			for i, v := range x {
				want := f(float64(v))
				if err := math.Abs(float64(y[i]) - want); err > 4*ulp(want) {
					t.Errorf("%s %v(%g) = %g, want %g: %.1f ulp", name, a, v, y[i], want, err/ulp(want))
					break
				}
			}
		}
	}
}

func ulp(x float64) float64 {
	f := math.Abs(float64(float32(x)))
	return float64(math.Nextafter32(float32(f), math.MaxFloat32)) - f
}

func TestActivationsSaturate(t *testing.T) {
	for name, opts := range kinds() {
		for a, want := range map[Activation][2]float32{ReLU: {0, 1e30}, ELU: {-1, 1e30}, Tanh: {-1, 1}, Sigmoid: {0, 1}, Softplus: {0, 1e30}} {
			x := []float32{-1e30, 1e30}
			a.Apply(x, opts...)
			if math.Abs(float64(x[0]-want[0])) > 1e-30 || x[1] != want[1] {
				t.Errorf("%s %v saturates at %g, want %g", name, a, x, want)
			}
		}
	}
}

func TestActivationsPassNaNOn(t *testing.T) {
	for name, opts := range kinds() {
		for a := range exact {
			x := []float32{1, 2, float32(math.NaN()), 4, 5, 6, 7, 8, 9, float32(math.NaN())}
			a.Apply(x, opts...)
			for i, v := range x {
				if math.IsNaN(float64(v)) != (i == 2 || i == 9) {
					t.Errorf("%s %v: element %d is %g", name, a, i, v)
				}
			}
		}
	}
}

// The position in a slice and its length make no difference to the bits.
func TestActivationsDoNotDependOnPosition(t *testing.T) {
	for a := range exact {
		for n := 1; n < 20; n++ {
			one, many := []float32{-0.7}, make([]float32, n)
			many[n-1] = -0.7
			a.Apply(one)
			a.Apply(many)
			if one[0] != many[n-1] {
				t.Errorf("%v: %g alone, %g at %d", a, one[0], many[n-1], n)
			}
		}
	}
}

func TestActivationsAllocateNothing(t *testing.T) {
	x := make([]float32, 13)
	for name, opts := range kinds() {
		if n := testing.AllocsPerRun(10, func() { Tanh.Apply(x, opts...) }); n != 0 {
			t.Errorf("%s: %g allocations", name, n)
		}
	}
}

func BenchmarkActivation(b *testing.B) {
	for _, a := range []Activation{ELU, Tanh, Sigmoid, SiLU} {
		b.Run(a.String(), func(b *testing.B) {
			x := make([]float32, 512)
			for b.Loop() {
				a.Apply(x)
			}
		})
	}
}
