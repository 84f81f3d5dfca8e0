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
	norm := math.Sqrt(squares(grad))
	a.move(p, grad, a.stride(norm, rate, clip), 0, len(p))
	return norm
}

const b1, b2, eps = 0.9, 0.999, 1e-5

// stride is how a step scales the gradient and its means: none where the length of the
// gradient is not finite.
type stride struct{ scale, k, root float32 }

// stride begins a step along a gradient of length norm.
func (a *adam) stride(norm, rate, clip float64) (s stride) {
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return s
	}
	a.T++
	c1, c2 := 1-math.Pow(b1, float64(a.T)), 1-math.Pow(b2, float64(a.T))
	return stride{scale: float32(min(1, clip/norm)), k: float32(rate / c1), root: float32(1 / math.Sqrt(c2))}
}

// move takes the step for the parameters from lo to hi.
func (a *adam) move(p, grad []float32, s stride, lo, hi int) {
	if s == (stride{}) {
		return
	}
	p, m, v := p[lo:hi], a.M[lo:hi], a.V[lo:hi]
	for i, g := range grad[lo:hi] {
		g *= s.scale
		m[i] += (1 - b1) * (g - m[i])
		v[i] += (1 - b2) * (g*g - v[i])
		p[i] -= s.k * m[i] / (sqrt32(v[i])*s.root + eps)
	}
}

func squares(x []float32) (sum float64) {
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return sum
}

// weights is a vector of parameters, its optimiser, and each worker's part of its gradient.
type weights struct {
	adam  *adam
	p     []float32
	grads [][]float32
	rate  float64
	norm  float64 // length of the gradient: descend sets it
}

// descend takes a step with all of them, their gradients held below a length of one; each worker takes a part of every vector.
func (l *learner) descend(all ...*weights) {
	k := len(l.workers)
	part := func(s *weights, w *worker) (lo, hi int) { return len(s.p) * w.index / k, len(s.p) * (w.index + 1) / k }
	sums := make([]float64, len(all)*k)
	l.each(func(w *worker) {
		for i, s := range all {
			lo, hi := part(s, w)
			for _, g := range s.grads[1:] {
				add(s.grads[0][lo:hi], g[lo:hi])
			}
			sums[i*k+w.index] = squares(s.grads[0][lo:hi])
		}
	})
	strides := make([]stride, len(all))
	for i, s := range all {
		sum := 0.0
		for _, x := range sums[i*k : (i+1)*k] {
			sum += x
		}
		s.norm = math.Sqrt(sum)
		strides[i] = s.adam.stride(s.norm, s.rate, 1)
	}
	l.each(func(w *worker) {
		for i, s := range all {
			lo, hi := part(s, w)
			s.adam.move(s.p, s.grads[0], strides[i], lo, hi)
		}
	})
}

func sqrt32(v float32) float32 { return float32(math.Sqrt(float64(v))) }
