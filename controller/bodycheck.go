package controller

import "fmt"

// check refuses a body that the guard could not guard: a bound that is missing
// would be no bound.
func (b *Body) check() error {
	if b == nil {
		return fmt.Errorf("controller: the robot has no body")
	}
	bad := func(format string, args ...any) error {
		return fmt.Errorf("controller: body %s: %s", b.Name, fmt.Sprintf(format, args...))
	}
	if b.Period <= 0 {
		return bad("period_ns is %d, a positive period is expected", b.Period)
	}
	if len(b.Actuators) == 0 {
		return bad("it has no actuators")
	}
	for i := range b.Actuators {
		if why := b.Actuators[i].check(len(b.Joints)); why != "" {
			return bad("actuator %d (%s): %s", i, b.Actuators[i].Name, why)
		}
	}
	for name, pose := range map[string][]float64{"stand_act_rad": b.StandAct, "lie_act_rad": b.LieAct} {
		if pose != nil && len(pose) != len(b.Actuators) {
			return bad("%s has %d values, one for each of %d actuators is expected", name, len(pose), len(b.Actuators))
		}
	}
	return b.checkMeasured(bad)
}

// checkMeasured refuses a limit on what is not measured.
func (b *Body) checkMeasured(bad func(string, ...any) error) error {
	l, m := &b.Limits, &b.Measures
	switch {
	case l.MaxTilt > 0 && !m.IMU:
		return bad("max_tilt_rad is set, but the body measures no imu")
	case l.MaxTemperature > 0 && !m.Temperature:
		return bad("max_temperature_c is set, but the body measures no temperature")
	case (l.MinVoltage > 0 || l.MaxVoltage > 0) && !m.Voltage:
		return bad("min_voltage_v or max_voltage_v is set, but the body measures no voltage")
	}
	return nil
}

func (a *Actuator) check(joints int) string {
	if a.Joint < -1 || a.Joint >= joints {
		return fmt.Sprintf("joint is %d, -1 or an index below %d is expected", a.Joint, joints)
	}
	if a.Drive != DrivePosition && a.Drive != DriveTorque && a.Drive != DriveImpedance {
		return fmt.Sprintf("drive is %q, position, torque or impedance is expected", a.Drive)
	}
	if a.Drive != DrivePosition && !(a.MaxTorque > 0) {
		return fmt.Sprintf("max_torque_nm is %v, a positive bound is expected", a.MaxTorque)
	}
	if a.Drive == DriveTorque {
		return ""
	}
	if !(a.Min < a.Max) {
		return fmt.Sprintf("min_rad %v is not below max_rad %v", a.Min, a.Max)
	}
	if !(a.MaxRate > 0) {
		return fmt.Sprintf("max_rate_rad_s is %v, a positive bound is expected", a.MaxRate)
	}
	return ""
}
