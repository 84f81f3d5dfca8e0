package board

import (
	"time"

	"whisker/bridge/wire"
)

// inbox holds the newest of everything that the firmware said.
type inbox struct {
	rx       wire.Receiver
	link     wire.Link
	session  uint32 // that we proposed; 0 for none
	late     uint64 // refused by the window or the session
	strange  uint64
	bytes    uint64
	version  bool // frames of another layout come
	welcome  wire.Welcome
	greeted  bool
	info     wire.Info
	informed bool
	ack      wire.Ack
	acked    bool
	state    wire.State
	states   uint64        // since New
	fresh    uint64        // of them, in this session
	timeUs   uint32        // of the newest state
	clock    time.Duration // the same without wrapping, since the first
	at       time.Time     // when it came
	echoed   bool          // it is the first to echo its command
}

// begin forgets a session for the next one. The newest state stays and ages.
func (in *inbox) begin(session uint32) {
	*in = inbox{
		session: session, rx: in.rx, late: in.late, strange: in.strange, bytes: in.bytes,
		state: in.state, states: in.states, clock: in.clock, at: in.at,
	}
}

// refused counts by verdict.
func (in *inbox) refused() [wire.Verdicts]uint64 {
	n := in.rx.Refused
	n[wire.VerdictWindow] += in.late
	n[wire.VerdictSession] += in.strange
	return n
}

// next takes one frame off b; state says that a new state came.
func (in *inbox) next(b []byte, at time.Time) (rest []byte, state, ok bool) {
	rest, f, verdict, ok := in.rx.Next(b)
	in.bytes += uint64(len(b) - len(rest))
	if !ok {
		return nil, false, false
	}
	if verdict != wire.Accepted {
		in.version = in.version || verdict == wire.VerdictVersion
		return rest, false, true
	}
	if f.Type == wire.TypeWelcome {
		in.greet(&f)
		return rest, false, true
	}
	switch in.link.Check(&f, 0) {
	case wire.Accepted:
		return rest, in.take(&f, at), true
	case wire.VerdictWindow:
		in.late++
	default:
		in.strange++
	}
	return rest, false, true
}

// greet takes a welcome to the session that we proposed.
func (in *inbox) greet(f *wire.Frame) {
	if in.session == 0 || f.Session != in.session {
		in.strange++
		return
	}
	f.Decode(&in.welcome)
	in.greeted = true
	if in.welcome.Result == wire.ResultDone && in.link.Session != f.Session {
		in.link.Open(f.Session, f.Seq)
	}
}

func (in *inbox) take(f *wire.Frame, at time.Time) (state bool) {
	switch f.Type {
	case wire.TypeAck:
		f.Decode(&in.ack)
		in.acked = true
	case wire.TypeInfo:
		f.Decode(&in.info)
		in.informed = true
	case wire.TypeState:
		before := in.state.Command
		f.Decode(&in.state)
		in.echoed = in.state.Command != before
		switch {
		case in.fresh > 0:
			in.clock += time.Duration(f.TimeUs-in.timeUs) * time.Microsecond
		case in.states > 0: // the robot's clock may have begun anew
			in.clock += at.Sub(in.at)
		}
		in.timeUs, in.at = f.TimeUs, at
		in.states, in.fresh = in.states+1, in.fresh+1
		return true
	}
	return false
}
