//go:build data && cgo

package sim

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"whisker/controller"
)

func TestUnitreesStandUpByTheirProfiles(t *testing.T) {
	for _, c := range []struct{ profile, model string }{
		{"go1", go1Scene(t)},
		{"go1", outside(t, "models/go1/playground_go1_mjx_feetonly.xml")},
		{"go1", outside(t, "models/go1/playground_go1_mjx_fullcollisions.xml")},
		{"go2", outside(t, "models/go2/go2.xml")},
	} {
		t.Run(c.profile+" "+filepath.Base(c.model), func(t *testing.T) {
			r := open(t, Options{Model: c.model, Profile: robotProfile(t, c.profile)})
			b, k := r.Body(), r.Kinematics()
			defer k.Close()
			if b.Joints[0].Name != "FR_hip_joint" || k.JointNames()[3] != "FL_hip_joint" || b.Actuators[2].Drive != controller.DriveImpedance {
				t.Errorf("joints %v", k.JointNames())
			}
			if w := r.Warnings(); len(w) != 1 || !strings.Contains(w[0], "visual meshes") {
				t.Errorf("want one word on the absent meshes: %q", w)
			}
			k.SetPose([3]float64{0, 0, b.StandHeight}, [4]float64{1, 0, 0, 0}, b.Stand)
			for _, foot := range b.Feet {
				near(t, "lowest point of "+foot, k.LowestPoint(id(t, k, foot)), 0, 0.01)
			}
			g := &rig{Robot: r, t: t}
			out, err := g.ride(map[uint64]controller.Mode{5: controller.ModeStand, 200: controller.ModeLie}, 400)
			t.Logf("stands at %.3f m, lies at %.3f m, fastest joint %.2f rad/s, torque %.2f of its bound (%v)",
				out.height[199], out.height[399], out.worstSpeed, out.worstTorque, err)
			near(t, "height standing", out.height[199], b.StandHeight, 0.04)
			if out.modes[399] != controller.ModeIdle || out.height[399] > 0.2 {
				t.Errorf("it lies at %.3f m in mode %s", out.height[399], out.modes[399])
			}
			for i, tilt := range out.tilt {
				if tilt > 0.3 {
					t.Fatalf("it tilts by %.2f rad at tick %d", tilt, i)
				}
			}
		})
	}
}

// The Go2's model lists the left leg first, the profile the right one: what is
// told to a joint by its place in the profile moves that joint of the model.
func TestJointsAreInTheProfilesOrder(t *testing.T) {
	r := open(t, Options{Model: outside(t, "models/go2/go2.xml"), Profile: robotProfile(t, "go2")})
	k := r.Kinematics()
	defer k.Close()
	q := append([]float64(nil), r.Body().Stand...)
	q[0] = 0.3 // FR_hip_joint
	pos, quat := [3]float64{0, 0, 1}, [4]float64{1, 0, 0, 0}
	k.SetPose(pos, quat, r.Body().Stand)
	right, _ := k.BodyPose(id(t, k, "FR"))
	left, _ := k.BodyPose(id(t, k, "FL"))
	jac := make([]float64, 3*18)
	k.PointJacobian(id(t, k, "FR"), right, jac)
	k.SetPose(pos, quat, q)
	moved, _ := k.BodyPose(id(t, k, "FR"))
	stayed, _ := k.BodyPose(id(t, k, "FL"))
	if left != stayed {
		t.Errorf("the left foot went from %v to %v", left, stayed)
	}
	near(t, "way of the right foot", moved[1]-right[1], 0.3*jac[1*18+6], 0.02)
	if math.Abs(moved[1]-right[1]) < 0.05 {
		t.Errorf("the right foot went from %v to %v", right, moved)
	}
	g := start(t, r)
	g.hold()
	g.c.Pos[0] = 0.3
	g.tick(25)
	if g.s.Pos[0] < 0.15 || math.Abs(g.s.Pos[3]) > 0.15 || g.s.ActPos[0] != g.s.Pos[0] {
		t.Errorf("the front hips are at %.3f and %.3f, actuator at %.3f", g.s.Pos[0], g.s.Pos[3], g.s.ActPos[0])
	}
}
