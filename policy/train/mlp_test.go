package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"whisker/policy"
	"whisker/policy/nn"
)

func noise(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// differences checks grad against finite differences of loss at some of p.
func differences(t *testing.T, p, grad []float32, loss func() float64, rng *rand.Rand) {
	t.Helper()
	for range 60 {
		i := rng.IntN(len(p))
		const h = 1e-2
		keep := p[i]
		p[i] = keep + h
		up := loss()
		p[i] = keep - h
		down := loss()
		p[i] = keep
		want := (up - down) / (2 * h)
		if got := float64(grad[i]); math.Abs(got-want) > 2e-3+0.02*math.Abs(want) {
			t.Errorf("derivative by parameter %d is %g, finite differences give %g", i, got, want)
		}
	}
}

func TestMLPGradientAgreesWithFiniteDifferences(t *testing.T) {
	for _, act := range []nn.Activation{nn.Tanh, nn.ELU} {
		rng := rand.New(rand.NewPCG(1, 2))
		m := newMLP(7, []int{9, 5}, 3, act)
		params := make([]float32, m.size())
		m.start(params, 1, rng)
		const rows = 6
		x, want := noise(rng, rows*7), noise(rng, rows*3)
		p := newPass(m, rows, nn.NewGemm())
		loss := func() float64 {
			sum := 0.0
			for i, y := range p.forward(params, x, rows) {
				sum += 0.5 * square(float64(y-want[i]))
			}
			return sum
		}
		loss()
		dy := make([]float32, rows*3)
		for i, y := range p.out[2] {
			dy[i] = y - want[i]
		}
		grad := make([]float32, m.size())
		dx := append([]float32(nil), p.backward(params, grad, dy, true)...)
		differences(t, params, grad, loss, rng)
		differences(t, x, dx, loss, rng)
	}
}

// smallActor has 10 inputs, 6 of them of the body, 4 latents, 3 outputs and random weights.
func smallActor(rng *rand.Rand) (*actor, []float32) {
	c := NewConfig()
	c.Latent, c.Encoder, c.Decoder = 4, []int{8}, []int{8}
	a := newActor(10, 6, 3, &c)
	params := make([]float32, a.size())
	enc, dec := a.split(params)
	a.enc.start(enc, 1, rng)
	a.dec.start(dec, 1, rng)
	return a, params
}

func TestActorGradientPassesThroughTheNoisyLatent(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	a, params := smallActor(rng)
	const rows, beta = 5, 0.3
	x, eps, want := noise(rng, rows*10), noise(rng, rows*4), noise(rng, rows*3)
	p := newActorPass(a, rows, nn.NewGemm())
	loss := func() float64 {
		sum := 0.0
		for i, y := range p.forward(params, x, eps, rows) {
			sum += 0.5 * square(float64(y-want[i]))
		}
		return sum + beta*rows*p.kl()
	}
	loss()
	dy := make([]float32, rows*3)
	for i, y := range p.dec.out[1] {
		dy[i] = y - want[i]
	}
	grad := make([]float32, a.size())
	p.backward(params, grad, dy, beta)
	differences(t, params, grad, loss, rng)
}

func TestClippedObjectiveGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	c := NewConfig()
	l := &learner{c: &c, idle: []bool{false, true, false}}
	l.batch = &batch{actuators: 3, act: noise(rng, 6), mean: noise(rng, 6), adv: []float32{0.7, -1.2}}
	const sigma = 0.8
	for at := range 2 {
		mean := append([]float32(nil), l.batch.mean[3*at:3*at+3]...)
		for k := range mean { // a small move, inside the clip
			mean[k] += 0.02 * float32(rng.NormFloat64())
		}
		objective := func() float64 {
			logp, cost := 0.0, 0.0
			for _, k := range []int{0, 2} {
				i := 3*at + k
				now, old := float64(l.batch.act[i]-mean[k]), float64(l.batch.act[i]-l.batch.mean[i])
				logp += (old*old - now*now) / (2 * sigma * sigma)
				cost += 0.5 * c.ActionCost * square(float64(mean[k]))
			}
			return -math.Exp(logp)*float64(l.batch.adv[at]) + cost
		}
		d := make([]float32, 3)
		l.surrogate(mean, d, at, sigma, 1)
		differences(t, mean, d, objective, rng)
		if d[1] != 0 {
			t.Errorf("an idle actuator has the derivative %g, want 0", d[1])
		}
	}
}

func TestSymmetryGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	r, ok := names([]string{"hip_L", "hip_R", "spine_bend"})
	if !ok {
		t.Fatal("no partners")
	}
	const sigma, n, half = 0.5, 10, 2
	l := &learner{c: &Config{Symmetry: 0.7}, idle: make([]bool, 3), mirror: &mirror{act: r}, actor: &actor{act: 3}}
	mean, d := noise(rng, 2*half*3), make([]float32, 2*half*3)
	loss := func() float64 {
		sum, image := 0.0, make([]float32, 3)
		for i := range half {
			r.apply(image, mean[(half+i)*3:(half+i+1)*3])
			for j := range image {
				sum += square(float64(mean[i*3+j] - image[j]))
			}
		}
		return 0.7 * sum / (2 * sigma * sigma * n)
	}
	l.symmetry(mean, d, half, sigma, n)
	differences(t, mean, d, loss, rng)
}

// The trained network and the one that a robot runs are the same function.
func TestActorAgreesWithThePolicyNetwork(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	c := NewConfig()
	a := newActor(30, 20, 8, &c)
	params := make([]float32, a.size())
	enc, dec := a.split(params)
	a.enc.start(enc, 1, rng)
	a.dec.start(dec, 1, rng)
	norm := newNormaliser(30)
	copy(norm.Mean, noise(rng, 30))
	for i := range norm.Std {
		norm.Std[i] = 0.5 + rng.Float32()
	}
	obs := noise(rng, 30)
	x := make([]float32, 30)
	norm.apply(x, obs)
	p := newActorPass(a, 1, nn.NewGemm())
	want := p.forward(params, x, make([]float32, c.Latent), 1)
	net := a.network(params, norm)
	run, err := policy.NewInference(&net, 20)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range run.Run(obs, nil) {
		if math.Abs(float64(v-want[i])) > 1e-5 {
			t.Errorf("output %d is %g in the robot, %g in training", i, v, want[i])
		}
	}
}
