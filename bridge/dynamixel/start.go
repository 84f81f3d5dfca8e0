package dynamixel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"whisker/bridge/bus"
	"whisker/bridge/serial"
)

// Identify finds every servo once, with the right model, healthy and without
// torque, and sets its operating mode where that differs.
func (d *Driver) Identify() error {
	d.delays, d.fast, d.cycles = 0, d.opt.Fast, 0 // the first readings come before there is torque
	d.layout()
	if err := d.census(); err != nil {
		return err
	}
	for _, id := range d.opt.IDs {
		if err := d.inspect(byte(id)); err != nil {
			return err
		}
	}
	return d.look(0) // voltages are wanted before torque
}

// census pings every id and says all at once who is missing, there twice or other.
func (d *Driver) census() error {
	who := map[int]servo{}
	c, err := bus.TakeCensus(d.line, d.opt.IDs, func(id int, wait time.Duration) (n int, err error) {
		var s servo
		n, s, err = d.ping(byte(id), wait)
		who[id] = s
		return n, err
	})
	if err != nil {
		return fmt.Errorf("dynamixel: %w", err)
	}
	if len(c.Missing) == len(d.opt.IDs) {
		return fmt.Errorf("dynamixel: no servo answers at %d baud: want power, wiring, and the baud rate that they are set to (57600 from the factory)", d.opt.Baud)
	}
	if faults := c.Faults(); faults != "" {
		return fmt.Errorf("dynamixel: %s: want %d of %s", faults, len(d.opt.IDs), nameOf(d.opt.Model))
	}
	for _, id := range d.opt.IDs {
		switch s := who[id]; {
		case s.model != d.opt.Model:
			return fmt.Errorf("dynamixel: wrong model: id %d is %s: want %d of %s", id, nameOf(s.model), len(d.opt.IDs), nameOf(d.opt.Model))
		case s.firmware < d.model.watchdog:
			return fmt.Errorf("dynamixel: id %d has firmware %d, which has no bus watchdog: want %d at least", id, s.firmware, d.model.watchdog)
		default:
			d.fast = d.fast && s.firmware >= d.model.fast
		}
	}
	return nil
}

// servo is what a ping brings.
type servo struct {
	model    uint16
	firmware byte
}

// ping counts who answers to an id. Two servos with one id talk at once, which
// garbles the answer, or one after the other.
func (d *Driver) ping(id byte, wait time.Duration) (n int, s servo, err error) {
	d.request = AppendRequest(d.request[:0], Ping, Range{ID: id})
	if err := d.line.Send(d.request); err != nil {
		return 0, s, err
	}
	for deadline := d.deadline(10 + 2*14).Add(wait); ; n++ {
		p, err := d.next(deadline)
		if errors.Is(err, serial.ErrTimeout) {
			return n, s, nil
		}
		if err != nil {
			return n, s, err
		}
		if p.ID != id || len(p.Params) != 3 {
			return n, s, fmt.Errorf("dynamixel: id %d answers to the ping of id %d", p.ID, id)
		}
		s = servo{binary.LittleEndian.Uint16(p.Params), p.Params[2]}
		deadline = time.Now().Add(bus.Again)
	}
}

// inspect looks at one servo and prepares it.
func (d *Driver) inspect(id byte) error {
	for _, q := range [...]struct {
		reg  uint16
		what func(byte) error
	}{
		{regHardware, func(b byte) error {
			if b != 0 {
				return fmt.Errorf("dynamixel: id %d reports a hardware error: %s: want it rebooted: %w", id, hardwareError(b), bus.ErrDevice)
			}
			return nil
		}},
		{regTorque, func(b byte) error {
			if b != 0 {
				return d.set(id, regTorque, 0)
			}
			return nil
		}},
		{regReturnDelay, func(b byte) error {
			d.delays += time.Duration(float64(b) * delayUnit * 1e9)
			return nil
		}},
		{regMode, func(b byte) error {
			if Mode(b) != d.opt.Mode {
				return d.set(id, regMode, byte(d.opt.Mode))
			}
			return nil
		}},
	} {
		b, err := d.ask(Read, Range{ID: id, Addr: q.reg, Len: 1})
		if err == nil {
			err = q.what(b[0])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// set writes registers and reads them back.
func (d *Driver) set(id byte, addr uint16, data ...byte) error {
	if _, err := d.ask(Write, Range{ID: id, Addr: addr, Data: data}); err != nil {
		return err
	}
	b, err := d.ask(Read, Range{ID: id, Addr: addr, Len: uint16(len(data))})
	if err == nil && string(b) != string(data) {
		err = fmt.Errorf("dynamixel: id %d: register %d holds % x: want % x", id, addr, b, data)
	}
	return err
}

// Enable sets each goal to where the servo is, gives torque, and starts the
// watchdogs, which stop a servo after a time without any packet.
func (d *Driver) Enable(timeout time.Duration) error {
	for _, id := range d.opt.IDs {
		if err := d.enable(byte(id)); err != nil {
			return err
		}
	}
	steps := byte(max(1, min(127, math.Ceil(timeout.Seconds()/watchdogUnit))))
	for _, id := range d.opt.IDs {
		if err := d.set(byte(id), regWatchdog, steps); err != nil {
			return err
		}
	}
	return nil
}

func (d *Driver) enable(id byte) error {
	if err := d.set(id, regWatchdog, 0); err != nil { // clears one that has tripped
		return err
	}
	if d.opt.Mode != Position {
		amps := d.opt.MaxCurrent
		if d.opt.Mode == Current {
			amps = 0
		}
		if err := d.set(id, regGoalCurrent, appendWords(nil, uint16(math.Round(amps/d.model.ampere)))...); err != nil {
			return err
		}
	}
	if d.opt.Mode != Current {
		present, err := d.ask(Read, Range{ID: id, Addr: regPresent + 6, Len: 4})
		if err != nil {
			return err
		}
		if err := d.set(id, regGoalPos, slices.Clone(present)...); err != nil {
			return err
		}
	}
	return d.set(id, regTorque, 1)
}

// Release takes the torque of all servos with one packet, then makes sure of
// each and stops its watchdog.
func (d *Driver) Release() error {
	off := make([]Range, len(d.opt.IDs))
	for i, id := range d.opt.IDs {
		off[i] = Range{ID: byte(id), Addr: regTorque, Data: []byte{0}}
	}
	d.request = AppendRequest(d.request[:0], SyncWrite, off...)
	d.line.Fail()
	if err := d.line.Send(d.request); err != nil {
		return fmt.Errorf("dynamixel: torque may be on: %w", err)
	}
	var unsure []string
	for _, id := range d.opt.IDs {
		b, err := d.askThroughAlert(byte(id))
		if bus.Gone(err) {
			return fmt.Errorf("dynamixel: torque may be on: %w", err)
		}
		if err != nil || b != 0 {
			unsure = append(unsure, fmt.Sprint(id))
		}
	}
	if len(unsure) > 0 {
		return fmt.Errorf("dynamixel: torque may be on at id %s: it does not confirm", strings.Join(unsure, ", "))
	}
	return nil
}

// askThroughAlert reads the torque register of a servo, in a fault or not, after
// its watchdog was switched off.
func (d *Driver) askThroughAlert(id byte) (torque byte, err error) {
	for range tries {
		for _, r := range [...]Range{{ID: id, Addr: regWatchdog, Data: []byte{0}}, {ID: id, Addr: regTorque, Len: 1}} {
			ins := Read
			if r.Data != nil {
				ins = Write
			}
			d.request = AppendRequest(d.request[:0], ins, r)
			if err = d.line.Send(d.request); err != nil {
				return 1, err
			}
			var p Packet
			if p, err = d.next(d.deadline(30)); err == nil && p.ID == id && len(p.Params) == 1 {
				return p.Params[0], nil
			}
		}
		if err == nil {
			err = fmt.Errorf("dynamixel: id %d gives no answer that fits", id)
		}
		d.line.Fail()
		if bus.Gone(err) {
			break
		}
	}
	return 1, err
}

func nameOf(number uint16) string {
	if m, ok := models[number]; ok {
		return m.name
	}
	return fmt.Sprintf("model %d", number)
}

func modelNames() string {
	s := ""
	for _, n := range slices.Sorted(maps.Keys(models)) {
		s += fmt.Sprintf(", %d %s", n, models[n].name)
	}
	return s[2:]
}
