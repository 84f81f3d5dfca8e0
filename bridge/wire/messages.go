package wire

import "bytes"

// Joints is how many joints a command and a state carry. A robot with fewer
// uses the first ones; Info.Joints says how many.
const Joints = 12

// Scales: the fractional bits of each quantity. Ranges are symmetric and given
// in SI units; the extreme raw value that is left over means "no value".
const (
	posShift     = 12 // ±7.9998 rad in steps of 0.00024
	velShift     = 9  // ±63.998 rad/s in steps of 0.002
	torqueShift  = 9  // ±63.998 N·m in steps of 0.002
	kpShift      = 6  // 0..1023.97 N·m/rad in steps of 0.016
	kdShift      = 10 // 0..63.998 N·m·s/rad in steps of 0.001
	currentShift = 8  // ±127.996 A in steps of 0.004
	tempShift    = 0  // ±127 °C
	quatShift    = 14 // ±1.9999
	gyroShift    = 10 // ±31.999 rad/s in steps of 0.001
	accShift     = 8  // ±127.996 m/s² in steps of 0.004
	voltShift    = 9  // 0..127.996 V in steps of 0.002
)

// Message is one of the types below. A payload has its type's length, always.
type Message interface {
	// Type is the type byte of the frame.
	Type() Type
	walk(c *codec)
}

// Text is a short text, padded with zeros.
type Text [16]byte

// MakeText cuts s to what fits.
func MakeText(s string) (t Text) {
	copy(t[:], s)
	return t
}

// String is the text without its padding.
func (t *Text) String() string { return string(bytes.TrimRight(t[:], "\x00")) }

// Hello opens a session: the header's session is the one that the host
// proposes. Header and Hello keep their layout in every schema, so that two
// sides of different schema can say so.
type Hello struct {
	Schema  uint64 // SchemaHash
	Version Text   // of the host's program
}

// Welcome answers a Hello.
type Welcome struct {
	Result     Result // ResultDone, or why the session is refused
	Schema     uint64
	Version    Text     // of the firmware
	Robot      Text     // name of the robot's profile
	UID        [12]byte // of the microcontroller
	Boots      uint32   // counts resets since power-on, where memory survives them
	ResetCause ResetCause
	Holder     uint32 // the session that holds the robot, 0 for none
}

// JointCommand is one joint's part of a Command:
// torque = Kp (Pos - p) + Kd (Vel - v) + Torque.
type JointCommand struct {
	Pos    float64 // rad
	Vel    float64 // rad/s
	Torque float64 // N·m, feed-forward
	Kp     float64 // N·m/rad
	Kd     float64 // N·m·s/rad
}

// Command is the whole set point: one that arrives makes all before it void.
type Command struct {
	ValidMs uint16 // from its arrival; then the firmware damps and latches FaultExpired
	Joint   [Joints]JointCommand
}

// Enable asks for torque. The firmware compares Pos with what it measures.
type Enable struct {
	Purpose Purpose
	Joint   uint8 // the one that may move, for PurposeCalibrate
	Pos     [Joints]float64
}

// Stop damps, then releases: the controlled stop. It is obeyed in every mode.
type Stop struct{}

// EStop cuts torque and latches ModeEStop. It is obeyed in every session.
type EStop struct{}

// Reset leaves ModeFault or ModeEStop for ModeIdle. Fault has to be the one
// that is latched, so that nobody clears what they have not seen.
type Reset struct{ Fault Fault }

// JointCalibration turns an encoder's angle into a joint's:
// joint = Sign · encoder + Offset.
type JointCalibration struct {
	Offset float64 // rad
	Sign   int8    // 1 or -1
}

// Calibrate stores a calibration, in ModeIdle only. ID is CalibrationID of its
// values; 0 takes the calibration away, leaving offsets zero and signs positive.
type Calibrate struct {
	ID    uint32
	Joint [Joints]JointCalibration
}

// Query asks for an Info.
type Query struct{}

// JointLimit is what the firmware permits a joint.
type JointLimit struct {
	Min, Max float64 // rad
	Vel      float64 // rad/s
	Torque   float64 // N·m
	Kp       float64 // N·m/rad
	Kd       float64 // N·m·s/rad
}

// Info is what the firmware was built with and what is stored in it.
type Info struct {
	Joints      uint8
	TickHz      uint16 // control law
	StateHz     uint16 // State frames
	ExpiryMs    uint16 // a command is never valid for longer
	MinVoltage  float64
	MaxVoltage  float64
	MaxTemp     float64 // °C, of a motor
	Calibration uint32  // ID of the stored calibration, 0 for none
	Joint       [Joints]JointLimit
}

// Ack answers Enable, Stop, EStop, Reset and Calibrate.
type Ack struct {
	Request Type
	Seq     uint32 // of the request's frame
	Result  Result
	Joint   uint8 // the joint that ResultPosition, ResultLimit or ResultValue is about
}

// JointState is one joint as measured.
type JointState struct {
	Pos     float64 // rad
	Vel     float64 // rad/s
	Torque  float64 // N·m
	Current float64 // A
	Temp    float64 // °C
	Fault   uint8   // as the motor's driver reports it; 0 is healthy
}

// Counters are kept by the firmware's receiver since its reset and wrap.
type Counters struct {
	Accepted uint32
	Refused  [Verdicts]uint16 // by Verdict; index 0 stays zero
	Overruns uint16           // bytes that the UART lost
	Late     uint16           // control ticks that overran
}

// State is everything measured at Header.TimeUs.
type State struct {
	Command   uint32 // sequence of the last command that was accepted
	AgeUs     uint32 // since that command arrived
	Mode      Mode
	Fault     Fault  // the one that is latched, FaultNone without
	Limiting  uint16 // bit n: limit LimitFirst+n acts now
	Voltage   float64
	Current   float64 // A, of the battery
	BoardTemp float64 // °C
	Quat      [4]float64
	Gyro      [3]float64 // rad/s
	Acc       [3]float64 // m/s², specific force
	Joint     [Joints]JointState
	Counters  Counters
}

// Type is the type byte of the frame, as for every message.
func (*Hello) Type() Type     { return TypeHello }
func (*Command) Type() Type   { return TypeCommand }
func (*Enable) Type() Type    { return TypeEnable }
func (*Stop) Type() Type      { return TypeStop }
func (*EStop) Type() Type     { return TypeEStop }
func (*Reset) Type() Type     { return TypeReset }
func (*Calibrate) Type() Type { return TypeCalibrate }
func (*Query) Type() Type     { return TypeQuery }
func (*Welcome) Type() Type   { return TypeWelcome }
func (*State) Type() Type     { return TypeState }
func (*Ack) Type() Type       { return TypeAck }
func (*Info) Type() Type      { return TypeInfo }
