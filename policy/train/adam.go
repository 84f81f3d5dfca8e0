package train

import "math"

// adam is the optimiser of Kingma and Ba 2015.
type adam struct {
	M, V []float32
	T    int64
}

func newAdam(n int) *adam { return &adam{M: make([]float32, n), V: make([]float32, n)} }

// step moves p against grad, whose length is first held below clip. It returns
// the length of the gradient before that.
func (a *adam) step(p, grad []float32, rate, clip float64) float64 {
	sum := 0.0
	for _, g := range grad {
		sum += float64(g) * float64(g)
	}
	norm := math.Sqrt(sum)
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return norm
	}
	scale := float32(1)
	if norm > clip {
		scale = float32(clip / norm)
	}
	a.T++
	const b1, b2, eps = 0.9, 0.999, 1e-5
	c1, c2 := 1-math.Pow(b1, float64(a.T)), 1-math.Pow(b2, float64(a.T))
	k, root := float32(rate/c1), float32(1/math.Sqrt(c2))
	for i, g := range grad {
		g *= scale
		a.M[i] += (1 - b1) * (g - a.M[i])
		a.V[i] += (1 - b2) * (g*g - a.V[i])
		p[i] -= k * a.M[i] / (sqrt32(a.V[i])*root + eps)
	}
	return norm
}

func sqrt32(v float32) float32 { return float32(math.Sqrt(float64(v))) }
