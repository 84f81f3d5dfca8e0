package report

import (
	"fmt"
	"math"

	"whisker/controller"
)

// lags are how many periods of lag are tried; leastSwing is how far a command has to
// swing to tell of one, rad.
const (
	lags       = 15
	leastSwing = 1e-3
)

// lagOf is by how many periods joint j follows its command, for one side: the
// shift of the command that leaves the least spread, between ticks by a parabola.
// The spread, unlike a correlation, does not mind a constant offset. It is lags - 1 for
// any that is longer.
func (c *comparison) lagOf(j int, side func(*stretch) []*controller.Sample) float64 {
	const most = lags
	spread := make([]float64, most)
	for k := range spread {
		n, sum, square := 0.0, 0.0, 0.0
		for i := range c.stretches {
			s := side(&c.stretches[i])
			for t := 0; t+most < len(s); t++ {
				if s[t+most].Tick != s[t].Tick+most { // a tick is missing
					continue
				}
				d := s[t+k].State.Pos[j] - s[t].Command.Pos[j]
				n, sum, square = n+1, sum+d, square+d*d
			}
		}
		if n == 0 {
			return math.NaN()
		}
		spread[k] = math.Sqrt(math.Max(0, square/n-sum*sum/n/n))
	}
	best := 0
	for k := range spread {
		if spread[k] < spread[best] {
			best = k
		}
	}
	if best == 0 || best == most-1 {
		return float64(best)
	}
	a, b, d := spread[best-1], spread[best], spread[best+1]
	return float64(best) + (a-d)/2/(a-2*b+d)
}

func first(s *stretch) []*controller.Sample  { return s.a }
func second(s *stretch) []*controller.Sample { return s.b }

// actuated lists pairs of joint and the actuator that obeys positions for it.
func (c *comparison) actuated() (joints []int) {
	for i := range c.body.Actuators {
		if a := &c.body.Actuators[i]; a.Joint == i && a.Drive != controller.DriveTorque {
			joints = append(joints, i)
		}
	}
	return joints
}

// lag is item 6.
func (c *comparison) lag() Item {
	it := Item{Number: 6, Name: "Delay: difference of the lag from command to joint", Unit: "periods", Value: missing}
	joints := c.actuated()
	if len(joints) == 0 {
		it.Note = "no actuator is told positions of a joint of its own"
		return it
	}
	var a, b []float64
	for _, j := range joints {
		x, y := c.lagOf(j, first), c.lagOf(j, second)
		if min(c.swingOf(j, first), c.swingOf(j, second)) < leastSwing || min(x, y) == lags-1 {
			it.Joints = append(it.Joints, missing)
			continue
		}
		it.Joints = append(it.Joints, Number(y-x))
		a, b = append(a, x), append(b, y)
	}
	if len(a) == 0 {
		it.Note = fmt.Sprintf("no command swings by %g rad, or no joint follows one within %d periods", leastSwing, lags-1)
		return it
	}
	ms := c.body.Period.Seconds() * 1000
	it.Value = Number(math.Abs(mean(b) - mean(a)))
	it.Note = fmt.Sprintf("lag of the closed position loop %.1f ms and %.1f ms", ms*mean(a), ms*mean(b))
	if d := c.difference; d != nil && len(d.Parameters) > 0 {
		p := &d.Parameters[0]
		it.Note += fmt.Sprintf("; the transport delay alone, fitted, differs by %+.1f ± %.1f ms", 1000*float64(p.Difference), 1000*float64(p.Deviation))
	} else {
		it.Note += "; the transport delay alone could not be fitted"
	}
	return it
}

// swingOf is the standard deviation of joint j's command, rad.
func (c *comparison) swingOf(j int, side func(*stretch) []*controller.Sample) float64 {
	var l line
	for i := range c.stretches {
		for _, s := range side(&c.stretches[i]) {
			l.add(s.Command.Pos[j], 0)
		}
	}
	return math.Sqrt(math.Max(0, l.xx/l.n-l.x*l.x/l.n/l.n))
}
