package simulated

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"

	"whisker/bridge/dynamixel"
)

// Dynamixels is a bus of X-series servos; see NewDynamixels.
type Dynamixels struct {
	Servos []*Dynamixel
	// Plant is what the servos turn together; nil is a shaft for each.
	Plant  Plant
	motors devices
	ranges []dynamixel.Range
}

// Dynamixel is one X-series servo.
type Dynamixel struct {
	Shaft Shaft
	// Table is the control table; what a servo measures is written there.
	Table [700]byte
	// Silent servos hear and do not answer, Garbled ones spoil their answers.
	Silent, Garbled bool
	// Spoil is how many of the next answers are spoilt.
	Spoil int
	// Alert is the hardware error, as in register 70.
	Alert byte
	fed   time.Time // the last packet
	// waiting is what RegWrite left for Action.
	waiting *dynamixel.Range
}

// NewDynamixels makes servos with ids 1 to n, as they come from the factory
// except for the return delay, at the middle of their turn.
func NewDynamixels(model uint16, n int) *Dynamixels {
	b := &Dynamixels{}
	for i := range n {
		b.Servos = append(b.Servos, NewDynamixel(model, byte(i+1)))
	}
	return b
}

// NewDynamixel makes one servo.
func NewDynamixel(model uint16, id byte) *Dynamixel {
	s := &Dynamixel{Shaft: NewShaft(0)}
	s.put(0, 2, int(model))
	s.Table[6], s.Table[7], s.Table[8], s.Table[11] = 46, id, 3, 3
	s.put(32, 2, 160)
	s.put(34, 2, 95)
	s.put(38, 2, 1193)
	s.put(48, 4, 4095)
	s.Table[63], s.Table[68] = 0x34, 2
	s.put(144, 2, 120)
	s.Table[146] = 35
	return s
}

func (s *Dynamixel) put(addr, n, v int) {
	for i := range n {
		s.Table[addr+i] = byte(v >> (8 * i))
	}
}

func (s *Dynamixel) word(addr int) int {
	return int(int32(binary.LittleEndian.Uint32(s.Table[addr:])))
}

// ID and Torque are what the table says.
func (s *Dynamixel) ID() byte     { return s.Table[7] }
func (s *Dynamixel) Torque() bool { return s.Table[64] != 0 }

// Reset is a brown-out: the RAM is as after power-on.
func (s *Dynamixel) Reset() { clear(s.Table[64:144]); s.Table[68] = 2 }

// Units of the X series (e-Manual, XM430-W350).
const (
	dxlTick    = 2 * math.Pi / 4096
	dxlVel     = 0.229 * 2 * math.Pi / 60
	dxlAmp     = 0.00269
	dxlNmPerA  = 1.8
	dxlWatch   = 20 * time.Millisecond
	dxlTripped = 0xFF
)

// run moves the servos up to now.
func (b *Dynamixels) run(now time.Time) {
	for _, s := range b.Servos {
		b.motors.add(&s.Shaft, s.drive(now))
	}
	b.motors.advance(now, b.Plant)
	for _, s := range b.Servos {
		s.measure()
	}
}

// drive is what a servo does now.
func (s *Dynamixel) drive(now time.Time) law {
	if w := s.Table[98]; w != 0 && w != dxlTripped && now.Sub(s.fed) > time.Duration(w)*dxlWatch {
		s.Table[98] = dxlTripped
		s.put(116, 4, s.word(132)) // it stops where it is
	}
	goal, mode := float64(s.word(116)-2048)*dxlTick, s.Table[11]
	amps := float64(int16(s.word(102))) * dxlAmp
	return func(pos, vel float64) float64 {
		limit := math.Inf(1)
		switch {
		case !s.Torque() || s.Alert != 0:
			return 0
		case mode == 0:
			return dxlNmPerA * amps
		case mode == 5:
			limit = math.Abs(dxlNmPerA * amps)
		}
		return max(-limit, min(limit, s.Shaft.Kp*(goal-pos)-s.Shaft.Kd*vel))
	}
}

// measure fills in the table.
func (s *Dynamixel) measure() {
	s.put(126, 2, int(s.Shaft.Torque/dxlNmPerA/dxlAmp))
	s.put(128, 4, int(math.Round(s.Shaft.Vel/dxlVel)))
	s.put(132, 4, int(math.Round(s.Shaft.Pos/dxlTick))+2048)
	s.Table[70] = s.Alert
}

// Take answers requests; see Bus.
func (b *Dynamixels) Take(in []byte, now time.Time) (n int, answer []byte) {
	p, n, err := dynamixel.Next(in)
	if n == 0 || err != nil {
		return n, nil
	}
	b.run(now)
	for _, s := range b.Servos {
		s.fed = now
	}
	if b.ranges, err = p.Ranges(b.ranges[:0]); err != nil {
		return n, nil
	}
	switch p.Instruction {
	case dynamixel.FastSyncRead, dynamixel.FastBulkRead:
		return n, b.fast()
	case dynamixel.Ping:
		return n, b.ping(p.ID)
	}
	for i := range b.ranges {
		for _, s := range b.Servos {
			if r := &b.ranges[i]; s.ID() == r.ID || r.ID == dynamixel.Broadcast {
				reply := s.execute(p.Instruction, r)
				if reading := p.Instruction == dynamixel.SyncRead || p.Instruction == dynamixel.BulkRead; reading && reply == nil {
					return n, answer // those behind it wait for it
				}
				if r.ID != dynamixel.Broadcast {
					answer = append(answer, reply...)
				}
			}
		}
	}
	return n, answer
}

func (b *Dynamixels) ping(id byte) (answer []byte) {
	for _, s := range b.Servos {
		if id == dynamixel.Broadcast || id == s.ID() {
			answer = append(answer, s.status(0, []byte{s.Table[0], s.Table[1], s.Table[6]})...)
		}
	}
	return answer
}

// fast is the one frame that all add to; a servo that does not leaves nothing whole.
func (b *Dynamixels) fast() []byte {
	for i := range b.ranges {
		r := &b.ranges[i]
		for _, s := range b.Servos {
			if s.ID() == r.ID && !s.Silent {
				r.Data, r.Err = s.Table[r.Addr:r.Addr+r.Len], s.errByte(0)
			}
		}
		if r.Data == nil {
			return nil
		}
	}
	return dynamixel.AppendFast(nil, b.ranges)
}

// execute obeys one servo's part of a request and returns its status, if any.
func (s *Dynamixel) execute(ins dynamixel.Instruction, r *dynamixel.Range) []byte {
	switch ins {
	case dynamixel.Read, dynamixel.SyncRead, dynamixel.BulkRead:
		if int(r.Addr)+int(r.Len) > len(s.Table) {
			return s.status(codeLength, nil)
		}
		return s.status(0, s.Table[r.Addr:r.Addr+r.Len])
	case dynamixel.Write:
		return s.status(s.write(r), nil)
	case dynamixel.RegWrite:
		s.waiting = &dynamixel.Range{Addr: r.Addr, Data: bytes.Clone(r.Data)}
		s.Table[69] = 1
		return s.status(0, nil)
	case dynamixel.Action:
		return s.action()
	case dynamixel.SyncWrite, dynamixel.BulkWrite:
		s.write(r)
	case dynamixel.Reboot:
		s.Reset()
		s.Alert = 0
		return s.status(0, nil)
	}
	return nil
}

// action does what RegWrite left.
func (s *Dynamixel) action() []byte {
	code := byte(codeInstruction)
	if s.waiting != nil {
		code = s.write(s.waiting)
	}
	s.waiting, s.Table[69] = nil, 0
	return s.status(code, nil)
}

// Error codes of a status (e-Manual, "Error").
const (
	codeInstruction = 2
	codeRange       = 4
	codeLength      = 5
	codeLimit       = 6
	codeAccess      = 7
)

// write obeys a write and returns the error code.
func (s *Dynamixel) write(r *dynamixel.Range) byte {
	addr, d := int(r.Addr), r.Data
	goal := addr >= 100 && addr < 120
	switch {
	case addr+len(d) > len(s.Table):
		return codeLength
	case addr < 64 && s.Torque() || addr >= 120 && addr < 168:
		return codeAccess
	case s.Table[98] == dxlTripped && goal:
		return codeRange
	case addr == 98 && d[0] > 127:
		return codeRange
	case addr == 116 && len(d) == 4 && s.Table[11] == 3:
		if v := int32(binary.LittleEndian.Uint32(d)); int(v) < s.word(52) || int(v) > s.word(48) {
			return codeLimit
		}
	}
	on := s.Torque()
	copy(s.Table[addr:], d)
	if !on && s.Torque() && s.Table[11] == 3 {
		s.put(116, 4, s.word(132)) // torque comes on where the servo is
	}
	return 0
}

func (s *Dynamixel) errByte(code byte) byte {
	if s.Alert != 0 {
		code |= 0x80
	}
	return code
}

func (s *Dynamixel) status(code byte, data []byte) []byte {
	if s.Silent {
		return nil
	}
	b := dynamixel.Append(nil, dynamixel.Packet{ID: s.ID(), Instruction: dynamixel.Status, Err: s.errByte(code), Params: data})
	if s.Garbled || s.Spoil > 0 {
		b[len(b)-1] ^= 0x55
		s.Spoil = max(0, s.Spoil-1)
	}
	return b
}
