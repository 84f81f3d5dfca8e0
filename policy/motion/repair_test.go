package motion

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// busy is a clip in quick natural motion: a gait of 4 Hz, 0.4 m/s.
func busy(n int) *Clip {
	return makeClip([]string{"knee_L", "knee_R"}, n, func(t float64, p *Pose) {
		p.Pos = [3]float64{0.4 * t, 0.01 * math.Sin(12*t), 0.07 + 0.004*math.Sin(50*t)}
		p.Quat = quatMul(quatExp([3]float64{0, 0, t}), quatExp([3]float64{0.05 * math.Sin(25*t), 0.05 * math.Cos(50*t), 0}))
		p.Q = []float64{0.5 * math.Sin(25*t), 0.5*math.Cos(25*t) + 0.15*math.Sin(50*t)}
	})
}

func TestRepairMendsGlitches(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil     func(p *Pose)
		want      string
		tolerance float64
	}{
		"joint":       {func(p *Pose) { p.Q[1] += 0.4 }, "joint knee_R was 0.4", 0.02},
		"position":    {func(p *Pose) { p.Pos[1] -= 0.03 }, "root position was 30.", 0.002},
		"orientation": {func(p *Pose) { p.Quat = quatMul(p.Quat, quatExp([3]float64{0, 0.3, 0})) }, "root orientation was 0.30", 0.01},
	} {
		t.Run(name, func(t *testing.T) {
			clean, c := busy(60), busy(60)
			tc.spoil(&c.Poses[20])
			tc.spoil(&c.Poses[41])
			c.Differentiate()
			c.Repair()
			if len(c.Repairs) != 2 || !strings.HasPrefix(c.Repairs[0], "frame 20: "+tc.want) || !strings.HasPrefix(c.Repairs[1], "frame 41: ") {
				t.Fatalf("repairs %q, expected frames 20 and 41", c.Repairs)
			}
			if d := clipDistance(c, clean); d > tc.tolerance {
				t.Errorf("%g m or rad from the clip without glitches", d)
			}
			if v, w := c.Twists[20].Qd[1], clean.Twists[20].Qd[1]; math.Abs(v-w) > 1 {
				t.Errorf("velocity %g rad/s at the mended frame, want about %g", v, w)
			}
		})
	}
}

func TestRepairLeavesCleanMotionAlone(t *testing.T) {
	step := func(c *Clip) {
		for f := 30; f < c.Len(); f++ {
			c.Poses[f].Q[0] += 0.5
			c.Poses[f].Pos[0] += 0.02
		}
	}
	swing := func(c *Clip) { // a paw at rest sets off: from 0 to 25 rad/s in three frames
		for f, q := range []float64{0.38, 0.38, 0.379, 0.378, 0.339, 0.094, -0.103, -0.132, 0.02, 0.265} {
			c.Poses[40+f].Q[1] = q
		}
		for f := 0; f < 40; f++ {
			c.Poses[f].Q[1] = 0.38
		}
	}
	for name, change := range map[string]func(c *Clip){"gait": func(*Clip) {}, "a step to a new place": step, "a swing after rest": swing} {
		t.Run(name, func(t *testing.T) {
			want, c := busy(100), busy(100)
			change(want)
			change(c)
			c.Repair()
			if len(c.Repairs) != 0 || fmt.Sprint(c.Poses) != fmt.Sprint(want.Poses) {
				t.Errorf("changed: %q", c.Repairs)
			}
		})
	}
}

func TestRepairTellsOfJoinedFits(t *testing.T) {
	c := busy(500)
	for f := 250; f < 500; f++ {
		c.Poses[f].Pos[0] += 0.2
		c.Poses[f].Q[0] += 0.8
	}
	c.Repair()
	if len(c.Repairs) != 1 || !strings.HasPrefix(c.Repairs[0], "frames 249 and 250 do not join") {
		t.Errorf("repairs %q, expected the joint of two fits at frame 250", c.Repairs)
	}
	c = busy(500)
	c.Repair()
	if len(c.Repairs) != 0 {
		t.Errorf("a clip in one piece is reported: %q", c.Repairs)
	}
}

func TestQuaternionSignIsMadeContinuous(t *testing.T) {
	want, c := busy(20), busy(20)
	for f := 8; f < 20; f++ {
		for k := range c.Poses[f].Quat {
			c.Poses[f].Quat[k] *= -1
		}
	}
	if err := c.finish(); err != nil {
		t.Fatal(err)
	}
	if len(c.Repairs) != 1 || !strings.Contains(c.Repairs[0], "changed sign at frame 8;") {
		t.Errorf("repairs %q", c.Repairs)
	}
	for f := range c.Poses {
		if quatDot(c.Poses[f].Quat, want.Poses[f].Quat) < 0.999999 {
			t.Fatalf("frame %d has quaternion %v, want %v", f, c.Poses[f].Quat, want.Poses[f].Quat)
		}
	}
}
