package controller

import "time"

// Mode is an operating state of the loop.
type Mode uint8

const (
	ModeIdle  Mode = iota // no torque
	ModeDamp              // joints resist motion, hold nothing
	ModeStand             // moves to and holds the standing pose
	ModeTrack             // the policy acts
	ModeFault             // latched; damped until an explicit reset
	ModeLie               // moves to Body.LieAct, then idle
)

// String names the mode as the view and the recording show it.
func (m Mode) String() string {
	switch m {
	case ModeIdle:
		return "idle"
	case ModeDamp:
		return "damp"
	case ModeStand:
		return "stand"
	case ModeTrack:
		return "track"
	case ModeFault:
		return "fault"
	case ModeLie:
		return "lie"
	}
	return "unknown"
}

// Timing is how one tick went: when it started against its deadline, and how
// long each stage took.
type Timing struct {
	Late    time.Duration // start of the tick after its deadline
	Skipped int           // whole periods skipped before this tick
	Read    time.Duration
	Act     time.Duration
	Guard   time.Duration
	Write   time.Duration
}

// Sample is one tick: state n, command n (as the guard let it through), and its
// timing. A Sample handed to a callback is valid until the callback returns;
// keep it with CopyFrom.
type Sample struct {
	Tick    uint64
	Mode    Mode
	State   State
	Command Command
	Timing  Timing
	Clamped int       // how many values of the command the guard clamped
	Input   Inputs    // the remote inputs applied at the start of this tick
	Fault   FaultCode // the fault that is latched; 0 for none
}

// NewSample returns a Sample with the slices of b.
func NewSample(b *Body) Sample { return Sample{State: NewState(b), Command: NewCommand(b)} }

// CopyFrom copies src into s without allocating; both are of the same body.
func (s *Sample) CopyFrom(src *Sample) {
	s.Tick, s.Mode, s.Timing, s.Clamped, s.Input = src.Tick, src.Mode, src.Timing, src.Clamped, src.Input
	s.Fault = src.Fault
	s.State.CopyFrom(&src.State)
	s.Command.CopyFrom(&src.Command)
}
