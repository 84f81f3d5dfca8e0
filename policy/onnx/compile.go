package onnx

import (
	"fmt"
	"slices"

	"whisker/policy/nn"
)

// A compiler turns the nodes into steps, one after the other. Every shape is known
// as soon as its node is reached. A node whose inputs are all constant is computed
// at once.
type compiler struct {
	m     *Model
	opset int64
	opts  []nn.Option
	act   map[*node]nn.Activation
	gemm  *nn.Gemm
	total int // values that the graph computes

	n    *node
	used map[string]bool // the attributes that the operator asked for
}

// A refusal is how an operator gives up; compile turns it into an error.
type refusal struct{ error }

func refuse(format string, args ...any) { panic(refusal{fmt.Errorf(format, args...)}) }

func compile(m *Model, proto *model, opts []nn.Option) (err error) {
	const oldest = 7 // before, broadcasting was different
	if proto.opset < oldest {
		return fmt.Errorf("operator set %d, expected %d or newer", proto.opset, oldest)
	}
	c := &compiler{m: m, opset: proto.opset, opts: opts}
	defer func() {
		if p := recover(); p != nil {
			r, ok := p.(refusal)
			if !ok {
				panic(p)
			}
			err = r.error
			if c.n != nil {
				err = fmt.Errorf("node %q (%s): %w", c.n.title(), c.n.op, err)
			}
		}
	}()
	if c.act, err = fuse(&proto.graph); err != nil {
		return err
	}
	c.tensors(proto.graph.tensors)
	c.inputs(proto.graph.inputs)
	for _, n := range proto.graph.nodes {
		c.node(n)
	}
	c.n = nil
	c.outputs(proto.graph.outputs)
	return nil
}

// first is the index of the first output that is wanted, or -1.
func first(out []string) int {
	return slices.IndexFunc(out, func(s string) bool { return s != "" })
}

// title is what a person finds the node by.
func (n *node) title() string {
	if i := first(n.out); n.name == "" && i >= 0 {
		return n.out[i]
	}
	return n.name
}

func (c *compiler) tensors(tensors []*tensor) {
	for _, t := range tensors {
		shape := make([]int, len(t.dims))
		for i, d := range t.dims {
			shape[i] = int(d)
		}
		c.define(t.name, &value{shape: shape, data: t.data, constant: true, ints: !floats(t.elem)})
	}
}

func (c *compiler) inputs(ports []port) {
	for _, p := range ports {
		if v, ok := c.m.values[p.name]; ok && v.constant {
			continue // old files list constants as inputs too
		}
		v := c.alloc(c.shape("input", p))
		c.define(p.name, v)
		c.m.inputs = append(c.m.inputs, Port{Name: p.name, Shape: v.shape})
	}
}

// shape is the declared shape of a port; symbolic dimensions are 1.
func (c *compiler) shape(what string, p port) []int {
	if !floats(p.elem) {
		refuse("%s %q: element type %s, expected floats", what, p.name, elemName(p.elem))
	}
	if p.dims == nil {
		refuse("%s %q: no shape, expected one", what, p.name)
	}
	shape := make([]int, len(p.dims))
	for i, d := range p.dims {
		shape[i] = int(min(max(d, 1), maxValues))
	}
	return shape
}

func (c *compiler) outputs(ports []port) {
	if len(ports) == 0 {
		refuse("graph: no outputs")
	}
	for _, p := range ports {
		v, ok := c.m.values[p.name]
		if !ok {
			refuse("output %q is computed by no node", p.name)
		}
		if !floats(p.elem) || v.ints {
			refuse("output %q: integers or element type %s, expected floats", p.name, elemName(p.elem))
		}
		for i, d := range p.dims {
			if d > 0 && (len(p.dims) != len(v.shape) || int(d) != v.shape[i]) {
				refuse("output %q: declared shape %v, computed %v", p.name, p.dims, v.shape)
			}
		}
		c.m.outputs = append(c.m.outputs, Port{Name: p.name, Shape: v.shape})
	}
}

func (c *compiler) define(name string, v *value) {
	if _, twice := c.m.values[name]; twice || name == "" {
		refuse("the name %q is empty or defined twice", name)
	}
	c.m.values[name] = v
}

// node compiles one node.
func (c *compiler) node(n *node) {
	c.n, c.used = n, map[string]bool{}
	if !standard(n.domain) {
		refuse("operators of domain %q are not supported", n.domain)
	}
	if first(n.out) < 0 {
		refuse("no output, expected one")
	}
	c.operator(n.op)
	for _, a := range n.attrs {
		if !c.used[a.name] {
			refuse("attribute %q is not supported", a.name)
		}
	}
}

// operator is the list of what is supported.
func (c *compiler) operator(op string) {
	switch op {
	case "Gemm":
		c.gemmNode()
	case "MatMul":
		c.matMul()
	case "Add", "Sub", "Mul", "Div", "Pow":
		c.binary(op)
	case "Relu", "Elu", "Tanh", "Sigmoid", "Swish", "Softplus", "Neg", "Reciprocal", "Sqrt":
		c.unary(op)
	case "Abs", "Exp", "Log", "Sin", "Cos", "Erf", "Floor", "Ceil", "Softsign", "HardSwish", "HardSigmoid", "LeakyRelu", "Selu", "Celu", "Gelu", "Mish":
		c.pointwise(op)
	case "PRelu":
		c.pRelu()
	case "Min", "Max", "Sum":
		c.several(op)
	case "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal", "And", "Or":
		c.compare(op)
	case "Not":
		c.not()
	case "Where":
		c.where()
	case "Clip":
		c.clip()
	case "LayerNormalization":
		c.layerNorm()
	case "BatchNormalization":
		c.batchNorm()
	case "Softmax":
		c.softmax()
	case "Dropout":
		c.dropout()
	case "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL2":
		c.reduce(op)
	case "LSTM":
		c.lstm()
	case "GRU":
		c.gru()
	case "Shape":
		c.shapeOf()
	case "ConstantOfShape":
		c.constantOfShape()
	case "Expand":
		c.expand()
	case "Transpose":
		c.transpose()
	case "Concat":
		c.concat()
	case "Slice":
		c.slice()
	case "Split":
		c.split()
	case "Gather":
		c.gather()
	case "Reshape":
		c.reshape()
	case "Flatten":
		c.flatten()
	case "Squeeze":
		c.squeeze()
	case "Unsqueeze":
		c.unsqueeze()
	case "Identity":
		c.alias(c.in(0), c.in(0).shape)
	case "Cast":
		c.cast()
	default:
		refuse("this operator is not supported")
	}
}

// axis is an axis of a tensor of that rank, counted from the end if negative.
func axis(a, rank int) int {
	if a < -rank || a >= rank {
		refuse("axis %d, expected %d to %d", a, -rank, rank-1)
	}
	if a < 0 {
		a += rank
	}
	return a
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// computed bounds all values that a graph computes: 4 MB is plenty for a policy, and
// little for a machine that reads a broken file.
const computed = 1 << 20

// alloc makes memory for a computed value.
func (c *compiler) alloc(shape []int) *value {
	n, err := volume(dims(shape))
	if err != nil {
		refuse("%w", err)
	}
	if c.total += n; c.total > computed {
		refuse("the graph computes more than %d values", computed)
	}
	return &value{shape: slices.Clone(shape), data: make([]float32, n)}
}

// emit adds a step that computes outs from the node's inputs.
func (c *compiler) emit(run func(), outs ...*value) {
	constant := true
	for i := range c.n.in {
		if v := c.optional(i); v != nil && !v.constant {
			constant = false
		}
	}
	for i, v := range outs {
		v.constant = constant
		if i < len(c.n.out) && c.n.out[i] != "" {
			c.define(c.n.out[i], v)
		}
	}
	if constant {
		run()
		return
	}
	i := first(c.n.out)
	if i >= len(outs) {
		refuse("output %d, expected at most %d", i, len(outs))
	}
	c.m.steps = append(c.m.steps, &step{name: c.n.out[i], out: outs[i].data, run: run})
}

// alias names the same memory again, in another shape.
func (c *compiler) alias(v *value, shape []int) {
	if size(shape) != len(v.data) {
		refuse("shape %v has %d values, the input has %d", shape, size(shape), len(v.data))
	}
	c.define(c.n.out[first(c.n.out)], &value{shape: slices.Clone(shape), data: v.data, constant: v.constant, ints: v.ints})
}
