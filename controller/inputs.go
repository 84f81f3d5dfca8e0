package controller

import (
	"context"
	"errors"
)

var errStopped = errors.New("controller: stopped")

// inputs applies what the slot holds, at the start of a tick. It says whether
// the run is frozen: then the robot's time stands still in this tick.
func (r *run) inputs(ctx context.Context, x *Sample) (frozen bool) {
	if r.Input == nil {
		return false
	}
	r.Input.take(&r.inbox)
	r.heed(&r.inbox)
	r.held |= r.inbox.Kind
	r.apply(&r.inbox)
	if r.paused && r.guard.body.StopsTime && r.damped == 0 && r.end == nil {
		r.freeze(ctx)
		return true
	}
	x.Input = r.inbox
	x.Input.Kind, r.held = r.held, 0
	return false
}

// heed turns what Loop.Held says into a request for a state, which a recording
// keeps like any other. Nothing that came in this tick outlasts a switch that is
// not held.
func (r *run) heed(in *Inputs) {
	if r.Held == nil {
		return
	}
	before := r.holding
	r.holding = r.Held()
	switch {
	case !r.holding && !(still(r.modes.mode) && still(r.modes.want) && in.Kind == 0):
		in.Kind, in.Mode = in.Kind|InputMode, ModeDamp
	case r.holding && !before:
		in.Kind, in.Mode = in.Kind|InputMode, r.wanted(in)
	}
}

// still says that a state moves nothing.
func still(m Mode) bool { return m == ModeIdle || m == ModeDamp || m == ModeFault }

// wanted is the state for which the switch was pressed.
func (r *run) wanted(in *Inputs) Mode {
	switch {
	case errors.Is(r.why, ErrDone):
		return ModeLie
	case !r.guard.body.StopsTime && (r.paused && !in.Has(InputResume) || in.Has(InputPause)):
		return ModeStand
	}
	return ModeTrack
}

func (r *run) apply(in *Inputs) {
	if in.Kind == 0 {
		return
	}
	if in.Has(InputReset) && r.trip != nil && r.damped == 0 {
		r.trip = nil
		r.late.clear()
		r.modes.reset(&r.guard.last)
	}
	r.pause(in)
	if in.Has(InputMode) && r.damped == 0 {
		r.modes.request(in.Mode)
	}
	if in.Has(InputPause | InputResume | InputRestart | InputClip | InputGoal) {
		r.prepare(in)
	}
	if in.Has(InputStop) {
		r.stop(errStopped)
	}
}

// pause freezes a body that stops time; any other, which tracks or is about to, stands
// meanwhile. What was made idle or damped since is not made to track by the pause's end.
func (r *run) pause(in *Inputs) {
	from, to := ModeTrack, ModeStand
	switch {
	case in.Has(InputPause):
		r.paused = true
	case in.Has(InputResume) && r.paused:
		r.paused = false
		from, to = to, from
	default:
		return
	}
	if !r.guard.body.StopsTime && r.modes.want == from && r.damped == 0 {
		r.modes.request(to)
	}
}

// prepare hands on what concerns the policy. A body that stops time may have
// been placed anew: its next state is like a first one.
func (r *run) prepare(in *Inputs) {
	if r.OnInput == nil {
		return
	}
	if err := r.OnInput(in); err != nil {
		r.fail(FaultInput, "", err)
		return
	}
	if r.guard.body.StopsTime && in.Has(InputRestart|InputClip) {
		r.guard.primed = false
	}
}

// freeze waits for the next input, however long that takes.
func (r *run) freeze(ctx context.Context) {
	select {
	case <-r.wake:
	case <-ctx.Done():
	}
	r.restartPacer()
}
