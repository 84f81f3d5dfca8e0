package identify

import (
	"context"
	"math"
	"slices"
)

// limits are what bounds the torque of an impedance servo. A log of which no torque
// reaches them says no more than that they are beyond.
var limits = [...]Param{MaxTorque, StallTorque, NoLoadSpeed}

// limit says that a number is such a bound.
func (s *space) limit(k Param) bool { return s.law == Impedance && slices.Contains(limits[:], k) }

// reachedChance is how much the errors must fall for limits to count as reached, more
// than by chance once in a thousand logs (chi-squared of three numbers).
const reachedChance = 16.3

// reach decides whether the limits are to be found. They are where the measured torques
// fall behind what the servo asks for along the measured motion. Else they stay as the
// profile has them: to search for them would cost time and tell nothing. Either way they
// leave the space, for all other numbers to be found first; the search for the servo's
// begins where they are along that motion.
func (b *problem) reach(ctx context.Context) {
	limited := func(k Param) bool { return b.space.limit(k) }
	if b.torque == 0 || b.still() || !slices.ContainsFunc(b.space.param, limited) {
		return
	}
	var v Values
	v, b.reached = b.shortfall(ctx)
	b.whole = b.space
	begin := b.whole.values(b.whole.begin)
	b.space = b.whole.only(func(k Param) bool { return !limited(k) })
	for _, k := range b.whole.param {
		if limited(k) && b.reached {
			b.space.base[k] = v[k]
		} else if limited(k) {
			b.space.base[k] = begin[k]
		}
	}
	for i, k := range b.space.param {
		if k == Delay || slices.Contains(servoParams[:], k) {
			b.space.begin[i] = coordinate(k, v[k], b.space.lo[i], b.space.hi[i])
		}
	}
	if b.reached {
		b.anew(stretches[0])
	}
}

// stretches are how long a replay goes on before it is put where the joint was measured,
// s, while a search goes on: a joint that is left to itself for longer goes far off for
// little where torques reach limits, and the search ends in a pit.
var stretches = [...]float64{0.1, 0.4, math.Inf(1)}

// widen goes on from a point where all but the limits were found, in the shortest
// stretches, to find them too, in ever longer ones.
func (b *problem) widen(ctx context.Context, u []float64, pull float64) ([]float64, float64) {
	v := b.space.values(u)
	b.space = b.whole
	wide := make([]float64, len(b.space.param))
	for i, k := range b.space.param {
		wide[i] = coordinate(k, v[k], b.space.lo[i], b.space.hi[i])
	}
	for _, seconds := range stretches {
		b.anew(seconds)
		f, rows := b.withPrior(pull, nil)
		refine(ctx, f, wide, rows, 12)
		pull = b.pull(wide)
	}
	f, rows := b.withPrior(pull, nil)
	refine(ctx, f, wide, rows, 12)
	return wide, pull
}

// anew makes replays begin anew after so many seconds, again and again.
func (b *problem) anew(seconds float64) {
	for _, t := range b.tracks {
		t.anew = nil
		for i, begun := 0, 0.0; !math.IsInf(seconds, 1) && i < len(t.time); i++ {
			speed := math.NaN()
			if t.time[i]-begun >= seconds {
				speed, _ = parabola(t.time, t.pos, i, 0)
				begun = t.time[i]
			}
			t.anew = append(t.anew, speed)
		}
	}
}

// only is the part of a space with the numbers that keep says.
func (s *space) only(keep func(Param) bool) *space {
	out := &space{law: s.law, base: s.base}
	for i, k := range s.param {
		if keep(k) {
			out.param, out.begin = append(out.param, k), append(out.begin, s.begin[i])
			out.lo, out.hi = append(out.lo, s.lo[i]), append(out.hi, s.hi[i])
		}
	}
	return out
}

// shortfall is how a servo's torques, as they were measured, fall behind what it asks
// for along the measured motion, whatever the joint does with them: with which limits
// they would, and whether errors of torque say that there are any.
func (b *problem) shortfall(ctx context.Context) (v Values, reached bool) {
	servo := func(k Param) bool { return slices.Contains(servoParams[:], k) }
	free, bounded := b.space.only(servo), b.space.only(func(k Param) bool { return servo(k) || b.space.limit(k) })
	for _, k := range limits {
		free.base[k] = 0
	}
	m, delays := b.measured(), b.space.delays()
	r := make([]float64, m.size)
	u, w := slices.Clone(free.begin), slices.Clone(bounded.begin)
	before := m.fit(ctx, free, u, delays, r)
	v = free.values(u)
	v[Delay] = m.delay
	m.guess(bounded, w, r)
	after := m.fit(ctx, bounded, w, delays, r)
	if before-after > reachedChance*max(noise(r), 1e-12) {
		v, reached = bounded.values(w), true
		v[Delay] = m.delay
	}
	return v, reached
}

// servoParams are the numbers of a servo that ask for torque. Its delay is gone through
// beforehand: it changes torques in steps where commands are held.
var servoParams = [...]Param{Gain, RestOffset, RestGain, Kp, Kd}

// measured is a servo along a motion that was measured.
type measured struct {
	tracks []*track
	speed  [][]float64 // rad/s
	size   int         // samples
	delay  float64     // s
}

func (b *problem) measured() *measured {
	m := &measured{tracks: b.tracks}
	for _, t := range b.tracks {
		speed := make([]float64, len(t.time))
		for i := range speed {
			speed[i], _ = parabola(t.time, t.pos, i, 0)
		}
		m.speed, m.size = append(m.speed, speed), m.size+len(speed)
	}
	return m
}

// errors writes what the servo gives at every sample less what was measured, N·m.
func (m *measured) errors(v *Values, r []float64) {
	for n, t := range m.tracks {
		s, told := newServo(Impedance, v, t), 0
		for i, at := range t.time {
			for told+1 < i && t.time[told+1] < at-m.delay {
				told++
			}
			if r[i] = 0; t.enabled != nil && !t.enabled[max(i-1, 0)] {
				continue
			}
			s.obey(told)
			speed := m.speed[n][i]
			torque, damping := s.torque(v[RestGain]*t.cmd[told]+v[RestOffset]-t.pos[i], speed)
			r[i] = torque - damping*speed - t.torque[i]
		}
		r = r[len(t.time):]
	}
}

// cost is the sum of the squares of the errors.
func (m *measured) cost(v Values, r []float64) float64 {
	m.errors(&v, r)
	return sumSquares(r)
}

// fit improves a point of a space in place, and the delay, by turns, and returns the cost.
func (m *measured) fit(ctx context.Context, s *space, u, delays, r []float64) (cost float64) {
	f := func(u, r []float64) {
		v := s.values(u)
		m.errors(&v, r)
	}
	for range 4 {
		was := m.delay
		m.settle(s.values(u), delays, r)
		if len(u) > 0 {
			refine(ctx, f, u, m.size, 12)
		}
		if cost = m.cost(s.values(u), r); m.delay == was {
			break
		}
	}
	return cost
}

// settle takes the delay of the least cost, amid those that have it: where commands are
// held many do.
func (m *measured) settle(v Values, delays, r []float64) {
	least, first, last := math.Inf(1), m.delay, m.delay
	for _, m.delay = range delays {
		if c := m.cost(v, r); c < least {
			least, first, last = c, m.delay, m.delay
		} else if c == least {
			last = m.delay
		}
	}
	m.delay = (first + last) / 2
}

// delays are those to go through: each 1/24 of the search's bounds, or the known one.
func (s *space) delays() (out []float64) {
	i := slices.Index(s.param, Delay)
	if i < 0 {
		return []float64{s.base[Delay]}
	}
	for k := range 25 {
		out = append(out, s.at(i, float64(k)/24))
	}
	return out
}

// guess puts into u the limits of the least cost, of a few about the largest torque
// and the largest speed at which a motor drives: beyond what a motion reaches errors
// have no slope that would lead a search to it.
func (m *measured) guess(s *space, u, r []float64) {
	torque, speed, gain := 0.0, 0.0, s.values(u)[Gain]
	for n, t := range m.tracks {
		for i, x := range t.torque {
			torque = max(torque, math.Abs(x)/gain)
			if x*m.speed[n][i] > 0 {
				speed = max(speed, math.Abs(m.speed[n][i]))
			}
		}
	}
	try := slices.Clone(u)
	set := func(k Param, x float64) {
		if i := slices.Index(s.param, k); i >= 0 {
			try[i] = s.begin[i]
			if x > 0 {
				try[i] = min(max(coordinate(k, x, s.lo[i], s.hi[i]), 0), 1)
			}
		}
	}
	least := math.Inf(1)
	for _, most := range [...]float64{0, 0.4, 0.55, 0.7, 0.85, 1} {
		for _, free := range [...]float64{0, 1.05, 1.3, 1.8, 3} {
			for _, stall := range [...]float64{0.5, 0.8, 1.2, 2, 3.5} {
				set(MaxTorque, most*torque)
				set(NoLoadSpeed, free*speed)
				set(StallTorque, stall*min(free, 1)*torque)
				if c := m.cost(s.values(try), r); c < least {
					least = c
					copy(u, try)
				}
				if free == 0 {
					break // as the profile has it
				}
			}
		}
	}
}
