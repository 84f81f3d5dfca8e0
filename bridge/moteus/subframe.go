package moteus

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Resolution is how a register's value is coded.
type Resolution byte

// The codings, in the protocol's numbers.
const (
	Int8 Resolution = iota
	Int16
	Int32
	Float
)

func (r Resolution) size() int { return int("\x01\x02\x04\x04"[r&3]) }

// Op is what a subframe does.
type Op byte

// The operations, in the protocol's numbers (docs/protocol/can.md, "Subframes").
const (
	Write      Op = 0x00 // plus 4 times the resolution and the count
	Read       Op = 0x10
	Reply      Op = 0x20
	WriteError Op = 0x30
	ReadError  Op = 0x31
	// StreamWrite and StreamReply carry text of the diagnostic channel,
	// StreamPoll asks for it; the numbered ones repeat a packet that was lost.
	StreamWrite         Op = 0x40
	StreamReply         Op = 0x41
	StreamPoll          Op = 0x42
	StreamReplyNumbered Op = 0x43
	StreamPollNumbered  Op = 0x44
	// Nop fills a frame up: Count of them in a row.
	Nop Op = 0x50
)

// Subframe is one operation on consecutive registers, or on a stream.
type Subframe struct {
	Op  Op
	Res Resolution
	// Reg is the first register, or the stream's channel.
	Reg uint32
	// Count is how many registers are read, how many bytes polled for at most, the
	// code of an error, or how many NOPs stand in a row.
	Count uint32
	// Packet numbers a StreamReplyNumbered or StreamPollNumbered.
	Packet byte
	// Data are values as on the wire, little-endian, or the stream's bytes. They
	// lie in the buffer that was decoded.
	Data []byte
}

// What Next reports.
var (
	ErrShort   = errors.New("moteus: subframe is cut off")
	ErrVaruint = errors.New("moteus: number of more than 5 bytes or 32 bits")
	ErrOp      = errors.New("moteus: unknown subframe: want 00 to 2F, 30, 31, 40 to 44 or 50")
)

// Next decodes the first subframe in b and returns how many bytes it took. n = 0
// means that b is empty.
func Next(b []byte) (s Subframe, n int, err error) {
	for n < len(b) && Op(b[n]) == Nop {
		n++
	}
	if n > 0 {
		return Subframe{Op: Nop, Count: uint32(n)}, n, nil
	}
	if len(b) == 0 {
		return s, 0, nil
	}
	c := cursor{b: b, i: 1}
	switch op := Op(b[0]); {
	case op < WriteError:
		s.registers(&c, byte(op))
	case op == WriteError || op == ReadError:
		s = Subframe{Op: op, Reg: c.varuint(), Count: c.varuint()}
	case op >= StreamWrite && op <= StreamPollNumbered:
		s.stream(&c, op)
	default:
		return s, 0, ErrOp
	}
	if c.err != nil {
		return Subframe{}, 0, c.err
	}
	return s, c.i, nil
}

func (s *Subframe) registers(c *cursor, op byte) {
	s.Op, s.Res, s.Count = Op(op&0x30), Resolution(op>>2&3), uint32(op&3)
	if s.Count == 0 {
		if s.Count = c.varuint(); s.Count == 0 {
			return // of nothing: no register follows (moteus_multiplex.h)
		}
	}
	s.Reg = c.varuint()
	if s.Op != Read {
		s.Data = c.bytes(uint64(s.Count) * uint64(s.Res.size()))
		s.Count = 0
	}
}

func (s *Subframe) stream(c *cursor, op Op) {
	s.Op, s.Reg = op, c.varuint()
	if op == StreamReplyNumbered || op == StreamPollNumbered {
		if p := c.bytes(1); p != nil {
			s.Packet = p[0]
		}
	}
	n := c.varuint()
	if op == StreamPoll || op == StreamPollNumbered {
		s.Count = n
		return
	}
	s.Data = c.bytes(uint64(n))
}

// cursor reads b from i on. After an error it gives zeros.
type cursor struct {
	b   []byte
	i   int
	err error
}

func (c *cursor) bytes(n uint64) []byte {
	if c.err == nil && n > uint64(len(c.b)-c.i) {
		c.err = ErrShort
	}
	if c.err != nil {
		return nil
	}
	b := c.b[c.i : c.i+int(n)]
	c.i += int(n)
	return b
}

// varuint reads groups of 7 bits, least significant first, 5 at most.
func (c *cursor) varuint() uint32 {
	v := uint64(0)
	for shift := 0; shift < 35; shift += 7 {
		b := c.bytes(1)
		if b == nil {
			return 0
		}
		v |= uint64(b[0]&0x7F) << shift
		if b[0] < 0x80 {
			if v > math.MaxUint32 {
				break
			}
			return uint32(v)
		}
	}
	c.err = ErrVaruint
	return 0
}

// Append appends a subframe to dst. Data that is no multiple of the resolution's
// size panics.
func Append(dst []byte, s *Subframe) []byte {
	varuint := func(v uint32) { dst = binary.AppendUvarint(dst, uint64(v)) }
	switch s.Op {
	case Write, Read, Reply:
		count := s.Count
		if s.Op != Read {
			if len(s.Data)%s.Res.size() != 0 {
				panic(fmt.Sprintf("moteus: %d bytes of data are no multiple of %d", len(s.Data), s.Res.size()))
			}
			count = uint32(len(s.Data) / s.Res.size())
		}
		op := byte(s.Op) | byte(s.Res)<<2
		switch {
		case count == 0:
			return append(dst, op, 0)
		case count <= 3:
			dst = append(dst, op|byte(count))
		default:
			dst = append(dst, op)
			varuint(count)
		}
		varuint(s.Reg)
		return append(dst, s.Data...)
	case WriteError, ReadError:
		dst = append(dst, byte(s.Op))
		varuint(s.Reg)
		varuint(s.Count)
		return dst
	case Nop:
		for range s.Count {
			dst = append(dst, byte(Nop))
		}
		return dst
	}
	dst = append(dst, byte(s.Op))
	varuint(s.Reg)
	if s.Op == StreamReplyNumbered || s.Op == StreamPollNumbered {
		dst = append(dst, s.Packet)
	}
	if s.Op == StreamPoll || s.Op == StreamPollNumbered {
		varuint(s.Count)
		return dst
	}
	varuint(uint32(len(s.Data)))
	return append(dst, s.Data...)
}
