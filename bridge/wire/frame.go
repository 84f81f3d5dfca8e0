package wire

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// Version is the frame layout's.
const Version = 1

// Sizes of a frame in bytes. 254 is what one COBS block holds.
const (
	headerSize = 16
	crcSize    = 4
	maxFrame   = 254
	MaxPayload = maxFrame - headerSize - crcSize
	// MaxWire is the longest a frame gets on the wire: with COBS's byte and a
	// delimiter on either side.
	MaxWire = maxFrame + 3
)

// Header is what precedes a payload.
type Header struct {
	Session uint32
	Seq     uint32 // counts a side's frames
	// TimeUs is the robot's clock in µs. From the robot: when the payload was
	// measured. From the host: the newest one that it had heard.
	TimeUs uint32
}

// Frame is a frame that passed the checks of its form.
type Frame struct {
	Header
	Type    Type
	Payload []byte // aliases the buffer that it was decoded in
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Append appends the frame of a message as it goes over the wire, delimiters
// included. With MaxWire bytes of room in dst it does not allocate.
func Append(dst []byte, h Header, m Message) []byte {
	t := m.Type()
	dst, raw := grow(dst, schema().size[t])
	c := codec{op: opPut, buf: raw[headerSize : len(raw)-crcSize]}
	walk(m, &c)
	return seal(dst, raw, h, t)
}

// grow makes room in dst for a frame and returns where it stands, unstuffed:
// after a delimiter, which ends what noise came before, and COBS's byte.
func grow(dst []byte, payload int) (all, raw []byte) {
	n := len(dst)
	all = slices.Grow(dst, MaxWire)[:n+3+headerSize+payload+crcSize]
	all[n], all[len(all)-1] = 0, 0
	return all, all[n+2 : len(all)-1]
}

// seal fills in header and CRC, and stuffs the frame where it stands.
func seal(all, raw []byte, h Header, t Type) []byte {
	n := len(raw) - crcSize
	raw[0], raw[1] = Version, uint8(t)
	binary.LittleEndian.PutUint16(raw[2:], uint16(n-headerSize))
	binary.LittleEndian.PutUint32(raw[4:], h.Session)
	binary.LittleEndian.PutUint32(raw[8:], h.Seq)
	binary.LittleEndian.PutUint32(raw[12:], h.TimeUs)
	binary.LittleEndian.PutUint32(raw[n:], crc32.Checksum(raw[:n], castagnoli))
	stuff(all[len(all)-2-len(raw) : len(all)-1])
	return all
}

// decode judges what stood between two delimiters; it unstuffs b in place. The
// length is believed only after the CRC.
func decode(b []byte) (Frame, Verdict) {
	if len(b) > maxFrame+1 {
		return Frame{}, VerdictLong
	}
	raw, ok := unstuff(b)
	if !ok {
		return Frame{}, VerdictCOBS
	}
	n := len(raw) - crcSize
	if n < headerSize {
		return Frame{}, VerdictShort
	}
	if binary.LittleEndian.Uint32(raw[n:]) != crc32.Checksum(raw[:n], castagnoli) {
		return Frame{}, VerdictCRC
	}
	f := Frame{
		Header: Header{
			Session: binary.LittleEndian.Uint32(raw[4:]),
			Seq:     binary.LittleEndian.Uint32(raw[8:]),
			TimeUs:  binary.LittleEndian.Uint32(raw[12:]),
		},
		Type:    Type(raw[1]),
		Payload: raw[headerSize:n],
	}
	switch size := schema().size[f.Type]; {
	case raw[0] != Version:
		return f, VerdictVersion
	case size < 0:
		return f, VerdictType
	case size != n-headerSize || int(binary.LittleEndian.Uint16(raw[2:])) != size:
		return f, VerdictLength
	}
	return f, Accepted
}

// Decode stores f's payload in m, which has to be of f's type.
func (f *Frame) Decode(m Message) {
	if m.Type() != f.Type {
		panic("wire: a frame of type " + f.Type.String() + " does not decode as " + m.Type().String())
	}
	c := codec{op: opGet, buf: f.Payload}
	walk(m, &c)
}

// SizeOf is how many bytes a frame of a type takes on the line. Every payload of
// a type has the same length, and COBS adds the same.
func SizeOf(t Type) int { return headerSize + schema().size[t] + crcSize + 3 }
