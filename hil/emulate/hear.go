package emulate

import (
	"errors"
	"fmt"
	"os"
	"time"

	"whisker/bridge/wire"
)

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
