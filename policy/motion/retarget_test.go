package motion_test

import (
	"math"
	"strings"
	"testing"

	"whisker/controller"
	"whisker/controller/profile"
	"whisker/policy/motion"
	"whisker/sim"
)

// openQuadruped is the reference quadruped and its kinematics.
func openQuadruped(t *testing.T) (*controller.Body, motion.Kinematics) {
	t.Helper()
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	r, err := sim.Open(sim.Options{Profile: p})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	k := r.Kinematics()
	t.Cleanup(k.Close)
	return r.Body(), k
}

func TestRetargetedWalkIsTheRats(t *testing.T) {
	b, k := openRat(t)
	robot, rk := openQuadruped(t)
	for _, s := range []motion.Spec{locomotion[1], {Kind: motion.Trot, Seed: 7, Speed: 0.5}} {
		walk, _ := synthesize(t, b, k, s)
		out, fid, err := motion.Retarget(walk, k, rk, robot)
		if err != nil {
			t.Fatal(err)
		}
		if !fid.Kept() {
			t.Errorf("%v: %v", s, fid)
		}
		if math.Abs(fid.TimeRatio*fid.TimeRatio-fid.LengthRatio) > 1e-9 || fid.LengthRatio < 3 || fid.LengthRatio > 7 {
			t.Errorf("lengths by %.2f, times by %.2f", fid.LengthRatio, fid.TimeRatio)
		}
		if want := 5 * fid.TimeRatio; out.Rate != 50 || math.Abs(float64(out.Len())/out.Rate-want) > 0.1 {
			t.Errorf("%d frames at %g Hz, want %.1f s at 50 Hz", out.Len(), out.Rate, want)
		}
		// The way of the two roots, measured apart from the report.
		rat, turned := path(walk)
		mine, turn := path(out)
		if mine < 0.9*fid.LengthRatio*rat || math.Abs(turn-turned) > 0.1*math.Abs(turned)+0.1 {
			t.Errorf("%v: %.2f m and %.2f rad, the rat's scaled %.2f m and %.2f rad", s, mine, turn, fid.LengthRatio*rat, turned)
		}
		inRange(t, rk, out)
		feetStayAbove(t, robot, rk, out)
	}
}

// feetStayAbove checks that feet neither sink nor all leave the floor for long.
func feetStayAbove(t *testing.T, b *controller.Body, k motion.Kinematics, c *motion.Clip) {
	t.Helper()
	air := 0
	for f, p := range c.Poses {
		k.SetPose(p.Pos, p.Quat, p.Q)
		low := math.Inf(1)
		for _, name := range b.Feet {
			id, _ := k.BodyID(name)
			low = math.Min(low, k.LowestPoint(id))
		}
		if low < -0.002 {
			t.Fatalf("frame %d: a foot is %.1f mm under the floor", f, -1e3*low)
		}
		if air++; low < 0.002 {
			air = 0
		}
		if air > 15 {
			t.Fatalf("frame %d: no foot on the floor for %d frames", f, air)
		}
	}
}

// A floor pushes and does not pull: a trunk that comes down to let feet reach takes its time.
func TestRetargetedTrunksComeDownGently(t *testing.T) {
	b, k := openRat(t)
	robot, rk := openQuadruped(t)
	for _, s := range []motion.Spec{motion.RandomSpec(motion.Rear, 1), motion.RandomSpec(motion.Rear, 5), motion.RandomSpec(motion.Dash, 5)} {
		rat, _ := synthesize(t, b, k, s)
		out, fid, err := motion.Retarget(rat, k, rk, robot)
		if err != nil {
			t.Fatal(err)
		}
		if !fid.Kept() {
			t.Errorf("%v: %v", s, fid)
		}
		for f := 1; f+1 < out.Len(); f++ {
			up := (out.Poses[f-1].Pos[2] - 2*out.Poses[f].Pos[2] + out.Poses[f+1].Pos[2]) * out.Rate * out.Rate
			if math.Abs(up) > 0.5*9.81 {
				t.Fatalf("%v, frame %d: the trunk accelerates upwards by %.1f m/s^2", s, f, up)
			}
		}
	}
}

func TestRetargetRefusesOtherBodies(t *testing.T) {
	b, k := openRat(t)
	robot, rk := openQuadruped(t)
	walk, _ := synthesize(t, b, k, locomotion[1])
	if _, _, err := motion.Retarget(walk, k, k, b); err == nil || !strings.Contains(err.Error(), "want a robot with 4 legs of 3") {
		t.Errorf("onto the rat: %v", err)
	}
	if _, _, err := motion.Retarget(walk, rk, rk, robot); err == nil || !strings.Contains(err.Error(), "the body lacks") {
		t.Errorf("from a robot: %v", err)
	}
}
