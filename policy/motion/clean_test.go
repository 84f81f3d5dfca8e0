package motion_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"whisker/controller"
	"whisker/policy/motion"
)

func clean(t *testing.T, c *motion.Clip, k motion.Kinematics) (*motion.Clip, *motion.Cleaning) {
	t.Helper()
	out, report, err := motion.Clean(c, k)
	if err != nil {
		t.Fatal(err)
	}
	return out, report
}

func TestFeasibleClipsAreLeftAsTheyAre(t *testing.T) {
	b, k := openRat(t)
	for _, s := range []motion.Spec{locomotion[1], locomotion[3], {Kind: motion.Trot, Seed: 7, Speed: 0.5}, motion.RandomSpec(motion.Rear, 11), motion.RandomSpec(motion.Stand, 11)} {
		clip, _ := synthesize(t, b, k, s)
		out, report := clean(t, clip, k)
		if d := distance(clip, out); d > 0 || report.Changed() {
			t.Errorf("%v: changed by up to %g: %v", s, d, report)
		}
	}
}

// spoil does to a feasible clip what tracking does to a real one: the body
// hovers, sinks, tilts and leans, the legs jitter.
func spoil(c *motion.Clip, limbs []int) *motion.Clip {
	out := *c
	out.Poses = nil
	for f, p := range c.Poses {
		t := float64(f) / c.Rate
		p.Pos[2] += 0.005 + 0.004*math.Sin(2*math.Pi*0.7*t)
		p.Pos[1] += 0.010 * math.Sin(2*math.Pi*1.2*t)
		half := 0.03 * math.Sin(2*math.Pi*0.5*t)
		p.Quat = turned(p.Quat, half)
		p.Q = append([]float64(nil), p.Q...)
		for i, j := range limbs {
			p.Q[j] += 0.03 * math.Sin(float64(7*i)+1.3*float64(f))
		}
		out.Poses = append(out.Poses, p)
	}
	out.Differentiate()
	return &out
}

// turned rolls q by an angle about its own x axis.
func turned(q [4]float64, angle float64) [4]float64 {
	s, c := math.Sincos(angle / 2)
	return [4]float64{q[0]*c - q[1]*s, q[0]*s + q[1]*c, q[2]*c + q[3]*s, q[3]*c - q[2]*s}
}

func TestSpoiltWalkIsMadeFeasibleAgain(t *testing.T) {
	b, k := openRat(t)
	walk, _ := synthesize(t, b, k, locomotion[0])
	spoilt := spoil(walk, b.LimbJoints)
	out, report := clean(t, spoilt, k)
	t.Log(report)
	before, after := report.Before, report.After
	if before.Float < 0.002 || before.ZMPMean < 0.0005 || before.SlipMean < 0.002 {
		t.Fatalf("not spoilt: %+v", before)
	}
	if after.Float > 0.0005 || after.Sink > 0.001 || after.SlipMean > 0.001 || after.ZMPMean > 0.3*before.ZMPMean {
		t.Errorf("after cleaning %+v, before %+v", after, before)
	}
	if was, is := apart(k, b, walk, spoilt), apart(k, b, walk, out); is > 0.6*was {
		t.Errorf("paws %.1f mm from where the walk had them, spoilt %.1f", 1e3*is, 1e3*was)
	}
	inRange(t, k, out)
	if again, report := clean(t, out, k); report.Changed() && distance(out, again) > 0.35 {
		t.Errorf("cleaning once more changes it by up to %.2f: %v", distance(out, again), report)
	}
}

// A rear on the tips of the toes, which nothing can balance on, becomes one on flat feet.
// A clip whose floor is elsewhere has no paw that could be wrong, and is put on the floor all the same.
func TestAHoveringWalkIsPutOnTheFloor(t *testing.T) {
	b, k := openRat(t)
	walk, _ := synthesize(t, b, k, locomotion[1])
	for _, height := range []float64{0.02, 0.035} {
		up := *walk
		up.Poses = slices.Clone(walk.Poses)
		for f := range up.Poses {
			up.Poses[f].Pos[2] += height
		}
		up.Differentiate()
		out, report := clean(t, &up, k)
		if !report.Changed() || report.After.Flight > 0.1 || report.After.Float > 0.0005 {
			t.Errorf("%g m up: before %+v, after %+v", height, report.Before, report.After)
		}
		if off := apart(k, b, walk, out); off > 0.005 {
			t.Errorf("%g m up: paws %.1f mm from where the walk had them", height, 1e3*off)
		}
	}
}

func TestARearOnItsToesIsBroughtDown(t *testing.T) {
	b, k := openRat(t)
	rear, _ := synthesize(t, b, k, motion.RandomSpec(motion.Rear, 11))
	heel := func(c *motion.Clip, f int) float64 {
		p := c.Poses[f]
		k.SetPose(p.Pos, p.Quat, p.Q)
		left, _ := k.BodyID("foot_L")
		at, _ := k.BodyPose(left)
		return at[2]
	}
	low, high := math.Inf(1), 0.0
	for _, p := range rear.Poses {
		low, high = math.Min(low, p.Pos[2]), math.Max(high, p.Pos[2])
	}
	toes := *rear
	toes.Poses = nil
	var up []int
	for f, p := range rear.Poses {
		p.Q = append([]float64(nil), p.Q...)
		share := math.Max(0, (p.Pos[2]-low)/(high-low)-0.5) * 2
		for _, j := range []string{"ankle_L", "ankle_R"} {
			p.Q[slices.Index(rear.Joints, j)] += 0.6 * share
		}
		k.SetPose(p.Pos, p.Quat, p.Q)
		foot, _ := k.BodyID("foot_L")
		if share > 0 {
			p.Pos[2] -= k.LowestPoint(foot)
		}
		if share > 0.9 {
			up = append(up, f)
		}
		p.Pos[2] += 0.004 * math.Sin(float64(f)/10) // as fits do
		toes.Poses = append(toes.Poses, p)
	}
	toes.Differentiate()
	out, report := clean(t, &toes, k)
	t.Log(report)
	if len(up) < 20 {
		t.Fatalf("%d frames are up", len(up))
	}
	for _, f := range up {
		if before, after := heel(&toes, f), heel(out, f); before < 0.015 || after > 0.010 {
			t.Errorf("frame %d: the ankle is %.1f mm high, was %.1f; %.1f in the rear that was spoilt", f, 1e3*after, 1e3*before, 1e3*heel(rear, f))
		}
	}
	if after := report.After; after.ZMPMean > 0.0005 {
		t.Errorf("after cleaning %+v", after)
	}
	inRange(t, k, out)
}

func inRange(t *testing.T, k motion.Kinematics, c *motion.Clip) {
	t.Helper()
	for f := range c.Poses {
		for j, q := range c.Poses[f].Q {
			if lo, hi := k.JointRange(j); q < lo-1e-9 || q > hi+1e-9 {
				t.Fatalf("%s, frame %d: %s is %.3f, range %.3f to %.3f", c.Name, f, c.Joints[j], q, lo, hi)
			}
		}
	}
}

// apart is the mean distance of the feet of two clips, m.
func apart(k motion.Kinematics, b *controller.Body, x, y *motion.Clip) (sum float64) {
	at := func(p motion.Pose, name string) [3]float64 {
		k.SetPose(p.Pos, p.Quat, p.Q)
		id, _ := k.BodyID(name)
		pos, _ := k.BodyPose(id)
		return pos
	}
	for f := range x.Poses {
		for _, name := range b.Feet {
			a, c := at(x.Poses[f], name), at(y.Poses[f], name)
			sum += math.Hypot(math.Hypot(a[0]-c[0], a[1]-c[1]), a[2]-c[2]) / float64(len(x.Poses)*len(b.Feet))
		}
	}
	return sum
}

func TestStancesReachAsFarAsTheBodyNeedsThem(t *testing.T) {
	b, k := openRat(t)
	trot, _ := synthesize(t, b, k, motion.Spec{Kind: motion.Trot, Seed: 21, Speed: 0.4})
	_, report := clean(t, motion.Smear(trot, 3), k)
	t.Log(report)
	// As seen, one paw or none stands in 16 % of its frames.
	if s := report.After; s.Flight > 0.01 || s.ZMPMean > 0.0002 || s.SlipMean > 0.001 {
		t.Errorf("after cleaning %+v", s)
	}
}

// Where a clip shows no paw standing nothing says where the trunk has to be; it is not thrown about for that.
func TestATrunkInFlightIsNotThrown(t *testing.T) {
	b, k := openRat(t)
	trot, _ := synthesize(t, b, k, motion.Spec{Kind: motion.Trot, Seed: 21, Speed: 0.4})
	const hop = 20 // frames
	jump := *motion.Smear(trot, 3)
	jump.Poses = append([]motion.Pose(nil), jump.Poses...)
	for f := range hop {
		jump.Poses[60+f].Pos[2] += 0.03 * math.Sin(math.Pi*float64(f)/hop)
	}
	jump.Differentiate()
	out, report := clean(t, &jump, k)
	if before, after := hardest(&jump), hardest(out); report.Before.Flight == 0 || after > 1.5*before {
		t.Errorf("the trunk is accelerated by up to %.1f m/s², as seen by %.1f: %v", after, before, report)
	}
}

// hardest is the largest horizontal acceleration of a clip's root, m/s².
func hardest(c *motion.Clip) (most float64) {
	for f := 1; f+1 < len(c.Poses); f++ {
		var a [2]float64
		for i := range a {
			a[i] = (c.Poses[f+1].Pos[i] - 2*c.Poses[f].Pos[i] + c.Poses[f-1].Pos[i]) * c.Rate * c.Rate
		}
		most = math.Max(most, math.Hypot(a[0], a[1]))
	}
	return most
}

// Key points say little of a foot's pitch: a fit may stand on its heels.
func TestCleaningPutsFeetFlat(t *testing.T) {
	b, k := openRat(t)
	clip, _ := synthesize(t, b, k, motion.RandomSpec(motion.Stand, 11))
	tilted := *clip
	tilted.Poses = nil
	for _, p := range clip.Poses {
		p.Q = append([]float64(nil), p.Q...)
		for j, name := range clip.Joints {
			if strings.HasPrefix(name, "ankle_") {
				p.Q[j] -= 0.5
			}
		}
		tilted.Poses = append(tilted.Poses, p)
	}
	tilted.Differentiate()
	toes := func(c *motion.Clip) (highest float64) {
		for _, p := range c.Poses {
			k.SetPose(p.Pos, p.Quat, p.Q)
			for _, name := range []string{"toe_L", "toe_R"} {
				id, _ := k.BodyID(name)
				highest = math.Max(highest, k.LowestPoint(id))
			}
		}
		return highest
	}
	out, report := clean(t, &tilted, k)
	if before := toes(&tilted); before < 0.008 {
		t.Fatalf("the toes of the tilted feet are %.1f mm up: the test tilts them the wrong way", 1e3*before)
	}
	if after := toes(out); after > 0.002 {
		t.Errorf("toes are still %.1f mm up: %v", 1e3*after, report)
	}
}

func TestCleaningLiftsDraggedPaws(t *testing.T) {
	b, k := openRat(t)
	walk, _ := synthesize(t, b, k, locomotion[1])
	dragged := *walk
	dragged.Poses = append([]motion.Pose(nil), walk.Poses...)
	for f := range dragged.Poses {
		dragged.Poses[f].Pos[2] -= 0.008 // the paws swing under the floor, and stand deeper
	}
	out, report := clean(t, &dragged, k)
	if report.Before.Sink < 0.007 || report.After.Sink > 0.001 {
		t.Errorf("paws sink %.1f mm, after cleaning %.1f", 1e3*report.Before.Sink, 1e3*report.After.Sink)
	}
	for _, name := range b.Feet {
		id, _ := k.BodyID(name)
		top := 0.0
		for _, p := range out.Poses {
			k.SetPose(p.Pos, p.Quat, p.Q)
			top = math.Max(top, k.LowestPoint(id))
		}
		if top < 0.006 {
			t.Errorf("%s rises %.1f mm at most", name, 1e3*top)
		}
	}
}

func TestCleaningNeedsTheRat(t *testing.T) {
	b, k := openRat(t)
	walk, _ := synthesize(t, b, k, locomotion[0])
	short := *walk
	short.Joints = short.Joints[:12]
	if _, _, err := motion.Clean(&short, k); err == nil || !strings.Contains(err.Error(), "has 12 joints, the body 67") {
		t.Errorf("12 of 67 joints: %v", err)
	}
	_, _, err := motion.Clean(walk, pawless{k})
	if err == nil || !strings.Contains(err.Error(), "cleaning needs the rat, the body lacks body foot_L") || motion.IsRat(pawless{k}) {
		t.Errorf("a body without paws: %v", err)
	}
}

// pawless is a body of another kind.
type pawless struct{ motion.Kinematics }

func (pawless) BodyID(string) (int, bool) { return 0, false }

// A rat whose head is in its shoulder, as fits of key points have it, comes out of itself:
// smoothly, its feet where they were.
func TestBodiesComeOutOfThemselves(t *testing.T) {
	b, k := openRat(t)
	stand, _ := synthesize(t, b, k, motion.RandomSpec(motion.Stand, 5))
	curled := *stand
	curled.Poses = nil
	joint := func(name string) int { return slices.Index(stand.Joints, name) }
	for f, p := range stand.Poses {
		share := math.Pow(math.Sin(math.Pi*float64(f)/float64(len(stand.Poses)-1)), 2)
		p.Q = append([]float64(nil), p.Q...)
		for name, angle := range map[string]float64{"vertebra_cervical_5_extend": 0.4, "vertebra_cervical_2_extend": 0.45, "vertebra_cervical_4_bend": 0.2, "vertebra_cervical_1_bend": 0.2} {
			p.Q[joint(name)] += share * angle
		}
		curled.Poses = append(curled.Poses, p)
	}
	curled.Differentiate()
	out, report := clean(t, &curled, k)
	t.Log(report)
	if report.Before.Overlap < 0.0045 || report.Before.Overlapping < 0.2 {
		t.Fatalf("not in itself: %+v", report.Before)
	}
	if report.After.Overlap > 0.0015 || report.After.Overlapping > 0.03 {
		t.Errorf("still in itself: %+v", report.After)
	}
	if report.Root.Max > 0 || report.Paws.Max > 0.001 || report.After.SlipMax > 0.001 {
		t.Errorf("root and paws moved: %v", report)
	}
	fastest := 0.0
	for f := range out.Twists {
		for j, v := range out.Twists[f].Qd {
			fastest = math.Max(fastest, math.Abs(v-curled.Twists[f].Qd[j]))
		}
	}
	if fastest > 4 {
		t.Errorf("joints are up to %.1f rad/s faster or slower: comes apart in jumps", fastest)
	}
	inRange(t, k, out)
}
