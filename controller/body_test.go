package controller

import (
	"fmt"
	"testing"
	"time"
)

// Whatever was in a command, its neutral form is accepted by every drive, and
// asks the motors to hold with the standing gains.
func TestNeutralIsObeyed(t *testing.T) {
	p := newPlant()
	c := NewCommand(&p.body)
	for i := range c.Pos {
		c.Pos[i], c.Vel[i], c.Torque[i], c.Kp[i], c.Kd[i] = 0.5, 1, 2, 3, 4
	}
	if commandObeyed(&p.body, &c) == "" {
		t.Fatal("the command to start from is obeyed")
	}
	p.body.Neutral(&c)
	if why := commandObeyed(&p.body, &c); why != "" {
		t.Error(why)
	}
	if got := fmt.Sprint(c); got != "{[0.5 0.5 0] [0 0 0] [0 0 0] [0 10 0] [0 0.5 0]}" {
		t.Errorf("neutral is %s", got)
	}
}

// A body is known by all that it says, and by nothing else.
func TestHash(t *testing.T) {
	a, b := newPlant().body, newPlant().body
	if a.Hash() != b.Hash() || len(a.Hash()) != 64 {
		t.Errorf("equal bodies have hashes %s and %s", a.Hash(), b.Hash())
	}
	for name, change := range map[string]func(*Body){
		"gain":   func(b *Body) { b.Actuators[1].Kp++ },
		"limit":  func(b *Body) { b.Limits.MaxStateAge = time.Second },
		"period": func(b *Body) { b.Period++ },
		"joint":  func(b *Body) { b.Joints[2].Name = "d" },
		"pose":   func(b *Body) { b.StandAct = make([]float64, 3) },
	} {
		b := newPlant().body
		change(&b)
		if b.Hash() == a.Hash() {
			t.Errorf("a changed %s leaves the hash", name)
		}
	}
	if a.JointIndex("c") != 2 || a.JointIndex("z") != -1 {
		t.Errorf("joints found at %d and %d", a.JointIndex("c"), a.JointIndex("z"))
	}
}

// A copy shares nothing with its source.
func TestSampleCopyIsWhole(t *testing.T) {
	p := newPlant()
	p.body.Feet = []string{"paw"}
	src, dst := NewSample(&p.body), NewSample(&p.body)
	src.Tick, src.Mode, src.Clamped, src.Fault = 7, ModeStand, 3, FaultTilt
	src.Input, src.Timing = Inputs{Seq: 9, Kind: InputClip, Clip: 2}, Timing{Late: 5}
	src.State.Voltage, src.State.IMU.Gyro[1] = 24, 0.5
	fields := func(x *Sample) [][]float64 {
		s, c := &x.State, &x.Command
		return [][]float64{s.Pos, s.Vel, s.ActPos, s.ActVel, s.Activation, s.Torque, s.Current, s.Temperature, s.FootForce, c.Pos, c.Vel, c.Torque, c.Kp, c.Kd}
	}
	for i, f := range fields(&src) {
		f[0] = float64(i + 1)
	}
	dst.CopyFrom(&src)
	if got, want := fmt.Sprint(dst), fmt.Sprint(src); got != want {
		t.Errorf("copied %s, expected %s", got, want)
	}
	for i, f := range fields(&src) {
		f[0] = -1
		if fields(&dst)[i][0] != float64(i+1) {
			t.Errorf("field %d is shared", i)
		}
	}
}
