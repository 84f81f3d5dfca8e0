package motion_test

import (
	"math"
	"strings"
	"testing"

	"whisker/policy/motion"
)

// TestMirrorOfTheRat checks the rules of Mirror on the rat's own joints: every
// body of a mirrored pose stands where the mirror shows its partner.
func TestMirrorOfTheRat(t *testing.T) {
	k := ratKinematics(t)
	_, truth := film(k, 6, 1, 0)
	c := &motion.Clip{Name: "film", Rate: 50, Joints: k.JointNames(), Poses: truth}
	c.Differentiate()
	m, err := motion.Mirror(c)
	if err != nil {
		t.Fatal(err)
	}
	at := func(p motion.Pose, body string) [3]float64 {
		k.SetPose(p.Pos, p.Quat, p.Q)
		id, ok := k.BodyID(body)
		if !ok {
			t.Fatal("no body", body)
		}
		x, _ := k.BodyPose(id)
		return x
	}
	for _, body := range []string{"skull", "jaw", "pelvis", "vertebra_C20", "foot_L", "foot_R", "toe_L", "hand_L", "hand_R", "finger_R", "lower_arm_L", "lower_leg_R"} {
		partner := strings.NewReplacer("_L", "_R", "_R", "_L").Replace(body)
		x, y := at(c.Poses[4], body), at(m.Poses[4], partner)
		if d := math.Sqrt(math.Pow(x[0]-y[0], 2) + math.Pow(x[1]+y[1], 2) + math.Pow(x[2]-y[2], 2)); d > 0.0005 {
			t.Errorf("%s at %v is mirrored to %s at %v, %.2f mm off", body, x, partner, y, 1000*d)
		}
	}
}
