package onnx

import (
	"slices"

	"whisker/policy/nn"
)

// product is a matrix product as Gemm and MatMul mean it: rows x depth times
// depth x cols, plus a bias of one row.
type product struct {
	rows, depth, cols int
	alpha, beta       float32
	transA, transB    bool
	a, b, bias        *value
}

func (c *compiler) gemmNode() {
	p := product{a: c.in(0), b: c.in(1), bias: c.optional(2),
		alpha: c.attrFloat("alpha", 1), beta: c.attrFloat("beta", 1),
		transA: c.attrInt("transA", 0) != 0, transB: c.attrInt("transB", 0) != 0}
	if len(p.a.shape) != 2 || len(p.b.shape) != 2 {
		refuse("shapes %v and %v, expected matrices", p.a.shape, p.b.shape)
	}
	p.rows, p.depth, p.cols = p.a.shape[0], p.a.shape[1], p.b.shape[1]
	if p.transA {
		p.rows, p.depth = p.depth, p.rows
	}
	depth := p.b.shape[0]
	if p.transB {
		depth, p.cols = p.cols, depth
	}
	if depth != p.depth {
		refuse("shapes %v and %v do not fit", p.a.shape, p.b.shape)
	}
	c.product(p, []int{p.rows, p.cols})
}

// matMul takes a vector or a stack of rows times a matrix. A third input is a fused bias.
func (c *compiler) matMul() {
	p := product{a: c.in(0), b: c.in(1), bias: c.optional(2), alpha: 1, beta: 1}
	rank, b := len(p.a.shape), p.b.shape
	for len(b) > 2 && len(b) <= rank && b[0] == 1 {
		b = b[1:]
	}
	if rank == 0 || len(b) != 2 {
		refuse("shapes %v and %v, expected the second to be a matrix", p.a.shape, p.b.shape)
	}
	p.depth, p.cols = b[0], b[1]
	if p.a.shape[rank-1] != p.depth {
		refuse("shapes %v and %v do not fit", p.a.shape, p.b.shape)
	}
	p.rows = size(p.a.shape[:rank-1])
	c.product(p, append(slices.Clone(p.a.shape[:rank-1]), p.cols))
}

func (c *compiler) product(p product, shape []int) {
	if p.a.ints || p.b.ints || p.bias != nil && p.bias.ints {
		refuse("integers, expected floats")
	}
	out := c.alloc(shape)
	if p.bias != nil && !slices.Equal(broadcast(p.bias.shape, shape), shape) {
		refuse("bias of shape %v does not fit %v", p.bias.shape, shape)
	}
	act := c.act[c.n]
	if p.rows == 1 && p.b.constant && (p.bias == nil || p.bias.constant) {
		d := c.dense(p, act)
		c.emit(func() { d.Run(out.data, p.a.data) }, out)
		return
	}
	c.general(p, out, act)
}

// dense packs constant weights for one row of inputs.
func (c *compiler) dense(p product, act nn.Activation) *nn.Dense {
	w := make([]float32, len(p.b.data))
	for j := range p.cols {
		for k := range p.depth {
			at := k*p.cols + j
			if p.transB {
				at = j*p.depth + k
			}
			w[j*p.depth+k] = p.alpha * p.b.data[at]
		}
	}
	var bias []float32
	if p.bias != nil {
		data, _ := c.operand(p.bias, []int{p.cols})
		bias = make([]float32, p.cols)
		for j := range bias {
			bias[j] = p.beta * data[j]
		}
	}
	return nn.NewDense(p.depth, p.cols, w, bias, act, c.opts...)
}

func (c *compiler) general(p product, out *value, act nn.Activation) {
	if c.gemm == nil {
		c.gemm = nn.NewGemm(c.opts...)
	}
	g, dst := c.gemm, nn.NewMatrix(p.rows, p.cols, out.data)
	a, b := matrix(p.rows, p.depth, p.a.data, p.transA), matrix(p.depth, p.cols, p.b.data, p.transB)
	beta, bias, fill := p.beta, []float32(nil), func() {}
	if p.bias == nil {
		beta = 0
	} else {
		var repeat func()
		bias, repeat = c.operand(p.bias, out.shape)
		if repeat != nil {
			fill = repeat
		}
	}
	c.emit(func() {
		fill()
		copy(out.data, bias)
		g.Mul(dst, p.alpha, a, b, beta)
		act.Apply(out.data, c.opts...)
	}, out)
}

func matrix(rows, cols int, data []float32, trans bool) nn.Matrix {
	if trans {
		return nn.NewMatrix(cols, rows, data).T()
	}
	return nn.NewMatrix(rows, cols, data)
}

func (c *compiler) layerNorm() {
	x, gamma, beta := c.in(0), c.constant(1), c.constant(2)
	at := axis(c.attrInt("axis", -1), len(x.shape))
	eps := c.attrFloat("epsilon", 1e-5)
	if c.attrInt("stash_type", 1) != 1 {
		refuse("attribute stash_type, expected 1")
	}
	n := size(x.shape[at:])
	if gamma == nil || len(gamma.data) != n || beta != nil && len(beta.data) != n || n == 0 {
		refuse("scale and bias must have the %d values of %v", n, x.shape[at:])
	}
	c.onlyFirst()
	shift := make([]float32, n)
	if beta != nil {
		shift = beta.data
	}
	norm := nn.NewLayerNorm(gamma.data, shift, eps, c.act[c.n], c.opts...)
	out := c.alloc(x.shape)
	c.emit(func() {
		for i := 0; i < len(out.data); i += n {
			norm.Run(out.data[i:i+n], x.data[i:i+n])
		}
	}, out)
}
