package motion

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"whisker/controller"
)

// scored is a body with a knee on each side, two paws and a head that hang on
// the root: body i of the kinematics is 0.1 m along axis i of the root, and
// sinks by the angle of joint i.
func scored() (*controller.Body, *Clip, *hanging) {
	b := &controller.Body{
		Name: "two paws", Period: 20 * time.Millisecond, Joints: []controller.Joint{{Name: "a"}, {Name: "b"}, {Name: "c"}},
		Actuators:  []controller.Actuator{{Name: "a", Drive: controller.DrivePosition}, {Name: "b", Drive: controller.DrivePosition}},
		LimbJoints: []int{0, 1}, Feet: []string{"left", "right"}, Head: "head",
	}
	return b, makeClip([]string{"a", "b", "c"}, 10, turning), &hanging{}
}

type hanging struct {
	Kinematics
	root Pose
}

func (h *hanging) BodyID(name string) (int, bool) {
	i := indexOf([]string{"left", "right", "head"}, name)
	return i, i >= 0
}

func (h *hanging) SetPose(pos [3]float64, quat [4]float64, q []float64) {
	h.root = Pose{pos, quat, append(h.root.Q[:0], q...)}
}

func (h *hanging) BodyPose(b int) ([3]float64, [4]float64) {
	var at [3]float64
	at[b] = 0.1
	p := add(h.root.Pos, quatRotate(h.root.Quat, at))
	p[2] -= 0.01 * h.root.Q[b]
	return p, h.root.Quat
}

// follow plays the reference with an error and scores it.
func follow(t *testing.T, frames int, wrong func(frame int, r *controller.Root, q []float64)) Score {
	t.Helper()
	b, c, k := scored()
	s := NewScorer(b, c, k)
	cmd := controller.NewCommand(b)
	for f := 0; f < frames; f++ {
		root := controller.Root{Pos: c.Poses[f].Pos, Quat: c.Poses[f].Quat}
		q := append([]float64(nil), c.Poses[f].Q...)
		wrong(f, &root, q)
		if !s.Add(f, &root, q, &cmd) {
			break
		}
	}
	return s.Score()
}

func near(t *testing.T, what string, got Measure, want float64) {
	t.Helper()
	if !(math.Abs(float64(got)-want) <= 1e-6*math.Max(1, math.Abs(want))) {
		t.Errorf("%s is %g, want %g", what, got, want)
	}
}

func TestScoreOfAPerfectRun(t *testing.T) {
	s := follow(t, 10, func(int, *controller.Root, []float64) {})
	if !s.Completed || s.Frames != 10 || s.Clip != "made" {
		t.Errorf("%+v, want 10 frames completed", s)
	}
	near(t, "survival", s.Survival, 0.2)
	near(t, "survival at 50 mm", s.Survival50, 0.2)
	for _, m := range []Measure{s.RootErr, s.RotErr, s.LimbJointRMS, s.PawHeadErr, s.ActionJerk} {
		near(t, "an error of a perfect run", m, 0)
	}
}

func TestScoreMeasuresErrors(t *testing.T) {
	s := follow(t, 10, func(_ int, r *controller.Root, q []float64) {
		r.Pos[1] += 0.02
		r.Pos[2] += 0.01
		q[0] += 0.3
		q[2] += 1 // no limb joint, but the head's
	})
	near(t, "root error", s.RootErr, math.Hypot(20, 10))
	near(t, "rotation", s.RotErr, 0)
	near(t, "limb joints", s.LimbJointRMS, math.Sqrt(0.09/2))
	near(t, "paws and head", s.PawHeadErr, (math.Hypot(20, 7)+math.Hypot(20, 10)+math.Hypot(20, 0))/3)
	s = follow(t, 10, func(_ int, r *controller.Root, _ []float64) {
		r.Quat = quatMul(r.Quat, quatExp([3]float64{0, 0.5, 0}))
	})
	near(t, "rotation", s.RotErr, 0.5*180/math.Pi)
}

func TestScoreFailures(t *testing.T) {
	for name, tc := range map[string]struct {
		wrong             func(r *controller.Root, q []float64)
		survival, tightly float64
	}{
		"root at 99 mm":   {func(r *controller.Root, _ []float64) { r.Pos[0] += 0.099 }, 0.2, 0.12},
		"root at 101 mm":  {func(r *controller.Root, _ []float64) { r.Pos[0] += 0.101 }, 0.12, 0.12},
		"root at 49 mm":   {func(r *controller.Root, _ []float64) { r.Pos[2] += 0.049 }, 0.2, 0.2},
		"59 degrees":      {func(r *controller.Root, _ []float64) { r.Quat = quatMul(r.Quat, quatExp([3]float64{1.03, 0, 0})) }, 0.2, 0.2},
		"61 degrees":      {func(r *controller.Root, _ []float64) { r.Quat = quatMul(r.Quat, quatExp([3]float64{1.065, 0, 0})) }, 0.12, 0.12},
		"NaN in the root": {func(r *controller.Root, _ []float64) { r.Quat[2] = math.NaN() }, 0.12, 0.12},
		"NaN in a joint":  {func(_ *controller.Root, q []float64) { q[2] = math.NaN() }, 0.12, 0.12},
	} {
		t.Run(name, func(t *testing.T) {
			s := follow(t, 10, func(f int, r *controller.Root, q []float64) {
				if f == 6 {
					tc.wrong(r, q)
				}
			})
			near(t, "survival", s.Survival, tc.survival)
			near(t, "survival at 50 mm", s.Survival50, tc.tightly)
			if s.Completed != (tc.survival == 0.2) {
				t.Errorf("completed is %v", s.Completed)
			}
		})
	}
}

func TestScoreStopsAtFailure(t *testing.T) {
	b, c, k := scored()
	s := NewScorer(b, c, k)
	for f := range c.Poses {
		root := controller.Root{Pos: c.Poses[f].Pos, Quat: c.Poses[f].Quat}
		if f == 4 {
			root.Pos[0] += 1
		}
		if alive := s.Add(f, &root, c.Poses[f].Q, nil); alive != (f < 4) {
			t.Fatalf("frame %d: alive is %v", f, alive)
		}
	}
	got := s.Score()
	near(t, "survival", got.Survival, 0.08)
	near(t, "root error of surviving frames", got.RootErr, 0)
	if got.Frames != 5 || got.Completed {
		t.Errorf("%d frames, completed %v; want 5, false", got.Frames, got.Completed)
	}
}

func TestScoreOfPartIsNotCompleted(t *testing.T) {
	if s := follow(t, 9, func(int, *controller.Root, []float64) {}); s.Completed {
		t.Error("9 of 10 frames count as completed")
	}
}

func TestScoreWithoutTruthPrintsNull(t *testing.T) {
	b, c, k := scored()
	s := NewScorer(b, c, k)
	for f := range c.Poses {
		s.Add(f, nil, c.Poses[f].Q, nil)
	}
	j, err := json.Marshal(s.Score())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"clip":"made","frames":10,"completed":true,"survival_s":null,"survival50_s":null,"root_err_mm":null,"rot_err_deg":null,` +
		`"limb_joint_rms_rad":0,"paw_head_err_mm":null,"action_jerk":null,"action_jerk_unit":"rad/s³"}`
	if string(j) != want {
		t.Errorf("%s, want\n%s", j, want)
	}
	var back Score
	if err := json.Unmarshal(j, &back); err != nil || !math.IsNaN(float64(back.RootErr)) || back.LimbJointRMS != 0 {
		t.Errorf("read back %+v, %v", back, err)
	}
}

func TestActionJerk(t *testing.T) {
	b, c, _ := scored()
	s := NewScorer(b, c, nil)
	cmd := controller.NewCommand(b)
	for f := range c.Poses {
		u := float64(f) * 0.02
		cmd.Pos[0] = 1 + u + u*u + 4*u*u*u // third derivative 24 rad/s³
		cmd.Torque[1] = u * u * u          // a position servo does not obey it
		s.Add(f, nil, c.Poses[f].Q, &cmd)
	}
	near(t, "jerk", s.Score().ActionJerk, 24/math.Sqrt2)
}

func TestScorerDoesNotAllocate(t *testing.T) {
	b, c, k := scored()
	s := NewScorer(b, c, k)
	cmd := controller.NewCommand(b)
	root := controller.Root{Pos: c.Poses[0].Pos, Quat: c.Poses[0].Quat}
	s.Add(0, &root, c.Poses[0].Q, &cmd)
	if n := testing.AllocsPerRun(100, func() { s.Add(0, &root, c.Poses[0].Q, &cmd) }); n != 0 {
		t.Errorf("Add allocates %g times", n)
	}
}

func TestNewScorerPanicsOnWrongClip(t *testing.T) {
	b, c, k := scored()
	c.Joints = c.Joints[:2]
	defer func() {
		if r, _ := recover().(string); !strings.HasPrefix(r, "motion: NewScorer: clip made has 2 joints") {
			t.Errorf("panic %q", r)
		}
	}()
	NewScorer(b, c, k)
}
