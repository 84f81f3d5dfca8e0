package motion_test

import (
	"math"
	"testing"

	"whisker/policy/motion"
)

// What robots are asked to do and rats do not: they go sideways and backward as well as
// forward, turn on the spot, step in place, and stand at either end, and motors and legs can.
func TestRobotsGaitsGoAnyWay(t *testing.T) {
	robot, k := openQuadruped(t)
	var forward, back, side, fastest, turn float64
	kept, inPlace, n := 0, 0, 20
	for seed := range uint64(n) {
		clip, fid, err := motion.SynthesizeLegs(k, robot, motion.RandomSpec(motion.Legs, seed))
		if err != nil {
			t.Fatal(err)
		}
		if fid.Kept() {
			kept++
			inRange(t, k, clip)
			feetStayAbove(t, robot, k, clip)
		}
		standsAtEnds(t, clip)
		for i, w := range clip.Twists {
			q := clip.Poses[i].Quat
			sin, cos := math.Sincos(math.Atan2(2*(q[0]*q[3]+q[1]*q[2]), 1-2*(q[2]*q[2]+q[3]*q[3])))
			v, left := cos*w.Vel[0]+sin*w.Vel[1], cos*w.Vel[1]-sin*w.Vel[0]
			forward, back, side = forward+math.Max(0, v), back-math.Min(0, v), side+math.Abs(left)
			fastest, turn = math.Max(fastest, math.Abs(left)), math.Max(turn, math.Abs(w.AngVel[2]))
			if math.Hypot(v, left) < 0.1 && math.Abs(w.AngVel[2]) < 0.3 && swings(w.Qd) {
				inPlace++
			}
		}
	}
	all := forward + back + side
	t.Logf("%d of %d kept; %.2f of the way forward, %.2f back, %.2f sideways, to %.2f m/s, turns to %.1f rad/s, %d frames in place", kept, n, forward/all, back/all, side/all, fastest, turn, inPlace)
	if kept < n*8/10 {
		t.Errorf("the robot can do %d of %d", kept, n)
	}
	if math.Min(forward, math.Min(back, side)) < 0.15*all || fastest < 0.6 || turn < 1.5 || inPlace < 100 {
		t.Error("want all ways, side steps, turns and steps in place")
	}
}

// standsAtEnds wants the first and the last frame at rest.
func standsAtEnds(t *testing.T, clip *motion.Clip) {
	t.Helper()
	for _, f := range []int{0, clip.Len() - 1} {
		if v := clip.Twists[f]; math.Hypot(v.Vel[0], v.Vel[1]) > 0.02 || math.Abs(v.AngVel[2]) > 0.05 {
			t.Errorf("%s moves at %v in frame %d, want it standing", clip.Name, v, f)
		}
	}
}

// Leaps put both feet of a side in the air at once, turn, and stand at either end; motors and legs can.
func TestRobotsLeap(t *testing.T) {
	robot, k := openQuadruped(t)
	kept, n, aside, turned := 0, 8, 0, 0.0
	for seed := range uint64(n) {
		clip, fid, err := motion.SynthesizeLegs(k, robot, motion.RandomSpec(motion.Leaps, seed))
		if err != nil {
			t.Fatal(err)
		}
		if !fid.Kept() {
			continue
		}
		kept++
		inRange(t, k, clip)
		feetStayAbove(t, robot, k, clip)
		standsAtEnds(t, clip)
		for _, p := range clip.Poses {
			k.SetPose(p.Pos, p.Quat, p.Q)
			high := map[bool]int{} // by whether on the right
			for _, foot := range robot.Feet {
				if id, _ := k.BodyID(foot); k.LowestPoint(id) > 0.01 {
					high[foot[1] == 'R']++
				}
			}
			if high[true] == 2 && high[false] == 0 || high[false] == 2 && high[true] == 0 {
				aside++
			}
			turned = math.Max(turned, math.Abs(p.Quat[3]))
		}
	}
	t.Logf("%d of %d kept; %d frames on the feet of one side; turned to %.2f rad", kept, n, aside, 2*math.Asin(turned))
	if kept < n*6/10 {
		t.Errorf("the robot can do %d of %d", kept, n)
	}
	if aside < 20*kept || turned < 0.4 {
		t.Error("want leaps aside and turns")
	}
}

// swings says whether a leg moves as if it stepped.
func swings(qd []float64) bool {
	for _, v := range qd {
		if math.Abs(v) > 2 {
			return true
		}
	}
	return false
}

func TestRobotsGaitsAreNoRats(t *testing.T) {
	b, k := openRat(t)
	robot, rk := openQuadruped(t)
	if _, err := motion.Synthesize(k, b, motion.RandomSpec(motion.Legs, 1)); err == nil {
		t.Error("a rat was given a robot's gaits")
	}
	if _, _, err := motion.SynthesizeLegs(k, b, motion.RandomSpec(motion.Legs, 1)); err == nil {
		t.Error("a rat was taken for a robot")
	}
	if _, _, err := motion.SynthesizeLegs(rk, robot, motion.RandomSpec(motion.Walk, 1)); err == nil {
		t.Error("a rat's walk was taken for a robot's")
	}
	if _, _, err := motion.SynthesizeLegs(rk, robot, motion.Spec{Kind: motion.Legs, Seconds: 1}); err == nil {
		t.Error("one second was taken for enough")
	}
	one, _, err := motion.SynthesizeLegs(rk, robot, motion.RandomSpec(motion.Legs, 5))
	if err != nil {
		t.Fatal(err)
	}
	same, _, _ := motion.SynthesizeLegs(rk, robot, motion.RandomSpec(motion.Legs, 5))
	for f := range one.Poses {
		if one.Poses[f].Pos != same.Poses[f].Pos {
			t.Fatalf("the same seed gives another clip from frame %d on", f)
		}
	}
}
