package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestDenseAgreesWithFloat64(t *testing.T) {
	for name, opts := range kinds() {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, 4))
			for _, s := range [][2]int{{1, 1}, {0, 5}, {3, 16}, {5, 17}, {7, 31}, {60, 512}, {617, 60}, {4, 64}, {33, 112}, {512, 76}, {99, 130}} {
				in, out := s[0], s[1]
				w, b, x, y := random(r, in*out), random(r, out), random(r, in), make([]float32, out)
				NewDense(in, out, w, b, Identity, opts...).Run(y, x)
				for i := range y {
					want, size := float64(b[i]), math.Abs(float64(b[i]))
					for k := range x {
						want += float64(w[i*in+k]) * float64(x[k])
						size += math.Abs(float64(w[i*in+k]) * float64(x[k]))
					}
					if math.Abs(float64(y[i])-want) > 1e-6*size {
						t.Fatalf("%d -> %d: unit %d is %g, want %g", in, out, i, y[i], want)
					}
				}
			}
		})
	}
}

func TestDenseAppliesItsActivationToEveryUnit(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for act := range exact {
		w, x := random(r, 9*109), random(r, 9)
		y, z := make([]float32, 109), make([]float32, 109)
		NewDense(9, 109, w, nil, act).Run(y, x)
		NewDense(9, 109, w, nil, Identity).Run(z, x)
		act.Apply(z)
		if !slices.Equal(y, z) {
			t.Errorf("%v: fused and separate activation differ", act)
		}
	}
}

func TestLayerNorm(t *testing.T) {
	y := make([]float32, 5)
	NewLayerNorm([]float32{1, 1, 1, 1, 2}, []float32{0, 0, 0, 0, 10}, 0, Identity).Run(y, []float32{1, 2, 3, 4, 5})
	s := float32(math.Sqrt(2))
	for i, want := range []float32{-s, -s / 2, 0, s / 2, 2*s + 10} {
		if math.Abs(float64(y[i]-want)) > 1e-6 {
			t.Errorf("element %d is %g, want %g", i, y[i], want)
		}
	}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func TestLSTMAgreesWithItsEquations(t *testing.T) {
	for name, opts := range kinds() {
		r := rand.New(rand.NewPCG(5, 6))
		const in, n = 7, 21
		w, rec, b := random(r, 4*n*in), random(r, 4*n*n), random(r, 4*n)
		l := NewLSTM(in, n, w, rec, b, opts...)
		h, c := make([]float64, n), make([]float64, n)
		for step := range 10 {
			x, y := random(r, in), make([]float32, n)
			l.Run(y, x)
			next := make([]float64, n)
			for j := range n {
				gate := func(g int) float64 {
					s := float64(b[g*n+j])
					for k := range in {
						s += float64(w[(g*n+j)*in+k]) * float64(x[k])
					}
					for k := range n {
						s += float64(rec[(g*n+j)*n+k]) * h[k]
					}
					return s
				}
				c[j] = sigmoid(gate(2))*c[j] + sigmoid(gate(0))*math.Tanh(gate(3))
				next[j] = sigmoid(gate(1)) * math.Tanh(c[j])
				if math.Abs(float64(y[j])-next[j]) > 1e-5 {
					t.Fatalf("%s: step %d unit %d is %g, want %g", name, step, j, y[j], next[j])
				}
			}
			h = next
		}
		l.Reset()
		if hidden, cell := l.State(); slices.Max(hidden) != 0 || slices.Max(cell) != 0 {
			t.Errorf("%s: Reset leaves a state", name)
		}
	}
}

// A net of every kind of layer: 60 -> 130 ELU -> norm, tanh -> LSTM 40 -> 12.
func mixed(t *testing.T, opts ...Option) *Net {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 8))
	small := func(n int) []float32 {
		x := random(r, n)
		for i := range x {
			x[i] *= 0.1
		}
		return x
	}
	n, err := NewNet(
		Named{"first", NewDense(60, 130, small(60*130), small(130), ELU, opts...)},
		Named{"norm", NewLayerNorm(small(130), small(130), 1e-5, Tanh, opts...)},
		Named{"memory", NewLSTM(130, 40, small(4*40*130), small(4*40*40), small(4*40), opts...)},
		Named{"out", NewDense(40, 12, small(40*12), nil, SiLU, opts...)},
	)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestKernelsAgree(t *testing.T) {
	fast, slow := mixed(t), mixed(t, PlainGo())
	r := rand.New(rand.NewPCG(9, 10))
	for range 20 {
		x := random(r, 60)
		want := slow.Run(x)
		for i, got := range fast.Run(x) {
			if math.Abs(float64(got-want[i])) > 1e-6*max(1, math.Abs(float64(want[i]))) {
				t.Fatalf("unit %d: %s gives %g, go gives %g", i, Kernel(), got, want[i])
			}
		}
	}
}

func TestNetIsDeterministicAndResets(t *testing.T) {
	n := mixed(t)
	x := random(rand.New(rand.NewPCG(9, 10)), 60)
	first := slices.Clone(n.Run(x))
	if slices.Equal(first, n.Run(x)) {
		t.Error("the LSTM remembers nothing")
	}
	n.Reset()
	if !slices.Equal(first, n.Run(x)) {
		t.Error("the same input after Reset gives other bits")
	}
}

func TestNetAllocatesNothing(t *testing.T) {
	for name, opts := range kinds() {
		n, x := mixed(t, opts...), make([]float32, 60)
		if allocs := testing.AllocsPerRun(10, func() { n.Run(x) }); allocs != 0 {
			t.Errorf("%s: %g allocations", name, allocs)
		}
	}
}

func TestNetHandsOutEveryActivation(t *testing.T) {
	n := mixed(t)
	if got := fmt.Sprint(n.Names()); got != "[first norm memory out]" {
		t.Errorf("names %s", got)
	}
	y := n.Run(random(rand.New(rand.NewPCG(9, 10)), 60))
	if !slices.Equal(n.Activation("out"), y) {
		t.Error("the last activation is not the output")
	}
	if len(n.Activation("norm")) != 130 || slices.Max(n.Activation("norm")) == 0 {
		t.Error("the activation of the norm is missing")
	}
	if n.Activation("none") != nil {
		t.Error("an activation of a layer that does not exist")
	}
}

func TestScaleLesionsUnits(t *testing.T) {
	n := mixed(t)
	x := random(rand.New(rand.NewPCG(9, 10)), 60)
	intact := slices.Clone(n.Run(x))
	gain := make([]float32, 40)
	for i := range gain {
		gain[i] = 1
	}
	gain[3] = 0
	if err := n.Scale("memory", gain); err != nil {
		t.Fatal(err)
	}
	n.Reset()
	lesioned := slices.Clone(n.Run(x))
	hidden, _ := n.layers[2].Layer.(*LSTM).State()
	if n.Activation("memory")[3] != 0 || hidden[3] != 0 || slices.Equal(intact, lesioned) {
		t.Error("the lesioned unit still speaks")
	}
	if err := n.Scale("memory", nil); err != nil {
		t.Fatal(err)
	}
	n.Reset()
	if !slices.Equal(intact, n.Run(x)) {
		t.Error("a nil gain does not undo the lesion")
	}
}

func TestNetRefuses(t *testing.T) {
	d := func(in, out int) Layer { return NewDense(in, out, make([]float32, in*out), nil, Tanh) }
	for want, layers := range map[string][]Named{
		"at least one layer":                            nil,
		`"b" takes 4 values, but "a" before it gives 3`: {{"a", d(2, 3)}, {"b", d(4, 1)}},
		`two layers are called "a"`:                     {{"a", d(2, 3)}, {"a", d(3, 1)}},
	} {
		if _, err := NewNet(layers...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	n := mixed(t)
	if err := n.Scale("x", nil); err == nil || !strings.Contains(err.Error(), `"first"`) {
		t.Errorf("scaling an unknown layer: %v", err)
	}
	if err := n.Scale("out", []float32{1}); err == nil || !strings.Contains(err.Error(), "12 units") {
		t.Errorf("a gain of the wrong length: %v", err)
	}
}

func TestLayersPanicOnWrongLengths(t *testing.T) {
	for name, f := range map[string]func(){
		"dense":   func() { NewDense(2, 2, make([]float32, 3), nil, Tanh) },
		"bias":    func() { NewDense(2, 2, make([]float32, 4), make([]float32, 1), Tanh) },
		"norm":    func() { NewLayerNorm(make([]float32, 2), nil, 0, Tanh) },
		"lstm":    func() { NewLSTM(2, 2, make([]float32, 16), nil, nil) },
		"run":     func() { NewDense(2, 2, make([]float32, 4), nil, Tanh).Run(make([]float32, 2), make([]float32, 3)) },
		"matrix":  func() { NewMatrix(2, 2, make([]float32, 3)) },
		"net run": func() { mixed(t).Run(make([]float32, 59)) },
	} {
		func() {
			defer func() {
				if msg := fmt.Sprint(recover()); !strings.HasPrefix(msg, "nn: ") {
					t.Errorf("%s: panic %q", name, msg)
				}
			}()
			f()
		}()
	}
}

func BenchmarkNet(b *testing.B) {
	for name, opts := range kinds() {
		b.Run("60-512x3-12/"+name, func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			d := func(in, out int) Layer { return NewDense(in, out, random(r, in*out), random(r, out), ELU, opts...) }
			n, err := NewNet(Named{"1", d(60, 512)}, Named{"2", d(512, 512)}, Named{"3", d(512, 512)}, Named{"4", d(512, 12)})
			if err != nil {
				b.Fatal(err)
			}
			x := random(r, 60)
			for b.Loop() {
				n.Run(x)
			}
		})
	}
}
