package onnx

import (
	"math"
	"slices"
)

// function is an operator that is a function of one number, computed in float64.
func (c *compiler) function(op string) func(float64) float64 {
	switch op {
	case "Abs":
		return math.Abs
	case "Exp":
		return math.Exp
	case "Log":
		return math.Log
	case "Sin":
		return math.Sin
	case "Cos":
		return math.Cos
	case "Erf":
		return math.Erf
	case "Floor":
		return math.Floor
	case "Ceil":
		return math.Ceil
	case "Softsign":
		return func(x float64) float64 { return x / (1 + math.Abs(x)) }
	case "HardSwish":
		return func(x float64) float64 { return x * max(0, min(1, x/6+0.5)) }
	case "Mish":
		return func(x float64) float64 { return x * math.Tanh(max(x, 0)+math.Log1p(math.Exp(-math.Abs(x)))) }
	case "HardSigmoid":
		alpha, beta := float64(c.attrFloat("alpha", 0.2)), float64(c.attrFloat("beta", 0.5))
		return func(x float64) float64 { return max(0, min(1, alpha*x+beta)) }
	case "LeakyRelu":
		alpha := float64(c.attrFloat("alpha", 0.01))
		return func(x float64) float64 { return max(x, 0) + alpha*min(x, 0) }
	case "Selu":
		alpha, gamma := float64(c.attrFloat("alpha", 1.67326319217681884765625)), float64(c.attrFloat("gamma", 1.05070102214813232421875))
		return func(x float64) float64 { return gamma * (max(x, 0) + alpha*math.Expm1(min(x, 0))) }
	case "Celu":
		alpha := float64(c.attrFloat("alpha", 1))
		return func(x float64) float64 { return max(x, 0) + alpha*math.Expm1(min(x, 0)/alpha) }
	}
	return c.gelu()
}

func (c *compiler) gelu() func(float64) float64 {
	kind := "none"
	if a := c.attr("approximate", attrString); a != nil {
		kind = a.s
	}
	switch kind {
	case "none":
		return func(x float64) float64 { return x / 2 * (1 + math.Erf(x/math.Sqrt2)) }
	case "tanh":
		return func(x float64) float64 {
			return x / 2 * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
		}
	}
	refuse("approximate %q, expected none or tanh", kind)
	return nil
}

func (c *compiler) pointwise(op string) {
	x := c.in(0)
	if x.ints && op != "Abs" {
		refuse("integers, expected floats")
	}
	f, out := c.function(op), c.alloc(x.shape)
	out.ints = x.ints
	c.emit(func() {
		for i, v := range x.data {
			out.data[i] = float32(f(float64(v)))
		}
	}, out)
}

// together gives the data of several inputs in their common shape, and a function
// that repeats what has to be repeated.
func (c *compiler) together(in ...*value) (shape []int, data [][]float32, fill func()) {
	shape = in[0].shape
	for _, v := range in[1:] {
		shape = broadcast(shape, v.shape)
	}
	var fills []func()
	for _, v := range in {
		d, f := c.operand(v, shape)
		if data = append(data, d); f != nil {
			fills = append(fills, f)
		}
	}
	return shape, data, func() {
		for _, f := range fills {
			f()
		}
	}
}

// several is an operator of any number of inputs.
func (c *compiler) several(op string) {
	in := []*value{c.in(0)}
	for i := range c.n.in[1:] {
		if in = append(in, c.in(1+i)); in[1+i].ints != in[0].ints {
			refuse("integers and floats together")
		}
	}
	shape, data, fill := c.together(in...)
	out := c.alloc(shape)
	out.ints = in[0].ints
	c.emit(func() {
		fill()
		copy(out.data, data[0])
		for _, d := range data[1:] {
			for i, v := range d {
				switch op {
				case "Min":
					out.data[i] = min(out.data[i], v)
				case "Max":
					out.data[i] = max(out.data[i], v)
				default:
					out.data[i] += v
				}
			}
		}
	}, out)
}

// compare gives 1 where it is true and 0 where it is not.
func (c *compiler) compare(op string) {
	a, b := c.in(0), c.in(1)
	if a.ints != b.ints {
		refuse("integers and floats together")
	}
	shape, data, fill := c.together(a, b)
	out := c.alloc(shape)
	out.ints = true
	c.emit(func() {
		fill()
		for i, x := range data[0] {
			out.data[i] = truth(holds(op, x, data[1][i]))
		}
	}, out)
}

func holds(op string, x, y float32) bool {
	switch op {
	case "Greater":
		return x > y
	case "GreaterOrEqual":
		return x >= y
	case "Less":
		return x < y
	case "LessOrEqual":
		return x <= y
	case "And":
		return x != 0 && y != 0
	case "Or":
		return x != 0 || y != 0
	}
	return x == y
}

func truth(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

func (c *compiler) not() {
	x := c.in(0)
	out := c.alloc(x.shape)
	out.ints = true
	c.emit(func() {
		for i, v := range x.data {
			out.data[i] = truth(v == 0)
		}
	}, out)
}

func (c *compiler) where() {
	cond, x, y := c.in(0), c.in(1), c.in(2)
	if x.ints != y.ints {
		refuse("integers and floats together")
	}
	shape, data, fill := c.together(cond, x, y)
	out := c.alloc(shape)
	out.ints = x.ints
	c.emit(func() {
		fill()
		for i, yes := range data[0] {
			if out.data[i] = data[2][i]; yes != 0 {
				out.data[i] = data[1][i]
			}
		}
	}, out)
}

func (c *compiler) pRelu() {
	x, slope := c.in(0), c.in(1)
	shape, data, fill := c.together(x, slope)
	if !slices.Equal(shape, x.shape) {
		refuse("a slope of shape %v does not fit %v", slope.shape, x.shape)
	}
	out := c.alloc(shape)
	c.emit(func() {
		fill()
		for i, v := range data[0] {
			out.data[i] = max(v, 0) + data[1][i]*min(v, 0)
		}
	}, out)
}

func (c *compiler) cast() {
	x := c.in(0)
	switch to := c.attrInt("to", 0); {
	case floats(int64(to)) && x.ints:
		x.exact()
		c.alias(&value{data: x.data, constant: x.constant}, x.shape)
	case floats(int64(to)) || x.ints && (to == elemInt64 || to == elemInt32):
		c.alias(x, x.shape)
	case to == elemBool:
		out := c.alloc(x.shape)
		out.ints = true
		c.emit(func() {
			for i, v := range x.data {
				out.data[i] = truth(v != 0)
			}
		}, out)
	case to == elemInt64 || to == elemInt32:
		out := c.alloc(x.shape)
		out.ints = true
		c.emit(func() {
			for i, v := range x.data {
				out.data[i] = float32(math.Trunc(float64(v)))
			}
		}, out)
	default:
		refuse("cast to %s, expected floats, int32, int64 or bool", elemName(int64(to)))
	}
}
