package motion

import (
	"math"
	"math/rand/v2"
)

// course is where the body goes: position and heading over time, still before
// start and after stop.
type course struct {
	seconds, start, stop float64
	x, y, yaw            []float64 // every millisecond
	v, side, w           []float64 // m/s along the heading and to its left, rad/s
	uneven               *uneven   // of a roam; others step in time
	bound                *bound    // of a dash
}

const courseStep = 0.001 // s

// newCourse starts and stops smoothly and in between goes at speed (m/s) along a
// curvature (1/m, positive to the left) while turning at rate turn (rad/s) on
// top; its speed changes from step to step by ±20 % around its mean, or more.
func newCourse(seconds, speed, curvature, turn float64, p posture, r *rand.Rand) *course {
	noise := 0.2 + 0.4*p.uneven
	n := int(math.Round(seconds/courseStep)) + 1
	c := &course{seconds: seconds, start: math.Min(0.25, 0.1*seconds), stop: seconds - math.Min(0.9, 0.3*seconds)}
	knots := make([]float64, int(seconds/0.35)+3)
	for i := range knots {
		knots[i] = 1 + noise*(2*r.Float64()-1)
	}
	ramp := math.Min(0.3+speed, 0.3*(c.stop-c.start)) * (1 - 0.5*p.hasty)
	factor := make([]float64, n)
	var sum, weight float64
	for i := range factor {
		t := float64(i) * courseStep
		k := t / 0.35
		j := int(k)
		envelope := smoothStep((t-c.start)/ramp) * smoothStep((c.stop-t)/ramp)
		factor[i] = envelope * (knots[j] + (knots[j+1]-knots[j])*smoothStep(k-float64(j)))
		sum += factor[i]
		weight += envelope
	}
	for i := range factor {
		f := factor[i] * weight / sum
		v := f * speed
		c.advance(v, 0, curvature*v+f*turn)
	}
	return c
}

// gait is the timing of the feet at a speed (m/s).
func (c *course) gait(speed float64, trot bool) gait {
	g := gaitAt(speed, trot)
	if c.bound != nil {
		g = c.bound.blend(g, speed)
	}
	return g
}

// advance adds the next millisecond, at whose beginning the body goes at v, and at side to its
// left (m/s), and turns at w (rad/s).
func (c *course) advance(v, side, w float64) {
	x, y, yaw := -pivot, 0.0, 0.0
	if i := len(c.x) - 1; i >= 0 {
		sin, cos := math.Sincos(c.yaw[i])
		x = c.x[i] + (c.v[i]*cos-c.side[i]*sin)*courseStep
		y = c.y[i] + (c.v[i]*sin+c.side[i]*cos)*courseStep
		yaw = c.yaw[i] + c.w[i]*courseStep
	}
	c.x, c.y, c.yaw = append(c.x, x), append(c.y, y), append(c.yaw, yaw)
	c.v, c.side, c.w = append(c.v, v), append(c.side, side), append(c.w, w)
}

func (c *course) index(t float64) int {
	return min(max(int(math.Round(t/courseStep)), 0), len(c.x)-1)
}

// at is the position (m) and heading (rad) at time t.
func (c *course) at(t float64) (x, y, yaw float64) {
	i := c.index(t)
	return c.x[i], c.y[i], c.yaw[i]
}

// speed is the forward (m/s) and turning (rad/s) speed at time t.
func (c *course) speed(t float64) (v, w float64) {
	i := c.index(t)
	return c.v[i], c.w[i]
}
