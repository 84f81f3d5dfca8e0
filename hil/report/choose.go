package report

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

var errSingular = errors.New("report: the windows do not tell the causes apart: record more motion")

// contrast is how two estimates differ, with the covariance of the difference.
type contrast struct {
	causes []cause
	a, b   *estimate
	x      *mat.VecDense
	inv    *mat.SymDense // of the covariance
	sd     []float64
	total  float64 // chi square of no difference
	// seen are causes that were measured without a fit, and by how much they differ: they
	// are named whatever they explain.
	seen []int
	by   []float64
}

func newContrast(causes []cause, a, b *estimate) (*contrast, error) {
	n := len(causes)
	c := &contrast{causes: causes, a: a, b: b, x: mat.NewVecDense(n, nil), sd: make([]float64, n)}
	cov := mat.NewSymDense(n, nil)
	cov.AddSym(a.cov, b.cov)
	for k := range n {
		c.x.SetVec(k, b.x[k]-a.x[k])
		cov.SetSym(k, k, cov.At(k, k)+causes[k].least*causes[k].least)
		c.sd[k] = math.Sqrt(cov.At(k, k))
	}
	var chol mat.Cholesky
	if !chol.Factorize(cov) {
		return nil, errSingular
	}
	c.inv = mat.NewSymDense(n, nil)
	if err := chol.InverseTo(c.inv); err != nil {
		return nil, errSingular
	}
	c.total = mat.Inner(c.x, c.inv, c.x)
	return c, nil
}

// explained is what of the total goes when the causes of a set may be anything
// and the others are nothing, and their values then.
func (c *contrast) explained(set []int) (chi float64, x []float64) {
	m := len(set)
	if m == 0 {
		return 0, nil
	}
	h, g := mat.NewDense(m, m, nil), mat.NewVecDense(m, nil)
	n := len(c.causes)
	for i, a := range set {
		for j, b := range set {
			h.Set(i, j, c.inv.At(a, b))
		}
		for b := range n {
			g.SetVec(i, g.AtVec(i)+c.inv.At(a, b)*c.x.AtVec(b))
		}
	}
	var v mat.VecDense
	if v.SolveVec(h, g) != nil {
		return 0, make([]float64, m)
	}
	return mat.Dot(&v, g), v.RawVector().Data
}

// A cause is named when it takes so much of chi square, more than chance gives to
// the best of sixteen, and so large a share of what there is to explain that it
// is no by-product of another.
const (
	claimChi   = 20
	claimShare = 0.015
	mostCauses = 3
)

// choose names the causes: those seen, then one after the other, the one that explains
// most beside those named; for two, all pairs are compared.
func (c *contrast) choose() []int {
	set := slices.Clone(c.seen)
	was, _ := c.explained(set)
	for len(set) < mostCauses {
		var best []int
		most := was
		for _, s := range c.larger(set) {
			if chi, _ := c.explained(s); chi > most && holds(s, c.seen) {
				best, most = s, chi
			}
		}
		if best == nil || most-was < claimChi || most-was < claimShare*most {
			break
		}
		set, was = best, most
	}
	slices.Sort(set)
	return set
}

// holds says whether every cause of few is in set.
func holds(set, few []int) bool {
	for _, k := range few {
		if !slices.Contains(set, k) {
			return false
		}
	}
	return true
}

// larger are the sets with one cause more: all of one and of two, later those that
// hold set.
func (c *contrast) larger(set []int) (sets [][]int) {
	n := len(c.causes)
	for a := range n {
		switch len(set) {
		case 0:
			sets = append(sets, []int{a})
		case 1:
			for b := range a {
				sets = append(sets, []int{b, a})
			}
		default:
			if !slices.Contains(set, a) {
				sets = append(sets, append(append([]int(nil), set...), a))
			}
		}
	}
	return sets
}
