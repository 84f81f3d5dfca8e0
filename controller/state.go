package controller

import "time"

// Root is the pose and velocity of the root body in the world.
type Root struct {
	Pos    [3]float64 // m
	Quat   [4]float64 // w, x, y, z; body to world
	Vel    [3]float64 // m/s, world frame
	AngVel [3]float64 // rad/s, body frame
}

// IMU is an inertial measurement in the body frame of the root.
type IMU struct {
	Quat [4]float64 // orientation w, x, y, z; yaw is relative to power-on
	Gyro [3]float64 // rad/s
	Acc  [3]float64 // specific force, m/s²: +9.81 on z at rest
}

// State is what a robot can measure, at one instant of its own clock. Slices
// have the lengths of the Body that made it (NewState); fields that the body
// does not measure stay zero.
type State struct {
	Seq  uint64        // counts the states that the robot made
	Time time.Duration // the robot's clock when it measured
	Age  time.Duration // how old the state was when it was read

	Pos []float64 // per joint, rad
	Vel []float64 // per joint, rad/s

	ActPos      []float64 // per actuator, rad
	ActVel      []float64 // per actuator, rad/s
	Activation  []float64 // per actuator: the filtered set point, rad (N·m for torque drives)
	Torque      []float64 // per actuator, N·m
	Current     []float64 // per actuator, A
	Temperature []float64 // per actuator, °C
	FootForce   []float64 // per foot, N

	IMU     IMU
	Root    Root // only where Body.Measures.Root
	Voltage float64
	Faults  uint64 // bits as the robot reports them; 0 is healthy
}

// Command is the impedance command of legged robots, per actuator:
// torque = Kp (Pos - p) + Kd (Vel - v) + Torque.
type Command struct {
	Pos    []float64 // rad
	Vel    []float64 // rad/s
	Torque []float64 // N·m, feed-forward
	Kp     []float64 // N·m/rad
	Kd     []float64 // N·m·s/rad
}

// Truth is what only a simulator knows. Training, scoring and the view may ask
// for it; the Loop, the guard and a Policy have no way to it.
type Truth struct {
	Root     Root
	Contacts []bool  // per foot: touches the ground
	Assist   float64 // magnitude of the external helping force on the root, N
}

// NewState returns a State with the slices of b.
func NewState(b *Body) State {
	nj, na := len(b.Joints), len(b.Actuators)
	f := make([]float64, 2*nj+6*na+len(b.Feet))
	cut := func(n int) []float64 { s := f[:n:n]; f = f[n:]; return s }
	s := State{
		Pos: cut(nj), Vel: cut(nj),
		ActPos: cut(na), ActVel: cut(na), Activation: cut(na), Torque: cut(na), Current: cut(na), Temperature: cut(na),
		FootForce: cut(len(b.Feet)),
	}
	s.IMU.Quat[0], s.Root.Quat[0] = 1, 1
	return s
}

// NewCommand returns a zero Command with the slices of b.
func NewCommand(b *Body) Command {
	n := len(b.Actuators)
	f := make([]float64, 5*n)
	return Command{Pos: f[:n:n], Vel: f[n : 2*n : 2*n], Torque: f[2*n : 3*n : 3*n], Kp: f[3*n : 4*n : 4*n], Kd: f[4*n:]}
}

// CopyFrom copies src into s without allocating; both are of the same body.
func (s *State) CopyFrom(src *State) {
	pos, vel, ap, av, ac, tq, cu, te, ff := s.Pos, s.Vel, s.ActPos, s.ActVel, s.Activation, s.Torque, s.Current, s.Temperature, s.FootForce
	*s = *src
	s.Pos, s.Vel, s.ActPos, s.ActVel, s.Activation, s.Torque, s.Current, s.Temperature, s.FootForce = pos, vel, ap, av, ac, tq, cu, te, ff
	copy(pos, src.Pos)
	copy(vel, src.Vel)
	copy(ap, src.ActPos)
	copy(av, src.ActVel)
	copy(ac, src.Activation)
	copy(tq, src.Torque)
	copy(cu, src.Current)
	copy(te, src.Temperature)
	copy(ff, src.FootForce)
}

// CopyFrom copies src into c without allocating; both are of the same body.
func (c *Command) CopyFrom(src *Command) {
	copy(c.Pos, src.Pos)
	copy(c.Vel, src.Vel)
	copy(c.Torque, src.Torque)
	copy(c.Kp, src.Kp)
	copy(c.Kd, src.Kd)
}
