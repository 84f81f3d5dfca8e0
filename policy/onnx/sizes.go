package onnx

import "slices"

// shapeOf is known when the file is read, whatever is in the input.
func (c *compiler) shapeOf() {
	x := c.in(0)
	limit := func(v int) int {
		if v < 0 {
			v += len(x.shape)
		}
		return min(max(v, 0), len(x.shape))
	}
	from, to := limit(c.attrInt("start", 0)), limit(c.attrInt("end", len(x.shape)))
	out := c.alloc([]int{max(to-from, 0)})
	out.constant, out.ints = true, true
	for i := range out.data {
		d, err := exactInt(int64(x.shape[from+i]))
		if err != nil {
			refuse("%w", err)
		}
		out.data[i] = d
	}
	c.define(c.n.out[first(c.n.out)], out)
}

func (c *compiler) constantOfShape() {
	if c.optional(0) == nil {
		refuse("no shape")
	}
	out := c.alloc(c.list("", 0))
	out.constant = true
	if a := c.attr("value", attrTensor); a != nil {
		if a.t == nil || len(a.t.data) != 1 {
			refuse("value must be one number")
		}
		out.ints = !floats(a.t.elem)
		for i := range out.data {
			out.data[i] = a.t.data[0]
		}
	}
	c.define(c.n.out[first(c.n.out)], out)
}

func (c *compiler) expand() {
	x := c.in(0)
	if c.optional(1) == nil {
		refuse("no shape")
	}
	shape := c.list("", 1)
	for _, d := range shape {
		if d < 1 || d > computed {
			refuse("shape %v, expected 1 to %d values along each axis", shape, computed)
		}
	}
	shape = broadcast(x.shape, shape)
	if n, err := volume(dims(shape)); err != nil || n > computed {
		refuse("shape %v, expected at most %d values", shape, computed)
	}
	index := make([]int, 0, size(shape))
	for _, at := range spread(x.shape, shape) {
		index = append(index, int(at))
	}
	c.pick(x, [][]int{shape}, [][]int{index})
}

func (c *compiler) transpose() {
	x := c.in(0)
	rank := len(x.shape)
	perm := c.list("perm", 1)
	if perm == nil {
		perm = counted(rank-1, rank, -1)
	}
	if sorted := slices.Sorted(slices.Values(perm)); !slices.Equal(sorted, counted(0, rank, 1)) {
		refuse("perm %v of %d axes", perm, rank)
	}
	index, shape := []int{0}, make([]int, rank)
	for i, from := range perm { // the index list grows by an axis of the output at a time
		shape[i] = x.shape[from]
		stride := size(x.shape[from+1:])
		next := make([]int, 0, len(index)*shape[i])
		for _, at := range index {
			next = append(next, counted(at, shape[i], stride)...)
		}
		index = next
	}
	c.pick(x, [][]int{shape}, [][]int{index})
}
