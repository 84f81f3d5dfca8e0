package onnx

import (
	"bytes"
	"encoding/binary"
	"math"
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
		`node "n" (Einsum): this operator is not supported`:     func(b *Builder) { b.Node("Einsum", "n", []string{x(b)}) },
		`node "n" (Relu): attribute "slope" is not supported`:   func(b *Builder) { b.Node("Relu", "n", []string{x(b)}, Attr{"slope", 3}) },
		`attribute "axis" has type 1, expected 2`:               func(b *Builder) { b.Node("Flatten", "n", []string{x(b)}, Attr{"axis", float32(1)}) },
		`shapes [1 3] and [4 5] do not fit`:                     func(b *Builder) { b.Node("MatMul", "n", []string{x(b), b.Input("y", 4, 5)}) },
		`node "n" (Add): shapes [1 3] and [2] do not fit`:       func(b *Builder) { b.Node("Add", "n", []string{x(b), b.Input("y", 2)}) },
		`input 1 is missing`:                                    func(b *Builder) { b.Node("Add", "n", []string{x(b)}) },
		`axis 2, expected -2 to 1`:                              func(b *Builder) { b.Node("Concat", "n", []string{x(b)}, Attr{"axis", 2}) },
		`input "y" is computed, expected a constant`:            func(b *Builder) { b.Node("Reshape", "n", []string{x(b), b.Input("y", 2)}) },
		`shape [2 2] has 4 values, the input has 3`:             func(b *Builder) { b.Node("Reshape", "n", []string{x(b), b.Ints("s", 2, 2)}) },
		`cast to string, expected floats, int32, int64 or bool`: func(b *Builder) { b.Node("Cast", "n", []string{x(b)}, Attr{"to", 8}) },
		`direction "reverse", expected forward`:                 func(b *Builder) { lstmWith(b, Attr{"direction", "reverse"}) },
		`node "n" (LSTM): attribute "clip" is not supported`:    func(b *Builder) { lstmWith(b, Attr{"clip", float32(1)}) },
		`hidden_size 3, but R has shape [1 8 2]`:                func(b *Builder) { lstmWith(b, Attr{"hidden_size", 3}) },
		`integers and floats together`:                          func(b *Builder) { b.Node("Add", "n", []string{x(b), b.Ints("i", 1)}) },
		`integer division by zero`:                              func(b *Builder) { b.Node("Div", "n", []string{b.Ints("i", 1), b.Ints("j", 0)}) },
		`integer 16777217, expected at most 2^24`:               func(b *Builder) { b.Ints("i", 1<<24+1) },
		`operator set 6, expected 7 or newer`:                   func(b *Builder) { b.Opset = 6; b.Node("Relu", "n", []string{x(b)}) },
		`the graph computes more than 1048576 values`:           func(b *Builder) { b.Input("huge", 1<<11, 1<<10) },
		`input "x": element type int64, expected floats`:        func(b *Builder) { x(b); b.graph.inputs[0].elem = elemInt64 },
		`node "n" (Relu): operators of domain "com.microsoft" are not supported`: func(b *Builder) {
			b.Output(b.Node("Relu", "n", []string{x(b)}))
			b.graph.nodes[0].domain = "com.microsoft"
		},
		`node "n" (Relu): input "later" is computed by no earlier node`: func(b *Builder) { b.names["later"] = true; b.Node("Relu", "n", []string{"later"}) },
		`output "later" is computed by no node`:                         func(b *Builder) { x(b); b.names["later"] = true; b.Output("later") },
		`the name "x" is empty or defined twice`:                        func(b *Builder) { x(b); b.names["x"] = false; x(b) },
		`graph: no outputs`:                                             func(b *Builder) { x(b) },
		`declared shape [5], computed [1 3]`:                            func(b *Builder) { x(b); b.Output("x"); b.graph.outputs[0].dims = []int64{5} },
		`tensor "w": element type string, expected float32`:             func(b *Builder) { b.Tensor("w", nil, 0); b.graph.tensors[0].elem = 8 },
		`axis 1 of [1 3] does not split into 2 equal parts`:             func(b *Builder) { b.Nodes("Split", "n", []string{x(b)}, []string{"p", "q"}, Attr{"axis", 1}) },
		`approximate "fast", expected none or tanh`:                     func(b *Builder) { b.Node("Gelu", "n", []string{x(b)}, Attr{"approximate", "fast"}) },
		`perm [0 0] of 2 axes`:                                          func(b *Builder) { b.Node("Transpose", "n", []string{x(b)}, Attr{"perm", []int{0, 0}}) },
		`training_mode must be false`:                                   func(b *Builder) { b.Node("Dropout", "n", []string{x(b), "", b.Ints("t", 1)}) },
		`node "n" (Where): shapes [1 3] and [2] do not fit`: func(b *Builder) {
			b.Node("Where", "n", []string{b.Node("Cast", "c", []string{x(b)}, Attr{"to", elemBool}), "x", b.Input("y", 2)})
		},
		`node "z" (Cast): an integer beyond 2^30`:                                  func(b *Builder) { b.Node("Cast", "z", []string{b.Ints("i", 1<<40)}, Attr{"to", elemFloat}) },
		`node "z" (Add): an integer beyond 2^30`:                                   func(b *Builder) { b.Node("Add", "z", []string{b.Ints("i", 1), b.Ints("j", -1<<40)}) },
		`node "z" (Pow): a power of integers`:                                      func(b *Builder) { b.Node("Pow", "z", []string{b.Ints("i", 9), b.Tensor("e", []float32{0.5})}) },
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

// Weights of other types than float32 are read as what they stand for.
func TestOtherElementTypes(t *testing.T) {
	half := []byte{0x00, 0x3e, 0x00, 0xc0, 0x01, 0x00, 0xff, 0x7b, 0x00, 0xfc} // 1.5, -2, the least, the most, -infinity
	for name, c := range map[string]struct {
		elem int64
		num  protowire.Number
		data []byte
		want []float32
	}{
		"float16 raw":     {elemHalf, 9, half, []float32{1.5, -2, 0x1p-24, 65504, float32(math.Inf(-1))}},
		"float16 in ints": {elemHalf, 5, []byte{0x80, 0x7c, 0x80, 0x80, 0x03}, []float32{1.5, -2}}, // 0x3e00, 0xc000
		"bfloat16":        {elemBrain, 9, []byte{0xc0, 0x3f, 0x00, 0xc0}, []float32{1.5, -2}},
		"float64 raw":     {elemDouble, 9, []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f}, []float32{1.5}},
		"float64":         {elemDouble, 10, []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f}, []float32{1.5}},
		"bool":            {elemBool, 9, []byte{1, 0}, []float32{1, 0}},
		"int32 raw":       {elemInt32, 9, []byte{0xff, 0xff, 0xff, 0xff}, []float32{-1}},
	} {
		b := appendInt(appendInt(nil, 1, int64(len(c.want))), 2, c.elem)
		got, err := decodeTensor(appendMessage(b, c.num, c.data))
		if err == nil {
			err = got.settle(nil)
		}
		if err != nil || !slices.Equal(got.data, c.want) {
			t.Errorf("%s: %v, %v, want %v", name, got.data, err, c.want)
		}
	}
}

// What is wrong with a constant is told with its node's name.
func TestConstantsNameTheirNode(t *testing.T) {
	tensor := appendMessage(appendInt(nil, 2, 14), 9, nil)
	value := appendInt(appendMessage(appendText(nil, 1, "value"), 5, tensor), 20, attrTensor)
	node := appendMessage((&node{name: "seven", op: "Constant", out: []string{"c"}}).encode(), 5, value)
	model := appendMessage(appendMessage(nil, 7, appendMessage(nil, 1, node)), 8, appendInt(nil, 2, 17))
	if _, err := Read("m.onnx", model); err == nil || !strings.Contains(err.Error(), `onnx: m.onnx: node "seven" (Constant): element type complex64, expected float32`) {
		t.Errorf("got %v", err)
	}
}

// entry is a key and a value as external data have them.
func entry(key, value string) []byte { return appendText(appendText(nil, 1, key), 2, value) }

// beside writes a model y = x·w whose weights 2, 3 and 4 begin at byte 4 of another file.
func beside(t *testing.T, location string) (file string) {
	t.Helper()
	w := appendInt(appendInt(appendInt(nil, 1, 3), 1, 1), 2, elemFloat)
	w = appendText(w, 8, "w")
	for key, value := range map[string]string{"location": location, "offset": "4", "length": "12"} {
		w = appendMessage(w, 13, entry(key, value))
	}
	b := NewBuilder("beside")
	x := b.Input("x", 1, 3)
	b.names["w"] = true
	b.Output(b.Node("MatMul", "y", []string{x, "w"}))
	model := appendMessage(appendInt(nil, 1, 8), 7, appendMessage(b.graph.encode(), 5, appendInt(w, 14, 1)))
	model = appendMessage(model, 8, appendInt(appendText(nil, 1, ""), 2, 17))
	file = filepath.Join(t.TempDir(), "model.onnx")
	if err := os.WriteFile(file, model, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestWeightsInAnotherFile(t *testing.T) {
	file := beside(t, "model.onnx.data")
	if _, err := Load(file); err == nil || !strings.Contains(err.Error(), `tensor "w": its data: `) || !strings.Contains(err.Error(), "model.onnx.data") {
		t.Errorf("without the file: %v", err)
	}
	raw := []byte{9, 9, 9, 9}
	for _, v := range []float32{2, 3, 4} {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	other := filepath.Join(filepath.Dir(file), "model.onnx.data")
	write := func(b []byte) {
		if err := os.WriteFile(other, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(raw[:12])
	if _, err := Load(file); err == nil || !strings.Contains(err.Error(), "12 bytes from 4 on") {
		t.Errorf("half the file: %v", err)
	}
	write(raw)
	m, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	copy(m.Input("x"), []float32{1, 10, 100})
	if m.Run(); m.Output("y")[0] != 432 {
		t.Errorf("y = %v, want 432", m.Output("y"))
	}
	raw[5]++
	write(raw)
	if other, err := Load(file); err != nil || other.Hash() == m.Hash() {
		t.Errorf("with other weights it has the same hash, %v", err)
	}
	if _, err := Load(beside(t, "../model.onnx.data")); err == nil || !strings.Contains(err.Error(), "expected a file in the model's folder") {
		t.Errorf("a file elsewhere: %v", err)
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
	for _, list := range [][]small{elementwise(), functions(), layers(), shapes(), policies()} {
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
