package bus

import (
	"fmt"
	"math"

	"whisker/controller"
)

// fill writes the newest reading as a state of the body; mu is held.
func (r *Robot) fill(s *controller.State) {
	s.Seq, s.Time, s.Age = r.seq, r.at.Sub(r.started), r.clock().Sub(r.at)
	m := &r.body.Measures
	for i := range r.latest {
		d, j := &r.latest[i], &r.opt.Joints[i]
		s.ActPos[i], s.ActVel[i] = j.Sign*d.Pos/j.Ratio+j.Offset, j.Sign*d.Vel/j.Ratio
		joint := r.body.Actuators[i].Joint
		s.Pos[joint], s.Vel[joint] = s.ActPos[i], s.ActVel[i]
		if m.Torque {
			s.Torque[i] = j.Sign * d.Torque * j.Ratio
		}
		if m.Current {
			s.Current[i] = j.Sign * d.Current
		}
		if m.Temperature {
			s.Temperature[i] = d.Temperature
		}
		if m.Voltage && (i == 0 || d.Voltage < s.Voltage) {
			s.Voltage = d.Voltage // the lowest: where the cable is longest
		}
	}
}

// aim turns a command into targets; mu is held.
func (r *Robot) aim(c *controller.Command) {
	for i := range r.targets {
		j := &r.opt.Joints[i]
		r.targets[i] = Target{
			Pos: j.toDevice(c.Pos[i]), Vel: j.Sign * c.Vel[i] * j.Ratio, Torque: j.Sign * c.Torque[i] / j.Ratio,
			Kp: c.Kp[i] / (j.Ratio * j.Ratio), Kd: c.Kd[i] / (j.Ratio * j.Ratio),
		}
	}
}

func (j *Joint) toDevice(pos float64) float64 { return j.Sign * (pos - j.Offset) * j.Ratio }

// spans are the body's actuators as the devices see them.
func (r *Robot) spans() []Span {
	s := make([]Span, len(r.body.Actuators))
	for i := range s {
		a, j := &r.body.Actuators[i], &r.opt.Joints[i]
		lo, hi := j.toDevice(a.Min), j.toDevice(a.Max)
		s[i] = Span{
			Name: a.Name, Drive: a.Drive, Min: min(lo, hi), Max: max(lo, hi), MaxTorque: a.MaxTorque / j.Ratio,
			Kp: a.Kp / (j.Ratio * j.Ratio), Kd: a.Kd / (j.Ratio * j.Ratio),
		}
	}
	return s
}

// checkMeasures refuses a body that claims to measure what nothing here does.
func (r *Robot) checkMeasures() error {
	has, want := r.driver.Measures(), r.body.Measures
	for _, m := range [...]struct {
		name      string
		has, want bool
	}{
		{"root", false, want.Root}, {"imu", r.opt.IMU != nil, want.IMU}, {"activation", false, want.Activation}, {"foot_force", false, want.FootForce},
		{"torque", has.Torque, want.Torque}, {"current", has.Current, want.Current},
		{"temperature", has.Temperature, want.Temperature}, {"voltage", has.Voltage, want.Voltage},
	} {
		if m.want && !m.has {
			return fmt.Errorf("bus: body %s measures %s, which these devices do not: want it left out of measures", r.body.Name, m.name)
		}
	}
	return nil
}

// checkPlace refuses torque where a joint is outside its range or the supply
// outside its bounds.
func (r *Robot) checkPlace() error {
	l := &r.body.Limits
	for i := range r.readings {
		d, j, a := &r.readings[i], &r.opt.Joints[i], &r.body.Actuators[i]
		joint := &r.body.Joints[a.Joint]
		pos := j.Sign*d.Pos/j.Ratio + j.Offset
		if math.IsNaN(pos) || joint.Min != joint.Max && (pos < joint.Min-l.JointMargin || pos > joint.Max+l.JointMargin) {
			return fmt.Errorf("bus: joint %s is at %.3f rad: want %.3f to %.3f before it gets torque", joint.Name, pos, joint.Min-l.JointMargin, joint.Max+l.JointMargin)
		}
		if l.MinVoltage > 0 && d.Voltage < l.MinVoltage || l.MaxVoltage > 0 && d.Voltage > l.MaxVoltage {
			return fmt.Errorf("bus: actuator %s has %.1f V: want %.1f to %.1f V before it gets torque", a.Name, d.Voltage, l.MinVoltage, l.MaxVoltage)
		}
	}
	return nil
}
