package policy

import (
	"fmt"
	"slices"
	"time"

	"whisker/controller"
)

// Contract is everything that must agree between a trained network and a robot.
// It travels in the policy file.
type Contract struct {
	Body      string        `json:"body"`
	BodyHash  string        `json:"body_hash"` // of the body it was trained on; informative
	Period    time.Duration `json:"period_ns"`
	Joints    []string      `json:"joints"`
	Actuators []string      `json:"actuators"`
	Layout    Layout        `json:"observation"`
	Action    Action        `json:"action"`
	Training  Training      `json:"training"`
}

// Training says where a policy came from.
type Training struct {
	Command     string `json:"command"`
	Seed        uint64 `json:"seed"`
	Data        string `json:"data"`
	Transitions int64  `json:"transitions"`
	Notes       string `json:"notes,omitempty"`
}

// NewContract is the contract of a policy for body b that sees what NewLayout
// lays out and adds to the reference command.
func NewContract(b *controller.Body) Contract {
	c := Contract{Body: b.Name, BodyHash: b.Hash(), Period: b.Period, Layout: NewLayout(b), Action: NewAction(b)}
	for _, j := range b.Joints {
		c.Joints = append(c.Joints, j.Name)
	}
	for _, a := range b.Actuators {
		c.Actuators = append(c.Actuators, a.Name)
	}
	return c
}

// NeedsRoot tells whether the policy sees its root pose and velocity, which a
// physical robot without motion capture cannot measure.
func (c *Contract) NeedsRoot() bool { return c.Layout.Root }

// Check says which part of the contract body b does not meet, or nil. A body
// that differs in what the contract does not name (its hash, its limits) passes.
func (c *Contract) Check(b *controller.Body) error {
	joints := make([]string, len(b.Joints))
	for i, j := range b.Joints {
		joints[i] = j.Name
	}
	if err := sameNames("joint", c.Joints, joints, b.Name); err != nil {
		return err
	}
	actuators := make([]string, len(b.Actuators))
	for i, a := range b.Actuators {
		actuators[i] = a.Name
	}
	if err := sameNames("actuator", c.Actuators, actuators, b.Name); err != nil {
		return err
	}
	if c.Period != b.Period {
		return fmt.Errorf("policy: the policy acts every %v, %s every %v; set the control period to %v", c.Period, b.Name, b.Period, c.Period)
	}
	if err := c.Action.check(b); err != nil {
		return err
	}
	_, err := NewObservation(c.Layout, b)
	return err
}

func sameNames(what string, want, have []string, body string) error {
	for i := range min(len(want), len(have)) {
		if want[i] != have[i] {
			return fmt.Errorf("policy: %s %d is %s in the policy, %s in %s", what, i, want[i], have[i], body)
		}
	}
	if len(want) != len(have) {
		return fmt.Errorf("policy: %d %ss in the policy, %d in %s", len(want), what, len(have), body)
	}
	return nil
}

// Action maps the network's output, one number per actuator, to a command. It
// is part of a policy's contract.
type Action struct {
	// Drive is what every actuator obeys: position, torque or impedance.
	Drive controller.Drive `json:"drive"`
	// Residual: the output is added to the reference's own command; otherwise to
	// Default.
	Residual bool `json:"residual"`
	// Scale is what an output of one means, rad (N·m for a torque drive).
	Scale []float64 `json:"scale"`
	// Default is the command of a zero output without a reference, rad.
	Default []float64 `json:"default"`
	// Kp and Kd are the gains of an impedance drive, N·m/rad and N·m·s/rad.
	Kp []float64 `json:"kp_nm_rad"`
	Kd []float64 `json:"kd_nm_s_rad"`
}

// NewAction is the usual action for body b: residual, an output of one is 0.3 of
// the half range of a joint's servo. Servos that move only the tail or
// the jaw are left to the reference.
func NewAction(b *controller.Body) Action {
	n := len(b.Actuators)
	a := Action{Drive: controller.DrivePosition, Residual: true, Scale: make([]float64, n), Default: make([]float64, n), Kp: make([]float64, n), Kd: make([]float64, n)}
	for i := range b.Actuators {
		act := &b.Actuators[i]
		a.Drive = act.Drive
		a.Scale[i] = 0.3 * (act.Max - act.Min) / 2
		if act.Joint >= 0 {
			j := &b.Joints[act.Joint]
			a.Scale[i] = 0.3 * (j.Max - j.Min) / 2
			if act.Joint < len(b.Stand) {
				a.Default[i] = b.Stand[act.Joint]
			}
		}
		if i < len(b.StandAct) {
			a.Default[i] = b.StandAct[i]
		}
		switch act.Drive {
		case controller.DriveTorque:
			a.Scale[i], a.Default[i] = act.MaxTorque, 0
		case controller.DriveImpedance:
			a.Kp[i], a.Kd[i] = act.Kp, act.Kd
		}
		if slices.Contains([]string{"caudal_extend", "caudal_bend", "mandible"}, act.Name) {
			a.Scale[i] = 0
		}
	}
	return a
}

func (a *Action) check(b *controller.Body) error {
	n := len(b.Actuators)
	if len(a.Scale) != n || len(a.Default) != n || len(a.Kp) != n || len(a.Kd) != n {
		return fmt.Errorf("policy: action of %d scales, %d defaults, %d kp and %d kd for %d actuators", len(a.Scale), len(a.Default), len(a.Kp), len(a.Kd), n)
	}
	for i := range b.Actuators {
		if b.Actuators[i].Drive != a.Drive {
			return fmt.Errorf("policy: actuator %s of %s is a %s drive, the policy commands %s", b.Actuators[i].Name, b.Name, b.Actuators[i].Drive, a.Drive)
		}
	}
	return nil
}

// Fill writes all of the command for output out (per actuator, nil for none) at a
// frame of r, within the limits of the body's actuators.
func (a *Action) Fill(cmd *controller.Command, r *Reference, frame int, out []float32) {
	frame = r.clamp(frame)
	r.Body.Neutral(cmd)
	for i := range cmd.Pos {
		act := &r.Body.Actuators[i]
		add := 0.0
		if out != nil {
			add = a.Scale[i] * float64(out[i])
		}
		if a.Drive == controller.DriveTorque {
			if a.Residual {
				add += r.Torque[frame][i]
			}
			cmd.Torque[i] = max(-act.MaxTorque, min(act.MaxTorque, add))
			continue
		}
		base := a.Default[i]
		if a.Residual {
			base = r.Command[frame][i]
		}
		cmd.Pos[i] = max(act.Min, min(act.Max, base+add))
		cmd.Kp[i], cmd.Kd[i] = a.Kp[i], a.Kd[i]
	}
}

// Sent is what cmd asks of each actuator, as the policy sees it a tick later:
// torques of a torque drive, N·m, else positions, rad.
func (a *Action) Sent(cmd *controller.Command) []float64 {
	if a.Drive == controller.DriveTorque {
		return cmd.Torque
	}
	return cmd.Pos
}

// Begin fills previous with what stands for the command before frame of r, where
// a run starts.
func (a *Action) Begin(previous []float64, r *Reference, frame int) {
	from := r.Act[frame]
	if a.Drive == controller.DriveTorque {
		from = r.Torque[frame]
	}
	copy(previous, from)
}

// Invert fills out with the output that makes Fill write cmd at a frame of r; an
// actuator of scale 0 gets 0.
func (a *Action) Invert(out []float32, r *Reference, frame int, cmd *controller.Command) {
	frame = r.clamp(frame)
	for i := range out {
		want, base := cmd.Pos[i], a.Default[i]
		if a.Drive == controller.DriveTorque {
			want, base = cmd.Torque[i], 0
			if a.Residual {
				base = r.Torque[frame][i]
			}
		} else if a.Residual {
			base = r.Command[frame][i]
		}
		out[i] = 0
		if a.Scale[i] != 0 {
			out[i] = float32((want - base) / a.Scale[i])
		}
	}
}
