package view

import (
	"math/bits"
	"time"
)

// bins is how many bins a histogram of durations has: below 1.024 us, then two
// an octave (lower edges 1 and 1.5 times a power of two, in ns), the last one
// open at 0.8 s. The page knows the same edges.
const bins = 40

// histogram counts durations without allocating.
type histogram struct {
	counts [bins]uint32
	max    time.Duration
}

func (h *histogram) add(d time.Duration) {
	h.counts[bin(d)]++
	h.max = max(h.max, d)
}

func bin(d time.Duration) int {
	if d < 1024 {
		return 0
	}
	octave := bits.Len64(uint64(d)) - 1
	half := int(uint64(d)>>(octave-1)) & 1
	return min(2*(octave-10)+half+1, bins-1)
}
