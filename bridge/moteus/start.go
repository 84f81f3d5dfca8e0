package moteus

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"whisker/bridge/bus"
	"whisker/bridge/serial"
)

// Identify finds every controller once, of the right model, stopped, healthy, with
// a known position and with gains that reach what may be asked for.
func (d *Driver) Identify() error {
	d.armed = false
	if err := d.census(); err != nil {
		return err
	}
	if err := d.stop(); err != nil {
		return err
	}
	for i := range d.replies {
		if err := d.inspect(i); err != nil {
			return err
		}
	}
	return nil
}

// census asks every id and says all at once who is missing, there twice or other.
func (d *Driver) census() error {
	payload := append(append([]byte(nil), query...), inventory...)
	c, err := bus.TakeCensus(d.line, d.opt.IDs, func(id int, wait time.Duration) (int, error) {
		r := &d.replies[slices.Index(d.opt.IDs, id)]
		err := d.call(r, payload, wait)
		if err == nil {
			err = d.linger()
		}
		if errors.Is(err, serial.ErrTimeout) && r.count == 0 {
			err = nil
		}
		return r.count, err
	})
	if err != nil {
		return fmt.Errorf("moteus: %w", err)
	}
	if len(c.Missing) == len(d.opt.IDs) {
		return fmt.Errorf("moteus: no controller answers: want power, wiring, CAN-FD at 1 and 5 Mbit/s with its terminators, or the UART's own rate")
	}
	if faults := c.Faults(); faults != "" {
		return fmt.Errorf("moteus: %s: want %d controllers, each with an id of its own", faults, len(d.opt.IDs))
	}
	for i := range d.replies {
		if r := &d.replies[i]; r.model != d.opt.Model {
			return fmt.Errorf("moteus: wrong model: id %d is %#x: want %#x", r.id, r.model, d.opt.Model)
		}
	}
	return nil
}

// call sends a payload to one controller and waits for its answer.
func (d *Driver) call(r *reply, payload []byte, wait time.Duration) error {
	r.forget()
	d.request = d.request[:0]
	d.frame(int(r.id), payload, true)
	err := d.exchange(func() bool { return r.count > 0 }, wait)
	if err != nil {
		d.line.Fail()
	}
	return err
}

// linger waits for a second answer.
func (d *Driver) linger() error {
	for end := time.Now().Add(bus.Again); ; {
		switch err := d.next(end); {
		case errors.Is(err, serial.ErrTimeout):
			return nil
		case err != nil:
			return err
		}
	}
}

// stop puts all controllers into mode stopped, where they have no torque and
// where faults are cleared that are over.
func (d *Driver) stop() error {
	payload := append(questions(Subframe{Op: Write, Data: stopMode[:]}), query...)
	return stubborn(func() error { return d.ask(payload) })
}

// homeOutput is the state of a position that counts from a known zero.
const homeOutput = 2

// inspect refuses a controller whose state or setup is not the one wanted.
func (d *Driver) inspect(i int) error {
	r, s := &d.replies[i], &d.spans[i]
	if err := d.healthy(r); err != nil {
		return err
	}
	if r.homed != homeOutput {
		return fmt.Errorf("moteus: id %d does not know where its output stands (home state %d): want an output encoder, or the output position set", r.id, r.homed)
	}
	kp, err := d.configured(i, "servo.pid_position.kp")
	if err != nil {
		return err
	}
	kd, err := d.configured(i, "servo.pid_position.kd")
	if err != nil {
		return err
	}
	const turn = 2 * math.Pi
	d.gains[i] = gains{kp / turn, kd / turn}
	if g := d.gains[i]; s.Kp > g.kp*(1+1e-6) || s.Kd > g.kd*(1+1e-6) {
		return fmt.Errorf("moteus: actuator %s may ask for %.3g N·m/rad and %.3g N·m·s/rad, id %d is set up for %.3g and %.3g: "+
			"want servo.pid_position.kp of %.3g and .kd of %.3g at least", s.Name, s.Kp, s.Kd, r.id, g.kp, g.kd, s.Kp*turn, s.Kd*turn)
	}
	return nil
}

// configured reads a number of a controller's setup through its diagnostic stream
// (docs/protocol/diagnostic.md, "conf get").
func (d *Driver) configured(i int, key string) (v float64, err error) {
	r := &d.replies[i]
	ask := questions(Subframe{Op: StreamWrite, Reg: 1, Data: []byte("conf get " + key + "\n")}, Subframe{Op: StreamPoll, Reg: 1, Count: 48})
	more := questions(Subframe{Op: StreamPoll, Reg: 1, Count: 48})
	var text string
	for payload, n := ask, 0; n < 20; payload, n = more, n+1 {
		// Not asked again: an answer that came late would be another question's.
		if err = d.call(r, payload, streamWait); err != nil {
			return 0, err
		}
		text += string(r.text)
		lines := strings.FieldsFunc(text, func(c rune) bool { return c == '\r' || c == '\n' })
		if len(lines) > 0 && strings.HasPrefix(lines[len(lines)-1], "ERR") {
			break
		}
		if len(lines) > 1 && lines[len(lines)-1] == "OK" {
			if v, err = strconv.ParseFloat(lines[len(lines)-2], 64); err == nil && v >= 0 {
				return v, nil
			}
			break
		}
	}
	return 0, fmt.Errorf("moteus: id %d says %q about %s: want a number", r.id, text, key)
}

// streamWait is how much longer an answer of the diagnostic stream may take.
const streamWait = 200 * time.Millisecond

// Enable makes each controller hold where it is. Each command carries the timeout,
// after which a controller turns to what servo.timeout_mode says, damping at first.
func (d *Driver) Enable(timeout time.Duration) error {
	d.watch = timeout
	d.request = d.request[:0]
	for i, id := range d.opt.IDs {
		s := &d.spans[i]
		d.command(i, &bus.Target{Pos: math.NaN(), Kp: s.Kp, Kd: s.Kd}) // no number is "where it is"
		d.frame(id, append(d.payload, query...), true)
	}
	if err := d.collect(); err != nil {
		return err
	}
	d.armed = true
	return stubborn(func() error { return d.ask(query) })
}

// Release stops all controllers and makes sure of it.
func (d *Driver) Release() error {
	d.armed, d.deaf = false, true
	defer func() { d.deaf = false }()
	d.line.Fail()
	for i := range d.replies {
		d.replies[i].forget()
	}
	err := d.stop()
	if bus.Gone(err) {
		return fmt.Errorf("moteus: torque may be on, until the watchdogs see that commands stopped: %w", err)
	}
	var unsure []string
	for i := range d.replies {
		if r := &d.replies[i]; r.count != 1 || r.mode != ModeStopped && r.mode != ModeFault {
			unsure = append(unsure, fmt.Sprint(r.id))
		}
	}
	if len(unsure) > 0 {
		return fmt.Errorf("moteus: torque may be on at id %s: it does not confirm", strings.Join(unsure, ", "))
	}
	return nil
}
