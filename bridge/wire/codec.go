package wire

import (
	"encoding/binary"
	"math"
)

// op is what a walk over a message's fields does.
type op uint8

const (
	opPut   op = iota // fields into buf
	opGet             // buf into fields
	opList            // fields into list
	opJSON            // fields into text
	opParse           // values into fields
)

// field is a line of the schema: what the C side is generated from and what
// the hash covers.
type field struct {
	group string // "joint" for the fields of a joint; "" outside
	name  string // C identifier and JSON key, with the unit
	wire  string // u8, u16, u32, u64, bytes, text, or i8, i16, u16 with a shift
	shift int    // fixed point: the value is raw / 2^shift; -1 for whole numbers
	count int    // bytes and text: their length; else 1
	times int    // how often the group is repeated
}

// codec walks the fields of a message in wire order. Each message has one walk
// method, and encoding, decoding, the C header, the schema's hash, and JSON all
// come from it. Numbers are little-endian.
type codec struct {
	op     op
	buf    []byte // what is left to fill or to take
	group  string
	index  int
	times  int
	list   []field
	text   []byte
	values map[string]any // of the object that is parsed
	outer  map[string]any // the object around the joints
	joints []any
	err    error
}

// joint begins the fields of joint i.
func (c *codec) joint(i int) {
	if c.op > opGet {
		c.open(i)
		c.group, c.index, c.times = "joint", i, Joints
	}
}

// end ends the joints.
func (c *codec) end() {
	if c.op > opGet {
		c.shut()
		c.group, c.index, c.times = "", 0, 1
	}
}

// take cuts n bytes off buf. Both callers have checked the whole payload's
// length, so that a miscount here is a bug and may panic.
func (c *codec) take(n int) []byte {
	b := c.buf[:n:n]
	c.buf = c.buf[n:]
	return b
}

func (c *codec) add(name, wire string, shift, count int) {
	if c.index == 0 {
		c.list = append(c.list, field{c.group, name, wire, shift, count, max(1, c.times)})
	}
}

func (c *codec) u8(name string, p *uint8) {
	switch c.op {
	case opPut:
		c.take(1)[0] = *p
	case opGet:
		*p = c.take(1)[0]
	case opList:
		c.add(name, "u8", -1, 1)
	default:
		*p = uint8(c.integer(name, int64(*p), 0, math.MaxUint8))
	}
}

// code is a byte with names.
func (c *codec) code(name string, codes []code, p *uint8) {
	if c.op > opList {
		c.named(name, codes, p)
		return
	}
	c.u8(name, p)
}

func (c *codec) u16(name string, p *uint16) {
	switch c.op {
	case opPut:
		binary.LittleEndian.PutUint16(c.take(2), *p)
	case opGet:
		*p = binary.LittleEndian.Uint16(c.take(2))
	case opList:
		c.add(name, "u16", -1, 1)
	default:
		*p = uint16(c.integer(name, int64(*p), 0, math.MaxUint16))
	}
}

func (c *codec) u32(name string, p *uint32) {
	switch c.op {
	case opPut:
		binary.LittleEndian.PutUint32(c.take(4), *p)
	case opGet:
		*p = binary.LittleEndian.Uint32(c.take(4))
	case opList:
		c.add(name, "u32", -1, 1)
	default:
		*p = uint32(c.integer(name, int64(*p), 0, math.MaxUint32))
	}
}

func (c *codec) u64(name string, p *uint64) {
	switch c.op {
	case opPut:
		binary.LittleEndian.PutUint64(c.take(8), *p)
	case opGet:
		*p = binary.LittleEndian.Uint64(c.take(8))
	case opList:
		c.add(name, "u64", -1, 1)
	default:
		b := binary.BigEndian.AppendUint64(nil, *p)
		c.hex(name, b)
		*p = binary.BigEndian.Uint64(b)
	}
}

// i8 is a whole number.
func (c *codec) i8(name string, p *int8) {
	switch c.op {
	case opPut:
		c.take(1)[0] = uint8(*p)
	case opGet:
		*p = int8(c.take(1)[0])
	case opList:
		c.add(name, "i8", -1, 1)
	default:
		*p = int8(c.integer(name, int64(*p), math.MinInt8, math.MaxInt8))
	}
}

// bytes is binary: hexadecimal in JSON.
func (c *codec) bytes(name string, p []byte) {
	switch c.op {
	case opPut:
		copy(c.take(len(p)), p)
	case opGet:
		copy(p, c.take(len(p)))
	case opList:
		c.add(name, "bytes", -1, len(p))
	default:
		c.hex(name, p)
	}
}

// str is text padded with zeros.
func (c *codec) str(name string, p *Text) {
	switch c.op {
	case opPut:
		copy(c.take(len(p)), p[:])
	case opGet:
		copy(p[:], c.take(len(p)))
	case opList:
		c.add(name, "text", -1, len(p))
	default:
		c.quoted(name, p)
	}
}

// fixed16 is signed fixed point with shift fractional bits.
func (c *codec) fixed16(name string, shift int, p *float64) {
	switch c.op {
	case opPut:
		binary.LittleEndian.PutUint16(c.take(2), uint16(int16(quantise(*p, shift, -32767, 32767, -32768))))
	case opGet:
		*p = value(int(int16(binary.LittleEndian.Uint16(c.take(2)))), shift, -32768)
	case opList:
		c.add(name, "i16", shift, 1)
	default:
		c.number(name, p, shift, -32767, 32767)
	}
}

// ufixed16 is unsigned fixed point.
func (c *codec) ufixed16(name string, shift int, p *float64) {
	switch c.op {
	case opPut:
		binary.LittleEndian.PutUint16(c.take(2), uint16(quantise(*p, shift, 0, 65534, 65535)))
	case opGet:
		*p = value(int(binary.LittleEndian.Uint16(c.take(2))), shift, 65535)
	case opList:
		c.add(name, "u16", shift, 1)
	default:
		c.number(name, p, shift, 0, 65534)
	}
}

// fixed8 is a signed byte of fixed point.
func (c *codec) fixed8(name string, shift int, p *float64) {
	switch c.op {
	case opPut:
		c.take(1)[0] = uint8(int8(quantise(*p, shift, -127, 127, -128)))
	case opGet:
		*p = value(int(int8(c.take(1)[0])), shift, -128)
	case opList:
		c.add(name, "i8", shift, 1)
	default:
		c.number(name, p, shift, -127, 127)
	}
}

// quantise rounds to even and saturates; a NaN becomes none. Scales are powers
// of two, so that C's float and Go's float64 give the same bits.
func quantise(x float64, shift int, low, high float64, none int) int {
	v := math.RoundToEven(x * float64(int(1)<<shift))
	if v != v {
		return none
	}
	return int(min(max(v, low), high))
}

func value(raw, shift, none int) float64 {
	if raw == none {
		return math.NaN()
	}
	return float64(raw) / float64(int(1)<<shift)
}
