package onnx

import (
	"slices"

	"whisker/policy/nn"
)

// recurrent is what LSTM and GRU have alike: the shapes of a sequence of one batch in one
// direction, with weights of so many gates.
func (c *compiler) recurrent(gates int) (x, w, r, b *value, steps, in, hidden int) {
	x, w, r, b = c.in(0), c.constant(1), c.constant(2), c.constant(3)
	if w == nil || r == nil {
		refuse("weights are missing")
	}
	if c.optional(4) != nil {
		refuse("sequence lengths are not supported")
	}
	if a := c.attr("direction", attrString); a != nil && a.s != "forward" {
		refuse("direction %q, expected forward", a.s)
	}
	if c.attrInt("layout", 0) != 0 {
		refuse("layout must be 0")
	}
	if len(x.shape) != 3 || x.shape[1] != 1 || len(w.shape) != 3 || len(r.shape) != 3 {
		refuse("shapes %v, %v, %v, expected [steps 1 inputs], [1 %d·hidden inputs], [1 %[4]d·hidden hidden]", x.shape, w.shape, r.shape, gates)
	}
	steps, in, hidden = x.shape[0], x.shape[2], r.shape[2]
	if n := c.attrInt("hidden_size", hidden); n != hidden {
		refuse("hidden_size %d, but R has shape %v", n, r.shape)
	}
	if !slices.Equal(w.shape, []int{1, gates * hidden, in}) || !slices.Equal(r.shape, []int{1, gates * hidden, hidden}) || hidden == 0 {
		refuse("weights of shape %v and %v do not fit input %v", w.shape, r.shape, x.shape)
	}
	return x, w, r, b, steps, in, hidden
}

func (c *compiler) lstm() {
	x, w, r, b, steps, in, hidden := c.recurrent(4)
	if c.optional(7) != nil {
		refuse("peepholes are not supported")
	}
	if c.attrInt("input_forget", 0) != 0 {
		refuse("input_forget must be 0")
	}
	cell := nn.NewLSTM(in, hidden, w.data, r.data, c.lstmBias(b, hidden), c.opts...)
	h0, c0 := c.state(5, hidden), c.state(6, hidden)
	y, h, m := c.alloc([]int{steps, 1, 1, hidden}), c.alloc([]int{1, 1, hidden}), c.alloc([]int{1, 1, hidden})
	hiddenState, memory := cell.State()
	c.emit(func() {
		copy(hiddenState, h0)
		copy(memory, c0)
		for t := range steps {
			cell.Run(y.data[t*hidden:][:hidden], x.data[t*in:][:in])
		}
		copy(h.data, hiddenState)
		copy(m.data, memory)
	}, y, h, m)
}

// lstmBias adds the input's and the recurrent bias.
func (c *compiler) lstmBias(b *value, hidden int) []float32 {
	if b == nil {
		return nil
	}
	if len(b.data) != 8*hidden {
		refuse("bias of shape %v, expected [1 %d]", b.shape, 8*hidden)
	}
	sum := make([]float32, 4*hidden)
	add(sum, b.data, b.data[4*hidden:])
	return sum
}

// state is an initial state, zero if it was left out.
func (c *compiler) state(input, hidden int) []float32 {
	v := c.optional(input)
	if v == nil {
		return make([]float32, hidden)
	}
	if len(v.data) != hidden {
		refuse("initial state of shape %v, expected [1 1 %d]", v.shape, hidden)
	}
	return v.data
}

// gru has the gates update, reset and new.
func (c *compiler) gru() {
	x, w, r, b, steps, in, h := c.recurrent(3)
	after := c.attrInt("linear_before_reset", 0) != 0
	bias := make([]float32, 6*h)
	if b != nil {
		if len(b.data) != 6*h {
			refuse("bias of shape %v, expected [1 %d]", b.shape, 6*h)
		}
		bias = b.data
	}
	input := nn.NewDense(in, 3*h, w.data, bias[:3*h], nn.Identity, c.opts...)
	gates := nn.NewDense(h, 2*h, r.data[:2*h*h], bias[3*h:5*h], nn.Identity, c.opts...)
	fresh := nn.NewDense(h, h, r.data[2*h*h:], bias[5*h:], nn.Identity, c.opts...)
	start := c.state(5, h)
	y, last := c.alloc([]int{steps, 1, 1, h}), c.alloc([]int{1, 1, h})
	fromInput, fromState, state, kept := make([]float32, 3*h), make([]float32, 2*h), make([]float32, h), make([]float32, h)
	c.emit(func() {
		copy(state, start)
		for t := range steps {
			input.Run(fromInput, x.data[t*in:][:in])
			gates.Run(fromState, state)
			add(fromState, fromState, fromInput)
			nn.Sigmoid.Apply(fromState, c.opts...)
			update, reset, now := fromState[:h], fromState[h:], y.data[t*h:][:h]
			if after {
				fresh.Run(now, state)
				mul(now, now, reset)
			} else {
				mul(kept, state, reset)
				fresh.Run(now, kept)
			}
			add(now, now, fromInput[2*h:])
			nn.Tanh.Apply(now, c.opts...)
			for i, z := range update {
				now[i] += z * (state[i] - now[i])
			}
			copy(state, now)
		}
		copy(last.data, state)
	}, y, last)
}
