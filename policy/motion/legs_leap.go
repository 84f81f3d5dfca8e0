package motion

import (
	"math"
	"math/rand/v2"
)

// Motions that people draw for robots with four legs leap aside with both legs of a side at
// once, or turn on the spot with one foot after the other, and leave feet in the air for
// longer than anything could balance: who follows them has to put a foot down early.

// leapKind is which legs swing together, in turn; in the order of the rat's paws.
type leapKind struct {
	legs  [][]int
	ahead bool    // it goes ahead or back rather than aside
	turn  float64 // most, rad
	share float64 // of all leaps
}

var leapKinds = []leapKind{
	{legs: [][]int{{leftHind, leftFore}, {rightHind, rightFore}}, turn: 0.2, share: 0.5},
	{legs: [][]int{{leftFore, rightFore}, {leftHind, rightHind}}, ahead: true, turn: 0.2, share: 0.1},
	{legs: [][]int{{leftFore, rightHind}, {rightFore, leftHind}}, turn: 0.7, share: 0.1},
	{legs: [][]int{{leftFore}, {rightHind}, {rightFore}, {leftHind}}, turn: 1, share: 0.3},
}

// leap is one of them: from start to push (s) the trunk goes back and down, until there it
// goes over, and at end all feet stand.
type leap struct {
	start, push, there, end float64
	over                    [3]float64 // ahead and aside, m, and the turn, rad
	back                    float64    // share of over
	dip, roll               float64    // m and rad
}

// legSwing is one foot's, or several feet's at once: when it begins and how long it takes, s.
type legSwing struct{ at, long float64 }

// newLeapSketch draws leaps and pauses until the time is over.
func newLeapSketch(q *quadruped, spec Spec) (*trunkCourse, error) {
	r := rand.New(rand.NewPCG(spec.Seed, 0x1ea9))
	unit := math.Sqrt(q.hip / legHip)
	n := int(math.Round(spec.Seconds*legRate)) + 1
	feet := newLegFeet(n)
	var leaps []leap
	side := 1.0 // there and back, mostly
	for t := within(r, 0.3, 0.6) * unit; ; {
		g := drawShare(r, leapKinds, func(g *leapKind) float64 { return g.share })
		if r.Float64() < 0.7 {
			side = -side
		}
		l, swings := g.leap(r, q, t, unit, side)
		if l.end > spec.Seconds-0.4*unit {
			s, err := feet.course(q, leapTrunk(leaps, n))
			if err == nil {
				s.drawn = true
			}
			return s, err
		}
		first := 0 // the side that it goes to swings first
		if len(g.legs) == 2 && (l.over[0] < 0 || !g.ahead && l.over[1] < 0) {
			first = 1
		}
		for i, s := range swings {
			for _, leg := range g.legs[(first+i)%len(g.legs)] {
				feet.swing(leg, s.at, s.long)
			}
		}
		leaps = append(leaps, l)
		if t = l.end; r.Float64() < 0.6 {
			t += unit * within(r, 0.05, 0.5)
		}
	}
}

// leap draws one that begins at t (s) and goes to a side (1 or -1), and a swing for each
// group of legs.
func (g *leapKind) leap(r *rand.Rand, q *quadruped, t, unit, side float64) (leap, []legSwing) {
	l := leap{start: t, push: t + unit*within(r, 0.15, 0.6), back: within(r, 0, 0.25), dip: q.hip * within(r, 0, 0.28), roll: within(r, 0, 0.15)}
	far := side * within(r, 0.2, 1.5) * q.legs[0].stride
	if g.ahead {
		l.over[0] = far
	} else {
		l.over[1] = far
	}
	l.over[2] = within(r, -g.turn, g.turn)
	if len(g.legs) == 4 { // it turns, on the spot or nearly so
		l.over[1] *= 0.2
		l.over[2] = side * within(r, 0.2, 1) * g.turn
	}
	swings, at := make([]legSwing, len(g.legs)), l.push+unit*within(r, 0, 0.15)
	for i := range swings {
		swings[i] = legSwing{at, unit * within(r, 0.1, 0.2)}
		if r.Float64() < 0.4 {
			swings[i].long = unit * within(r, 0.2, 0.5)
		}
		at += swings[i].long + unit*within(r, -0.05, 0.2)
	}
	fastest := 0.4 * math.Sqrt(9.81*q.hip) // m/s, on the way over
	l.there = math.Max(l.push+within(r, 0.5, 1)*(at-l.push), l.push+math.Abs(far)/fastest)
	l.end = math.Max(at, l.there)
	return l, swings
}

// leapTrunk lays the trunk's course along the leaps.
func leapTrunk(leaps []leap, n int) []trunkPose {
	poses := make([]trunkPose, n)
	var at trunkPose
	for f, i := 0, 0; f < n; f++ {
		t := float64(f) / legRate
		for i < len(leaps) && t > leaps[i].end {
			at = leaps[i].beyond(at, 1, 1)
			i++
		}
		poses[f] = at
		if i == len(leaps) || t < leaps[i].start {
			continue
		}
		l := &leaps[i]
		down := smoothStep((t - l.start) / (l.push - l.start))
		over := smoothStep((t - l.push) / (l.there - l.push))
		up := smoothStep((t - l.push) / (0.6 * (l.there - l.push)))
		poses[f] = l.beyond(at, over-l.back*down*(1-up), over)
		poses[f][2] = -l.dip * down * (1 - up)
		poses[f][5] = l.roll * math.Copysign(1, l.over[1]) * (down*(1-up) - up*(1-over))
	}
	return poses
}

// beyond is a trunk that began at a place and has gone a share of the way and of the turn.
func (l *leap) beyond(at trunkPose, way, turn float64) trunkPose {
	sin, cos := math.Sincos(at[3])
	at[0] += way * (cos*l.over[0] - sin*l.over[1])
	at[1] += way * (sin*l.over[0] + cos*l.over[1])
	at[3] += turn * l.over[2]
	return at
}
