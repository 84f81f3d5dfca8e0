package hil

import (
	"sync"

	"whisker/controller"
)

// remote carries the wishes of onlookers to the loop that runs now. Passes
// follow each other with a slot each, so that no wish reaches two of them;
// only a goal outlives its pass, for a stick that is held does not tell again, and
// a stop, until Reset; a stop ends the goal.
type remote struct {
	mu      sync.Mutex
	input   *controller.Input
	stopped bool
	goal    *controller.Goal // nil is none
	again   chan struct{}    // receives after Reset
	tell    func(stopped bool)
}

func newRemote() *remote {
	return &remote{input: new(controller.Input), again: make(chan struct{}, 1), tell: func(bool) {}}
}

// next gives the slot of a new pass. After a stop it is stopped from its start.
func (r *remote) next() *controller.Input {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.input = new(controller.Input)
	if r.stopped {
		r.input.Stop()
	}
	if r.goal != nil {
		r.input.SetGoal(*r.goal)
	}
	return r.input
}

func (r *remote) isStopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped
}

func (r *remote) do(f func(*controller.Input)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(r.input)
}

// Stop damps the robot and ends the pass, and those after it until Reset.
func (r *remote) Stop() {
	r.do(func(in *controller.Input) { r.stopped, r.goal = true, nil; in.Stop() })
	r.tell(true)
}

// Reset ends what Stop began.
func (r *remote) Reset() {
	r.do(func(in *controller.Input) { r.stopped = false; in.Reset() })
	r.tell(false)
	select {
	case r.again <- struct{}{}:
	default:
	}
}

// Pause holds the motion.
func (r *remote) Pause() { r.do((*controller.Input).Pause) }

// Resume goes on after Pause.
func (r *remote) Resume() { r.do((*controller.Input).Resume) }

// Restart begins the clip again, paused or not.
func (r *remote) Restart() { r.do(func(in *controller.Input) { in.Restart(); in.Resume() }) }

// ChooseClip plays another clip.
func (r *remote) ChooseClip(i int) {
	r.do(func(in *controller.Input) { in.ChooseClip(i); in.Resume() })
}

// SetGoal asks the policy to go somewhere.
func (r *remote) SetGoal(g controller.Goal) {
	r.do(func(in *controller.Input) { r.goal = &g; in.SetGoal(g) })
}
