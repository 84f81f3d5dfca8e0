package onnx

import "slices"

func (c *compiler) reduceMean() {
	x := c.in(0)
	keep := c.attrInt("keepdims", 1) != 0
	noop := c.attrInt("noop_with_empty_axes", 0) != 0
	axes := c.list("axes", 1)
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
	if len(x.data) == 0 {
		refuse("mean of nothing: shape %v", x.shape)
	}
	c.emit(mean(out.data, x.data, spread(kept, x.shape)), out)
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
