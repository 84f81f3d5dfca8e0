package train

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"whisker/controller"
	"whisker/policy"
)

// Ankles behind a filter, as the rat's muscles are: a servo, and a motor as strong.
const (
	servoAnkle = `<general name="ankle" joint="ankle" dyntype="filter" dynprm="0.04" biastype="affine" gainprm="2.2" biasprm="0 -2.2" forcelimited="true" forcerange="-2 2" ctrllimited="true" ctrlrange="-0.9 0.9"/>`
	motorAnkle = `<general name="ankle" joint="ankle" dyntype="filter" dynprm="0.04" gainprm="2" forcelimited="true" forcerange="-2 2" ctrllimited="true" ctrlrange="-1 1"/>`
)

// balancerWith is the balancer's model with another ankle.
func balancerWith(t *testing.T, ankle string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/balancer.xml")
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(text), "<actuator>")
	_, tail, ok := strings.Cut(rest, "</actuator>")
	if !ok {
		t.Fatal("testdata/balancer.xml has no actuators")
	}
	path := filepath.Join(t.TempDir(), "balancer.xml")
	if err := os.WriteFile(path, []byte(head+"<actuator>"+ankle+"</actuator>"+tail), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// learned trains on worlds and returns the policy.
func learned(t *testing.T, c Config, worlds []World, refs []*policy.Reference) *policy.File {
	t.Helper()
	c.Policy = filepath.Join(t.TempDir(), "learned.policy")
	if err := Run(context.Background(), c, worlds, refs); err != nil {
		t.Fatal(err)
	}
	f, err := policy.Load(c.Policy)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A policy for servos teaches a body with motors what torques keep it up.
func TestAServoPolicyTeachesTorques(t *testing.T) {
	servos, refs := balancersOf(t, 16, balancerWith(t, servoAnkle))
	c := quick()
	c.Residual, c.Transitions = false, 16*32*60
	teacher := learned(t, c, servos, refs)

	motors, refs := balancersOf(t, 16, balancerWith(t, motorAnkle))
	c.Teacher, c.Transitions = teacher, 16*32*40
	c.Imitation.Memory, c.Imitation.Alone = 10_000, 16*32*10
	if err := Run(context.Background(), c, motors, refs); err == nil || !strings.Contains(err.Error(), "with position drives") {
		t.Errorf("without twins: %v, want that the drives differ", err)
	}
	c.Twins = []Twin{servos[0].(Twin), servos[1].(Twin)}
	student := learned(t, c, motors, refs)
	if a := student.Contract.Action; a.Drive != controller.DriveTorque || a.Residual || a.Scale[0] <= 0 || a.Scale[0] > 1 {
		t.Errorf("drive %s, residual %v, scale %v; want torque, no residual, and a scale below the motor's 2 N·m", a.Drive, a.Residual, a.Scale)
	}
	trained, err := policy.NewTracker(motors[0].Body(), student, refs[0])
	if err != nil {
		t.Fatal(err)
	}
	open, err := policy.OpenLoop(motors[0].Body(), refs[0])
	if err != nil {
		t.Fatal(err)
	}
	before, after := pushed(t, motors[0], open), pushed(t, motors[0], trained)
	t.Logf("after a push the balancer stands for %.2f s open loop, %.2f s trained", before, after)
	if before > 1 || after < 1.9 {
		t.Errorf("after a push it stands for %.2f s open loop and %.2f s trained, want below 1 s and all of 1.98 s", before, after)
	}

	again := c
	again.Teacher = &policy.File{Contract: teacher.Contract, Network: teacher.Network}
	again.Teacher.Contract.Action.Residual = true
	if err := Run(context.Background(), again, motors, refs); err == nil || !strings.Contains(err.Error(), "without a residual") {
		t.Errorf("a teacher with a residual: %v, want a refusal", err)
	}
	again = c
	again.Twins = again.Twins[:1]
	if err := Run(context.Background(), again, motors, refs); err == nil || !strings.Contains(err.Error(), "1 twins for 2 workers") {
		t.Errorf("one twin for two workers: %v, want a refusal", err)
	}
}
