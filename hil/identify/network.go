package identify

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"

	"whisker/policy/nn"
)

// Network is what a joint's motor gives beyond its law, as a function of what it
// went through: the second model of an actuator (Hwangbo et al. 2019, Science
// Robotics, "Learning agile and dynamic motor skills for legged robots", whose
// network gives all of the torque). Its inputs are the error of position and the
// speed now and one and two periods ago, over their scales. A motor without stiffness
// holds no position, and its network gives nothing.
type Network struct {
	Period float64 `yaml:"period_s" json:"period_s"`
	Error  float64 `yaml:"error_scale_rad" json:"error_scale_rad"`
	Speed  float64 `yaml:"speed_scale_rad_s" json:"speed_scale_rad_s"`
	Torque float64 `yaml:"torque_scale_nm" json:"torque_scale_nm"`
	// MostError and MostSpeed are the largest of the logs that it learned from; 0 is
	// not known. Beyond them it guesses.
	MostError float64 `yaml:"error_most_rad,omitempty" json:"error_most_rad,omitempty"`
	MostSpeed float64 `yaml:"speed_most_rad_s,omitempty" json:"speed_most_rad_s,omitempty"`
	// RMSE is that of the replay with the network, on the logs of the fit, rad.
	RMSE float64 `yaml:"rmse_rad" json:"rmse_rad"`
	// Weights are those of two layers of 32 tanh units and one of output, as base64 of
	// little-endian float32: per layer the weights, a row an output, then the biases.
	Weights string `yaml:"weights" json:"weights"`
}

const (
	history = 3           // samples of error and of speed
	inputs  = 2 * history // errors, newest first, then speeds
	units   = 32
)

var layers = [...]struct {
	name    string
	in, out int
	act     nn.Activation
}{{"first", inputs, units, nn.Tanh}, {"second", units, units, nn.Tanh}, {"torque", units, 1, nn.Identity}}

// setWeights stores what a network learned.
func (n *Network) setWeights(w []float32) {
	b := make([]byte, 0, 4*len(w))
	for _, x := range w {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	n.Weights = base64.StdEncoding.EncodeToString(b)
}

// Numbers are the weights of a network of OpenBody's, in their order.
func (n *Network) Numbers() []float32 {
	w, err := n.numbers()
	if err != nil {
		panic("identify: " + err.Error()) // checked when it was opened
	}
	return w
}

func (n *Network) numbers() ([]float32, error) {
	b, err := base64.StdEncoding.DecodeString(n.Weights)
	if err != nil {
		return nil, fmt.Errorf("weights are no base64: %w", err)
	}
	size := 0
	for _, l := range layers {
		size += l.in*l.out + l.out
	}
	if len(b) != 4*size {
		return nil, fmt.Errorf("weights are %d bytes, want those of %d numbers", len(b), size)
	}
	w := make([]float32, size)
	for i := range w {
		w[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		if w[i]-w[i] != 0 {
			return nil, fmt.Errorf("weight %d is %g, want a number", i, w[i])
		}
	}
	return w, nil
}

// open makes the network that the weights are of.
func (n *Network) open() (*nn.Net, error) {
	w, err := n.numbers()
	if err != nil {
		return nil, err
	}
	var stack []nn.Named
	for _, l := range layers {
		k := l.in * l.out
		stack = append(stack, nn.Named{Name: l.name, Layer: nn.NewDense(l.in, l.out, w[:k], w[k:k+l.out], l.act)})
		w = w[k+l.out:]
	}
	return nn.NewNet(stack...)
}

// check finds what no replay can use.
func (n *Network) check() error {
	for _, x := range [...]float64{n.Period, n.Error, n.Speed, n.Torque} {
		if !(x > 0) || math.IsInf(x, 1) {
			return fmt.Errorf("period and scales are %g s, %g rad, %g rad/s and %g N·m, want more than 0", n.Period, n.Error, n.Speed, n.Torque)
		}
	}
	for _, x := range [...]float64{n.MostError, n.MostSpeed} {
		if !(x >= 0) || math.IsInf(x, 1) {
			return fmt.Errorf("the largest error and speed are %g rad and %g rad/s, want 0 or more", n.MostError, n.MostSpeed)
		}
	}
	_, err := n.open()
	return err
}

// past is what a motor went through: errors, newest first, then speeds, over their
// scales.
type past [inputs]float32

// see takes the present of a walk at a sample.
func (x *past) see(n *Network, w *walk, first bool) {
	p := w.p
	e := float32((p[RestGain]*w.t.cmd[w.cmd.i] + p[RestOffset] - w.q - p[Offset]) / n.Error)
	v := float32(w.v / n.Speed)
	for k := history - 1; k > 0; k-- {
		x[k], x[history+k] = x[k-1], x[history+k-1]
	}
	x[0], x[history] = e, v
	if first {
		for k := 1; k < history; k++ {
			x[k], x[history+k] = e, v
		}
	}
}

// memory is a network in the middle of a replay. It looks once a period and holds
// its torque until it looks again.
type memory struct {
	*Network
	net  *nn.Net
	past past
	seen bool
	last float64 // s
	held float64 // N·m
}

// memory begins a replay with a network that check has passed; of a log that is too
// slow for it, it says so.
func (n *Network) memory(l *Log) (*memory, error) {
	steps := make([]float64, len(l.Time)-1)
	for i := range steps {
		steps[i] = l.Time[i+1] - l.Time[i]
	}
	if m := median(steps); m > 1.5*n.Period {
		return nil, fmt.Errorf("a sample every %.3g s, want at most %.3g s: that of the network", m, 1.5*n.Period)
	}
	net, err := n.open()
	return &memory{Network: n, net: net}, err
}

// torque is what the motor gives beyond its law from sample i on, N·m.
func (m *memory) torque(w *walk, i int) float64 {
	t := w.t.time[i]
	if m.seen && t-m.last < 0.75*m.Period {
		return m.held
	}
	m.past.see(m.Network, w, !m.seen)
	m.seen, m.last = true, t
	m.held = m.Torque * float64(m.net.Run(m.past[:])[0])
	return m.held
}
