package dynamixel

import (
	"encoding/binary"
	"fmt"
)

// The reply to a fast read is one frame to which every servo adds its part:
//
//	FF FF FD 00 FE LEN LEN 55 | ERR ID DATA CRC | ERR ID DATA CRC | ...
//
// Each CRC covers everything before it, so that the last one is the frame's.
// (e-Manual, "Fast Sync Read" and "Fast Bulk Read".)

// AppendFast appends such a reply to dst; Err, ID and Data of the ranges count.
func AppendFast(dst []byte, ranges []Range) []byte {
	at, n := len(dst), 0
	for i := range ranges {
		n += 4 + len(ranges[i].Data)
	}
	dst = append(dst, 0xFF, 0xFF, 0xFD, 0, Broadcast)
	dst = append(appendWords(dst, uint16(n+1)), byte(Status))
	for i := range ranges {
		r := &ranges[i]
		dst = append(append(dst, r.Err, r.ID), r.Data...)
		dst = binary.LittleEndian.AppendUint16(dst, crc(0, dst[at:]))
	}
	return dst
}

// Fast fills Err and Data of ranges, which are those of the request, from its
// reply p. It checks the CRC of every part.
func (p *Packet) Fast(ranges []Range) error {
	if !p.fast() {
		return fmt.Errorf("dynamixel: id %d, instruction %#02x is no reply to a fast read: want a status from id 254", p.ID, byte(p.Instruction))
	}
	// Next has cut off the first error byte and the last CRC, which it checked.
	b, e := p.Params, p.Err
	head := [...]byte{0xFF, 0xFF, 0xFD, 0, Broadcast, 0, 0, byte(Status), e}
	binary.LittleEndian.PutUint16(head[5:], uint16(len(b)+4))
	sum := crc(0, head[:])
	for i := range ranges {
		r, last := &ranges[i], i == len(ranges)-1
		n := 1 + int(r.Len)
		if len(b) < n || last && len(b) != n || !last && len(b) < n+3 {
			return fmt.Errorf("dynamixel: fast read: %d bytes left for id %d: want %d of id and data", len(b), r.ID, n)
		}
		if b[0] != r.ID {
			return fmt.Errorf("dynamixel: fast read: id %d answers in the place of id %d", b[0], r.ID)
		}
		r.Err, r.Data = e, b[1:n]
		if last {
			break
		}
		if sum = crc(sum, b[:n]); sum != binary.LittleEndian.Uint16(b[n:]) {
			return fmt.Errorf("dynamixel: fast read: id %d: %w", r.ID, ErrCRC)
		}
		sum = crc(sum, b[n:n+3])
		e, b = b[n+2], b[n+3:]
	}
	return nil
}
