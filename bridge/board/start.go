package board

import (
	"errors"
	"fmt"
	"time"

	"whisker/bridge/wire"
	"whisker/controller"
)

// Identity is what the firmware says of itself.
type Identity struct {
	Welcome wire.Welcome
	Info    wire.Info
	State   wire.State
}

// Greet opens a session and asks what the firmware is, without a comparison;
// for doctor and calibration. Run has to be running.
func (r *Robot) Greet() (Identity, error) {
	r.asking.Lock()
	defer r.asking.Unlock()
	return r.greet()
}

func (r *Robot) greet() (id Identity, err error) {
	err = r.inquire()
	if errors.Is(err, errUnanswered) { // the cable lost more of our frames than the window spans: a session begins anew
		r.mu.Lock()
		r.session = 0
		r.mu.Unlock()
		err = r.inquire()
	}
	if err != nil {
		return id, err
	}
	return id, r.until(askTime, func() bool {
		id = Identity{r.in.welcome, r.in.info, r.in.state}
		return r.in.fresh > 0
	}, "the firmware sends no states")
}

// inquire opens a session, unless there is one, and asks what the firmware is.
func (r *Robot) inquire() error {
	if err := r.hello(); err != nil {
		return err
	}
	r.mu.Lock()
	r.in.informed = false
	r.mu.Unlock()
	return r.ask(&wire.Query{}, askTime, func() bool { return r.in.informed })
}

// until waits for something that comes by itself.
func (r *Robot) until(limit time.Duration, done func() bool, why string) error {
	if ok, _ := r.wait(limit, done, func() error { return nil }); !ok {
		return errors.New("board: " + why)
	}
	return nil
}

// Connect opens a session and makes sure that the firmware is the one for this
// profile. Nothing moves.
func (r *Robot) Connect() error {
	r.asking.Lock()
	defer r.asking.Unlock()
	_, err := r.connect()
	return err
}

func (r *Robot) connect() (Identity, error) {
	id, err := r.greet()
	if err != nil {
		return id, err
	}
	if err := r.agree(&id.Welcome, &id.Info); err != nil {
		return id, err
	}
	return id, r.calibrated(&id.Welcome, &id.Info)
}

// Start asks for torque where the robot is, after every check. A fault that is
// latched is an error, except that an earlier program's commands ran out: the
// ordinary end of a host that died.
func (r *Robot) Start() error {
	r.asking.Lock()
	defer r.asking.Unlock()
	id, err := r.connect()
	if err != nil {
		return err
	}
	if err := unlatched(&id.State); err != nil {
		return err
	}
	return r.enable(wire.Enable{Purpose: wire.PurposeRun})
}

// latched names a fault or the e-stop.
func latched(s *wire.State) string {
	if s.Mode == wire.ModeEStop {
		return wire.ModeEStop.String()
	}
	return s.Fault.String()
}

// enable brings the firmware to idle and from there to torque, at the measured
// position.
func (r *Robot) enable(m wire.Enable) error {
	r.mu.Lock()
	r.expect = false
	r.mu.Unlock()
	if err := r.idle(); err != nil {
		return err
	}
	s := r.newest()
	if m.Purpose == wire.PurposeRun {
		if err := r.ready(&s); err != nil {
			return err
		}
	}
	for i := range m.Pos {
		m.Pos[i] = s.Joint[i].Pos
	}
	if err := r.permit(&m); err != nil {
		return err
	}
	r.mu.Lock()
	r.started, r.halted = true, false
	r.mu.Unlock()
	return r.until(askTime, func() bool {
		r.expect = torque(r.in.state.Mode) || r.in.state.Mode == wire.ModeFault // then Read tells which
		return r.expect
	}, "the firmware acknowledged enable, but gives no torque")
}

// permit asks for torque. After a calibration was stored the firmware knows only a
// tick later where the joints are, and refuses for the mode until then.
func (r *Robot) permit(m *wire.Enable) error {
	for try := 0; ; try++ {
		ack, err := r.request(m)
		if err != nil || ack.Result == wire.ResultDone {
			return err
		}
		if ack.Result == wire.ResultFault { // which one comes with a state
			_ = r.until(askTime, func() bool { return r.in.state.Fault != wire.FaultNone }, "")
		}
		if ack.Result != wire.ResultMode || try == 5 {
			return fmt.Errorf("board: the firmware refuses torque: %s", r.because(&ack))
		}
		time.Sleep(askEvery)
		s := r.newest()
		for i := range m.Pos {
			m.Pos[i] = s.Joint[i].Pos
		}
	}
}

func torque(m wire.Mode) bool { return m == wire.ModeEnabled || m == wire.ModeLimiting }

// idle leads to wire.ModeIdle from whatever an earlier session left.
func (r *Robot) idle() error {
	s := r.newest()
	if s.Mode == wire.ModeIdle {
		return nil
	}
	if err := r.require(&wire.Stop{}); err != nil {
		return err
	}
	settled := func() bool { return r.in.state.Mode != wire.ModeDamped && !torque(r.in.state.Mode) }
	if err := r.until(restTime, settled, fmt.Sprintf("the firmware still gives torque %v after a stop", restTime)); err != nil {
		return err
	}
	if s = r.newest(); s.Mode != wire.ModeIdle {
		r.note(fmt.Sprintf("board: the firmware had latched %v; it is cleared", latched(&s)))
		if err := r.require(&wire.Reset{Fault: s.Fault}); err != nil {
			return err
		}
	}
	return r.until(askTime, func() bool { return r.in.state.Mode == wire.ModeIdle }, "the firmware does not become idle")
}

// ClearFault is for a person who has seen what happened and removed the cause:
// it clears the firmware's fault, opens a session where the old one is lost,
// and asks for torque again where the robot is. It waits up to seconds; the Loop
// goes on meanwhile. Ask the Loop's Input to Reset after it.
func (r *Robot) ClearFault() error {
	r.asking.Lock()
	defer r.asking.Unlock()
	if _, err := r.connect(); err != nil {
		return err
	}
	err := r.enable(wire.Enable{Purpose: wire.PurposeRun})
	r.mu.Lock()
	clear(r.told)
	r.mu.Unlock()
	return err
}

// Clear is for a person who has seen what the firmware latched and removed the
// cause: it clears what is latched, which has to be the fault of that name, or
// estop. It gives no torque.
func (r *Robot) Clear(name string) error {
	r.asking.Lock()
	defer r.asking.Unlock()
	id, err := r.greet()
	if err != nil {
		return err
	}
	s := &id.State
	if s.Mode != wire.ModeFault && s.Mode != wire.ModeEStop {
		return fmt.Errorf("board: nothing is latched, the firmware is in mode %v", s.Mode)
	}
	if l := latched(s); l != name {
		return fmt.Errorf("board: the firmware has latched %s, not %s", l, name)
	}
	return r.idle()
}

// Halt asks for a damped stop until it is acknowledged and torque is off. It is
// safe at any time and twice. An error says that it was not confirmed: then the
// firmware stops by itself, as commands stay away.
func (r *Robot) Halt() error {
	need := r.silenceCommands()
	r.asking.Lock()
	defer r.asking.Unlock()
	if again := r.silenceCommands(); !need && !again {
		return nil
	}
	if err := r.require(&wire.Stop{}); err != nil {
		return fmt.Errorf("%w; no command will follow, so that it damps by itself", err)
	}
	return r.until(restTime, func() bool {
		m := r.in.state.Mode
		return m != wire.ModeDamped && !torque(m)
	}, fmt.Sprintf("the firmware still gives torque %v after a stop", restTime))
}

// silenceCommands lets no command follow, and says whether the firmware has to
// be told: a ClearFault that was under way may have asked for torque since.
func (r *Robot) silenceCommands() (tell bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	tell = r.started && !r.halted
	r.halted, r.expect = true, false
	r.sender.Drop()
	return tell
}

// EStop cuts torque at once; the robot falls. It may be called by anyone, also while
// another request waits for its answer: only its own answer waits for that.
func (r *Robot) EStop() error {
	r.silenceCommands()
	r.mu.Lock()
	_ = r.sender.Urge(wire.Append(nil, r.header(), &wire.EStop{})) // what ended the line ends require too
	r.mu.Unlock()
	r.asking.Lock()
	defer r.asking.Unlock()
	return r.require(&wire.EStop{})
}

var _ controller.Robot = (*Robot)(nil)
