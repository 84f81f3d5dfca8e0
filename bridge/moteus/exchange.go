package moteus

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"whisker/bridge/bus"
	"whisker/bridge/serial"
)

// reply is the newest answer of one controller.
type reply struct {
	id    byte
	mode  Mode
	fault int

	position, velocity, torque, current, voltage, temperature float64 // in the device's units

	uptime, before uint32 // ms, of this answer and of the one before

	homed int
	model uint32
	text  []byte // of the diagnostic stream
	count int    // answers to the last question
}

// query asks for what Read needs; answerSize is the size of the answer.
var query = questions(
	Subframe{Op: Read, Reg: RegMode, Count: 1},
	Subframe{Op: Read, Res: Float, Reg: RegPosition, Count: 4}, // velocity, torque, current
	Subframe{Op: Read, Res: Int16, Reg: RegVoltage, Count: 3},  // temperature, fault
	Subframe{Op: Read, Res: Int32, Reg: RegUptime, Count: 1},
)

const answerSize = 3 + 3 + 4*4 + 2 + 3*2 + 2 + 4

// inventory asks for what Identify needs besides.
var inventory = questions(
	Subframe{Op: Read, Reg: RegHomeState, Count: 1},
	Subframe{Op: Read, Res: Int32, Reg: RegModel, Count: 1},
)

func questions(s ...Subframe) (b []byte) {
	for i := range s {
		b = Append(b, &s[i])
	}
	return b
}

// frame adds the line that sends a payload to a controller to the request.
func (d *Driver) frame(id int, payload []byte, answer bool) {
	l := Line{Kind: Send, Frame: Frame{ID: ID(0, byte(id), answer), Data: payload}}
	d.request = AppendLine(d.request, &l, d.opt.UART)
}

// ask sends one payload to all controllers and waits for their answers, in
// whatever order they come.
func (d *Driver) ask(payload []byte) error {
	d.request = d.request[:0]
	for _, id := range d.opt.IDs {
		d.frame(id, payload, true)
	}
	return d.collect()
}

// collect sends the request and waits for an answer of every controller.
func (d *Driver) collect() error {
	for i := range d.replies {
		d.replies[i].count = 0
	}
	err := d.exchange(d.complete, 0)
	if err != nil {
		d.line.Fail()
	}
	return err
}

// exchange sends the request and reads lines until done, for as long as a cycle
// takes and more.
func (d *Driver) exchange(done func() bool, more time.Duration) error {
	if err := d.line.Send(d.request); err != nil {
		return fmt.Errorf("moteus: %w", err)
	}
	for deadline := d.deadline().Add(more); !done(); {
		switch err := d.next(deadline); {
		case errors.Is(err, serial.ErrTimeout):
			return d.silent(err)
		case err != nil && (!d.deaf || bus.Gone(err)):
			return err
		}
	}
	return nil
}

func (d *Driver) complete() bool {
	for i := range d.replies {
		if d.replies[i].count == 0 {
			return false
		}
	}
	return true
}

func (d *Driver) silent(err error) error {
	var ids []string
	for i := range d.replies {
		if d.replies[i].count == 0 {
			ids = append(ids, fmt.Sprint(d.replies[i].id))
		}
	}
	return fmt.Errorf("moteus: id %s does not answer: %w", strings.Join(ids, ", "), err)
}

// deadline is when a cycle is over.
func (d *Driver) deadline() time.Time {
	return time.Now().Add(d.cycle.Time() + d.opt.Slack)
}

// next takes one line that has come, or waits for more bytes.
func (d *Driver) next(deadline time.Time) error {
	b := d.line.Bytes()
	end := bytes.IndexAny(b, "\r\n")
	if end < 0 {
		return d.line.Fill(deadline)
	}
	text := b[:end]
	d.line.Drop(end + 1)
	if len(text) == 0 {
		return nil // between \r and \n
	}
	l, err := ParseLine(text, d.data[:])
	switch {
	case err != nil:
		return err
	case d.opt.UART && !l.Checked:
		return fmt.Errorf("%w: a line came without one", ErrChecksum)
	case l.Kind == Fail:
		return fmt.Errorf("moteus: the adapter says: %s", l.Text)
	case l.Kind != Recv || l.Frame.ID&0x7F != 0:
		return nil // an OK, or between others
	}
	return d.take(&l.Frame)
}

// take stores what a controller says.
func (d *Driver) take(f *Frame) error {
	for i := range d.replies {
		if r := &d.replies[i]; uint32(r.id) == f.ID>>8&0x7F {
			if r.count++; r.count > 1 {
				return fmt.Errorf("%w: id %d", errTwice, r.id)
			}
			return r.take(f.Data)
		}
	}
	return nil
}

// take reads the subframes of an answer.
func (r *reply) take(b []byte) error {
	for {
		s, n, err := Next(b)
		if err != nil {
			return fmt.Errorf("moteus: id %d: %w", r.id, err)
		}
		if n == 0 {
			return nil
		}
		b = b[n:]
		switch s.Op {
		case Reply:
			for i := range s.Values() {
				r.set(s.Reg+uint32(i), s.Value(i))
			}
		case StreamReply:
			r.text = append(r.text, s.Data...)
		case ReadError, WriteError:
			return fmt.Errorf("moteus: id %d refuses register %#03x with error %d", r.id, s.Reg, s.Count)
		}
	}
}

func (r *reply) set(reg uint32, v float64) {
	switch reg {
	case RegMode:
		r.mode = Mode(v)
	case RegPosition:
		r.position = v
	case RegVelocity:
		r.velocity = v
	case RegTorque:
		r.torque = v
	case RegQCurrent:
		r.current = v
	case RegHomeState:
		r.homed = int(v)
	case RegUptime:
		r.before, r.uptime = r.uptime, uint32(int32(v))
	case RegVoltage:
		r.voltage = v
	case RegTemperature:
		r.temperature = v
	case RegFault:
		r.fault = int(v)
	case RegModel:
		r.model = uint32(int32(v))
	}
}

// forget makes every value one that no check passes.
func (r *reply) forget() {
	nan := math.NaN()
	*r = reply{id: r.id, mode: ModeFault, homed: -1, position: nan, velocity: nan, torque: nan, current: nan, voltage: nan, temperature: nan, text: r.text[:0]}
}

// stubborn repeats what may fail on a busy host.
func stubborn(f func() error) (err error) {
	for range tries {
		if err = f(); err == nil || bus.Gone(err) || errors.Is(err, bus.ErrDevice) || errors.Is(err, errTwice) {
			return err
		}
	}
	return err
}

// tries is how often something that matters is asked for.
const tries = 3
