package policy

import (
	"fmt"
	"slices"

	"whisker/policy/nn"
)

// Inference runs a Network on one observation at a time, without allocating.
// One goroutine uses it.
type Inference struct {
	net              *Network
	encoder, decoder *nn.Net
	x                []float32 // normalised observation
	z                []float32 // latent, then normalised proprioception
	zero             bool
}

// NewInference packs n for running; body is the number of proprioceptive
// entries at the head of an observation.
func NewInference(n *Network, body int) (*Inference, error) {
	enc, err := stack(n.Encoder)
	if err != nil {
		return nil, err
	}
	dec, err := stack(n.Decoder)
	if err != nil {
		return nil, err
	}
	return &Inference{net: n, encoder: enc, decoder: dec, x: make([]float32, len(n.Mean)), z: make([]float32, n.Latent+body)}, nil
}

func stack(layers []Layer) (*nn.Net, error) {
	var named []nn.Named
	for i := range layers {
		l, err := layers[i].layer()
		if err != nil {
			return nil, err
		}
		named = append(named, nn.Named{Name: layers[i].Name, Layer: l})
	}
	net, err := nn.NewNet(named...)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return net, nil
}

// Run computes the output, one number per actuator, for an observation. eps is
// the latent noise, in units of each latent's sigma; nil means none. The result
// is valid until the next Run.
func (in *Inference) Run(obs, eps []float32) []float32 {
	n := in.net
	for i, v := range obs {
		in.x[i] = max(-n.Clip, min(n.Clip, (v-n.Mean[i])/n.Std[i]))
	}
	h := in.encoder.Run(in.x)
	z := in.z[:n.Latent]
	for i := range z {
		z[i] = h[i]
		if eps != nil {
			z[i] += Sigma(h[n.Latent+i]) * eps[i]
		}
	}
	if in.zero {
		clear(z)
	}
	copy(in.z[n.Latent:], in.x)
	return in.decoder.Run(in.z)
}

// Reset forgets the state of recurrent layers.
func (in *Inference) Reset() {
	in.encoder.Reset()
	in.decoder.Reset()
}

// Layers names the layers in the order in which they run; "latent" is the
// intention between encoder and decoder.
func (in *Inference) Layers() []string {
	return slices.Concat(in.encoder.Names(), []string{"latent"}, in.decoder.Names())
}

// Activation is what the named layer gave in the last Run, nil for an unknown
// name. The slice stays the same for the life of in.
func (in *Inference) Activation(layer string) []float32 {
	if layer == "latent" {
		return in.z[:in.net.Latent]
	}
	if a := in.encoder.Activation(layer); a != nil {
		return a
	}
	return in.decoder.Activation(layer)
}

// Scale multiplies the units of a layer by gain from the next Run on; a gain of 0
// silences a unit, a nil slice ends the scaling.
func (in *Inference) Scale(layer string, gain []float32) error {
	net := in.decoder
	if slices.Contains(in.encoder.Names(), layer) {
		net = in.encoder
	}
	if err := net.Scale(layer, gain); err != nil {
		return fmt.Errorf("policy: layers are %v: %w", in.Layers(), err)
	}
	return nil
}

// ZeroLatent replaces the latent by zeros, so that the decoder knows nothing of
// the reference.
func (in *Inference) ZeroLatent(on bool) { in.zero = on }
