package feetech

import (
	"errors"
	"fmt"
	"time"

	"whisker/bridge/bus"
	"whisker/bridge/serial"
)

// gather sends a sync read and fills the data of ranges. Servos answer in the
// order of the request.
func (d *Driver) gather(ranges []Range) (err error) {
	defer func() {
		if err != nil {
			d.line.Fail()
		}
	}()
	d.request = AppendRequest(d.request[:0], SyncRead, ranges...)
	if err := d.line.Send(d.request); err != nil {
		return fmt.Errorf("feetech: %w", err)
	}
	deadline := d.deadline(len(d.request) + len(ranges)*(6+int(ranges[0].Len)))
	for i := range ranges {
		r := &ranges[i]
		p, err := d.next(deadline)
		if err != nil {
			return silent(r.ID, err)
		}
		if err := expect(&p, r); err != nil {
			return err
		}
		copy(r.Data, p.Params)
	}
	return nil
}

// expect refuses an answer that is not the one to r.
func expect(p *Packet, r *Range) error {
	switch {
	case p.ID != r.ID:
		return fmt.Errorf("feetech: id %d answers in the place of id %d, which is silent or there twice", p.ID, r.ID)
	case p.Code != 0:
		return fmt.Errorf("feetech: id %d reports %s: %w", r.ID, Err(p.Code), bus.ErrDevice)
	case len(p.Params) != int(r.Len):
		return fmt.Errorf("feetech: id %d answers with %d bytes: want %d", r.ID, len(p.Params), r.Len)
	}
	return nil
}

func silent(id byte, err error) error {
	if errors.Is(err, serial.ErrTimeout) {
		return fmt.Errorf("feetech: id %d does not answer (those behind it may wait for it): %w", id, err)
	}
	return fmt.Errorf("feetech: id %d: %w", id, err)
}

// deadline is when an exchange of so many bytes is over.
func (d *Driver) deadline(bytes int) time.Time {
	t := bus.Traffic{Bytes: bytes, Baud: d.opt.Baud, Delays: d.delays}
	return time.Now().Add(t.Time() + d.opt.Slack)
}

// next waits for a packet. A broken one is an error.
func (d *Driver) next(deadline time.Time) (Packet, error) {
	for {
		p, n, err := Next(d.line.Bytes())
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

// ask sends one request to one servo and waits for its status, whatever error
// bits that carries.
func (d *Driver) ask(ins Instruction, r Range) (p Packet, err error) {
	want := r
	if r.Data != nil {
		want.Len, r.Len = 0, 0
	}
	for range tries {
		d.request = AppendRequest(d.request[:0], ins, r)
		if err = d.line.Send(d.request); err != nil {
			return p, fmt.Errorf("feetech: id %d: %w", r.ID, err)
		}
		if p, err = d.next(d.deadline(len(d.request) + 6 + int(want.Len))); err != nil {
			err = silent(r.ID, err)
		} else if err = expect(&Packet{ID: p.ID, Params: p.Params}, &want); err == nil {
			return p, nil
		}
		d.line.Fail()
		if bus.Gone(err) {
			break
		}
	}
	return p, err
}

// get reads registers; error bits are an error.
func (d *Driver) get(id, addr, n byte) ([]byte, error) {
	p, err := d.ask(Read, Range{ID: id, Addr: addr, Len: n})
	if err == nil && p.Code != 0 {
		err = fmt.Errorf("feetech: id %d reports %s: %w", id, Err(p.Code), bus.ErrDevice)
	}
	return p.Params, err
}

// set writes registers and reads them back.
func (d *Driver) set(id, addr byte, data ...byte) error {
	if _, err := d.ask(Write, Range{ID: id, Addr: addr, Data: data}); err != nil {
		return err
	}
	b, err := d.get(id, addr, byte(len(data)))
	if err == nil && string(b) != string(data) {
		err = fmt.Errorf("feetech: id %d: register %d holds % x: want % x", id, addr, b, data)
	}
	return err
}
