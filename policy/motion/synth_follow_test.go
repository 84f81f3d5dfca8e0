package motion_test

import (
	"math"
	"testing"

	"whisker/controller"
	"whisker/policy/motion"
	"whisker/sim"
)

// openLoop plays clip as bare servo commands, two frames ahead of the servos'
// 40 ms filter, and returns how long the simulated rat stays within 100 mm and
// 60 degrees of it, s.
func openLoop(t *testing.T, r *sim.Robot, clip *motion.Clip) float64 {
	t.Helper()
	b, k := r.Body(), r.Kinematics()
	p, w := &clip.Poses[0], &clip.Twists[0]
	r.Place(controller.Root{Pos: p.Pos, Quat: p.Quat, Vel: w.Vel, AngVel: w.AngVel}, p.Q, w.Qd)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	s, cmd := controller.NewState(b), controller.NewCommand(b)
	for i := range clip.Poses {
		if err := r.Read(&s); err != nil {
			t.Fatal(err)
		}
		p := &clip.Poses[i]
		dot := s.Root.Quat[0]*p.Quat[0] + s.Root.Quat[1]*p.Quat[1] + s.Root.Quat[2]*p.Quat[2] + s.Root.Quat[3]*p.Quat[3]
		off := math.Hypot(math.Hypot(s.Root.Pos[0]-p.Pos[0], s.Root.Pos[1]-p.Pos[1]), s.Root.Pos[2]-p.Pos[2])
		if off > 0.1 || math.Abs(dot) < math.Cos(math.Pi/6) {
			return float64(i) / clip.Rate
		}
		next := &clip.Poses[min(i+2, clip.Len()-1)]
		k.SetPose(next.Pos, next.Quat, next.Q)
		k.ActuatorLengths(cmd.Pos)
		if err := r.Write(&cmd); err != nil {
			t.Fatal(err)
		}
	}
	return float64(clip.Len()) / clip.Rate
}

// A clip that the body can follow stays up for a while without any feedback: the
// rat's own time to fall is 0.08 s times a few.
func TestClipsCanBeFollowed(t *testing.T) {
	r, err := sim.Open(sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, c := range []struct {
		spec  motion.Spec
		least float64 // s
	}{
		{motion.RandomSpec(motion.Stand, 11), 5},
		{motion.RandomSpec(motion.HeadTurn, 11), 5},
		{locomotion[0], 1.2},
		{locomotion[1], 0.9},
	} {
		clip, _ := synthesize(t, r.Body(), r.Kinematics(), c.spec)
		got := openLoop(t, r, clip)
		t.Logf("%v: %.2f s", c.spec, got)
		if got < c.least {
			t.Errorf("%v: falls after %.2f s of open loop, want %.1f", c.spec, got, c.least)
		}
	}
}
