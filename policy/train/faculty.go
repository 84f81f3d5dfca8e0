package train

import (
	"fmt"
	"math/rand/v2"

	"whisker/policy"
)

// faculty is a worker's teachers. On each clip the one that follows it best is
// imitated.
type faculty struct {
	teachers []*teacher
	best     map[*policy.Reference]int // none: the first teaches everything
	out      []float32                 // what the student should put out, per world
	class    []int
}

// answer fills out for the worlds of envs where they are, raw being what they see.
func (f *faculty) answer(envs []*env, raw []float32) {
	for k, t := range f.teachers {
		f.class = f.class[:0]
		for i, e := range envs {
			if f.best[e.ref] == k {
				f.class = append(f.class, i)
			}
		}
		if len(f.class) > 0 {
			t.answer(f.out, envs, raw, f.class)
		}
	}
}

// appoint finds for each clip the teacher that follows it best: the one with the most
// reward in an episode from the clip's first frame to start from.
func (l *learner) appoint() error {
	if len(l.c.Specialists) == 0 {
		return nil
	}
	refs := l.workers[0].envs[0].refs
	first := make([]int, len(refs)) // a clip's first start, and one more; 0: it has none
	for at := len(l.sampler.starts) - 1; at >= 0; at-- {
		first[l.sampler.starts[at].ref] = at + 1
	}
	earned := make([][]float64, 1+len(l.c.Specialists))
	for k := range earned {
		earned[k] = make([]float64, len(refs))
	}
	err := l.together(func(w *worker) error {
		for k := range earned {
			if err := w.audition(l, k, first, earned[k]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	best, clips := map[*policy.Reference]int{}, make([]int, len(earned))
	for i, ref := range refs {
		for k := range earned {
			if earned[k][i] > earned[best[ref]][i] {
				best[ref] = k
			}
		}
		clips[best[ref]]++
	}
	for _, w := range l.workers {
		w.faculty.best = best
	}
	if l.c.Progress != nil {
		l.c.Progress(fmt.Sprintf("the teacher and its specialists teach %v clips", clips))
	}
	return nil
}

// audition lets teacher k play the worker's share of the clips and notes the reward
// of each.
func (w *worker) audition(l *learner, k int, first []int, earned []float64) error {
	clip := w.index - len(l.workers)
	next := func(i int) (bool, error) {
		for clip += len(l.workers); clip < len(first); clip += len(l.workers) {
			if at := first[clip] - 1; at >= 0 {
				rng := rand.New(rand.NewPCG(l.c.Seed, uint64(clip)<<20))
				err := w.envs[i].reset(l.c, at, clip, l.sampler.starts[at].frames[0], rng)
				w.envs[i].observe(w.rawRow(l, i))
				return true, err
			}
		}
		return false, nil
	}
	f := w.faculty
	f.class = f.class[:0]
	for i := range w.envs {
		playing, err := next(i)
		if err != nil {
			return err
		}
		if playing {
			f.class = append(f.class, i)
		}
	}
	for len(f.class) > 0 {
		f.teachers[k].answer(f.out, w.envs, w.raw, f.class)
		still := f.class[:0]
		for _, i := range f.class {
			e, playing := w.envs[i], true
			o := e.step(l.c, f.out[i*l.actor.act:(i+1)*l.actor.act])
			earned[l.sampler.starts[e.at].ref] += o.reward
			if e.observe(w.rawRow(l, i)); o.ended {
				var err error
				if playing, err = next(i); err != nil {
					return err
				}
			}
			if playing {
				still = append(still, i)
			}
		}
		f.class = still
	}
	return nil
}
