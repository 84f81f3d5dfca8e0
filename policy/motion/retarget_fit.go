package motion

import "math"

// reachPasses bounds how often the trunk is lowered to reach.
const reachPasses = 8

// steep is the pitch about which it begins to be the pitch that keeps feet from reaching:
// what one end of the trunk wins by coming down the other has lost, rad.
const steep = 0.3

// gently is how long the trunk takes at least to come down and to rise again, s: a floor can
// only push, and a trunk that has to be low at once would have to fall faster than stones do.
const gently = 0.3

// fitAll makes poses of trunk and feet: the legs by inverse kinematics, the trunk
// low enough that every foot reaches, and over the standing feet.
func (w *retargeter) fitAll() {
	q := w.q
	w.poses = make([]Pose, len(w.trunk))
	for i := range w.poses {
		w.poses[i].Q = append([]float64(nil), q.stand.Q...)
	}
	short := w.reach()
	bal := newBalance(q.k, q.stand, len(w.poses), w.rate)
	bal.shy, bal.margin, bal.least = [2]float64{robotShy, robotShy}, robotMargin, 0.3*bal.weight
	sketch := append([]frame(nil), w.trunk...)
	best, least := []Pose(nil), math.Inf(1)
	for pass := 0; ; pass++ {
		if out := w.outside(bal) + short; out < least {
			best, least = copyPoses(w.poses), out
		}
		if pass == retargetPasses {
			break
		}
		bal.shiftMeasured(w.trunk)
		w.hold(sketch)
		short = w.reach()
	}
	w.poses = best
	w.off = w.outside(bal)
}

// outside measures the zero moment points, and returns how far they are out of
// the feet, m, on average.
func (w *retargeter) outside(b *balance) float64 {
	for f := range w.poses {
		var light bool
		b.zmp[f], light = b.loaded(w.poses, f)
		b.support[f] = w.support(f)
		if light {
			b.support[f] = nil
		}
	}
	return b.outside()
}

// hold keeps the trunk within shiftLimit of where it was sketched.
func (w *retargeter) hold(sketch []frame) {
	limit := shiftLimit * w.q.hip
	if w.carried {
		limit = drawnLimit * w.q.hip
	}
	for f := range w.trunk {
		t, s := &w.trunk[f], &sketch[f]
		d := math.Hypot(t.x-s.x, t.y-s.y)
		if d > 0 {
			k := limit * math.Tanh(d/limit) / d
			t.x, t.y = s.x+k*(t.x-s.x), s.y+k*(t.y-s.y)
		}
	}
}

// support is the polygon of the standing feet in frame f; one alone is none: a
// robot that is on one foot is on its way to the next.
func (w *retargeter) support(f int) polygon {
	var points [][2]float64
	for leg := range w.feet {
		if t := &w.feet[leg][f]; t.down {
			points = appendFoot(points, t.pad[0], t.pad[1])
		}
	}
	if len(points) < 8 {
		return nil
	}
	return hull(points)
}

// reach fits all frames, and lowers the trunk smoothly where feet stay short; it
// returns how short the worst stays, m.
func (w *retargeter) reach() (worst float64) {
	clear(w.raised)
	for pass := 0; ; pass++ {
		short, sunk := make([]float64, len(w.poses)), make([]float64, len(w.poses))
		worst = 0
		for f := range w.poses {
			short[f] = w.fit(f)
			if math.Abs(w.trunk[f].pitch) >= steep {
				sunk[f] = w.q.sunk()
			}
			worst = math.Max(worst, math.Max(short[f], sunk[f]))
		}
		if worst < 0.001 || pass == reachPasses {
			return worst
		}
		widen(short, w.rate)
		widen(sunk, w.rate)
		for f := range short {
			pitched := smoothStep((math.Abs(w.trunk[f].pitch) - steep/2) / steep)
			w.raised[f] += sunk[f] / w.q.hip
			w.lowered[f] += (2 - 1.5*pitched) * short[f]
			w.eased[f] += pitched * short[f] / w.q.hip
		}
	}
}

// widen replaces v by a smooth curve that is nowhere below it: the maximum over
// the time that the trunk takes, to either side, and of that a mean over as long.
func widen(v []float64, rate float64) {
	wide := int(gently * rate)
	top := make([]float64, len(v))
	for i := range v {
		for k := max(0, i-wide); k <= min(len(v)-1, i+wide); k++ {
			top[i] = math.Max(top[i], v[k])
		}
	}
	for i := range v {
		sum, all := 0.0, 0.0
		for k := max(0, i-wide); k <= min(len(v)-1, i+wide); k++ {
			c := 1 + math.Cos(math.Pi*float64(k-i)/float64(wide+1))
			sum, all = sum+c*top[k], all+c
		}
		v[i] = sum / all
	}
}

// fit solves the legs of frame f from those of the frame before, and returns how
// far a foot stays from where it belongs, m.
func (w *retargeter) fit(f int) (short float64) {
	t, p, keep := &w.trunk[f], &w.poses[f], (1-softly(w.eased[f], 1, 1))*(1-softly(w.raised[f], 1, 1))
	p.Pos = [3]float64{t.x, t.y, t.height - softly(w.lowered[f], 1, 0.45*w.q.hip)}
	p.Quat = quatMul(quatExp([3]float64{0, 0, t.yaw}), quatMul(quatExp([3]float64{0, -keep * t.pitch, 0}), quatExp([3]float64{keep * t.roll, 0, 0})))
	if f > 0 {
		copy(p.Q, w.poses[f-1].Q)
	}
	var targets [4]Target
	for leg := range targets {
		targets[leg] = w.q.legs[leg].foot
		targets[leg].Pos = w.near(leg, f)
	}
	w.q.ik.Solve(p, targets[:])
	for leg := range targets {
		short = math.Max(short, (1-w.swing(leg, f))*length(sub(w.q.ik.point(&targets[leg]), targets[leg].Pos)))
	}
	return short
}

// near is where a foot goes in frame f: where it was laid, and while it swings no further from
// home than the leg reaches, for it need not wait behind a trunk that hurries on.
func (w *retargeter) near(leg, f int) [3]float64 {
	at, h := w.feet[leg][f].pad, w.home(leg, &w.trunk[f])
	far, most := math.Hypot(at[0]-h[0], at[1]-h[1]), w.q.legs[leg].stride
	if far > most {
		k := w.swing(leg, f) * (1 - most/far)
		at[0], at[1] = at[0]+k*(h[0]-at[0]), at[1]+k*(h[1]-at[1])
	}
	return at
}

// swing is how high a foot is in frame f, as a share of its height in mid-swing.
func (w *retargeter) swing(leg, f int) float64 {
	return w.feet[leg][f].lift / (swingHeight / 0.3 * w.q.hip)
}
