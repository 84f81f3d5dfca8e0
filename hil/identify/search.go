package identify

import (
	"context"
	"math/rand/v2"

	"gonum.org/v1/gonum/optimize"
)

// search looks for the least sum of squares over the whole unit cube by CMA-ES
// (Hansen 2016, arXiv:1604.00772) and returns the best point found. The same seed
// gives the same point.
func search(ctx context.Context, f residuals, start []float64, m, evaluations int, seed uint64) []float64 {
	n := len(start)
	r, inside := make([]float64, m), make([]float64, n)
	best, at := -1.0, make([]float64, n)
	objective := func(u []float64) float64 {
		outside := 0.0
		for i, x := range u {
			inside[i] = min(max(x, 0), 1)
			outside += (x - inside[i]) * (x - inside[i])
		}
		f(inside, r)
		cost := sumSquares(r)
		if best < 0 || cost < best {
			best = cost
			copy(at, inside)
		}
		return cost * (1 + outside)
	}
	copy(at, start)
	method := &optimize.CmaEsChol{InitStepSize: 0.15, Population: 4 + 3*n/2, Src: rand.NewPCG(seed, 0x9e3779b97f4a7c15)}
	settings := &optimize.Settings{FuncEvaluations: evaluations, Converger: optimize.NeverTerminate{}, Recorder: until{ctx}}
	// Its error says no more than that ctx ended or that the covariance degenerated,
	// which is convergence: the best point is at hand either way.
	_, _ = optimize.Minimize(optimize.Problem{Func: objective}, start, settings, method)
	return at
}

// until ends a search with its context.
type until struct{ ctx context.Context }

// Init is called before the search.
func (u until) Init() error { return u.ctx.Err() }

// Record is called after every evaluation.
func (u until) Record(*optimize.Location, optimize.Operation, *optimize.Stats) error {
	return u.ctx.Err()
}
