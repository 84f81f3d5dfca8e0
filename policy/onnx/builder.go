package onnx

import (
	"fmt"
	"maps"
	"slices"
)

// A Builder writes an ONNX model node by node. Each method that adds a value gives
// its name, to hand to the next node. Wrong use panics.
type Builder struct {
	Opset    int               // operator set version; 17 unless set
	Producer string            // who wrote the file
	Metadata map[string]string // free text that travels with the model
	graph    graph
	names    map[string]bool
}

// NewBuilder starts a model; name is the graph's name.
func NewBuilder(name string) *Builder {
	return &Builder{Opset: 17, Metadata: map[string]string{}, graph: graph{name: name}, names: map[string]bool{}}
}

// An Attr is a node's attribute. The value is an int, a float32, a string, a []int
// or a []float32.
type Attr struct {
	Name  string
	Value any
}

// Input declares a float32 input of the graph.
func (b *Builder) Input(name string, shape ...int) string {
	b.graph.inputs = append(b.graph.inputs, port{name: name, elem: elemFloat, dims: dims(shape)})
	return b.claim(name)
}

// Output declares that a value is an output of the graph; Encode finds its shape.
func (b *Builder) Output(name string) {
	if !b.names[name] {
		panic(fmt.Sprintf("onnx: output %q is computed by no node", name))
	}
	b.graph.outputs = append(b.graph.outputs, port{name: name, elem: elemFloat})
}

// Tensor adds a constant float32 tensor, row-major.
func (b *Builder) Tensor(name string, data []float32, shape ...int) string {
	if n, err := volume(dims(shape)); err != nil || n != len(data) {
		panic(fmt.Sprintf("onnx: tensor %q of shape %v got %d values", name, shape, len(data)))
	}
	b.graph.tensors = append(b.graph.tensors, &tensor{name: name, elem: elemFloat, dims: dims(shape), data: data})
	return b.claim(name)
}

// Ints adds a constant vector of int64, for shapes, axes and indices.
func (b *Builder) Ints(name string, values ...int) string {
	b.graph.tensors = append(b.graph.tensors, &tensor{name: name, elem: elemInt64, dims: []int64{int64(len(values))}, i64: dims(values)})
	return b.claim(name)
}

// Node adds one operator whose only output is called name. An empty input is one
// that is left out.
func (b *Builder) Node(op, name string, inputs []string, attrs ...Attr) string {
	b.Nodes(op, name, inputs, []string{name}, attrs...)
	return name
}

// Nodes is Node for an operator with several outputs, such as Split or LSTM.
func (b *Builder) Nodes(op, name string, inputs, outputs []string, attrs ...Attr) {
	n := &node{op: op, name: name, in: inputs, out: outputs}
	for _, in := range inputs {
		if in != "" && !b.names[in] {
			panic(fmt.Sprintf("onnx: node %q reads %q, which does not exist yet", name, in))
		}
	}
	for _, a := range attrs {
		n.attrs = append(n.attrs, a.proto())
	}
	for _, out := range outputs {
		if out != "" {
			b.claim(out)
		}
	}
	b.graph.nodes = append(b.graph.nodes, n)
}

func (b *Builder) claim(name string) string {
	if name == "" || b.names[name] {
		panic(fmt.Sprintf("onnx: the name %q is empty or taken", name))
	}
	b.names[name] = true
	return name
}

func dims(shape []int) []int64 {
	d := make([]int64, len(shape))
	for i, v := range shape {
		d[i] = int64(v)
	}
	return d
}

func (a Attr) proto() *attribute {
	switch v := a.Value.(type) {
	case int:
		return &attribute{name: a.Name, kind: attrInt, i: int64(v)}
	case float32:
		return &attribute{name: a.Name, kind: attrFloat, f: v}
	case string:
		return &attribute{name: a.Name, kind: attrString, s: v}
	case []int:
		return &attribute{name: a.Name, kind: attrInts, ints: dims(v)}
	case []float32:
		return &attribute{name: a.Name, kind: attrFloats, floats: v}
	}
	panic(fmt.Sprintf("onnx: attribute %q has type %T", a.Name, a.Value))
}

// Encode gives the file's bytes, after reading them back: what is written can be run.
// The same calls give the same bytes.
func (b *Builder) Encode() ([]byte, error) {
	m, err := Read(b.graph.name, b.encode())
	if err != nil {
		return nil, err
	}
	for i, p := range m.Outputs() {
		b.graph.outputs[i].dims = dims(p.Shape)
	}
	return b.encode(), nil
}

func (b *Builder) encode() []byte {
	out := appendInt(nil, 1, 8) // IR version 8, of ONNX 1.10
	if b.Producer != "" {
		out = appendText(out, 2, b.Producer)
	}
	out = appendMessage(out, 7, b.graph.encode())
	out = appendMessage(out, 8, appendInt(appendText(nil, 1, ""), 2, int64(b.Opset)))
	for _, k := range slices.Sorted(maps.Keys(b.Metadata)) {
		out = appendMessage(out, 14, appendText(appendText(nil, 1, k), 2, b.Metadata[k]))
	}
	return out
}

func (g *graph) encode() []byte {
	var b []byte
	for _, n := range g.nodes {
		b = appendMessage(b, 1, n.encode())
	}
	b = appendText(b, 2, g.name)
	for _, t := range g.tensors {
		b = appendMessage(b, 5, t.encode())
	}
	for _, p := range g.inputs {
		b = appendMessage(b, 11, p.encode())
	}
	for _, p := range g.outputs {
		b = appendMessage(b, 12, p.encode())
	}
	return b
}

func (n *node) encode() []byte {
	var b []byte
	for _, s := range n.in {
		b = appendText(b, 1, s)
	}
	for _, s := range n.out {
		b = appendText(b, 2, s)
	}
	b = appendText(appendText(b, 3, n.name), 4, n.op)
	for _, a := range n.attrs {
		b = appendMessage(b, 5, a.encode())
	}
	if n.domain != "" {
		b = appendText(b, 7, n.domain)
	}
	return b
}

func (a *attribute) encode() []byte {
	b := appendInt(appendText(nil, 1, a.name), 20, a.kind)
	switch a.kind {
	case attrFloat:
		b = appendFloat(b, 2, a.f)
	case attrInt:
		b = appendInt(b, 3, a.i)
	case attrString:
		b = appendText(b, 4, a.s)
	}
	for _, v := range a.floats {
		b = appendFloat(b, 7, v)
	}
	for _, v := range a.ints {
		b = appendInt(b, 8, v)
	}
	return b
}

func (p *port) encode() []byte {
	tensorType := appendInt(nil, 1, p.elem)
	if p.dims != nil {
		var shape []byte
		for _, d := range p.dims {
			shape = appendMessage(shape, 1, appendInt(nil, 1, d))
		}
		tensorType = appendMessage(tensorType, 2, shape)
	}
	return appendMessage(appendText(nil, 1, p.name), 2, appendMessage(nil, 1, tensorType))
}
