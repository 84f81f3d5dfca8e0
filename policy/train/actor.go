package train

import (
	"math"
	"math/rand/v2"

	"whisker/policy"
	"whisker/policy/nn"
)

// actor is the trainable form of policy.Network: encoder and decoder parameters
// in one vector.
type actor struct {
	obs, body, latent, act int
	enc, dec               mlp
}

func newActor(obs, body, act int, c *Config) *actor {
	return &actor{
		obs: obs, body: body, latent: c.Latent, act: act,
		enc: newMLP(obs, c.Encoder, 2*c.Latent, hidden),
		dec: newMLP(c.Latent+body, c.Decoder, act, hidden),
	}
}

// hidden is the activation between layers.
const hidden = nn.ELU

func (a *actor) size() int { return a.enc.size() + a.dec.size() }

func (a *actor) split(p []float32) (enc, dec []float32) {
	n := a.enc.size()
	return p[:n], p[n:]
}

// start fills p so that the output is zero and the latent noise small.
func (a *actor) start(p []float32, rng *rand.Rand) {
	enc, dec := a.split(p)
	a.enc.start(enc, 1, rng)
	a.dec.start(dec, 0, rng)
	_, b := a.enc.layer(enc, len(a.enc)-1)
	for i := a.latent; i < 2*a.latent; i++ {
		b[i] = -3
	}
}

// actorPass runs an actor on batches.
type actorPass struct {
	a        *actor
	enc, dec *pass
	z        []float32 // latent and proprioception, per row
	sigma    []float32
	dh       []float32
	eps      []float32
}

func newActorPass(a *actor, rows int, g *nn.Gemm) *actorPass {
	return &actorPass{
		a: a, enc: newPass(a.enc, rows, g), dec: newPass(a.dec, rows, g),
		z: make([]float32, rows*(a.latent+a.body)), sigma: make([]float32, rows*a.latent), dh: make([]float32, rows*2*a.latent),
	}
}

// forward gives the mean action per row, for normalised observations x and
// latent noise eps.
func (p *actorPass) forward(params, x, eps []float32, rows int) []float32 {
	a := p.a
	enc, dec := a.split(params)
	h := p.enc.forward(enc, x, rows)
	p.eps = eps
	width := a.latent + a.body
	for r := range rows {
		hr, zr, er, sr := h[r*2*a.latent:], p.z[r*width:(r+1)*width], eps[r*a.latent:], p.sigma[r*a.latent:]
		sr = sr[:a.latent]
		copy(sr, hr[a.latent:])
		nn.Sigmoid.Apply(sr)
		for i, q := range sr {
			s := 0.01 + 0.99*q // as policy.Sigma
			sr[i] = s
			zr[i] = hr[i] + s*er[i]
		}
		copy(zr[a.latent:], x[r*a.obs:r*a.obs+a.body])
	}
	return p.dec.forward(dec, p.z, rows)
}

// kl is the mean divergence of the last forward's latents from a unit normal, by as many
// of its rows as it takes to tell.
func (p *actorPass) kl() float64 {
	a, sum, rows := p.a, 0.0, min(p.enc.rows, 64)
	h := p.enc.out[len(p.enc.out)-1]
	for r := range rows {
		for i := range a.latent {
			m, s := float64(h[r*2*a.latent+i]), float64(p.sigma[r*a.latent+i])
			sum += 0.5*(m*m+s*s-1) - math.Log(s)
		}
	}
	return sum / float64(rows)
}

// backward adds to grad the derivative for output derivatives dy, plus beta
// times that of the latents' divergence (per row, not averaged).
func (p *actorPass) backward(params, grad, dy []float32, beta float32) {
	a := p.a
	enc, dec := a.split(params)
	gEnc, gDec := a.split(grad)
	dz := p.dec.backward(dec, gDec, dy, true)
	h := p.enc.out[len(p.enc.out)-1]
	width := a.latent + a.body
	for r := range p.enc.rows {
		hr, dr := h[r*2*a.latent:], p.dh[r*2*a.latent:]
		for i := range a.latent {
			s := p.sigma[r*a.latent+i]
			d := dz[r*width+i]
			ds := d*p.eps[r*a.latent+i] + beta*(s-1/s)
			q := (s - 0.01) / 0.99
			dr[i] = d + beta*hr[i]
			dr[a.latent+i] = ds * 0.99 * q * (1 - q)
		}
	}
	p.enc.backward(enc, gEnc, p.dh[:p.enc.rows*2*a.latent], false)
}

// widen fits norm to what is seen now: entries that would be cut off get a larger
// deviation, and the layers that read them weights as much larger, so that the outputs for
// all that was not cut off stay as they are.
func (a *actor) widen(p []float32, norm, seen *normaliser) {
	enc, dec := a.split(p)
	encoder, _ := a.enc.layer(enc, 0)
	decoder, _ := a.dec.layer(dec, 0)
	for i, old := range norm.Std {
		far := math.Hypot(float64(seen.Std[i]), float64(seen.Mean[i]-norm.Mean[i]))
		k := float32(far) / old
		if k <= 1 {
			continue
		}
		norm.Std[i] = k * old
		for row := range a.enc[0].out {
			encoder[row*a.obs+i] *= k
		}
		if width := a.latent + a.body; i < a.body {
			for row := range a.dec[0].out {
				decoder[row*width+a.latent+i] *= k
			}
		}
	}
}

// network copies the parameters into a policy's form.
func (a *actor) network(p []float32, norm *normaliser) policy.Network {
	enc, dec := a.split(p)
	return policy.Network{
		Mean: append([]float32(nil), norm.Mean...), Std: append([]float32(nil), norm.Std...), Clip: normClip, Latent: a.latent,
		Encoder: layers("encoder", a.enc, enc), Decoder: layers("decoder", a.dec, dec),
	}
}

func layers(name string, m mlp, p []float32) []policy.Layer {
	var out []policy.Layer
	for i, s := range m {
		w, b := m.layer(p, i)
		l := policy.Layer{Name: name + "_" + string(rune('1'+i)), Kind: "dense", In: s.in, Out: s.out, W: append([]float32(nil), w...), B: append([]float32(nil), b...)}
		if s.act != nn.Identity {
			l.Activation = s.act.String()
		}
		out = append(out, l)
	}
	return out
}
