package controller

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Drive says which parts of a Command an actuator can obey.
type Drive string

const (
	// DrivePosition obeys Command.Pos only: a servo with built-in gains. Vel,
	// Torque, Kp and Kd must be what Body.Neutral gives.
	DrivePosition Drive = "position"
	// DriveTorque obeys Command.Torque only.
	DriveTorque Drive = "torque"
	// DriveImpedance obeys all five parts, as MIT-mode motors do:
	// torque = Kp (Pos - p) + Kd (Vel - v) + Torque.
	DriveImpedance Drive = "impedance"
)

// Joint is one degree of freedom with its limits.
type Joint struct {
	Name string  `json:"name"`
	Min  float64 `json:"min_rad"`
	Max  float64 `json:"max_rad"`
	// MaxVel is the speed above which the guard faults, rad/s; 0 means no limit.
	MaxVel float64 `json:"max_vel_rad_s"`
}

// Actuator is one motor, servo or tendon. Its position is in rad (for a tendon
// the weighted sum of joint angles that MuJoCo calls the actuator length).
type Actuator struct {
	Name string `json:"name"`
	// Joint indexes Body.Joints; -1 for a tendon.
	Joint int   `json:"joint"`
	Drive Drive `json:"drive"`
	// Min and Max bound Command.Pos, rad.
	Min float64 `json:"min_rad"`
	Max float64 `json:"max_rad"`
	// MaxRate bounds the change of Command.Pos, rad/s.
	MaxRate float64 `json:"max_rate_rad_s"`
	// MaxTorque bounds Command.Torque and what Kp and Kd may ask for, N·m.
	MaxTorque float64 `json:"max_torque_nm"`
	// Kp (N·m/rad) and Kd (N·m·s/rad) are the gains for standing, and the upper
	// bounds of what a command may ask for.
	Kp float64 `json:"kp_nm_rad"`
	Kd float64 `json:"kd_nm_s_rad"`
	// FilterTau is the time constant of a first-order filter between command and
	// servo, s; 0 for none.
	FilterTau float64 `json:"filter_tau_s"`
}

// Limits are the guard's bounds on the whole body. A zero bound is not checked,
// except the ages, which fall back to two periods.
type Limits struct {
	MaxTilt           float64       `json:"max_tilt_rad"`            // from upright, by the IMU
	MaxFollowingError float64       `json:"max_following_error_rad"` // |Pos - position| of an actuator
	MaxTemperature    float64       `json:"max_temperature_c"`
	MinVoltage        float64       `json:"min_voltage_v"`
	MaxVoltage        float64       `json:"max_voltage_v"`
	MaxStateAge       time.Duration `json:"max_state_age_ns"`
	MaxCommandAge     time.Duration `json:"max_command_age_ns"`
	// JointMargin is how far past its range a joint may be, rad.
	JointMargin float64 `json:"joint_margin_rad"`
}

// Measures says which fields of State the body fills beyond joint positions and
// velocities.
type Measures struct {
	Root        bool `json:"root"` // pose and velocity of the root: motion capture, or the simulated rat
	IMU         bool `json:"imu"`
	Torque      bool `json:"torque"`
	Current     bool `json:"current"`
	Temperature bool `json:"temperature"`
	Voltage     bool `json:"voltage"`
	Activation  bool `json:"activation"`
	FootForce   bool `json:"foot_force"`
}

// Body describes a robot as data: what it has, what it measures, what it may be
// told. It never changes after it was made.
type Body struct {
	Name      string        `json:"name"`
	Period    time.Duration `json:"period_ns"`
	Joints    []Joint       `json:"joints"`
	Actuators []Actuator    `json:"actuators"`
	// Stand is the standing pose, rad, per joint; StandHeight its root height, m.
	Stand       []float64 `json:"stand_rad"`
	StandHeight float64   `json:"stand_height_m"`
	// StandAct and LieAct are the actuator positions, rad, of standing and of
	// lying. Without StandAct it follows from Stand where every actuator has a
	// joint; a body without LieAct does not lie down.
	StandAct []float64 `json:"stand_act_rad,omitempty"`
	LieAct   []float64 `json:"lie_act_rad,omitempty"`
	// Root, Feet and Head name bodies of the model; LimbJoints indexes Joints.
	// Scores over limbs, paws and head mean these.
	Root       string   `json:"root"`
	Feet       []string `json:"feet"`
	Head       string   `json:"head"`
	LimbJoints []int    `json:"limb_joints"`
	Measures   Measures `json:"measures"`
	Limits     Limits   `json:"limits"`
	// StopsTime says that the robot's time advances only by Read, as a
	// simulator's does: a pause freezes it, where any other robot stands, and its
	// state does not age while the policy acts.
	StopsTime bool `json:"stops_time,omitempty"`
	// FaultNames puts the bits of State.Faults into words, by bit; they are no part of
	// the body's identity.
	FaultNames map[int]string `json:"-"`
}

// FaultWords names the bits that are set in State.Faults, the lowest first.
func (b *Body) FaultWords(bits uint64) string {
	var words []string
	for k := range 64 {
		if bits>>k&1 == 0 {
			continue
		}
		if name, ok := b.FaultNames[k]; ok {
			words = append(words, name)
		} else {
			words = append(words, fmt.Sprintf("bit %d", k))
		}
	}
	return strings.Join(words, ", ")
}

// Hash identifies the body: SHA-256 of its JSON, hex.
func (b *Body) Hash() string {
	j, err := json.Marshal(b)
	if err != nil {
		panic(fmt.Sprintf("controller: body %s does not encode: %v", b.Name, err))
	}
	h := sha256.Sum256(j)
	return hex.EncodeToString(h[:])
}

// JointIndex returns the index of a named joint, or -1.
func (b *Body) JointIndex(name string) int {
	for i := range b.Joints {
		if b.Joints[i].Name == name {
			return i
		}
	}
	return -1
}

// Neutral sets every part of c that an actuator cannot obey to the only value
// that the guard accepts there, zero, and the rest to what means "hold": no
// velocity, no feed-forward torque and, for DriveImpedance, the standing gains.
// For DrivePosition zero Kp and Kd mean the built-in gains. Pos is left alone
// except for DriveTorque, which has none.
func (b *Body) Neutral(c *Command) {
	for i := range b.Actuators {
		a := &b.Actuators[i]
		c.Vel[i], c.Torque[i], c.Kp[i], c.Kd[i] = 0, 0, 0, 0
		switch a.Drive {
		case DriveTorque:
			c.Pos[i] = 0
		case DriveImpedance:
			c.Kp[i], c.Kd[i] = a.Kp, a.Kd
		}
	}
}
