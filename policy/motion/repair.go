package motion

import (
	"fmt"
	"math"
	"slices"
)

// A frame is a glitch when it lies further from what its neighbours predict than
// glitchRatio times the local scatter, and than the floor of its kind: real
// motion at 50 Hz stays below these.
const (
	glitchRatio   = 10
	glitchJoint   = 0.1   // rad
	glitchRoot    = 0.004 // m
	glitchTurn    = 0.06  // rad
	glitchWindow  = 12    // frames to either side that tell the scatter
	snippetFrames = 250   // length of the fits that published clips are joined from
)

// Repair mends single-frame glitches of the root and of each joint in place, by
// what the two frames on either side predict, and tells of each in Repairs. It
// also tells of jumps where independent fits were joined, which it cannot mend.
// A glitch in the first or last two frames stays.
func (c *Clip) Repair() {
	mended := 0
	for _, s := range c.series() {
		for _, f := range s.repair() {
			mended++
			c.Repairs = append(c.Repairs, fmt.Sprintf("frame %d: %s was %s off its neighbours; interpolated", f.frame, s.name, s.unit(f.gap)))
		}
	}
	if mended > 0 {
		c.continueSign()
		c.Differentiate()
	}
	c.reportJoints()
}

// series is one quantity over the frames of a clip.
type series struct {
	name  string
	n     int
	floor float64
	unit  func(float64) string
	// predict interpolates frame i from the two frames on either side and returns
	// how far the frame is from that; set stores the prediction, or takes it back.
	predict func(i int) float64
	set     func(i int) (undo func())
	between func(i, k int) float64 // distance of two frames
}

// series lists what is watched for glitches.
func (c *Clip) series() []series {
	all := []series{c.positionSeries(), c.turnSeries()}
	for j := range c.Joints {
		all = append(all, c.jointSeries(j))
	}
	return all
}

func (c *Clip) positionSeries() series {
	p := c.Poses
	guess := func(i int) [3]float64 { return cubic(p[i-2].Pos, p[i-1].Pos, p[i+1].Pos, p[i+2].Pos) }
	return series{
		name: "root position", n: len(p), floor: glitchRoot,
		unit:    func(v float64) string { return fmt.Sprintf("%.1f mm", 1000*v) },
		predict: func(i int) float64 { return length(sub(p[i].Pos, guess(i))) },
		between: func(i, k int) float64 { return length(sub(p[i].Pos, p[k].Pos)) },
		set: func(i int) func() {
			old := p[i].Pos
			p[i].Pos = guess(i)
			return func() { p[i].Pos = old }
		},
	}
}

func (c *Clip) turnSeries() series {
	p := c.Poses
	guess := func(i int) [4]float64 {
		base := p[i-1].Quat
		r := func(k int) [3]float64 { return quatLog(quatMul(quatConj(base), p[k].Quat)) }
		return quatMul(base, quatExp(cubic(r(i-2), [3]float64{}, r(i+1), r(i+2))))
	}
	return series{
		name: "root orientation", n: len(p), floor: glitchTurn, unit: inRadians,
		predict: func(i int) float64 { return quatAngle(p[i].Quat, guess(i)) },
		between: func(i, k int) float64 { return quatAngle(p[i].Quat, p[k].Quat) },
		set: func(i int) func() {
			old := p[i].Quat
			p[i].Quat = guess(i)
			return func() { p[i].Quat = old }
		},
	}
}

func (c *Clip) jointSeries(j int) series {
	p := c.Poses
	q := func(i int) [3]float64 { return [3]float64{p[i].Q[j]} }
	guess := func(i int) float64 { return cubic(q(i-2), q(i-1), q(i+1), q(i+2))[0] }
	return series{
		name: "joint " + c.Joints[j], n: len(p), floor: glitchJoint, unit: inRadians,
		predict: func(i int) float64 { return math.Abs(p[i].Q[j] - guess(i)) },
		between: func(i, k int) float64 { return math.Abs(p[i].Q[j] - p[k].Q[j]) },
		set: func(i int) func() {
			old := p[i].Q[j]
			p[i].Q[j] = guess(i)
			return func() { p[i].Q[j] = old }
		},
	}
}

func inRadians(v float64) string { return fmt.Sprintf("%.3f rad", v) }

// cubic is the middle of five evenly spaced values of which a to d are the others.
func cubic(a, b, c, d [3]float64) (m [3]float64) {
	for i := range m {
		m[i] = (4*(b[i]+c[i]) - a[i] - d[i]) / 6
	}
	return m
}

type glitch struct {
	frame int
	gap   float64
}

// repair mends the glitches of s, largest first.
func (s *series) repair() (mended []glitch) {
	gaps := make([]float64, s.n)
	for i := 2; i < s.n-2; i++ {
		gaps[i] = s.predict(i)
	}
	refused := map[int]bool{}
	for {
		worst := -1
		for i := 2; i < s.n-2; i++ {
			if !refused[i] && gaps[i] > s.floor && (worst < 0 || gaps[i] > gaps[worst]) && gaps[i] > glitchRatio*scatter(gaps, i) {
				worst = i
			}
		}
		if worst < 0 {
			break
		}
		gap := gaps[worst]
		refused[worst] = true // once is enough, whatever comes of it
		if s.mend(worst, gaps) {
			mended = append(mended, glitch{worst, gap})
		}
	}
	slices.SortFunc(mended, func(a, b glitch) int { return a.frame - b.frame })
	return mended
}

// mend replaces frame i, unless the frames around it still do not fit together
// afterwards: a quick motion, such as a step to a new place, is not a glitch.
// A frame close to one of its neighbours, or between them, could be the start of
// a quick motion, and must leave less.
func (s *series) mend(i int, gaps []float64) bool {
	limit := max(gaps[i]/4, 0.3*s.floor)
	back, ahead, across := s.between(i, i-1), s.between(i, i+1), s.between(i-1, i+1)
	if min(back, ahead) < gaps[i]/2 || across >= max(back, ahead) {
		limit = gaps[i] / 10
	}
	undo := s.set(i)
	lo, hi := max(2, i-2), min(s.n-3, i+2)
	for k := lo; k <= hi; k++ {
		if s.predict(k) > limit {
			undo()
			return false
		}
	}
	for k := lo; k <= hi; k++ {
		gaps[k] = s.predict(k)
	}
	return true
}

// scatter is the standard deviation of the gaps around frame i, robustly: from
// their median, without those that frame i itself disturbs.
func scatter(gaps []float64, i int) float64 {
	var near [2 * glitchWindow]float64
	n := 0
	for k := max(2, i-glitchWindow); k <= min(len(gaps)-3, i+glitchWindow); k++ {
		if k < i-2 || k > i+2 {
			near[n] = gaps[k]
			n++
		}
	}
	if n == 0 {
		return 0
	}
	slices.Sort(near[:n])
	return 1.4826 * near[n/2]
}

// reportJoints tells of jumps between frames 249 and 250, 499 and 500 and so on:
// published clips were fitted in pieces of 250 frames, some of them then joined.
func (c *Clip) reportJoints() {
	n := len(c.Poses)
	for f := snippetFrames; f < n; f += snippetFrames {
		var steps []float64
		for k := max(1, f-glitchWindow); k <= min(n-1, f+glitchWindow); k++ {
			if k != f {
				steps = append(steps, c.step(k))
			}
		}
		slices.Sort(steps)
		if s := c.step(f); s > 0.2 && s > 3*steps[len(steps)-1] {
			c.Repairs = append(c.Repairs, fmt.Sprintf("frames %d and %d do not join (jump of %.1f mm, joints %.2f rad): two separate fits; not mended, cut the clip there",
				f-1, f, 1000*length(sub(c.Poses[f].Pos, c.Poses[f-1].Pos)), c.jointStep(f)))
		}
	}
}

// step is how far the pose moves into frame f: 10 mm of root, 0.1 rad of turn or
// of joints (root mean square, times the square root of their number) count alike.
func (c *Clip) step(f int) float64 {
	a, b := &c.Poses[f-1], &c.Poses[f]
	return 10*length(sub(b.Pos, a.Pos)) + quatAngle(a.Quat, b.Quat) + c.jointStep(f)
}

func (c *Clip) jointStep(f int) float64 {
	s := 0.0
	for j, q := range c.Poses[f].Q {
		d := q - c.Poses[f-1].Q[j]
		s += d * d
	}
	return math.Sqrt(s)
}
