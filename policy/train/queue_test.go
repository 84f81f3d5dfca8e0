package train

import (
	"reflect"
	"testing"
)

// A worker that waits gets half of what another steps. Who waits is chance, what is
// learned from is not.
func TestWhoStepsAWorldDoesNotMatter(t *testing.T) {
	live := func(workers, idle int) *batch {
		worlds, refs := balancers(t, 32)
		c := quick()
		c.Workers = workers
		l, err := newLearner(&c, worlds, refs)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.calibrate(); err != nil {
			t.Fatal(err)
		}
		l.sampler.prepare()
		q := newQueue(l.workers)
		q.idle = idle
		if err := l.rollout(q); err != nil {
			t.Fatal(err)
		}
		return l.batch
	}
	whole := live(1, 0)
	for _, workers := range []int{1, 2} {
		halves := live(workers, 1000)
		if !reflect.DeepEqual(whole, halves) {
			t.Errorf("a rollout of %d workers that gave away half of each herd differs from one of whole herds", workers)
		}
	}
	if len(whole.reward) == 0 || whole.x[0] == 0 && whole.x[len(whole.x)-1] == 0 {
		t.Error("the rollout is empty")
	}
}
