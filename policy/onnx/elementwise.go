package onnx

import (
	"fmt"
	"math"

	"whisker/policy/nn"
)

// constantOf is the tensor that a Constant node gives.
func constantOf(n *node) (*tensor, error) {
	t := &tensor{}
	if len(n.attrs) == 1 {
		switch a := n.attrs[0]; {
		case a.name == "value" && a.t != nil:
			t = a.t
		case a.name == "value_float":
			t.elem, t.data = elemFloat, []float32{a.f}
		case a.name == "value_floats":
			t.elem, t.data, t.dims = elemFloat, a.floats, []int64{int64(len(a.floats))}
		case a.name == "value_int":
			t.elem, t.i64 = elemInt64, []int64{a.i}
		case a.name == "value_ints":
			t.elem, t.i64, t.dims = elemInt64, a.ints, []int64{int64(len(a.ints))}
		}
	}
	if t.elem == 0 {
		return nil, fmt.Errorf("node %q (Constant): expected a value of floats or integers", n.title())
	}
	if t.i64 != nil {
		if err := t.settle(nil); err != nil {
			return nil, fmt.Errorf("node %q (Constant): %w", n.title(), err)
		}
	}
	t.name = n.out[0]
	return t, nil
}

// broadcast is the common shape of two operands, NumPy's way.
func broadcast(a, b []int) []int {
	if len(a) < len(b) {
		a, b = b, a
	}
	shape := make([]int, len(a))
	copy(shape, a)
	for i, d := range b {
		at := len(a) - len(b) + i
		switch {
		case shape[at] == 1:
			shape[at] = d
		case d != 1 && d != shape[at]:
			refuse("shapes %v and %v do not fit", a, b)
		}
	}
	return shape
}

// operand gives v's data in the given shape: as they are, or repeated by fill, which
// is nil if there is nothing to do in a run.
func (c *compiler) operand(v *value, shape []int) (data []float32, fill func()) {
	if len(v.data) == size(shape) {
		return v.data, nil
	}
	data = c.alloc(shape).data
	if len(v.data) == 1 {
		fill = func() {
			x := v.data[0]
			for i := range data {
				data[i] = x
			}
		}
	} else {
		index := spread(v.shape, shape)
		fill = func() {
			for i, at := range index {
				data[i] = v.data[at]
			}
		}
	}
	if v.constant {
		fill()
		fill = nil
	}
	return data, fill
}

// spread lists, for each element of shape, the element of `from` that it repeats.
func spread(from, shape []int) []int32 {
	index := []int32{0}
	for i, d := range shape {
		own := 1
		if at := i - (len(shape) - len(from)); at >= 0 {
			own = from[at]
		}
		next := make([]int32, 0, len(index)*d)
		for _, at := range index {
			for j := range d {
				next = append(next, at*int32(own)+int32(j%own))
			}
		}
		index = next
	}
	return index
}

func (c *compiler) binary(op string) {
	a, b := c.in(0), c.in(1)
	if a.ints != b.ints && op != "Pow" {
		refuse("integers and floats together")
	}
	if a.ints && op == "Pow" {
		refuse("a power of integers, expected floats")
	}
	a.exact()
	b.exact()
	out := c.alloc(broadcast(a.shape, b.shape))
	out.ints = a.ints
	x, fillX := c.operand(a, out.shape)
	y, fillY := c.operand(b, out.shape)
	if op == "Div" && a.ints {
		if !a.constant || !b.constant {
			refuse("integer division of computed values")
		}
		c.emit(func() { divideInts(out.data, x, y) }, out)
		return
	}
	compute := arithmetic(op, b)
	c.emit(func() {
		if fillX != nil {
			fillX()
		}
		if fillY != nil {
			fillY()
		}
		compute(out.data, x, y)
	}, out)
}

// exact refuses integers that are only kept as "to the end".
func (v *value) exact() {
	if !v.ints || !v.constant {
		return
	}
	for _, x := range v.data {
		if x <= -beyond || x >= beyond {
			refuse("an integer beyond 2^30, expected at most 2^24")
		}
	}
}

func divideInts(dst, x, y []float32) {
	for i := range dst {
		if y[i] == 0 {
			refuse("integer division by zero")
		}
		dst[i] = float32(math.Trunc(float64(x[i]) / float64(y[i])))
	}
}

func arithmetic(op string, exponent *value) func(dst, x, y []float32) {
	switch op {
	case "Add":
		return add
	case "Sub":
		return sub
	case "Mul":
		return mul
	case "Div":
		return div
	}
	if exponent.constant && len(exponent.data) == 1 && exponent.data[0] == 2 {
		return func(dst, x, _ []float32) { mul(dst, x, x) }
	}
	return pow
}

func add(dst, x, y []float32) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] + y[i]
	}
}

func sub(dst, x, y []float32) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] - y[i]
	}
}

func mul(dst, x, y []float32) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] * y[i]
	}
}

func div(dst, x, y []float32) {
	x, y = x[:len(dst)], y[:len(dst)]
	for i := range dst {
		dst[i] = x[i] / y[i]
	}
}

func pow(dst, x, y []float32) {
	for i := range dst {
		dst[i] = float32(math.Pow(float64(x[i]), float64(y[i])))
	}
}

func (c *compiler) unary(op string) {
	x := c.in(0)
	out := c.alloc(x.shape)
	out.ints = x.ints
	if x.ints && op != "Neg" && op != "Relu" {
		refuse("integers, expected floats")
	}
	alpha := float32(1)
	if op == "Elu" || op == "Swish" {
		alpha = c.attrFloat("alpha", 1)
	}
	c.emit(func() { one(op, alpha, c.opts, out.data, x.data) }, out)
}

func one(op string, alpha float32, opts []nn.Option, dst, x []float32) {
	switch op {
	case "Neg":
		for i, v := range x {
			dst[i] = -v
		}
	case "Reciprocal":
		for i, v := range x {
			dst[i] = 1 / v
		}
	case "Sqrt":
		for i, v := range x {
			dst[i] = float32(math.Sqrt(float64(v)))
		}
	case "Swish":
		for i, v := range x {
			dst[i] = alpha * v
		}
		nn.Sigmoid.Apply(dst, opts...)
		mul(dst, dst, x)
	default:
		copy(dst, x)
		act, _ := activationOf(op)
		act.Apply(dst, opts...)
		if op == "Elu" && alpha != 1 {
			for i, v := range x {
				if v < 0 {
					dst[i] *= alpha
				}
			}
		}
	}
}

func (c *compiler) clip() {
	x := c.in(0)
	out := c.alloc(x.shape)
	out.ints = x.ints
	bound := func(input int, attr string, without float32) []float32 {
		if v := c.optional(input); v != nil {
			if len(v.data) != 1 {
				refuse("%s has %d values, expected 1", attr, len(v.data))
			}
			return v.data
		}
		return []float32{c.attrFloat(attr, without)}
	}
	lo, hi := bound(1, "min", -math.MaxFloat32), bound(2, "max", math.MaxFloat32)
	c.emit(func() {
		for i, v := range x.data {
			out.data[i] = min(max(v, lo[0]), hi[0])
		}
	}, out)
}
