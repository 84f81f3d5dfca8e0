package identify

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// A bootstrap draws from this many pieces of the logs, or fewer that are this long, s:
// long enough that the errors of one say little of the next.
const (
	mostSegments = 16
	leastSegment = 0.5
)

// segments is how many pieces of the logs a bootstrap draws from.
func (b *problem) segments() int {
	seconds := 0.0
	for i, t := range b.tracks {
		seconds += t.time[len(t.time)-1] - t.time[b.first[i]]
	}
	return int(min(max(seconds/leastSegment, 2), mostSegments))
}

// bootstrap refits on segments drawn with replacement (Künsch 1989) and returns
// each coordinate's draws. The robot is replayed through all of the logs
// every time; what is drawn is which errors count.
func (b *problem) bootstrap(ctx context.Context, best []float64, pull float64, draws int, seed uint64) [][]float64 {
	random := rand.New(rand.NewPCG(seed, 11))
	weight, segments := make([]float64, b.size()), b.segments()
	points := make([][]float64, len(best))
	for range draws {
		count := make([]float64, segments)
		for range segments {
			count[random.IntN(segments)]++
		}
		for i := range weight {
			weight[i] = math.Sqrt(count[i%b.rows*segments/b.rows])
		}
		f, rows := b.withPrior(pull, weight)
		u := append([]float64(nil), best...)
		descend(ctx, f, u, rows, 4, 1e-3)
		for i := range points {
			points[i] = append(points[i], u[i])
		}
	}
	return points
}

// rounding is the part of the largest information of which rounding leaves nothing.
const rounding = 1e-12

// information is the standard deviation of each coordinate of the cube that the
// errors allow (Cramér and Rao), given that it lies in the cube at all: a
// coordinate that the errors do not depend on gets that of a uniform
// distribution, 0.29. The variance of the errors is scaled by how many rows they
// stay correlated for.
func (b *problem) information(u []float64) []float64 {
	n, m := len(u), b.size()
	r, jac := make([]float64, m), mat.NewDense(m, n, nil)
	b.errors(u, r)
	jacobian(b.errors, append([]float64(nil), u...), r, 1e-3, jac)
	h := mat.NewSymDense(n, nil)
	for i := range n {
		h.SetSym(i, i, cubePrecision)
	}
	for from := 0; from < m; from += b.rows { // positions, and torques where there are
		part := r[from : from+b.rows]
		h.SymRankK(h, 1/max(uncertain(part, n), 1e-12), jac.Slice(from, from+b.rows, 0, n).T())
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(h, true) {
		panic("identify: an information matrix has numbers that are not finite")
	}
	var axes mat.Dense
	eigen.VectorsTo(&axes)
	values := eigen.Values(nil)
	out := make([]float64, n)
	for k, x := range values {
		if x < max(cubePrecision, rounding*values[n-1]) {
			x = cubePrecision
		}
		for i := range out {
			out[i] += axes.At(i, k) * axes.At(i, k) / x
		}
	}
	for i := range out {
		out[i] = math.Sqrt(out[i])
	}
	return out
}

// uncertain is the noise of errors that so many numbers were fitted to: of few errors
// that are independent, numbers take much away by chance, and what is left says little
// of how large they are (Student 1908).
func uncertain(r []float64, numbers int) float64 {
	free := max(float64(len(r))/correlation(r)-float64(numbers), 1)
	t := distuv.StudentsT{Sigma: 1, Nu: free}.Quantile(0.975) / 1.96
	return sumSquares(r) / free * t * t
}

// correlation is the integrated autocorrelation of the errors in rows, at least
// 1, summed up to the first that is not positive (Geyer 1992).
func correlation(r []float64) float64 {
	mean, variance := stat.PopMeanVariance(r, nil)
	if variance == 0 {
		return 1
	}
	sum := 1.0
	for lag := 1; lag < len(r)/4; lag++ {
		c := 0.0
		for i := range len(r) - lag {
			c += (r[i] - mean) * (r[i+lag] - mean)
		}
		if c <= 0 {
			break
		}
		sum += 2 * c / (variance * float64(len(r)))
	}
	return sum
}
