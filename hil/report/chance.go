package report

import (
	"math"
	"math/rand/v2"
	"slices"
)

// resamples is how often chance is asked; seeds are fixed, so that a report of
// the same recordings is the same report.
const resamples = 400

// interval is the 95 % bootstrap interval of a figure of n blocks; figure draws
// blocks with pick.
func interval(n int, figure func(pick func() int) float64) (low, high float64) {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	v := make([]float64, 0, resamples)
	for range resamples {
		if x := figure(func() int { return rng.IntN(n) }); !math.IsNaN(x) {
			v = append(v, x)
		}
	}
	if len(v) == 0 {
		return math.NaN(), math.NaN()
	}
	slices.Sort(v)
	return v[len(v)*25/1000], v[len(v)*975/1000]
}

// pearson is the correlation of two lists; NaN where one does not vary.
func pearson(x, y []float64) float64 {
	mx, my := mean(x), mean(y)
	var xx, yy, xy float64
	for i := range x {
		xx += (x[i] - mx) * (x[i] - mx)
		yy += (y[i] - my) * (y[i] - my)
		xy += (x[i] - mx) * (y[i] - my)
	}
	return xy / math.Sqrt(xx*yy)
}

// ranks gives every value its place, ties the mean of theirs.
func ranks(x []float64) []float64 {
	r := make([]float64, len(x))
	for i := range x {
		for _, y := range x {
			switch {
			case y < x[i]:
				r[i]++
			case y == x[i]:
				r[i] += 0.5
			}
		}
	}
	return r
}

// quantile is that of a list, which it sorts.
func quantile(v []float64, p float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	slices.Sort(v)
	return v[min(len(v)-1, int(p*float64(len(v))))]
}
