package identify

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"
)

// residuals writes the errors at a point of the unit cube into r.
type residuals func(u, r []float64)

// refine is Levenberg and Marquardt's least squares within the unit cube
// (Moré 1978, with Marquardt's scaling): it improves u in place and returns the
// sum of squares. A coordinate that is pushed against a face stays there for the
// step.
func refine(ctx context.Context, f residuals, u []float64, m, steps int) float64 {
	cost := 0.0
	// Coarse differences first: they average over the kinks that dry friction puts
	// into the errors.
	for _, h := range [...]float64{1e-2, 1e-3, 1e-4} {
		cost = descend(ctx, f, u, m, steps, h)
	}
	return cost
}

func descend(ctx context.Context, f residuals, u []float64, m, steps int, h float64) float64 {
	n := len(u)
	r, try, jac := make([]float64, m), make([]float64, m), mat.NewDense(m, n, nil)
	f(u, r)
	cost, lambda := sumSquares(r), 1e-3
	next := make([]float64, n)
	for range steps {
		if ctx.Err() != nil {
			return cost
		}
		jacobian(f, u, r, h, jac)
		before, improved := cost, false
		for range 8 {
			if !dampedStep(jac, r, u, lambda, next) {
				lambda *= 10
				continue
			}
			f(next, try)
			if c := sumSquares(try); c < cost {
				cost, improved = c, true
				copy(u, next)
				copy(r, try)
				lambda = max(lambda/5, 1e-9)
				break
			}
			lambda *= 4
		}
		if !improved || before-cost < 1e-4*before {
			break
		}
	}
	return cost
}

// jacobian fills jac (m rows of n) with one-sided differences, away from the
// nearer face of the cube. The step is large enough to average over the kinks
// that dry friction puts into the errors.
func jacobian(f residuals, u, r []float64, step float64, jac *mat.Dense) {
	moved := make([]float64, len(r))
	for j := range u {
		at, h := u[j], step
		if at > 0.5 {
			h = -step
		}
		u[j] = at + h
		f(u, moved)
		u[j] = at
		for i := range r {
			jac.Set(i, j, (moved[i]-r[i])/h)
		}
	}
}

// dampedStep solves (JᵀJ + λ diag JᵀJ) d = -Jᵀr over the coordinates that are
// free to move and puts u + d, kept in the cube, into next.
func dampedStep(jac *mat.Dense, r, u []float64, lambda float64, next []float64) bool {
	m, n := jac.Dims()
	var grad mat.VecDense
	grad.MulVec(jac.T(), mat.NewVecDense(m, r))
	var free []int
	for j := range n {
		if g := grad.AtVec(j); u[j] <= 0 && g > 0 || u[j] >= 1 && g < 0 || mat.Norm(jac.ColView(j), 2) == 0 {
			continue
		}
		free = append(free, j)
	}
	if len(free) == 0 {
		return false
	}
	var normal mat.SymDense
	normal.SymOuterK(1, jac.T())
	a, b := mat.NewSymDense(len(free), nil), mat.NewVecDense(len(free), nil)
	for i, fi := range free {
		b.SetVec(i, -grad.AtVec(fi))
		for j, fj := range free[:i+1] {
			a.SetSym(i, j, normal.At(fi, fj))
		}
		a.SetSym(i, i, normal.At(fi, fi)*(1+lambda))
	}
	var chol mat.Cholesky
	var d mat.VecDense
	if !chol.Factorize(a) || chol.SolveVecTo(&d, b) != nil {
		return false
	}
	copy(next, u)
	for i, fi := range free {
		next[fi] = min(max(u[fi]+d.AtVec(i), 0), 1)
	}
	return true
}

func sumSquares(r []float64) float64 {
	s := 0.0
	for _, x := range r {
		s += x * x
	}
	if math.IsNaN(s) {
		return math.Inf(1)
	}
	return s
}
