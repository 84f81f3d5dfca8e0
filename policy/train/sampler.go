package train

import (
	"math/rand/v2"

	"whisker/policy"
)

// segment is the length of clip that shares one failure rate, in frames.
const segment = 10

// sampler draws start frames, failing ones more often. Frames without a foot on
// the ground are not drawn: nothing survives a start in flight.
type sampler struct {
	starts []start
	// Failure is how short of the possible recent episodes ended, 0 to 1, per start.
	Failure []float64
	ratio   float64
	sum     []float64
}

// start is a stretch of frames to start from.
type start struct {
	ref    int
	frames []int
}

func newSampler(refs []*policy.Reference, ratio float64) *sampler {
	s := &sampler{ratio: ratio}
	for i, r := range refs {
		for f := 0; f < r.Len()-segment; f += segment {
			var frames []int
			for g := f; g < f+segment; g++ {
				if standing(r.Stance[g]) {
					frames = append(frames, g)
				}
			}
			if len(frames) > 0 {
				s.starts = append(s.starts, start{i, frames})
			}
		}
	}
	s.Failure = make([]float64, len(s.starts))
	for i := range s.Failure {
		s.Failure[i] = 1
	}
	s.sum = make([]float64, len(s.starts))
	s.prepare()
	return s
}

func standing(stance []bool) bool {
	n := 0
	for _, down := range stance {
		if down {
			n++
		}
	}
	return n >= 2 || len(stance) < 2
}

// prepare brings the drawing weights up to date with the failure rates.
func (s *sampler) prepare() {
	total := 0.0
	for i, f := range s.Failure {
		total += 1 + (s.ratio-1)*f
		s.sum[i] = total
	}
}

// draw picks a start and a frame in it.
func (s *sampler) draw(rng *rand.Rand) (at, ref, frame int) {
	x := rng.Float64() * s.sum[len(s.sum)-1]
	lo, hi := 0, len(s.sum)-1
	for lo < hi {
		if mid := (lo + hi) / 2; s.sum[mid] < x {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	st := &s.starts[lo]
	return lo, st.ref, st.frames[rng.IntN(len(st.frames))]
}

// learn takes in how an episode from start at went: lasted of possible steps.
func (s *sampler) learn(at, lasted, possible int) {
	if possible < 1 {
		return
	}
	short := 1 - float64(lasted)/float64(possible)
	s.Failure[at] += 0.3 * (short - s.Failure[at])
}
