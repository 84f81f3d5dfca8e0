package policy_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"whisker/controller"
	"whisker/policy"
	"whisker/policy/motion"
)

// disturbed is a state near a frame of ref, with every measurement set.
func disturbed(b *controller.Body, ref *policy.Reference, frame int) controller.State {
	rng := rand.New(rand.NewPCG(5, 5))
	s := controller.NewState(b)
	s.Root = ref.Root(frame)
	s.Root.Pos[2] += 0.004
	s.IMU.Quat = s.Root.Quat
	for j := range s.Pos {
		s.Pos[j] = ref.Poses[frame].Q[j] + 0.05*rng.NormFloat64()
		s.Vel[j] = rng.NormFloat64()
	}
	for i := range s.Activation {
		s.Activation[i] = rng.NormFloat64()
	}
	for i := range s.FootForce {
		s.FootForce[i] = rng.Float64()
	}
	return s
}

// turned moves a root over the floor and about the vertical.
func turned(r controller.Root, yaw float64, to [2]float64) controller.Root {
	c, s := math.Cos(yaw), math.Sin(yaw)
	turn := func(v [3]float64) [3]float64 { return [3]float64{c*v[0] - s*v[1], s*v[0] + c*v[1], v[2]} }
	r.Pos, r.Vel = turn(r.Pos), turn(r.Vel)
	r.Pos[0] += to[0]
	r.Pos[1] += to[1]
	w, z, q := math.Cos(yaw/2), math.Sin(yaw/2), r.Quat
	r.Quat = [4]float64{w*q[0] - z*q[3], w*q[1] - z*q[2], w*q[2] + z*q[1], w*q[3] + z*q[0]}
	return r
}

func TestObservationIgnoresWhereOnTheFloorAndWhichHeading(t *testing.T) {
	robot, clip, ref := rat(t, motion.Walk)
	b := robot.Body()
	moved := *clip
	moved.Poses, moved.Twists = nil, nil
	for f := range clip.Poses {
		p, w := clip.Poses[f], clip.Twists[f]
		r := turned(controller.Root{Pos: p.Pos, Quat: p.Quat, Vel: w.Vel, AngVel: w.AngVel}, 2.1, [2]float64{-3, 8})
		p.Pos, p.Quat, w.Vel = r.Pos, r.Quat, r.Vel
		moved.Poses, moved.Twists = append(moved.Poses, p), append(moved.Twists, w)
	}
	other, err := policy.NewReference(b, &moved, robot.Kinematics())
	if err != nil {
		t.Fatal(err)
	}
	layouts := map[string]policy.Layout{"with root": policy.NewLayout(b)}
	blind := *b
	blind.Measures.Root = false
	layouts["without root"] = policy.NewLayout(&blind)
	for name, l := range layouts {
		o, err := policy.NewObservation(l, b)
		if err != nil {
			t.Fatal(err)
		}
		s := disturbed(b, ref, 20)
		here, there := make([]float32, l.Size()), make([]float32, l.Size())
		o.Fill(here, &s, ref, 20, ref.Act[19])
		s.Root = turned(s.Root, 2.1, [2]float64{-3, 8})
		s.IMU.Quat = s.Root.Quat
		o.Fill(there, &s, other, 20, ref.Act[19])
		for i := range here {
			if math.Abs(float64(here[i]-there[i])) > 1e-5 {
				t.Errorf("%s: entry %d is %g, after moving the world %g", name, i, here[i], there[i])
			}
		}
		s.Root.Quat = turned(s.Root, 0.1, [2]float64{}).Quat // the body alone turns away
		s.IMU.Quat = s.Root.Quat
		o.Fill(there, &s, other, 20, ref.Act[19])
		if here[l.BodySize()+15+2] == there[l.BodySize()+15+2] {
			t.Errorf("%s: the body turned away from its reference and the observation stays", name)
		}
	}
}

// At the reference state the window starts where the body is and moves ahead.
func TestObservationShowsTheReferenceAhead(t *testing.T) {
	robot, _, ref := rat(t, motion.Walk)
	b, l := robot.Body(), policy.NewLayout(robot.Body())
	o, err := policy.NewObservation(l, b)
	if err != nil {
		t.Fatal(err)
	}
	s := controller.NewState(b)
	s.Root = ref.Root(50)
	copy(s.Pos, ref.Poses[50].Q)
	x := make([]float32, l.Size())
	o.Fill(x, &s, ref, 50, ref.Act[50])
	ahead := x[l.BodySize() : l.BodySize()+15]
	for i := 3; i < 15; i += 3 {
		if ahead[i] <= ahead[i-3] {
			t.Errorf("walking, frame %d of the window is at %g m and the one before at %g m ahead", i/3, ahead[i], ahead[i-3])
		}
	}
	o.Fill(x, &s, ref, ref.Len()+10, ref.Act[50]) // beyond the end: the last frame, and no panic
	if ahead[0] != ahead[12] {
		t.Errorf("beyond the end the window still moves: %v", ahead)
	}
}

func TestObservationDoesNotAllocate(t *testing.T) {
	robot, _, ref := rat(t, motion.Stand)
	l := policy.NewLayout(robot.Body())
	o, err := policy.NewObservation(l, robot.Body())
	if err != nil {
		t.Fatal(err)
	}
	s := disturbed(robot.Body(), ref, 3)
	x := make([]float32, l.Size())
	if n := testing.AllocsPerRun(100, func() { o.Fill(x, &s, ref, 3, ref.Act[3]) }); n != 0 {
		t.Errorf("Fill allocates %g times", n)
	}
}

func TestLayoutLeavesTheTailOut(t *testing.T) {
	robot, _, _ := rat(t, motion.Stand)
	for _, j := range policy.NewLayout(robot.Body()).Joints {
		if strings.HasPrefix(j, "vertebra_C1") || strings.HasPrefix(j, "vertebra_C2") {
			t.Errorf("the policy sees tail joint %s", j)
		}
	}
}
