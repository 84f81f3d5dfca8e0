package feetech

import "fmt"

// Range is a part of one servo's memory table.
type Range struct {
	ID   byte
	Addr byte
	// Len is how many bytes are read; with Data it is ignored.
	Len  byte
	Data []byte // what is written
}

// AppendRequest appends the frame of an instruction for ranges to dst. Sync
// instructions take address and length of the first range, which all share, the
// others only the first range. A miscount panics.
func AppendRequest(dst []byte, ins Instruction, ranges ...Range) []byte {
	if len(ranges) == 0 {
		panic(fmt.Sprintf("feetech: instruction %#02x without a range", byte(ins)))
	}
	at, first := len(dst), &ranges[0]
	id := first.ID
	if ins == SyncRead || ins == SyncWrite {
		id = Broadcast
	}
	dst = append(dst, 0xFF, 0xFF, id, 0, byte(ins))
	switch ins {
	case Read:
		dst = append(dst, first.Addr, first.Len)
	case Write, RegWrite:
		dst = append(append(dst, first.Addr), first.Data...)
	case SyncRead:
		dst = append(dst, first.Addr, first.Len)
	case SyncWrite:
		dst = append(dst, first.Addr, byte(len(first.Data)))
	}
	for i := range ranges {
		r := &ranges[i]
		switch {
		case ins == SyncRead && r.Addr == first.Addr && r.Len == first.Len:
			dst = append(dst, r.ID)
		case ins == SyncWrite && r.Addr == first.Addr && len(r.Data) == len(first.Data):
			dst = append(append(dst, r.ID), r.Data...)
		case ins == SyncRead || ins == SyncWrite:
			panic("feetech: ranges of a sync instruction differ")
		}
	}
	return finish(dst, at)
}

// Ranges appends what a request asks for to dst: an entry per servo. Data lies
// in p.Params.
func (p *Packet) Ranges(dst []Range) ([]Range, error) {
	b, ok := p.Params, false
	switch Instruction(p.Code) {
	case Ping, Action, Reset:
		if ok = len(b) == 0; ok {
			dst = append(dst, Range{ID: p.ID})
		}
	case Read:
		if ok = len(b) == 2; ok {
			dst = append(dst, Range{ID: p.ID, Addr: b[0], Len: b[1]})
		}
	case Write, RegWrite:
		if ok = len(b) >= 2; ok {
			dst = append(dst, Range{ID: p.ID, Addr: b[0], Data: b[1:]})
		}
	case SyncRead:
		if ok = p.ID == Broadcast && len(b) >= 3; ok {
			for _, id := range b[2:] {
				dst = append(dst, Range{ID: id, Addr: b[0], Len: b[1]})
			}
		}
	case SyncWrite:
		if ok = p.ID == Broadcast && len(b) > 3 && b[1] > 0 && (len(b)-2)%(1+int(b[1])) == 0; ok {
			for step, addr, rest := 1+int(b[1]), b[0], b[2:]; len(rest) > 0; rest = rest[step:] {
				dst = append(dst, Range{ID: rest[0], Addr: addr, Data: rest[1:step]})
			}
		}
	}
	if !ok {
		return dst, fmt.Errorf("feetech: instruction %#02x to id %d with %d bytes of parameters asks for nothing known", p.Code, p.ID, len(b))
	}
	return dst, nil
}
