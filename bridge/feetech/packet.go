package feetech

import (
	"errors"
	"fmt"
)

// Broadcast addresses every servo.
const Broadcast = 0xFE

// headSize is FF FF, id and length; maxParams is what a length of 255 leaves.
const (
	headSize  = 4
	maxParams = 253
)

// Instruction is the kind of a request.
type Instruction byte

// The instructions of STS and SMS servos.
const (
	Ping      Instruction = 0x01
	Read      Instruction = 0x02
	Write     Instruction = 0x03
	RegWrite  Instruction = 0x04
	Action    Instruction = 0x05
	Reset     Instruction = 0x06
	SyncRead  Instruction = 0x82
	SyncWrite Instruction = 0x83
	// Reboot and CalibrateOffset are not in the manual but in Feetech's INST.h. This
	// package does not send them.
	Reboot          Instruction = 0x08
	CalibrateOffset Instruction = 0x0B
)

// Packet is one frame without header and checksum. Requests and statuses look
// alike; only who waits for it knows which it is.
type Packet struct {
	ID byte
	// Code is the Instruction of a request, the Err bits of a status.
	Code byte
	// Params lie in the buffer that was decoded.
	Params []byte
}

// What Next reports; all of them mean that bytes are to be skipped.
var (
	ErrNoise    = errors.New("feetech: bytes before a header: want FF FF and an id below FF")
	ErrLength   = errors.New("feetech: bad length: want 2 at least")
	ErrChecksum = errors.New("feetech: bad checksum: want the complement of the sum from id on")
)

// Next decodes the first packet in b and returns how many bytes are done with.
// n = 0 without an error means that more bytes are needed. With an error n bytes
// are to be dropped: what follows may hold a packet. Nothing is stuffed, so that
// parameters may look like a header; length and checksum tell.
func Next(b []byte) (p Packet, n int, err error) {
	if start := header(b); start > 0 {
		return p, start, ErrNoise
	}
	if len(b) < headSize {
		return p, 0, nil
	}
	if b[3] < 2 {
		return p, 1, ErrLength
	}
	size := headSize + int(b[3])
	if len(b) < size {
		return p, 0, nil
	}
	if checksum(b[2:size-1]) != b[size-1] {
		return p, 1, ErrChecksum
	}
	return Packet{ID: b[2], Code: b[4], Params: b[5 : size-1]}, size, nil
}

// header returns where the first header, or what may become one, starts.
func header(b []byte) int {
	for i := range b {
		if b[i] == 0xFF && (i+1 == len(b) || b[i+1] == 0xFF) && (i+2 >= len(b) || b[i+2] != 0xFF) {
			return i
		}
	}
	return len(b)
}

func checksum(b []byte) (c byte) {
	for _, x := range b {
		c += x
	}
	return ^c
}

// Append appends the frame of p to dst. More than 253 parameters panic.
func Append(dst []byte, p Packet) []byte {
	at := len(dst)
	dst = append(dst, 0xFF, 0xFF, p.ID, 0, p.Code)
	return finish(append(dst, p.Params...), at)
}

// finish adds length and checksum to the frame that starts at dst[at:].
func finish(dst []byte, at int) []byte {
	n := len(dst) - at - headSize + 1
	if n > 0xFF {
		panic(fmt.Sprintf("feetech: a frame with a length of %d: at most 255 fit", n))
	}
	dst[at+3] = byte(n)
	return append(dst, checksum(dst[at+2:]))
}

// Err is the error byte of a status.
type Err byte

// The bits of Err.
const (
	ErrVoltage     Err = 1 << 0
	ErrSensor      Err = 1 << 1
	ErrTemperature Err = 1 << 2
	ErrCurrent     Err = 1 << 3
	ErrAngle       Err = 1 << 4
	ErrOverload    Err = 1 << 5

	maxErr = 1<<6 - 1 // all of them
)

// String lists the bits.
func (e Err) String() string {
	if e == 0 {
		return "ok"
	}
	s := ""
	for i, name := range [...]string{"voltage", "sensor", "overheated", "overcurrent", "angle", "overload", "bit 6", "bit 7"} {
		if e&(1<<i) != 0 {
			s += ", " + name
		}
	}
	return s[2:]
}

// Signed decodes sign and magnitude with the sign in a bit; see Unsigned.
func Signed(raw uint16, bit uint) int {
	m := int(raw &^ (1 << bit) & (1<<bit - 1))
	if raw>>bit&1 != 0 {
		return -m
	}
	return m
}

// Unsigned encodes sign and magnitude with the sign in a bit: 15 for positions
// and speeds, 11 for the offset, 10 for the load. It saturates.
func Unsigned(v int, bit uint) uint16 {
	top := 1<<bit - 1
	if v < 0 {
		return uint16(min(-v, top)) | 1<<bit
	}
	return uint16(min(v, top))
}
