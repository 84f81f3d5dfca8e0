package record

import (
	"encoding/binary"
	"errors"
)

// The parts of the MCAP format, version 0, that recordings use:
// https://mcap.dev/spec. A record is an opcode, a length (uint64) and a body;
// integers are little-endian; strings, arrays and maps carry a uint32 length.
const (
	magic = "\x89MCAP0\r\n"

	opHeader          = 0x01
	opFooter          = 0x02
	opSchema          = 0x03
	opChannel         = 0x04
	opMessage         = 0x05
	opChunk           = 0x06
	opMessageIndex    = 0x07
	opChunkIndex      = 0x08
	opAttachment      = 0x09
	opAttachmentIndex = 0x0A
	opStatistics      = 0x0B
	opMetadata        = 0x0C
	opMetadataIndex   = 0x0D
	opSummaryOffset   = 0x0E
	opDataEnd         = 0x0F

	recordHead = 1 + 8             // opcode and length
	footerLen  = recordHead + 20   // the footer record
	messageLen = 2 + 4 + 8 + 8     // a message's fields before its data
	chunkFixed = 8 + 8 + 8 + 4 + 4 // a chunk's fields before the name of its compression
)

// begin starts a record in b and returns where its length goes; end fills it in.
func begin(b []byte, op byte) ([]byte, int) {
	b = append(b, op, 0, 0, 0, 0, 0, 0, 0, 0)
	return b, len(b)
}

func end(b []byte, at int) []byte {
	binary.LittleEndian.PutUint64(b[at-8:], uint64(len(b)-at))
	return b
}

func put16(b []byte, v uint16) []byte { return binary.LittleEndian.AppendUint16(b, v) }
func put32(b []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(b, v) }
func put64(b []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(b, v) }

func putString(b []byte, s string) []byte { return append(put32(b, uint32(len(s))), s...) }

// putMap appends a map of strings; kv alternates keys and values, so that the
// same map always has the same bytes.
func putMap(b []byte, kv []string) []byte {
	b = put32(b, 0)
	at := len(b)
	for _, s := range kv {
		b = putString(b, s)
	}
	binary.LittleEndian.PutUint32(b[at-4:], uint32(len(b)-at))
	return b
}

// errShort is what a cursor says when a record ends before its fields do.
var errShort = errors.New("a field reaches beyond its record")

// cursor takes fields off the front of a record's body. After the first field
// that does not fit, bad is true and every field is zero.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) take(n uint64) []byte {
	if c.bad || n > uint64(len(c.b)) {
		c.bad = true
		return nil
	}
	v := c.b[:n:n]
	c.b = c.b[n:]
	return v
}

func (c *cursor) u16() uint16 {
	if v := c.take(2); v != nil {
		return binary.LittleEndian.Uint16(v)
	}
	return 0
}

func (c *cursor) u32() uint32 {
	if v := c.take(4); v != nil {
		return binary.LittleEndian.Uint32(v)
	}
	return 0
}

func (c *cursor) u64() uint64 {
	if v := c.take(8); v != nil {
		return binary.LittleEndian.Uint64(v)
	}
	return 0
}

func (c *cursor) str() string { return string(c.take(uint64(c.u32()))) }

// pairs takes a map of strings as alternating keys and values.
func (c *cursor) pairs() []string {
	m := cursor{b: c.take(uint64(c.u32()))}
	var kv []string
	for len(m.b) > 0 && !m.bad {
		kv = append(kv, m.str(), m.str())
	}
	c.bad = c.bad || m.bad
	return kv
}

func (c *cursor) err() error {
	if c.bad {
		return errShort
	}
	return nil
}
