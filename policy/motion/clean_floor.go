package motion

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// How far the root may be corrected to bring standing paws to the floor, as
// standard deviations: of a paw's height and of the root's, which are the scatter
// of published fits, and of pitch and roll: of 0.02 to 0.12 rad the small ones
// kept three recorded rats up longest, and the legs take the rest.
const (
	pawScatter    = 0.003 // m
	heightScatter = 0.010 // m
	tiltScatter   = 0.03  // rad
	// Corrections faster than this are noise of the stances, not of the fit.
	floorCutoff = 4.0 // Hz
	pawLever    = 0.040
)

// fitFloor corrects height, pitch and roll of the root in every frame so that the
// standing paws, those lower than height (m) that hardly move, come to the floor:
// least squares over all frames at once, with the second differences of the
// correction held small.
func (w *cleaner) fitFloor(height float64) {
	n := len(w.poses)
	a, rhs := mat.NewSymBandDense(3*n, 8, nil), mat.NewVecDense(3*n, nil)
	paths := w.r.observe(w.poses)
	w.level(paths)
	for leg := range paths {
		for _, h := range w.stances(&paths[leg], height) {
			for f := h.from; f < h.to; f++ {
				d := sub(paths[leg].pad[f], w.poses[f].Pos)
				addRow(a, rhs, 3*f, 1/pawScatter, [3]float64{1, d[1], -d[0]}, -paths[leg].low[f])
			}
		}
	}
	bend := 1 / (pawScatter * sq(2*math.Pi*floorCutoff/w.rate))
	for f := 0; f < n; f++ {
		for i, prior := range [3]float64{heightScatter, tiltScatter, tiltScatter} {
			add := func(x, y int, v float64) { a.SetSymBand(x, y, a.At(x, y)+v) }
			add(3*f+i, 3*f+i, 1/sq(prior))
			if f == 0 || f == n-1 {
				continue
			}
			k := bend
			if i > 0 {
				k *= pawLever
			}
			c := [3]float64{-k, 2 * k, -k}
			for x := range c {
				for y := x; y < 3; y++ {
					add(3*(f-1+x)+i, 3*(f-1+y)+i, c[x]*c[y])
				}
			}
		}
	}
	var chol mat.BandCholesky
	s := mat.NewVecDense(3*n, nil)
	if !chol.Factorize(a) || chol.SolveVecTo(s, rhs) != nil {
		panic("motion: the floor's equations are not positive definite")
	}
	for f := range w.poses {
		p := &w.poses[f]
		p.Pos[2] += s.AtVec(3 * f)
		p.Quat = quatUnit(quatMul(quatExp([3]float64{s.AtVec(3*f + 1), s.AtVec(3*f + 2), 0}), p.Quat))
	}
}

// level moves the whole clip, and paths with it, so that its lowest paw is on the
// floor in the median frame.
func (w *cleaner) level(paths *[4]pawPath) {
	floor := -paveFloor(&Clip{Poses: w.poses}, w.r.k)
	for leg := range paths {
		for f := range w.poses {
			paths[leg].pad[f][2] += floor
			paths[leg].low[f] += floor
		}
	}
}

// addRow adds the equation row·x = value, over three unknowns from at on, to the
// normal equations.
func addRow(a *mat.SymBandDense, rhs *mat.VecDense, at int, weight float64, row [3]float64, value float64) {
	k := weight * weight
	for i := range row {
		for j := i; j < 3; j++ {
			a.SetSymBand(at+i, at+j, a.At(at+i, at+j)+k*row[i]*row[j])
		}
		rhs.SetVec(at+i, rhs.AtVec(at+i)+k*row[i]*value)
	}
}

func sq(x float64) float64 { return x * x }
