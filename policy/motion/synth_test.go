package motion_test

import (
	"math"
	"testing"
	"time"

	"whisker/controller"
	"whisker/policy/motion"
	"whisker/sim"
)

// openRat is the body that the synthesis is for, and its kinematics.
func openRat(t testing.TB) (*controller.Body, motion.Kinematics) {
	t.Helper()
	r, err := sim.Open(sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r.Body(), r.Kinematics()
}

// made keeps what synthesize made, for the tests that look at the same spec.
var made = map[motion.Spec]struct {
	clip *motion.Clip
	feet []motion.Footing
}{}

func synthesize(t *testing.T, b *controller.Body, k motion.Kinematics, s motion.Spec) (*motion.Clip, []motion.Footing) {
	t.Helper()
	m, ok := made[s]
	if !ok {
		var err error
		if m.clip, m.feet, err = motion.SynthesizeFooting(k, b, s); err != nil {
			t.Fatal(err)
		}
		made[s] = m
	}
	return m.clip, m.feet
}

// locomotion is what the tests on feet look at: slow to fast, straight and bent.
var locomotion = []motion.Spec{
	{Kind: motion.Walk, Seed: 1, Speed: 0.08, Curvature: 2},
	{Kind: motion.Walk, Seed: 2, Speed: 0.2, Curvature: -2},
	{Kind: motion.Walk, Seed: 3, Speed: 0.35},
	{Kind: motion.Turn, Seed: 4, TurnRate: 0.8},
	{Kind: motion.Roam, Seed: 5, Speed: 0.4},
}

func TestStandingFeetNeitherSlipNorSink(t *testing.T) {
	b, k := openRat(t)
	for _, s := range locomotion {
		_, feet := synthesize(t, b, k, s)
		var slips, sinks, steps int
		for i := 1; i < len(feet); i++ {
			for leg := range feet[i].Down {
				if !feet[i].Down[leg] || !feet[i-1].Down[leg] {
					continue
				}
				steps++
				if math.Hypot(feet[i].Pad[leg][0]-feet[i-1].Pad[leg][0], feet[i].Pad[leg][1]-feet[i-1].Pad[leg][1]) > 0.0005 {
					slips++
				}
				if math.Abs(feet[i].Low[leg]) > 0.001 {
					sinks++
				}
			}
		}
		if slips > 0 || sinks > 0 {
			t.Errorf("%v: of %d standing frames of a paw %d slip more than 0.5 mm and %d are more than 1 mm off the floor", s, steps, slips, sinks)
		}
	}
}

func TestSwingingPawsClearTheFloor(t *testing.T) {
	b, k := openRat(t)
	for _, s := range locomotion {
		_, feet := synthesize(t, b, k, s)
		for leg := 0; leg < 4; leg++ {
			swings, top := 0, 0.0
			for i := 1; i < len(feet); i++ {
				top = math.Max(top, feet[i].Low[leg])
				if feet[i].Low[leg] < -0.001 {
					t.Errorf("%v: frame %d: paw %d is %.1f mm under the floor", s, i, leg, -1e3*feet[i].Low[leg])
				}
				if feet[i].Down[leg] && !feet[i-1].Down[leg] {
					if swings++; top < 0.006 {
						t.Errorf("%v: swing %d of paw %d rises %.1f mm, want 6", s, swings, leg, 1e3*top)
					}
					top = 0
				}
			}
			if swings < 3 {
				t.Errorf("%v: paw %d makes %d steps in 5 s", s, leg, swings)
			}
		}
	}
}

// path is the distance that the torso covers and the angle it turns.
func path(c *motion.Clip) (distance, turned float64) {
	for i := 5; i < c.Len(); i += 5 {
		a, b := &c.Poses[i-5], &c.Poses[i]
		distance += math.Hypot(b.Pos[0]-a.Pos[0], b.Pos[1]-a.Pos[1])
		d := heading(b) - heading(a)
		turned += d - 2*math.Pi*math.Round(d/(2*math.Pi))
	}
	return distance, turned
}

func heading(p *motion.Pose) float64 {
	w, x, y, z := p.Quat[0], p.Quat[1], p.Quat[2], p.Quat[3]
	return math.Atan2(2*(w*z+x*y), 1-2*(y*y+z*z))
}

func TestWalksGoAsFastAndTurnAsFarAsSpecified(t *testing.T) {
	b, k := openRat(t)
	for _, s := range []motion.Spec{
		locomotion[0], locomotion[1], locomotion[2],
		{Kind: motion.Trot, Seed: 7, Speed: 0.5},
	} {
		clip, _ := synthesize(t, b, k, s)
		distance, turned := path(clip)
		// Starting and stopping take the course's ramps out of the 5 s.
		if mean := distance / 5; mean < 0.5*s.Speed || mean > s.Speed {
			t.Errorf("%v: %.0f mm in 5 s", s, 1e3*distance)
		}
		var fast int
		for _, w := range clip.Twists {
			if v := math.Hypot(w.Vel[0], w.Vel[1]); v > 0.75*s.Speed && v < 1.3*s.Speed {
				fast++
			}
		}
		if fast < 100 {
			t.Errorf("%v: within 0.75 to 1.3 of the speed in %d of 250 frames", s, fast)
		}
		if want := s.Curvature * distance; math.Abs(turned-want) > 0.12 {
			t.Errorf("%v: turns %.2f rad over %.2f m, want %.2f", s, turned, distance, want)
		}
	}
	clip, _ := synthesize(t, b, k, locomotion[3])
	if _, turned := path(clip); turned < 0.5*5*0.8 || turned > 5*0.8 {
		t.Errorf("%v: turns %.2f rad", locomotion[3], turned)
	}
}

// touchdowns are the frames in which a paw lands.
func touchdowns(feet []motion.Footing, leg int) (frames []int) {
	for i := 1; i < len(feet); i++ {
		if feet[i].Down[leg] && !feet[i-1].Down[leg] {
			frames = append(frames, i)
		}
	}
	return frames
}

func TestWalkIsALateralSequence(t *testing.T) {
	b, k := openRat(t)
	for _, s := range locomotion[:3] {
		_, feet := synthesize(t, b, k, s)
		strides := 0
		hind := touchdowns(feet, 0)
		for i := 1; i < len(hind); i++ {
			from, to := hind[i-1], hind[i]
			if from < 60 || to > 190 { // starting and stopping
				continue
			}
			strides++
			var phase [4]float64
			for leg := 1; leg < 4; leg++ {
				phase[leg] = math.NaN()
				for _, f := range touchdowns(feet, leg) {
					if f > from && f <= to {
						phase[leg] = float64(f-from) / float64(to-from)
					}
				}
			}
			// Left fore, right hind, right fore follow left hind in this order.
			if !(phase[2] > 0.15 && phase[2] < phase[1] && phase[1] < phase[3] && math.Abs(phase[1]-0.5) < 0.13) {
				t.Errorf("%v: stride from frame %d: right hind at %.2f, left fore at %.2f, right fore at %.2f", s, from, phase[1], phase[2], phase[3])
			}
		}
		if strides < 3 {
			t.Errorf("%v: %d whole strides between frames 60 and 190", s, strides)
		}
	}
}

func TestClipsKeepTheirFeetUnderThem(t *testing.T) {
	b, k := openRat(t)
	for _, s := range locomotion {
		_, feet := synthesize(t, b, k, s)
		outside := 0
		for _, f := range feet {
			if f.Outside > 0 {
				outside++
			}
		}
		if share := float64(outside) / float64(len(feet)); share > 0.05 {
			t.Errorf("%v: zero moment point outside the standing paws in %.0f %% of frames", s, 100*share)
		}
	}
}

func TestClipsAreSmoothInsideTheJointsRangesAndEndStanding(t *testing.T) {
	b, k := openRat(t)
	for _, kind := range motion.Kinds() {
		if kind.OfLegs() { // a robot's: TestRobotsGaitsGoAnyWay, TestRobotsLeap
			continue
		}
		s := motion.RandomSpec(kind, 11)
		clip, _ := synthesize(t, b, k, s)
		for i := range clip.Poses {
			for j, q := range clip.Poses[i].Q {
				lo, hi := k.JointRange(j)
				if q < lo-1e-9 || q > hi+1e-9 {
					t.Fatalf("%v: frame %d: %s is %.3f, range %.3f to %.3f", s, i, clip.Joints[j], q, lo, hi)
				}
				if i > 0 && math.Abs(q-clip.Poses[i-1].Q[j]) > 0.9 {
					t.Errorf("%v: frame %d: %s jumps by %.2f rad", s, i, clip.Joints[j], q-clip.Poses[i-1].Q[j])
				}
			}
		}
		for _, end := range []int{0, clip.Len() - 1} {
			w := clip.Twists[end]
			if v := math.Hypot(w.Vel[0], w.Vel[1]); v > 0.01 {
				t.Errorf("%v: moves at %.3f m/s in frame %d", s, v, end)
			}
		}
	}
}

func TestRoamsStopAndGoOutOfTime(t *testing.T) {
	b, k := openRat(t)
	stops, long, short := 0, 0.0, math.Inf(1)
	for seed := uint64(31); seed < 34; seed++ {
		clip, feet := synthesize(t, b, k, motion.Spec{Kind: motion.Roam, Seed: seed, Speed: 0.5})
		twoStand(t, clip.Name, feet)
		moved, slow := false, 0
		for i := range clip.Twists {
			v := math.Hypot(clip.Twists[i].Vel[0], clip.Twists[i].Vel[1])
			if v > 0.15 {
				if moved && slow > 5 {
					stops++
				}
				moved, slow = true, 0
			} else if v < 0.05 {
				slow++
			}
		}
		lift := 0
		for i := 1; i < len(feet); i++ {
			switch was, is := feet[i-1].Down[0], feet[i].Down[0]; {
			case was && !is:
				lift = i
			case !was && is:
				long, short = math.Max(long, float64(i-lift)/clip.Rate), math.Min(short, float64(i-lift)/clip.Rate)
			}
		}
	}
	if stops == 0 || long < 1.2*short {
		t.Errorf("%d stops between runs, swings of %.2f to %.2f s", stops, short, long)
	}
}

func TestRearPassesSeventyDegrees(t *testing.T) {
	b, k := openRat(t)
	for seed := uint64(11); seed <= 12; seed++ {
		clip, feet := synthesize(t, b, k, motion.RandomSpec(motion.Rear, seed))
		top, low, tiptoe := 0.0, 0, 0.0
		for i, p := range clip.Poses {
			nose := 2 * (p.Quat[1]*p.Quat[3] - p.Quat[0]*p.Quat[2]) // height of the body's x axis
			top = math.Max(top, math.Asin(nose))
			if feet[i].Low[0] < -0.001 || feet[i].Low[1] < -0.001 {
				low++
			}
			k.SetPose(p.Pos, p.Quat, p.Q)
			for _, name := range []string{"foot_L", "foot_R"} {
				id, _ := k.BodyID(name)
				heel, _ := k.BodyPose(id)
				tiptoe = math.Max(tiptoe, heel[2])
			}
		}
		if tiptoe > 0.010 {
			t.Errorf("seed %d: the heels rise to %.1f mm: nobody balances on toes alone", seed, 1e3*tiptoe)
		}
		if top < 70*math.Pi/180 || low > 0 {
			t.Errorf("seed %d: rears to %.0f degrees with a hind paw under the floor in %d frames", seed, top*180/math.Pi, low)
		}
	}
}

func TestSeedsDecide(t *testing.T) {
	b, k := openRat(t)
	for _, kind := range []motion.Kind{motion.Stand, motion.Walk, motion.Groom} {
		spec := motion.RandomSpec(kind, 11)
		first, _ := synthesize(t, b, k, spec)
		again, err := motion.Synthesize(k, b, spec)
		if err != nil {
			t.Fatal(err)
		}
		spec.Seed++
		other, _ := synthesize(t, b, k, spec)
		if d := distance(first, again); d != 0 {
			t.Errorf("%v: the same seed gives clips up to %g apart", spec, d)
		}
		if d := distance(first, other); d < 1e-3 {
			t.Errorf("%v: another seed gives the same clip within %g", spec, d)
		}
	}
}

// distance is the largest difference between any two values of two clips.
func distance(a, b *motion.Clip) float64 {
	var d float64
	for i := range a.Poses {
		p, q := &a.Poses[i], &b.Poses[i]
		for j := range p.Q {
			d = math.Max(d, math.Abs(p.Q[j]-q.Q[j]))
		}
		for j := range p.Pos {
			d = math.Max(d, math.Abs(p.Pos[j]-q.Pos[j]))
		}
		for j := range p.Quat {
			d = math.Max(d, math.Abs(p.Quat[j]-q.Quat[j]))
		}
	}
	return d
}

func TestMirroredWalkIsAsGood(t *testing.T) {
	b, k := openRat(t)
	clip, _ := synthesize(t, b, k, locomotion[1])
	mirrored, err := motion.Mirror(clip)
	if err != nil {
		t.Fatal(err)
	}
	_, turned := path(clip)
	if _, back := path(mirrored); math.Abs(turned+back) > 1e-6 {
		t.Errorf("turns %.3f rad, mirrored %.3f", turned, back)
	}
	left, _ := k.BodyID("foot_L")
	right, _ := k.BodyID("foot_R")
	for i := range clip.Poses {
		p, m := &clip.Poses[i], &mirrored.Poses[i]
		k.SetPose(p.Pos, p.Quat, p.Q)
		want := k.LowestPoint(left)
		k.SetPose(m.Pos, m.Quat, m.Q)
		if got := k.LowestPoint(right); math.Abs(got-want) > 1e-4 {
			t.Fatalf("frame %d: left paw at %.2f mm, right paw of the mirrored clip at %.2f", i, 1e3*want, 1e3*got)
		}
	}
}

func TestStandingPostureIsARats(t *testing.T) {
	b, k := openRat(t)
	clip, _ := synthesize(t, b, k, motion.RandomSpec(motion.Stand, 11))
	p := &clip.Poses[0]
	k.SetPose(p.Pos, p.Quat, p.Q)
	// Heights of joints next to Aldarondo et al.'s key points on a standing rat
	// (HipL 49, ShoulderL 71, back 87 mm at most, feet 9-11 mm).
	for name, want := range map[string][2]float64{
		"upper_leg_L": {0.042, 0.062}, "upper_arm_L": {0.050, 0.075}, "vertebra_1": {0.070, 0.095}, "pelvis": {0.055, 0.075},
		"foot_L": {0.003, 0.020}, "hand_L": {0.006, 0.025}, "skull": {0.048, 0.108},
	} {
		id, ok := k.BodyID(name)
		if !ok {
			t.Fatalf("no body %s", name)
		}
		if at, _ := k.BodyPose(id); at[2] < want[0] || at[2] > want[1] {
			t.Errorf("%s stands %.0f mm high, want %.0f to %.0f", name, 1e3*at[2], 1e3*want[0], 1e3*want[1])
		}
	}
	back, _ := k.BodyID("vertebra_1")
	hip, _ := k.BodyID("pelvis")
	a, _ := k.BodyPose(back)
	c, _ := k.BodyPose(hip)
	if slope := math.Atan2(a[2]-c[2], a[0]-c[0]) * 180 / math.Pi; slope < 14 || slope > 32 {
		t.Errorf("the lower back slopes %.0f degrees", slope)
	}
}

func TestBadSpecsAreRefused(t *testing.T) {
	b, k := openRat(t)
	for text, s := range map[string]motion.Spec{
		"motion: synthesis of walk: speed is 3, expected 0.03 to 0.7":   {Kind: motion.Walk, Speed: 3},
		"motion: synthesis of walk: curvature is 9, expected -5 to 5":   {Kind: motion.Walk, Speed: 0.1, Curvature: 9},
		"motion: synthesis of turn: turn rate is NaN, expected -2 to 2": {Kind: motion.Turn, TurnRate: math.NaN()},
		"motion: synthesis of stand: seconds is 0.5, expected 2 to 60":  {Kind: motion.Stand, Seconds: 0.5},
	} {
		if _, err := motion.Synthesize(k, b, s); err == nil || err.Error() != text {
			t.Errorf("got %v, want %s", err, text)
		}
	}
	if _, err := motion.Synthesize(k, b, motion.Spec{Kind: "gallop"}); err == nil {
		t.Error("an unknown kind was accepted")
	}
	dog := *b
	dog.Joints = dog.Joints[:12]
	if _, err := motion.Synthesize(k, &dog, motion.Spec{Kind: motion.Stand}); err == nil {
		t.Error("a body with other joints than its kinematics was accepted")
	}
}

// At speed the feet of a pair go together in a dash, and in turn in a roam; all may be in the air.
func TestDashesBound(t *testing.T) {
	b, k := openRat(t)
	together := func(kind motion.Kind) (pairs, flight float64) {
		fast := 0.0
		for seed := uint64(41); seed < 44; seed++ {
			clip, feet := synthesize(t, b, k, motion.Spec{Kind: kind, Seed: seed, Speed: 0.7})
			for i, w := range clip.Twists {
				if math.Hypot(w.Vel[0], w.Vel[1]) < 0.45 {
					continue
				}
				fast++
				d := feet[i].Down
				if d[0] == d[1] {
					pairs++
				}
				if !(d[0] || d[1] || d[2] || d[3]) {
					flight++
				}
			}
		}
		if fast < 30 {
			t.Fatalf("%s is fast in %g frames only", kind, fast)
		}
		return pairs / fast, flight / fast
	}
	dash, flight := together(motion.Dash)
	roam, _ := together(motion.Roam)
	t.Logf("hind feet together in %.2f of a dash and %.2f of a roam; in flight %.2f", dash, roam, flight)
	if dash < 0.5 || roam > 0.4 || flight == 0 {
		t.Errorf("hind feet go together in %.2f of a dash and %.2f of a roam, in flight %.2f of it; want bounds", dash, roam, flight)
	}
}

// twoStand fails where a clip has fewer than two feet on the floor.
func twoStand(t *testing.T, clip string, feet []motion.Footing) {
	t.Helper()
	for i := range feet {
		down := 0
		for _, d := range feet[i].Down {
			if d {
				down++
			}
		}
		if down < 2 {
			t.Fatalf("%s stands on %d feet in frame %d", clip, down, i)
		}
	}
}

// A whirl turns at times as fast as recorded rats do, and to either side; its feet keep up.
func TestWhirlsTurnSuddenly(t *testing.T) {
	b, k := openRat(t)
	turning := func(kind motion.Kind) (left, right float64) {
		for seed := uint64(71); seed < 77; seed++ {
			clip, feet := synthesize(t, b, k, motion.RandomSpec(kind, seed))
			twoStand(t, clip.Name, feet)
			for _, w := range clip.Twists {
				left, right = math.Max(left, w.AngVel[2]), math.Min(right, w.AngVel[2])
			}
		}
		return left, -right
	}
	left, right := turning(motion.Whirl)
	roamLeft, roamRight := turning(motion.Roam)
	t.Logf("whirls turn at up to %.1f rad/s to the left and %.1f to the right, roams at %.1f and %.1f", left, right, roamLeft, roamRight)
	if math.Min(left, right) < 5 || math.Max(left, right) > 10 || math.Max(roamLeft, roamRight) > 4 {
		t.Errorf("whirls turn at up to %.1f rad/s to the left and %.1f to the right, want 5 to 10; roams at %.1f and %.1f", left, right, roamLeft, roamRight)
	}
}

// A crab goes sideways and backward as well as forward, and keeps its feet where they stand.
func TestCrabsGoAnyWay(t *testing.T) {
	b, k := openRat(t)
	ways := func(kind motion.Kind) (forward, back, side float64) {
		for seed := uint64(61); seed < 67; seed++ {
			clip, feet := synthesize(t, b, k, motion.RandomSpec(kind, seed))
			twoStand(t, clip.Name, feet)
			for i, w := range clip.Twists {
				q := clip.Poses[i].Quat
				sin, cos := math.Sincos(math.Atan2(2*(q[0]*q[3]+q[1]*q[2]), 1-2*(q[2]*q[2]+q[3]*q[3])))
				v, left := cos*w.Vel[0]+sin*w.Vel[1], cos*w.Vel[1]-sin*w.Vel[0]
				forward, back, side = forward+math.Max(0, v), back-math.Min(0, v), side+math.Abs(left)
			}
		}
		all := forward + back + side
		return forward / all, back / all, side / all
	}
	forward, back, side := ways(motion.Crab)
	_, roamBack, roamSide := ways(motion.Roam)
	t.Logf("crabs go %.2f of their way forward, %.2f back, %.2f sideways; roams %.2f back, %.2f sideways", forward, back, side, roamBack, roamSide)
	if math.Min(forward, math.Min(back, side)) < 0.15 || roamBack+roamSide > 0.35 {
		t.Errorf("crabs go %.2f of their way forward, %.2f back, %.2f sideways; roams %.2f back, %.2f sideways", forward, back, side, roamBack, roamSide)
	}
}

// An upright stands for seconds, higher than a rear, from a stand or out of a walk, on feet that can carry it, heels and all, and
// no two are alike.
func TestUprightsStandTall(t *testing.T) {
	b, k := openRat(t)
	heights := func(kind motion.Kind) (least, most float64, up, came int) {
		least = math.Inf(1)
		for seed := uint64(81); seed < 91; seed++ {
			clip, feet := synthesize(t, b, k, motion.RandomSpec(kind, seed))
			twoStand(t, clip.Name, feet)
			_, report, err := motion.Clean(clip, k)
			if err != nil {
				t.Fatal(err)
			}
			if s := report.Before; s.ZMPOutside > 0.01 || s.Flight > 0 {
				t.Errorf("%s: its zero moment point is off its feet in %.2f of the frames, %.2f are without two feet", clip.Name, s.ZMPOutside, s.Flight)
			}
			tall, long := 0.0, 0
			for i := range clip.Poses {
				q := clip.Poses[i].Quat
				tall = math.Max(tall, clip.Poses[i].Pos[2])
				if 2*(q[1]*q[3]-q[0]*q[2]) > math.Sin(1.15) {
					long++
				}
			}
			if kind == motion.Upright && long < 30 {
				t.Errorf("%s is upright in %d frames, want 30", clip.Name, long)
			}
			if last := clip.Poses[clip.Len()-1].Pos; math.Hypot(last[0], last[1]) > 0.1 {
				came++
			}
			up += long
			least, most = math.Min(least, tall), math.Max(most, tall)
		}
		return least, most, up, came
	}
	least, most, up, came := heights(motion.Upright)
	_, rears, _, _ := heights(motion.Rear)
	t.Logf("uprights raise the torso to %.3f to %.3f m, rears to %.3f at most", least, most, rears)
	if up < 10*75 || came < 3 || came > 7 {
		t.Errorf("of 10 uprights %d came walking, want 3 to 7; they are up in %d frames, want 750", came, up)
	}
	if most < 0.115 || most-least < 0.01 || rears > 0.105 {
		t.Errorf("uprights raise the torso to %.3f to %.3f m, want beyond 0.115 and 0.01 apart; rears to %.3f, want less than 0.105", least, most, rears)
	}
}

func TestLibrariesAreBalancedAndDisjoint(t *testing.T) {
	seen := map[uint64]bool{}
	for seed := uint64(1); seed <= 2; seed++ {
		kinds := map[motion.Kind]int{}
		for _, s := range motion.LibrarySpecs(seed, 24) {
			kinds[s.Kind]++
			if seen[s.Seed] {
				t.Errorf("seed %d was drawn twice", s.Seed)
			}
			seen[s.Seed] = true
		}
		if len(kinds) != len(motion.Kinds())-7 || kinds[motion.Roam]+kinds[motion.Dash]+kinds[motion.Crab]+kinds[motion.Whirl]+kinds[motion.Upright]+kinds[motion.Legs]+kinds[motion.Leaps] > 0 || kinds[motion.Walk] < 8 {
			t.Errorf("24 clips hold %v", kinds)
		}
	}
	b, k := openRat(t)
	clips, err := motion.Library(k, b, 3, 2)
	if err != nil || len(clips) != 2 || clips[0].Len() != 250 {
		t.Errorf("a library of 2: %d clips, %v", len(clips), err)
	}
}

func BenchmarkSynthesizeWalk(bench *testing.B) {
	b, k := openRat(bench)
	start := time.Now()
	for i := 0; i < bench.N; i++ {
		if _, err := motion.Synthesize(k, b, motion.Spec{Kind: motion.Walk, Seed: uint64(i), Speed: 0.25}); err != nil {
			bench.Fatal(err)
		}
	}
	bench.ReportMetric(5*float64(bench.N)/time.Since(start).Seconds(), "x-realtime")
}
