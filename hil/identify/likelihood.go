package identify

import "context"

// chi2 is what twice the log likelihood may lose within a 95 % interval.
const chi2 = 3.84

// interval is where coordinate i may lie: from the one that spread says, ever
// wider until the errors object although all other numbers were fitted again
// (the profile likelihood of Venzon and Moolgavkar 1988). Slopes alone are not to
// be trusted here: where a joint sticks the errors lean to one side only.
func (b *problem) interval(ctx context.Context, u []float64, pull float64, i int, spread float64) (lo, hi float64) {
	f, rows := b.withPrior(pull, nil)
	r := make([]float64, rows)
	pinned(f, i, u[i])(rest(u, i), r)
	most := sumSquares(r) + chi2*b.noise(r, func(r []float64) float64 { return uncertain(r, len(u)) })
	end := func(way float64) float64 {
		others := rest(u, i)
		for d := way * max(1.96*spread, 0.01); ; d *= 2 {
			at := min(max(u[i]+d, 0), 1)
			if at == 0 || at == 1 || ctx.Err() != nil {
				return at
			}
			if descend(ctx, pinned(f, i, at), others, rows, 3, 1e-3) > most {
				return at
			}
		}
	}
	return end(-1), end(1)
}

// rest is u without coordinate i.
func rest(u []float64, i int) []float64 { return append(append([]float64(nil), u[:i]...), u[i+1:]...) }

// pinned is f with coordinate i held where it is told, and no pull on it.
func pinned(f residuals, i int, at float64) residuals {
	var whole []float64
	return func(u, r []float64) {
		whole = append(append(append(whole[:0], u[:i]...), at), u[i:]...)
		f(whole, r)
		r[len(r)-len(whole)+i] = 0
	}
}

// noise is the larger of those of position and torque, each by of.
func (b *problem) noise(r []float64, of func([]float64) float64) float64 {
	most := 1e-12
	for from := 0; from < b.size(); from += b.rows {
		most = max(most, of(r[from:from+b.rows]))
	}
	return most
}
