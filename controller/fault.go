package controller

import (
	"errors"
	"fmt"
)

// ErrDone is returned by a Policy that has nothing left to do; the Loop then
// ends without a fault.
var ErrDone = errors.New("controller: policy is done")

// FaultCode numbers what can end a run. The numbers are kept: recordings and
// firmware use them.
type FaultCode uint8

// Codes below 32 come from the guard, those from 32 on from around it.
const (
	FaultStateNotFinite   FaultCode = 1  // a NaN or infinity in the state
	FaultCommandNotFinite FaultCode = 2  // a NaN or infinity in the policy's command
	FaultJointLimit       FaultCode = 3  // Joint.Min, Joint.Max and Limits.JointMargin
	FaultJointSpeed       FaultCode = 4  // Joint.MaxVel
	FaultFollowing        FaultCode = 5  // Limits.MaxFollowingError
	FaultTilt             FaultCode = 6  // Limits.MaxTilt
	FaultTemperature      FaultCode = 7  // Limits.MaxTemperature
	FaultVoltage          FaultCode = 8  // Limits.MinVoltage, Limits.MaxVoltage
	FaultRobot            FaultCode = 9  // State.Faults
	FaultStateAge         FaultCode = 10 // Limits.MaxStateAge
	FaultCommandAge       FaultCode = 11 // Limits.MaxCommandAge
	FaultRefused          FaultCode = 12 // a part of the command that the drive cannot obey
	FaultOverrun          FaultCode = 32 // Loop.Overruns
	FaultStart            FaultCode = 33 // Robot.Start failed
	FaultRead             FaultCode = 34 // Robot.Read failed
	FaultWrite            FaultCode = 35 // Robot.Write failed
	FaultHalt             FaultCode = 36 // Robot.Halt failed
	FaultPolicy           FaultCode = 37 // Policy.Act failed
	FaultPacer            FaultCode = 38 // Pacer.Wait failed
	FaultInput            FaultCode = 39 // Loop.OnInput failed
)

// String names the code as tables and banners show it.
func (c FaultCode) String() string {
	switch c {
	case FaultStateNotFinite:
		return "state not finite"
	case FaultCommandNotFinite:
		return "command not finite"
	case FaultJointLimit:
		return "joint limit"
	case FaultJointSpeed:
		return "joint speed"
	case FaultFollowing:
		return "following error"
	case FaultTilt:
		return "tilt"
	case FaultTemperature:
		return "temperature"
	case FaultVoltage:
		return "voltage"
	case FaultRobot:
		return "robot fault"
	case FaultStateAge:
		return "state age"
	case FaultCommandAge:
		return "command age"
	case FaultRefused:
		return "refused command"
	}
	return c.outside()
}

func (c FaultCode) outside() string {
	switch c {
	case FaultOverrun:
		return "overrun"
	case FaultStart:
		return "start"
	case FaultRead:
		return "read"
	case FaultWrite:
		return "write"
	case FaultHalt:
		return "halt"
	case FaultPolicy:
		return "policy"
	case FaultPacer:
		return "pacer"
	case FaultInput:
		return "input"
	}
	return fmt.Sprintf("fault %d", uint8(c))
}

// Fault is why a run ended, with the samples that led to it.
type Fault struct {
	Code   FaultCode
	Tick   uint64   // the tick in which it happened
	Detail string   // what was seen and what was expected
	Last   []Sample // oldest first, up to Loop.History of them; the last may be incomplete
	Err    error    // the cause, when another component gave one
}

// Error is one line.
func (f *Fault) Error() string {
	s := fmt.Sprintf("controller: fault %d (%s) at tick %d", uint8(f.Code), f.Code, f.Tick)
	if f.Detail != "" {
		s += ": " + f.Detail
	}
	if f.Err != nil {
		s += ": " + f.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }
