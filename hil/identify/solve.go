package identify

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
)

// firstPull is the pull towards the beginning of the search, rad per unit cube,
// while the errors are not known: that of errors of 1 mrad which stay correlated
// over some 30 samples.
const firstPull = 0.02

// withPrior appends the pull to the errors, each weighted where weight is not nil:
// a number that the errors do not depend on stays where the search began.
func (b *problem) withPrior(pull float64, weight []float64) (residuals, int) {
	m, n := b.size(), len(b.space.param)
	return func(u, r []float64) {
		b.errors(u, r[:m])
		for i := range weight {
			r[i] *= weight[i]
		}
		for i := range n {
			r[m+i] = pull * (u[i] - b.space.begin[i])
		}
	}, m + n
}

// solve finds the point of least error: refinement from the beginning, a global
// search with refinement, then both again under the pull that the better one's
// errors allow, which solve returns, and from places around the best.
func (b *problem) solve(ctx context.Context, o *Options, seed uint64) (best []float64, pull float64) {
	f, rows := b.withPrior(firstPull, nil)
	begun := slices.Clone(b.space.begin)
	found := search(ctx, f, slices.Clone(begun), rows, o.Evaluations, seed)
	if refine(ctx, f, found, rows, 12) < refine(ctx, f, begun, rows, 12) {
		pull = b.pull(found)
	} else {
		pull = b.pull(begun)
	}
	f, rows = b.withPrior(pull, nil)
	random := rand.New(rand.NewPCG(seed, 7))
	cost := math.Inf(1)
	for k := range 2 + o.Restarts {
		var u []float64
		switch k {
		case 0:
			u = begun
		case 1:
			u = found
		default:
			u = slices.Clone(best)
			for i := range u {
				u[i] = min(max(u[i]+0.1*random.NormFloat64(), 0), 1)
			}
		}
		if c := refine(ctx, f, u, rows, 12); best == nil || c < cost {
			best, cost = u, c
		}
	}
	return best, pull
}

// pull weighs a normal distribution as wide as the cube against the errors: their
// variance, for as many samples as they stay correlated, over that of the cube.
func (b *problem) pull(u []float64) float64 {
	r := make([]float64, b.size())
	b.errors(u, r)
	return math.Sqrt(cubePrecision * noise(r[:b.rows]))
}

// cubePrecision is one over the variance of a coordinate that may be anywhere.
const cubePrecision = 12

// noise is the variance that errors would have if they were independent and as
// uncertain together, rad².
func noise(r []float64) float64 { return sumSquares(r) / float64(len(r)) * correlation(r) }
