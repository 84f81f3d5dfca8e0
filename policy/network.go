package policy

import (
	"fmt"
	"math"

	"whisker/policy/nn"
)

// Layer is one layer of a network. A dense layer is activation(W x + B). An LSTM
// has gates in the order i, o, f, c, as in ONNX: W has 4 Out rows of In, U has
// 4 Out rows of Out, B has 4 Out entries (input and recurrent biases added).
type Layer struct {
	Name       string    `json:"name"`
	Kind       string    `json:"kind"` // "dense" or "lstm"
	In         int       `json:"in"`
	Out        int       `json:"out"`
	Activation string    `json:"activation,omitempty"` // of a dense layer; none is "identity"
	W          []float32 `json:"-"`
	U          []float32 `json:"-"`
	B          []float32 `json:"-"`
}

// Network holds the weights: an encoder from the normalised observation to the
// mean and the raw sigma of the latent intention, and a decoder from latent and
// normalised proprioception to one number per actuator.
type Network struct {
	// Mean and Std normalise an observation; normalised values are held within
	// Clip of zero.
	Mean    []float32 `json:"-"`
	Std     []float32 `json:"-"`
	Clip    float32   `json:"clip"`
	Latent  int       `json:"latent"`
	Encoder []Layer   `json:"encoder"`
	Decoder []Layer   `json:"decoder"`
}

// Sigma is the standard deviation of a latent unit for the encoder's raw output,
// between 0.01 and 1, as in the virtual rodent (Aldarondo et al. 2024).
func Sigma(raw float32) float32 {
	return 0.01 + 0.99/(1+float32(math.Exp(-float64(raw))))
}

// sizes are the lengths of W, U and B that the layer's shape asks for.
func (l *Layer) sizes() (w, u, b int) {
	if l.Kind == "lstm" {
		return 4 * l.Out * l.In, 4 * l.Out * l.Out, 4 * l.Out
	}
	return l.Out * l.In, 0, l.Out
}

// check says what is wrong with the layer alone.
func (l *Layer) check() error {
	if l.In < 1 || l.Out < 1 || l.In > maxWidth || l.Out > maxWidth {
		return fmt.Errorf("policy: layer %s of %d inputs and %d outputs, want 1 to %d", l.Name, l.In, l.Out, maxWidth)
	}
	if l.Kind != "dense" && (l.Kind != "lstm" || l.Activation != "") {
		return fmt.Errorf("policy: layer %s is of kind %q with activation %q, want dense, or lstm without activation", l.Name, l.Kind, l.Activation)
	}
	_, err := activation(l.Activation)
	return err
}

// check says what does not fit in the network for observations of size obs, of
// which the first body numbers are proprioception, and for actuators outputs.
func (n *Network) check(obs, body, actuators int) error {
	if len(n.Mean) != obs || len(n.Std) != obs {
		return fmt.Errorf("policy: normaliser of %d means and %d deviations for an observation of %d", len(n.Mean), len(n.Std), obs)
	}
	for i, s := range n.Std {
		if !(s > 0) {
			return fmt.Errorf("policy: normaliser: deviation %d is %g, want a positive one", i, s)
		}
	}
	if n.Latent < 1 || len(n.Encoder) == 0 || len(n.Decoder) == 0 || !(n.Clip > 0) {
		return fmt.Errorf("policy: network with latent %d, clip %g, %d encoder and %d decoder layers; all must be positive", n.Latent, n.Clip, len(n.Encoder), len(n.Decoder))
	}
	if err := chain("encoder", n.Encoder, obs, 2*n.Latent); err != nil {
		return err
	}
	return chain("decoder", n.Decoder, n.Latent+body, actuators)
}

func chain(what string, layers []Layer, in, out int) error {
	for i := range layers {
		l := &layers[i]
		if err := l.check(); err != nil {
			return err
		}
		if l.In != in {
			return fmt.Errorf("policy: %s layer %d (%s) takes %d numbers, want %d", what, i, l.Name, l.In, in)
		}
		if w, u, b := l.sizes(); len(l.W) != w || len(l.U) != u || len(l.B) != b {
			return fmt.Errorf("policy: %s layer %d (%s) has %d, %d and %d weights, want %d, %d and %d", what, i, l.Name, len(l.W), len(l.U), len(l.B), w, u, b)
		}
		in = l.Out
	}
	if in != out {
		return fmt.Errorf("policy: %s gives %d numbers, want %d", what, in, out)
	}
	return nil
}

// layer packs l for running.
func (l *Layer) layer() (nn.Layer, error) {
	act, err := activation(l.Activation)
	if err != nil {
		return nil, err
	}
	if l.Kind == "lstm" {
		return nn.NewLSTM(l.In, l.Out, l.W, l.U, l.B), nil
	}
	return nn.NewDense(l.In, l.Out, l.W, l.B, act), nil
}

func activation(name string) (nn.Activation, error) {
	if name == "" {
		return nn.Identity, nil
	}
	for _, a := range []nn.Activation{nn.ReLU, nn.ELU, nn.Tanh, nn.Sigmoid, nn.SiLU, nn.Softplus} {
		if a.String() == name {
			return a, nil
		}
	}
	return 0, fmt.Errorf("policy: activation %q, want relu, elu, tanh, sigmoid, silu, softplus or none", name)
}
