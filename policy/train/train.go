package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"whisker/policy"
	"whisker/policy/nn"
)

// resetEvery is the number of updates after which all episodes start anew. A run
// resumed from a checkpoint taken just then repeats what an uninterrupted one does.
const resetEvery = 16

// learner is a training run.
type learner struct {
	c        *Config
	s        *snapshot
	contract policy.Contract
	actor    *actor
	critic   mlp
	idle     []bool // actuators that the policy does not move
	sampler  *sampler
	mirror   *mirror // nil: none
	memory   *memory // nil: it learns from reward
	workers  []*worker
	batch    *batch
	stats    stats
	began    time.Time
	from     int64 // transitions at the start of this run
	fresh    bool  // no episode has begun yet
}

// OpenError is an error of what was asked for: nothing was learned yet.
type OpenError struct{ Err error }

// Error is the wrapped error's text.
func (e *OpenError) Error() string { return e.Err.Error() }

// Unwrap returns the wrapped error.
func (e *OpenError) Unwrap() error { return e.Err }

// Run learns until c.Transitions were taken or ctx ends, from c.Checkpoint if
// that file exists. Worlds must be of one body, the references prepared for it.
// It leaves a checkpoint and, if asked for, a policy file. What it cannot begin
// with, such as the checkpoint of another body, is an OpenError.
func Run(ctx context.Context, c Config, worlds []World, refs []*policy.Reference) error {
	l, err := newLearner(&c, worlds, refs)
	if err != nil {
		return &OpenError{err}
	}
	if err := l.resume(); err != nil {
		return &OpenError{err}
	}
	m, err := openMetrics(c.Metrics, l.s.Update)
	if err != nil {
		return &OpenError{err}
	}
	err = l.run(ctx, m)
	return errors.Join(err, m.close())
}

// run is the training loop.
func (l *learner) run(ctx context.Context, m *metrics) error {
	l.began, l.from = time.Now(), l.s.Transitions
	l.remember()
	if err := l.calibrate(); err != nil {
		return err
	}
	l.scaleTorques()
	if err := l.appoint(); err != nil {
		return err
	}
	saved, shown := time.Now(), time.Time{}
	for l.s.Transitions < l.c.Transitions && ctx.Err() == nil {
		if !l.fresh && time.Since(saved) >= l.c.Every {
			saved = time.Now()
			if err := l.save(); err != nil {
				return err
			}
		}
		if err := l.iterate(); err != nil {
			return err
		}
		if err := m.line(l); err != nil {
			return err
		}
		if l.c.Progress != nil && time.Since(shown) > 5*time.Second {
			l.c.Progress(l.progress())
			shown = time.Now()
		}
	}
	return l.save()
}

// iterate gathers one batch and learns from it.
func (l *learner) iterate() error {
	l.sampler.prepare()
	for _, w := range l.workers {
		w.busy = 0
	}
	start := time.Now()
	if err := l.rollout(newQueue(l.workers)); err != nil {
		return err
	}
	l.stats.gather(l, time.Since(start))
	start = time.Now()
	if err := l.learn(); err != nil {
		return err
	}
	l.stats.learnTime = time.Since(start)
	l.fresh = false
	l.s.Update++
	l.s.Transitions += int64(l.batch.size())
	return nil
}

// learn improves the parameters on the batch.
func (l *learner) learn() error {
	if l.memory != nil {
		return l.imitate()
	}
	l.estimate()
	return l.update()
}

// noise is the deviation of the action noise now, falling in a straight line.
func (l *learner) noise() float64 {
	if l.memory != nil {
		return l.c.Imitation.Noise
	}
	done := l.done()
	return l.c.NoiseStart + (l.c.NoiseEnd-l.c.NoiseStart)*done
}

// done is the share of the transitions that were taken.
func (l *learner) done() float64 { return min(1, float64(l.s.Transitions)/float64(l.c.Transitions)) }

// startAgain is what to do when a number is not finite.
const startAgain = "the last checkpoint is kept, start again from it with a lower rate"

func (l *learner) finite(what string, v float64) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("train: %s is %g at update %d; %s", what, v, l.s.Update, startAgain)
	}
	return nil
}

func newLearner(c *Config, worlds []World, refs []*policy.Reference) (*learner, error) {
	if err := c.check(len(worlds), len(refs)); err != nil {
		return nil, err
	}
	b := worlds[0].Body()
	l := &learner{c: c, fresh: true, contract: policy.NewContract(b)}
	l.contract.Action.Residual = c.Residual
	l.contract.Layout = l.contract.Layout.Looking(c.Task.Observation.Frames)
	obs, body := l.contract.Layout.Size(), l.contract.Layout.BodySize()
	if c.From != nil {
		if err := l.adopt(c.From, b); err != nil {
			return nil, err
		}
	}
	l.actor = newActor(obs, body, len(b.Actuators), c)
	l.critic = newMLP(obs, c.Critic, 1, hidden)
	for _, s := range l.contract.Action.Scale {
		l.idle = append(l.idle, s == 0)
	}
	l.s = newSnapshot(l, rand.New(rand.NewPCG(c.Seed, 0)))
	if c.From != nil {
		l.s.Actor, l.s.Norm = parameters(&c.From.Network), fixedNormaliser(&c.From.Network)
		past := &c.From.Contract.Training
		l.s.History = []string{fmt.Sprintf("begun from the policy that %d transitions of `%s` made: %s", past.Transitions, past.Command, past.Notes)}
	}
	l.sampler = newSampler(refs, c.FailureRatio)
	if len(l.sampler.starts) == 0 {
		return nil, fmt.Errorf("train: no reference has a frame to start from: %d frames or more with two feet on the ground are needed", segment)
	}
	times := 1
	if l.mirror = newMirror(&l.contract, b.Feet); l.mirror != nil {
		times = 2
	}
	l.batch = newBatch(len(worlds), times, c, obs, len(b.Actuators))
	if c.Teacher != nil {
		l.memory = newMemory(c.Imitation.Memory, obs, len(b.Actuators))
		l.batch.label = make([]float32, l.batch.size()*len(b.Actuators))
	}
	each := len(worlds) / c.Workers
	for i := range c.Workers {
		w, err := l.newWorker(worlds[i*each:(i+1)*each], i, refs)
		if err != nil {
			return nil, err
		}
		l.workers = append(l.workers, w)
	}
	return l, nil
}

func (l *learner) newWorker(worlds []World, index int, refs []*policy.Reference) (*worker, error) {
	a, g := l.actor, nn.NewGemm()
	n, share := len(worlds), l.c.Minibatch/l.c.Workers
	most := max(n, share)
	w := &worker{
		index: index, first: index * len(worlds), raw: make([]float32, n*a.obs), x: make([]float32, (n+1)*a.obs), eps: make([]float32, n*a.latent),
		seen: make([]tally, (n+half-1)/half), actor: newActorPass(a, most, g), critic: newPass(l.critic, most, g), rngs: make([]*rand.Rand, n),
		grad: gradient{actor: make([]float32, a.size()), critic: make([]float32, l.critic.size())},
		rows: rows{x: make([]float32, share*a.obs), eps: make([]float32, share*a.latent), dMean: make([]float32, share*a.act), dValue: make([]float32, share)},
	}
	if l.c.Teacher != nil {
		var twin Twin
		if len(l.c.Twins) > 0 {
			twin = l.c.Twins[index]
		}
		w.faculty, w.label = &faculty{out: make([]float32, n*a.act)}, make([]float32, 0, share*a.act)
		for _, f := range append([]*policy.File{l.c.Teacher}, l.c.Specialists...) {
			t, err := newTeacher(f, twin, &l.contract, n, g)
			if err != nil {
				return nil, err
			}
			w.faculty.teachers = append(w.faculty.teachers, t)
		}
	}
	w.led = make([]bool, n)
	for _, world := range worlds {
		e, err := newEnv(world, &l.contract, refs)
		if err != nil {
			return nil, err
		}
		w.envs = append(w.envs, e)
	}
	return w, nil
}

// calibrate fixes the observation's normaliser on noisy open-loop motion; where that
// is no guide to torques, on the teacher's. That of a policy that is gone on from is widened.
func (l *learner) calibrate() error {
	known := l.s.Norm.Fixed
	if known && (l.c.From == nil || l.s.Update > 0) {
		return nil
	}
	w := l.workers[0]
	rng := rand.New(rand.NewPCG(l.c.Seed, 1))
	out := make([]float32, l.actor.act)
	x := make([]float32, l.actor.obs)
	seen := newNormaliser(l.actor.obs)
	for n := 0; n < l.c.NormaliseOver; {
		e := w.envs[0]
		at, ref, frame := l.sampler.draw(rng)
		if err := e.reset(l.c, at, ref, frame, rng); err != nil {
			return err
		}
		for over := false; !over && n < l.c.NormaliseOver; n++ {
			e.observe(x)
			seen.add(x)
			over = e.step(l.c, w.probe(l, out, x, rng)).ended
		}
	}
	seen.fix()
	if l.mirror != nil {
		l.mirror.symmetrise(seen)
	}
	if known {
		l.actor.widen(l.s.Actor, l.s.Norm, seen)
	} else {
		l.s.Norm = seen
	}
	return nil
}
