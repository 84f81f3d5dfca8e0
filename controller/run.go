package controller

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// run is what one Run of a Loop needs beyond its fields, made before the first
// tick: a tick allocates nothing.
type run struct {
	*Loop
	pacer   Pacer
	clock   func() time.Duration
	guard   *guard
	modes   *modes
	ring    []Sample // the last samples; tick n's is n%len
	ticks   uint64
	read    bool // the present slot holds a state
	late    overrunWindow
	inbox   Inputs
	held    InputKind // applied while frozen, for the next sample
	holding bool      // what Loop.Held said last
	wake    <-chan struct{}
	paused  bool
	trip    *Fault // the first fault
	damped  int    // ticks left before a fault or a stop ends the run; 0: none ahead
	why     error  // what ends it
	end     error  // set when the run is over
}

func newRun(l *Loop) (*run, error) {
	if l.Robot == nil || l.Policy == nil {
		return nil, errors.New("controller: a Loop needs a Robot and a Policy")
	}
	if l.Held != nil && l.Input == nil {
		return nil, errors.New("controller: a Loop with Held needs an Input too")
	}
	b := l.Robot.Body()
	if err := b.check(); err != nil {
		return nil, err
	}
	r := &run{Loop: l, pacer: l.Pacer, clock: l.Clock, guard: newGuard(b), ring: make([]Sample, 50)}
	if r.pacer == nil {
		r.pacer = Lockstep{}
	}
	if r.clock == nil {
		r.clock = func() time.Duration { return 0 }
	}
	if l.History > 0 {
		r.ring = make([]Sample, l.History)
	}
	for i := range r.ring {
		r.ring[i] = NewSample(b)
	}
	begin := l.Mode
	if l.Input == nil && begin == ModeIdle {
		begin = ModeTrack
	}
	if begin == ModeFault || begin > ModeLie {
		return nil, fmt.Errorf("controller: a Loop cannot begin in mode %q; use idle, damp, stand or track", begin)
	}
	r.modes = newModes(b, begin)
	r.late = newOverrunWindow(l.Overruns)
	if l.Input != nil {
		r.wake = l.Input.watch()
	}
	l.stats = newStats(b.Period)
	r.restartPacer()
	return r, nil
}

// restartPacer makes the next tick due at once, for pacers that keep deadlines.
func (r *run) restartPacer() {
	if p, ok := r.pacer.(interface{ Reset() }); ok {
		p.Reset()
	}
}

// slot is the sample of this tick, cleared where a tick may leave it alone.
func (r *run) slot() *Sample {
	x := &r.ring[r.ticks%uint64(len(r.ring))]
	x.Tick, x.Timing, x.Clamped = r.ticks, Timing{}, 0
	r.read = false
	return x
}

// wait holds the tick back. A ctx that ends turns into a damped stop, during
// which the pacer goes on without it.
func (r *run) wait(ctx context.Context, x *Sample) (err error) {
	x.Timing.Late, x.Timing.Skipped, err = r.pacer.Wait(ctx)
	if err != nil && ctx.Err() != nil {
		r.stop(ctx.Err())
		x.Timing.Late, x.Timing.Skipped, err = r.pacer.Wait(context.WithoutCancel(ctx))
	}
	if n := r.late.add(x.Timing.Skipped > 0); n > r.late.max {
		r.fail(FaultOverrun, fmt.Sprintf("%d of the last %d ticks came a period or more late, at most %d are allowed", n, len(r.late.hit), r.late.max), nil)
	}
	return err
}

// stop damps and then ends the run with err, or with a fault that is latched.
// Before the first command there is nothing to damp.
func (r *run) stop(err error) {
	if r.trip != nil {
		err = r.trip
	}
	if r.ticks == 0 {
		r.end = err
		return
	}
	if r.damped == 0 {
		r.why, r.damped = err, r.modes.span(dampTime)
	}
	r.modes.damp()
}

// fail latches a fault. The first one counts. A robot that was told nothing
// yet needs no damping.
func (r *run) fail(code FaultCode, detail string, err error) {
	if r.trip != nil {
		return
	}
	r.trip = r.fault(code, detail, err)
	if r.OnFault != nil {
		r.OnFault(r.trip)
	}
	r.modes.fail()
	switch {
	case r.ticks == 0:
		r.end = r.trip
	case r.damped > 0: // already on the way to a stop
		r.why = r.trip
	case !r.HoldFault || r.Input == nil:
		r.why, r.damped = r.trip, r.modes.span(dampTime)
	}
}

// fault builds a Fault with copies of the last samples, oldest first.
func (r *run) fault(code FaultCode, detail string, err error) *Fault {
	f := &Fault{Code: code, Tick: r.ticks, Detail: detail, Err: err}
	n := uint64(len(r.ring))
	end := r.ticks
	if r.read {
		end++
	}
	for t := end - min(end, n); t < end; t++ {
		x := NewSample(r.guard.body)
		x.CopyFrom(&r.ring[t%n])
		f.Last = append(f.Last, x)
	}
	return f
}

func (r *run) judgeState(x *Sample) {
	x.Command.CopyFrom(&r.guard.last)
	x.Mode, r.read = r.modes.mode, true
	if code, why := r.guard.state(&x.State); code != 0 {
		r.fail(code, why, nil)
	}
	if !r.guard.primed && r.end == nil {
		r.guard.prime(&x.State)
		x.Command.CopyFrom(&r.guard.last)
		r.modes.begin(&x.State, &r.guard.last)
	}
}

// act fills the command. ErrDone ends the run, on a body that lies down after
// it has done so.
func (r *run) act(x *Sample) {
	if r.end != nil {
		return
	}
	err := r.modes.act(r.Policy, &x.State, &x.Command)
	switch {
	case errors.Is(err, ErrDone) && r.modes.lie != nil:
		r.modes.want, r.why = ModeLie, err
		x.Command.CopyFrom(&r.guard.last)
	case errors.Is(err, ErrDone):
		r.end = err
	case err != nil:
		r.fail(FaultPolicy, "", err)
		r.yield(x)
	}
	x.Mode = r.modes.mode
}

// yield replaces a command that must not be written by a damped one.
func (r *run) yield(x *Sample) {
	x.Command.CopyFrom(&r.guard.last)
	r.guard.body.Neutral(&x.Command)
	yield(r.guard.body, &x.State, &x.Command, true)
	x.Mode = ModeFault
}

// judgeCommand refuses or clamps what act left. The age of a command is that
// of its state and what acting took, unless time stood still meanwhile.
func (r *run) judgeCommand(x *Sample, took time.Duration) {
	if r.end != nil {
		return
	}
	if r.guard.body.StopsTime {
		took = 0
	}
	code, why := r.guard.command(&x.Command)
	if code == 0 {
		code, why = r.guard.age(x.State.Age + took)
	}
	if code != 0 {
		r.fail(code, why, nil)
		r.yield(x)
	}
	x.Clamped = r.guard.clamp(&x.State, &x.Command)
	x.Fault = 0
	if r.trip != nil {
		x.Fault = r.trip.Code
	}
}

// publish counts the tick, hands it out, and counts down to the end.
func (r *run) publish(x *Sample) {
	r.stats.add(x)
	if r.OnSample != nil {
		r.OnSample(x)
	}
	r.ticks, r.read = r.ticks+1, false
	switch {
	case r.damped > 1:
		r.damped--
	case r.damped == 1:
		r.end = r.why
	case errors.Is(r.why, ErrDone) && r.modes.mode == ModeIdle:
		r.end = r.why
	}
}
