package policy_test

import (
	"math"
	"strings"
	"testing"

	"whisker/controller"
	"whisker/policy"
	"whisker/policy/motion"
)

func TestReferenceRefusesClipsThatDoNotFit(t *testing.T) {
	robot, clip, _ := rat(t, motion.Stand)
	k := robot.Kinematics()
	cases := []struct {
		name string
		edit func(c *motion.Clip)
		want string
	}{
		{"rate", func(c *motion.Clip) { c.Rate = 100 }, "100 frames/s but rat is controlled at 50 Hz"},
		{"joint", func(c *motion.Clip) { c.Joints = append([]string{"knee_X"}, c.Joints[1:]...) }, "lacks joint vertebra_1_extend"},
		{"count", func(c *motion.Clip) { c.Joints = c.Joints[1:] }, "has 66 joints"},
		{"short", func(c *motion.Clip) { c.Poses, c.Twists = c.Poses[:1], c.Twists[:1] }, "at least 2"},
		{"nan", func(c *motion.Clip) {
			c.Poses = append([]motion.Pose(nil), c.Poses...)
			c.Poses[7].Pos[1] = math.NaN()
		}, "frame 7 holds a value that is not finite"},
	}
	for _, c := range cases {
		copied := *clip
		c.edit(&copied)
		if _, err := policy.NewReference(robot.Body(), &copied, k); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

// Run through the servo's filter, the commands give the set points that hold the
// pose: the command undoes the 40 ms.
func TestCommandInvertsTheServoFilter(t *testing.T) {
	robot, _, ref := rat(t, motion.Walk)
	b := robot.Body()
	keep := 1 - math.Exp(-b.Period.Seconds()/0.04)
	for i, a := range b.Actuators {
		if a.FilterTau != 0.04 {
			t.Fatalf("actuator %s has a filter of %g s", a.Name, a.FilterTau)
		}
		set := ref.Act[0][i] + ref.Torque[0][i]/a.Kp
		worst := 0.0
		for f := range ref.Len() - 1 {
			clamped := ref.Command[f][i] == a.Min || ref.Command[f][i] == a.Max
			set += (ref.Command[f][i] - set) * keep
			want := ref.Act[f+1][i] + ref.Torque[f+1][i]/a.Kp
			if clamped {
				set = want
			}
			worst = max(worst, math.Abs(set-want))
		}
		if worst > 1e-9 {
			t.Errorf("%s: the filtered command misses the wanted set point by %g rad", a.Name, worst)
		}
	}
}

// The servos are told what the load deflects them by, so the rat stands where it
// should: lower errors than with the bare pose as the command.
func TestFeedForwardCarriesTheBody(t *testing.T) {
	robot, _, ref := rat(t, motion.Stand)
	b := robot.Body()
	sag := func(command [][]float64) float64 {
		robot.Place(ref.Root(0), ref.Poses[0].Q, ref.Twists[0].Qd)
		if err := robot.Start(); err != nil {
			t.Fatal(err)
		}
		s, cmd, sum := controller.NewState(b), controller.NewCommand(b), 0.0
		for f := range ref.Len() - 1 {
			if err := robot.Read(&s); err != nil {
				t.Fatal(err)
			}
			for _, j := range b.LimbJoints {
				sum += math.Pow(s.Pos[j]-ref.Poses[f].Q[j], 2)
			}
			copy(cmd.Pos, command[f])
			if err := robot.Write(&cmd); err != nil {
				t.Fatal(err)
			}
		}
		return math.Sqrt(sum / float64(len(b.LimbJoints)*(ref.Len()-1)))
	}
	bare, carried := sag(ref.Act), sag(ref.Command)
	t.Logf("rms error of the limb joints: %.4f rad with the pose as command, %.4f rad with feed-forward", bare, carried)
	if carried > 0.7*bare {
		t.Errorf("limb joints are off by %.4f rad, without feed-forward by %.4f rad", carried, bare)
	}
}

// All four feet stand in a standing clip; in a walk each lifts at times.
func TestStanceFollowsTheFeet(t *testing.T) {
	_, _, stand := rat(t, motion.Stand)
	for f, down := range stand.Stance {
		for i, d := range down {
			if !d {
				t.Fatalf("standing, foot %d is up in frame %d", i, f)
			}
		}
	}
	_, _, walk := rat(t, motion.Walk)
	for i := range walk.Stance[0] {
		up := 0
		for f := range walk.Stance {
			if !walk.Stance[f][i] {
				up++
			}
		}
		if up < 5 || up > walk.Len()*2/3 {
			t.Errorf("walking, foot %d is up in %d of %d frames", i, up, walk.Len())
		}
	}
}
