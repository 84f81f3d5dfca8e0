package dynamixel

import (
	"encoding/binary"
	"fmt"
)

// Range is a part of one servo's control table.
type Range struct {
	ID   byte
	Addr uint16
	// Len is how many bytes are read; with Data it is ignored.
	Len  uint16
	Data []byte // what is written, or what a status brought
	Err  byte   // of a status
}

// AppendRequest appends the frame of an instruction for ranges to dst. Ping,
// Reboot, Action take the id of the only range; the sync instructions the
// address and length of the first one, which all must share. A miscount panics.
func AppendRequest(dst []byte, ins Instruction, ranges ...Range) []byte {
	if len(ranges) == 0 {
		panic(fmt.Sprintf("dynamixel: instruction %#02x without a range", byte(ins)))
	}
	at, first := len(dst), &ranges[0]
	id := byte(Broadcast)
	if !ins.many() {
		id = first.ID
	}
	dst = append(dst, 0xFF, 0xFF, 0xFD, 0, id, 0, 0, byte(ins))
	switch ins {
	case Read:
		dst = appendWords(dst, first.Addr, first.Len)
	case Write, RegWrite:
		dst = append(appendWords(dst, first.Addr), first.Data...)
	case SyncRead, FastSyncRead:
		dst = appendIDs(appendWords(dst, first.Addr, first.Len), ranges)
	case SyncWrite:
		dst = appendSync(appendWords(dst, first.Addr, uint16(len(first.Data))), ranges)
	case BulkRead, FastBulkRead, BulkWrite:
		dst = appendBulk(dst, ins == BulkWrite, ranges)
	}
	return finish(dst, at, false)
}

// many says that an instruction goes to all servos and names them inside.
func (i Instruction) many() bool {
	switch i {
	case SyncRead, SyncWrite, FastSyncRead, BulkRead, BulkWrite, FastBulkRead:
		return true
	}
	return false
}

func appendWords(dst []byte, words ...uint16) []byte {
	for _, w := range words {
		dst = binary.LittleEndian.AppendUint16(dst, w)
	}
	return dst
}

func appendIDs(dst []byte, ranges []Range) []byte {
	for i := range ranges {
		if ranges[i].Addr != ranges[0].Addr || ranges[i].Len != ranges[0].Len {
			panic("dynamixel: ranges of a sync read differ")
		}
		dst = append(dst, ranges[i].ID)
	}
	return dst
}

func appendSync(dst []byte, ranges []Range) []byte {
	for i := range ranges {
		if ranges[i].Addr != ranges[0].Addr || len(ranges[i].Data) != len(ranges[0].Data) {
			panic("dynamixel: ranges of a sync write differ")
		}
		dst = append(append(dst, ranges[i].ID), ranges[i].Data...)
	}
	return dst
}

func appendBulk(dst []byte, write bool, ranges []Range) []byte {
	for i := range ranges {
		r := &ranges[i]
		n := r.Len
		if write {
			n = uint16(len(r.Data))
		}
		dst = append(appendWords(append(dst, r.ID), r.Addr, n), r.Data...)
	}
	return dst
}

// Ranges appends what a request asks for to dst: an entry per servo. Data lies
// in p.Params.
func (p *Packet) Ranges(dst []Range) ([]Range, error) {
	b := p.Params
	short := func() ([]Range, error) {
		return dst, fmt.Errorf("dynamixel: instruction %#02x with %d bytes of parameters: too few or too many", byte(p.Instruction), len(b))
	}
	word := func(i int) uint16 { return binary.LittleEndian.Uint16(b[i:]) }
	switch p.Instruction {
	case Ping, Reboot, Action:
		if len(b) != 0 {
			return short()
		}
		return append(dst, Range{ID: p.ID}), nil
	case Read:
		if len(b) != 4 {
			return short()
		}
		return append(dst, Range{ID: p.ID, Addr: word(0), Len: word(2)}), nil
	case Write, RegWrite:
		if len(b) < 3 {
			return short()
		}
		return append(dst, Range{ID: p.ID, Addr: word(0), Data: b[2:]}), nil
	case SyncRead, FastSyncRead, SyncWrite:
		if len(b) < 5 {
			return short()
		}
		return p.syncRanges(dst, word(0), word(2))
	case BulkRead, FastBulkRead, BulkWrite:
		return p.bulkRanges(dst)
	}
	return dst, fmt.Errorf("dynamixel: instruction %#02x names no range", byte(p.Instruction))
}

func (p *Packet) syncRanges(dst []Range, addr, n uint16) ([]Range, error) {
	b := p.Params[4:]
	if p.Instruction != SyncWrite {
		for _, id := range b {
			dst = append(dst, Range{ID: id, Addr: addr, Len: n})
		}
		return dst, nil
	}
	step := 1 + int(n)
	if n == 0 || len(b)%step != 0 {
		return dst, fmt.Errorf("dynamixel: sync write of %d bytes a servo with %d bytes: want a multiple of %d", n, len(b), step)
	}
	for ; len(b) > 0; b = b[step:] {
		dst = append(dst, Range{ID: b[0], Addr: addr, Data: b[1:step]})
	}
	return dst, nil
}

func (p *Packet) bulkRanges(dst []Range) ([]Range, error) {
	for b := p.Params; len(b) > 0; {
		if len(b) < 5 {
			return dst, fmt.Errorf("dynamixel: bulk instruction ends with %d bytes: want 5 of id, address and length", len(b))
		}
		r := Range{ID: b[0], Addr: binary.LittleEndian.Uint16(b[1:]), Len: binary.LittleEndian.Uint16(b[3:])}
		b = b[5:]
		if p.Instruction == BulkWrite {
			n := int(r.Len)
			if n == 0 || n > len(b) {
				return dst, fmt.Errorf("dynamixel: bulk write of %d bytes to id %d with %d left", n, r.ID, len(b))
			}
			r.Data, r.Len, b = b[:n], 0, b[n:]
		}
		dst = append(dst, r)
	}
	return dst, nil
}
