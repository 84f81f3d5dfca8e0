package profile

import (
	"time"

	"whisker/controller"
)

// Body is the robot as the loop, the guard and policies know it: impedance
// drives, one per joint, in the profile's order. Limits on what measures lacks
// are left out: a simulator measures no temperature. Physical robots pass
// p.Measured.
func (p *Profile) Body(measures controller.Measures) *controller.Body {
	b := &controller.Body{
		Name: p.Name, Period: time.Duration(float64(time.Second) / p.RateHz),
		StandHeight: p.StandHeight, Root: p.Root, Head: p.Head, Feet: p.Feet,
		Measures: measures, Limits: p.limits(measures),
	}
	lies := true
	for i := range p.Joints {
		j := &p.Joints[i]
		m := p.Motors[j.Motor]
		b.Joints = append(b.Joints, controller.Joint{Name: j.Name, Min: j.Min, Max: j.Max, MaxVel: m.MaxSpeed})
		b.Actuators = append(b.Actuators, controller.Actuator{
			Name: j.Name, Joint: i, Drive: controller.DriveImpedance, Min: j.Min, Max: j.Max,
			MaxRate: m.MaxRate, MaxTorque: m.Torque, Kp: m.Kp, Kd: m.Kd,
		})
		b.Stand = append(b.Stand, j.Stand)
		b.LimbJoints = append(b.LimbJoints, i)
		if lies = lies && j.Lie != nil; lies {
			b.LieAct = append(b.LieAct, *j.Lie)
		}
	}
	b.StandAct = append([]float64(nil), b.Stand...)
	if !lies {
		b.LieAct = nil
	}
	return b
}

// Measured is what the physical robot measures.
func (p *Profile) Measured() controller.Measures {
	m := p.Measures
	return controller.Measures{IMU: m.IMU, Torque: m.Torque, Current: m.Current, Temperature: m.Temperature, Voltage: m.Voltage, FootForce: m.FootForce}
}

func (p *Profile) limits(m controller.Measures) controller.Limits {
	l := &p.Limits
	out := controller.Limits{
		MaxFollowingError: l.FollowingError, JointMargin: l.JointMargin,
		MaxStateAge: milliseconds(l.StateAgeMs), MaxCommandAge: milliseconds(l.CommandAgeMs),
	}
	if m.IMU {
		out.MaxTilt = l.Tilt
	}
	if m.Temperature {
		out.MaxTemperature = l.Temperature
	}
	if m.Voltage {
		out.MinVoltage, out.MaxVoltage = l.MinVoltage, l.MaxVoltage
	}
	return out
}

func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
