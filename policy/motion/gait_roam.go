package motion

import (
	"math"
	"math/rand/v2"
)

// A foraging rat hardly ever walks as in a runway: it stops and goes, winds, and its
// feet come early and late (recorded clips: 0 to 0.6 m/s within 0.2 s, and the next
// stop half a second later).
const (
	restSpeed = 0.03 // m/s; a slower body leaves its feet where they are
	// How fast a roam's speed changes on average between two targets, m/s².
	calmPush, hastyPush = 1.5, 5.0

	lateCycles  = 0.10 // how early or late a foot comes, cycles
	longerSwing = 0.5  // how much longer than swingSeconds a swing takes at most, share
	quickSpeed  = 0.4  // m/s, from which on no swing takes longer
	farthest    = 0.06 // m, that the body goes over a standing paw before this steps, late or not
)

// uneven is what makes steps irregular.
type uneven struct {
	late   [4][]float64 // cycles, at knots lateKnot apart
	longer [4][]float64 // share of swingSeconds, of one step after the other
}

const lateKnot = 0.4 // s

// How fast a rat that whirls turns, and for how long (a recorded clip: from rest to 7 rad/s
// within 0.12 s, 60 degrees in all, and off at 0.7 m/s; half of its time it turns faster
// than 1.4 rad/s), rad/s and s; and how fast it turns on top of its way in between.
const (
	leastWhirl, mostWhirl = 2.5, 6.0
	whirlSeconds          = 0.1
	windRate              = 3.0
)

// newRoam goes from one speed to the next, up to top (m/s), every 0.3 to 1.1 s, along
// changing curves; a crab at any angle to the heading, a whirl with sudden turns.
func newRoam(kind Kind, seconds, top float64, r *rand.Rand) *course {
	c := &course{seconds: seconds, start: within(r, 0.1, 0.5), stop: seconds - math.Min(0.9, 0.3*seconds), uneven: &uneven{}}
	for leg := range c.uneven.late {
		for range int(seconds/lateKnot) + 3 {
			c.uneven.late[leg] = append(c.uneven.late[leg], within(r, -lateCycles, lateCycles))
		}
		for range int(seconds / swingSeconds) {
			c.uneven.longer[leg] = append(c.uneven.longer[leg], within(r, 0, longerSwing))
		}
	}
	push := within(r, calmPush, hastyPush)
	type target struct{ v, side, w float64 }
	var from, to target
	start, move, until := 0.0, 0.1, c.start
	for i := 0; i <= int(math.Round(seconds/courseStep)); i++ {
		t := float64(i) * courseStep
		if t >= until {
			from, to = to, target{}
			if until < c.stop-0.7 {
				if r.Float64() > 0.25 {
					to.v = within(r, 0.05, top)
					to.w = to.v * within(r, -4, 4)
				}
				if kind == Crab {
					sin, cos := math.Sincos(within(r, -math.Pi, math.Pi))
					to = target{v: to.v * cos, side: to.v * sin}
				}
				if r.Float64() < 0.25 {
					to.w += within(r, -1.2, 1.2)
				}
			}
			move = math.Max(within(r, 0.1, 0.4), math.Hypot(to.v-from.v, to.side-from.side)/push)
			start, until = t, t+move+within(r, 0.1, 0.7)
			if kind == Whirl && t < c.stop-1.2 {
				to.w += within(r, -windRate, windRate)
				to.v *= 0.7
				if math.Abs(from.w) < leastWhirl {
					to.w = math.Copysign(within(r, leastWhirl, mostWhirl), to.w)
					move = within(r, 0.08, 0.2)
					until = t + move + within(r, 0, whirlSeconds)
				}
			}
			if to == (target{}) && start+move > c.stop-0.8 {
				until = math.Inf(1)
			}
		}
		k := smoothStep((t - start) / move)
		c.advance(from.v+k*(to.v-from.v), from.side+k*(to.side-from.side), from.w+k*(to.w-from.w))
	}
	return c
}

// late is by how much a leg's step comes late at time t, cycles.
func (c *course) late(leg int, t float64) float64 {
	if c.uneven == nil {
		return 0
	}
	at := c.uneven.late[leg]
	k := t / lateKnot
	j := int(k)
	return at[j] + (at[j+1]-at[j])*smoothStep(k-float64(j))
}

// swing is how long a leg's step i takes that begins at t, s.
func (c *course) swing(leg, i int, t float64) float64 {
	if c.uneven == nil {
		return swingSeconds
	}
	return swingSeconds * (1 + c.uneven.longer[leg][i]*math.Max(0, 1-c.pace(t)/quickSpeed))
}

// pace is how fast the feet go by under the body at time t, m/s.
func (c *course) pace(t float64) float64 {
	v, w := c.speed(t)
	return math.Hypot(math.Hypot(v, c.side[c.index(t)]), turnRadius*w)
}

// rests says whether the feet wait where they are.
func (c *course) rests(t float64) bool {
	return c.uneven != nil && t <= c.stop-swingSeconds && math.Max(c.pace(t), c.pace(t+0.15)) < restSpeed
}

// ready says whether a leg may lift at t (s): not beside one that swings at the same end
// of the body, nor as the third. Legs that step in time, or bound, always may.
func (c *course) ready(lifts *[4][]float64, leg int, t float64) bool {
	if c.uneven == nil || c.bound != nil {
		return true
	}
	swinging := 0
	for other := range lifts {
		if n := len(lifts[other]); other != leg && n > 0 && t < lifts[other][n-1]+c.swing(other, n-1, lifts[other][n-1]) {
			if other/2 == leg/2 {
				return false
			}
			swinging++
		}
	}
	return swinging < 2
}
