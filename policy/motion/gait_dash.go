package motion

import (
	"math"
	"math/rand/v2"
)

// A rat that dashes bounds and gallops: both hind feet push nearly together, then both fore
// feet land, the trunk pitches up and down, and at speed no foot stands for a moment
// (recorded clips: 0.17 to 0.7 m/s within 0.12 s, pitch from 8 degrees to 22).
const (
	boundSpeed, boundRange = 0.25, 0.2 // m/s, from which on a trot becomes a bound, and within what
	boundLag               = 0.2       // cycles, that the second foot of a pair comes later at most
	// boundPitch is how far a trunk pitches up whose fore feet are in the air and down whose
	// hind feet are, rad.
	leastBoundPitch, mostBoundPitch = 0.1, 0.6
)

// bound is how a clip's feet move at speed.
type bound struct {
	phases [4]float64 // of the full bound, in cycles; those of a trot plus less than one
	pitch  float64    // rad
}

// newBound draws a bound; either side may lead, and the fore feet follow the hind feet by
// about half a cycle.
func newBound(r *rand.Rand) *bound {
	fore := within(r, 0.4, 0.6)
	b := &bound{pitch: within(r, leastBoundPitch, mostBoundPitch)}
	b.phases = [4]float64{leftHind: 0, rightHind: within(r, -boundLag, boundLag), leftFore: fore, rightFore: fore + within(r, -boundLag, boundLag)}
	return b
}

// blend moves the phases of a trot towards the bound, as far as the speed (m/s) asks for.
func (b *bound) blend(g gait, speed float64) gait {
	k := smoothStep((speed - boundSpeed) / boundRange)
	for leg := range g.phases {
		g.phases[leg] += k * (b.phases[leg] - g.phases[leg])
	}
	return g
}

// pitchBounds pitches the trunks of a dash by which paws are in the air.
func (b *bound) pitchBounds(frames []frame) {
	up := make([]float64, len(frames))
	for i := range frames {
		for leg, paw := range frames[i].paws {
			if paw.down {
				continue
			}
			if leg < leftFore {
				up[i] -= b.pitch / 2
			} else {
				up[i] += b.pitch / 2
			}
		}
	}
	for range 8 { // as slowly as a trunk turns
		last := up[0]
		for i := 1; i < len(up)-1; i++ {
			now := up[i]
			up[i] = (last + 2*now + up[i+1]) / 4
			last = now
		}
	}
	for i := range frames {
		k := math.Min(1, math.Min(float64(i), float64(len(frames)-1-i))/20)
		frames[i].pitch += k * up[i]
	}
}
