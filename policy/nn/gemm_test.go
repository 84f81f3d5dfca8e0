package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// naive is alpha·a·b + beta·c in float64, and the sum of the magnitudes that went into it.
func naive(c Matrix, alpha float32, a, b Matrix, beta float32) (sum, size []float64) {
	for i := range c.Rows {
		for j := range c.Cols {
			s := float64(beta) * float64(c.Data[i*c.RowStep+j*c.ColStep])
			m := math.Abs(s)
			for p := range a.Cols {
				t := float64(alpha) * float64(a.Data[i*a.RowStep+p*a.ColStep]) * float64(b.Data[p*b.RowStep+j*b.ColStep])
				s, m = s+t, m+math.Abs(t)
			}
			sum, size = append(sum, s), append(size, m)
		}
	}
	return sum, size
}

func kinds() map[string][]Option {
	return map[string][]Option{Kernel(): nil, "plain go": {PlainGo()}}
}

// A random matrix, or the transposed view of one.
func view(r *rand.Rand, rows, cols int) Matrix {
	if r.IntN(2) == 0 {
		return NewMatrix(rows, cols, random(r, rows*cols))
	}
	return NewMatrix(cols, rows, random(r, rows*cols)).T()
}

// Sizes on both sides of every block and tile, and random ones; plain and transposed.
func TestGemmAgreesWithFloat64(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	sizes := [][3]int{{1, 1, 1}, {6, 16, 1}, {7, 17, 257}, {97, 5, 3}, {5, 1040, 3}, {1025, 7, 2}, {13, 33, 513}}
	for range 25 {
		sizes = append(sizes, [3]int{1 + r.IntN(60), 1 + r.IntN(40), 1 + r.IntN(100)})
	}
	for _, s := range sizes {
		a, b, c := view(r, s[0], s[2]), view(r, s[2], s[1]), view(r, s[0], s[1])
		alpha, beta := float32(r.NormFloat64()), float32(r.IntN(3))/2
		want, size := naive(c, alpha, a, b, beta)
		before := slices.Clone(c.Data)
		for name, opts := range kinds() {
			copy(c.Data, before)
			NewGemm(opts...).Mul(c, alpha, a, b, beta)
			for i := range want {
				got := float64(c.Data[i/c.Cols*c.RowStep+i%c.Cols*c.ColStep])
				if math.Abs(got-want[i]) > 1e-6*size[i] {
					t.Fatalf("%s: %v element %d is %g, want %g", name, s, i, got, want[i])
				}
			}
		}
	}
}

func TestGemmBetaZeroForgetsNaN(t *testing.T) {
	c := NewMatrix(1, 1, []float32{float32(math.NaN())})
	NewGemm().Mul(c, 1, NewMatrix(1, 2, []float32{1, 2}), NewMatrix(2, 1, []float32{3, 4}), 0)
	if c.Data[0] != 11 {
		t.Errorf("got %g, want 11", c.Data[0])
	}
}

func TestGemmWithNoDepthScales(t *testing.T) {
	c := NewMatrix(1, 2, []float32{3, 4})
	NewGemm().Mul(c, 1, NewMatrix(1, 0, nil), NewMatrix(0, 2, nil), 0.5)
	if c.Data[0] != 1.5 || c.Data[1] != 2 {
		t.Errorf("got %g, want 1.5 2", c.Data)
	}
}

func TestGemmAllocatesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	g, a, b, c := NewGemm(), view(r, 33, 70), view(r, 70, 50), view(r, 33, 50)
	if n := testing.AllocsPerRun(10, func() { g.Mul(c, 1, a, b, 1) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func TestGemmRefusesShapesThatDoNotFit(t *testing.T) {
	defer func() {
		if got := fmt.Sprint(recover()); got != "nn: Mul of 2x3 by 2x3 into 2x3" {
			t.Errorf("panic %q", got)
		}
	}()
	m := NewMatrix(2, 3, make([]float32, 6))
	NewGemm().Mul(m, 1, m, m, 0)
}

func BenchmarkGemm(b *testing.B) {
	for _, s := range [][3]int{{256, 256, 256}, {512, 512, 512}, {256, 1024, 617}, {64, 38, 256}} {
		for _, how := range []string{"AB", "ABt", "AtB"} {
			b.Run(fmt.Sprintf("%dx%dx%d/%s", s[0], s[1], s[2], how), func(b *testing.B) {
				r := rand.New(rand.NewPCG(1, 2))
				x, y := NewMatrix(s[0], s[2], random(r, s[0]*s[2])), NewMatrix(s[2], s[1], random(r, s[2]*s[1]))
				if how == "ABt" {
					y = NewMatrix(s[1], s[2], y.Data).T()
				}
				if how == "AtB" {
					x = NewMatrix(s[2], s[0], x.Data).T()
				}
				g, c := NewGemm(), NewMatrix(s[0], s[1], make([]float32, s[0]*s[1]))
				for b.Loop() {
					g.Mul(c, 1, x, y, 0)
				}
				b.ReportMetric(2*float64(s[0]*s[1]*s[2])*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
