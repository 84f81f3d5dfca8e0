package train

import (
	"slices"
	"sync"
	"time"
)

// atOnce is how many worlds are stepped in turn, as many as a core's cache holds of
// the quadruped; a network wants more at once, physics fewer. Half of them go to a
// worker that has none: vectors are of eight, so that a row of a batch is computed
// alike in either, and what is learned does not depend on who was idle.
const atOnce, half = 16, 8

// herd is some of a worker's worlds, from lo to hi, on their way through a rollout.
type herd struct {
	of     *worker
	lo, hi int
	t      int // transitions that they have taken
}

// queue holds the herds of a rollout that nobody steps.
type queue struct {
	mu      sync.Mutex
	changed sync.Cond
	herds   []herd
	stepped int // herds that somebody steps
	idle    int // workers that wait for a herd
}

func newQueue(workers []*worker) *queue {
	q := &queue{}
	q.changed.L = &q.mu
	for _, w := range workers {
		for lo := 0; lo < len(w.envs); lo += atOnce {
			q.herds = append(q.herds, herd{of: w, lo: lo, hi: min(lo+atOnce, len(w.envs))})
		}
	}
	return q
}

// take waits for a herd and returns it, one of w's own if there is one; false once all are done.
func (q *queue) take(w *worker) (herd, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	begin := time.Now()
	for q.idle++; len(q.herds) == 0 && q.stepped > 0; {
		q.changed.Wait()
	}
	q.idle--
	w.busy -= time.Since(begin)
	if len(q.herds) == 0 {
		return herd{}, false
	}
	at := max(0, slices.IndexFunc(q.herds, func(g herd) bool { return g.of == w }))
	g := q.herds[at]
	q.herds = slices.Delete(q.herds, at, at+1)
	q.stepped++
	return g, true
}

// spare is what is left of a herd after half of it, if it is large enough, went to a worker that waits.
func (q *queue) spare(g herd) herd {
	if g.hi-g.lo < 2*half {
		return g
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.idle > len(q.herds) {
		rest := g
		rest.lo, g.hi = g.lo+half, g.lo+half
		q.herds = append(q.herds, rest)
		q.changed.Signal()
	}
	return g
}

// done says that a herd that was taken is stepped no more.
func (q *queue) done() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stepped--; q.stepped == 0 {
		q.changed.Broadcast()
	}
}
