package motion

import (
	"math"
	"math/rand/v2"
)

// A foraging rat hardly ever walks as in a runway: it stops and goes, winds, and its
// feet come early and late (recorded clips: 0 to 0.6 m/s within 0.2 s, and the next
// stop half a second later).
const (
	restSpeed   = 0.03 // m/s; a slower body leaves its feet where they are
	roamPush    = 2.0  // m/s², how fast speed changes on average between two targets
	lateCycles  = 0.10 // how early or late a foot comes, cycles
	longerSwing = 0.5  // how much longer than swingSeconds a swing takes at most, share
)

// uneven is what makes steps irregular.
type uneven struct {
	late   [4][]float64 // cycles, at knots lateKnot apart
	swings [4][]float64 // s, of one step after the other
}

const lateKnot = 0.4 // s

// newRoam goes from one speed to the next, up to top (m/s), every 0.3 to 1.1 s, along
// changing curves.
func newRoam(seconds, top float64, r *rand.Rand) *course {
	c := &course{seconds: seconds, start: within(r, 0.1, 0.5), stop: seconds - math.Min(0.9, 0.3*seconds), uneven: &uneven{}}
	for leg := range c.uneven.late {
		for range int(seconds/lateKnot) + 3 {
			c.uneven.late[leg] = append(c.uneven.late[leg], within(r, -lateCycles, lateCycles))
		}
		for range int(seconds / swingSeconds) {
			c.uneven.swings[leg] = append(c.uneven.swings[leg], swingSeconds*within(r, 1, 1+longerSwing))
		}
	}
	type target struct{ v, w float64 }
	var from, to target
	start, move, until := 0.0, 0.1, c.start
	x, y, yaw := -pivot, 0.0, 0.0
	for i := 0; i <= int(math.Round(seconds/courseStep)); i++ {
		t := float64(i) * courseStep
		if t >= until {
			from, to = to, target{}
			if until < c.stop-0.7 {
				if r.Float64() > 0.25 {
					to.v = within(r, 0.05, top)
					to.w = to.v * within(r, -4, 4)
				}
				if r.Float64() < 0.25 {
					to.w += within(r, -1.2, 1.2)
				}
			}
			move = math.Max(within(r, 0.15, 0.4), math.Abs(to.v-from.v)/roamPush)
			start, until = t, t+move+within(r, 0.1, 0.7)
			if to == (target{}) && start+move > c.stop-0.8 {
				until = math.Inf(1)
			}
		}
		k := smoothStep((t - start) / move)
		v, w := from.v+k*(to.v-from.v), from.w+k*(to.w-from.w)
		c.x, c.y, c.yaw = append(c.x, x), append(c.y, y), append(c.yaw, yaw)
		c.v, c.w = append(c.v, v), append(c.w, w)
		x += v * math.Cos(yaw) * courseStep
		y += v * math.Sin(yaw) * courseStep
		yaw += w * courseStep
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

// swing is how long a leg's step i takes, s.
func (c *course) swing(leg, i int) float64 {
	if c.uneven == nil {
		return swingSeconds
	}
	return c.uneven.swings[leg][i]
}

// rests says whether the feet wait where they are.
func (c *course) rests(t float64) bool {
	if c.uneven == nil || t > c.stop-swingSeconds {
		return false
	}
	v, w := c.speed(t)
	later, turning := c.speed(t + 0.15)
	return math.Max(math.Hypot(v, turnRadius*w), math.Hypot(later, turnRadius*turning)) < restSpeed
}

// mayLift says whether a leg of a roam may lift at t (s): not beside one that swings at the
// same end of the body, nor as the third.
func mayLift(lifts *[4][]float64, leg int, t float64) bool {
	swinging := 0
	for other := range lifts {
		if n := len(lifts[other]); other != leg && n > 0 && t < lifts[other][n-1]+swingSeconds*(1+longerSwing) {
			if other/2 == leg/2 {
				return false
			}
			swinging++
		}
	}
	return swinging < 2
}
