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

// A Dense layer is act(W·x + b). Its weights are packed once into panels of 64
// outputs (32 or 16 at the end), input by input, so that a run reads memory once,
// in order. It has no state: goroutines may share it.
type Dense struct {
	kind    isa
	act     Activation
	in, out int
	w, b    []float32
}

// NewDense packs weights of out rows and in columns; a nil bias is zero.
func NewDense(in, out int, weights, bias []float32, act Activation, opts ...Option) *Dense {
	if len(weights) != in*out || (bias != nil && len(bias) != out) {
		panic(fmt.Sprintf("nn: a dense layer %d -> %d got %d weights and %d biases", in, out, len(weights), len(bias)))
	}
	padded := (out + 15) &^ 15
	d := &Dense{kind: choose(opts), act: act, in: in, out: out, b: make([]float32, padded), w: slab(padded * in)}
	copy(d.b, bias)
	for j := 0; j < padded; j += panelWidth(padded - j) {
		width := panelWidth(padded - j)
		for r := range min(width, out-j) {
			for k := range in {
				d.w[j*in+k*width+r] = weights[(j+r)*in+k]
			}
		}
	}
	return d
}

// panelWidth is the width of the next panel when n outputs remain.
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
	for j := 0; j < len(d.b); {
		width := panelWidth(len(d.b) - j)
		w := d.w[j*d.in:][:width*d.in]
		if j+width <= d.out {
			y := dst[j : j+width]
			copy(y, d.b[j:])
			panel(d.kind, w, src, y)
			d.act.apply(d.kind, y)
		} else {
			var y [64]float32
			copy(y[:width], d.b[j:])
			panel(d.kind, w, src, y[:width])
			d.act.apply(d.kind, y[:width])
			copy(dst[j:], y[:])
		}
		j += width
	}
}

// panelGo is panel in Go, four outputs at a time.
func panelGo(w, x, y []float32) {
	width := len(y)
	for j := 0; j < width; j += 4 {
		s0, s1, s2, s3 := y[j], y[j+1], y[j+2], y[j+3]
		at := j
		for _, v := range x {
			q := (*[4]float32)(w[at:])
			s0 += q[0] * v
			s1 += q[1] * v
			s2 += q[2] * v
			s3 += q[3] * v
			at += width
		}
		y[j], y[j+1], y[j+2], y[j+3] = s0, s1, s2, s3
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
