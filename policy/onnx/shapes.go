package onnx

import "slices"

// A span is a run of values that are copied together.
type span struct{ dst, src, n int }

// spans joins an index list (dst i comes from src index[i]) into runs.
func spans(index []int) []span {
	var s []span
	for i, at := range index {
		if k := len(s) - 1; k >= 0 && s[k].src+s[k].n == at {
			s[k].n++
			continue
		}
		s = append(s, span{dst: i, src: at, n: 1})
	}
	return s
}

// pick adds a step that gathers values of x into outputs, one index list for each.
func (c *compiler) pick(x *value, shapes [][]int, indices [][]int) {
	outs, moves := make([]*value, len(shapes)), make([][]span, len(shapes))
	for i, shape := range shapes {
		outs[i], moves[i] = c.alloc(shape), spans(indices[i])
		outs[i].ints = x.ints
	}
	c.emit(func() {
		for i, o := range outs {
			for _, s := range moves[i] {
				copy(o.data[s.dst:s.dst+s.n], x.data[s.src:])
			}
		}
	}, outs...)
}

// along lists the values of x when, along one axis, only the given places are taken.
func along(shape []int, at int, places []int) []int {
	inner, d := size(shape[at+1:]), shape[at]
	index := make([]int, 0, size(shape[:at])*len(places)*inner)
	for o := range size(shape[:at]) {
		for _, p := range places {
			for i := range inner {
				index = append(index, (o*d+p)*inner+i)
			}
		}
	}
	return index
}

// through is the index list of one selection after another.
func through(first, second []int) []int {
	index := make([]int, len(second))
	for i, at := range second {
		index[i] = first[at]
	}
	return index
}

func with(shape []int, at, d int) []int {
	s := slices.Clone(shape)
	s[at] = d
	return s
}

func counted(from, n, step int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = from + i*step
	}
	return p
}

func (c *compiler) slice() {
	x := c.in(0)
	starts, ends := c.list("starts", 1), c.list("ends", 2)
	axes, steps := c.list("axes", 3), c.list("steps", 4)
	if axes == nil {
		axes = counted(0, len(starts), 1)
	}
	if steps == nil {
		steps = slices.Repeat([]int{1}, len(starts))
	}
	if len(ends) != len(starts) || len(axes) != len(starts) || len(steps) != len(starts) {
		refuse("%d starts, %d ends, %d axes, %d steps, expected as many of each", len(starts), len(ends), len(axes), len(steps))
	}
	shape, index := x.shape, counted(0, len(x.data), 1)
	for i, a := range axes {
		a = axis(a, len(shape))
		places := taken(starts[i], ends[i], steps[i], shape[a])
		index = through(index, along(shape, a, places))
		shape = with(shape, a, len(places))
	}
	c.pick(x, [][]int{shape}, [][]int{index})
}

// taken lists the places that start:end:step takes of d, Python's way.
func taken(start, end, step, d int) []int {
	if step == 0 {
		refuse("step 0")
	}
	lo, hi := 0, d
	if step < 0 {
		lo, hi = -1, d-1
	}
	limit := func(v int) int {
		if v < 0 {
			v += d
		}
		return min(max(v, lo), hi)
	}
	var places []int
	for p, end := limit(start), limit(end); step > 0 && p < end || step < 0 && p > end; p += step {
		places = append(places, p)
	}
	return places
}

func (c *compiler) split() {
	x := c.in(0)
	at := axis(c.attrInt("axis", 0), len(x.shape))
	d, parts := x.shape[at], len(c.n.out)
	if n := c.attrInt("num_outputs", parts); n != parts {
		refuse("num_outputs %d, but %d outputs", n, parts)
	}
	sizes := c.list("split", 1)
	if sizes == nil {
		if c.opset < 18 && d%parts != 0 {
			refuse("axis %d of %v does not split into %d equal parts", at, x.shape, parts)
		}
		each := (d + parts - 1) / parts
		for rest := d; len(sizes) < parts; rest -= each {
			sizes = append(sizes, max(min(each, rest), 0))
		}
	}
	var shapes, indices [][]int
	from := 0
	for _, n := range sizes {
		if n < 0 || from+n > d {
			refuse("split %v of axis %d of %v", sizes, at, x.shape)
		}
		shapes = append(shapes, with(x.shape, at, n))
		indices = append(indices, along(x.shape, at, counted(from, n, 1)))
		from += n
	}
	if from != d || len(sizes) != parts {
		refuse("split %v of axis %d of %v into %d outputs", sizes, at, x.shape, parts)
	}
	c.pick(x, shapes, indices)
}

func (c *compiler) gather() {
	x, which := c.in(0), c.constant(1)
	if which == nil || !which.ints {
		refuse("indices are missing or no integers")
	}
	at := axis(c.attrInt("axis", 0), len(x.shape))
	places := make([]int, len(which.data))
	for i, v := range which.data {
		places[i] = axis(int(v), x.shape[at])
	}
	shape := slices.Concat(x.shape[:at], which.shape, x.shape[at+1:])
	if n, err := volume(dims(shape)); err != nil || n > computed {
		refuse("shape %v, expected at most %d values", shape, computed)
	}
	c.pick(x, [][]int{shape}, [][]int{along(x.shape, at, places)})
}

func (c *compiler) concat() {
	first := c.in(0)
	at := axis(c.attrInt("axis", 0), len(first.shape))
	shape := with(first.shape, at, 0)
	parts := make([]*value, len(c.n.in))
	for i := range c.n.in {
		v := c.in(i)
		if len(v.shape) != len(shape) || !slices.Equal(with(v.shape, at, 0), with(shape, at, 0)) || v.ints != first.ints {
			refuse("shapes %v and %v do not fit along axis %d", first.shape, v.shape, at)
		}
		parts[i], shape[at] = v, shape[at]+v.shape[at]
	}
	out := c.alloc(shape)
	out.ints = first.ints
	outer := size(shape[:at])
	c.emit(func() {
		dst := out.data
		for o := range outer {
			for _, v := range parts {
				n := len(v.data) / outer
				dst = dst[copy(dst, v.data[o*n:(o+1)*n]):]
			}
		}
	}, out)
}

func (c *compiler) reshape() {
	x := c.in(0)
	zeros := c.attrInt("allowzero", 0) != 0
	if c.optional(1) == nil {
		refuse("no shape")
	}
	shape, known, open := c.list("shape", 1), 1, -1
	if len(shape) > maxRank {
		refuse("%d dimensions, expected at most %d", len(shape), maxRank)
	}
	for i, d := range shape {
		switch {
		case d == -1 && open < 0:
			open = i
			continue
		case d == 0 && !zeros && i < len(x.shape):
			shape[i] = x.shape[i]
		case d < 0 || d > maxValues || d == 0 && !zeros:
			refuse("shape %v of input %v", shape, x.shape)
		}
		if known *= shape[i]; known > maxValues {
			refuse("shape %v, the input has %d values", shape, len(x.data))
		}
	}
	if open >= 0 && known > 0 {
		shape[open] = len(x.data) / known
	} else if open >= 0 {
		refuse("shape %v of input %v", shape, x.shape)
	}
	c.alias(x, shape)
}

func (c *compiler) flatten() {
	x := c.in(0)
	at := c.attrInt("axis", 1)
	if at != len(x.shape) {
		at = axis(at, len(x.shape))
	}
	c.alias(x, []int{size(x.shape[:at]), size(x.shape[at:])})
}

func (c *compiler) squeeze() {
	x := c.in(0)
	axes := c.list("axes", 1)
	drop := map[int]bool{}
	for _, a := range axes {
		drop[axis(a, len(x.shape))] = true
	}
	var shape []int
	for i, d := range x.shape {
		if drop[i] && d != 1 {
			refuse("axis %d of %v is not 1", i, x.shape)
		}
		if !drop[i] && (axes != nil || d != 1) {
			shape = append(shape, d)
		}
	}
	c.alias(x, shape)
}

func (c *compiler) unsqueeze() {
	x := c.in(0)
	axes := c.list("axes", 1)
	rank := len(x.shape) + len(axes)
	if rank > maxRank {
		refuse("%d dimensions, expected at most %d", rank, maxRank)
	}
	fresh := map[int]bool{}
	for _, a := range axes {
		fresh[axis(a, rank)] = true
	}
	if len(fresh) != len(axes) {
		refuse("axes %v name one twice", axes)
	}
	shape, rest := make([]int, rank), x.shape
	for i := range shape {
		if shape[i] = 1; !fresh[i] {
			shape[i], rest = rest[0], rest[1:]
		}
	}
	c.alias(x, shape)
}
