package onnx

import (
	"math"
	"slices"
)

func (c *compiler) reduce(op string) {
	x := c.in(0)
	if x.ints && (op == "ReduceMean" || op == "ReduceL2") {
		refuse("integers, expected floats")
	}
	keep := c.attrInt("keepdims", 1) != 0
	noop := c.attrInt("noop_with_empty_axes", 0) != 0
	axes := c.list("axes", 1)
	if len(axes) == 0 && noop && op == "ReduceL2" {
		refuse("noop_with_empty_axes must be 0")
	}
	if len(axes) == 0 && noop {
		c.alias(x, x.shape)
		return
	}
	if len(axes) == 0 {
		axes = counted(0, len(x.shape), 1)
	}
	kept, shape := slices.Clone(x.shape), []int{}
	for _, a := range axes {
		kept[axis(a, len(x.shape))] = -1
	}
	for i, d := range kept {
		if d >= 0 {
			shape = append(shape, d)
			continue
		}
		kept[i] = 1
		if keep {
			shape = append(shape, 1)
		}
	}
	out := c.alloc(shape)
	out.ints = x.ints
	if len(x.data) == 0 {
		refuse("%s of nothing: shape %v", op, x.shape)
	}
	if op == "ReduceMean" {
		c.emit(mean(out.data, x.data, spread(kept, x.shape)), out)
		return
	}
	c.emit(fold(op, out.data, x.data, spread(kept, x.shape)), out)
}

// fold brings the values of x that index sends to the same place together.
func fold(op string, dst, x []float32, index []int32) func() {
	begin := map[string]float64{"ReduceMax": math.Inf(-1), "ReduceMin": math.Inf(1)}[op]
	return func() {
		for i := range dst {
			dst[i] = float32(begin)
		}
		for i, at := range index {
			switch op {
			case "ReduceMax":
				dst[at] = max(dst[at], x[i])
			case "ReduceMin":
				dst[at] = min(dst[at], x[i])
			case "ReduceL2":
				dst[at] += x[i] * x[i]
			default:
				dst[at] += x[i]
			}
		}
		if op == "ReduceL2" {
			for i, v := range dst {
				dst[i] = float32(math.Sqrt(float64(v)))
			}
		}
	}
}

// mean averages the values of x that index sends to the same place.
func mean(dst, x []float32, index []int32) func() {
	scale := float32(len(dst)) / float32(len(x))
	if len(dst) == 1 {
		return func() {
			var s [4]float32
			for i, v := range x {
				s[i%4] += v
			}
			dst[0] = (s[0] + s[1] + s[2] + s[3]) * scale
		}
	}
	return func() {
		clear(dst)
		for i, at := range index {
			dst[at] += x[i]
		}
		for i := range dst {
			dst[i] *= scale
		}
	}
}
