package emulate

import (
	"errors"
	"fmt"
	"os"
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

// hear takes what the firmware has said, and waits up to patience for something.
func (s *session) hear(patience time.Duration) error {
	if err := s.e.proc.serial.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return s.e.proc.why(err)
	}
	n, err := s.e.proc.serial.Read(s.in)
	if derr := s.e.proc.serial.SetReadDeadline(time.Time{}); derr != nil {
		return s.e.proc.why(derr)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	if err != nil {
		return s.e.proc.why(err)
	}
	return s.sort(s.in[:n])
}

// poll takes what has come, without a wait.
func (s *session) poll() error {
	for {
		if err := s.conn.Read(s.read); err != nil {
			return s.e.proc.why(err)
		}
		if s.n <= 0 {
			return nil
		}
		if err := s.sort(s.in[:s.n]); err != nil {
			return err
		}
	}
}

// sort cuts what came into frames, which wait in said.
func (s *session) sort(b []byte) error {
	if s.trace != nil {
		s.trace(b)
	}
	for {
		rest, f, verdict, ok := s.raw.Next(b)
		s.said = append(s.said, b[:len(b)-len(rest)]...)
		if b = rest; !ok {
			return nil
		}
		if verdict != wire.Accepted {
			if s.live {
				return fmt.Errorf("emulate: a frame from the firmware is refused: %v", verdict)
			}
			s.said = s.said[:s.whole()] // it was reset in the middle of a frame
			continue
		}
		if f.Type == wire.TypeState {
			f.Decode(&s.own)
			s.states, s.saidUs = s.states+1, f.TimeUs
			s.mode, s.fault = s.own.Mode, s.own.Fault
		}
		s.ends = append(s.ends, end{len(s.said), f.TimeUs})
	}
}

// end is where a frame in said ends, and when the firmware said it.
type end struct {
	at     int
	timeUs uint32
}

// whole is where the last whole frame in said ends.
func (s *session) whole() int {
	if len(s.ends) == 0 {
		return 0
	}
	return s.ends[len(s.ends)-1].at
}

// release sends what the firmware has said up to a time on its way, frame by
// frame. What it says after that time may have come already, or not yet.
func (s *session) release(until uint32) {
	from, n := 0, 0
	for _, e := range s.ends {
		if int32(e.timeUs-until) > 0 {
			break
		}
		s.pass(s.said[from:e.at])
		from, n = e.at, n+1
	}
	s.said = s.said[:copy(s.said, s.said[from:])]
	s.ends = s.ends[:copy(s.ends, s.ends[n:])]
	for i := range s.ends {
		s.ends[i].at -= from
	}
}

// pass gives a frame of the firmware to the line.
func (s *session) pass(frame []byte) {
	if s.cut {
		return
	}
	_, f, _, ok := s.one.Next(frame)
	switch {
	case !ok:
	case s.line == nil:
		s.take(&f)
	default:
		s.down.said(&f)
		s.line.Send(s.e.Time(), false, frame)
	}
}

// arrive takes what the line brings now.
func (s *session) arrive() {
	if s.line == nil {
		return
	}
	s.due = s.line.Due(s.e.Time(), false, s.due[:0])
	for b := s.due; ; {
		rest, f, verdict, ok := s.rx.Next(b)
		if !ok {
			return
		}
		if b = rest; verdict == wire.Accepted {
			s.down.heard(&f)
			s.take(&f)
		}
	}
}

// take is the host's: of states it takes newer ones only.
func (s *session) take(f *wire.Frame) {
	switch f.Type {
	case wire.TypeState:
		if s.heard > 0 && int32(f.Seq-s.heardSeq) <= 0 {
			s.stale++
			return
		}
		f.Decode(&s.state)
		s.timeUs, s.heardSeq, s.at = f.TimeUs, f.Seq, s.e.Time()
		s.heard++
		if s.onState != nil {
			s.onState()
		}
	case wire.TypeAck:
		f.Decode(&s.ack)
	case wire.TypeWelcome:
		f.Decode(&s.welcome)
		s.heard = 0 // its frames may be counted anew
	case wire.TypeInfo:
		f.Decode(&s.info)
	}
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
