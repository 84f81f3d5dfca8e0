package train

import (
	"math/rand/v2"
	"testing"

	"whisker/policy"
)

// Each clip is taught by the teacher that follows it best, also where that is not the
// first, and a specialist that follows nothing teaches nothing.
func TestTheTeacherThatFollowsAClipBestTeachesIt(t *testing.T) {
	worlds, refs := balancers(t, 16)
	c := quick()
	good := learned(t, c, worlds, refs)
	bad := *good
	bad.Network.Decoder = append([]policy.Layer(nil), good.Network.Decoder...)
	last := &bad.Network.Decoder[len(bad.Network.Decoder)-1]
	last.W = make([]float32, len(last.W))
	last.B = make([]float32, len(last.B))
	for i := range last.B {
		last.B[i] = 1 // it falls over to one side
	}
	for name, given := range map[string]struct {
		teacher, specialist *policy.File
		want                int
	}{"the specialist is better": {&bad, good, 1}, "the teacher is better": {good, &bad, 0}} {
		t.Run(name, func(t *testing.T) {
			c := quick()
			c.Teacher, c.Specialists, c.Workers = given.teacher, []*policy.File{given.specialist}, 2
			l, err := newLearner(&c, worlds, refs)
			if err != nil {
				t.Fatal(err)
			}
			if err := l.appoint(); err != nil {
				t.Fatal(err)
			}
			for _, w := range l.workers {
				for _, ref := range refs {
					if got := w.faculty.best[ref]; got != given.want {
						t.Errorf("clip %s is taught by teacher %d, want %d", ref.Name, got, given.want)
					}
				}
			}
			envs := l.workers[0].envs
			raw := make([]float32, len(envs)*l.actor.obs)
			for i, e := range envs {
				if err := e.reset(&c, 0, 0, 0, rand.New(rand.NewPCG(1, uint64(i)))); err != nil {
					t.Fatal(err)
				}
				e.observe(raw[i*l.actor.obs : (i+1)*l.actor.obs])
			}
			f := l.workers[0].faculty
			f.answer(envs, raw)
			have := append([]float32(nil), f.out...)
			all := make([]int, len(envs))
			for i := range all {
				all[i] = i
			}
			f.teachers[given.want].answer(f.out, envs, raw, all)
			for i := range have {
				if have[i] != f.out[i] {
					t.Fatalf("output %d is %g, the appointed teacher's %g", i, have[i], f.out[i])
				}
			}
		})
	}
}
