package board

import (
	"errors"
	"fmt"
	"time"

	"whisker/bridge/serial"
	"whisker/bridge/wire"
	"whisker/controller"
)

// Bits of State.Faults beside those of wire.Fault, which is at its own number.
const (
	FaultBitLimp  = 62 // torque is off, though nobody here asked for that
	FaultBitEStop = 63 // the e-stop is latched
)

// faultNames puts the bits of State.Faults into words.
func faultNames() map[int]string {
	names := wire.FaultNames()
	names[FaultBitLimp], names[FaultBitEStop] = "no torque", "e-stop"
	return names
}

// validPeriods is how many periods a command holds, at most Info.ExpiryMs: one
// that comes late is no reason to stop, three in a row are.
const validPeriods = 4

var errNoState = errors.New("board: no state yet: call Start first")

// Read stores the newest state. It neither waits nor allocates.
func (r *Robot) Read(s *controller.State) error {
	r.mu.Lock()
	in := &r.in
	if in.states == 0 {
		r.mu.Unlock()
		return errNoState
	}
	w := &in.state
	s.Seq, s.Time = in.states, in.clock
	s.Age = time.Since(in.at) + airtime(wire.TypeState, r.baud)
	r.used = origin{in.timeUs, s.Age, true}
	for i := range r.body.Actuators {
		j := &w.Joint[i]
		s.Pos[i], s.Vel[i], s.Torque[i], s.Temperature[i] = j.Pos, j.Vel, j.Torque, j.Temp
		s.ActPos[i], s.ActVel[i] = j.Pos, j.Vel
	}
	s.IMU = controller.IMU{Quat: w.Quat, Gyro: w.Gyro, Acc: w.Acc}
	s.Voltage = w.Voltage
	s.Faults = r.faults(w)
	fault := s.Faults != 0 && !r.told[faultKey]
	r.told[faultKey] = r.told[faultKey] || fault
	mode, code := w.Mode, w.Fault
	r.mu.Unlock()
	if fault {
		r.o.Note(describe(mode, code))
	}
	return nil
}

// faultKey is the key of Robot.told for what Read says.
const faultKey = "fault"

func (r *Robot) faults(w *wire.State) (bits uint64) {
	if w.Fault != wire.FaultNone {
		bits |= 1 << (w.Fault & 63)
	}
	switch {
	case w.Mode == wire.ModeEStop:
		bits |= 1 << FaultBitEStop
	case r.expect && w.Fault == wire.FaultNone && !torque(w.Mode):
		bits |= 1 << FaultBitLimp
	}
	return bits
}

// describe puts fault bits into words.
func describe(m wire.Mode, f wire.Fault) string {
	switch {
	case m == wire.ModeEStop:
		return "board: the e-stop was pressed; the motors have no torque"
	case f != wire.FaultNone:
		return fmt.Sprintf("board: the firmware has latched fault %d, %v; it damps", uint8(f), f)
	}
	return fmt.Sprintf("board: the firmware is in mode %v and gives no torque, though nobody here asked for that", m)
}

// Write gives the command to the line's newest-command slot. It neither waits nor
// allocates. An unplugged line is no error here: no state comes either, and the
// guard damps for that.
func (r *Robot) Write(c *controller.Command) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.halted {
		return nil
	}
	valid := validPeriods * r.body.Period / time.Millisecond
	r.command.ValidMs = uint16(min(int64(valid), int64(r.in.info.ExpiryMs)))
	for i := range r.body.Actuators {
		r.command.Joint[i] = wire.JointCommand{Pos: c.Pos[i], Vel: c.Vel[i], Torque: c.Torque[i], Kp: c.Kp[i], Kd: c.Kd[i]}
	}
	h := r.header()
	r.frame = wire.Append(r.frame[:0], h, &r.command)
	r.sent[h.Seq%wire.Window], r.made[h.Seq%wire.Window] = time.Now(), r.used
	r.stats.Commands++
	if err := r.sender.Send(r.frame); err != nil && !errors.Is(err, serial.ErrUnplugged) {
		return fmt.Errorf("board: %w", err)
	}
	return nil
}
