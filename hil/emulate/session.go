package emulate

import (
	"errors"
	"fmt"
	"os"
	"time"

	"whisker/bridge/wire"
	"whisker/controller/profile"
)

// sessionID is the same in every run: the firmware is fresh in each.
const sessionID = 0x77686b72

// session is the host's end of the serial line in lockstep.
type session struct {
	e       *Emulator
	seq     uint32
	timeUs  uint32 // the newest that was heard
	rx      wire.Receiver
	tx, in  []byte
	rest    []byte
	header  wire.Header // of the newest State
	state   wire.State
	states  int
	ack     wire.Ack
	welcome wire.Welcome
	info    wire.Info
	command wire.Command
	trace   func(line []byte) // every byte from the firmware, for tests
}

func newSession(e *Emulator) *session {
	return &session{e: e, tx: make([]byte, 0, wire.MaxWire), in: make([]byte, 4096)}
}

func (s *session) send(m wire.Message) error {
	s.seq++
	s.tx = wire.Append(s.tx[:0], wire.Header{Session: sessionID, Seq: s.seq, TimeUs: s.timeUs}, m)
	if _, err := s.e.proc.serial.Write(s.tx); err != nil {
		return s.e.proc.why(err)
	}
	return nil
}

// hear takes what has come, and waits up to patience for something.
func (s *session) hear(patience time.Duration) error {
	if len(s.rest) == 0 {
		if err := s.e.proc.serial.SetReadDeadline(time.Now().Add(patience)); err != nil {
			return s.e.proc.why(err)
		}
		n, err := s.e.proc.serial.Read(s.in)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if err != nil {
			return s.e.proc.why(err)
		}
		s.rest = s.in[:n]
		if s.trace != nil {
			s.trace(s.rest)
		}
	}
	var f wire.Frame
	var verdict wire.Verdict
	var ok bool
	if s.rest, f, verdict, ok = s.rx.Next(s.rest); !ok {
		return nil
	}
	if verdict != wire.Accepted {
		return fmt.Errorf("emulate: a frame from the firmware is refused: %v", verdict)
	}
	s.take(&f)
	return nil
}

func (s *session) take(f *wire.Frame) {
	switch f.Type {
	case wire.TypeState:
		f.Decode(&s.state)
		s.header, s.timeUs = f.Header, f.TimeUs
		s.states++
	case wire.TypeAck:
		f.Decode(&s.ack)
	case wire.TypeWelcome:
		f.Decode(&s.welcome)
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
	}
	return nil
}

// request asks for something that is acknowledged.
func (s *session) request(m wire.Message) error {
	s.ack = wire.Ack{}
	if err := s.ask(m, func() bool { return s.ack.Request == m.Type() }); err != nil {
		return err
	}
	if s.ack.Result != wire.ResultDone {
		return fmt.Errorf("emulate: the firmware refuses %v: %v, joint %d", m.Type(), s.ack.Result, s.ack.Joint)
	}
	return nil
}

// open makes the firmware ours: hello, limits, calibration.
func (s *session) open(p *profile.Profile) error {
	if err := s.ask(&wire.Hello{Schema: wire.SchemaHash()}, func() bool { return s.welcome.Schema != 0 }); err != nil {
		return err
	}
	if s.welcome.Result != wire.ResultDone {
		return fmt.Errorf("emulate: the firmware refuses the session: %v (its schema is %x, ours %x)", s.welcome.Result, s.welcome.Schema, wire.SchemaHash())
	}
	if err := s.ask(&wire.Query{}, func() bool { return s.info.Joints != 0 }); err != nil {
		return err
	}
	c := calibration(p)
	if s.info.Calibration == c.ID {
		return nil
	}
	if err := s.request(&c); err != nil {
		return err
	}
	return s.e.Step(1) // where the joints are is measured anew
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

// await waits until the State of a time has come, while the firmware waits for
// the next exchange.
func (s *session) await(at time.Duration) error {
	want := uint32(at / time.Microsecond)
	for end := time.Now().Add(answerTime); time.Now().Before(end); {
		if s.states > 0 && s.header.TimeUs == want {
			return nil
		}
		if err := s.hear(time.Second); err != nil {
			return err
		}
	}
	return fmt.Errorf("emulate: no state of %v came; the newest is of %v", at, time.Duration(s.header.TimeUs)*time.Microsecond)
}

// step runs ticks, and takes each state when it comes.
func (s *session) step(n int) error {
	for range n {
		if err := s.e.Step(1); err != nil {
			return err
		}
		if s.e.Time()%statePeriod == 0 {
			if err := s.await(s.e.Time()); err != nil {
				return err
			}
		}
	}
	return nil
}
