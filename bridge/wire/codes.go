package wire

import "fmt"

// Type is the type byte of a frame. Those with the high bit come from the robot.
type Type uint8

// The types of frames.
const (
	TypeHello     Type = 0x01
	TypeCommand   Type = 0x02
	TypeEnable    Type = 0x03
	TypeStop      Type = 0x04
	TypeEStop     Type = 0x05
	TypeReset     Type = 0x06
	TypeCalibrate Type = 0x07
	TypeQuery     Type = 0x08
	TypeWelcome   Type = 0x81
	TypeState     Type = 0x82
	TypeAck       Type = 0x83
	TypeInfo      Type = 0x84
)

// Mode is an operating state of the firmware.
type Mode uint8

// The operating states of the firmware.
const (
	ModeIdle     Mode = 0 // no torque
	ModeEnabled  Mode = 1 // obeys commands
	ModeLimiting Mode = 2 // obeys them within limits that act now
	ModeDamped   Mode = 3 // on the way from Stop to ModeIdle: resists motion, holds nothing
	ModeFault    Mode = 4 // latched; damped, or without torque where damping needs what failed
	ModeEStop    Mode = 5 // latched; no torque
)

// Fault is why the firmware latched ModeFault. Those below 32 mean what the
// host's guard means by the number (controller.FaultCode).
type Fault uint8

// The faults that the firmware latches.
const (
	FaultNone        Fault = 0
	FaultCommand     Fault = 2  // a command with "no value" in it
	FaultJointLimit  Fault = 3  // a joint left its range
	FaultJointSpeed  Fault = 4  // a joint is too fast
	FaultFollowing   Fault = 5  // a joint does not follow
	FaultTilt        Fault = 6  // the body tilts too far
	FaultTemperature Fault = 7  // a motor is too hot
	FaultVoltage     Fault = 8  // the battery is out of range
	FaultExpired     Fault = 40 // the newest command ran out of its validity
	FaultEncoder     Fault = 41 // a joint's position is lost
	FaultMotor       Fault = 42 // a motor's driver reports a fault
	FaultMotorLink   Fault = 43 // a motor does not answer
	FaultCurrent     Fault = 44 // overcurrent
	FaultIMU         Fault = 45 // the IMU does not answer, or is not plausible
	FaultOverrun     Fault = 46 // the control tick overran
	FaultWatchdog    Fault = 47 // the watchdog had reset the board
	FaultBrownOut    Fault = 48 // the supply had dropped and reset the board in motion
	FaultCalibration Fault = 49 // the stored calibration is damaged
	FaultInternal    Fault = 50 // an assertion of the firmware failed
)

// Limit is a limit that acts now, without a fault. A State has a bit for each.
type Limit uint8

// The limits; LimitFirst is bit 0 of State.Limiting.
const (
	LimitFirst       Limit = 96
	LimitPosition    Limit = 96  // a commanded position was clamped to the joint's range
	LimitVelocity    Limit = 97  // a commanded velocity was clamped
	LimitTorque      Limit = 98  // a joint's torque was clamped
	LimitGain        Limit = 99  // kp or kd was clamped
	LimitSoftStart   Limit = 100 // gains still rise after Enable
	LimitTemperature Limit = 101 // torque is lowered for a hot motor
	LimitVoltage     Limit = 102 // torque is lowered for a low battery
	LimitCalibrate   Limit = 103 // calibration holds torque low
)

// Result answers a request.
type Result uint8

// The results of a request.
const (
	ResultDone         Result = 0
	ResultSchema       Result = 1  // another schema
	ResultBusy         Result = 2  // another session holds the robot
	ResultMode         Result = 3  // not in this mode
	ResultFault        Result = 4  // a fault is latched, or not the one that was named
	ResultPosition     Result = 5  // the host's position of a joint is not the measured one
	ResultLimit        Result = 6  // a joint is outside its limits
	ResultUncalibrated Result = 7  // no calibration is stored
	ResultVoltage      Result = 8  // the battery is out of range
	ResultTemperature  Result = 9  // a motor is too hot
	ResultEStopInput   Result = 10 // the e-stop input is still open
	ResultValue        Result = 11 // a value is not one the firmware accepts
	ResultStore        Result = 12 // flash could not be written
)

// Purpose is what torque is asked for.
type Purpose uint8

// The purposes of Enable.
const (
	PurposeRun       Purpose = 0 // all joints, needs a calibration
	PurposeCalibrate Purpose = 1 // one joint at a quarter of its torque, needs none
)

// ResetCause is why the board started.
type ResetCause uint8

// The causes of a reset.
const (
	ResetPower    ResetCause = 0
	ResetPin      ResetCause = 1
	ResetSoftware ResetCause = 2
	ResetWatchdog ResetCause = 3
	ResetBrownOut ResetCause = 4
)

// Verdict is what a receiver thinks of a frame. The first seven are about the
// frame, the others about its place in the conversation.
type Verdict uint8

// The verdicts, in the order of the checks.
const (
	Accepted       Verdict = 0
	VerdictShort   Verdict = 1  // fewer bytes than a frame has
	VerdictLong    Verdict = 2  // more bytes than a frame has, or no delimiter
	VerdictCOBS    Verdict = 3  // a code byte that leads out of the frame
	VerdictCRC     Verdict = 4  // CRC-32C differs
	VerdictVersion Verdict = 5  // another version of the frame's layout
	VerdictType    Verdict = 6  // an unknown type
	VerdictLength  Verdict = 7  // a length that is not the type's
	VerdictSession Verdict = 8  // of another session
	VerdictWindow  Verdict = 9  // replayed, out of order, or too far ahead
	VerdictStale   Verdict = 10 // made from a state that is too old
	Verdicts       Verdict = 11
)

// code is a number with its name in C and in text.
type code struct {
	value uint8
	name  string
}

// The names of all codes: C's enums, JSON and String come from here.
var (
	typeNames = []code{
		{uint8(TypeHello), "hello"},
		{uint8(TypeCommand), "command"},
		{uint8(TypeEnable), "enable"},
		{uint8(TypeStop), "stop"},
		{uint8(TypeEStop), "estop"},
		{uint8(TypeReset), "reset"},
		{uint8(TypeCalibrate), "calibrate"},
		{uint8(TypeQuery), "query"},
		{uint8(TypeWelcome), "welcome"},
		{uint8(TypeState), "state"},
		{uint8(TypeAck), "ack"},
		{uint8(TypeInfo), "info"},
	}
	modeNames = []code{
		{uint8(ModeIdle), "idle"},
		{uint8(ModeEnabled), "enabled"},
		{uint8(ModeLimiting), "limiting"},
		{uint8(ModeDamped), "damped"},
		{uint8(ModeFault), "fault"},
		{uint8(ModeEStop), "estop"},
	}
	faultNames = []code{
		{uint8(FaultNone), "none"},
		{uint8(FaultCommand), "command"},
		{uint8(FaultJointLimit), "joint_limit"},
		{uint8(FaultJointSpeed), "joint_speed"},
		{uint8(FaultFollowing), "following"},
		{uint8(FaultTilt), "tilt"},
		{uint8(FaultTemperature), "temperature"},
		{uint8(FaultVoltage), "voltage"},
		{uint8(FaultExpired), "expired"},
		{uint8(FaultEncoder), "encoder"},
		{uint8(FaultMotor), "motor"},
		{uint8(FaultMotorLink), "motor_link"},
		{uint8(FaultCurrent), "current"},
		{uint8(FaultIMU), "imu"},
		{uint8(FaultOverrun), "overrun"},
		{uint8(FaultWatchdog), "watchdog"},
		{uint8(FaultBrownOut), "brown_out"},
		{uint8(FaultCalibration), "calibration"},
		{uint8(FaultInternal), "internal"},
	}
	limitNames = []code{
		{uint8(LimitPosition), "position"},
		{uint8(LimitVelocity), "velocity"},
		{uint8(LimitTorque), "torque"},
		{uint8(LimitGain), "gain"},
		{uint8(LimitSoftStart), "soft_start"},
		{uint8(LimitTemperature), "temperature"},
		{uint8(LimitVoltage), "voltage"},
		{uint8(LimitCalibrate), "calibrate"},
	}
	resultNames = []code{
		{uint8(ResultDone), "done"},
		{uint8(ResultSchema), "schema"},
		{uint8(ResultBusy), "busy"},
		{uint8(ResultMode), "mode"},
		{uint8(ResultFault), "fault"},
		{uint8(ResultPosition), "position"},
		{uint8(ResultLimit), "limit"},
		{uint8(ResultUncalibrated), "uncalibrated"},
		{uint8(ResultVoltage), "voltage"},
		{uint8(ResultTemperature), "temperature"},
		{uint8(ResultEStopInput), "estop_input"},
		{uint8(ResultValue), "value"},
		{uint8(ResultStore), "store"},
	}
	purposeNames = []code{
		{uint8(PurposeRun), "run"},
		{uint8(PurposeCalibrate), "calibrate"},
	}
	resetNames = []code{
		{uint8(ResetPower), "power"},
		{uint8(ResetPin), "pin"},
		{uint8(ResetSoftware), "software"},
		{uint8(ResetWatchdog), "watchdog"},
		{uint8(ResetBrownOut), "brown_out"},
	}
	verdictNames = []code{
		{uint8(Accepted), "accepted"},
		{uint8(VerdictShort), "short"},
		{uint8(VerdictLong), "long"},
		{uint8(VerdictCOBS), "cobs"},
		{uint8(VerdictCRC), "crc"},
		{uint8(VerdictVersion), "version"},
		{uint8(VerdictType), "type"},
		{uint8(VerdictLength), "length"},
		{uint8(VerdictSession), "session"},
		{uint8(VerdictWindow), "window"},
		{uint8(VerdictStale), "stale"},
	}
)

// counterNames are the fields of Counters.Refused.
var counterNames = [Verdicts]string{
	VerdictShort: "refused_short", VerdictLong: "refused_long", VerdictCOBS: "refused_cobs", VerdictCRC: "refused_crc",
	VerdictVersion: "refused_version", VerdictType: "refused_type", VerdictLength: "refused_length",
	VerdictSession: "refused_session", VerdictWindow: "refused_window", VerdictStale: "refused_stale",
}

func name(codes []code, v uint8) string {
	for _, c := range codes {
		if c.value == v {
			return c.name
		}
	}
	return fmt.Sprintf("code %d", v)
}

// FaultNames are the faults' names by their numbers.
func FaultNames() map[int]string {
	names := map[int]string{}
	for _, c := range faultNames {
		if Fault(c.value) != FaultNone {
			names[int(c.value)] = c.name
		}
	}
	return names
}

// String is the code's name in the schema, as for every kind of code.
func (t Type) String() string       { return name(typeNames, uint8(t)) }
func (m Mode) String() string       { return name(modeNames, uint8(m)) }
func (f Fault) String() string      { return name(faultNames, uint8(f)) }
func (l Limit) String() string      { return name(limitNames, uint8(l)) }
func (r Result) String() string     { return name(resultNames, uint8(r)) }
func (p Purpose) String() string    { return name(purposeNames, uint8(p)) }
func (r ResetCause) String() string { return name(resetNames, uint8(r)) }
func (v Verdict) String() string    { return name(verdictNames, uint8(v)) }
