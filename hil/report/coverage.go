package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"whisker/controller"
)

// cells is how finely positions, speeds and torques are divided for coverage,
// over what the second recording spans.
const cells = 6

// coverage is item 12: the share of the second's states that the first visited,
// joint by joint, and how often motors gave what they can.
func (c *comparison) coverage() Item {
	it := Item{Number: 12, Name: "Coverage of the second's states by the first", Unit: "", AtLeast: true}
	var share []float64
	for i := range c.body.Actuators {
		share = append(share, c.covered(i))
		it.Joints = append(it.Joints, Number(share[i]))
	}
	it.Value = Number(mean(share))
	it.Note = fmt.Sprintf("%d cells each of position, speed and torque, also the neighbours of visited cells; at the torque's bound %.2f %% and %.2f %% of the time",
		cells, 100*c.saturated(first), 100*c.saturated(second))
	return it
}

func (c *comparison) covered(i int) float64 {
	low, high := [3]float64{math.Inf(1), math.Inf(1), math.Inf(1)}, [3]float64{math.Inf(-1), math.Inf(-1), math.Inf(-1)}
	c.each(func(_, y *controller.Sample) {
		for k, v := range point(y, i) {
			low[k], high[k] = math.Min(low[k], v), math.Max(high[k], v)
		}
	})
	cell := func(s *controller.Sample) (at [3]int) {
		for k, v := range point(s, i) {
			at[k] = int(math.Floor(cells * (v - low[k]) / math.Max(high[k]-low[k], 1e-9)))
		}
		return at
	}
	seen := map[[3]int]bool{}
	c.each(func(x, _ *controller.Sample) {
		at := cell(x)
		for n := range 27 { // a state at a border belongs to both
			seen[[3]int{at[0] + n%3 - 1, at[1] + n/3%3 - 1, at[2] + n/9 - 1}] = true
		}
	})
	in, n := 0, 0
	c.each(func(_, y *controller.Sample) {
		if n++; seen[cell(y)] {
			in++
		}
	})
	return float64(in) / float64(n)
}

func point(s *controller.Sample, i int) [3]float64 {
	return [3]float64{s.State.ActPos[i], s.State.ActVel[i], s.State.Torque[i]}
}

// saturated is the share of samples of motors at their bound.
func (c *comparison) saturated(side func(*stretch) []*controller.Sample) float64 {
	at, n := 0, 0
	for k := range c.stretches {
		for _, s := range side(&c.stretches[k]) {
			for i := range c.body.Actuators {
				n++
				if limit := c.body.Actuators[i].MaxTorque; limit > 0 && math.Abs(s.State.Torque[i]) >= 0.97*limit {
					at++
				}
			}
		}
	}
	return float64(at) / float64(n)
}

// A motor stops where so many samples lie within a hundredth of the largest torque
// while what is asked of it spreads by so much. Motors that are merely weak peak
// in 0.4 % of the samples of a walk at most, with a spread of 1.1 (measured).
const (
	topShare  = 0.005
	topSpread = 1.2
)

// flatTop is the share of the largest torque at which motors stop although more
// is asked of them: the middle one of those that do so by themselves, or that at
// which all do together, each too seldom to tell; 0 where none does.
func (c *comparison) flatTop(side func(*stretch) []*controller.Sample) float64 {
	var all []int
	var tops []float64
	for i := range c.body.Actuators {
		if c.body.Actuators[i].MaxTorque <= 0 {
			continue
		}
		all = append(all, i)
		if top := c.stops(side, i); top > 0 {
			tops = append(tops, top)
		}
	}
	if len(tops) == 0 {
		return math.Min(1, c.stops(side, all...))
	}
	return math.Min(1, quantile(tops, 0.5))
}

// stops is the share of the largest torque at which motors stop; 0 where they do not.
func (c *comparison) stops(side func(*stretch) []*controller.Sample, motors ...int) float64 {
	share := func(s *controller.Sample, i int) float64 {
		return math.Abs(s.State.Torque[i]) / c.body.Actuators[i].MaxTorque
	}
	peak, n := 0.0, 0
	for k := range c.stretches {
		for _, s := range side(&c.stretches[k]) {
			n++
			for _, i := range motors {
				peak = math.Max(peak, share(s, i))
			}
		}
	}
	var more []float64 // asked at the peak
	for k := range c.stretches {
		s := side(&c.stretches[k])
		for t := 1; t < len(s); t++ {
			for _, i := range motors {
				if share(s[t], i) > 0.99*peak {
					more = append(more, math.Abs(asked(s[t-1], s[t], i))/c.body.Actuators[i].MaxTorque)
				}
			}
		}
	}
	if float64(len(more)) < topShare*float64(n) || quantile(more, 0.9) < topSpread*quantile(more, 0.1) {
		return 0
	}
	return peak
}

// timing is item 13: how the second kept its period, by its own clock.
func (c *comparison) timing() Item {
	it := Item{Number: 13, Name: "Timing of the second: 99 % of periods within", Unit: "of the period"}
	var periods []float64
	skipped, jumps, n := 0, 0, 0
	for i := range c.b.passes {
		s := c.b.passes[i].samples
		for k := range s {
			skipped += s[k].Timing.Skipped
			n++
			if k == 0 || s[k].Tick != s[k-1].Tick+1 {
				continue
			}
			periods = append(periods, (s[k].State.Time-s[k-1].State.Time).Seconds()/c.body.Period.Seconds())
			if s[k].State.Seq <= s[k-1].State.Seq {
				jumps++
			}
		}
	}
	if len(periods) == 0 {
		it.Value, it.Note = missing, "no two ticks in a row"
		it.Rows = []Row{{Name: "missed", Value: []Number{0}}}
		return it
	}
	m, off := mean(periods), make([]float64, len(periods))
	for i, p := range periods {
		off[i] = math.Abs(p - 1)
	}
	it.Value = Number(quantile(off, 0.99))
	ms := c.body.Period.Seconds() * 1000
	it.Note = fmt.Sprintf("period %.3f ms in the mean, %.3f ms at most, nominal %g ms; %d periods missed of %d, %d states used twice, %d ticks lost in recording",
		ms*m, ms*slices.Max(periods), ms, skipped, n, jumps, c.gaps[1]+c.b.dropped)
	it.Rows = []Row{{Name: "missed", Value: []Number{Number(float64(skipped) / float64(max(n, 1)))}}}
	return it
}

// heldOut is item 14: how many of four rules the passes meet, so that what was
// fitted on the first of them can be checked on the last.
func (c *comparison) heldOut() Item {
	it := Item{Number: 14, Name: "Held-out rules met", Unit: "of 4", AtLeast: true}
	n := len(c.stretches)
	if n < 2 {
		it.Note = "one pass in common: nothing was held out"
		return it
	}
	last := c.stretches[n-1].b
	var met, not []string
	rule := func(name string, holds func(x []*controller.Sample) bool) {
		for i := range n - 1 {
			if !holds(c.stretches[i].b) {
				not = append(not, name)
				return
			}
		}
		it.Value++
		met = append(met, name)
	}
	amplitude, gains := func(x []*controller.Sample) float64 { return swing(x) }, func(x []*controller.Sample) float64 { return mean(x[0].Command.Kp) }
	rule("signal", func([]*controller.Sample) bool {
		return !slices.ContainsFunc(c.stretches[:n-1], func(s stretch) bool { return s.clip == c.stretches[n-1].clip })
	})
	rule("amplitude", func(x []*controller.Sample) bool { return math.Abs(math.Log(amplitude(last)/amplitude(x))) > 0.1 })
	rule("phase", func(x []*controller.Sample) bool { return together(x, last) < 0.9 })
	rule("gains", func(x []*controller.Sample) bool { return math.Abs(math.Log(gains(last)/gains(x))) > 0.05 })
	it.Note = fmt.Sprintf("the last pass, %s, against those before it: other %s", c.stretches[n-1].clip, strings.Join(met, ", "))
	if len(not) > 0 {
		it.Note += "; the same " + strings.Join(not, ", ")
	}
	if c.difference != nil && c.difference.HeldOut != "" {
		it.Note += "; " + c.difference.HeldOut
	}
	return it
}

// swing is how far commands swing, rad: their deviation, over joints.
func swing(x []*controller.Sample) float64 {
	sum := 0.0
	for j := range x[0].Command.Pos {
		m, square := 0.0, 0.0
		for _, s := range x {
			m += s.Command.Pos[j] / float64(len(x))
		}
		for _, s := range x {
			square += (s.Command.Pos[j] - m) * (s.Command.Pos[j] - m) / float64(len(x))
		}
		sum += square
	}
	return math.Sqrt(sum)
}

// together is the correlation of two passes' commands, tick by tick.
func together(x, y []*controller.Sample) float64 {
	n := min(len(x), len(y))
	sum := 0.0
	for j := range x[0].Command.Pos {
		u, v := make([]float64, n), make([]float64, n)
		for t := range n {
			u[t], v[t] = x[t].Command.Pos[j], y[t].Command.Pos[j]
		}
		if r := pearson(u, v); !math.IsNaN(r) {
			sum += r / float64(len(x[0].Command.Pos))
		}
	}
	return sum
}
