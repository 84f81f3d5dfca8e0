package train

import (
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// gradient is what one worker adds to a minibatch.
type gradient struct {
	actor, critic []float32
	kl, lossV     float64
	latentKL      float64
}

func (g *gradient) clear() {
	clear(g.actor)
	clear(g.critic)
	g.kl, g.lossV, g.latentKL = 0, 0, 0
}

// rows gathers a worker's share of a minibatch into contiguous memory.
type rows struct {
	x, eps, dMean, dValue []float32
}

// each runs f for every worker at once.
func (l *learner) each(f func(w *worker)) {
	var wg sync.WaitGroup
	for _, w := range l.workers {
		wg.Go(func() {
			begin := time.Now()
			f(w)
			w.busy += time.Since(begin)
		})
	}
	wg.Wait()
}

// together is each with errors, of which it returns the first.
func (l *learner) together(f func(w *worker) error) error {
	errs := make([]error, len(l.workers))
	l.each(func(w *worker) { errs[w.index] = f(w) })
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// estimate fills advantages and returns, the advantages scaled to deviation one.
func (l *learner) estimate() {
	b, h := l.batch, l.batch.horizon
	for e := range b.envCount {
		lo, hi := e*h, (e+1)*h
		advantages(b.adv[lo:hi], b.ret[lo:hi], b.reward[lo:hi], b.value[lo:hi], b.next[lo:hi], b.failed[lo:hi], b.ended[lo:hi], l.c.Gamma, l.c.Lambda)
	}
	taken := b.adv[:b.size()]
	mean, sq := 0.0, 0.0
	for _, a := range taken {
		mean += float64(a)
		sq += float64(a) * float64(a)
	}
	n := float64(len(taken))
	mean /= n
	std := math.Sqrt(max(1e-12, sq/n-mean*mean))
	for i, a := range taken {
		taken[i] = float32((float64(a) - mean) / std)
	}
}

// update improves the parameters on the batch.
func (l *learner) update() error {
	c := l.c
	rng := rand.New(rand.NewPCG(c.Seed, uint64(l.s.Update)<<20|0xfffff))
	l.stats.kl, l.stats.lossV = 0, 0
	count := 0.0
	l.reflect()
	for range c.Epochs {
		order := rng.Perm(l.batch.size())
		take := c.Minibatch
		if l.mirror != nil {
			take /= 2 // the copies come along
		}
		for at := 0; at < len(order); at += take {
			kl, err := l.minibatch(order[at : at+take])
			if err != nil {
				return err
			}
			l.stats.kl += kl
			count++
		}
	}
	l.stats.kl /= count
	l.stats.lossV /= count
	l.adaptRate()
	return nil
}

// reflect adds the mirrored copies: a second batch that costs no physics.
func (l *learner) reflect() {
	if l.mirror == nil {
		return
	}
	n, k := l.batch.size(), len(l.workers)
	l.each(func(w *worker) { l.batch.mirrored(l, w, n*w.index/k, n*(w.index+1)/k) })
}

// criticFirst is the number of updates in which a policy that is gone on from
// waits for its critic, which begins anew: what an untrained one says spoils it.
const criticFirst = 10

func (l *learner) waits() bool { return l.c.From != nil && l.s.Update < criticFirst }

func (l *learner) actorRate() float64 {
	if l.waits() {
		return 0
	}
	return l.s.Rate
}

// adaptRate keeps the divergence of an update near the target.
func (l *learner) adaptRate() {
	if l.waits() {
		return
	}
	switch kl := l.stats.kl; {
	case kl > 1.5*l.c.TargetKL:
		l.s.Rate = max(1e-8, l.s.Rate/1.3)
	case kl < l.c.TargetKL/1.5:
		l.s.Rate = min(l.c.RateMax, l.s.Rate*1.15)
	}
}

// minibatch takes one step on the given transitions and their mirrored copies.
func (l *learner) minibatch(order []int) (kl float64, err error) {
	share, n := len(order)/len(l.workers), l.c.Minibatch
	l.each(func(w *worker) { w.gradients(l, order[w.index*share:(w.index+1)*share], n) })
	actor := &weights{adam: l.s.AdamA, p: l.s.Actor, rate: l.actorRate()}
	critic := &weights{adam: l.s.AdamC, p: l.s.Critic, rate: 5e-4}
	l.stats.latentKL = 0
	for _, w := range l.workers {
		actor.grads, critic.grads = append(actor.grads, w.grad.actor), append(critic.grads, w.grad.critic)
		l.stats.lossV += w.grad.lossV / float64(n)
		l.stats.latentKL += w.grad.latentKL / float64(len(l.workers))
		kl += w.grad.kl / float64(n)
	}
	l.descend(actor, critic)
	return kl, errors.Join(l.finite("the policy's gradient", actor.norm), l.finite("the value's gradient", critic.norm))
}

func add(a, b []float32) {
	for i, v := range b {
		a[i] += v
	}
}

// gradients fills the worker's gradient for its share of a minibatch of n.
func (w *worker) gradients(l *learner, share []int, n int) {
	a, b := l.actor, l.batch
	g := &w.grad
	g.clear()
	lived := len(share)
	if l.mirror != nil {
		w.pairs = append(w.pairs[:0], share...)
		for _, at := range share {
			w.pairs = append(w.pairs, at+b.size())
		}
		share = w.pairs
	}
	for r, at := range share {
		copy(w.rows.x[r*a.obs:(r+1)*a.obs], b.x[at*a.obs:])
		copy(w.rows.eps[r*a.latent:(r+1)*a.latent], b.eps[at*a.latent:])
	}
	mean := w.actor.forward(l.s.Actor, w.rows.x, w.rows.eps, len(share))
	sigma := l.noise()
	times := float64(len(share)) / float64(lived)
	for r, at := range share {
		kl := l.surrogate(mean[r*a.act:(r+1)*a.act], w.rows.dMean[r*a.act:(r+1)*a.act], at, sigma, n)
		if r < lived { // a copy's says how far the policy is from its mirror image
			g.kl += times * kl
		}
	}
	if l.mirror != nil {
		l.symmetry(mean, w.rows.dMean, len(share)/2, sigma, n)
	}
	w.actor.backward(l.s.Actor, g.actor, w.rows.dMean[:len(share)*a.act], float32(l.c.LatentKL/float64(n)))
	g.latentKL = w.actor.kl()
	value := w.critic.forward(l.s.Critic, w.rows.x, len(share))
	for r, at := range share {
		d := value[r] - b.ret[at]
		g.lossV += float64(d * d)
		w.rows.dValue[r] = d / float32(n)
	}
	w.critic.backward(l.s.Critic, g.critic, w.rows.dValue[:len(share)], false)
}

// symmetry adds to d the derivative of half the squared distance between the
// action of each of the first half rows and the mirror image of its copy's,
// which follow, in units of the action noise.
func (l *learner) symmetry(mean, d []float32, half int, sigma float64, n int) {
	a, r := l.actor.act, &l.mirror.act
	k := float32(l.c.Symmetry / (sigma * sigma * float64(n)))
	for i := range half {
		m, c := mean[i*a:(i+1)*a], mean[(half+i)*a:(half+i+1)*a]
		dm, dc := d[i*a:(i+1)*a], d[(half+i)*a:(half+i+1)*a]
		for j, from := range r.from {
			if !l.idle[j] {
				e := k * (m[j] - r.sign[j]*c[from])
				dm[j] += e
				dc[from] -= r.sign[j] * e
			}
		}
	}
}

// surrogate fills d with the derivative of the clipped objective of transition at
// with respect to the mean action, divided by n, and returns the divergence of
// the new mean from the old.
func (l *learner) surrogate(mean, d []float32, at int, sigma float64, n int) float64 {
	b := l.batch
	act, old := b.act[at*b.actuators:], b.mean[at*b.actuators:]
	log, kl := 0.0, 0.0
	s2 := sigma * sigma
	for k, m := range mean {
		if l.idle[k] {
			continue
		}
		now, before := float64(act[k]-m), float64(act[k]-old[k])
		log += (before*before - now*now) / (2 * s2)
		kl += square(float64(m-old[k])) / (2 * s2)
	}
	ratio, adv := math.Exp(min(20, log)), float64(b.adv[at])
	push := ratio * adv
	if (adv > 0 && ratio > 1+l.c.Clip) || (adv < 0 && ratio < 1-l.c.Clip) {
		push = 0
	}
	for k, m := range mean {
		d[k] = 0
		if !l.idle[k] {
			d[k] = float32((-push*float64(act[k]-m)/s2 + l.c.ActionCost*float64(m)) / float64(n))
		}
	}
	return kl
}
