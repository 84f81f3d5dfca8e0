package onnx

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// tiny is a valid model: y = tanh(x·W + b), 3 -> 2.
func tiny() *Builder {
	b := NewBuilder("tiny")
	b.Metadata["kind"] = "test"
	in := []string{b.Input("x", 1, 3), b.Tensor("w", []float32{1, 0, 0, 1, 1, 1}, 3, 2), b.Tensor("b", []float32{0, 0.5}, 2)}
	b.Output(b.Node("Tanh", "y", []string{b.Node("Gemm", "g", in)}))
	return b
}

// Each broken model is refused in one line that names the node or field and what was expected.
func TestReadRefuses(t *testing.T) {
	x := func(b *Builder) string { return b.Input("x", 1, 3) }
	for want, build := range map[string]func(b *Builder){
		`node "n" (Einsum): this operator is not supported`:   func(b *Builder) { b.Node("Einsum", "n", []string{x(b)}) },
		`node "n" (Relu): attribute "slope" is not supported`: func(b *Builder) { b.Node("Relu", "n", []string{x(b)}, Attr{"slope", 3}) },
		`attribute "axis" has type 1, expected 2`:             func(b *Builder) { b.Node("Flatten", "n", []string{x(b)}, Attr{"axis", float32(1)}) },
		`shapes [1 3] and [4 5] do not fit`:                   func(b *Builder) { b.Node("MatMul", "n", []string{x(b), b.Input("y", 4, 5)}) },
		`node "n" (Add): shapes [1 3] and [2] do not fit`:     func(b *Builder) { b.Node("Add", "n", []string{x(b), b.Input("y", 2)}) },
		`input 1 is missing`:                                  func(b *Builder) { b.Node("Add", "n", []string{x(b)}) },
		`axis 2, expected -2 to 1`:                            func(b *Builder) { b.Node("Concat", "n", []string{x(b)}, Attr{"axis", 2}) },
		`input "y" is computed, expected a constant`:          func(b *Builder) { b.Node("Reshape", "n", []string{x(b), b.Input("y", 2)}) },
		`shape [2 2] has 4 values, the input has 3`:           func(b *Builder) { b.Node("Reshape", "n", []string{x(b), b.Ints("s", 2, 2)}) },
		`cast to float64, expected float32, int32 or int64`:   func(b *Builder) { b.Node("Cast", "n", []string{x(b)}, Attr{"to", 11}) },
		`direction "reverse", expected forward`:               func(b *Builder) { lstmWith(b, Attr{"direction", "reverse"}) },
		`node "n" (LSTM): attribute "clip" is not supported`:  func(b *Builder) { lstmWith(b, Attr{"clip", float32(1)}) },
		`hidden_size 3, but R has shape [1 8 2]`:              func(b *Builder) { lstmWith(b, Attr{"hidden_size", 3}) },
		`integers and floats together`:                        func(b *Builder) { b.Node("Add", "n", []string{x(b), b.Ints("i", 1)}) },
		`integer division by zero`:                            func(b *Builder) { b.Node("Div", "n", []string{b.Ints("i", 1), b.Ints("j", 0)}) },
		`integer 16777217, expected at most 2^24`:             func(b *Builder) { b.Ints("i", 1<<24+1) },
		`operator set 6, expected 7 or newer`:                 func(b *Builder) { b.Opset = 6; b.Node("Relu", "n", []string{x(b)}) },
		`the graph computes more than 1048576 values`:         func(b *Builder) { b.Input("huge", 1<<11, 1<<10) },
		`input "x": element type int64, expected float32`:     func(b *Builder) { x(b); b.graph.inputs[0].elem = elemInt64 },
		`node "n" (Relu): operators of domain "com.microsoft" are not supported`: func(b *Builder) {
			b.Output(b.Node("Relu", "n", []string{x(b)}))
			b.graph.nodes[0].domain = "com.microsoft"
		},
		`node "n" (Relu): input "later" is computed by no earlier node`:            func(b *Builder) { b.names["later"] = true; b.Node("Relu", "n", []string{"later"}) },
		`output "later" is computed by no node`:                                    func(b *Builder) { x(b); b.names["later"] = true; b.Output("later") },
		`the name "x" is empty or defined twice`:                                   func(b *Builder) { x(b); b.names["x"] = false; x(b) },
		`graph: no outputs`:                                                        func(b *Builder) { x(b) },
		`declared shape [5], computed [1 3]`:                                       func(b *Builder) { x(b); b.Output("x"); b.graph.outputs[0].dims = []int64{5} },
		`tensor "w": element type float64, expected float32`:                       func(b *Builder) { b.Tensor("w", nil, 0); b.graph.tensors[0].elem = 11 },
		`tensor "w": shape [2] needs 8 bytes, got 4`:                               func(b *Builder) { b.Tensor("w", []float32{1}, 1); b.graph.tensors[0].dims[0] = 2 },
		`tensor "w": shape [67108865], expected at most 67108864 values and no ne`: func(b *Builder) { b.Tensor("w", []float32{1}, 1); b.graph.tensors[0].dims[0] = 1<<26 + 1 },
	} {
		b := NewBuilder("bad")
		build(b)
		_, err := Read("bad.onnx", b.encode())
		if err == nil {
			t.Errorf("accepted, want %s", want)
		} else if !strings.HasPrefix(err.Error(), "onnx: bad.onnx: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func lstmWith(b *Builder, a Attr) {
	b.Node("LSTM", "n", []string{b.Input("x", 1, 1, 3), b.Tensor("w", make([]float32, 24), 1, 8, 3), b.Tensor("r", make([]float32, 16), 1, 8, 2)}, a)
}

// Half a file, and a file with bytes overwritten, give an error or a model, never a panic.
func TestReadSurvivesDamage(t *testing.T) {
	whole := tiny().encode()
	for n := range whole {
		if m, err := Read("cut.onnx", whole[:n]); err == nil && len(m.Outputs()) == 0 {
			t.Errorf("the first %d of %d bytes are a model without outputs", n, len(whole))
		}
	}
	_, err := Read("cut.onnx", whole[:len(whole)/2])
	if want := "onnx: cut.onnx: model: field 7 is truncated or corrupt: unexpected EOF; expected an ONNX model"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	r := rand.New(rand.NewPCG(31, 32))
	for range 2000 {
		b := slices.Clone(whole)
		b[r.IntN(len(b))] = byte(r.Uint32())
		if m, err := Read("x", b); err == nil {
			m.Run()
		}
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.onnx")
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := Load(filepath.Dir(path)); err == nil || !strings.Contains(err.Error(), "regular file") {
		t.Errorf("a folder: %v", err)
	}
	if err := os.WriteFile(path, []byte("not a model"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "expected an ONNX model") {
		t.Errorf("text: %v", err)
	}
}

func TestSymbolicDimensionsAreOne(t *testing.T) {
	b := tiny()
	b.graph.inputs[0].dims[0] = 0 // as other exporters leave it
	m, err := Read("symbolic", b.encode())
	if err != nil {
		t.Fatal(err)
	}
	if in := m.Inputs()[0]; !slices.Equal(in.Shape, []int{1, 3}) {
		t.Errorf("input shape %v", in.Shape)
	}
}

// Weights may be stored as packed or single floats instead of raw bytes.
func TestFloatData(t *testing.T) {
	packed := appendFloats(nil, nil)
	for _, single := range []bool{true, false} {
		b := appendInt(appendInt(nil, 1, 2), 2, elemFloat)
		if single {
			b = appendFloat(appendFloat(b, 4, 7), 4, 8)
		} else {
			var run []byte
			for _, bits := range []uint32{0x40e00000, 0x41000000} {
				run = protowire.AppendFixed32(run, bits)
			}
			b = appendMessage(b, 4, run)
		}
		got, err := decodeTensor(b)
		if err != nil || !slices.Equal(got.data, append(packed, 7, 8)) {
			t.Errorf("single %v: %v, %v", single, got.data, err)
		}
	}
}

func TestEncodeIsDeterministicAndKeepsMetadata(t *testing.T) {
	first, err := tiny().Encode()
	if err != nil {
		t.Fatal(err)
	}
	second, err := tiny().Encode()
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("two encodings differ, %v", err)
	}
	m, err := Read("tiny", first)
	if err != nil || m.Metadata["kind"] != "test" {
		t.Errorf("metadata %v, %v", m.Metadata, err)
	}
}

func TestEncodeRefusesWhatCannotRun(t *testing.T) {
	b := NewBuilder("policy")
	b.Output(b.Node("Einsum", "n", []string{b.Input("x", 1)}))
	if _, err := b.Encode(); err == nil || !strings.Contains(err.Error(), "Einsum") {
		t.Errorf("got %v", err)
	}
}

func TestBuilderPanicsOnWrongUse(t *testing.T) {
	for name, f := range map[string]func(b *Builder){
		"unknown input":  func(b *Builder) { b.Node("Relu", "n", []string{"x"}) },
		"unknown output": func(b *Builder) { b.Output("x") },
		"name taken":     func(b *Builder) { b.Input("x", 1); b.Input("x", 1) },
		"wrong size":     func(b *Builder) { b.Tensor("w", []float32{1, 2}, 3) },
		"attribute type": func(b *Builder) { b.Node("Relu", "n", []string{b.Input("x", 1)}, Attr{"a", 1.5}) },
	} {
		func() {
			defer func() {
				if msg, ok := recover().(string); !ok || !strings.HasPrefix(msg, "onnx: ") {
					t.Errorf("%s: panic %q", name, msg)
				}
			}()
			f(NewBuilder("b"))
		}()
	}
}

// No input makes the reader panic, run away with memory, or give a model that fails.
func FuzzRead(f *testing.F) {
	f.Add(tiny().encode())
	r := rand.New(rand.NewPCG(1, 2))
	for _, list := range [][]small{elementwise(), layers(), shapes(), policies()} {
		for _, s := range list {
			b := NewBuilder("seed")
			b.Opset = s.opset
			s.build(b, r)
			f.Add(b.encode())
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Read("fuzz", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "onnx: fuzz: ") {
				t.Errorf("error %q", err)
			}
			return
		}
		m.Run()
	})
}
