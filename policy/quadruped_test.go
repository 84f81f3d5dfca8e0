//go:build cgo

package policy_test

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"whisker/controller"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/sim"
)

// standing is a reference of the quadruped that stands, headed by yaw.
func standing(t testing.TB, r *sim.Robot, yaw float64) *policy.Reference {
	t.Helper()
	b, k := r.Body(), r.Kinematics()
	t.Cleanup(k.Close)
	c := &motion.Clip{Name: "stand", Rate: 50, Joints: k.JointNames()}
	for range 50 {
		c.Poses = append(c.Poses, motion.Pose{Pos: [3]float64{0, 0, b.StandHeight}, Quat: [4]float64{math.Cos(yaw / 2), 0, 0, math.Sin(yaw / 2)}, Q: b.Stand})
		c.Twists = append(c.Twists, motion.Twist{Qd: make([]float64, 12)})
	}
	ref, err := policy.NewReference(b, c, k)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// What the learned policy of a quadruped sees is what the robot measures.
func TestQuadrupedsPolicySeesOnlyWhatItMeasures(t *testing.T) {
	l := policy.NewLayout(dog(t).Body())
	var names []string
	for _, term := range append(slices.Clone(l.Proprioception), l.Reference...) {
		names = append(names, term.Name)
	}
	const want = "joints_pos joints_vel previous_command gravity gyro reference_velocity root_orientation joints_difference stance"
	if got := strings.Join(names, " "); got != want || l.Root || l.FootForce || len(l.Joints) != 12 {
		t.Errorf("it sees %s; want %s", got, want)
	}
}

// An IMU's heading counts from where the robot was switched on.
func TestTrackerTakesTheHeadingAtItsStartForTheClips(t *testing.T) {
	r := dog(t)
	b, ref := r.Body(), standing(t, r, 1)
	file := untrained(b)
	commands := func(on, turn float64) (out []float64) {
		tr, err := policy.NewTracker(b, file, ref)
		if err != nil {
			t.Fatal(err)
		}
		s, c := controller.NewState(b), controller.NewCommand(b)
		copy(s.Pos, b.Stand)
		for tick := range 5 {
			yaw := on + turn*float64(tick)
			s.IMU.Quat = [4]float64{math.Cos(yaw / 2), 0, 0, math.Sin(yaw / 2)}
			if err := tr.Act(&s, &c); err != nil {
				t.Fatal(err)
			}
			out = append(out, c.Pos...)
		}
		return out
	}
	a, b2, turned := commands(1, 0), commands(-2, 0), commands(1, 0.1)
	far := 0.0
	for i := range a {
		if math.Abs(a[i]-b2[i]) > 1e-6 {
			t.Fatalf("command %d is %g, switched on in another direction %g", i, a[i], b2[i])
		}
		far = math.Max(far, math.Abs(a[i]-turned[i]))
	}
	if far < 1e-4 {
		t.Error("the robot turns away from its clip, and its policy does not see it")
	}
}

// A reference's open-loop command holds a standing quadruped up: it tells the
// motors more than the pose, as much as its weight bends them.
func TestOpenLoopHoldsTheQuadrupedUp(t *testing.T) {
	r := dog(t)
	b, ref := r.Body(), standing(t, r, 0)
	knee, down := 0.0, 0
	for i := range b.Actuators {
		if i%3 == 2 {
			knee = math.Max(knee, math.Abs(ref.Torque[25][i]))
		}
	}
	for _, on := range ref.Stance[25] {
		if on {
			down++
		}
	}
	// A quarter of 8.9 kg on a lever of about 0.175 sin 0.8 m.
	if want := 8.912 * 9.81 / 4 * 0.175 * math.Sin(0.8); math.Abs(knee-want) > 0.3*want || down != 4 {
		t.Errorf("the knees hold %.2f N·m, want about %.2f; %d feet stand", knee, want, down)
	}
}

// Nothing of what a command held before is left in it.
func TestActionWritesAllOfACommand(t *testing.T) {
	r := dog(t)
	b, ref := r.Body(), standing(t, r, 0)
	a, fresh, used := policy.NewAction(b), controller.NewCommand(b), controller.NewCommand(b)
	for _, part := range [][]float64{used.Pos, used.Vel, used.Torque, used.Kp, used.Kd} {
		for i := range part {
			part[i] = 7
		}
	}
	a.Fill(&fresh, ref, 0, nil)
	a.Fill(&used, ref, 0, nil)
	if !reflect.DeepEqual(used, fresh) {
		t.Errorf("a used command becomes %+v, a fresh one %+v", used, fresh)
	}
}
