package onnx

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// The messages of onnx.proto3 (onnx/onnx on GitHub) that a policy needs, and of
// them only the fields that are read here; unknown fields are passed over.

type model struct {
	opset    int64
	graph    graph
	metadata map[string]string
}

type graph struct {
	name            string
	nodes           []*node
	tensors         []*tensor
	inputs, outputs []port
}

type node struct {
	name, op, domain string
	in, out          []string
	attrs            []*attribute
}

type attribute struct {
	name   string
	kind   int64 // attrFloat ...
	f      float32
	i      int64
	s      string
	t      *tensor
	floats []float32
	ints   []int64
}

// AttributeProto.AttributeType
const (
	attrFloat  = 1
	attrInt    = 2
	attrString = 3
	attrTensor = 4
	attrFloats = 6
	attrInts   = 7
)

// A port is a graph input or output; dimension 0 is symbolic.
type port struct {
	name string
	elem int64
	dims []int64
}

// A tensor holds integers as float32 too: they only steer shapes.
type tensor struct {
	name string
	dims []int64
	elem int64
	data []float32
	raw  []byte
	i64  []int64
	f64  []float64

	away           bool // stored in another file
	location       string
	offset, length int64 // bytes
}

// TensorProto.DataType
const (
	elemFloat  = 1
	elemInt32  = 6
	elemInt64  = 7
	elemBool   = 9
	elemHalf   = 10
	elemDouble = 11
	elemBrain  = 16
)

const maxRank = 8

func decodeModel(b []byte) (*model, error) {
	m := &model{metadata: map[string]string{}}
	hasGraph := false
	err := walk("model", b, func(num protowire.Number, v *field) {
		switch num {
		case 7:
			hasGraph = true
			v.fail(m.graph.decode(v.bytes()))
		case 8:
			v.fail(m.decodeOpset(v.bytes()))
		case 14:
			key, value, err := decodeEntry("metadata", v.bytes())
			m.metadata[key] = value
			v.fail(err)
		}
	})
	if err == nil && !hasGraph {
		err = errors.New("model: no graph in it")
	}
	return m, err
}

func (m *model) decodeOpset(b []byte) error {
	domain, version := "", int64(0)
	err := walk("opset", b, func(num protowire.Number, v *field) {
		switch num {
		case 1:
			domain = v.text()
		case 2:
			version = v.int()
		}
	})
	if standard(domain) {
		m.opset = version
	}
	return err
}

// standard says whether a domain is ONNX's own.
func standard(domain string) bool { return domain == "" || domain == "ai.onnx" }

// decodeEntry reads a key and its value.
func decodeEntry(what string, b []byte) (key, value string, err error) {
	err = walk(what, b, func(num protowire.Number, v *field) {
		switch num {
		case 1:
			key = v.text()
		case 2:
			value = v.text()
		}
	})
	return key, value, err
}

func (g *graph) decode(b []byte) error {
	return walk("graph", b, func(num protowire.Number, v *field) {
		switch num {
		case 1:
			n, err := decodeNode(v.bytes())
			g.nodes = append(g.nodes, n)
			v.fail(err)
		case 2:
			g.name = v.text()
		case 5:
			t, err := decodeTensor(v.bytes())
			g.tensors = append(g.tensors, t)
			v.fail(err)
		case 11:
			p, err := decodePort(v.bytes())
			g.inputs = append(g.inputs, p)
			v.fail(err)
		case 12:
			p, err := decodePort(v.bytes())
			g.outputs = append(g.outputs, p)
			v.fail(err)
		case 15:
			v.fail(errors.New("sparse initializers are not supported"))
		}
	})
}

func decodeNode(b []byte) (*node, error) {
	n := &node{}
	err := walk("node", b, func(num protowire.Number, v *field) {
		switch num {
		case 1:
			n.in = append(n.in, v.text())
		case 2:
			n.out = append(n.out, v.text())
		case 3:
			n.name = v.text()
		case 4:
			n.op = v.text()
		case 5:
			a, err := decodeAttribute(v.bytes())
			n.attrs = append(n.attrs, a)
			v.fail(err)
		case 7:
			n.domain = v.text()
		}
	})
	return n, err
}

func decodeAttribute(b []byte) (*attribute, error) {
	a := &attribute{}
	err := walk("attribute", b, func(num protowire.Number, v *field) {
		switch num {
		case 1:
			a.name = v.text()
		case 2:
			a.f = v.float()
		case 3:
			a.i = v.int()
		case 4:
			a.s = v.text()
		case 5:
			t, err := decodeTensor(v.bytes())
			a.t = t
			v.fail(err)
		case 7:
			a.floats = v.floats(a.floats)
		case 8:
			a.ints = v.ints(a.ints)
		case 20:
			a.kind = v.int()
		}
	})
	return a, err
}

func decodePort(b []byte) (port, error) {
	p := port{}
	err := walk("value info", b, func(num protowire.Number, v *field) {
		switch num {
		case 1:
			p.name = v.text()
		case 2:
			v.fail(p.decodeType(v.bytes()))
		}
	})
	return p, err
}

func (p *port) decodeType(b []byte) error {
	return walk("type", b, func(num protowire.Number, v *field) {
		if num != 1 { // a sequence, a map: elem stays 0 and is refused
			return
		}
		v.fail(walk("tensor type", v.bytes(), func(num protowire.Number, v *field) {
			switch num {
			case 1:
				p.elem = v.int()
			case 2:
				v.fail(p.decodeShape(v.bytes()))
			}
		}))
	})
}

func (p *port) decodeShape(b []byte) error {
	p.dims = []int64{}
	return walk("shape", b, func(num protowire.Number, v *field) {
		if num != 1 {
			return
		}
		size := int64(0) // a name, or nothing
		v.fail(walk("dimension", v.bytes(), func(num protowire.Number, v *field) {
			if num == 1 {
				size = v.int()
			}
		}))
		if p.dims = append(p.dims, size); len(p.dims) > maxRank || size < 0 {
			v.fail(fmt.Errorf("expected at most %d dimensions, none negative", maxRank))
		}
	})
}
