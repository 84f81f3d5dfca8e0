package train

import "math"

// normClip bounds normalised observations.
const normClip = 5

// normaliser scales observations by mean and deviation. It learns from the first
// observations and is then fixed: a moving one made policies forget.
type normaliser struct {
	Mean, Std []float32
	Fixed     bool
	N         float64
	Sum, Sq   []float64
}

func newNormaliser(n int) *normaliser {
	m := &normaliser{Mean: make([]float32, n), Std: make([]float32, n), Sum: make([]float64, n), Sq: make([]float64, n)}
	for i := range m.Std {
		m.Std[i] = 1
	}
	return m
}

func (m *normaliser) add(x []float32) {
	m.N++
	for i, v := range x {
		m.Sum[i] += float64(v)
		m.Sq[i] += float64(v) * float64(v)
	}
}

// fix sets Mean and Std from what was added. Deviations are at least 0.005: an
// entry that hardly moved must not become loud later.
func (m *normaliser) fix() {
	for i := range m.Mean {
		mean := m.Sum[i] / m.N
		m.Mean[i] = float32(mean)
		m.Std[i] = float32(max(0.005, math.Sqrt(max(0, m.Sq[i]/m.N-mean*mean))))
	}
	m.Fixed = true
}

func (m *normaliser) apply(dst, x []float32) {
	for i, v := range x {
		dst[i] = max(-normClip, min(normClip, (v-m.Mean[i])/m.Std[i]))
	}
}
