package controller

// overrunWindow counts late ticks among the last ones.
type overrunWindow struct {
	max  int
	hit  []bool // a ring
	next int
	n    int // how many of hit are set
}

func newOverrunWindow(o Overruns) overrunWindow {
	if o.Window == 0 {
		o.Window = 100
	}
	if o.Max == 0 {
		o.Max = 10
	}
	return overrunWindow{max: o.Max, hit: make([]bool, o.Window)}
}

// clear forgets the late ticks, after a fault was reset.
func (w *overrunWindow) clear() {
	clear(w.hit)
	w.n = 0
}

// add notes one tick and returns how many in the window were late.
func (w *overrunWindow) add(late bool) int {
	if w.hit[w.next] {
		w.n--
	}
	if w.hit[w.next] = late; late {
		w.n++
	}
	w.next = (w.next + 1) % len(w.hit)
	return w.n
}
