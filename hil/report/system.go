package report

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"
)

// system is a linearised fit: residuals, their derivatives by the causes, and
// weights, sample by sample, window after window.
type system struct {
	causes           []cause
	x0               []float64
	residual, weight []float64
	slope            [][]float64 // per cause
	perWindow        int
}

// newSystem takes the predictions at a point, and for each cause above and below.
func newSystem(f *fitter, seen []float64, pred [][]float64, x0 []float64, windows int) *system {
	s := &system{causes: f.causes, x0: x0, residual: make([]float64, len(seen)), weight: make([]float64, len(seen)), perWindow: len(seen) / windows}
	for range f.causes {
		s.slope = append(s.slope, make([]float64, len(seen)))
	}
	for i := range seen {
		scale := f.scale[i%len(f.scale)]
		e, bent := seen[i]-pred[0][i], 0.0
		for k := range f.causes {
			up, down := pred[1+2*k][i], pred[2+2*k][i]
			s.slope[k][i] = (up - down) / (2 * f.causes[k].step)
			c := (up + down - 2*pred[0][i]) / (2 * scale)
			bent += c * c
		}
		w := 1 / (scale * scale * (1 + curvature*bent))
		if z := math.Abs(e) / scale; z > huber {
			w *= huber / z
		}
		if math.IsNaN(e + bent) { // the physics failed somewhere
			e, w = 0, 0
			for k := range f.causes {
				s.slope[k][i] = 0
			}
		}
		s.residual[i], s.weight[i] = e, w
	}
	return s
}

// solve is weighted least squares with a weak prior, and the sandwich covariance
// over windows.
func (s *system) solve() (*estimate, error) {
	n := len(s.causes)
	h, g := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
	for a := range n {
		for b := a; b < n; b++ {
			h.SetSym(a, b, s.dot(s.slope[a], s.slope[b]))
		}
		h.SetSym(a, a, h.At(a, a)+math.Pow(prior*s.causes[a].step, -2))
		g.SetVec(a, s.dot(s.slope[a], s.residual))
	}
	var chol mat.Cholesky
	if !chol.Factorize(h) {
		return nil, errSingular
	}
	var x mat.VecDense
	var inverse mat.SymDense
	if err := errors.Join(chol.SolveVecTo(&x, g), chol.InverseTo(&inverse)); err != nil {
		return nil, errSingular
	}
	meat := s.spread(&x)
	var half, full mat.Dense
	half.Mul(&inverse, meat)
	full.Mul(&half, &inverse)
	e := &estimate{x: make([]float64, n), cov: mat.NewSymDense(n, nil), sys: s}
	for a := range n {
		e.x[a] = math.Max(s.causes[a].low, math.Min(s.causes[a].high, s.x0[a]+x.AtVec(a)))
		for b := a; b < n; b++ {
			e.cov.SetSym(a, b, (full.At(a, b)+full.At(b, a))/2)
		}
	}
	return e, nil
}

func (s *system) dot(a, b []float64) (sum float64) {
	for i, w := range s.weight {
		sum += w * a[i] * b[i]
	}
	return sum
}

// spread is the sum over windows of the outer product of their gradients.
func (s *system) spread(x *mat.VecDense) *mat.SymDense {
	n := len(s.slope)
	sum, u := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
	windows := len(s.residual) / s.perWindow
	for w := range windows {
		u.Zero()
		for i := w * s.perWindow; i < (w+1)*s.perWindow; i++ {
			e := s.residual[i]
			for k := range n {
				e -= s.slope[k][i] * x.AtVec(k)
			}
			for k := range n {
				u.SetVec(k, u.AtVec(k)+s.weight[i]*s.slope[k][i]*e)
			}
		}
		sum.SymRankOne(sum, 1, u)
	}
	// What a fit of n numbers to few windows takes from the residuals.
	sum.ScaleSym(float64(windows)/math.Max(1, float64(windows-n)), sum)
	return sum
}

// only is the system of some windows alone.
func (s *system) only(keep func(window int) bool) *system {
	t := *s
	t.weight = make([]float64, len(s.weight))
	for i, w := range s.weight {
		if keep(i / s.perWindow) {
			t.weight[i] = w
		}
	}
	return &t
}
