package onnx_test

import (
	"fmt"

	"whisker/policy/onnx"
)

// A policy of one layer is written, read back and run.
func Example() {
	b := onnx.NewBuilder("policy")
	b.Metadata["rate_hz"] = "50"
	x := b.Input("obs", 1, 3)
	w := b.Tensor("w", []float32{1, 0, 0, 0, 1, 1}, 2, 3)
	h := b.Node("Gemm", "sum", []string{x, w}, onnx.Attr{Name: "transB", Value: 1})
	b.Output(b.Node("Relu", "action", []string{h}))
	file, err := b.Encode()
	if err != nil {
		fmt.Println(err)
		return
	}

	m, err := onnx.Read("policy.onnx", file)
	if err != nil {
		fmt.Println(err)
		return
	}
	copy(m.Input("obs"), []float32{-1, 2, 3})
	m.Run()
	fmt.Println(m.Output("action"), m.Inputs(), m.Metadata)
	// Output: [0 5] [{obs [1 3]}] map[rate_hz:50]
}
