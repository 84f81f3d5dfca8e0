package emulate

import (
	"errors"
	"fmt"
	"time"

	"whisker/bridge/wire"
	"whisker/controller"
)

// validMs is how long a command holds: twice the periods of any body here, and
// less than the firmware's own bound.
const validMs = 100

// Robot is the firmware in lockstep with its plant, as a controller.Robot. Start
// is a power cycle of both.
type Robot struct {
	// Trace gets the bytes that the firmware sends; nil for nobody.
	Trace func([]byte)
	// Line is what the serial line is from the end of Start on; nil is a good one.
	Line Line
	// OnTick is called before each tick from the end of Start on, 2 ms of the plant's
	// time apart; nil is for nobody. An error ends Read.
	OnTick func() error

	// Latency is that of the commands since New.
	Latency Latency

	aims    [wire.Window]aimed
	body    *controller.Body
	opts    Options
	e       *Emulator
	s       *session
	perRead int // ticks
	more    int // ticks that the next Read takes longer
	written bool
	from    time.Duration
}

var _ controller.Robot = (*Robot)(nil)

// New makes a robot of the options; nothing runs before Start.
func New(o Options) (*Robot, error) {
	m := o.Profile.Measured()
	m.Current, m.FootForce = false, false // an MIT-mode motor tells neither
	b := o.Profile.Body(m)
	b.StopsTime, b.FaultNames = true, wire.FaultNames()
	if b.Period%Tick != 0 || b.Period%statePeriod != 0 {
		return nil, fmt.Errorf("emulate: a period of %v, want a multiple of the %v between the firmware's states", b.Period, statePeriod)
	}
	return &Robot{body: b, opts: o, perRead: int(b.Period / Tick)}, nil
}

// Body describes the robot: what the firmware measures.
func (r *Robot) Body() *controller.Body { return r.body }

// Emulator is the running firmware, nil before Start.
func (r *Robot) Emulator() *Emulator { return r.e }

// Start powers firmware and plant, opens a session, and enables torque where the
// joints are.
func (r *Robot) Start() (err error) {
	r.close()
	if r.e, err = Start(r.opts); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	r.s = newSession(r.e)
	r.s.trace = r.Trace
	if err := r.e.Step(20); err != nil { // the IMU and the motors answer
		return err
	}
	if err := r.s.open(r.opts.Profile, r.s.ask); err != nil {
		return err
	}
	if err := r.settle(); err != nil {
		return err
	}
	if err := r.enable(r.s.ask); err != nil {
		return err
	}
	r.written, r.more, r.from = false, 0, r.e.Time()
	r.s.line, r.s.onTick, r.s.onState = r.Line, r.OnTick, r.echo
	return nil
}

// enable asks for torque where the joints were measured.
func (r *Robot) enable(by func(wire.Message, func() bool) error) error {
	enable := wire.Enable{Purpose: wire.PurposeRun}
	for i := range r.body.Actuators {
		enable.Pos[i] = r.s.state.Joint[i].Pos
	}
	return r.s.request(&enable, by)
}

// Cut breaks the serial line until the next Start: commands are lost, and the
// newest state ages.
func (r *Robot) Cut() {
	if r.s != nil {
		r.s.cut = true
	}
}

// Pause stops the host for a time: the Read that goes on, or the next, takes so
// much longer, and no command is sent meanwhile.
func (r *Robot) Pause(t time.Duration) { r.more = int(t / Tick) }

// Altered counts the frames that one of the ends took though nobody said them so.
func (r *Robot) Altered() uint64 {
	if r.s == nil {
		return 0
	}
	n := r.s.up.altered + r.s.down.altered
	if took := uint64(r.s.own.Counters.Accepted); r.s.boots == 0 && took > r.s.up.intact {
		n += took - r.s.up.intact
	}
	return n
}

// ClearFault is for who has removed the cause: it clears the firmware's fault,
// opens a session where the old one is lost, and asks for torque again where the
// robot is. Time goes on meanwhile, up to some seconds.
func (r *Robot) ClearFault() error {
	if r.e == nil {
		return errNotStarted
	}
	s := r.s
	if err := s.open(r.opts.Profile, s.urge); err != nil {
		return err
	}
	heard := s.heard
	for range 100 { // a state of this session
		if err := s.step(1); err != nil {
			return err
		}
		if s.heard > heard {
			break
		}
	}
	if torque(s.state.Mode) || s.state.Mode == wire.ModeDamped {
		if err := s.request(&wire.Stop{}, s.urge); err != nil {
			return err
		}
		// Not a moment longer: from then on the robot is limp.
		for n := 0; s.state.Mode == wire.ModeDamped || torque(s.state.Mode); n++ {
			if n == 4000/4 {
				return errors.New("emulate: the firmware still gives torque 4 s after a stop")
			}
			if err := s.step(2); err != nil {
				return err
			}
		}
	}
	if s.state.Mode == wire.ModeFault || s.state.Mode == wire.ModeEStop {
		if err := s.request(&wire.Reset{Fault: s.state.Fault}, s.urge); err != nil {
			return err
		}
	}
	if err := r.enable(s.urge); err != nil {
		return err
	}
	return r.settle()
}

func torque(m wire.Mode) bool { return m == wire.ModeEnabled || m == wire.ModeLimiting }

// settle steps to the next multiple of the period, where there is a state.
func (r *Robot) settle() error {
	return r.s.step(int((r.body.Period - r.e.Time()%r.body.Period) / Tick))
}

var errNotStarted = errors.New("emulate: the robot is not started: call Start first")

// Read lets firmware and plant run for a period, from the moment that the
// firmware has the last command, and stores the state that the firmware then sends.
func (r *Robot) Read(s *controller.State) error {
	if r.e == nil {
		return errNotStarted
	}
	if r.written {
		if err := r.s.step(r.perRead); err != nil {
			return err
		}
		for ; r.more > 0; r.more-- {
			if err := r.s.step(1); err != nil {
				return err
			}
		}
	}
	r.store(s)
	return nil
}

func (r *Robot) store(s *controller.State) {
	w := &r.s.state
	s.Time, s.Age = r.s.at-r.from, r.e.Time()-r.s.at
	s.Seq = uint64(s.Time / r.body.Period)
	for i := range r.body.Actuators {
		j := &w.Joint[i]
		s.Pos[i], s.Vel[i], s.Torque[i], s.Temperature[i] = j.Pos, j.Vel, j.Torque, j.Temp
		s.ActPos[i], s.ActVel[i] = j.Pos, j.Vel
	}
	s.IMU = controller.IMU{Quat: w.Quat, Gyro: w.Gyro, Acc: w.Acc}
	s.Voltage = w.Voltage
	s.Faults = 0
	if w.Fault != wire.FaultNone {
		s.Faults = 1 << w.Fault
	}
}

// Firmware says what the firmware last reported of itself.
func (r *Robot) Firmware() (wire.Mode, wire.Fault) { return r.s.state.Mode, r.s.state.Fault }

// Write sends a command; the firmware has it before the next Read advances.
func (r *Robot) Write(c *controller.Command) error {
	if r.e == nil {
		return errNotStarted
	}
	m := &r.s.command
	m.ValidMs = validMs
	for i := range r.body.Actuators {
		m.Joint[i] = wire.JointCommand{Pos: c.Pos[i], Vel: c.Vel[i], Torque: c.Torque[i], Kp: c.Kp[i], Kd: c.Kd[i]}
	}
	r.written = true
	if err := r.s.send(m); err != nil {
		return err
	}
	r.aim()
	return nil
}

// Halt asks for a damped stop, lets it come about, and powers down.
func (r *Robot) Halt() error {
	if r.e == nil {
		return nil
	}
	defer r.close()
	r.s.onTick = nil
	why := r.s.request(&wire.Stop{}, r.s.urge)
	if err := r.s.step(stopTicks); err != nil {
		return err
	}
	if why != nil {
		return fmt.Errorf("%w; no command follows, so that it damps by itself", why)
	}
	if r.e.Moving() {
		return fmt.Errorf("emulate: the firmware still gives torque 0.6 s after a stop")
	}
	return nil
}

// stopTicks are 0.6 s: damped for half a second, then released.
const stopTicks = 300

func (r *Robot) close() {
	if r.e != nil {
		r.e.Close()
		r.e = nil
	}
}
