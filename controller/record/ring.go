package record

import (
	"sync/atomic"

	"whisker/controller"
)

// slot is one tick in the ring, with room for everything a tick can have.
type slot struct {
	sample      controller.Sample
	truth       controller.Truth
	frames      []float32
	activations []float32
	missed      uint64 // ticks dropped before this one

	hasTruth, hasFrames, hasActivations bool
}

// ring hands slots from one producer to one consumer. put counts the slots
// ever filled, got those ever emptied; each is written by one side only.
type ring struct {
	slots    []slot
	put, got atomic.Uint64
}

// newRing makes n slots, all memory included, for the ticks of a header.
func newRing(n int, h *Header) *ring {
	r := &ring{slots: make([]slot, n)}
	for i := range r.slots {
		r.slots[i] = slot{
			sample:      controller.NewSample(h.Body),
			truth:       controller.Truth{Contacts: make([]bool, len(h.Body.Feet))},
			frames:      make([]float32, 7*len(h.Frames)),
			activations: make([]float32, h.activations()),
		}
	}
	return r
}

// free is the next slot to fill, nil when there is none; filled hands it over.
func (r *ring) free() *slot {
	p := r.put.Load()
	if p-r.got.Load() == uint64(len(r.slots)) {
		return nil
	}
	return &r.slots[p%uint64(len(r.slots))]
}

func (r *ring) filled() { r.put.Add(1) }

// next is the oldest filled slot, nil when there is none; emptied frees it.
func (r *ring) next() *slot {
	g := r.got.Load()
	if g == r.put.Load() {
		return nil
	}
	return &r.slots[g%uint64(len(r.slots))]
}

func (r *ring) emptied() { r.got.Add(1) }
