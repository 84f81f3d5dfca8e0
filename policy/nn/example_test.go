package nn_test

import (
	"fmt"

	"whisker/policy/nn"
)

// A batch of two observations through one layer: Y = X·Wᵀ.
func ExampleGemm() {
	x := nn.NewMatrix(2, 3, []float32{1, 2, 3, 4, 5, 6})
	w := nn.NewMatrix(2, 3, []float32{1, 0, 0, 0, 1, 1}) // one row per output
	y := nn.NewMatrix(2, 2, make([]float32, 4))
	nn.NewGemm().Mul(y, 1, x, w.T(), 0)
	fmt.Println(y.Data)
	// Output: [1 5 4 11]
}

// A net of two layers; its hidden activations can be read, and its units lesioned.
func ExampleNet() {
	hidden := nn.NewDense(2, 3, []float32{1, 0, 0, 1, 1, 1}, nil, nn.ReLU)
	out := nn.NewDense(3, 1, []float32{1, 1, 1}, []float32{0.5}, nn.Identity)
	net, err := nn.NewNet(nn.Named{Name: "hidden", Layer: hidden}, nn.Named{Name: "out", Layer: out})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(net.Run([]float32{1, 2}), net.Activation("hidden"))
	if err := net.Scale("hidden", []float32{1, 1, 0}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(net.Run([]float32{1, 2}))
	// Output:
	// [6.5] [1 2 3]
	// [3.5]
}
