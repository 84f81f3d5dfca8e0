package mqtt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"whisker/controller"
)

// firstTime is how long a host may take from the lease to its first setpoint. The
// robot holds still meanwhile.
const firstTime = 2 * time.Second

// maxAllowance bounds what a setpoint may be good for beyond the present.
const maxAllowance = time.Second

var errStopped = errors.New("the robot is stopped: reset comes first")

// lent is the agent's robot, as its loop sees it.
type lent struct {
	controller.Robot
	a *Agent
	h *host
}

// Start gives the robot torque, and then the host its lease.
func (l *lent) Start() error {
	l.a.o.Alive()
	if err := l.Robot.Start(); err != nil {
		return err
	}
	l.a.began = l.a.clock()
	l.a.tel.answer(&l.h.request, l.a.lease.Load(), nil)
	return nil
}

// Read notes when the state is of.
func (l *lent) Read(s *controller.State) error {
	l.a.readAt = l.a.clock()
	return l.Robot.Read(s)
}

// Act is the policy of the agent's loop: the newest setpoint, as long as it holds.
// It fails when setpoints stay away, and the loop damps and halts the robot.
func (a *Agent) Act(_ *controller.State, cmd *controller.Command) error {
	now := a.clock()
	p, _ := a.points.Read()
	if !a.moved && p.lease == a.lease.Load() {
		a.moved = true
	}
	if !a.moved {
		if now-a.began > firstTime {
			return fmt.Errorf("no setpoint within %v of the lease", firstTime)
		}
		return nil // hold where the robot is
	}
	if over := now - p.deadline; over > 0 {
		n := a.counts()
		return fmt.Errorf("setpoints ran out: the newest, %d, held until %v ago; %d were lost and %d late", p.seq, over.Round(time.Millisecond), n.Lost, n.Late)
	}
	cmd.CopyFrom(&p.command)
	return nil
}

// hearSetpoint is called from the library's goroutine: it stores.
func (a *Agent) hearSetpoint(payload []byte, retained bool, _ string) {
	a.hear.Lock()
	defer a.hear.Unlock()
	now := a.clock()
	p := a.points.Write()
	lease := a.lease.Load()
	if err := readSetpoint(payload, p, len(a.body.Joints)); err != nil || retained || lease == 0 || p.lease != lease || p.deadline > now+maxAllowance {
		a.refused.Add(1)
		return
	}
	switch gap := int32(p.seq - a.lastSeq); {
	case gap <= 0:
		a.late.Add(1)
		return
	case gap > 1:
		a.lost.Add(uint32(gap - 1))
	}
	a.lastSeq = p.seq
	if p.deadline < now {
		a.late.Add(1)
		return
	}
	a.accepted.Add(1)
	a.echo.Store(&echo{p.seq, p.sent, now})
	a.points.Send()
}

// onSample tells telemetry and the host what was measured, in the loop's goroutine.
func (a *Agent) onSample(x *controller.Sample) {
	a.o.Alive()
	a.tel.Publish(x)
	a.seq++
	m, e := a.states.Write(), a.echo.Load()
	m.lease, m.seq, m.at = a.lease.Load(), a.seq, a.readAt-x.State.Age
	m.sent, m.echo, m.heard = e.sent, e.seq, e.heard
	m.mode, m.fault, m.counts = x.Mode, x.Fault, a.counts()
	m.state.CopyFrom(&x.State)
	a.states.Send()
	select {
	case a.fresh <- struct{}{}:
	default:
	}
}

// send sends what was measured. The newest counts.
func (a *Agent) send(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-a.fresh:
			if m, ok := a.states.Read(); ok {
				_ = a.tel.link.post(letter{topic: a.tel.topic(wordMeasured), payload: appendMeasured(nil, m)}) // the next follows
			}
		}
	}
}

// own takes over what is for an agent alone.
func (a *Agent) own(c Command) bool {
	switch c.Kind {
	case KindLease:
		a.request(c)
	case KindRelease:
		a.release(c)
	default:
		return false
	}
	return true
}

// request hands a request to the loop's goroutine, unless somebody has the robot.
func (a *Agent) request(c Command) {
	a.mu.Lock()
	h := a.host
	a.mu.Unlock()
	if h == nil {
		select {
		case a.asked <- c:
			return
		default:
		}
	}
	holder := "another host"
	if h != nil {
		holder = h.request.Holder
	}
	a.tel.answer(&c, 0, fmt.Errorf("%s has the robot", holder))
}

// release ends a lease for its host, who is answered when the robot rests.
func (a *Agent) release(c Command) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.host == nil || c.Lease != a.lease.Load() {
		a.tel.answer(&c, 0, nil) // it is over
		return
	}
	a.host.why, a.host.released = "it gave the robot back", &c
	a.host.input.Stop()
}

// agentWishes are the commands that anybody may give an agent.
type agentWishes struct{ a *Agent }

var errHosts = errors.New("an agent's robot goes where its host wants: stop, estop and reset are for everybody")

func (agentWishes) Start() error                  { return errHosts }
func (agentWishes) ChooseClip(int) error          { return errHosts }
func (agentWishes) SetGoal(controller.Goal) error { return errHosts }

// Stop damps the robot; nobody gets it until Reset.
func (w agentWishes) Stop() error {
	a := w.a
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stopped = true
	a.tel.SetStopped(true)
	if a.host != nil {
		a.host.why = "somebody stopped the robot"
		a.host.input.Stop()
	}
	return nil
}

// EStop cuts the torque of a robot that can do so, and stops every one.
func (w agentWishes) EStop() error {
	if err := w.Stop(); err != nil {
		return err
	}
	if r, ok := w.a.o.Robot.(interface{ EStop() error }); ok {
		return r.EStop()
	}
	return nil
}

// Reset lets hosts have the robot again.
func (w agentWishes) Reset() error {
	w.a.mu.Lock()
	defer w.a.mu.Unlock()
	w.a.stopped = false
	w.a.tel.SetStopped(false)
	return nil
}
