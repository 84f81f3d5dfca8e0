package motion_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"whisker/controller"
	"whisker/policy/motion"
)

// legsOf writes a clip of the reference quadruped as the motion of a robot that is
// size times larger, lying in its root frame or not.
func legsOf(t *testing.T, c *motion.Clip, size float64, lying bool) string {
	t.Helper()
	var f struct {
		LoopMode      string
		FrameDuration float64
		Frames        [][]float64
	}
	f.LoopMode, f.FrameDuration = "Wrap", math.Sqrt(size)/c.Rate
	for _, p := range c.Poses {
		q := p.Quat
		if lying { // times (0.5, 0.5, 0.5, 0.5)
			w, x, y, z := q[0], q[1], q[2], q[3]
			q = [4]float64{(w - x - y - z) / 2, (w + x + y - z) / 2, (w - x + y + z) / 2, (w + x - y + z) / 2}
		}
		row := []float64{size * p.Pos[0], size * p.Pos[1], size * p.Pos[2], q[1], q[2], q[3], q[0]}
		f.Frames = append(f.Frames, append(row, p.Q...))
	}
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "motion.txt")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A walk of the quadruped, written as that of a larger robot, comes back as the walk.
func TestMotionOfALargerRobotIsRetargeted(t *testing.T) {
	b, k := openRat(t)
	robot, rk := openQuadruped(t)
	rat, _ := synthesize(t, b, k, motion.Spec{Kind: motion.Walk, Seed: 3, Speed: 0.3, Curvature: 1, Seconds: 2})
	walk, _, err := motion.Retarget(rat, k, rk, robot)
	if err != nil {
		t.Fatal(err)
	}
	want, turned := path(walk)
	for _, lying := range []bool{true, false} {
		clips, err := motion.ReadFile(legsOf(t, walk, 1.3, lying), nil)
		if err != nil || len(clips) != 1 || !motion.IsLegs(clips[0]) || motion.IsLegs(walk) {
			t.Fatalf("lying %v: %v", lying, err)
		}
		out, fid, err := motion.RetargetLegs(clips[0], rk, robot)
		if err != nil {
			t.Fatal(err)
		}
		if !fid.Kept() || math.Abs(1/fid.LengthRatio-1.3) > 0.05 {
			t.Errorf("lying %v: %v", lying, fid)
		}
		way, turn := path(out)
		if math.Abs(way-want) > 0.1*want || math.Abs(turn-turned) > 0.1*math.Abs(turned) || math.Abs(float64(out.Len()-walk.Len())) > 10 {
			t.Errorf("lying %v: %.2f m and %.2f rad in %d frames, want %.2f m, %.2f rad, %d", lying, way, turn, out.Len(), want, turned, walk.Len())
		}
		inRange(t, rk, out)
		feetStayAbove(t, robot, rk, out)
	}
}

// A motion that was filmed at more frames a second is the same motion, and its tremor no step
// and no work of the motors.
func TestMotionsOfLegsAreTheSameAtAnyRate(t *testing.T) {
	b, k := openRat(t)
	robot, rk := openQuadruped(t)
	rat, _ := synthesize(t, b, k, motion.Spec{Kind: motion.Walk, Seed: 3, Speed: 0.3, Curvature: 1, Seconds: 2})
	walk, _, err := motion.Retarget(rat, k, rk, robot)
	if err != nil {
		t.Fatal(err)
	}
	for _, rate := range []float64{30, 60, 120} {
		_, calm := retargetLegs(t, motion.Resample(walk, rate), 1.3, rk, robot)
		trembling := motion.Resample(walk, rate)
		for f := range trembling.Poses {
			trembling.Poses[f].Pos[1] += 0.006 * math.Sin(2*math.Pi*7*float64(f)/rate)
		}
		_, fid := retargetLegs(t, trembling, 1.3, rk, robot)
		t.Logf("%g frames/s: %v, %.0f %% of the torque, calm %.0f, %v strides/s", rate, fid, 100*fid.Torque, 100*calm.Torque, fid.StrideWanted)
		if !fid.Kept() || fid.Torque > 1.1*calm.Torque || math.Abs(float64(fid.StrideWanted)-1.63) > 0.1 {
			t.Errorf("%g frames/s: %v, %.0f %% of the torque, calm %.0f", rate, fid, 100*fid.Torque, 100*calm.Torque)
		}
	}
}

// retargetLegs retargets a clip that went through a file of a robot that is size times larger.
func retargetLegs(t *testing.T, c *motion.Clip, size float64, rk motion.Kinematics, robot *controller.Body) (*motion.Clip, *motion.Fidelity) {
	t.Helper()
	clips, err := motion.ReadFile(legsOf(t, c, size, false), nil)
	if err != nil {
		t.Fatal(err)
	}
	out, fid, err := motion.RetargetLegs(clips[0], rk, robot)
	if err != nil {
		t.Fatal(err)
	}
	return out, fid
}

// One stride that wraps is a walk, each stride going on from where the one before ended and
// headed; a motion that does not close is played once.
func TestOneStrideThatWrapsIsPlayedOn(t *testing.T) {
	robot, rk := openQuadruped(t)
	b, k := openRat(t)
	rat, _ := synthesize(t, b, k, motion.Spec{Kind: motion.Walk, Seed: 3, Speed: 0.3, Curvature: 1, Seconds: 4})
	walk, _, err := motion.Retarget(rat, k, rk, robot)
	if err != nil {
		t.Fatal(err)
	}
	// The stretch of a stride's length that closes best.
	from, n, best := 0, 0, math.Inf(1)
	for f := walk.Len() / 3; f < walk.Len()/2; f++ {
		for long := 20; long < 60; long++ {
			apart := 0.0
			for i, q := range walk.Poses[f].Q {
				apart = math.Max(apart, math.Abs(walk.Poses[f+long].Q[i]-q))
			}
			if apart < best {
				from, n, best = f, long, apart
			}
		}
	}
	stride := &motion.Clip{Rate: walk.Rate, Joints: walk.Joints, Poses: walk.Poses[from : from+n+1]}
	read := func(more string) *motion.Clip {
		file := legsOf(t, stride, 1, false)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := motion.ReadLegs([]byte(strings.Replace(string(text), "{", "{"+more, 1)), file)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	goes := func(c *motion.Clip, from int) (way, turned float64) {
		a, b := &c.Poses[from], &c.Poses[from+n]
		return math.Hypot(b.Pos[0]-a.Pos[0], b.Pos[1]-a.Pos[1]), math.Remainder(heading(b)-heading(a), 2*math.Pi)
	}
	way, turned := goes(stride, 0)
	c := read(`"EnableCycleOffsetPosition": true, "EnableCycleOffsetRotation": true, `)
	rounds := (c.Len() - 1) / n
	t.Logf("a stride of %d frames, %.2f rad open, goes %.2f m and turns by %.2f rad; %d rounds", n, best, way, turned, rounds)
	if rounds < 5 || rounds*n != c.Len()-1 || math.Abs(turned) < 0.05 || len(c.Repairs) != 1 {
		t.Errorf("%d frames of strides of %d, %v", c.Len(), n, c.Repairs)
	}
	for r := range rounds {
		if far, turn := goes(c, r*n); math.Abs(far-way) > 1e-9 || math.Abs(turn-turned) > 1e-6 {
			t.Errorf("round %d goes %.4f m and turns by %.4f rad, the first %.4f m and %.4f rad", r, far, turn, way, turned)
		}
	}
	if _, fid, err := motion.RetargetLegs(c, rk, robot); err != nil || !fid.Kept() {
		t.Errorf("retargeted: %v (%v)", fid, err)
	}
	if c = read(""); math.Hypot(c.Poses[n].Pos[0]-c.Poses[2*n].Pos[0], c.Poses[n].Pos[1]-c.Poses[2*n].Pos[1]) > 1e-9 {
		t.Error("rounds that do not go on drift away")
	}
	stride.Poses = walk.Poses[from : from+n/2]
	if c = read(""); c.Len() != n/2 {
		t.Errorf("half a stride is played for %d frames, want %d", c.Len(), n/2)
	}
}

func TestMotionsOfLegsThatAreNoneAreRefused(t *testing.T) {
	good := `{"FrameDuration": 0.03, "Frames": [` + strings.Repeat(`[0,0,0.4, 0,0,0,1, 0,0.5,-1, 0,0.5,-1, 0,0.5,-1, 0,0.5,-1],`, 9) + `[0,0,0.4, 0,0,0,1, 0,0.5,-1, 0,0.5,-1, 0,0.5,-1, 0,0.5,-1]]}`
	if _, err := motion.ReadLegs([]byte(good), "good.txt"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"0.03", "0", "FrameDuration is 0"},
		{"0.03", `"fast"`, "no motion of legs"},
		{"[[0,0,0.4,", "[[0,0.4,", "frame 0 has 18 numbers"},
		{"[[0,0,0.4, 0,0,0,1,", "[[0,0,0.4, 0,0,0,0,", "frame 0"},
		{"]]}", "]", "no motion of legs"},
		{"[[0,0,0.4, 0,0,0,1, 0,0.5,-1,", "[[0,0,0.4, 0,0,0,1, 0,28,-57,", "frame 0: joint FR_thigh is at 28, expected rad, less than a turn"}, // degrees
	} {
		_, err := motion.ReadLegs([]byte(strings.Replace(good, c.old, c.new, 1)), "bad.txt")
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "bad.txt") {
			t.Errorf("%q: %v, want %q", c.new, err, c.want)
		}
	}
}

// The root of a robot is above its feet, by less than a few metres.
func TestLegsAtNoHeightAreRefused(t *testing.T) {
	robot, rk := openQuadruped(t)
	for _, height := range []string{"0", "-0.6", "40"} {
		frame := "[0,0," + height + ", 0,0,0,1, 0,0.5,-1, 0,0.5,-1, 0,0.5,-1, 0,0.5,-1]"
		c, err := motion.ReadLegs([]byte(`{"FrameDuration": 0.03, "Frames": [`+strings.Repeat(frame+",", 9)+frame+"]}"), "bad.txt")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := motion.RetargetLegs(c, rk, robot); err == nil || !strings.Contains(err.Error(), "clip bad: the root is at "+height+" m") {
			t.Errorf("height %s: %v", height, err)
		}
	}
}

// A robot that rears as far as it can does not kneel on the floor.
func TestRearingRobotKeepsItsKneesOffTheFloor(t *testing.T) {
	b, k := openRat(t)
	robot, rk := openQuadruped(t)
	rat, _ := synthesize(t, b, k, motion.RandomSpec(motion.Rear, 900_000))
	out, fid, err := motion.Retarget(rat.Slice(0, 125), k, rk, robot)
	if err != nil {
		t.Fatal(err)
	}
	if !fid.Kept() || fid.PitchRange < 0.5 {
		t.Errorf("%v, pitch range %.2f rad", fid, fid.PitchRange)
	}
	for f, p := range out.Poses {
		rk.SetPose(p.Pos, p.Quat, p.Q)
		for _, calf := range []string{"FR_calf", "FL_calf", "RR_calf", "RL_calf"} {
			id, _ := rk.BodyID(calf)
			if knee, _ := rk.BodyPose(id); knee[2] < 0.025 {
				t.Fatalf("frame %d: the knee of %s is %.0f mm above the floor", f, calf, 1e3*knee[2])
			}
		}
	}
}

// Animators let a robot leap aside with all feet in the air and stop there, or turn over on two.
// Feet come down early enough to brake.
func TestDrawnLeapsBrakeOnFeet(t *testing.T) {
	robot, rk := openQuadruped(t)
	const rate, begin, end, aside = 50, 50, 75, 0.3
	c := &motion.Clip{Name: "leap", Rate: rate, Joints: rk.JointNames()}
	ik := motion.NewIK(rk)
	p := motion.Pose{Pos: [3]float64{0, 0, robot.StandHeight}, Quat: [4]float64{1, 0, 0, 0}, Q: slices.Clone(robot.Stand)}
	rk.SetPose(p.Pos, p.Quat, p.Q)
	var feet []motion.Target
	for _, name := range robot.Feet {
		id, _ := rk.BodyID(name)
		at, _ := rk.BodyPose(id)
		feet = append(feet, motion.Target{Body: id, Pos: at, Weight: 1})
	}
	free := make([]int, len(p.Q))
	for j := range free {
		free[j] = 6 + j
	}
	ik.SetFree(free)
	for f := range 2*begin + end {
		over := math.Min(math.Max(float64(f-begin)/(end-begin), 0), 1)
		over = over * over * (3 - 2*over)
		p.Pos[1] = aside * over
		targets := slices.Clone(feet)
		for i := range targets {
			targets[i].Pos[1] += aside * over
			targets[i].Pos[2] += 0.2 * over * (1 - over)
		}
		ik.Solve(&p, targets)
		c.Poses = append(c.Poses, motion.Pose{Pos: p.Pos, Quat: p.Quat, Q: slices.Clone(p.Q)})
	}
	out, fid := retargetLegs(t, c, 1, rk, robot)
	if way, _ := path(out); !fid.Kept() || way < 0.9*aside {
		t.Errorf("%v, %.2f m", fid, way)
	}
	air, braked := 0.0, 0.0 // s, m/s
	for f, p := range out.Poses[:out.Len()-1] {
		rk.SetPose(p.Pos, p.Quat, p.Q)
		low := math.Inf(1)
		for _, name := range robot.Feet {
			id, _ := rk.BodyID(name)
			low = math.Min(low, rk.LowestPoint(id))
		}
		if low > 0.005 {
			air += 1 / out.Rate
			braked += (out.Poses[f-1].Pos[1] - 2*p.Pos[1] + out.Poses[f+1].Pos[1]) * out.Rate
		}
	}
	t.Logf("%.2f s without a foot on the floor, in which it brakes by %.2f m/s", air, -braked)
	if air > 0.2 || math.Abs(braked) > 0.1 {
		t.Errorf("%.2f s without a foot on the floor, want at most 0.2; in them it brakes by %.2f m/s, want at most 0.1", air, -braked)
	}
}
