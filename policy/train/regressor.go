package train

import (
	"math/rand/v2"

	"whisker/policy/nn"
)

// Regressor is a network of tanh layers with its optimiser, for whoever knows the
// derivative of an error by the network's outputs: an actuator's model that is
// fitted through replays. One goroutine uses it.
type Regressor struct {
	net     mlp
	weights []float32
	grad    []float32
	pass    *pass
	adam    *adam
}

// NewRegressor makes a network whose outputs are near 0 at first, for at most rows
// rows at a time.
func NewRegressor(in int, hidden []int, out, rows int, seed uint64) *Regressor {
	r := &Regressor{net: newMLP(in, hidden, out, nn.Tanh)}
	n := r.net.size()
	r.weights, r.grad, r.adam = make([]float32, n), make([]float32, n), newAdam(n)
	r.net.start(r.weights, 0.01, rand.New(rand.NewPCG(seed, 5)))
	r.pass = newPass(r.net, rows, nn.NewGemm())
	return r
}

// Weights are all parameters: per layer the weights, out rows of in, and then the
// biases. The slice is the network's own.
func (r *Regressor) Weights() []float32 { return r.weights }

// Forward runs rows of inputs; the outputs are good until the next call.
func (r *Regressor) Forward(x []float32, rows int) []float32 {
	return r.pass.forward(r.weights, x, rows)
}

// Backward adds up the gradient of an error whose derivative by the outputs of the
// last Forward is dy, and returns that by its inputs, good until the next call.
func (r *Regressor) Backward(dy []float32) []float32 {
	return r.pass.backward(r.weights, r.grad, dy, true)
}

// Step moves the weights against the gradient that Backward added up, held below a
// length of clip, and begins a new one.
func (r *Regressor) Step(rate, clip float64) {
	r.adam.step(r.weights, r.grad, rate, clip)
	clear(r.grad)
}
