package report

import (
	"fmt"
	"math"

	"whisker/controller"
)

// outcome is how one pass went on one side, by what every robot measures, and by
// the truth where there is one. How it ended is of the whole pass, the rest of the
// ticks that the two share.
type outcome struct {
	seconds   float64 // until it fell, or the end
	fell      bool
	fault     string
	early     bool    // it ended before its clip
	following float64 // RMS of joint behind command, rad
	power     float64 // mean of |torque x speed|, W; NaN without torques
	distance  float64 // along the ground, m; NaN without truth
}

// fallTilt is where a legged robot counts as fallen: 60 degrees.
const fallTilt = math.Pi / 3

// earlySeconds is how much of its clip a pass may lack and still have played it: what
// a recording loses at its end.
const earlySeconds = 0.1

// ended fills in how a pass ended, by its own ticks.
func (o *outcome) ended(p *pass, body *controller.Body) {
	dt := body.Period.Seconds()
	ticks := p.samples[len(p.samples)-1].Tick - p.base + 1
	for i := range p.samples {
		if x := &p.samples[i]; body.Measures.IMU && tilt(x) > fallTilt {
			o.fell, ticks = true, x.Tick-p.base
			break
		}
	}
	o.seconds = float64(ticks) * dt
	o.early = p.last > 0 && float64(p.last-p.start+1)*dt-o.seconds > earlySeconds
}

func (c *comparison) outcomeOf(s *stretch, rec *recording, side int) outcome {
	x := s.a
	if side == 1 {
		x = s.b
	}
	p := &rec.passes[s.pass[side]]
	o := outcome{fault: p.fault, power: math.NaN(), distance: math.NaN()}
	o.ended(p, rec.header.Body)
	square, work, n := 0.0, 0.0, 0
	joints := c.actuated()
	end := len(x)
	for k, t := range x {
		if rec.header.Body.Measures.IMU && tilt(t) > fallTilt {
			end = k
			break
		}
		for _, j := range joints {
			e := t.Command.Pos[j] - t.State.Pos[j]
			square, n = square+e*e, n+1
		}
		for i := range t.State.Torque {
			work += math.Abs(t.State.Torque[i] * t.State.ActVel[i])
		}
	}
	o.following = math.Sqrt(square / float64(max(n, 1)))
	if rec.header.Body.Measures.Torque {
		o.power = work / float64(max(end, 1))
	}
	if len(p.roots) == len(p.samples) && len(p.roots) > 1 && end > 0 {
		a, b := p.roots[0].Pos, p.roots[min(end, len(p.roots)-1)].Pos
		o.distance = math.Hypot(b[0]-a[0], b[1]-a[1])
	}
	return o
}

// tilt is the angle between the trunk's up and the world's, rad.
func tilt(s *controller.Sample) float64 {
	q := s.State.IMU.Quat
	return math.Acos(math.Max(-1, math.Min(1, 1-2*(q[1]*q[1]+q[2]*q[2]))))
}

// outcomes are the pairs of all passes.
func (c *comparison) outcomes() (pairs [][2]outcome) {
	for i := range c.stretches {
		s := &c.stretches[i]
		pairs = append(pairs, [2]outcome{c.outcomeOf(s, c.a, 0), c.outcomeOf(s, c.b, 1)})
	}
	return pairs
}

// task is item 11: how many passes end otherwise on one side than on the other.
func (c *comparison) task() Item {
	it := Item{Number: 11, Name: "Task outcome: passes that end otherwise", Unit: "passes"}
	pairs := c.outcomes()
	var following, power, seconds []float64
	for i, p := range pairs {
		a, b := &p[0], &p[1]
		if ending(a) != ending(b) {
			it.Value++
		}
		following, power, seconds = append(following, b.following-a.following), append(power, b.power-a.power), append(seconds, b.seconds-a.seconds)
		it.Rows = append(it.Rows, Row{Name: c.stretches[i].clip, Text: ending(a) + " / " + ending(b), Value: []Number{
			Number(a.seconds), Number(b.seconds), Number(a.following), Number(b.following), Number(a.power), Number(b.power), Number(a.distance), Number(b.distance)}})
	}
	it.Note = fmt.Sprintf("of %d; paired differences, second less first: until a fall or the end %s s, joint behind command %s rad, mechanical power %s W",
		len(pairs), paired(seconds), paired(following), paired(power))
	return it
}

func ending(o *outcome) string {
	switch {
	case o.fell:
		return "fell"
	case o.fault != "":
		return "fault"
	case o.early:
		return "ended early"
	}
	return "done"
}

// paired is the mean of differences, with its interval where there are several.
func paired(d []float64) string {
	m := mean(d)
	if math.IsNaN(m) {
		return "–"
	}
	if len(d) < 3 {
		return fmt.Sprintf("%+.3g", m)
	}
	low, high := interval(len(d), func(pick func() int) float64 {
		sum := 0.0
		for range d {
			sum += d[pick()]
		}
		return sum / float64(len(d))
	})
	return fmt.Sprintf("%+.3g (95 %% from %.3g to %.3g)", m, low, high)
}

// predictivity is item 10: whether the first tells which passes go well on the
// second. Its units are passes, where papers have policies.
func (c *comparison) predictivity() Item {
	it := Item{Number: 10, Name: "Predictivity: correlation of scores over passes", Unit: "", AtLeast: true, Value: missing}
	pairs := c.outcomes()
	if len(pairs) < 5 {
		it.Note = fmt.Sprintf("%d passes in common, 5 are needed", len(pairs))
		return it
	}
	var x, y []float64
	for _, p := range pairs {
		x, y = append(x, p[0].following), append(y, p[1].following)
	}
	r := pearson(x, y)
	low, high := interval(len(x), func(pick func() int) float64 {
		u, v := make([]float64, len(x)), make([]float64, len(x))
		for i := range u {
			k := pick()
			u[i], v[i] = x[k], y[k]
		}
		return pearson(u, v)
	})
	it.Value = Number(r)
	it.Note = fmt.Sprintf("Pearson %.3f (95 %% from %.3f to %.3f), Spearman %.3f, mean of the largest wrong ranking %.2g rad, over %d passes; score: RMS of joint behind command",
		r, low, high, pearson(ranks(x), ranks(y)), wrongRanking(x, y), len(pairs))
	return it
}

// wrongRanking is MMRV (Li et al. 2024): the mean over passes of the most that is
// lost where the first ranks two passes the other way round.
func wrongRanking(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		worst := 0.0
		for j := range x {
			if (x[i] < x[j]) != (y[i] < y[j]) {
				worst = math.Max(worst, math.Abs(y[i]-y[j]))
			}
		}
		sum += worst
	}
	return sum / float64(len(x))
}
