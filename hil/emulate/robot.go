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

	body    *controller.Body
	opts    Options
	e       *Emulator
	s       *session
	perRead int // ticks
	written bool
	from    time.Duration
	cut     bool
	cutAt   time.Duration // time of the newest state that came through
}

var _ controller.Robot = (*Robot)(nil)

// New makes a robot of the options; nothing runs before Start.
func New(o Options) (*Robot, error) {
	m := o.Profile.Measured()
	m.Current, m.FootForce = false, false // an MIT-mode motor tells neither
	b := o.Profile.Body(m)
	b.StopsTime = true
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
	if err := r.s.open(r.opts.Profile); err != nil {
		return err
	}
	if err := r.settle(); err != nil {
		return err
	}
	enable := wire.Enable{Purpose: wire.PurposeRun}
	for i := range r.body.Actuators {
		enable.Pos[i] = r.s.state.Joint[i].Pos
	}
	if err := r.s.request(&enable); err != nil {
		return err
	}
	r.written, r.from, r.cut = false, r.e.Time(), false
	return nil
}

// Cut breaks the serial line: commands are lost, and the newest state ages, until
// the next Start.
func (r *Robot) Cut() {
	if r.e != nil && !r.cut {
		r.cut, r.cutAt = true, r.e.Time()
	}
}

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
	if r.cut {
		return r.silent(s)
	}
	if r.written {
		if err := r.period(); err != nil {
			return err
		}
	}
	r.store(s)
	return nil
}

// period lets a period pass, from the moment that the firmware has what was
// written.
func (r *Robot) period() error {
	if !r.written {
		return r.s.step(r.perRead)
	}
	r.written = false
	if err := r.e.tick(flagHost); err != nil {
		return err
	}
	return r.s.step(r.perRead - 1)
}

// silent lets a period pass in which nothing is heard of the firmware.
func (r *Robot) silent(s *controller.State) error {
	heard := r.s.state
	if err := r.period(); err != nil {
		return err
	}
	r.s.state = heard
	r.store(s)
	s.Age = r.e.Time() - r.cutAt
	s.Time -= s.Age
	s.Seq = uint64(s.Time / r.body.Period)
	return nil
}

func (r *Robot) store(s *controller.State) {
	w := &r.s.state
	s.Time, s.Age = r.e.Time()-r.from, 0
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
	if r.cut {
		return nil
	}
	m := &r.s.command
	m.ValidMs = validMs
	for i := range r.body.Actuators {
		m.Joint[i] = wire.JointCommand{Pos: c.Pos[i], Vel: c.Vel[i], Torque: c.Torque[i], Kp: c.Kp[i], Kd: c.Kd[i]}
	}
	r.written = true
	return r.s.send(m)
}

// Halt asks for a damped stop, lets it come about, and powers down.
func (r *Robot) Halt() error {
	if r.e == nil {
		return nil
	}
	defer r.close()
	if r.cut {
		if err := r.s.step(300); err != nil {
			return err
		}
		return errors.New("emulate: the line is cut, no stop can be asked for; no command follows, so that the firmware damps by itself")
	}
	if r.written { // or the firmware takes the last command for what is waited for
		if err := r.period(); err != nil {
			return err
		}
	}
	if err := r.s.request(&wire.Stop{}); err != nil {
		return err
	}
	if err := r.s.step(300); err != nil { // 0.6 s: damped for half a second, then released
		return err
	}
	if r.e.Moving() {
		return fmt.Errorf("emulate: the firmware still gives torque 0.6 s after a stop")
	}
	return nil
}

func (r *Robot) close() {
	if r.e != nil {
		r.e.Close()
		r.e = nil
	}
}
