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

// A foot that rolls over its toes stands, though its heel is fast; one that slides does not.
func TestAFootThatRollsOverItsToesStands(t *testing.T) {
	robot, stand, _ := rat(t, motion.Stand)
	b, k := robot.Body(), robot.Kinematics()
	toe, ok := k.BodyID("toe_L")
	foot, _ := k.BodyID(b.Feet[0])
	if !ok || b.Feet[0] != "foot_L" {
		t.Fatalf("the rat has feet %v and toe_L: %t", b.Feet, ok)
	}
	p := stand.Poses[0]
	k.SetPose(p.Pos, p.Quat, p.Q)
	about, _ := k.BodyPose(toe)
	moves := map[string]func(i float64) motion.Pose{
		"rolls": func(i float64) motion.Pose { // nose down about the toe, 10 rad/s
			sin, cos := math.Sincos(0.2 + 0.2*i)
			x, z := p.Pos[0]-about[0], p.Pos[2]-about[2]
			turned := p
			turned.Pos[0], turned.Pos[2] = about[0]+cos*x+sin*z, about[2]-sin*x+cos*z
			sin, cos = math.Sincos((0.2 + 0.2*i) / 2)
			q := p.Quat
			turned.Quat = [4]float64{cos*q[0] - sin*q[2], cos*q[1] + sin*q[3], cos*q[2] + sin*q[0], cos*q[3] - sin*q[1]}
			k.SetPose(turned.Pos, turned.Quat, turned.Q)
			turned.Pos[2] -= k.LowestPoint(foot)
			return turned
		},
		"slides": func(i float64) motion.Pose { // 0.3 m/s
			slid := p
			slid.Pos[0] += 0.006 * i
			return slid
		},
	}
	for name, move := range moves {
		poses := make([]motion.Pose, 5)
		fastest := 0.0
		for i := range poses {
			poses[i] = move(float64(i))
		}
		at := make([][3]float64, len(poses))
		for i, p := range poses {
			k.SetPose(p.Pos, p.Quat, p.Q)
			at[i], _ = k.BodyPose(foot)
			if i > 0 {
				fastest = max(fastest, math.Hypot(at[i][0]-at[i-1][0], at[i][2]-at[i-1][2])/b.Period.Seconds())
			}
		}
		clip := *stand
		clip.Poses = poses
		clip.Differentiate()
		ref, err := policy.NewReference(b, &clip, k)
		if err != nil {
			t.Fatal(err)
		}
		if fastest < 0.2 {
			t.Errorf("%s: the foot goes %.2f m/s at most, too slow for a test", name, fastest)
		}
		for f, down := range ref.Stance {
			if down[0] != (name == "rolls") {
				t.Errorf("%s: frame %d: stands is %t, the foot's frame goes up to %.2f m/s", name, f, down[0], fastest)
			}
		}
	}
}
