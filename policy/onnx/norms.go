package onnx

import (
	"math"
	"slices"
)

// onlyFirst refuses a node of which more than the first output is wanted.
func (c *compiler) onlyFirst() {
	if len(slices.DeleteFunc(slices.Clone(c.n.out), func(s string) bool { return s == "" })) != 1 || c.n.out[0] == "" {
		refuse("only the first output is supported")
	}
}

func (c *compiler) softmax() {
	x := c.in(0)
	d, inner := 0, 1
	if c.opset < 13 { // all axes from the given one on are one
		d = size(x.shape[axis(c.attrInt("axis", 1), len(x.shape)):])
	} else {
		at := axis(c.attrInt("axis", -1), len(x.shape))
		d, inner = x.shape[at], size(x.shape[at+1:])
	}
	if x.ints || d == 0 {
		refuse("integers, or nothing, expected floats")
	}
	out := c.alloc(x.shape)
	c.emit(func() {
		for o := 0; o < len(x.data); o += d * inner {
			for i := range inner {
				soft(out.data[o+i:], x.data[o+i:], d, inner)
			}
		}
	}, out)
}

// soft is the softmax of d values, each stride after the other.
func soft(dst, x []float32, d, stride int) {
	most, sum := x[0], 0.0
	for i := range d {
		most = max(most, x[i*stride])
	}
	for i := range d {
		sum += math.Exp(float64(x[i*stride] - most))
	}
	for i := range d {
		dst[i*stride] = float32(math.Exp(float64(x[i*stride]-most)) / sum)
	}
}

// batchNorm is a scale and a shift per channel once training is over.
func (c *compiler) batchNorm() {
	x := c.in(0)
	c.attrFloat("momentum", 0)
	if c.attrInt("training_mode", 0) != 0 || c.attrInt("spatial", 1) != 1 {
		refuse("training_mode must be 0 and spatial 1")
	}
	c.onlyFirst()
	if len(x.shape) < 2 {
		refuse("shape %v, expected [1 channels ...]", x.shape)
	}
	channels, inner := x.shape[1], size(x.shape[2:])
	var p [4][]float32 // scale, bias, mean, variance
	for i := range p {
		v := c.constant(1 + i)
		if v == nil || len(v.data) != channels {
			refuse("input %d must have the %d values of the channels", 1+i, channels)
		}
		p[i] = v.data
	}
	scale, shift := make([]float32, channels), make([]float32, channels)
	eps := float64(c.attrFloat("epsilon", 1e-5))
	for k := range scale {
		s := float64(p[0][k]) / math.Sqrt(float64(p[3][k])+eps)
		scale[k], shift[k] = float32(s), float32(float64(p[1][k])-s*float64(p[2][k]))
	}
	out := c.alloc(x.shape)
	c.emit(func() {
		for i, v := range x.data {
			k := i / inner % channels
			out.data[i] = v*scale[k] + shift[k]
		}
	}, out)
}

// dropout drops nothing once training is over.
func (c *compiler) dropout() {
	c.attrFloat("ratio", 0)
	c.attrInt("seed", 0)
	c.onlyFirst()
	if v := c.constant(2); v != nil && (len(v.data) != 1 || v.data[0] != 0) {
		refuse("training_mode must be false")
	}
	c.alias(c.in(0), c.in(0).shape)
}
