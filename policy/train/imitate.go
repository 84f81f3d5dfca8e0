package train

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// memory keeps the newest transitions of a student and what its teacher would
// have done.
type memory struct {
	obs, act int
	x, label []float32
	at, n    int // where the next goes, how many there are
}

func newMemory(size, obs, act int) *memory {
	return &memory{obs: obs, act: act, x: make([]float32, size*obs), label: make([]float32, size*act)}
}

func (m *memory) size() int { return len(m.label) / m.act }

// add takes in n transitions.
func (m *memory) add(x, label []float32, n int) {
	for i := range n {
		copy(m.x[m.at*m.obs:(m.at+1)*m.obs], x[i*m.obs:])
		copy(m.label[m.at*m.act:(m.at+1)*m.act], label[i*m.act:])
		m.at = (m.at + 1) % m.size()
		m.n = min(m.n+1, m.size())
	}
}

// imitate moves the student towards its teacher's answers.
func (l *learner) imitate() error {
	l.memory.add(l.batch.x, l.batch.label, l.batch.size())
	im := &l.c.Imitation
	l.s.Rate = im.Rate + (im.RateEnd-im.Rate)*l.done()
	rng := rand.New(rand.NewPCG(l.c.Seed, uint64(l.s.Update)<<20|0xfffff))
	take := l.c.Minibatch
	if l.mirror != nil {
		take /= 2
	}
	l.stats.kl, l.stats.lossV = 0, 0
	order := make([]int, take)
	for range im.Minibatches {
		for i := range order {
			order[i] = rng.IntN(l.memory.n)
		}
		if err := l.imitateOn(order); err != nil {
			return err
		}
	}
	l.average()
	return nil
}

// average takes the student's weights into their mean.
func (l *learner) average() {
	s := l.s
	if s.Mean == nil {
		s.Mean = slices.Clone(s.Actor)
	}
	share := float32(1 / min(1+float64(s.Update)/4, float64(l.c.Imitation.Average)))
	for i, p := range s.Actor {
		s.Mean[i] += share * (p - s.Mean[i])
	}
}

// imitateOn takes one step on the given transitions and their mirrored copies.
func (l *learner) imitateOn(order []int) error {
	share := len(order) / len(l.workers)
	l.each(func(w *worker) {
		w.lesson(l, order[w.index*share:(w.index+1)*share], l.c.Minibatch, uint64(l.s.AdamA.T))
	})
	student := &weights{adam: l.s.AdamA, p: l.s.Actor, rate: l.s.Rate}
	l.stats.latentKL = 0
	for _, w := range l.workers {
		student.grads = append(student.grads, w.grad.actor)
		l.stats.kl += w.grad.kl / float64(l.c.Minibatch*l.c.Imitation.Minibatches)
		l.stats.latentKL += w.grad.latentKL / float64(len(l.workers))
	}
	l.descend(student)
	return l.finite("the student's gradient", student.norm)
}

// lesson fills the worker's gradient of the mean squared distance from the
// teacher's answers, of which share are this worker's in a minibatch of n.
func (w *worker) lesson(l *learner, share []int, n int, step uint64) {
	a, m := l.actor, l.memory
	g, rows := &w.grad, len(share)
	g.clear()
	label := w.label[:0]
	for r, at := range share {
		copy(w.rows.x[r*a.obs:(r+1)*a.obs], m.x[at*a.obs:])
		label = append(label, m.label[at*a.act:(at+1)*a.act]...)
	}
	if l.mirror != nil {
		label = label[:2*rows*a.act]
		for r := range rows {
			to := r + rows
			l.mirror.obs.apply(w.rows.x[to*a.obs:(to+1)*a.obs], w.rows.x[r*a.obs:(r+1)*a.obs])
			l.mirror.act.apply(label[to*a.act:(to+1)*a.act], label[r*a.act:(r+1)*a.act])
		}
		rows *= 2
	}
	rng := rand.New(rand.NewPCG(l.c.Seed+step, uint64(w.index)))
	for i := range w.rows.eps[:rows*a.latent] {
		w.rows.eps[i] = float32(rng.NormFloat64())
	}
	mean := w.actor.forward(l.s.Actor, w.rows.x, w.rows.eps, rows)
	for i := range mean[:rows*a.act] {
		d := mean[i] - label[i]
		if l.idle[i%a.act] {
			d = 0
		}
		g.kl += float64(d * d)
		w.rows.dMean[i] = d / float32(n)
	}
	g.kl /= float64(a.act)
	w.actor.backward(l.s.Actor, g.actor, w.rows.dMean[:rows*a.act], float32(l.c.LatentKL/float64(n)))
	g.latentKL = w.actor.kl()
}

func (im *Imitation) check(batch int) error {
	if im.Memory < batch || im.Minibatches < 1 || im.Noise < 0 || im.Rate <= 0 || im.RateEnd <= 0 || im.Average < 1 {
		return fmt.Errorf("train: imitation with a memory of %d, %d minibatches, noise %g, rates %g to %g, weights averaged over %d updates; want a memory of at least one batch (%d transitions) and positive numbers", im.Memory, im.Minibatches, im.Noise, im.Rate, im.RateEnd, im.Average, batch)
	}
	return nil
}
