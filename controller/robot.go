package controller

import (
	"context"
	"time"
)

// Robot is one body, simulated or physical. One goroutine owns it.
type Robot interface {
	// Body describes the robot; the same pointer on every call.
	Body() *Body
	// Start makes the robot ready to move. The first Read after it gives the
	// state that the robot starts from.
	Start() error
	// Read stores the newest state. A simulator first advances one Period under
	// the last command written (nothing was written yet: it does not advance); a
	// physical robot takes the newest state that arrived.
	Read(s *State) error
	// Write sends a command. It is called once after every Read.
	Write(c *Command) error
	// Halt brings the robot to rest: safe at any time, twice, and after a failed
	// Write.
	Halt() error
}

// Policy decides. Act fills cmd from s; it neither blocks nor allocates. It
// returns ErrDone when it has nothing left to do.
type Policy interface {
	Act(s *State, cmd *Command) error
}

// Pacer holds the loop back until its next tick is due. One that keeps deadlines
// also has a method Reset, which makes the next tick due at once: the Loop calls
// it when it begins and after a pause.
type Pacer interface {
	// Wait returns how late the tick starts and how many whole periods were
	// skipped because of it.
	Wait(ctx context.Context) (late time.Duration, skipped int, err error)
}
