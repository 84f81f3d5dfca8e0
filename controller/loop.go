package controller

import (
	"context"
	"errors"
	"time"
)

// Overruns is how many late ticks are borne: more than Max of them among the
// last Window ticks are a fault. Zero fields mean 10 in 100.
type Overruns struct {
	Max, Window int
}

// Loop runs a policy on a robot, a tick per period:
//
//	Pacer.Wait -> Robot.Read -> Policy.Act -> guard -> Robot.Write -> OnSample
//
// Robot and Policy are needed, the rest has a use when it is zero.
type Loop struct {
	Robot  Robot
	Policy Policy
	Pacer  Pacer // nil is Lockstep
	// Clock is monotonic and times the stages of a tick; nil leaves them zero,
	// so that two lockstep runs give the same samples.
	Clock func() time.Duration
	// OnSample gets every tick, in the loop's goroutine. It must neither block
	// nor allocate, and keeps a sample only with CopyFrom.
	OnSample func(*Sample)
	// OnFault gets each fault for which the robot is damped, as it is latched, in
	// the loop's goroutine; nil for nobody. With HoldFault it is how a banner
	// learns of the detail. What ends the run at once is only Run's error.
	OnFault func(*Fault)
	// Input holds what people and programs ask for; nil for nobody.
	Input *Input
	// OnInput gets the inputs of kind InputRestart, InputClip and InputGoal
	// before the robot is read, to prepare the policy and, where time stops, to
	// place the body; and InputPause and InputResume, before time stops, to tell
	// onlookers. An error is a fault.
	OnInput func(*Inputs) error
	// Held tells, as each tick starts, whether somebody holds the switch without
	// which the robot may not move; nil where there is no such switch. While it is
	// false the robot damps, whatever is asked for; when it becomes true the robot
	// stands and tracks. It neither blocks nor allocates.
	Held func() bool
	// Mode is the state that the run begins in. Without Input nothing could ever
	// leave ModeIdle, so that zero then means ModeTrack.
	Mode     Mode
	Overruns Overruns
	History  int // samples that a Fault carries; 0 means 50
	// HoldFault keeps a faulted robot damped until Input.Reset or Input.Stop.
	// Without it, or without Input, a fault damps for half a second and ends the run.
	HoldFault bool

	stats Stats
}

// Stats counts what the last run did so far. Call it from OnSample or when Run
// has returned.
func (l *Loop) Stats() *Stats { return &l.stats }

// Run starts the robot, ticks until the policy is done, Input.Stop, ctx is done
// or a fault, and halts the robot on every path, a panic included. Its error is
// nil, ctx's, or wraps a *Fault; a Loop that is wired wrongly is refused before Start.
func (l *Loop) Run(ctx context.Context) (err error) {
	r, err := newRun(l)
	if err != nil {
		return err
	}
	defer func() {
		if herr := l.Robot.Halt(); herr != nil {
			err = errors.Join(err, r.fault(FaultHalt, "the robot may not be at rest", herr))
		}
	}()
	if err := l.Robot.Start(); err != nil {
		return r.fault(FaultStart, "", err)
	}
	for r.end == nil {
		r.tick(ctx)
	}
	if errors.Is(r.end, ErrDone) || r.end == errStopped {
		return nil
	}
	return r.end
}

// tick is one turn of the loop. It sets r.end when there is no further one.
func (r *run) tick(ctx context.Context) {
	l, x := r.Loop, r.slot()
	if err := r.wait(ctx, x); err != nil {
		r.end = r.fault(FaultPacer, "", err)
		return
	}
	if frozen := r.inputs(ctx, x); frozen || r.end != nil {
		return
	}
	t0 := r.clock()
	if err := l.Robot.Read(&x.State); err != nil {
		r.end = r.fault(FaultRead, "", err)
		return
	}
	t1 := r.clock()
	r.judgeState(x)
	judged := r.clock()
	r.act(x)
	t2 := r.clock()
	r.judgeCommand(x, t2-t1)
	if r.end != nil {
		return
	}
	t3 := r.clock()
	if err := l.Robot.Write(&x.Command); err != nil {
		r.end = r.fault(FaultWrite, "", err)
		return
	}
	t4 := r.clock()
	x.Timing.Read, x.Timing.Act, x.Timing.Guard, x.Timing.Write = t1-t0, t2-judged, judged-t1+t3-t2, t4-t3
	r.publish(x)
}
