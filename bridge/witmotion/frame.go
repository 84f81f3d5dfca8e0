package witmotion

import (
	"encoding/binary"
	"errors"
	"math"
)

// Kind is what a frame holds.
type Kind byte

// The kinds that are used; a unit may send others.
const (
	Acceleration Kind = 0x51
	Rate         Kind = 0x52 // of turn
)

// Frame is four numbers of 16 bits, of which the first three are x, y and z.
type Frame struct {
	Kind   Kind
	Values [4]int16
}

const (
	head = 0x55
	size = 11
)

// What Next reports; both mean that bytes are to be dropped.
var (
	ErrNoise = errors.New("witmotion: bytes before a frame: want 55 and a kind from 50 to 5F")
	ErrSum   = errors.New("witmotion: bad checksum: want the sum of the ten bytes before it")
)

// Next decodes the first frame in b and returns how many bytes are done with. n = 0
// without an error means that more bytes are needed.
func Next(b []byte) (f Frame, n int, err error) {
	for n < len(b) && !(b[n] == head && (n+1 == len(b) || b[n+1]>>4 == 5)) {
		n++
	}
	if n > 0 {
		return f, n, ErrNoise
	}
	if len(b) < size {
		return f, 0, nil
	}
	if sum(b[:size-1]) != b[size-1] {
		return f, 1, ErrSum
	}
	f.Kind = Kind(b[1])
	for i := range f.Values {
		f.Values[i] = int16(binary.LittleEndian.Uint16(b[2+2*i:]))
	}
	return f, size, nil
}

// Append appends the frame to dst.
func Append(dst []byte, f *Frame) []byte {
	at := len(dst)
	dst = append(dst, head, byte(f.Kind))
	for _, v := range f.Values {
		dst = binary.LittleEndian.AppendUint16(dst, uint16(v))
	}
	return append(dst, sum(dst[at:]))
}

func sum(b []byte) (s byte) {
	for _, x := range b {
		s += x
	}
	return s
}

// Units of a step: ±16 g and ±2000 °/s in 16 bits.
const (
	accUnit  = 16 * 9.80665 / 32768
	rateUnit = 2000 * math.Pi / 180 / 32768
)

// vector is x, y and z in SI.
func (f *Frame) vector(unit float64) (v [3]float64) {
	for i := range v {
		v[i] = float64(f.Values[i]) * unit
	}
	return v
}
