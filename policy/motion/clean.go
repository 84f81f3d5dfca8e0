package motion

import (
	"fmt"
	"math"
)

// Published fits of real animals are physically inconsistent: standing paws hover
// or sink by millimetres, slip, and leave the centre of mass outside the feet in
// a third to a half of all frames. No controller can follow what the floor cannot
// carry, so Clean makes a clip that the floor can.
const (
	cleanPasses = 6
	// searchHeight finds stances before the floor is fitted, m; after it, a paw
	// stands below stanceHeight.
	searchHeight = 0.022
	// cleanRest draws a leg's joints to the clip's where pad and heel leave them
	// free, m²/rad².
	cleanRest = 2e-6
	// cleanShy weighs the trunk's shift against the zero moment point's error.
	cleanShy = 0.08
)

// Change is how far cleaning moved something: over all frames.
type Change struct {
	Mean float64 `json:"mean"`
	Max  float64 `json:"max"`
}

// Cleaning reports what Clean did to a clip.
type Cleaning struct {
	// Root is the root's displacement, Paws that of the four pads, m; Turn the
	// root's rotation and Joints the change of the limbs' joints, rad.
	Root   Change `json:"root_m"`
	Paws   Change `json:"paws_m"`
	Turn   Change `json:"turn_rad"`
	Joints Change `json:"joints_rad"`
	// Before and After tell what the floor would have had to carry.
	Before Standing `json:"before"`
	After  Standing `json:"after"`
}

// Changed says whether there was anything to clean.
func (c *Cleaning) Changed() bool { return c.Before != c.After }

// String is one sentence, as Clip.Repairs has it.
func (c *Cleaning) String() string {
	if !c.Changed() {
		return "feet, balance and flesh are those of a body on a floor; left as it is"
	}
	return fmt.Sprintf("cleaned: root moved %.1f mm (at most %.1f), paws %.1f (%.1f), limb joints %.3f rad (%.2f); "+
		"zero moment point outside the feet in %.0f %% of frames by %.1f mm, was %.0f %% by %.1f mm; stance slip at most %.1f mm, was %.1f; "+
		"parts of the body in each other in %.0f %% of frames, was %.0f %%, by %.1f mm at most, was %.1f",
		1e3*c.Root.Mean, 1e3*c.Root.Max, 1e3*c.Paws.Mean, 1e3*c.Paws.Max, c.Joints.Mean, c.Joints.Max,
		100*c.After.ZMPOutside, 1e3*c.After.ZMPMean, 100*c.Before.ZMPOutside, 1e3*c.Before.ZMPMean, 1e3*c.After.SlipMax, 1e3*c.Before.SlipMax,
		100*c.After.Overlapping, 100*c.Before.Overlapping, 1e3*c.After.Overlap, 1e3*c.Before.Overlap)
}

// IsRat says whether k is a body that Clean is for.
func IsRat(k Kinematics) bool {
	_, err := findRat(k)
	return err == nil
}

// Clean returns the clip nearest to c that a rat on a floor could make, and what
// that changed. Joints are those of k, in order. It smooths, fits the floor to
// the standing paws, holds these in place as long as the body needs them, lifts the
// swinging ones over the floor, and shifts the trunk until the zero moment point is
// inside the standing paws, the legs following by inverse kinematics. Last it moves joints
// until no part of the body is in another. A clip that needs none of it comes back as it
// is. An error says which part of the rat k lacks.
func Clean(c *Clip, k Kinematics) (*Clip, *Cleaning, error) {
	r, err := findRat(k)
	if err != nil {
		return nil, nil, fmt.Errorf("motion: clip %s: cleaning needs the rat, the body lacks %w", c.Name, err)
	}
	if len(c.Joints) != len(r.joints) {
		return nil, nil, fmt.Errorf("motion: clip %s has %d joints, the body %d; expected the body's, in order", c.Name, len(c.Joints), len(r.joints))
	}
	if err := r.findStand(); err != nil {
		return nil, nil, err
	}
	report := &Cleaning{Before: r.standing(c.Poses, c.Rate, false)}
	carried := report.Before.carried()
	if carried && report.Before.apart() {
		report.After = report.Before
		return c, report, nil
	}
	out := c.copyHead()
	out.Poses = copyPoses(c.Poses)
	if !carried {
		report.Before = r.standing(c.Poses, c.Rate, true)
		for _, j := range r.legs {
			r.ik.RestWeight[j] = math.Max(r.ik.RestWeight[j], cleanRest) // fingers and shoulder blades are stiffer
		}
		w := cleaner{r: r, rate: c.Rate, poses: out.Poses}
		w.clean()
	}
	r.apart(out.Poses)
	out.continueSign()
	out.Differentiate()
	out.Source += ", cleaned"
	report.After = r.standing(out.Poses, c.Rate, false)
	report.compare(r, c.Poses, out.Poses)
	return out, report, nil
}

// cleaner holds a clip while it is cleaned.
type cleaner struct {
	r     *rat
	rate  float64
	poses []Pose // worked on in place
	fit   []Pose // what the legs are drawn to: the smoothed clip on its floor
	// frames carry heading and stances for balance; its shifts end up in x, y.
	frames []frame
	plan   [4][]footing
	rears  []float64 // how much each frame is one of a body that stays on its hind paws
	slow   []float64 // what a standing paw may seem to move at in each frame, m/s
}

func (w *cleaner) clean() {
	smoothPoses(w.poses)
	w.slow = w.drawn()
	for _, height := range []float64{searchHeight, stanceHeight} {
		w.fitFloor(height)
	}
	w.fit = copyPoses(w.poses)
	w.planPaws()
	w.lockAll()
	for range sinks {
		w.sink()
		w.lockAll()
	}
	bal := w.newBalance()
	best, least := []Pose(nil), math.Inf(1)
	for pass := 0; ; pass++ {
		if out := w.measure(bal); out < least {
			best, least = copyPoses(w.poses), out
		}
		if pass == cleanPasses {
			break
		}
		w.shift(bal)
		w.lockAll()
	}
	copy(w.poses, best)
}

// newBalance is a balance whose pendulum is as high as the clip's centre of mass:
// a rearing rat's is twice a standing one's.
func (w *cleaner) newBalance() *balance {
	b := newBalance(w.r.k, w.r.stand, len(w.poses), w.rate)
	b.shy = [2]float64{cleanShy, cleanShy}
	for f := range w.poses {
		p := &w.poses[f]
		w.r.k.SetPose(p.Pos, p.Quat, p.Q)
		b.pull[f] = math.Max(w.r.k.CenterOfMass()[2], 0.02) / gravity
	}
	for axis := range b.chol {
		b.factorize(axis, len(w.poses))
	}
	return b
}

// measure takes the zero moment points and polygons of poses, and returns how far
// the ones are outside the others, m, on average.
func (w *cleaner) measure(b *balance) float64 {
	for f := range w.poses {
		var light bool
		b.zmp[f], light = b.loaded(w.poses, f)
		p := &w.poses[f]
		w.r.k.SetPose(p.Pos, p.Quat, p.Q)
		b.support[f] = w.r.planted(&w.frames[f])
		if light || len(b.support[f]) < 3 {
			b.support[f] = w.r.around()
		}
		w.frames[f].x, w.frames[f].y = p.Pos[0], p.Pos[1]
	}
	return b.outside()
}

// shift moves the trunks so that the zero moment points go inside the paws.
func (w *cleaner) shift(b *balance) {
	b.shiftMeasured(w.frames)
	for f := range w.poses {
		w.poses[f].Pos[0], w.poses[f].Pos[1] = w.frames[f].x, w.frames[f].y
	}
}

// loaded is the zero moment point of frame f, m, and whether the floor carries so
// little there that the point means nothing. A clip may begin and end in
// mid-motion: its outer frames, whose accelerations are not known, take their
// neighbours'.
func (b *balance) loaded(poses []Pose, f int) (zmp [2]float64, light bool) {
	zmp = b.zeroMomentPoint(poses, min(max(f, 1), len(poses)-2))
	return zmp, b.light()
}

// light says of the frame that was measured last whether the floor carries so little
// there that its zero moment point means nothing.
func (b *balance) light() bool { return b.f[2] < 0.3*b.weight }

func copyPoses(src []Pose) []Pose {
	out := make([]Pose, len(src))
	for i := range src {
		out[i] = src[i]
		out[i].Q = append([]float64(nil), src[i].Q...)
	}
	return out
}

// smoothPoses takes the noise of tracking off: twice the filter 1 2 1, twiced
// (Tukey 1977), which keeps strides (5 Hz at 50 frames/s by 97 %) and stops what
// alternates from frame to frame.
func smoothPoses(poses []Pose) {
	once := copyPoses(poses)
	binomial(once)
	rest := copyPoses(poses)
	for f := range rest { // what the filter took, relative to each frame
		p, q := &rest[f], &once[f]
		p.Pos = sub(poses[f].Pos, q.Pos)
		p.Quat = quatMul(quatConj(q.Quat), poses[f].Quat)
		for j := range p.Q {
			p.Q[j] -= q.Q[j]
		}
	}
	binomial(rest)
	for f := range poses {
		p, q, d := &poses[f], &once[f], &rest[f]
		p.Pos, p.Quat = add(q.Pos, d.Pos), quatUnit(quatMul(q.Quat, d.Quat))
		for j := range p.Q {
			p.Q[j] = q.Q[j] + d.Q[j]
		}
	}
}

// binomial runs the filter 1 2 1 twice; the first and last frame stay.
func binomial(poses []Pose) {
	for round := 0; round < 2; round++ {
		last := copyPoses(poses[:1])[0]
		for f := 1; f < len(poses)-1; f++ {
			p, next := &poses[f], &poses[f+1]
			now := copyPoses(poses[f : f+1])[0]
			a, b := quatLog(quatMul(quatConj(p.Quat), last.Quat)), quatLog(quatMul(quatConj(p.Quat), next.Quat))
			p.Quat = quatMul(p.Quat, quatExp([3]float64{(a[0] + b[0]) / 4, (a[1] + b[1]) / 4, (a[2] + b[2]) / 4}))
			for i := range p.Pos {
				p.Pos[i] = (last.Pos[i] + 2*p.Pos[i] + next.Pos[i]) / 4
			}
			for j := range p.Q {
				p.Q[j] = (last.Q[j] + 2*p.Q[j] + next.Q[j]) / 4
			}
			last = now
		}
	}
}

// compare fills in how far after is from before.
func (c *Cleaning) compare(r *rat, before, after []Pose) {
	from, to := r.observe(before), r.observe(after)
	var root, turn, paws, joints tally
	for f := range before {
		a, b := &before[f], &after[f]
		root.add(length(sub(b.Pos, a.Pos)))
		turn.add(quatAngle(a.Quat, b.Quat))
		for leg := range from {
			paws.add(length(sub(to[leg].pad[f], from[leg].pad[f])))
		}
		for _, j := range r.legs {
			joints.add(math.Abs(b.Q[j] - a.Q[j]))
		}
	}
	c.Root, c.Turn, c.Paws, c.Joints = root.change(), turn.change(), paws.change(), joints.change()
}

// tally sums up a change.
type tally struct{ sum, max, n float64 }

func (t *tally) add(v float64) { t.sum, t.max, t.n = t.sum+v, math.Max(t.max, v), t.n+1 }

func (t *tally) change() Change { return Change{t.sum / math.Max(t.n, 1), t.max} }
