package nn

import "math"

// An Activation is applied to each unit of a layer. NaN goes in, NaN comes out.
type Activation uint8

// The activations. Exp saturates at e^±87; ELU has alpha 1.
const (
	Identity Activation = iota
	ReLU
	ELU
	Tanh
	Sigmoid
	SiLU
	Softplus
	Exp
)

func (a Activation) String() string {
	return [...]string{"identity", "relu", "elu", "tanh", "sigmoid", "silu", "softplus", "exp"}[a]
}

// Apply replaces each x by its activation, to within 4 ulp or 1e-6.
func (a Activation) Apply(x []float32, opts ...Option) { a.apply(choose(opts), x) }

func (a Activation) apply(kind isa, x []float32) {
	if a == Identity {
		return
	}
	whole := len(x) &^ 7
	if whole > 0 && activate(kind, a, x[:whole]) {
		if whole == len(x) {
			return
		}
		var rest [8]float32 // the same bits as in a longer slice
		copy(rest[:], x[whole:])
		activate(kind, a, rest[:])
		copy(x[whole:], rest[:])
		return
	}
	if len(x) < 8 {
		var rest [8]float32
		copy(rest[:], x)
		if activate(kind, a, rest[:]) {
			copy(x, rest[:])
			return
		}
	}
	a.applyGo(x)
}

func (a Activation) applyGo(x []float32) {
	switch a {
	case ReLU:
		for i, v := range x {
			x[i] = max(v, 0)
		}
	case ELU:
		for i, v := range x {
			s, e := expGo(max(min(v, 0), -expLimit))
			x[i] = max(v, 0) + (s*e + (s - 1))
		}
	case Tanh:
		for i, v := range x {
			x[i] = tanhGo(v)
		}
	case Sigmoid:
		for i, v := range x {
			x[i] = 1 / (1 + inverseExp(v))
		}
	case SiLU:
		for i, v := range x {
			x[i] = v / (1 + inverseExp(v))
		}
	case Softplus:
		for i, v := range x {
			x[i] = max(v, 0) + float32(math.Log1p(math.Exp(-math.Abs(float64(v)))))
		}
	case Exp:
		for i, v := range x {
			x[i] = inverseExp(-v)
		}
	}
}

// expLimit keeps 2^n a normal float32 for both signs.
const expLimit = 87

// expGo splits e^x for |x| <= expLimit into s = 2^n and e = e^r - 1 with
// |r| <= ln(2)/2, so that both e^x = s·e + s and e^x - 1 = s·e + (s-1) are exact to
// a few ulp. The seventh-order Taylor polynomial errs by 1.5e-8 of r.
func expGo(x float32) (s, e float32) {
	const (
		round  = 3 << 22     // adding and subtracting rounds to an integer
		ln2Hi  = 0.693359375 // few bits, so n·ln2Hi is exact
		ln2Lo  = -2.12194440054690583e-4
		log2e  = 1.4426950408889634
		c2, c3 = 1.0 / 2, 1.0 / 6
		c4, c5 = 1.0 / 24, 1.0 / 120
		c6, c7 = 1.0 / 720, 1.0 / 5040
	)
	n := float32(x*log2e+round) - round
	r := (x - n*ln2Hi) - n*ln2Lo
	p := ((((c7*r+c6)*r+c5)*r+c4)*r+c3)*r + c2
	return math.Float32frombits(uint32(int32(n)+127) << 23), r*r*p + r
}

// inverseExp is e^-x.
func inverseExp(x float32) float32 {
	s, e := expGo(max(min(-x, expLimit), -expLimit))
	return s*e + s
}

// tanhGo is odd and exact to a few ulp: tanh|x| = -m/(m+2) with m = e^(-2|x|) - 1.
func tanhGo(x float32) float32 {
	sign := math.Float32bits(x) & (1 << 31)
	a := math.Float32frombits(math.Float32bits(x) &^ (1 << 31))
	s, e := expGo(max(-2*a, -expLimit))
	m := s*e + (s - 1)
	t := math.Float32bits(m / (m + 2))
	return math.Float32frombits(t&^(1<<31) | sign)
}
