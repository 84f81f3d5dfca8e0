package policy_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"whisker/controller"
	"whisker/policy"
	"whisker/policy/motion"
)

func TestContractRefusesAnotherBodyAndSaysWhichPart(t *testing.T) {
	robot, _, ref := rat(t, motion.Stand)
	f := untrained(robot.Body())
	if err := f.Check(robot.Body()); err != nil {
		t.Fatalf("its own body is refused: %v", err)
	}
	cases := []struct {
		name string
		edit func(b *controller.Body)
		want string
	}{
		{"joints swapped", func(b *controller.Body) { b.Joints[3], b.Joints[4] = b.Joints[4], b.Joints[3] }, "policy: joint 3 is"},
		{"a joint less", func(b *controller.Body) { b.Joints = b.Joints[:60] }, "67 joints in the policy, 60 in"},
		{"actuators swapped", func(b *controller.Body) { b.Actuators[8], b.Actuators[9] = b.Actuators[9], b.Actuators[8] }, "policy: actuator 8 is hip_L_supinate in the policy, hip_L_abduct in"},
		{"another period", func(b *controller.Body) { b.Period = 10 * time.Millisecond }, "acts every 20ms"},
		{"torque motors", func(b *controller.Body) { b.Actuators[2].Drive = controller.DriveTorque }, "is a torque drive, the policy commands position"},
		{"no motion capture", func(b *controller.Body) { b.Measures.Root = false }, "sees its root pose"},
		{"no feet", func(b *controller.Body) { b.Measures.FootForce = false }, "sees foot forces"},
		{"no filters", func(b *controller.Body) { b.Measures.Activation = false }, "sees the servo filters"},
	}
	for _, c := range cases {
		b := *robot.Body()
		b.Joints, b.Actuators = append([]controller.Joint(nil), b.Joints...), append([]controller.Actuator(nil), b.Actuators...)
		c.edit(&b)
		_, err := policy.NewTracker(&b, f, ref)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
	if !f.Contract.NeedsRoot() {
		t.Error("a policy that sees its root does not say so")
	}
}

func TestActionAddsToTheReferenceOrToTheDefault(t *testing.T) {
	robot, _, ref := rat(t, motion.Walk)
	b := robot.Body()
	a := policy.NewAction(b)
	out := make([]float32, len(b.Actuators))
	i := 0
	for b.Actuators[i].Name != "knee_L" {
		i++
	}
	out[i] = 0.1
	cmd := controller.NewCommand(b)
	a.Fill(&cmd, ref, 40, out)
	if want := ref.Command[40][i] + 0.1*a.Scale[i]; math.Abs(cmd.Pos[i]-want) > 1e-7 {
		t.Errorf("residual command %g, want %g", cmd.Pos[i], want)
	}
	a.Residual = false
	a.Fill(&cmd, ref, 40, out)
	if want := a.Default[i] + 0.1*a.Scale[i]; math.Abs(cmd.Pos[i]-want) > 1e-7 {
		t.Errorf("command without residual %g, want %g", cmd.Pos[i], want)
	}
	out[i] = 1e6
	a.Fill(&cmd, ref, 40, out)
	if cmd.Pos[i] != b.Actuators[i].Max {
		t.Errorf("a huge output commands %g, want the limit %g", cmd.Pos[i], b.Actuators[i].Max)
	}
}

// A torque policy adds to the reference's torque and stays within the motors'.
func TestActionOfATorqueDrive(t *testing.T) {
	robot, _, ref := rat(t, motion.Stand)
	b := *robot.Body()
	b.Actuators = append([]controller.Actuator(nil), b.Actuators...)
	for i := range b.Actuators {
		b.Actuators[i].Drive = controller.DriveTorque
	}
	a := policy.NewAction(&b)
	r := *ref
	r.Body = &b
	cmd := controller.NewCommand(&b)
	out := make([]float32, len(b.Actuators))
	out[10] = 0.5
	a.Fill(&cmd, &r, 0, out)
	if want := r.Torque[0][10] + 0.5*b.Actuators[10].MaxTorque; cmd.Torque[10] != want {
		t.Errorf("torque %g, want %g", cmd.Torque[10], want)
	}
	out[10] = -9
	a.Fill(&cmd, &r, 0, out)
	if cmd.Torque[10] != -b.Actuators[10].MaxTorque {
		t.Errorf("torque %g, want the limit %g", cmd.Torque[10], -b.Actuators[10].MaxTorque)
	}
}
