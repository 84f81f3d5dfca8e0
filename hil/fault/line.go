package fault

import (
	"math"
	"math/rand/v2"
	"time"
)

// way is one direction of a faulty line.
type way struct {
	queue []parcel
	held  *parcel // by reorder: until the next frame has gone
	last  time.Duration
}

// parcel is a frame on its way.
type parcel struct {
	at   time.Duration
	data []byte
}

// Lines is a serial line with faults, a frame at a time. Times are those of
// whoever calls; faults are switched by an Injector. It implements
// emulate.Line.
type Lines struct {
	ways   [2]way // down, up
	active []*lineFault
}

// lineFault is a fault of the line while it lasts.
type lineFault struct {
	fault *Fault
	rng   *rand.Rand
	gap   int // bits until the next error
	hit   *int
}

func (l *lineFault) on(up bool) bool {
	return l.fault.Target == "" || (l.fault.Target == "up") == up
}

func index(up bool) int {
	if up {
		return 1
	}
	return 0
}

func (l *Lines) begin(f *Fault, hit *int) {
	n := &lineFault{fault: f, rng: rand.New(rand.NewPCG(f.Seed, 0x6c696e65)), hit: hit}
	n.gap = n.draw()
	l.active = append(l.active, n)
}

func (l *Lines) end(f *Fault) {
	for i, a := range l.active {
		if a.fault == f {
			l.active = append(l.active[:i], l.active[i+1:]...)
			return
		}
	}
}

// draw is the number of whole bits until the next that is flipped.
func (l *lineFault) draw() int {
	n := math.Log(1-l.rng.Float64()) / math.Log1p(-l.fault.Magnitude)
	return int(min(n, 1<<40))
}

func (l *lineFault) chance() bool { return l.rng.Float64() < l.fault.Magnitude }

// Send puts a frame on the line.
func (l *Lines) Send(now time.Duration, up bool, frame []byte) {
	w := &l.ways[index(up)]
	p := parcel{at: now, data: append([]byte(nil), frame...)}
	copies, hold := 1, false
	for _, f := range l.active {
		if !f.on(up) {
			continue
		}
		switch f.fault.Kind {
		case "link cut", "half-open link":
			*f.hit++
			return
		case "drop":
			if f.chance() {
				*f.hit++
				return
			}
		case "duplicate":
			if f.chance() {
				*f.hit++
				copies++
			}
		case "reorder":
			if w.held == nil && f.chance() {
				*f.hit++
				hold = true
			}
		case "delay":
			*f.hit++
			p.at += time.Duration(f.fault.Magnitude * float64(time.Millisecond))
		case "jitter":
			*f.hit++
			p.at += time.Duration(f.fault.Magnitude * f.rng.Float64() * float64(time.Millisecond))
		case "bit errors":
			f.flip(p.data)
		}
	}
	if hold {
		w.held = &p
		return
	}
	for range copies {
		w.put(p)
	}
	if w.held != nil {
		h := *w.held
		w.held = nil
		h.at = max(h.at, p.at)
		w.put(h)
	}
}

// put queues a parcel; a line keeps the order of what it carries.
func (w *way) put(p parcel) {
	p.at = max(p.at, w.last)
	w.last = p.at
	w.queue = append(w.queue, p)
}

// flip flips bits of b.
func (l *lineFault) flip(b []byte) {
	bits := 8 * len(b)
	at := l.gap
	for ; at < bits; at += 1 + l.draw() {
		b[at/8] ^= 1 << (at % 8)
		*l.hit++
	}
	l.gap = at - bits
}

// Due appends the bytes that arrive now. What was on its way when the line was
// cut is lost.
func (l *Lines) Due(now time.Duration, up bool, to []byte) []byte {
	w := &l.ways[index(up)]
	n := 0
	for _, p := range w.queue {
		if p.at > now {
			break
		}
		n++
		if !l.cut(up) {
			to = append(to, p.data...)
		}
	}
	w.queue = w.queue[:copy(w.queue, w.queue[n:])]
	return to
}

func (l *Lines) cut(up bool) bool {
	for _, f := range l.active {
		if (f.fault.Kind == "link cut" || f.fault.Kind == "half-open link") && f.on(up) {
			return true
		}
	}
	return false
}
