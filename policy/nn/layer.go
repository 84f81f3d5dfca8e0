package nn

import (
	"fmt"
	"math"
)

// A Layer turns a vector of In values into one of Out values.
type Layer interface {
	In() int
	Out() int
	// Run computes dst from src, which must not overlap. Wrong lengths panic.
	Run(dst, src []float32)
}

func check(l Layer, dst, src []float32) {
	if len(dst) != l.Out() || len(src) != l.In() {
		panic(fmt.Sprintf("nn: a layer %d -> %d was run on %d -> %d values", l.In(), l.Out(), len(src), len(dst)))
	}
}

// A Dense layer is act(W·x + b). Weights and biases are packed once into strips of 16
// outputs, of which four run together. It has no state: goroutines may share it.
type Dense struct {
	kind    isa
	act     Activation
	in, out int
	strips  []float32 // each 16 biases, then 16 weights for each input
}

const stripWidth = 16

// NewDense packs weights of out rows and in columns; a nil bias is zero.
func NewDense(in, out int, weights, bias []float32, act Activation, opts ...Option) *Dense {
	if len(weights) != in*out || (bias != nil && len(bias) != out) {
		panic(fmt.Sprintf("nn: a dense layer %d -> %d got %d weights and %d biases", in, out, len(weights), len(bias)))
	}
	padded := (out + stripWidth - 1) / stripWidth * stripWidth
	d := &Dense{kind: choose(opts), act: act, in: in, out: out, strips: slab(padded * (in + 1))}
	for j := range out {
		strip := d.strips[j/stripWidth*stripWidth*(in+1):]
		if r := j % stripWidth; bias != nil {
			strip[r] = bias[j]
		}
		for k, w := range weights[j*in:][:in] {
			strip[(k+1)*stripWidth+j%stripWidth] = w
		}
	}
	return d
}

// panelWidth is how many outputs run together when n remain.
func panelWidth(n int) int {
	switch {
	case n >= 64:
		return 64
	case n >= 32:
		return 32
	}
	return 16
}

// In is the number of inputs.
func (d *Dense) In() int { return d.in }

// Out is the number of outputs.
func (d *Dense) Out() int { return d.out }

// Run computes one output vector. The activation follows each panel while it is in
// the first cache.
func (d *Dense) Run(dst, src []float32) {
	check(d, dst, src)
	for strips := d.strips; len(strips) > 0; {
		width := panelWidth(len(strips) / (d.in + 1))
		w := strips[:width*(d.in+1)]
		if width <= len(dst) {
			panel(d.kind, w, src, dst[:width])
			d.act.apply(d.kind, dst[:width])
		} else {
			var y [64]float32
			panel(d.kind, w, src, y[:width])
			d.act.apply(d.kind, y[:width])
			width = copy(dst, y[:width])
		}
		strips, dst = strips[len(w):], dst[width:]
	}
}

// panelGo is panel in Go, four outputs at a time.
func panelGo(w, x, y []float32) {
	for len(y) > 0 {
		for j := 0; j < stripWidth; j += 4 {
			s0, s1, s2, s3 := w[j], w[j+1], w[j+2], w[j+3]
			at := j + stripWidth
			for _, v := range x {
				q := (*[4]float32)(w[at:])
				s0 += q[0] * v
				s1 += q[1] * v
				s2 += q[2] * v
				s3 += q[3] * v
				at += stripWidth
			}
			y[j], y[j+1], y[j+2], y[j+3] = s0, s1, s2, s3
		}
		w, y = w[stripWidth*(len(x)+1):], y[stripWidth:]
	}
}

// A LayerNorm is act(gamma·(x-mean)/sqrt(variance+eps) + beta), over one vector.
// It has no state.
type LayerNorm struct {
	kind        isa
	act         Activation
	gamma, beta []float32
	eps         float32
}

// NewLayerNorm takes ownership of gamma and beta, which are equally long.
func NewLayerNorm(gamma, beta []float32, eps float32, act Activation, opts ...Option) *LayerNorm {
	if len(gamma) != len(beta) || len(gamma) == 0 {
		panic(fmt.Sprintf("nn: a layer norm got %d gammas and %d betas", len(gamma), len(beta)))
	}
	return &LayerNorm{kind: choose(opts), act: act, gamma: gamma, beta: beta, eps: eps}
}

// In is the number of inputs.
func (l *LayerNorm) In() int { return len(l.gamma) }

// Out is the number of outputs.
func (l *LayerNorm) Out() int { return len(l.gamma) }

// Run normalises src into dst.
func (l *LayerNorm) Run(dst, src []float32) {
	check(l, dst, src)
	n := float32(len(src))
	mean := sum(src) / n
	for i, v := range src {
		dst[i] = v - mean
	}
	scale := 1 / float32(math.Sqrt(float64(sumSquares(dst)/n+l.eps)))
	gamma, beta := l.gamma[:len(dst)], l.beta[:len(dst)]
	for i, v := range dst {
		dst[i] = v*scale*gamma[i] + beta[i]
	}
	l.act.apply(l.kind, dst)
}

// sum adds in four chains: fast, and no less exact than one.
func sum(x []float32) float32 {
	var s [4]float32
	for ; len(x) >= 4; x = x[4:] {
		s[0] += x[0]
		s[1] += x[1]
		s[2] += x[2]
		s[3] += x[3]
	}
	for i, v := range x {
		s[i] += v
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

func sumSquares(x []float32) float32 {
	var s [4]float32
	for ; len(x) >= 4; x = x[4:] {
		s[0] += x[0] * x[0]
		s[1] += x[1] * x[1]
		s[2] += x[2] * x[2]
		s[3] += x[3] * x[3]
	}
	for i, v := range x {
		s[i] += v * v
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}
