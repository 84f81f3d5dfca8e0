package report

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/mat"

	"whisker/controller"
	"whisker/sim"
)

// fitter fits causes to windows by replaying these.
//
// The estimate is one Gauss-Newton step, from the delay that explains most by
// itself (the only cause that is far from linear), with derivatives by central
// differences in the simulator. Three things make it usable on walking robots.
// A sample is weighed down by how much the simulator's answers to a step up and a
// step down fail to be opposite: about a touch-down that comes or fails to come,
// derivatives are noise, and noise in derivatives shrinks estimates (measured:
// armature x1.3 is found as x1.11 at 4 standard deviations without, x1.21 at 12
// with this weight). Residuals beyond three deviations count linearly (Huber).
// The covariance is that of windows (a sandwich), since neighbouring ticks err
// together.
type fitter struct {
	body    *controller.Body
	causes  []cause
	workers []*replayer
	scale   []float64 // per channel: deviation of residuals that nothing explains
}

const (
	huber     = 3
	curvature = 10 // weight of the square of what is not linear
	prior     = 10 // deviation of the prior, in steps of a cause
)

// estimate is what a fit found: per cause a value and their covariance.
type estimate struct {
	x   []float64
	cov *mat.SymDense
	sys *system // that it solves
}

// replay predicts every window under every set of values, in parallel. A window
// in which the physics fails predicts nothing: NaN.
func (f *fitter) replay(ctx context.Context, ws []window, xs [][]float64) ([][]float64, error) {
	n := channels(f.body) * scoredTicks
	out := make([][]float64, len(xs))
	devs := make([][]sim.Deviation, len(xs))
	for i := range xs {
		out[i], devs[i] = make([]float64, n*len(ws)), deviations(f.body, f.causes, xs[i])
	}
	var g errgroup.Group
	for k, r := range f.workers {
		g.Go(func() error {
			for job := k; job < len(xs)*len(ws); job += len(f.workers) {
				if err := ctx.Err(); err != nil {
					return err
				}
				i, w := job%len(xs), job/len(xs)
				row := out[i][w*n : (w+1)*n]
				if err := r.predict(&ws[w], devs[i], row); err != nil {
					for c := range row {
						row[c] = math.NaN()
					}
				}
			}
			return nil
		})
	}
	return out, g.Wait()
}

// observe is what the windows themselves say, as replay's rows.
func (f *fitter) observe(ws []window) []float64 {
	n := channels(f.body)
	out := make([]float64, n*scoredTicks*len(ws))
	at := 0
	for i := range ws {
		for k := 1 + warmTicks; k < len(ws[i].samples); k++ {
			measured(&ws[i].samples[k].State, out[at:at+n])
			at += n
		}
	}
	return out
}

// fit estimates all causes. The first fit of a fitter sets its scale. top is the
// share of their largest torque at which the motors were seen to stop, where the
// fit begins; 0 is all of it.
func (f *fitter) fit(ctx context.Context, ws []window, top float64) (*estimate, error) {
	if least := 2 * len(f.causes); len(ws) < least {
		return nil, fmt.Errorf("report: %d stretches of %d unbroken ticks on its feet, at least %d are needed to tell %d causes apart: record for longer",
			len(ws), 1+warmTicks+scoredTicks, least, len(f.causes))
	}
	seen, x0 := f.observe(ws), make([]float64, len(f.causes))
	if f.scale == nil {
		at, err := f.replay(ctx, ws, [][]float64{x0})
		if err != nil {
			return nil, err
		}
		if f.scale, err = scaleOf(seen, at[0], channels(f.body)); err != nil {
			return nil, err
		}
	}
	for k := range f.causes {
		if f.causes[k].kind == KindCeiling && top > 0 {
			x0[k] = top - 1
		}
	}
	if err := f.start(ctx, ws, seen, x0); err != nil {
		return nil, err
	}
	xs := [][]float64{x0}
	for k := range f.causes {
		up, down := slices.Clone(x0), slices.Clone(x0)
		up[k] += f.causes[k].step
		down[k] -= f.causes[k].step
		xs = append(xs, up, down)
	}
	pred, err := f.replay(ctx, ws, xs)
	if err != nil {
		return nil, err
	}
	return newSystem(f, seen, pred, x0, len(ws)).solve()
}

// start sets the delay in x to the one that explains most by itself.
func (f *fitter) start(ctx context.Context, ws []window, seen, x []float64) error {
	h := f.causes[0].step
	best := math.Inf(1)
	for _, grid := range [][]float64{{-h, 0, 2 * h, 4 * h, 6 * h, 8 * h}, {-h, h}} {
		from := x[0]
		var xs [][]float64
		for _, d := range grid {
			y := slices.Clone(x)
			y[0] = from + d
			xs = append(xs, y)
		}
		pred, err := f.replay(ctx, ws, xs)
		if err != nil {
			return err
		}
		for i := range xs {
			if c := f.cost(seen, pred[i]); c < best {
				best, x[0] = c, xs[i][0]
			}
		}
	}
	return nil
}

// cost is the mean of Huber's loss.
func (f *fitter) cost(seen, pred []float64) float64 {
	sum, n := 0.0, 0
	for i := range seen {
		z := math.Abs(seen[i]-pred[i]) / f.scale[i%len(f.scale)]
		switch {
		case math.IsNaN(z):
			continue
		case z > huber:
			z = math.Sqrt(2*huber*z - huber*huber)
		}
		sum, n = sum+z*z, n+1
	}
	return sum / float64(max(n, 1))
}

// positionRMS is that of the joint positions alone, rad.
func (f *fitter) positionRMS(seen, pred []float64) float64 {
	sum, n := 0.0, 0
	for i := range seen {
		if e := seen[i] - pred[i]; i%len(f.scale) < len(f.body.Joints) && !math.IsNaN(e) {
			sum, n = sum+e*e, n+1
		}
	}
	return math.Sqrt(sum / float64(max(n, 1)))
}

// scaleOf is the deviation of each channel's residuals, by the median.
func scaleOf(seen, pred []float64, n int) ([]float64, error) {
	scale := make([]float64, n)
	for c := range n {
		var e []float64
		for i := c; i < len(seen); i += n {
			if d := math.Abs(seen[i] - pred[i]); !math.IsNaN(d) {
				e = append(e, d)
			}
		}
		if len(e) == 0 {
			return nil, errors.New("report: the physics of the model fails in every window: is this the robot's profile?")
		}
		slices.Sort(e)
		scale[c] = math.Max(1.48*e[len(e)/2], 1e-6)
	}
	return scale, nil
}
