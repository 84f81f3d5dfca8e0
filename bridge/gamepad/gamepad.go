package gamepad

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Options say what full sticks ask for.
type Options struct {
	Forward, Left float64 // m/s
	Turn          float64 // rad/s
	// Aim, if not nil, is told when that changes, in the goroutine of Run.
	Aim func(forward, left, turn float64)
}

// Pad is a game controller. Open makes it, Run reads it, Close closes it.
type Pad struct {
	file  *os.File
	opt   Options
	axes  [4]axis
	ended *os.File // a pipe that ends Run's wait
	end   *os.File // its other end

	left, right bool // the shoulder buttons
	sticks      [4]float64
	aimed       [3]float64
	buf         [64 * eventSize]byte
	n           int
	held        atomic.Bool
}

// The kernel's numbers.
const (
	eventSize = 24 // of struct input_event where a time is two words of 64 bits
	evSyn     = 0
	evKey     = 1
	evAbs     = 3
	synDrop   = 3
	buttonTL  = 0x136
	buttonTR  = 0x137
)

// sticks in the order of axes.
var codes = [4]uint16{0: 0x00, 1: 0x01, 2: 0x03, 3: 0x04} // x and y of the left, x and y of the right

// axis is the range of a stick.
type axis struct{ min, max int32 }

// deadZone is how far a stick may stand from its middle and mean nothing.
const deadZone = 0.12

func newPad(f *os.File, axes [4]axis, opt Options) (*Pad, error) {
	p := &Pad{file: f, opt: opt, axes: axes}
	var err error
	if p.ended, p.end, err = os.Pipe(); err != nil {
		return nil, fmt.Errorf("gamepad: %w", err)
	}
	return p, nil
}

// Close closes the device. Run has to be over.
func (p *Pad) Close() error {
	p.held.Store(false)
	return errors.Join(p.end.Close(), p.ended.Close(), p.file.Close())
}

// Held says whether a shoulder button is held now. It neither waits nor allocates.
func (p *Pad) Held() bool { return p.held.Load() }

// Run follows the pad until ctx is done, or the device is gone: then the switch is
// released for good, which is no error.
func (p *Pad) Run(ctx context.Context) error {
	defer p.release()
	defer context.AfterFunc(ctx, func() { p.end.Write([]byte{0}) })()
	fds := []unix.PollFd{{Fd: int32(p.file.Fd()), Events: unix.POLLIN}, {Fd: int32(p.ended.Fd()), Events: unix.POLLIN}}
	for ctx.Err() == nil {
		if _, err := unix.Poll(fds, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("gamepad: %w", err)
		}
		switch {
		case fds[0].Revents&unix.POLLIN != 0:
			n, err := unix.Read(int(fds[0].Fd), p.buf[p.n:])
			if n <= 0 && !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EAGAIN) {
				return nil
			}
			p.take(p.n + max(0, n))
		case fds[0].Revents != 0:
			return nil
		}
	}
	return nil
}

// release is for good, or until the next press.
func (p *Pad) release() {
	p.left, p.right = false, false
	p.tell()
}

// take obeys the events of buf[:n] and keeps what is left of one.
func (p *Pad) take(n int) {
	at := 0
	for ; n-at >= eventSize; at += eventSize {
		e := p.buf[at+16 : at+eventSize] // the time is not needed
		p.event(binary.NativeEndian.Uint16(e), binary.NativeEndian.Uint16(e[2:]), int32(binary.NativeEndian.Uint32(e[4:])))
	}
	p.n = copy(p.buf[:], p.buf[at:n])
}

// event obeys one. What belongs together ends with a report: only then is it told.
func (p *Pad) event(kind, code uint16, value int32) {
	switch {
	case kind == evSyn && code == synDrop: // events were lost, a release may be among them
		p.release()
	case kind == evSyn && code == 0:
		p.tell()
	case kind == evKey && (code == buttonTL || code == buttonTR):
		p.press(code, value)
	case kind == evAbs:
		for i, c := range codes {
			if c == code {
				p.sticks[i] = p.axes[i].part(value)
			}
		}
	}
}

// press takes a shoulder button: 1 is pressed, 0 released, 2 a repetition.
func (p *Pad) press(code uint16, value int32) {
	button := &p.left
	if code == buttonTR {
		button = &p.right
	}
	switch value {
	case 0:
		*button = false
	case 1:
		*button = true
	}
}

// part is where a stick stands, -1 to 1.
func (a axis) part(value int32) float64 {
	if a.max <= a.min {
		return 0
	}
	x := 2*(float64(value)-float64(a.min))/(float64(a.max)-float64(a.min)) - 1
	if math.Abs(x) < deadZone {
		return 0
	}
	return max(-1, min(1, math.Copysign((math.Abs(x)-deadZone)/(1-deadZone), x)))
}

// tell makes what is held, and what the sticks ask for, known: who sees the switch
// held finds the goal of that moment and none of an earlier one, who is told that
// nothing is asked for finds the switch released. Sticks point down and right where
// their numbers grow.
func (p *Pad) tell() {
	on := p.left || p.right
	if !on {
		p.held.Store(false)
	}
	aim := [3]float64{}
	if on {
		aim = [3]float64{-p.sticks[1] * p.opt.Forward, -p.sticks[0] * p.opt.Left, -p.sticks[2] * p.opt.Turn}
	}
	if aim != p.aimed && p.opt.Aim != nil {
		p.opt.Aim(aim[0], aim[1], aim[2])
	}
	p.aimed = aim
	p.held.Store(on)
}
