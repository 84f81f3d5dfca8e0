package profile

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

// check says which value no robot can have, by its path, and what is wanted.
func (p *Profile) check() (path, why string) {
	for _, f := range [...]func() (string, string){p.checkHead, p.checkIMU, p.checkLimits, p.checkMotors, p.checkJoints, p.checkDevice} {
		if path, why = f(); why != "" {
			return path, why
		}
	}
	return "", ""
}

// rule is one number and the range that it must lie in.
type rule struct {
	path   string
	x      float64
	lo, hi float64 // both included; lo is excluded where open is true
	open   bool
}

func firstBroken(rules []rule) (path, why string) {
	for _, r := range rules {
		if r.x >= r.lo && r.x <= r.hi && !(r.open && r.x == r.lo) {
			continue
		}
		if r.open {
			return r.path, fmt.Sprintf("is %v, want more than %v and at most %v", r.x, r.lo, r.hi)
		}
		return r.path, fmt.Sprintf("is %v, want %v to %v", r.x, r.lo, r.hi)
	}
	return "", ""
}

func (p *Profile) checkHead() (path, why string) {
	switch {
	case p.Name == "":
		return "name", "is missing, want the robot's name"
	case p.Source == "":
		return "source", "is missing, want where the facts come from"
	case p.Root == "":
		return "root", "is missing, want a body of the model"
	case len(p.Feet) == 0:
		return "feet", "is missing, want the bodies or geoms of the feet"
	}
	for i, f := range p.Feet {
		if f == "" || slices.Contains(p.Feet[:i], f) {
			return fmt.Sprintf("feet[%d]", i), fmt.Sprintf("is %q, want a name that no other foot has", f)
		}
	}
	return firstBroken([]rule{
		{path: "rate_hz", x: p.RateHz, hi: 10000, open: true},
		{path: "stand_height_m", x: p.StandHeight, hi: 10, open: true},
		{path: "device.baud", x: float64(p.Device.Baud), hi: 100e6},
	})
}

func (p *Profile) checkIMU() (path, why string) {
	norm := 0.0
	for i, x := range p.IMU.Mounting {
		norm += x * x
		if i < 3 && !(math.Abs(p.IMU.Position[i]) < 10) {
			return fmt.Sprintf("imu.position_m[%d]", i), fmt.Sprintf("is %v, want m in the root's frame", p.IMU.Position[i])
		}
	}
	if !(math.Abs(norm-1) < 1e-3) {
		return "imu.mounting_quat", fmt.Sprintf("is %v, want a unit quaternion w, x, y, z", p.IMU.Mounting)
	}
	switch m := &p.IMU; {
	case m.Protocol != "" && m.Protocol != "witmotion":
		return "imu.protocol", fmt.Sprintf("is %q, want witmotion, or none for a unit of the robot's controller", m.Protocol)
	case m.Protocol == "" && (m.Port != "" || m.Baud != 0):
		return "imu.protocol", "is missing, but imu.port or imu.baud is there, want witmotion"
	case m.Protocol != "" && m.Port == "":
		return "imu.port", "is missing, want the unit's serial line"
	case m.Protocol != "" && m.Baud <= 0:
		return "imu.baud", fmt.Sprintf("is %d, want the rate of the unit's line, such as 115200", m.Baud)
	}
	return "", ""
}

func (p *Profile) checkLimits() (path, why string) {
	l := &p.Limits
	path, why = firstBroken([]rule{
		{path: "limits.tilt_rad", x: l.Tilt, hi: math.Pi},
		{path: "limits.following_error_rad", x: l.FollowingError, hi: 10},
		{path: "limits.joint_margin_rad", x: l.JointMargin, hi: 1},
		{path: "limits.temperature_c", x: l.Temperature, hi: 200},
		{path: "limits.min_voltage_v", x: l.MinVoltage, hi: 1000},
		{path: "limits.max_voltage_v", x: l.MaxVoltage, hi: 1000},
		{path: "limits.state_age_ms", x: l.StateAgeMs, hi: 10000},
		{path: "limits.command_age_ms", x: l.CommandAgeMs, hi: 10000},
	})
	switch {
	case why != "":
		return path, why
	case l.MaxVoltage > 0 && l.MaxVoltage <= l.MinVoltage:
		return "limits.max_voltage_v", fmt.Sprintf("is %v, want more than min_voltage_v, %v", l.MaxVoltage, l.MinVoltage)
	case l.Tilt > 0 && !p.Measures.IMU:
		return "limits.tilt_rad", "is set, but measures.imu is not"
	case l.Temperature > 0 && !p.Measures.Temperature:
		return "limits.temperature_c", "is set, but measures.temperature is not"
	case (l.MinVoltage > 0 || l.MaxVoltage > 0) && !p.Measures.Voltage:
		return "limits.min_voltage_v", "or max_voltage_v is set, but measures.voltage is not"
	}
	return "", ""
}

func (p *Profile) checkMotors() (path, why string) {
	var names []string
	for name := range p.Motors {
		names = append(names, name)
	}
	if sort.Strings(names); len(names) == 0 {
		return "motors", "is missing, want at least one kind of motor"
	}
	for _, name := range names {
		m, at := p.Motors[name], "motors."+name+"."
		if m.Source == "" {
			return at + "source", "is missing, want where the motor's data come from"
		}
		if path, why = firstBroken([]rule{
			{path: at + "gear", x: m.Gear, hi: 10000, open: true},
			{path: at + "device_ratio", x: m.DeviceRatio, hi: 10000},
			{path: at + "torque_nm", x: m.Torque, hi: 10000, open: true},
			{path: at + "full_torque_speed_rad_s", x: m.FullTorqueSpeed, hi: 10000},
			{path: at + "no_load_speed_rad_s", x: m.NoLoadSpeed, lo: m.FullTorqueSpeed, hi: 10000},
			{path: at + "max_speed_rad_s", x: m.MaxSpeed, hi: 10000, open: true},
			{path: at + "max_rate_rad_s", x: m.MaxRate, hi: 10000, open: true},
			{path: at + "kp_nm_rad", x: m.Kp, hi: 100000, open: true},
			{path: at + "kd_nm_s_rad", x: m.Kd, hi: 10000, open: true},
			{path: at + "armature_kg_m2", x: m.Armature, hi: 100},
			{path: at + "viscous_nm_s_rad", x: m.Viscous, hi: 1000},
			{path: at + "coulomb_nm", x: m.Coulomb, hi: m.Torque},
			{path: at + "stop_ms", x: m.StopMs, hi: 1000},
			{path: at + "stop_yield", x: m.StopYield, hi: 0.9},
			{path: at + "delay_ms", x: m.DelayMs, hi: 100},
		}); why != "" {
			return path, why
		}
	}
	return "", ""
}

func (p *Profile) checkJoints() (path, why string) {
	if len(p.Joints) == 0 {
		return "joints", "is missing, want the robot's joints in its own order"
	}
	for i := range p.Joints {
		j, at := &p.Joints[i], fmt.Sprintf("joints[%d].", i)
		for _, other := range p.Joints[:i] {
			if other.Name == j.Name {
				return at + "name", fmt.Sprintf("is %q, as that of a joint before it", j.Name)
			}
			if other.Bus == j.Bus && other.ID == j.ID {
				return at + "id", fmt.Sprintf("is %d on bus %d, as that of %s", j.ID, j.Bus, other.Name)
			}
		}
		_, known := p.Motors[j.Motor]
		switch {
		case j.Name == "":
			return at + "name", "is missing, want a joint of the model"
		case !known:
			return at + "motor", fmt.Sprintf("is %q, want an entry of motors", j.Motor)
		case j.Sign != 1 && j.Sign != -1:
			return at + "sign", fmt.Sprintf("is %d, want 1 or -1", j.Sign)
		case j.Bus < 0 || j.ID < 0:
			return at + "id", fmt.Sprintf("is %d on bus %d, want numbers from 0", j.ID, j.Bus)
		}
		if path, why = j.checkAngles(at); why != "" {
			return path, why
		}
	}
	return "", ""
}

func (j *Joint) checkAngles(at string) (path, why string) {
	const turns = 100 // rad; more is a mistake in the unit
	rules := []rule{
		{path: at + "min_rad", x: j.Min, lo: -turns, hi: turns},
		{path: at + "max_rad", x: j.Max, lo: j.Min, hi: turns, open: true},
		{path: at + "offset_rad", x: j.Offset, lo: -turns, hi: turns},
		{path: at + "stand_rad", x: j.Stand, lo: j.Min, hi: j.Max},
	}
	if j.Lie != nil {
		rules = append(rules, rule{path: at + "lie_rad", x: *j.Lie, lo: j.Min, hi: j.Max})
	}
	if j.Default != nil {
		rules = append(rules, rule{path: at + "default_rad", x: *j.Default, lo: j.Min, hi: j.Max})
	}
	return firstBroken(rules)
}
