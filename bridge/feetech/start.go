package feetech

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"whisker/bridge/bus"
	"whisker/bridge/serial"
)

// Identify finds every servo once, with the right model, in position mode,
// healthy and without torque.
func (d *Driver) Identify() error {
	d.delays, d.cycles = 0, 0 // the first readings come before there is torque
	if err := d.census(); err != nil {
		return err
	}
	for _, id := range d.opt.IDs {
		if err := d.inspect(byte(id)); err != nil {
			return err
		}
	}
	return nil
}

// census pings every id and says all at once who is missing or there twice.
func (d *Driver) census() error {
	c, err := bus.TakeCensus(d.line, d.opt.IDs, func(id int, wait time.Duration) (int, error) { return d.ping(byte(id), wait) })
	if err != nil {
		return fmt.Errorf("feetech: %w", err)
	}
	if len(c.Missing) == len(d.opt.IDs) {
		return fmt.Errorf("feetech: no servo answers at %d baud: want power, wiring, and the baud rate that they are set to (1000000 from the factory)", d.opt.Baud)
	}
	if faults := c.Faults(); faults != "" {
		return fmt.Errorf("feetech: %s: want %d servos, each with an id of its own", faults, len(d.opt.IDs))
	}
	return nil
}

// ping counts who answers to an id.
func (d *Driver) ping(id byte, wait time.Duration) (n int, err error) {
	d.request = AppendRequest(d.request[:0], Ping, Range{ID: id})
	if err := d.line.Send(d.request); err != nil {
		return 0, err
	}
	for deadline := d.deadline(6 + 2*6).Add(wait); ; n++ {
		p, err := d.next(deadline)
		if errors.Is(err, serial.ErrTimeout) {
			return n, nil
		}
		if err == nil && p.ID != id {
			err = fmt.Errorf("feetech: id %d answers to the ping of id %d", p.ID, id)
		}
		if err != nil {
			return n, err
		}
		deadline = time.Now().Add(bus.Again)
	}
}

// inspect looks at one servo and prepares it.
func (d *Driver) inspect(id byte) error {
	b, err := d.get(id, regModel, 5) // model 2, and up to the return delay
	if err != nil {
		return err
	}
	if m := binary.LittleEndian.Uint16(b); m != d.opt.Model {
		return fmt.Errorf("feetech: id %d is model %d: want %d (%s)", id, m, d.opt.Model, models[d.opt.Model])
	}
	d.delays += time.Duration(float64(b[regReturnDelay-regModel]) * delayUnit * 1e9)
	if b, err = d.get(id, regMode, 1); err != nil {
		return err
	}
	if b[0] != 0 {
		return fmt.Errorf("feetech: id %d is in mode %d: want 0 (position) in register %d", id, b[0], regMode)
	}
	return d.set(id, regTorque, 0)
}

// Enable sets each goal to where the servo is and gives torque. The watchdog is
// the port's.
func (d *Driver) Enable(timeout time.Duration) error {
	if d.watch > timeout {
		return fmt.Errorf("feetech: the agent waits %v for a command: want %v at most", d.watch, timeout)
	}
	for _, id := range d.opt.IDs {
		id := byte(id)
		present, err := d.get(id, regPresent, 2)
		if err != nil {
			return err
		}
		goal := append(slices.Clone(present), 0, 0, 0, 0) // and no time or speed of its own
		if err := errors.Join(d.set(id, regGoalPos, goal...), d.set(id, regTorque, 1)); err != nil {
			return err
		}
	}
	return nil
}

// Release takes the torque of all servos with one packet, then makes sure of each.
func (d *Driver) Release() error {
	d.line.Fail()
	if err := d.line.Send(AppendRelease(d.request[:0])); err != nil {
		return fmt.Errorf("feetech: torque may be on, until the agent sees that commands stopped: %w", err)
	}
	var unsure []string
	for _, id := range d.opt.IDs {
		p, err := d.ask(Read, Range{ID: byte(id), Addr: regTorque, Len: 1})
		if bus.Gone(err) {
			return fmt.Errorf("feetech: torque may be on, until the agent sees that commands stopped: %w", err)
		}
		if err != nil || p.Params[0] != 0 {
			unsure = append(unsure, fmt.Sprint(id))
		}
	}
	if len(unsure) > 0 {
		return fmt.Errorf("feetech: torque may be on at id %s: it does not confirm", strings.Join(unsure, ", "))
	}
	return nil
}
