package profile

import "math"

// Profile is one robot. Load and Builtin return it checked; it is never changed
// afterwards.
type Profile struct {
	Name string `yaml:"name"`
	// Source says where the facts come from.
	Source string `yaml:"source"`
	// Model is an MJCF or URDF file beside the profile, or the name of a model
	// that ships with the simulator ("quadruped"). Empty: the user gives the file.
	Model string `yaml:"model"`
	// RateHz is the control rate.
	RateHz float64 `yaml:"rate_hz"`
	// Root and Head name bodies of the model; Feet name bodies, or geoms where the
	// model has no bodies for its feet.
	Root string   `yaml:"root"`
	Head string   `yaml:"head"`
	Feet []string `yaml:"feet"`
	// StandHeight is that of the root's frame over flat ground in the standing
	// pose, m.
	StandHeight float64          `yaml:"stand_height_m"`
	Measures    Measures         `yaml:"measures"`
	IMU         IMU              `yaml:"imu"`
	Limits      Limits           `yaml:"limits"`
	Motors      map[string]Motor `yaml:"motors"`
	Joints      []Joint          `yaml:"joints"`
	// Device is what the physical robot's own controller says of itself.
	Device Device `yaml:"device"`

	dir string // of the file; "" for a profile that ships
}

// Measures says what the physical robot measures beyond joint positions and
// velocities.
type Measures struct {
	IMU         bool `yaml:"imu"`
	Torque      bool `yaml:"torque"`
	Current     bool `yaml:"current"`
	Temperature bool `yaml:"temperature"`
	Voltage     bool `yaml:"voltage"`
	FootForce   bool `yaml:"foot_force"`
}

// IMU says where the inertial unit sits.
type IMU struct {
	// Position of the unit in the root's frame, m.
	Position [3]float64 `yaml:"position_m"`
	// Mounting turns a vector of the unit's frame into the root's: w, x, y, z.
	Mounting [4]float64 `yaml:"mounting_quat"`
	// Protocol of a unit that has a serial line of its own: witmotion. Empty is a
	// unit of the robot's controller.
	Protocol string `yaml:"protocol"`
	// Port is that line, such as /dev/serial/by-id/...; Baud is its rate.
	Port string `yaml:"port"`
	Baud int    `yaml:"baud"`
}

// Limits are the guard's bounds on the whole body; see controller.Limits. Zero is
// not checked.
type Limits struct {
	Tilt           float64 `yaml:"tilt_rad"`
	FollowingError float64 `yaml:"following_error_rad"`
	JointMargin    float64 `yaml:"joint_margin_rad"`
	Temperature    float64 `yaml:"temperature_c"`
	MinVoltage     float64 `yaml:"min_voltage_v"`
	MaxVoltage     float64 `yaml:"max_voltage_v"`
	StateAgeMs     float64 `yaml:"state_age_ms"`
	CommandAgeMs   float64 `yaml:"command_age_ms"`
}

// Motor is a kind of actuator: a motor with its gear, seen from the joint.
type Motor struct {
	Source string `yaml:"source"`
	// Gear is motor turns per joint turn.
	Gear float64 `yaml:"gear"`
	// DeviceRatio is the turns that the device reports and obeys per joint turn: 1
	// for a device that counts at its output, more where a belt follows; 0 is 1.
	DeviceRatio float64 `yaml:"device_ratio"`
	// Torque is the largest, N·m. It is there up to FullTorqueSpeed and falls
	// linearly to none at NoLoadSpeed, rad/s, while the motor drives; braking has
	// all of it.
	Torque          float64 `yaml:"torque_nm"`
	FullTorqueSpeed float64 `yaml:"full_torque_speed_rad_s"`
	NoLoadSpeed     float64 `yaml:"no_load_speed_rad_s"`
	// MaxSpeed is where the guard faults, rad/s.
	MaxSpeed float64 `yaml:"max_speed_rad_s"`
	// MaxRate bounds the change of the commanded position, rad/s.
	MaxRate float64 `yaml:"max_rate_rad_s"`
	// Kp and Kd are the gains for standing, and the most that a command may ask.
	Kp float64 `yaml:"kp_nm_rad"`
	Kd float64 `yaml:"kd_nm_s_rad"`
	// Armature is the rotor's inertia times the square of the gear, kg·m².
	Armature float64 `yaml:"armature_kg_m2"`
	// Viscous (N·m·s/rad) and Coulomb (N·m) friction.
	Viscous float64 `yaml:"viscous_nm_s_rad"`
	Coulomb float64 `yaml:"coulomb_nm"`
	// StopMs is the time constant in which dry friction stops a joint that it can
	// hold, and StopYield the part of an acceleration that it lets pass meanwhile, by
	// which a held joint creeps. Without StopMs they are the simulator's own.
	StopMs    float64 `yaml:"stop_ms"`
	StopYield float64 `yaml:"stop_yield"`
	// DelayMs is how long a command takes to the motor.
	DelayMs float64 `yaml:"delay_ms"`
}

// Joint is one joint with its motor, in the robot's order.
type Joint struct {
	// Name is the joint's in the model, in clips and in policies.
	Name string `yaml:"name"`
	// Motor names an entry of Profile.Motors.
	Motor string `yaml:"motor"`
	// Bus and ID address the device.
	Bus int `yaml:"bus"`
	ID  int `yaml:"id"`
	// Sign (1 or -1) and Offset (rad) turn the device's position into the joint's:
	// joint = Sign * device / DeviceRatio + Offset.
	Sign   int     `yaml:"sign"`
	Offset float64 `yaml:"offset_rad"`
	// Min and Max are the range, rad.
	Min float64 `yaml:"min_rad"`
	Max float64 `yaml:"max_rad"`
	// Stand and Lie are the poses of standing and lying, rad; Default is the pose
	// that a policy's zero means, the standing one when it is absent.
	Stand   float64  `yaml:"stand_rad"`
	Lie     *float64 `yaml:"lie_rad"`
	Default *float64 `yaml:"default_rad"`
}

// Device is what is at the far end of the robot's line, and what it must say of
// itself before it gets torque.
type Device struct {
	// Name and Serial of the robot's controller are compared where they are not empty.
	Name   string `yaml:"name"`
	Serial string `yaml:"serial"`
	// Baud of the serial line; 0 is no serial robot.
	Baud int `yaml:"baud"`
	// Bus is the protocol of actuators that hang on the line by themselves: dynamixel,
	// feetech, moteus (behind a CAN-FD adapter) or moteus-uart. Empty is our firmware.
	Bus string `yaml:"bus"`
	// Model is the actuators' model number.
	Model int `yaml:"model"`
	// Mode of Dynamixel servos: position (the empty one), current, or
	// current-position, which holds positions with no more than MaxCurrent, A.
	Mode       string  `yaml:"mode"`
	MaxCurrent float64 `yaml:"max_current_a"`
	// NmPerAmp is their torque constant, N·m/A, for mode current.
	NmPerAmp float64 `yaml:"nm_per_a"`
	// FastRead reads all of them with one answer; it needs newer firmware.
	FastRead bool `yaml:"fast_read"`
}

// FromDevice turns a device's position (rad) and velocity (rad/s) into the joint's.
func (p *Profile) FromDevice(joint int, pos, vel float64) (float64, float64) {
	j := &p.Joints[joint]
	k := float64(j.Sign) / p.ratio(j)
	return k*pos + j.Offset, k * vel
}

// ToDevice turns the joint's position, velocity and torque (rad, rad/s, N·m)
// into the device's.
func (p *Profile) ToDevice(joint int, pos, vel, torque float64) (float64, float64, float64) {
	j := &p.Joints[joint]
	s, r := float64(j.Sign), p.ratio(j)
	return s * (pos - j.Offset) * r, s * vel * r, s * torque / r
}

// GainsToDevice turns the joint's gains (N·m/rad, N·m·s/rad) into the device's.
func (p *Profile) GainsToDevice(joint int, kp, kd float64) (float64, float64) {
	r := p.ratio(&p.Joints[joint])
	return kp / (r * r), kd / (r * r)
}

func (p *Profile) ratio(j *Joint) float64 {
	if r := p.Motors[j.Motor].DeviceRatio; r > 0 {
		return r
	}
	return 1
}

// DefaultPose is the pose that a policy's zero means, rad per joint.
func (p *Profile) DefaultPose() []float64 {
	pose := make([]float64, len(p.Joints))
	for i, j := range p.Joints {
		pose[i] = j.Stand
		if j.Default != nil {
			pose[i] = *j.Default
		}
	}
	return pose
}

// StallTorque is where the line along which torque falls with speed would be at
// standstill, N·m; +Inf where it does not fall.
func (m *Motor) StallTorque() float64 {
	if m.NoLoadSpeed <= m.FullTorqueSpeed {
		return math.Inf(1)
	}
	return m.Torque * m.NoLoadSpeed / (m.NoLoadSpeed - m.FullTorqueSpeed)
}

// TorqueAt is the largest torque that a motor gives in the direction of its own
// motion at a speed, N·m.
func (m *Motor) TorqueAt(speed float64) float64 {
	if m.NoLoadSpeed <= m.FullTorqueSpeed {
		return m.Torque
	}
	return m.Torque * math.Max(0, math.Min(1, (m.NoLoadSpeed-math.Abs(speed))/(m.NoLoadSpeed-m.FullTorqueSpeed)))
}
