package board

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"whisker/bridge/wire"
)

// How long requests are tried, and how often.
const (
	helloTime = 2 * time.Second // a board needs a second to start
	askTime   = time.Second
	askEvery  = 50 * time.Millisecond
	// restTime is for damping to end, half a second or 3 s, on a board whose clock may
	// be an emulator's on a busy machine.
	restTime = 5 * time.Second
	// held is how long the firmware may be silent before the session is taken for
	// lost; it gives the session to another host after a second.
	held = 500 * time.Millisecond
)

// header counts a frame. It is called with mu held.
func (r *Robot) header() wire.Header {
	r.seq++
	return wire.Header{Session: r.session, Seq: r.seq, TimeUs: r.in.timeUs}
}

var errUnanswered = errors.New("the firmware did not answer")

// ask sends a message every askEvery until done, which is called with mu held, or
// until the time is over.
func (r *Robot) ask(m wire.Message, limit time.Duration, done func() bool) error {
	buf := make([]byte, 0, wire.MaxWire)
	ok, err := r.wait(limit, done, func() error {
		r.mu.Lock()
		defer r.mu.Unlock()
		buf = wire.Append(buf[:0], r.header(), m)
		return r.sender.Urge(buf)
	})
	switch {
	case err != nil:
		return fmt.Errorf("board: %v: %w", m.Type(), err)
	case !ok:
		return fmt.Errorf("board: %w %v within %v", errUnanswered, m.Type(), limit)
	}
	return nil
}

// wait waits until done, which is called with mu held, and calls each at once and
// every askEvery. The time is counted in those waits: a pause of this machine is one
// of them, and no silence of the robot.
func (r *Robot) wait(limit time.Duration, done func() bool, each func() error) (ok bool, err error) {
	again := time.NewTimer(0)
	defer again.Stop()
	for left := limit / askEvery; ; {
		select {
		case <-r.event:
		case <-again.C:
			if left--; left < 0 {
				return false, nil
			}
			if err := each(); err != nil {
				return false, err
			}
			again.Reset(askEvery)
		}
		r.mu.Lock()
		ok = done()
		r.mu.Unlock()
		if ok {
			return true, nil
		}
	}
}

// request sends a request until it is acknowledged. The window lets no ack of an
// earlier request pass for this one's: its sequence would be smaller.
func (r *Robot) request(m wire.Message) (wire.Ack, error) {
	var ack wire.Ack
	r.mu.Lock()
	first := r.seq
	r.in.acked = false
	r.mu.Unlock()
	err := r.ask(m, askTime, func() bool {
		ack = r.in.ack
		return r.in.acked && ack.Request == m.Type() && int32(ack.Seq-first) > 0
	})
	return ack, err
}

// require is request, with a refusal as an error in words.
func (r *Robot) require(m wire.Message) error {
	ack, err := r.request(m)
	if err != nil || ack.Result == wire.ResultDone {
		return err
	}
	return fmt.Errorf("board: the firmware refuses %v: %s", m.Type(), r.because(&ack))
}

// because puts a refusal into words.
func (r *Robot) because(a *wire.Ack) string {
	joint := "joint ?"
	if int(a.Joint) < len(r.body.Joints) {
		joint = r.body.Joints[a.Joint].Name
	}
	s := r.newest()
	switch a.Result {
	case wire.ResultPosition:
		return fmt.Sprintf("%s is not where it was said to be (%.3f rad)", joint, s.Joint[a.Joint%wire.Joints].Pos)
	case wire.ResultLimit:
		return fmt.Sprintf("%s is outside of its limits (%.3f rad)", joint, s.Joint[a.Joint%wire.Joints].Pos)
	case wire.ResultFault:
		return fmt.Sprintf("fault %v is latched", s.Fault)
	case wire.ResultMode:
		return fmt.Sprintf("it is in mode %v", s.Mode)
	case wire.ResultUncalibrated:
		return "the robot has no calibration: run `whisker calibrate`"
	case wire.ResultVoltage:
		return fmt.Sprintf("the battery has %.1f V", s.Voltage)
	case wire.ResultEStopInput:
		return "the e-stop is pressed"
	}
	return a.Result.String()
}

// newest copies the newest state.
func (r *Robot) newest() wire.State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.in.state
}

// hello opens a session, unless there is one.
func (r *Robot) hello() error {
	r.mu.Lock()
	if r.session != 0 && r.in.link.Session == r.session && time.Since(r.in.at) < held {
		r.mu.Unlock()
		return nil
	}
	r.session = newSession()
	r.in.begin(r.session)
	r.mu.Unlock()
	m := &wire.Hello{Schema: wire.SchemaHash(), Version: wire.MakeText(r.o.Version)}
	// Busy is asked again: a program that was just ended holds the robot a second.
	err := r.ask(m, helloTime, func() bool { return r.in.greeted && r.in.welcome.Result != wire.ResultBusy })
	r.mu.Lock()
	w, in, dev := r.in.welcome, r.in, r.line.Device()
	if err != nil || w.Result != wire.ResultDone {
		r.session = 0
	}
	r.mu.Unlock()
	if err != nil && !in.greeted {
		return r.silence(&in, dev)
	}
	return r.greeting(&w)
}

// newSession is any number but 0.
func newSession() uint32 {
	var b [4]byte
	for {
		rand.Read(b[:])
		if s := binary.LittleEndian.Uint32(b[:]); s != 0 {
			return s
		}
	}
}

// silence says what an unanswered hello may mean.
func (r *Robot) silence(in *inbox, dev string) error {
	baud := r.baud
	switch {
	case in.version:
		return fmt.Errorf("board: the firmware on %s speaks another version of the frame, want %d: flash the firmware that came with this program (make flash)", dev, wire.Version)
	case in.bytes == 0:
		return fmt.Errorf("board: %s is silent at %d baud: is this the robot's line, and has the robot power?", dev, baud)
	}
	return fmt.Errorf("board: %s does not answer hello; %d bytes came at %d baud and %d of the pieces are no frames: another device, or another rate", dev, in.bytes, baud, total(in.rx.Refused))
}

func total(n [wire.Verdicts]uint64) (sum uint64) {
	for _, k := range n {
		sum += k
	}
	return sum
}

// greeting judges a welcome.
func (r *Robot) greeting(w *wire.Welcome) error {
	switch w.Result {
	case wire.ResultDone:
		return nil
	case wire.ResultSchema:
		return fmt.Errorf("board: firmware %q of robot %q has schema %016x, this program %q has %016x: flash the firmware that came with this program (make flash)",
			w.Version.String(), w.Robot.String(), w.Schema, r.o.Version, wire.SchemaHash())
	case wire.ResultBusy:
		return fmt.Errorf("board: another program has the robot (session %08x): stop it, or wait a second after it is gone", w.Holder)
	}
	return fmt.Errorf("board: the firmware refuses the session: %v", w.Result)
}
