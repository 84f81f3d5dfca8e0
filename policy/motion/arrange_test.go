package motion

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// makeClip is a clip of n frames at 50 Hz whose poses set fills.
func makeClip(joints []string, n int, set func(t float64, p *Pose)) *Clip {
	c := &Clip{Name: "made", Rate: 50, Joints: joints}
	for i := 0; i < n; i++ {
		p := Pose{Quat: [4]float64{1, 0, 0, 0}, Q: make([]float64, len(joints))}
		set(float64(i)/50, &p)
		c.Poses = append(c.Poses, p)
	}
	c.Differentiate()
	return c
}

// turning moves in an arc and bends, so that every velocity differs from zero.
func turning(t float64, p *Pose) {
	p.Pos = [3]float64{t, 0.3 * t * t, 0.07}
	p.Quat = quatMul(quatExp([3]float64{0, 0, 2 * t}), quatExp([3]float64{0.1 * t, -0.4, 0}))
	for i := range p.Q {
		p.Q[i] = 0.1*float64(i+1) + math.Sin(3*t+float64(i))
	}
}

func TestDifferentiateIsExactForQuadratics(t *testing.T) {
	c := makeClip([]string{"a"}, 9, func(t float64, p *Pose) {
		p.Pos = [3]float64{1 + 2*t + 3*t*t, 0, 0}
		p.Q[0] = 5*t*t - t
		p.Quat = quatMul(quatExp([3]float64{0.5, 0, 0}), quatExp([3]float64{0, 0, 1.5 * t}))
	})
	for i, v := range c.Twists {
		s := float64(i) / 50
		if math.Abs(v.Vel[0]-(2+6*s)) > 1e-9 || math.Abs(v.Qd[0]-(10*s-1)) > 1e-9 {
			t.Errorf("frame %d: %g m/s and %g rad/s, want %g and %g", i, v.Vel[0], v.Qd[0], 2+6*s, 10*s-1)
		}
		if d := length(sub(v.AngVel, [3]float64{0, 0, 1.5})); d > 1e-9 {
			t.Errorf("frame %d: turns at %v in the body, want 1.5 rad/s about z", i, v.AngVel)
		}
	}
}

func TestDifferentiateSmoothsNoise(t *testing.T) {
	sign := 1.0
	c := makeClip([]string{"a"}, 20, func(t float64, p *Pose) { sign = -sign; p.Q[0] = t + 0.001*sign })
	for i := 2; i < 18; i++ {
		if v := c.Twists[i].Qd[0]; math.Abs(v-1) > 0.05 {
			t.Errorf("frame %d: %g rad/s, want 1 within 0.05", i, v)
		}
	}
}

func TestReorder(t *testing.T) {
	c := makeClip([]string{"walker/knee_R", "walker/knee_L"}, 6, func(t float64, p *Pose) { p.Q = []float64{1, 2} })
	got, err := c.Reorder([]string{"knee_L", "vertebra_C1_bend", "knee_R"})
	if err != nil {
		t.Fatal(err)
	}
	if q := fmt.Sprint(got.Poses[3].Q); q != "[2 0 1]" {
		t.Errorf("joints %s, want [2 0 1]", q)
	}
	if len(got.Repairs) != 1 || !strings.Contains(got.Repairs[0], "1 tail joints") {
		t.Errorf("repairs %q do not tell of the tail", got.Repairs)
	}
	if len(c.Repairs) != 0 || c.Poses[3].Q[0] != 1 {
		t.Error("Reorder changed the clip it was given")
	}
}

func TestReorderRefuses(t *testing.T) {
	c := makeClip([]string{"knee_L", "wing_L"}, 6, turning)
	_, err := c.Reorder([]string{"knee_L", "knee_R", "vertebra_cervical_5_extend"})
	if err == nil || !strings.Contains(err.Error(), "missing joint knee_R, vertebra_cervical_5_extend; unknown joint wing_L") {
		t.Fatalf("error %v", err)
	}
}

func TestMirror(t *testing.T) {
	c := makeClip([]string{"knee_L", "knee_R", "vertebra_2_bend", "vertebra_1_extend", "shoulder_sup_L", "shoulder_sup_R"}, 20, turning)
	m, err := Mirror(c)
	if err != nil {
		t.Fatal(err)
	}
	a, b := c.Poses[7], m.Poses[7]
	if want := []float64{a.Q[1], a.Q[0], -a.Q[2], a.Q[3], a.Q[5], a.Q[4]}; fmt.Sprint(b.Q) != fmt.Sprint(want) {
		t.Errorf("joints %v, want %v", b.Q, want)
	}
	// A point on the left of the body lands where the mirror shows it.
	p := add(a.Pos, quatRotate(a.Quat, [3]float64{0.1, 0.05, 0.02}))
	q := add(b.Pos, quatRotate(b.Quat, [3]float64{0.1, -0.05, 0.02}))
	if d := length(sub(q, [3]float64{p[0], -p[1], p[2]})); d > 1e-12 {
		t.Errorf("a mirrored point is %g m off", d)
	}
	if v, w := c.Twists[7], m.Twists[7]; math.Abs(v.Vel[1]+w.Vel[1]) > 1e-9 || math.Abs(v.AngVel[1]-w.AngVel[1]) > 1e-9 || math.Abs(v.AngVel[2]+w.AngVel[2]) > 1e-9 {
		t.Errorf("velocities %v and %v are no mirror images", v, w)
	}
	back, err := Mirror(m)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(back.Poses) != fmt.Sprint(c.Poses) {
		t.Error("mirrored twice is not the clip")
	}
}

func TestMirrorRefusesOneSidedBody(t *testing.T) {
	if _, err := Mirror(makeClip([]string{"knee_L"}, 6, turning)); err == nil || !strings.Contains(err.Error(), "knee_L has no partner knee_R") {
		t.Fatalf("error %v", err)
	}
}

func TestResample(t *testing.T) {
	c := makeClip([]string{"a"}, 51, turning)
	up := Resample(c, 200)
	if up.Len() != 201 || up.Rate != 200 {
		t.Fatalf("%d frames at %g Hz, want 201 at 200", up.Len(), up.Rate)
	}
	for i, p := range c.Poses {
		u := up.Poses[4*i]
		if length(sub(u.Pos, p.Pos)) > 1e-9 || quatAngle(u.Quat, p.Quat) > 1e-7 || math.Abs(u.Q[0]-p.Q[0]) > 1e-9 {
			t.Fatalf("frame %d moved: %v, want %v", i, u, p)
		}
	}
	mid := up.Poses[42]
	var want Pose
	want.Q = make([]float64, 1)
	turning(0.21, &want)
	if length(sub(mid.Pos, want.Pos)) > 1e-4 || quatAngle(mid.Quat, want.Quat) > 1e-3 || math.Abs(mid.Q[0]-want.Q[0]) > 1e-3 {
		t.Errorf("between frames: %v, want about %v", mid, want)
	}
	if back := Resample(up, 50); back.Len() != c.Len() {
		t.Errorf("%d frames after going back, want %d", back.Len(), c.Len())
	}
}

func TestSlice(t *testing.T) {
	c := makeClip([]string{"a"}, 20, turning)
	s := c.Slice(5, 15)
	if s.Len() != 10 || s.Poses[0].Pos != c.Poses[5].Pos || s.Twists[9].Vel != c.Twists[14].Vel {
		t.Errorf("slice of %d frames does not start at frame 5", s.Len())
	}
}

func TestValidate(t *testing.T) {
	for want, spoil := range map[string]func(c *Clip){
		"frame 3: joint b is NaN":               func(c *Clip) { c.Poses[3].Q[1] = math.NaN() },
		"frame 4: root_z is +Inf":               func(c *Clip) { c.Poses[4].Pos[2] = math.Inf(1) },
		"frame 2: root: a quaternion":           func(c *Clip) { c.Poses[2].Quat = [4]float64{} },
		"frame 1: 1 joint angles, expected 2":   func(c *Clip) { c.Poses[1].Q = c.Poses[1].Q[:1] },
		"rate 0, expected 1 to 10000":           func(c *Clip) { c.Rate = 0 },
		"4 frames, expected at least 5":         func(c *Clip) { c.Poses = c.Poses[:4] },
		`joint 1 is named "a", expected a name`: func(c *Clip) { c.Joints[1] = "a" },
	} {
		c := makeClip([]string{"a", "b"}, 10, turning)
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		spoil(c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected %q", err, want)
		}
	}
}
