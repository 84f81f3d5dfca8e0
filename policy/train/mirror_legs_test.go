package train

import (
	"math"
	"testing"

	"whisker/controller/profile"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/sim"
)

// As the rat's: the mirrored quadruped, following the mirrored clip, observes
// what the reflection says, at its start and after a tenth of a second.
func TestMirroredTransitionsOfAQuadrupedAreTrue(t *testing.T) {
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	robot, err := sim.Open(sim.Options{Profile: p})
	if err != nil {
		t.Fatal(err)
	}
	defer robot.Close()
	b, k := robot.Body(), robot.Kinematics()
	defer k.Close()
	clip := &motion.Clip{Name: "sway", Rate: 50, Joints: k.JointNames()}
	for f := range 60 {
		at, q := float64(f)/50, make([]float64, 12)
		for j := range q {
			q[j] = b.Stand[j] + 0.1*math.Sin(2*math.Pi*at+float64(j))
		}
		yaw := 0.3 * at
		clip.Poses = append(clip.Poses, motion.Pose{Pos: [3]float64{0.1 * at, 0.05 * at, b.StandHeight}, Quat: [4]float64{math.Cos(yaw / 2), 0, 0, math.Sin(yaw / 2)}, Q: q})
	}
	clip.Differentiate()
	other, err := motion.Mirror(clip)
	if err != nil {
		t.Fatal(err)
	}
	c := policy.NewContract(b)
	m := newMirror(&c, b.Feet)
	if m == nil {
		t.Fatal("the quadruped has no mirror image")
	}
	for _, ticks := range []int{0, 5} {
		var seen [2][]float32
		for i, one := range []*motion.Clip{clip, other} {
			ref, err := policy.NewReference(b, one, k)
			if err != nil {
				t.Fatal(err)
			}
			seen[i] = observed(t, robot, &c, ref, 30, ticks, func(int) []float32 { return make([]float32, 12) })
		}
		mapped := make([]float32, c.Layout.Size())
		m.obs.apply(mapped, seen[0])
		for i := range mapped {
			if math.Abs(float64(mapped[i]-seen[1][i])) > 1e-2 {
				t.Errorf("after %d ticks entry %d is %g, mirrored %g", ticks, i, seen[1][i], mapped[i])
			}
		}
	}
}
