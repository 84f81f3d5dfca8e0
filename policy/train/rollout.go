package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"whisker/policy/nn"
)

// batch holds the transitions of one update: world by world, each in order.
type batch struct {
	horizon                          int
	x, eps, act, mean                []float32 // normalised observation, latent noise, action taken, its mean
	label                            []float32 // the teacher's action
	value, next, reward, adv, ret    []float32
	failed, ended                    []bool
	obs, latent, actuators, envCount int
}

// newBatch makes room for the transitions of envs worlds, times as often: 2 where
// mirrored copies follow.
func newBatch(envs, times int, c *Config, obs, actuators int) *batch {
	n := envs * c.Horizon * times
	f := func(k int) []float32 { return make([]float32, n*k) }
	return &batch{
		horizon: c.Horizon, obs: obs, latent: c.Latent, actuators: actuators, envCount: envs,
		x: f(obs), eps: f(c.Latent), act: f(actuators), mean: f(actuators),
		value: f(1), next: f(1), reward: f(1), adv: f(1), ret: f(1), failed: make([]bool, n), ended: make([]bool, n),
	}
}

// size is the number of transitions taken, without mirrored copies.
func (b *batch) size() int { return b.envCount * b.horizon }

// mirrored fills copy at+size of transition at as the mirrored body would have
// lived it; w computes what its policy would have done. Where that makes the
// mirrored action unlikely the copy counts less.
func (b *batch) mirrored(l *learner, w *worker, lo, hi int) {
	a, n := l.actor, b.size()
	most := len(w.rows.dValue)
	for ; lo < hi; lo += most {
		rows := min(most, hi-lo)
		for at := lo; at < lo+rows; at++ {
			to := at + n
			l.mirror.obs.apply(b.x[to*a.obs:(to+1)*a.obs], b.x[at*a.obs:(at+1)*a.obs])
			l.mirror.act.apply(b.act[to*a.act:(to+1)*a.act], b.act[at*a.act:(at+1)*a.act])
			copy(b.eps[to*a.latent:(to+1)*a.latent], b.eps[at*a.latent:])
			b.adv[to], b.ret[to] = b.adv[at], b.ret[at]
		}
		first := lo + n
		mean := w.actor.forward(l.s.Actor, b.x[first*a.obs:(first+rows)*a.obs], b.eps[first*a.latent:(first+rows)*a.latent], rows)
		copy(b.mean[first*a.act:(first+rows)*a.act], mean)
		for at := lo; at < lo+rows; at++ {
			b.adv[at+n] *= float32(math.Exp(min(0, l.likelihood(at+n)-l.likelihood(at))))
		}
	}
}

// likelihood is the logarithm of the probability of the action that transition at
// took under the policy of the time, up to a constant.
func (l *learner) likelihood(at int) float64 {
	b, sum := l.batch, 0.0
	for k := range b.actuators {
		if !l.idle[k] {
			sum += square(float64(b.act[at*b.actuators+k] - b.mean[at*b.actuators+k]))
		}
	}
	return -sum / (2 * square(l.noise()))
}

// worker simulates some of the worlds and computes part of each gradient.
type worker struct {
	envs   []*env
	index  int // among the workers
	first  int // index of envs[0] among all
	raw    []float32
	x, eps []float32
	actor  *actorPass
	critic *pass
	grad   gradient
	rows   rows
	pairs  []int         // a share of a minibatch, then its mirrored copies
	seen   []tally       // of each half herd of its worlds
	busy   time.Duration // in the last update; the rest it waited for others
	// faculty is nil when learning from reward; it acts in the worlds that it led.
	faculty *faculty
	led     []bool
	label   []float32 // of a minibatch
	rngs    []*rand.Rand
}

// tally counts what happened in the episodes of one rollout.
type tally struct {
	episodes, steps int
	possible        int
	reward          float64
	done            []finished
}

// finished is one finished episode.
type finished struct{ at, lasted, possible int }

func (t *tally) clear() { *t = tally{done: t.done[:0]} }

// rollout gathers Horizon transitions of each world; q has them all.
func (l *learner) rollout(q *queue) error {
	if err := l.together(func(w *worker) error { return w.ready(l) }); err != nil {
		return err
	}
	if err := l.together(func(w *worker) error { return w.work(l, q) }); err != nil {
		return err
	}
	l.each(func(w *worker) { w.foresee(l) })
	return nil
}

// ready seeds the worker's worlds for a rollout, and begins their episodes now and then.
func (w *worker) ready(l *learner) error {
	for i := range w.seen {
		w.seen[i].clear()
	}
	for i := range w.envs {
		w.rngs[i] = rand.New(rand.NewPCG(l.c.Seed, uint64(l.s.Update)<<20|uint64(w.first+i)))
		if l.fresh || l.s.Update%resetEvery == 0 {
			if err := w.begin(l, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// work takes the transitions of herds until there are none.
func (w *worker) work(l *learner, q *queue) error {
	for {
		g, ok := q.take(w)
		if !ok {
			return nil
		}
		if err := w.pass(l, q, g); err != nil {
			return err
		}
	}
}

// pass takes the transitions that a herd still lacks.
func (w *worker) pass(l *learner, q *queue, g herd) error {
	defer q.done()
	for ; g.t < l.batch.horizon; g.t++ {
		g = q.spare(g)
		if err := w.tick(l, g); err != nil {
			return err
		}
	}
	return nil
}

// foresee fills the values of what follows each transition of the worker's worlds.
func (w *worker) foresee(l *learner) {
	b := l.batch
	w.normalise(l, herd{of: w, hi: len(w.envs)})
	last := w.critic.forward(l.s.Critic, w.x, len(w.envs))
	for i := range w.envs {
		row := (w.first + i) * b.horizon
		for t := range b.horizon {
			if b.ended[row+t] {
				continue
			}
			b.next[row+t] = last[i]
			if t < b.horizon-1 {
				b.next[row+t] = b.value[row+t+1]
			}
		}
	}
}

// begin starts a new episode in world i and observes it.
func (w *worker) begin(l *learner, i int) error {
	at, ref, frame := l.sampler.draw(w.rngs[i])
	if err := w.envs[i].reset(l.c, at, ref, frame, w.rngs[i]); err != nil {
		return err
	}
	w.envs[i].observe(w.rawRow(l, i))
	if w.faculty != nil {
		w.led[i] = w.rngs[i].Float64() > float64(l.s.Transitions)/float64(l.c.Imitation.Alone)
	}
	return nil
}

func (w *worker) rawRow(l *learner, i int) []float32 { return w.raw[i*l.actor.obs : (i+1)*l.actor.obs] }

// normalise fills the first rows of x with the normalised observations of a herd.
func (w *worker) normalise(l *learner, g herd) {
	n := l.actor.obs
	for i := range g.hi - g.lo {
		l.s.Norm.apply(w.x[i*n:(i+1)*n], g.of.rawRow(l, g.lo+i))
	}
}

// tick takes the next transition of a herd.
func (w *worker) tick(l *learner, g herd) error {
	a, b, n, of := l.actor, l.batch, g.hi-g.lo, g.of
	w.normalise(l, g)
	x, eps := w.x[:n*a.obs], w.eps[:n*a.latent]
	for i := range n {
		for k := range a.latent {
			eps[i*a.latent+k] = float32(of.rngs[g.lo+i].NormFloat64())
		}
	}
	if w.faculty != nil {
		w.faculty.answer(of.envs[g.lo:g.hi], of.raw[g.lo*a.obs:g.hi*a.obs])
		clear(eps) // the student acts on its latent's mean
	}
	mean := w.actor.forward(l.s.Actor, x, eps, n)
	value := w.critic.forward(l.s.Critic, x, n)
	sigma := float32(l.noise())
	for j, e := range of.envs[g.lo:g.hi] {
		i := g.lo + j
		row := (of.first+i)*b.horizon + g.t
		copy(b.x[row*a.obs:(row+1)*a.obs], x[j*a.obs:])
		copy(b.eps[row*a.latent:(row+1)*a.latent], eps[j*a.latent:])
		copy(b.mean[row*a.act:(row+1)*a.act], mean[j*a.act:])
		lead := mean[j*a.act : (j+1)*a.act]
		if w.faculty != nil {
			answer := w.faculty.out[j*a.act : (j+1)*a.act]
			copy(b.label[row*a.act:], answer)
			if of.led[i] {
				lead = answer
			}
		}
		out := b.act[row*a.act : (row+1)*a.act]
		for k := range out {
			out[k] = lead[k] + sigma*float32(of.rngs[i].NormFloat64())
		}
		b.value[row] = value[j]
		if err := w.take(l, of, i, row, e.step(l.c, out)); err != nil {
			return err
		}
	}
	return nil
}

// take stores what a step of another's world led to and begins the next episode when it ended.
func (w *worker) take(l *learner, of *worker, i, row int, o outcome) error {
	if math.IsNaN(o.reward) || math.IsInf(o.reward, 0) {
		return fmt.Errorf("train: reward is %g at update %d, world %d; %s", o.reward, l.s.Update, of.first+i, startAgain)
	}
	b, e, seen := l.batch, of.envs[i], &of.seen[i/half]
	b.reward[row] = float32(o.reward * (1 - l.c.Gamma)) // so that values stay below one
	b.failed[row], b.ended[row] = o.failed, o.ended
	seen.reward += o.reward
	x := of.rawRow(l, i)
	if !o.ended {
		e.observe(x)
		return nil
	}
	b.next[row] = 0
	if !o.failed {
		e.observe(x)
		one := w.x[len(w.envs)*l.actor.obs:]
		l.s.Norm.apply(one, x)
		b.next[row] = w.critic.forwardOne(l.s.Critic, one)
	}
	seen.episodes++
	seen.steps += e.steps
	seen.possible += e.possible
	seen.done = append(seen.done, finished{e.at, e.steps, e.possible})
	return of.begin(l, i)
}

// forwardOne is forward for a single row with a single output, in memory of its
// own kind: it leaves the outputs of the last forward alone.
func (p *pass) forwardOne(params, x []float32) float32 {
	for i, s := range p.m {
		wt, bias := p.m.layer(params, i)
		y := append([]float32(nil), bias...)
		p.gemm.Mul(nn.NewMatrix(s.out, 1, y), 1, nn.NewMatrix(s.out, s.in, wt), nn.NewMatrix(s.in, 1, x[:s.in]), 1)
		s.act.Apply(y)
		x = y
	}
	return x[0]
}
