package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"

	"whisker/policy/onnx"
)

// networks writes the two networks that are always compared.
func networks(dir string) ([]string, error) {
	first, err := write(filepath.Join(dir, "small 60-512x3-12 elu.onnx"), small())
	if err != nil {
		return nil, err
	}
	second, err := write(filepath.Join(dir, "paper 617-1024x2-60+207-1024x2-38 tanh.onnx"), paper())
	return []string{first, second}, err
}

func write(file string, b builder) (string, error) {
	data, err := b.Encode()
	if err != nil {
		return "", err
	}
	return file, os.WriteFile(file, data, 0o600)
}

// small is a legged robot's policy.
func small() builder {
	b := builder{Builder: onnx.NewBuilder("small"), r: rand.New(rand.NewPCG(1, 2))}
	b.Output(b.layers(b.Input("obs", 1, 60), "Elu", "", 60, 512, 512, 512, 12))
	return b
}

// paper is the rat's network as large as in re-implementations of Aldarondo et al.
// 2024: reference -> latent 60, with proprioception -> 38 actuators.
func paper() builder {
	b := builder{Builder: onnx.NewBuilder("paper"), r: rand.New(rand.NewPCG(3, 4))}
	latent := b.layers(b.Input("reference", 1, 617), "Tanh", "e", 617, 1024, 1024, 60)
	both := b.Node("Concat", "both", []string{latent, b.Input("proprioception", 1, 207)}, onnx.Attr{Name: "axis", Value: 1})
	b.Output(b.Node("Tanh", "action", []string{b.layers(both, "Tanh", "d", 267, 1024, 1024, 38)}))
	return b
}

type builder struct {
	*onnx.Builder
	r *rand.Rand
}

// layers stacks dense layers with an activation between them.
func (b builder) layers(x, act, prefix string, widths ...int) string {
	for i, out := range widths[1:] {
		in := widths[i]
		w, bias := make([]float32, in*out), make([]float32, out)
		for k := range w {
			w[k] = float32(b.r.NormFloat64() / math.Sqrt(float64(in)))
		}
		name := fmt.Sprint(prefix, i)
		x = b.Node("Gemm", name+"g", []string{x, b.Tensor(name+"w", w, out, in), b.Tensor(name+"b", bias, out)}, onnx.Attr{Name: "transB", Value: 1})
		if i < len(widths)-2 {
			x = b.Node(act, name+"a", []string{x})
		}
	}
	return x
}
