package motion

import (
	"math"
	"slices"
)

// Animators lift feet when it looks well, and a trunk that no foot carries stops in the air
// or turns over one that stands elsewhere. carry moves when feet leave and land, a little, until
// what moves the trunk acts where feet stand, as far as that goes.
const (
	carryRounds = 4
	quickSwing  = 0.1   // s, of a foot that stays where it is
	swingSpeed  = 4.0   // m/s, that it takes longer by for what it goes
	lightest    = 0.3   // weights: of a trunk that the floor carries less of, it asks no foot
	inTheAir    = 0.3   // m, that a zero moment point without any foot counts as outside
	leastGain   = 0.005 // m s, of a swing that is moved
	leeway      = 0.15  // s, that a foot leaves earlier or lands later
	together    = 0.06  // s, within which swings begin and end at the same time
)

// point is a frame's zero moment point, were the trunk all that weighs.
type point struct {
	at    [2]float64
	light bool
}

// points are those of the sketch.
func (w *retargeter) points() []point {
	all := make([]point, len(w.trunk))
	for i := range all {
		k := min(max(i, 1), len(all)-2)
		a, b, c := &w.trunk[k-1], &w.trunk[k], &w.trunk[k+1]
		up := gravity + (a.height-2*b.height+c.height)*w.rate*w.rate
		t := &w.trunk[i]
		lever := t.height / math.Max(up, lightest*gravity) * w.rate * w.rate
		all[i] = point{at: [2]float64{t.x - lever*(a.x-2*b.x+c.x), t.y - lever*(a.y-2*b.y+c.y)}, light: up < lightest*gravity}
	}
	return all
}

// aSwing is that of a leg after its i-th stance, and when the motion has it, s.
type aSwing struct {
	leg, i   int
	from, to float64
}

// carry moves the swings between all legs' stances: each by itself, and with those that the
// motion has at the same time.
func (w *retargeter) carry(all *[4][]stance) {
	if len(w.trunk) < 3 {
		return // no acceleration
	}
	zmp := w.points()
	var swings []aSwing
	for leg := range all {
		for i := range all[leg] {
			w.put(leg, &all[leg][i])
			if i > 0 {
				swings = append(swings, aSwing{leg, i - 1, all[leg][i-1].to, all[leg][i].from})
			}
		}
	}
	for range carryRounds {
		moved := false
		for _, s := range swings {
			var at []aSwing
			for _, o := range swings {
				if math.Abs(o.from-s.from) < together && math.Abs(o.to-s.to) < together {
					at = append(at, o)
				}
			}
			moved = w.carrySwings(all, zmp, at, swings) || moved
			moved = w.carrySwings(all, zmp, []aSwing{s}, swings) || moved
		}
		if !moved {
			break
		}
	}
	for _, s := range swings {
		w.moved = math.Max(w.moved, math.Max(math.Abs(all[s.leg][s.i].to-s.from), math.Abs(all[s.leg][s.i+1].from-s.to)))
	}
}

// put places a stance's foot, and returns how far from home it is there at most, m.
func (w *retargeter) put(leg int, s *stance) (far float64) {
	at, far := w.place(leg, *s)
	s.x, s.y = at[0], at[1]
	return far
}

// carrySwings moves some of all swings together, about within the time that the motion has them
// in, or not, and says whether it did. Feet land in the motion's order.
func (w *retargeter) carrySwings(all *[4][]stance, zmp []point, swings, others []aSwing) bool {
	was := make([][2]stance, len(swings))
	from, to, first, last, quick := 0.0, math.Inf(1), math.Inf(1), 0.0, 0.0
	for k, s := range swings {
		was[k] = [2]stance{all[s.leg][s.i], all[s.leg][s.i+1]}
		a, b := &was[k][0], &was[k][1]
		from, to = math.Max(from, math.Max(s.from-leeway, a.from+quickSwing)), math.Min(to, math.Min(s.to+leeway, b.to-quickSwing))
		first, last = math.Min(first, a.from), math.Max(last, b.to)
		quick = math.Max(quick, quickSwing+math.Hypot(b.x-a.x, b.y-a.y)/swingSpeed)
	}
	set := func(to [][2]stance) {
		for k, s := range swings {
			all[s.leg][s.i], all[s.leg][s.i+1] = to[k][0], to[k][1]
		}
	}
	best, least := was, w.uncarried(all, zmp, first, last)-leastGain
	for _, long := range []float64{quick, 1.5 * quick} {
		for start := from; start+long < to; start += 2 / w.rate {
			now, far := make([][2]stance, len(swings)), 0.0
			for k, s := range swings {
				now[k] = was[k]
				now[k][0].to, now[k][1].from = start, start+long
				far = math.Max(far, math.Max(w.put(s.leg, &now[k][0]), w.put(s.leg, &now[k][1]))/w.q.legs[s.leg].stride)
			}
			if far > 1 {
				continue
			}
			set(now)
			if !w.inOrder(all, swings, others) {
				continue
			}
			if cost := w.uncarried(all, zmp, first, last); cost < least {
				best, least = now, cost
			}
		}
	}
	set(best)
	return !slices.Equal(best, was)
}

// inOrder says whether feet that swing land in the motion's order among others.
func (w *retargeter) inOrder(all *[4][]stance, swings, others []aSwing) bool {
	apart := 2 / w.src.rate * w.time
	for _, s := range swings {
		for _, o := range others {
			if d := s.to - o.to; math.Abs(d) >= apart && d*(all[s.leg][s.i+1].from-all[o.leg][o.i+1].from) < 0 {
				return false
			}
		}
	}
	return true
}

// uncarried is how far zero moment points are outside the feet from one time to another, m s,
// beyond what the trunk may go aside for.
func (w *retargeter) uncarried(all *[4][]stance, zmp []point, from, to float64) (sum float64) {
	for f := max(0, int(from*w.rate)); f <= min(len(zmp)-1, int(to*w.rate)); f++ {
		if zmp[f].light {
			continue
		}
		t := float64(f) / w.rate
		var corners [][2]float64
		for leg := range all {
			for i := range all[leg] {
				if s := &all[leg][i]; s.from <= t+1e-9 && t <= s.to+1e-9 {
					corners = appendFoot(corners, s.x, s.y)
				}
			}
		}
		if len(corners) == 0 {
			sum += inTheAir
		} else {
			sum += math.Min(inTheAir, math.Max(0, hull(corners).outside(zmp[f].at)-shiftLimit*w.q.hip))
		}
	}
	return sum / w.rate
}

// appendFoot adds the corners of a foot.
func appendFoot(corners [][2]float64, x, y float64) [][2]float64 {
	for _, d := range [4][2]float64{{1, 1}, {1, -1}, {-1, 1}, {-1, -1}} {
		corners = append(corners, [2]float64{x + footWidth*d[0], y + footWidth*d[1]})
	}
	return corners
}
