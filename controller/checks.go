package controller

import (
	"fmt"
	"math"
)

// state judges a state. The checks are independent of each other, except that
// the first has to be: a NaN compares as false with every limit.
func (g *guard) state(s *State) (FaultCode, string) {
	for _, c := range [...]struct {
		code  FaultCode
		check func(*guard, *State) string
	}{
		{FaultStateNotFinite, checkFinite},
		{FaultRobot, checkRobot},
		{FaultStateAge, checkAge},
		{FaultJointLimit, checkJointLimit},
		{FaultJointSpeed, checkJointSpeed},
		{FaultFollowing, checkFollowing},
		{FaultTilt, checkTilt},
		{FaultTemperature, checkTemperature},
		{FaultVoltage, checkVoltage},
	} {
		if why := c.check(g, s); why != "" {
			return c.code, why
		}
	}
	return 0, ""
}

func checkFinite(g *guard, s *State) string {
	for _, part := range [...]struct {
		name string
		x    []float64
	}{
		{"joint position", s.Pos}, {"joint velocity", s.Vel},
		{"actuator position", s.ActPos}, {"actuator velocity", s.ActVel}, {"actuator activation", s.Activation},
		{"actuator torque", s.Torque}, {"actuator current", s.Current}, {"actuator temperature", s.Temperature},
		{"foot force", s.FootForce},
		{"imu orientation", s.IMU.Quat[:]}, {"gyro", s.IMU.Gyro[:]}, {"accelerometer", s.IMU.Acc[:]},
		{"root position", s.Root.Pos[:]}, {"root orientation", s.Root.Quat[:]},
		{"root velocity", s.Root.Vel[:]}, {"root angular velocity", s.Root.AngVel[:]},
	} {
		if i := notFinite(part.x); i >= 0 {
			return fmt.Sprintf("%s %d is %v", part.name, i, part.x[i])
		}
	}
	if s.Voltage-s.Voltage != 0 {
		return fmt.Sprintf("voltage is %v", s.Voltage)
	}
	return ""
}

func checkRobot(g *guard, s *State) string {
	if s.Faults != 0 {
		return fmt.Sprintf("the robot reports %s (fault bits %#x)", g.body.FaultWords(s.Faults), s.Faults)
	}
	return ""
}

func checkAge(g *guard, s *State) string {
	if s.Age > g.lim.MaxStateAge {
		return fmt.Sprintf("the state is %v old, at most %v is allowed", s.Age, g.lim.MaxStateAge)
	}
	return ""
}

// checkJointLimit leaves out joints of range 0..0, which turn without end.
func checkJointLimit(g *guard, s *State) string {
	m := g.lim.JointMargin
	if m == 0 {
		return ""
	}
	for i := range g.body.Joints {
		j := &g.body.Joints[i]
		if j.Min != j.Max && (s.Pos[i] < j.Min-m || s.Pos[i] > j.Max+m) {
			return fmt.Sprintf("joint %s is at %.4g rad, its range is %.4g to %.4g with a margin of %.4g", j.Name, s.Pos[i], j.Min, j.Max, m)
		}
	}
	return ""
}

func checkJointSpeed(g *guard, s *State) string {
	for i := range g.body.Joints {
		j := &g.body.Joints[i]
		if j.MaxVel > 0 && math.Abs(s.Vel[i]) > j.MaxVel {
			return fmt.Sprintf("joint %s turns at %.4g rad/s, at most %.4g is allowed", j.Name, s.Vel[i], j.MaxVel)
		}
	}
	return ""
}

// checkFollowing compares with the command before: that is what the actuator
// had one period to obey. An actuator without stiffness follows nothing.
func checkFollowing(g *guard, s *State) string {
	if g.lim.MaxFollowingError == 0 || !g.primed {
		return ""
	}
	for i := range g.body.Actuators {
		a := &g.body.Actuators[i]
		if a.Drive == DriveTorque || a.Drive == DriveImpedance && g.last.Kp[i] == 0 {
			continue
		}
		if e := math.Abs(g.last.Pos[i] - s.ActPos[i]); e > g.lim.MaxFollowingError {
			return fmt.Sprintf("actuator %s is %.4g rad from its command, at most %.4g is allowed", a.Name, e, g.lim.MaxFollowingError)
		}
	}
	return ""
}

// checkTilt measures the angle between the body's z and the world's z.
func checkTilt(g *guard, s *State) string {
	if g.lim.MaxTilt == 0 {
		return ""
	}
	q := &s.IMU.Quat
	norm := q[0]*q[0] + q[1]*q[1] + q[2]*q[2] + q[3]*q[3]
	if math.Abs(norm-1) > 0.1 {
		return fmt.Sprintf("the IMU's orientation has norm² %.4g, 1 was expected", norm)
	}
	cos := 1 - 2*(q[1]*q[1]+q[2]*q[2])/norm
	if tilt := math.Acos(max(-1, min(1, cos))); tilt > g.lim.MaxTilt {
		return fmt.Sprintf("the body tilts by %.4g rad, at most %.4g is allowed", tilt, g.lim.MaxTilt)
	}
	return ""
}

func checkTemperature(g *guard, s *State) string {
	if g.lim.MaxTemperature == 0 {
		return ""
	}
	for i, t := range s.Temperature {
		if t > g.lim.MaxTemperature {
			return fmt.Sprintf("actuator %s has %.4g °C, at most %.4g is allowed", g.body.Actuators[i].Name, t, g.lim.MaxTemperature)
		}
	}
	return ""
}

func checkVoltage(g *guard, s *State) string {
	if g.lim.MinVoltage > 0 && s.Voltage < g.lim.MinVoltage {
		return fmt.Sprintf("the supply has %.4g V, at least %.4g is needed", s.Voltage, g.lim.MinVoltage)
	}
	if g.lim.MaxVoltage > 0 && s.Voltage > g.lim.MaxVoltage {
		return fmt.Sprintf("the supply has %.4g V, at most %.4g is allowed", s.Voltage, g.lim.MaxVoltage)
	}
	return ""
}
