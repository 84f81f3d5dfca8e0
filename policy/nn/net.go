package nn

import "fmt"

// A Named layer is a layer of a Net and what it is called.
type Named struct {
	Name string
	Layer
}

// A Net is a stack of layers with the memory between them; one goroutine runs it.
type Net struct {
	layers []Named
	out    [][]float32
	gain   [][]float32
	index  map[string]int
}

// NewNet stacks layers. A width that does not fit the layer before, or a name used
// twice, is an error.
func NewNet(layers ...Named) (*Net, error) {
	if len(layers) == 0 {
		return nil, fmt.Errorf("nn: a net needs at least one layer")
	}
	n := &Net{layers: layers, gain: make([][]float32, len(layers)), index: map[string]int{}}
	for i, l := range layers {
		if i > 0 && layers[i-1].Out() != l.In() {
			return nil, fmt.Errorf("nn: layer %q takes %d values, but %q before it gives %d", l.Name, l.In(), layers[i-1].Name, layers[i-1].Out())
		}
		if _, twice := n.index[l.Name]; twice {
			return nil, fmt.Errorf("nn: two layers are called %q", l.Name)
		}
		n.index[l.Name] = i
		n.out = append(n.out, make([]float32, l.Out()))
	}
	return n, nil
}

// In is the number of inputs.
func (n *Net) In() int { return n.layers[0].In() }

// Out is the number of outputs.
func (n *Net) Out() int { return n.layers[len(n.layers)-1].Out() }

// Names lists the layers from input to output.
func (n *Net) Names() []string {
	names := make([]string, len(n.layers))
	for i, l := range n.layers {
		names[i] = l.Name
	}
	return names
}

// Activation is what the named layer gave in the last Run, after scaling, or nil if
// there is none of that name. The slice stays the same for the life of the net.
func (n *Net) Activation(name string) []float32 {
	if i, ok := n.index[name]; ok {
		return n.out[i]
	}
	return nil
}

// Scale multiplies the named layer's units by gain after the activation, from the
// next Run on: 0 lesions a unit. A nil gain removes the scaling. In an LSTM the
// scaled hidden state is also what the layer remembers.
func (n *Net) Scale(name string, gain []float32) error {
	i, ok := n.index[name]
	if !ok {
		return fmt.Errorf("nn: no layer is called %q; there are %q", name, n.Names())
	}
	if gain != nil && len(gain) != n.layers[i].Out() {
		return fmt.Errorf("nn: layer %q has %d units, the gain has %d values", name, n.layers[i].Out(), len(gain))
	}
	n.gain[i] = gain
	return nil
}

// Reset forgets the state of recurrent layers.
func (n *Net) Reset() {
	for _, l := range n.layers {
		if r, ok := l.Layer.(interface{ Reset() }); ok {
			r.Reset()
		}
	}
}

// Run computes the output for one input. The result is the net's own memory, valid
// until the next Run. Nothing is allocated.
func (n *Net) Run(x []float32) []float32 {
	for i, l := range n.layers {
		y := n.out[i]
		l.Run(y, x)
		if gain := n.gain[i]; gain != nil {
			for j, g := range gain {
				y[j] *= g
			}
			if r, ok := l.Layer.(*LSTM); ok {
				hidden, _ := r.State()
				copy(hidden, y)
			}
		}
		x = y
	}
	return x
}
