package nn

import "fmt"

// An LSTM is one long short-term memory layer (Hochreiter and Schmidhuber 1997,
// with forget gate, without peepholes). It carries its state from run to run.
type LSTM struct {
	gates *Dense
	in    int
	x     []float32 // input, then hidden state
	cell  []float32
	g     []float32 // the gates: in, out, forget, then the new memory
}

// NewLSTM takes weights in ONNX order: gates i, o, f, c stacked, w with 4·hidden rows of in
// columns, r with 4·hidden rows of hidden columns, bias (input plus recurrent; nil is zero) 4·hidden.
func NewLSTM(in, hidden int, w, r, bias []float32, opts ...Option) *LSTM {
	if len(w) != 4*hidden*in || len(r) != 4*hidden*hidden {
		panic(fmt.Sprintf("nn: an LSTM %d -> %d got %d input and %d recurrent weights", in, hidden, len(w), len(r)))
	}
	both := make([]float32, 0, len(w)+len(r))
	for i := range 4 * hidden {
		both = append(both, w[i*in:][:in]...)
		both = append(both, r[i*hidden:][:hidden]...)
	}
	return &LSTM{
		gates: NewDense(in+hidden, 4*hidden, both, bias, Identity, opts...),
		in:    in,
		x:     make([]float32, in+hidden),
		cell:  make([]float32, hidden),
		g:     make([]float32, 4*hidden),
	}
}

// In is the number of inputs.
func (l *LSTM) In() int { return l.in }

// Out is the number of hidden units.
func (l *LSTM) Out() int { return len(l.cell) }

// State is the hidden state and the cell state, to read or to set.
func (l *LSTM) State() (hidden, cell []float32) { return l.x[l.in:], l.cell }

// Reset forgets everything.
func (l *LSTM) Reset() {
	clear(l.x)
	clear(l.cell)
}

// Run advances the state by one step and copies the hidden state to dst.
func (l *LSTM) Run(dst, src []float32) {
	check(l, dst, src)
	copy(l.x, src)
	l.gates.Run(l.g, l.x)
	n, kind := len(l.cell), l.gates.kind
	Sigmoid.apply(kind, l.g[:3*n])
	Tanh.apply(kind, l.g[3*n:])
	in, out, forget, memory := l.g[:n], l.g[n:2*n], l.g[2*n:3*n], l.g[3*n:]
	for i, c := range l.cell {
		l.cell[i] = forget[i]*c + in[i]*memory[i]
	}
	copy(dst, l.cell)
	Tanh.apply(kind, dst)
	hidden := l.x[l.in:]
	for i := range dst {
		dst[i] *= out[i]
		hidden[i] = dst[i]
	}
}
