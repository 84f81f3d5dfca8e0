package train

import (
	"math"
	"math/rand/v2"

	"whisker/policy/nn"
)

// shape is one dense layer of an mlp.
type shape struct {
	in, out int
	act     nn.Activation
}

// mlp is a stack of dense layers whose parameters lie in one vector: weights
// (out rows of in), then biases, layer by layer.
type mlp []shape

func newMLP(in int, hidden []int, out int, act nn.Activation) mlp {
	var m mlp
	for _, h := range hidden {
		m = append(m, shape{in, h, act})
		in = h
	}
	return append(m, shape{in, out, nn.Identity})
}

func (m mlp) size() int {
	n := 0
	for _, s := range m {
		n += s.in*s.out + s.out
	}
	return n
}

// layer returns the weights and biases of layer i within p.
func (m mlp) layer(p []float32, i int) (w, b []float32) {
	at := mlp(m[:i]).size()
	s := m[i]
	w = p[at : at+s.in*s.out]
	return w, p[at+s.in*s.out : at+s.in*s.out+s.out]
}

// start fills p with small random weights; the last layer's are scaled by last.
func (m mlp) start(p []float32, last float64, rng *rand.Rand) {
	for i, s := range m {
		w, b := m.layer(p, i)
		k := 1 / math.Sqrt(float64(s.in))
		if i == len(m)-1 {
			k *= last
		}
		for j := range w {
			w[j] = float32(k * rng.NormFloat64())
		}
		clear(b)
	}
}

// pass holds the memory to run an mlp forward and backward on up to rows rows.
type pass struct {
	m      mlp
	gemm   *nn.Gemm
	in     []float32
	out    [][]float32
	delta  [][]float32
	deltaX []float32
	rows   int
}

func newPass(m mlp, rows int, g *nn.Gemm) *pass {
	p := &pass{m: m, gemm: g, deltaX: make([]float32, rows*m[0].in)}
	for _, s := range m {
		p.out = append(p.out, make([]float32, rows*s.out))
		p.delta = append(p.delta, make([]float32, rows*s.out))
	}
	return p
}

// forward runs rows inputs (row-major) through the layers.
func (p *pass) forward(params, x []float32, rows int) []float32 {
	p.in, p.rows = x, rows
	for i, s := range p.m {
		w, b := p.m.layer(params, i)
		y := p.out[i][:rows*s.out]
		for r := range rows {
			copy(y[r*s.out:(r+1)*s.out], b)
		}
		p.gemm.Mul(nn.NewMatrix(rows, s.out, y), 1, nn.NewMatrix(rows, s.in, x[:rows*s.in]), nn.NewMatrix(s.out, s.in, w).T(), 1)
		s.act.Apply(y)
		x = y
	}
	return x
}

// backward adds to grad the derivative for a last forward whose outputs have the
// derivative dy, and returns that of the inputs (nil unless wanted).
func (p *pass) backward(params, grad, dy []float32, wantX bool) []float32 {
	rows := p.rows
	for i := len(p.m) - 1; i >= 0; i-- {
		s := p.m[i]
		y := p.out[i][:rows*s.out]
		d := p.delta[i][:rows*s.out]
		slope(s.act, d, dy, y)
		x := p.in
		if i > 0 {
			x = p.out[i-1]
		}
		w, _ := p.m.layer(params, i)
		gw, gb := p.m.layer(grad, i)
		dm := nn.NewMatrix(rows, s.out, d)
		p.gemm.Mul(nn.NewMatrix(s.out, s.in, gw), 1, dm.T(), nn.NewMatrix(rows, s.in, x[:rows*s.in]), 1)
		for r := range rows {
			for j, v := range d[r*s.out : (r+1)*s.out] {
				gb[j] += v
			}
		}
		if i == 0 && !wantX {
			return nil
		}
		dx := p.deltaX
		if i > 0 {
			dx = p.delta[i-1]
		}
		dx = dx[:rows*s.in]
		p.gemm.Mul(nn.NewMatrix(rows, s.in, dx), 1, dm, nn.NewMatrix(s.out, s.in, w), 0)
		dy = dx
	}
	return dy
}

// slope sets d to dy times the activation's derivative, from its output y.
func slope(act nn.Activation, d, dy, y []float32) {
	switch act {
	case nn.Identity:
		copy(d, dy)
	case nn.Tanh:
		for i, v := range y {
			d[i] = dy[i] * (1 - v*v)
		}
	case nn.ELU:
		for i, v := range y {
			d[i] = dy[i] * min(1, v+1)
		}
	default:
		panic("train: no derivative for activation " + act.String())
	}
}
