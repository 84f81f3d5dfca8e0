package onnx

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"whisker/policy/nn"
)

// A Model is an ONNX graph made ready to run. One goroutine uses it at a time.
type Model struct {
	// Metadata is the free text that came with the model; it may be empty.
	Metadata map[string]string

	file, hash      string
	inputs, outputs []Port
	values          map[string]*value
	steps           []*step
	carried         []copying
}

// A Port is an input or an output: its name and shape, with 1 for symbolic dimensions.
type Port struct {
	Name  string
	Shape []int
}

// A value is a tensor of the graph; its memory stays the same from run to run.
type value struct {
	shape    []int
	data     []float32
	constant bool
	ints     bool // whole numbers, kept as float32
}

// A step is one node, or several that were fused, computing out.
type step struct {
	name string // of its first output
	out  []float32
	run  func()
	gain []float32
}

type copying struct{ dst, src []float32 }

// Load reads a model file, and the weights that it has in other files of its folder.
// What is wrong is one error that names the file, the node and what was expected.
func Load(path string, opts ...nn.Option) (*Model, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	if info.Size() > largest || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("onnx: %s: expected a regular file of at most 1 GiB", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	return read(path, data, folder(filepath.Dir(path)), opts)
}

// Read is Load for a model in memory, with its weights inside; name stands in errors.
func Read(name string, data []byte, opts ...nn.Option) (*Model, error) {
	return read(name, data, func(string, int64, int64) ([]byte, error) {
		return nil, errors.New("its data are in another file; save the model with its weights inside")
	}, opts)
}

const largest = 1 << 30 // bytes

// weights reads so many bytes at an offset of another file.
type weights func(location string, offset, length int64) ([]byte, error)

// folder reads weights of the files of a folder.
func folder(dir string) weights {
	return func(location string, offset, length int64) ([]byte, error) {
		if !filepath.IsLocal(location) {
			return nil, fmt.Errorf("its data are in %q, expected a file in the model's folder", location)
		}
		f, err := os.Open(filepath.Join(dir, location))
		if err != nil {
			return nil, fmt.Errorf("its data: %w", err)
		}
		defer f.Close()
		if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || offset < 0 || offset > info.Size()-length {
			return nil, fmt.Errorf("its data: %s: expected a regular file with %d bytes from %d on", f.Name(), length, offset)
		}
		b := make([]byte, length)
		if _, err := f.ReadAt(b, offset); err != nil {
			return nil, fmt.Errorf("its data: %w", err)
		}
		return b, nil
	}
}

func read(name string, data []byte, beside weights, opts []nn.Option) (*Model, error) {
	proto, err := decodeModel(data)
	if err != nil {
		return nil, fmt.Errorf("onnx: %s: %w; expected an ONNX model", name, err)
	}
	m := &Model{file: name, Metadata: proto.metadata, values: map[string]*value{}}
	sum := sha256.New()
	sum.Write(data)
	err = proto.graph.settle(func(location string, offset, length int64) ([]byte, error) {
		b, err := beside(location, offset, length)
		sum.Write(b)
		return b, err
	})
	if err == nil {
		err = compile(m, proto, opts)
	}
	if err != nil {
		return nil, fmt.Errorf("onnx: %s: %w", name, err)
	}
	m.hash = hex.EncodeToString(sum.Sum(nil))
	return m, nil
}

// settle settles the tensors of a graph and of its nodes.
func (g *graph) settle(beside weights) error {
	for _, t := range g.tensors {
		if err := t.settle(beside); err != nil {
			return fmt.Errorf("tensor %q: %w", t.name, err)
		}
	}
	for _, n := range g.nodes {
		for _, a := range n.attrs {
			if a.t == nil {
				continue
			}
			if err := a.t.settle(beside); err != nil {
				return fmt.Errorf("node %q (%s): %w", n.title(), n.op, err)
			}
		}
	}
	return nil
}

// Hash is the SHA-256 of the model's file, and of the weights that it has in others, hex.
func (m *Model) Hash() string { return m.hash }

// Inputs lists what Run reads.
func (m *Model) Inputs() []Port { return slices.Clone(m.inputs) }

// Outputs lists what Run computes.
func (m *Model) Outputs() []Port { return slices.Clone(m.outputs) }

// Input is the memory of an input, row-major, to be filled before each Run. It panics
// if there is no input of that name.
func (m *Model) Input(name string) []float32 { return m.port(m.inputs, "input", name) }

// Output is the memory of an output, valid until the next Run. It panics if there is
// no output of that name.
func (m *Model) Output(name string) []float32 { return m.port(m.outputs, "output", name) }

func (m *Model) port(ports []Port, what, name string) []float32 {
	if data, ok := m.lookup(ports, name); ok {
		return data
	}
	panic(fmt.Sprintf("onnx: %s has no %s %q; it has %s", m.file, what, name, portNames(ports)))
}

func (m *Model) lookup(ports []Port, name string) ([]float32, bool) {
	for _, p := range ports {
		if p.Name == name {
			return m.values[name].data, true
		}
	}
	return nil, false
}

func portNames(ports []Port) string {
	names := make([]string, len(ports))
	for i, p := range ports {
		names[i] = fmt.Sprintf("%s %v", p.Name, p.Shape)
	}
	return strings.Join(names, ", ")
}

// Carry makes an output the input of the next Run: the state of a recurrent model.
func (m *Model) Carry(output, input string) error {
	src, ok := m.lookup(m.outputs, output)
	if !ok {
		return fmt.Errorf("onnx: %s has no output %q; it has %s", m.file, output, portNames(m.outputs))
	}
	dst, ok := m.lookup(m.inputs, input)
	if !ok {
		return fmt.Errorf("onnx: %s has no input %q; it has %s", m.file, input, portNames(m.inputs))
	}
	if len(src) != len(dst) {
		return fmt.Errorf("onnx: %s: output %q has %d values, input %q takes %d", m.file, output, len(src), input, len(dst))
	}
	m.carried = append(m.carried, copying{dst: dst, src: src})
	return nil
}

// Reset sets the carried inputs to zero.
func (m *Model) Reset() {
	for _, c := range m.carried {
		clear(c.dst)
	}
}

// Names lists the values that a run computes, in order. A value inside a fused
// layer has no name of its own any more.
func (m *Model) Names() []string {
	names := make([]string, len(m.steps))
	for i, s := range m.steps {
		names[i] = s.name
	}
	return names
}

// Activation is the named value of the last Run, or nil if there is none.
func (m *Model) Activation(name string) []float32 {
	if v, ok := m.values[name]; ok {
		return v.data
	}
	return nil
}

// Scale multiplies the named value by gain once it is computed, from the next Run
// on: 0 lesions a unit. A nil gain removes the scaling.
func (m *Model) Scale(name string, gain []float32) error {
	for _, s := range m.steps {
		if s.name != name {
			continue
		}
		if gain != nil && len(gain) != len(s.out) {
			return fmt.Errorf("onnx: %s: %q has %d values, the gain has %d", m.file, name, len(s.out), len(gain))
		}
		s.gain = gain
		return nil
	}
	return fmt.Errorf("onnx: %s computes no %q; it computes %q", m.file, name, m.Names())
}

// Run computes the outputs from the inputs. It allocates nothing.
func (m *Model) Run() {
	for _, s := range m.steps {
		s.run()
		if s.gain != nil {
			for i, g := range s.gain {
				s.out[i] *= g
			}
		}
	}
	for _, c := range m.carried {
		copy(c.dst, c.src)
	}
}
