package emulate

import (
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"whisker/bridge/wire"
	"whisker/controller/profile"
)

// sessionID is the same in every run: the firmware is fresh in each.
const sessionID = 0x77686b72

// Line is what a serial line does to frames: it may change, lose and hold them.
// now is the plant's time; up is to the firmware.
type Line interface {
	Send(now time.Duration, up bool, frame []byte)
	// Due appends what arrives now.
	Due(now time.Duration, up bool, to []byte) []byte
}

// session is the host's end of the serial line in lockstep.
type session struct {
	e      *Emulator
	line   Line // nil is a good one
	cut    bool
	onTick func() error
	// onState is told of every state that is newer.
	onState func()
	trace   func(line []byte) // every byte from the firmware, for tests

	// What the firmware says, as it is.
	conn    syscall.RawConn
	read    func(fd uintptr) bool // into in, as far as there is something
	n       int
	in      []byte
	raw     wire.Receiver // of the stream
	one     wire.Receiver // of a frame
	said    []byte        // frames that are not released yet, up to ends
	ends    []end
	states  int
	saidUs  uint32 // time of the newest state
	awaited uint64 // its number
	own     wire.State
	mode    wire.Mode
	fault   wire.Fault
	live    bool // it has our session and sends states
	boots   int
	down    ledger

	// What arrives here.
	due      []byte
	rx       wire.Receiver
	timeUs   uint32 // the newest that was heard
	heardSeq uint32
	heard    int
	stale    uint64        // states that arrived after newer ones
	at       time.Duration // when the newest state came
	state    wire.State
	ack      wire.Ack
	welcome  wire.Welcome
	info     wire.Info

	// What goes to the firmware.
	seq     uint32
	tx      []byte
	command wire.Command
	up      ledger
	noted   wire.Receiver
}

func newSession(e *Emulator) *session {
	s := &session{
		e: e, boots: e.boots, tx: make([]byte, 0, wire.MaxWire), in: make([]byte, 4096),
		said: make([]byte, 0, 1<<14), ends: make([]end, 0, 64), due: make([]byte, 0, 1<<14),
	}
	s.read = func(fd uintptr) bool {
		n, err := unix.Read(int(fd), s.in)
		if s.n = n; err != nil {
			s.n = 0
		}
		return true
	}
	s.listen()
	return s
}

// listen takes the serial line of the firmware that runs now.
func (s *session) listen() {
	conn, err := s.e.proc.serial.SyscallConn()
	if err != nil {
		panic("emulate: " + err.Error()) // a file that is open has one
	}
	s.conn = conn
}

func (s *session) send(m wire.Message) error {
	s.seq++
	s.tx = wire.Append(s.tx[:0], wire.Header{Session: sessionID, Seq: s.seq, TimeUs: s.timeUs}, m)
	s.note(s.tx)
	if s.line == nil {
		return s.transmit(s.tx)
	}
	s.line.Send(s.e.Time(), true, s.tx)
	return nil
}

// note enters a frame of ours in the ledger.
func (s *session) note(frame []byte) {
	if _, f, _, ok := s.noted.Next(frame); ok {
		s.up.said(&f)
	}
}

func (s *session) transmit(b []byte) error {
	if s.cut || s.e.Down() || len(b) == 0 {
		return nil
	}
	s.up.delivered(b)
	return s.e.transmit(b)
}

// ask sends a request and waits for its answer, while time stands still.
func (s *session) ask(m wire.Message, ok func() bool) error {
	if err := s.send(m); err != nil {
		return err
	}
	if err := s.e.exchange(flagHold | flagHost); err != nil {
		return err
	}
	for end := time.Now().Add(answerTime); !ok(); {
		if time.Now().After(end) {
			return fmt.Errorf("emulate: the firmware does not answer %v", m.Type())
		}
		if err := s.hear(time.Second); err != nil {
			return err
		}
		s.release(^uint32(0) >> 1)
	}
	return nil
}

// urge asks again and again while time goes on, as a host at the end of a line
// does.
func (s *session) urge(m wire.Message, ok func() bool) error {
	const ticks, again = 500, 25
	for n := range ticks {
		if n%again == 0 {
			if err := s.send(m); err != nil {
				return err
			}
		}
		if err := s.step(1); err != nil {
			return err
		}
		if ok() {
			return nil
		}
	}
	return fmt.Errorf("emulate: the firmware did not answer %v within %v", m.Type(), ticks*Tick)
}

// request asks for something that is acknowledged, by ask or by urge.
func (s *session) request(m wire.Message, by func(wire.Message, func() bool) error) error {
	s.ack = wire.Ack{}
	if err := by(m, func() bool { return s.ack.Request == m.Type() }); err != nil {
		return err
	}
	if s.ack.Result != wire.ResultDone {
		return fmt.Errorf("emulate: the firmware refuses %v: %v, joint %d", m.Type(), s.ack.Result, s.ack.Joint)
	}
	return nil
}

// open makes the firmware ours: hello, limits, calibration.
func (s *session) open(p *profile.Profile, by func(wire.Message, func() bool) error) error {
	s.welcome, s.info = wire.Welcome{}, wire.Info{}
	if err := by(&wire.Hello{Schema: wire.SchemaHash()}, func() bool { return s.welcome.Schema != 0 }); err != nil {
		return err
	}
	if s.welcome.Result != wire.ResultDone {
		return fmt.Errorf("emulate: the firmware refuses the session: %v (its schema is %x, ours %x)", s.welcome.Result, s.welcome.Schema, wire.SchemaHash())
	}
	s.boots, s.awaited = s.e.boots, s.e.firmwareTicks/perState
	if err := by(&wire.Query{}, func() bool { return s.info.Joints != 0 }); err != nil {
		return err
	}
	s.live = true
	c := calibration(p)
	if s.info.Calibration == c.ID {
		return nil
	}
	if err := s.request(&c, by); err != nil {
		return err
	}
	return s.step(1) // where the joints are is measured anew
}

// calibration is what calibrating the profile's robot would find.
func calibration(p *profile.Profile) wire.Calibrate {
	var c wire.Calibrate
	for i, j := range p.Joints {
		c.Joint[i] = wire.JointCalibration{Offset: j.Offset, Sign: int8(j.Sign)}
	}
	c.ID = wire.CalibrationID(&c)
	return c
}

// perState is how many ticks of the firmware make a state.
const perState = uint64(statePeriod / Tick)

// await waits until the state that is due has been said, while the firmware
// waits for the next exchange.
func (s *session) await() error {
	if err := s.poll(); err != nil {
		return err
	}
	n := s.e.firmwareTicks / perState
	if !s.live || n <= s.awaited {
		return nil
	}
	s.awaited = n
	want := uint32(time.Duration(n) * statePeriod / time.Microsecond)
	for end := time.Now().Add(answerTime); time.Now().Before(end); {
		if s.states > 0 && s.saidUs == want {
			return nil
		}
		if err := s.hear(time.Second); err != nil {
			return err
		}
	}
	return fmt.Errorf("emulate: no state of %v came; the newest is of %v", time.Duration(n)*statePeriod, time.Duration(s.saidUs)*time.Microsecond)
}

// step runs ticks, and takes each state when it comes.
func (s *session) step(n int) error {
	for range n {
		if s.onTick != nil {
			if err := s.onTick(); err != nil {
				return err
			}
		}
		if s.line != nil {
			s.due = s.line.Due(s.e.Time(), true, s.due[:0])
			if err := s.transmit(s.due); err != nil {
				return err
			}
		}
		if err := s.e.pass(); err != nil {
			return err
		}
		if s.live && (s.e.Down() || s.boots != s.e.boots) {
			s.live = false
			s.said, s.ends, s.raw = s.said[:0], s.ends[:0], wire.Receiver{}
			s.listen()
		}
		if err := s.await(); err != nil {
			return err
		}
		s.release(s.until())
		s.arrive()
	}
	return nil
}

// until is up to when everything has surely come: the state that was awaited now,
// else the tick before.
func (s *session) until() uint32 {
	now := s.e.firmwareTicks
	if !s.live || now%perState != 0 {
		now--
	}
	return uint32(time.Duration(now) * Tick / time.Microsecond)
}
