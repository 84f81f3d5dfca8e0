package dynamixel

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Broadcast addresses every servo. The reply to a fast read comes from it too.
const Broadcast = 0xFE

// maxID is the last one that a servo can have.
const maxID = 0xFC

// Sizes of a frame: the header up to the length, the least that the length
// counts (instruction and CRC), and the longest frame that Next waits for. The
// e-Manual names no longest one; ROBOTIS' own SDK buffers 1 KiB.
const (
	headSize = 7
	minLen   = 3
	maxFrame = 1024
)

// Instruction is the kind of a packet.
type Instruction byte

// The instructions of Protocol 2.0.
const (
	Ping         Instruction = 0x01
	Read         Instruction = 0x02
	Write        Instruction = 0x03
	RegWrite     Instruction = 0x04
	Action       Instruction = 0x05
	FactoryReset Instruction = 0x06
	Reboot       Instruction = 0x08
	Clear        Instruction = 0x10
	// ControlTableBackup stores or restores a servo's settings.
	ControlTableBackup Instruction = 0x20
	Status             Instruction = 0x55
	SyncRead           Instruction = 0x82
	SyncWrite          Instruction = 0x83
	FastSyncRead       Instruction = 0x8A
	BulkRead           Instruction = 0x92
	BulkWrite          Instruction = 0x93
	FastBulkRead       Instruction = 0x9A
)

// Packet is one frame without header, stuffing and CRC.
type Packet struct {
	ID          byte
	Instruction Instruction
	// Err is the error byte of a status: a Code, and bit 7 for an alert. Of the
	// reply to a fast read it is the first servo's.
	Err byte
	// Params lie in the buffer that was decoded.
	Params []byte
}

// What Next reports; all of them mean that bytes are to be skipped.
var (
	ErrNoise    = errors.New("dynamixel: bytes before a header: want FF FF FD 00")
	ErrLength   = errors.New("dynamixel: bad length: want 3 (a status 4) to 1017")
	ErrCRC      = errors.New("dynamixel: bad CRC: want CRC-16 0x8005 over the frame")
	ErrStuffing = errors.New("dynamixel: FF FF FD inside a packet: want FD stuffed after it")
	ErrID       = errors.New("dynamixel: bad id: want 0 to 252, or 254 for all")
)

// Next decodes the first packet in b and returns how many bytes are done with.
// It removes stuffing in place, so that b and Params are good until b is filled
// again. n = 0 without an error means that more bytes are needed. With an error
// n bytes are to be dropped: what follows may hold a packet.
func Next(b []byte) (p Packet, n int, err error) {
	start := header(b)
	if start > 0 {
		return p, start, ErrNoise
	}
	if len(b) < headSize+minLen {
		return p, 0, nil
	}
	size := headSize + int(binary.LittleEndian.Uint16(b[5:]))
	status := Instruction(b[7]) == Status
	if size < headSize+minLen || size > maxFrame || status && size == headSize+minLen {
		return p, 3, ErrLength
	}
	if len(b) < size {
		return p, 0, nil
	}
	if crc(0, b[:size-2]) != binary.LittleEndian.Uint16(b[size-2:]) {
		return p, 3, ErrCRC
	}
	if b[4] > maxID && b[4] != Broadcast {
		return p, size, ErrID
	}
	p = Packet{ID: b[4], Instruction: Instruction(b[7]), Params: b[8 : size-2]}
	if !p.fast() {
		if p.Params, err = unstuff(b[8 : size-2]); err != nil {
			return Packet{}, size, err
		}
	}
	if status {
		p.Err, p.Params = p.Params[0], p.Params[1:]
	}
	return p, size, nil
}

// fast says that p is the joint reply to a fast read: the only status from the
// broadcast id, and the only packet that is not stuffed (e-Manual, "Fast Sync Read").
func (p *Packet) fast() bool { return p.ID == Broadcast && p.Instruction == Status }

// header returns where the first header, or what may become one, starts.
func header(b []byte) int {
	const want = "\xff\xff\xfd\x00"
	for i := range b {
		if n := min(len(want), len(b)-i); string(b[i:i+n]) == want[:n] {
			return i
		}
	}
	return len(b)
}

// unstuff takes the stuffing out of parameters in place.
func unstuff(params []byte) ([]byte, error) {
	n := 0
	for i := 0; i < len(params); i++ {
		params[n] = params[i]
		n++
		if params[i] != 0xFD || n < 3 || params[n-2] != 0xFF || params[n-3] != 0xFF {
			continue
		}
		if i+1 == len(params) || params[i+1] != 0xFD {
			return nil, ErrStuffing
		}
		i++
	}
	return params[:n], nil
}

// Append appends the frame of p to dst.
func Append(dst []byte, p Packet) []byte {
	at := len(dst)
	dst = append(dst, 0xFF, 0xFF, 0xFD, 0, p.ID, 0, 0, byte(p.Instruction))
	if p.Instruction == Status {
		dst = append(dst, p.Err)
	}
	return finish(append(dst, p.Params...), at, p.fast())
}

// finish stuffs the frame that starts at dst[at:] and adds length and CRC.
func finish(dst []byte, at int, plain bool) []byte {
	if !plain {
		dst = stuff(dst, at+headSize+1)
	}
	binary.LittleEndian.PutUint16(dst[at+5:], uint16(len(dst)-at-headSize+2))
	return binary.LittleEndian.AppendUint16(dst, crc(0, dst[at:]))
}

// stuff inserts FD after each FF FF FD in dst[from:]. That is rare, so that the
// shift costs nothing where it matters.
func stuff(dst []byte, from int) []byte {
	for i := from + 2; i < len(dst); i++ {
		if dst[i] == 0xFD && dst[i-1] == 0xFF && dst[i-2] == 0xFF {
			dst = append(dst, 0)
			copy(dst[i+2:], dst[i+1:])
			dst[i+1] = 0xFD
			i++
		}
	}
	return dst
}

// Code is what a servo says about an instruction, the error byte of a status
// without the alert bit.
type Code byte

// String names the code as the e-Manual does.
func (c Code) String() string {
	names := [...]string{"ok", "result fail", "instruction error", "CRC error", "data range error", "data length error", "data limit error", "access error"}
	if int(c) < len(names) {
		return names[c]
	}
	return fmt.Sprintf("error %d", byte(c))
}

// alertBit in an error byte means: read the hardware error register.
const alertBit = 0x80
