package policy_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"whisker/controller"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/sim"
)

// rat opens the simulated rat and a reference of two seconds.
func rat(t testing.TB, kind motion.Kind) (*sim.Robot, *motion.Clip, *policy.Reference) {
	t.Helper()
	return ratOf(t, sim.Options{}, kind)
}

func ratOf(t testing.TB, o sim.Options, kind motion.Kind) (*sim.Robot, *motion.Clip, *policy.Reference) {
	t.Helper()
	r, err := sim.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	k := r.Kinematics()
	clip, err := motion.Synthesize(k, r.Body(), motion.Spec{Kind: kind, Seed: 3, Seconds: 2, Speed: 0.15})
	if err != nil {
		t.Fatal(err)
	}
	ref, err := policy.NewReference(r.Body(), clip, k)
	if err != nil {
		t.Fatal(err)
	}
	return r, clip, ref
}

// untrained is a policy file with random weights.
func untrained(b *controller.Body) *policy.File {
	rng := rand.New(rand.NewPCG(1, 1))
	f := &policy.File{Contract: policy.NewContract(b)}
	noise := func(n int, k float32) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = k * float32(rng.NormFloat64())
		}
		return x
	}
	dense := func(name string, in, out int, act string) policy.Layer {
		return policy.Layer{Name: name, Kind: "dense", In: in, Out: out, Activation: act, W: noise(in*out, 0.05), B: noise(out, 0.05)}
	}
	obs, body, n := f.Contract.Layout.Size(), f.Contract.Layout.BodySize(), len(b.Actuators)
	f.Network = policy.Network{
		Mean: noise(obs, 0.1), Std: make([]float32, obs), Clip: 5, Latent: 6,
		Encoder: []policy.Layer{dense("encoder_1", obs, 32, "elu"), dense("encoder_2", 32, 12, "")},
		Decoder: []policy.Layer{dense("decoder_1", 6+body, 16, "tanh"), dense("decoder_2", 16, n, "")},
	}
	for i := range f.Network.Std {
		f.Network.Std[i] = 1
	}
	return f
}

// recurrent replaces the decoder's first layer by an LSTM.
func recurrent(f *policy.File) *policy.File {
	d := &f.Network.Decoder[0]
	d.Kind, d.Activation = "lstm", ""
	w := make([]float32, 4*d.Out*d.In)
	for i := range w {
		w[i] = d.W[i%len(d.W)]
	}
	d.W, d.U, d.B = w, make([]float32, 4*d.Out*d.Out), make([]float32, 4*d.Out)
	for i := range d.U {
		d.U[i] = 0.1
	}
	return f
}

func encode(t testing.TB, f *policy.File) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
