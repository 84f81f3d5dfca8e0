package onnx

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A small graph, for one operator in one form.
type small struct {
	name  string
	opset int
	build func(b *Builder, r *rand.Rand)
}

// of makes a graph of one node: inputs x (and y), output z.
func of(op string, opset int, shape []int, attrs ...Attr) small {
	return small{op, opset, func(b *Builder, _ *rand.Rand) {
		b.Output(b.Node(op, "z", []string{b.Input("x", shape...)}, attrs...))
	}}
}

func two(op string, x, y []int) small {
	return small{fmt.Sprint(op, x, y), 17, func(b *Builder, _ *rand.Rand) {
		b.Output(b.Node(op, "z", []string{b.Input("x", x...), b.Input("y", y...)}))
	}}
}

// ints makes a graph of one node that takes lists of integers after x.
func ints(op string, opset int, shape []int, lists [][]int, attrs ...Attr) small {
	return small{fmt.Sprint(op, lists), opset, func(b *Builder, _ *rand.Rand) {
		in := []string{b.Input("x", shape...)}
		for i, l := range lists {
			in = append(in, b.Ints(fmt.Sprint("list", i), l...))
		}
		b.Output(b.Node(op, "z", in, attrs...))
	}}
}

func weighted(op string, x []int, weights [][]int, attrs ...Attr) small {
	return small{fmt.Sprint(op, x, weights, attrs), 17, func(b *Builder, r *rand.Rand) {
		in := []string{b.Input("x", x...)}
		for i, s := range weights {
			in = append(in, b.Tensor(fmt.Sprint("w", i), random(r, size(s)), s...))
		}
		b.Output(b.Node(op, "z", in, attrs...))
	}}
}

func elementwise() []small {
	cases := []small{of("Elu", 17, []int{2, 9}, Attr{"alpha", float32(0.3)}), of("Swish", 24, []int{2, 9}, Attr{"alpha", float32(0.5)}),
		of("Swish", 24, []int{2, 9}), of("Clip", 10, []int{9}, Attr{"min", float32(-0.5)}, Attr{"max", float32(0.7)})}
	for _, op := range []string{"Relu", "Elu", "Tanh", "Sigmoid", "Softplus", "Neg", "Reciprocal", "Identity"} {
		cases = append(cases, of(op, 17, []int{1, 19}), of(op, 17, []int{3}))
	}
	for _, op := range []string{"Add", "Sub", "Mul", "Div"} {
		cases = append(cases, two(op, []int{1, 9}, []int{9}), two(op, []int{1, 9}, []int{1, 1}),
			two(op, []int{}, []int{4}), two(op, []int{3, 1, 5}, []int{4, 1}))
	}
	return append(cases,
		small{"Sqrt and Pow", 17, func(b *Builder, _ *rand.Rand) {
			square := b.Node("Pow", "s", []string{b.Input("x", 1, 7), b.Tensor("two", []float32{2})})
			b.Output(b.Node("Sqrt", "root", []string{square}))
			b.Output(b.Node("Pow", "z", []string{square, b.Tensor("e", []float32{0.7, 1.3, 2.1, 0, 1, 3, 0.5}, 7)}))
		}},
		small{"Clip with inputs", 17, func(b *Builder, _ *rand.Rand) {
			b.Output(b.Node("Clip", "z", []string{b.Input("x", 1, 7), "", b.Tensor("hi", []float32{0.2})}))
		}},
		small{"Cast there and back", 17, func(b *Builder, _ *rand.Rand) {
			whole := b.Node("Cast", "whole", []string{b.Input("x", 9)}, Attr{"to", elemInt64})
			b.Output(b.Node("Cast", "z", []string{whole}, Attr{"to", elemFloat}))
		}},
		small{"Constant", 17, func(b *Builder, _ *rand.Rand) {
			c := b.Node("Constant", "c", nil, Attr{"value_floats", []float32{1, 2, 3}})
			b.Output(b.Node("Mul", "z", []string{b.Input("x", 1, 3), c}))
		}},
		small{"folded integers", 17, func(b *Builder, _ *rand.Rand) {
			n := b.Node("Div", "n", []string{b.Ints("seven", 7), b.Ints("three", 3)})
			shape := b.Node("Concat", "shape", []string{n, b.Ints("open", -1)}, Attr{"axis", 0})
			b.Output(b.Node("Reshape", "z", []string{b.Input("x", 8), shape}))
		}})
}

// functions are operators of one number, of several, and those that compare.
func functions() []small {
	cases := []small{of("Gelu", 20, []int{2, 9}), of("Gelu", 20, []int{9}, Attr{"approximate", "tanh"}), of("LeakyRelu", 17, []int{9}, Attr{"alpha", float32(0.2)}),
		of("Selu", 17, []int{9}, Attr{"alpha", float32(1.5)}, Attr{"gamma", float32(1.2)}), of("HardSigmoid", 17, []int{9}, Attr{"alpha", float32(0.3)}, Attr{"beta", float32(0.4)}),
		of("Celu", 17, []int{9}, Attr{"alpha", float32(0.5)})}
	for _, op := range []string{"Abs", "Exp", "Sin", "Cos", "Erf", "Floor", "Ceil", "Softsign", "HardSwish", "HardSigmoid", "LeakyRelu", "Selu", "Celu", "Mish"} {
		cases = append(cases, of(op, 18, []int{1, 19}))
	}
	for _, op := range []string{"Min", "Max", "Sum"} {
		cases = append(cases, two(op, []int{1, 9}, []int{9}), two(op, []int{3, 1}, []int{1, 4}))
	}
	for _, op := range []string{"Greater", "GreaterOrEqual", "Less", "LessOrEqual"} {
		cases = append(cases, small{op, 17, func(b *Builder, _ *rand.Rand) {
			yes := b.Node(op, "yes", []string{b.Input("x", 2, 3), b.Input("y", 3)})
			no := b.Node("Not", "no", []string{yes})
			both, either := b.Node("And", "both", []string{yes, no}), b.Node("Or", "either", []string{yes, no})
			b.Output(b.Node("Where", "z", []string{yes, "x", "y"}))
			b.Output(b.Node("Where", "q", []string{both, "x", "y"}))
			b.Output(b.Node("Cast", "e", []string{either}, Attr{"to", elemFloat}))
		}})
	}
	return append(cases, two("PRelu", []int{2, 9}, []int{9}),
		small{"Log", 17, func(b *Builder, _ *rand.Rand) {
			b.Output(b.Node("Log", "z", []string{b.Node("Abs", "a", []string{b.Input("x", 9)})}))
		}},
		small{"Cast to bool", 17, func(b *Builder, _ *rand.Rand) {
			some := b.Node("Cast", "some", []string{b.Node("Relu", "r", []string{b.Input("x", 9)})}, Attr{"to", elemBool})
			b.Output(b.Node("Cast", "z", []string{some}, Attr{"to", elemFloat}))
		}})
}

func layers() []small {
	return []small{
		weighted("Gemm", []int{1, 5}, [][]int{{5, 70}, {70}}),
		weighted("Gemm", []int{1, 5}, [][]int{{70, 5}, {1, 70}}, Attr{"transB", 1}, Attr{"alpha", float32(0.3)}, Attr{"beta", float32(2)}),
		weighted("Gemm", []int{1, 5}, [][]int{{5, 7}, {1}}),
		weighted("Gemm", []int{5, 1}, [][]int{{5, 7}}, Attr{"transA", 1}),
		weighted("Gemm", []int{3, 5}, [][]int{{5, 7}, {3, 1}}, Attr{"beta", float32(0.5)}),
		weighted("MatMul", []int{1, 5}, [][]int{{5, 7}}),
		weighted("MatMul", []int{5}, [][]int{{5, 7}}),
		weighted("MatMul", []int{2, 3, 5}, [][]int{{5, 7}}),
		two("Gemm", []int{4, 5}, []int{5, 6}),
		two("MatMul", []int{4, 5}, []int{5, 6}),
		weighted("LayerNormalization", []int{1, 33}, [][]int{{33}, {33}}),
		weighted("LayerNormalization", []int{3, 2, 5}, [][]int{{2, 5}}, Attr{"axis", 1}, Attr{"epsilon", float32(0.1)}),
		weighted("LSTM", []int{1, 1, 5}, [][]int{{1, 32, 5}, {1, 32, 8}, {1, 64}}, Attr{"hidden_size", 8}),
		weighted("LSTM", []int{7, 1, 5}, [][]int{{1, 32, 5}, {1, 32, 8}}, Attr{"hidden_size", 8}, Attr{"direction", "forward"}),
		small{"LSTM with state", 17, lstmGraph},
		small{"LSTM as PyTorch writes it", 17, torchGraph},
		weighted("GRU", []int{4, 1, 5}, [][]int{{1, 24, 5}, {1, 24, 8}, {1, 48}}, Attr{"hidden_size", 8}),
		weighted("GRU", []int{4, 1, 5}, [][]int{{1, 24, 5}, {1, 24, 8}, {1, 48}}, Attr{"hidden_size", 8}, Attr{"linear_before_reset", 1}),
		small{"GRU with state", 17, func(b *Builder, r *rand.Rand) {
			in := []string{b.Input("x", 1, 1, 5), b.Tensor("w", random(r, 120), 1, 24, 5), b.Tensor("r", random(r, 192), 1, 24, 8), "", "", b.Input("h", 1, 1, 8)}
			b.Nodes("GRU", "gru", in, []string{"", "hn"}, Attr{"hidden_size", 8})
			b.Output("hn")
		}},
		weighted("MatMul", []int{1, 1, 5}, [][]int{{1, 5, 7}}),
		of("Softmax", 17, []int{2, 3, 4}), of("Softmax", 17, []int{2, 3, 4}, Attr{"axis", 1}), of("Softmax", 11, []int{2, 3, 4}),
		of("Dropout", 11, []int{1, 9}, Attr{"ratio", float32(0.5)}),
		small{"BatchNormalization", 17, func(b *Builder, r *rand.Rand) {
			in := []string{b.Input("x", 2, 4, 3), b.Tensor("s", random(r, 4), 4), b.Tensor("b", random(r, 4), 4), b.Tensor("m", random(r, 4), 4), b.Tensor("v", []float32{1, 2, 0.5, 0.1}, 4)}
			b.Output(b.Node("BatchNormalization", "z", in, Attr{"epsilon", float32(1e-3)}))
		}},
	}
}

// lstmGraph steps a recurrent net whose state is an input and an output.
func lstmGraph(b *Builder, r *rand.Rand) {
	in := []string{b.Input("x", 1, 1, 5), b.Tensor("w", random(r, 160), 1, 32, 5), b.Tensor("r", random(r, 256), 1, 32, 8), "", "",
		b.Input("h", 1, 1, 8), b.Input("c", 1, 1, 8)}
	b.Nodes("LSTM", "lstm", in, []string{"", "hn", "cn"}, Attr{"hidden_size", 8})
	b.Output("hn")
	b.Output("cn")
}

// torchGraph makes the state of as many zeros as the batch asks for, and takes axes off and on.
func torchGraph(b *Builder, r *rand.Rand) {
	x, zero := b.Input("x", 1, 5), b.Ints("zero", 0)
	batch := b.Node("Slice", "batch", []string{b.Node("Shape", "shape", []string{x}), zero, b.Ints("one", 1)})
	h := b.Node("ConstantOfShape", "h0", []string{b.Node("Concat", "size", []string{"one", batch, b.Ints("hidden", 8)}, Attr{"axis", 0})})
	sequence := b.Node("Transpose", "sequence", []string{b.Node("Unsqueeze", "batched", []string{x, "one"})}, Attr{"perm", []int{1, 0, 2}})
	b.Nodes("LSTM", "lstm", []string{sequence, b.Tensor("w", random(r, 160), 1, 32, 5), b.Tensor("r", random(r, 256), 1, 32, 8), "", "", h, h}, []string{"y"}, Attr{"hidden_size", 8})
	flat := b.Node("Squeeze", "flat", []string{b.Node("Squeeze", "y1", []string{"y", "one"}), zero})
	norm := b.Node("ReduceL2", "norm", []string{flat}, Attr{"axes", []int{1}})
	b.Output(b.Node("Div", "z", []string{flat, b.Node("Expand", "norms", []string{norm, b.Node("Shape", "like", []string{flat})})}))
}

func shapes() []small {
	x := []int{2, 3, 4}
	return []small{
		ints("Reshape", 17, x, [][]int{{0, -1}}), ints("Reshape", 17, x, [][]int{{4, 6}}),
		of("Flatten", 17, x), of("Flatten", 17, x, Attr{"axis", -1}), of("Flatten", 17, x, Attr{"axis", 3}),
		of("Squeeze", 11, []int{1, 3, 1}, Attr{"axes", []int{0}}), ints("Squeeze", 17, []int{1, 3, 1}, [][]int{{-1}}), of("Squeeze", 17, []int{1, 3, 1}),
		of("Unsqueeze", 11, x, Attr{"axes", []int{0, 2}}), ints("Unsqueeze", 17, x, [][]int{{-1}}),
		ints("Slice", 17, x, [][]int{{1}, {1 << 40}, {1}}), ints("Slice", 17, x, [][]int{{-1, 3}, {-100, 0}, {1, 2}, {-1, -2}}),
		ints("Slice", 17, x, [][]int{{0, 1}, {1, -1}}), of("Slice", 9, x, Attr{"starts", []int{1}}, Attr{"ends", []int{3}}, Attr{"axes", []int{2}}),
		ints("Gather", 17, x, [][]int{{2, 0, -1}}, Attr{"axis", 1}),
		of("ReduceMean", 17, x), of("ReduceMean", 17, x, Attr{"axes", []int{-1}}, Attr{"keepdims", 0}), ints("ReduceMean", 18, x, [][]int{{0, 2}}),
		of("ReduceMean", 18, x, Attr{"noop_with_empty_axes", 1}),
		ints("ReduceSum", 17, x, [][]int{{-1}}, Attr{"keepdims", 0}), of("ReduceMax", 17, x, Attr{"axes", []int{1}}), of("ReduceMin", 17, x), of("ReduceL2", 17, x, Attr{"axes", []int{0, 2}}),
		of("Transpose", 17, x), of("Transpose", 17, x, Attr{"perm", []int{1, 2, 0}}), of("Transpose", 17, x, Attr{"perm", []int{0, 2, 1}}),
		ints("Expand", 17, []int{3, 1}, [][]int{{2, 1, 4}}), ints("Expand", 17, []int{2, 3}, [][]int{{1}}),
		small{"Concat", 17, func(b *Builder, r *rand.Rand) {
			b.Output(b.Node("Concat", "z", []string{b.Input("x", 2, 3), b.Tensor("w", random(r, 2), 2, 1), b.Input("y", 2, 2)}, Attr{"axis", -1}))
		}},
		splitInto("Split in equal parts", 11, nil, Attr{"axis", 1}),
		splitInto("Split by input", 17, []int{1, 4, 1}, Attr{"axis", 1}),
		splitInto("Split by number", 18, nil, Attr{"axis", 1}, Attr{"num_outputs", 3}),
		splitInto("Split by attribute", 11, nil, Attr{"axis", 1}, Attr{"split", []int{2, 3, 1}}),
	}
}

func splitInto(name string, opset int, sizes []int, attrs ...Attr) small {
	return small{name, opset, func(b *Builder, _ *rand.Rand) {
		in := []string{b.Input("x", 2, 6)}
		if sizes != nil {
			in = append(in, b.Ints("sizes", sizes...))
		}
		b.Nodes("Split", "split", in, []string{"a", "b", "c"}, attrs...)
		for _, name := range []string{"a", "b", "c"} {
			b.Output(name)
		}
	}}
}

// policies are whole networks, in the forms that exporters give them.
func policies() []small {
	mlp := func(b *Builder, r *rand.Rand, op string) {
		h := b.Input("x", 1, 20)
		for i, n := range []int{20, 70, 33} {
			h = b.Node("MatMul", fmt.Sprint("m", i), []string{h, b.Tensor(fmt.Sprint("w", i), random(r, n*70), n, 70)})
			h = b.Node("Add", fmt.Sprint("a", i), []string{b.Tensor(fmt.Sprint("b", i), random(r, 70), 70), h})
			s := b.Node(op, fmt.Sprint("s", i), []string{h})
			if op == "Sigmoid" {
				s = b.Node("Mul", fmt.Sprint("y", i), []string{h, s})
			}
			h = b.Node("Slice", fmt.Sprint("c", i), []string{s, b.Ints(fmt.Sprint("from", i), 0), b.Ints(fmt.Sprint("to", i), []int{70, 33, 9}[i]), b.Ints(fmt.Sprint("axis", i), 1)})
		}
		b.Output(h)
	}
	return []small{
		{"SiLU net", 17, func(b *Builder, r *rand.Rand) { mlp(b, r, "Sigmoid") }},
		{"tanh net", 17, func(b *Builder, r *rand.Rand) { mlp(b, r, "Tanh") }},
		{"activations after rows and after a norm", 17, func(b *Builder, r *rand.Rand) {
			g := b.Node("Gemm", "g", []string{b.Input("x", 3, 5), b.Tensor("w", random(r, 35), 5, 7), b.Tensor("b", random(r, 7), 7)})
			e := b.Node("Elu", "e", []string{g}, Attr{"alpha", float32(1)})
			n := b.Node("LayerNormalization", "n", []string{e, b.Tensor("gamma", random(r, 7), 7), b.Tensor("beta", random(r, 7), 7)})
			b.Output(b.Node("Sigmoid", "z", []string{n}))
		}},
		{"values read twice stay", 17, func(b *Builder, r *rand.Rand) {
			m := b.Node("MatMul", "m", []string{b.Input("x", 1, 3), b.Tensor("w", random(r, 9), 3, 3)})
			a := b.Node("Add", "a", []string{m, b.Tensor("b", random(r, 3), 3)})
			s := b.Node("Sigmoid", "s", []string{a})
			b.Output(m)
			b.Output(b.Node("Mul", "y", []string{a, s}))
			b.Output(b.Node("Sub", "z", []string{s, m}))
		}},
		{"expanded layer norm", 17, func(b *Builder, r *rand.Rand) {
			x := b.Input("x", 1, 33)
			mean := b.Node("ReduceMean", "mean", []string{x}, Attr{"axes", []int{-1}})
			d := b.Node("Sub", "d", []string{x, mean})
			sq := b.Node("Pow", "sq", []string{d, b.Tensor("two", []float32{2})})
			v := b.Node("ReduceMean", "var", []string{sq}, Attr{"axes", []int{-1}})
			e := b.Node("Add", "e", []string{v, b.Tensor("eps", []float32{1e-5})})
			n := b.Node("Div", "n", []string{d, b.Node("Sqrt", "sd", []string{e})})
			g := b.Node("Mul", "g", []string{n, b.Tensor("gamma", random(r, 33), 33)})
			b.Output(b.Node("Add", "z", []string{g, b.Tensor("beta", random(r, 33), 33)}))
		}},
	}
}

// Every operator, in every form, does what ONNX Runtime does; the same files pass
// the checker of package onnx, so this tests the builder as well.
func TestOperatorsAgreeWithONNXRuntime(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	cases := slices.Concat(elementwise(), functions(), layers(), shapes(), policies())
	dir := t.TempDir()
	var questions []question
	for i, s := range cases {
		b := NewBuilder("small")
		b.Opset = s.opset
		s.build(b, r)
		q := question{Model: filepath.Join(dir, fmt.Sprintf("%d.onnx", i)), Check: true}
		data, err := b.Encode()
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if err := os.WriteFile(q.Model, data, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := Load(q.Model)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		q.Runs = randomRuns(m, r, 5)
		questions = append(questions, q)
	}
	answers := ask(t, questions)
	for kernel, opts := range kinds() {
		for i, s := range cases {
			t.Run(kernel+"/"+s.name, func(t *testing.T) {
				m, err := Load(questions[i].Model, opts...)
				if err != nil {
					t.Fatal(err)
				}
				compare(t, m, questions[i].Runs, answers[i])
				if n := testing.AllocsPerRun(5, m.Run); n != 0 {
					t.Errorf("%g allocations", n)
				}
			})
		}
	}
}

func TestFusionLeavesOneStepPerLayer(t *testing.T) {
	for i, want := range []string{"y0 c0 y1 c1 y2 c2", "s0 c0 s1 c1 s2 c2"} {
		b := NewBuilder("fused")
		policies()[i].build(b, rand.New(rand.NewPCG(1, 2)))
		m, err := Read("fused", b.encode())
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(m.Names(), " "); got != want {
			t.Errorf("steps %s, want %s", got, want)
		}
	}
}
