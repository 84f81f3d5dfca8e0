package dynamixel

import (
	"errors"
	"fmt"
	"time"

	"whisker/bridge/bus"
	"whisker/bridge/serial"
)

// gather sends a sync read of ranges and fills their data, which is good until
// the next exchange. Servos answer in the order of the request, each after the
// one before it: when one is silent, so are all behind it.
func (d *Driver) gather(ranges []Range, fast bool) (err error) {
	defer func() {
		if err != nil {
			d.line.Fail()
		}
	}()
	ins := SyncRead
	if fast {
		ins = FastSyncRead
	}
	d.request = AppendRequest(d.request[:0], ins, ranges...)
	if err := d.line.Send(d.request); err != nil {
		return fmt.Errorf("dynamixel: %w", err)
	}
	deadline := d.deadline(len(d.request) + len(ranges)*(11+int(ranges[0].Len)))
	if fast {
		return d.gatherFast(ranges, deadline)
	}
	for i := range ranges {
		r := &ranges[i]
		p, err := d.next(deadline)
		if err != nil {
			return d.silent(r.ID, err)
		}
		if err := d.expect(&p, r); err != nil {
			return err
		}
		// The line's buffer moves when it is filled again.
		r.Data = append(r.Data[:0], p.Params...)
	}
	return nil
}

func (d *Driver) gatherFast(ranges []Range, deadline time.Time) error {
	p, err := d.next(deadline)
	if err != nil {
		return d.silent(ranges[0].ID, err)
	}
	if err := p.Fast(ranges); err != nil {
		return err
	}
	for i := range ranges {
		if ranges[i].Err != 0 {
			return d.complaint(ranges[i].ID, ranges[i].Err)
		}
	}
	return nil
}

// expect refuses an answer that is not the one to r.
func (d *Driver) expect(p *Packet, r *Range) error {
	switch {
	case p.Instruction != Status:
		return fmt.Errorf("dynamixel: instruction %#02x came back where id %d should answer: want a line that does not echo", byte(p.Instruction), r.ID)
	case p.ID != r.ID:
		return fmt.Errorf("dynamixel: id %d answers in the place of id %d, which is silent or there twice", p.ID, r.ID)
	case p.Err != 0:
		return d.complaint(r.ID, p.Err)
	case len(p.Params) != int(r.Len):
		return fmt.Errorf("dynamixel: id %d answers with %d bytes: want %d", r.ID, len(p.Params), r.Len)
	}
	return nil
}

// complaint turns an error byte into an error. An alert is a hardware error,
// which its register names.
func (d *Driver) complaint(id, code byte) error {
	if code&alertBit == 0 {
		return fmt.Errorf("dynamixel: id %d: %s", id, Code(code))
	}
	bits := "unknown"
	d.request = AppendRequest(d.request[:0], Read, Range{ID: id, Addr: regHardware, Len: 1})
	d.line.Fail() // the others still answer
	if err := d.line.Send(d.request); err == nil {
		if p, err := d.next(d.deadline(26)); err == nil && p.ID == id && len(p.Params) == 1 {
			bits = hardwareError(p.Params[0])
		}
	}
	return fmt.Errorf("dynamixel: id %d reports a hardware error: %s: %w", id, bits, bus.ErrDevice)
}

// silent says who does not answer.
func (d *Driver) silent(id byte, err error) error {
	if errors.Is(err, serial.ErrTimeout) {
		return fmt.Errorf("dynamixel: id %d does not answer (those behind it wait for it): %w", id, err)
	}
	return fmt.Errorf("dynamixel: id %d: %w", id, err)
}

// deadline is when an exchange of so many bytes is over.
func (d *Driver) deadline(bytes int) time.Time {
	t := bus.Traffic{Bytes: bytes, Baud: d.opt.Baud, Delays: d.delays}
	return time.Now().Add(t.Time() + d.opt.Slack)
}

// next waits for a packet. A broken one is an error.
func (d *Driver) next(deadline time.Time) (Packet, error) {
	for {
		b := d.line.Bytes()
		p, n, err := Next(b)
		d.line.Drop(n)
		switch {
		case err == nil && n > 0:
			return p, nil
		case err != nil && !errors.Is(err, ErrNoise):
			return p, err
		case n == 0:
			if err := d.line.Fill(deadline); err != nil {
				return p, err
			}
		}
	}
}

// tries is how often something that matters is asked for.
const tries = 3

// ask sends one request to one servo and waits for its status.
func (d *Driver) ask(ins Instruction, r Range) (data []byte, err error) {
	for range tries {
		d.request = AppendRequest(d.request[:0], ins, r)
		if err = d.line.Send(d.request); err != nil {
			return nil, fmt.Errorf("dynamixel: id %d: %w", r.ID, err)
		}
		var p Packet
		if p, err = d.next(d.deadline(len(d.request) + 11 + int(r.Len))); err == nil {
			want := r
			if ins == Ping {
				want.Len = 3
			}
			if err = d.expect(&p, &want); err == nil {
				return p.Params, nil
			}
		} else {
			err = d.silent(r.ID, err)
		}
		d.line.Fail()
		if bus.Gone(err) || errors.Is(err, bus.ErrDevice) {
			break
		}
	}
	return nil, err
}
