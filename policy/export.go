package policy

import (
	"encoding/json"
	"fmt"

	"whisker/policy/onnx"
)

// ONNX writes the network as an ONNX model. Input "observation" is raw, as the
// contract lays it out; output "action" is one number per actuator, before the
// action's scale; the latent is at its mean. An LSTM layer adds inputs
// "<layer>_h_in" and "<layer>_c_in" and outputs "<layer>_h" and "<layer>_c". The
// contract travels as JSON in the metadata.
func (f *File) ONNX() ([]byte, error) {
	if err := f.valid(); err != nil {
		return nil, err
	}
	contract, err := json.Marshal(f.Contract)
	if err != nil {
		return nil, fmt.Errorf("policy: contract: %w", err)
	}
	n, obs := &f.Network, len(f.Network.Mean)
	b := onnx.NewBuilder("policy")
	b.Producer = "whisker"
	b.Metadata["whisker_contract"] = string(contract)
	g := exporter{b}
	x := b.Input("observation", 1, obs)
	x = b.Node("Sub", "centred", []string{x, b.Tensor("mean", n.Mean, 1, obs)})
	x = b.Node("Div", "scaled", []string{x, b.Tensor("std", n.Std, 1, obs)})
	x = b.Node("Clip", "normalised", []string{x, b.Tensor("low", []float32{-n.Clip}), b.Tensor("high", []float32{n.Clip})})
	h := g.layers(n.Encoder, x)
	z := g.head(h, "latent", n.Latent)
	body := g.head(x, "proprioception", f.Contract.Layout.BodySize())
	z = b.Node("Concat", "decoder_input", []string{z, body}, onnx.Attr{Name: "axis", Value: 1})
	b.Output(b.Node("Identity", "action", []string{g.layers(n.Decoder, z)}))
	data, err := b.Encode()
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return data, nil
}

// exporter adds layers to a model.
type exporter struct{ b *onnx.Builder }

// head is the first n columns of x.
func (g exporter) head(x, name string, n int) string {
	b := g.b
	return b.Node("Slice", name, []string{x, b.Ints(name+"_from", 0), b.Ints(name+"_to", n), b.Ints(name+"_axis", 1)})
}

func (g exporter) layers(layers []Layer, x string) string {
	for i := range layers {
		if layers[i].Kind == "lstm" {
			x = g.lstm(&layers[i], x)
		} else {
			x = g.dense(&layers[i], x)
		}
	}
	return x
}

func (g exporter) dense(l *Layer, x string) string {
	b := g.b
	w, bias := b.Tensor(l.Name+"_w", l.W, l.Out, l.In), b.Tensor(l.Name+"_b", l.B, l.Out)
	linear := func(name string) string {
		return b.Node("Gemm", name, []string{x, w, bias}, onnx.Attr{Name: "transB", Value: 1})
	}
	switch l.Activation {
	case "":
		return linear(l.Name)
	case "silu":
		y := linear(l.Name + "_linear")
		return b.Node("Mul", l.Name, []string{y, b.Node("Sigmoid", l.Name+"_gate", []string{y})})
	}
	op := map[string]string{"relu": "Relu", "elu": "Elu", "tanh": "Tanh", "sigmoid": "Sigmoid", "softplus": "Softplus"}[l.Activation]
	return b.Node(op, l.Name, []string{linear(l.Name + "_linear")})
}

func (g exporter) lstm(l *Layer, x string) string {
	b, n := g.b, l.Out
	bias := append(append([]float32(nil), l.B...), make([]float32, 4*n)...) // input and recurrent
	in := []string{
		b.Node("Reshape", l.Name+"_in", []string{x, b.Ints(l.Name+"_in_shape", 1, 1, l.In)}),
		b.Tensor(l.Name+"_w", l.W, 1, 4*n, l.In), b.Tensor(l.Name+"_u", l.U, 1, 4*n, n), b.Tensor(l.Name+"_b", bias, 1, 8*n),
		"", b.Input(l.Name+"_h_in", 1, 1, n), b.Input(l.Name+"_c_in", 1, 1, n),
	}
	b.Nodes("LSTM", l.Name+"_lstm", in, []string{"", l.Name + "_h", l.Name + "_c"}, onnx.Attr{Name: "hidden_size", Value: n})
	b.Output(l.Name + "_h")
	b.Output(l.Name + "_c")
	return b.Node("Reshape", l.Name, []string{l.Name + "_h", b.Ints(l.Name+"_shape", 1, n)})
}
