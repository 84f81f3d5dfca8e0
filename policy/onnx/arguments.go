package onnx

// in is the i-th input, which must be there.
func (c *compiler) in(i int) *value {
	v := c.optional(i)
	if v == nil {
		refuse("input %d is missing", i)
	}
	return v
}

// optional is the i-th input, or nil if it was left out.
func (c *compiler) optional(i int) *value {
	if i >= len(c.n.in) || c.n.in[i] == "" {
		return nil
	}
	v, ok := c.m.values[c.n.in[i]]
	if !ok {
		refuse("input %q is computed by no earlier node", c.n.in[i])
	}
	return v
}

// constant is the i-th input, which must be known when the file is read; nil if left out.
func (c *compiler) constant(i int) *value {
	v := c.optional(i)
	if v != nil && !v.constant {
		refuse("input %q is computed, expected a constant", c.n.in[i])
	}
	return v
}

func (c *compiler) attr(name string, kind int64) *attribute {
	c.used[name] = true
	for _, a := range c.n.attrs {
		if a.name == name {
			if a.kind != kind && a.kind != 0 {
				refuse("attribute %q has type %d, expected %d", name, a.kind, kind)
			}
			return a
		}
	}
	return nil
}

func (c *compiler) attrInt(name string, without int) int {
	if a := c.attr(name, attrInt); a != nil {
		return int(max(min(a.i, maxValues), -maxValues))
	}
	return without
}

func (c *compiler) attrFloat(name string, without float32) float32 {
	if a := c.attr(name, attrFloat); a != nil {
		return a.f
	}
	return without
}

// list is a list of integers that older operator sets keep in an attribute and newer
// ones in a constant input; nil if it is in neither.
func (c *compiler) list(name string, input int) []int {
	if a := c.attr(name, attrInts); a != nil {
		l := make([]int, len(a.ints))
		for i, v := range a.ints {
			l[i] = int(max(min(v, maxValues), -maxValues))
		}
		return l
	}
	v := c.constant(input)
	if v == nil {
		return nil
	}
	l := make([]int, len(v.data))
	for i, d := range v.data {
		if l[i] = int(d); !v.ints {
			refuse("%s must be integers", name)
		}
	}
	return l
}
