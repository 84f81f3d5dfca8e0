package simulated

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"

	"whisker/bridge/feetech"
)

// Feetechs is a bus of STS servos; see NewFeetechs.
type Feetechs struct {
	Servos []*Feetech
	// Plant is what the servos turn together; nil is a shaft for each.
	Plant  Plant
	motors devices
	ranges []feetech.Range
}

// Feetech is one STS servo.
type Feetech struct {
	Shaft Shaft
	// Table is the memory table; what a servo measures is written there.
	Table [128]byte
	// Silent servos hear and do not answer, Garbled ones spoil their answers.
	Silent, Garbled bool
	// Err are the error bits of every status. A servo with any gives no torque.
	Err feetech.Err
	// waiting is what RegWrite left for Action.
	waiting *feetech.Range
}

// NewFeetechs makes STS3215 servos with ids 1 to n at the middle of their turn.
func NewFeetechs(n int) *Feetechs {
	b := &Feetechs{}
	for i := range n {
		s := &Feetech{Shaft: NewShaft(0)}
		binary.LittleEndian.PutUint16(s.Table[3:], 777)
		binary.LittleEndian.PutUint16(s.Table[11:], 4095)
		s.Table[5], s.Table[62], s.Table[63], s.Table[55] = byte(i+1), 120, 30, 1
		b.Servos = append(b.Servos, s)
	}
	return b
}

// ID and Torque are what the table says.
func (s *Feetech) ID() byte     { return s.Table[5] }
func (s *Feetech) Torque() bool { return s.Table[40] == 1 }

const stsTick = 2 * math.Pi / 4096

// run moves the servos up to now.
func (b *Feetechs) run(now time.Time) {
	for _, s := range b.Servos {
		goal := float64(feetech.Signed(binary.LittleEndian.Uint16(s.Table[42:]), 15)-2048) * stsTick
		b.motors.add(&s.Shaft, func(pos, vel float64) float64 {
			if !s.Torque() || s.Err != 0 {
				return 0
			}
			return s.Shaft.Kp*(goal-pos) - s.Shaft.Kd*vel
		})
	}
	b.motors.advance(now, b.Plant)
	for _, s := range b.Servos {
		s.measure()
	}
}

// measure fills in the table.
func (s *Feetech) measure() {
	put := func(addr int, v float64, bit uint) {
		binary.LittleEndian.PutUint16(s.Table[addr:], feetech.Unsigned(int(math.Round(v)), bit))
	}
	put(56, s.Shaft.Pos/stsTick+2048, 15)
	put(58, s.Shaft.Vel/stsTick, 15)
	put(60, 1000*s.Shaft.Torque/s.Shaft.Limit, 10)
	put(69, s.Shaft.Torque/1.2/0.0065, 15)
	s.Table[65] = byte(s.Err)
}

// Take answers requests; see Bus.
func (b *Feetechs) Take(in []byte, now time.Time) (n int, answer []byte) {
	p, n, err := feetech.Next(in)
	if n == 0 || err != nil {
		return n, nil
	}
	if b.ranges, err = p.Ranges(b.ranges[:0]); err != nil {
		return n, nil
	}
	b.run(now)
	for i := range b.ranges {
		for _, s := range b.Servos {
			if r := &b.ranges[i]; s.ID() == r.ID || r.ID == feetech.Broadcast {
				reply := s.execute(feetech.Instruction(p.Code), r)
				if reply == nil && feetech.Instruction(p.Code) == feetech.SyncRead {
					return n, answer // those behind it wait for it
				}
				answer = append(answer, reply...)
			}
		}
	}
	return n, answer
}

// execute obeys one servo's part of a request and returns its status, if any.
func (s *Feetech) execute(ins feetech.Instruction, r *feetech.Range) []byte {
	switch ins {
	case feetech.Ping:
		return s.status(nil)
	case feetech.Read, feetech.SyncRead:
		if int(r.Addr)+int(r.Len) > len(s.Table) {
			return s.status(nil)
		}
		return s.status(s.Table[r.Addr : r.Addr+r.Len])
	case feetech.Write, feetech.SyncWrite:
		s.write(r)
	case feetech.RegWrite:
		s.waiting = &feetech.Range{Addr: r.Addr, Data: bytes.Clone(r.Data)}
	case feetech.Action:
		if s.waiting != nil {
			s.write(s.waiting)
		}
		s.waiting = nil
	}
	if ins == feetech.SyncWrite || r.ID == feetech.Broadcast {
		return nil
	}
	return s.status(nil)
}

// write obeys a write. Below 40 is EEPROM, which register 55 locks; from 56 on
// nothing is written. 128 in the torque register makes the middle of where it is.
func (s *Feetech) write(r *feetech.Range) {
	if end := int(r.Addr) + len(r.Data); end <= 56 && (r.Addr >= 40 || s.Table[55] == 0) {
		copy(s.Table[r.Addr:], r.Data)
	}
	if s.Table[40] == 128 {
		s.Table[40], s.Shaft.Pos = 0, 0
	}
}

func (s *Feetech) status(data []byte) []byte {
	if s.Silent {
		return nil
	}
	b := feetech.Append(nil, feetech.Packet{ID: s.ID(), Code: byte(s.Err), Params: data})
	if s.Garbled {
		b[len(b)-1] ^= 0x55
	}
	return b
}
