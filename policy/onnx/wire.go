package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// A field is one field of a message; the first thing wrong with it sticks.
type field struct {
	kind protowire.Type
	u    uint64
	b    []byte
	err  error
}

func (f *field) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

func (f *field) want(kind protowire.Type) {
	if f.kind != kind {
		f.fail(fmt.Errorf("wire type %d, expected %d", f.kind, kind))
	}
}

func (f *field) bytes() []byte { f.want(protowire.BytesType); return f.b }
func (f *field) text() string  { return string(f.bytes()) }
func (f *field) int() int64    { f.want(protowire.VarintType); return int64(f.u) }
func (f *field) float() float32 {
	f.want(protowire.Fixed32Type)
	return math.Float32frombits(uint32(f.u))
}

// ints appends one integer, or a packed run of them.
func (f *field) ints(to []int64) []int64 {
	if f.kind == protowire.VarintType {
		return append(to, int64(f.u))
	}
	for b := f.bytes(); len(b) > 0; {
		v, n := protowire.ConsumeVarint(b)
		if n < 0 {
			f.fail(protowire.ParseError(n))
			break
		}
		to, b = append(to, int64(v)), b[n:]
	}
	return to
}

// floats appends one float, or a packed run of them.
func (f *field) floats(to []float32) []float32 {
	if f.kind == protowire.Fixed32Type {
		return append(to, f.float())
	}
	b := f.bytes()
	if len(b)%4 != 0 {
		f.fail(fmt.Errorf("%d bytes of packed floats, expected a multiple of 4", len(b)))
	}
	return appendFloats(to, b)
}

// doubles appends one double, or a packed run of them.
func (f *field) doubles(to []float64) []float64 {
	if f.kind == protowire.Fixed64Type {
		return append(to, math.Float64frombits(f.u))
	}
	b := f.bytes()
	if len(b)%8 != 0 {
		f.fail(fmt.Errorf("%d bytes of packed doubles, expected a multiple of 8", len(b)))
	}
	for ; len(b) >= 8; b = b[8:] {
		to = append(to, math.Float64frombits(binary.LittleEndian.Uint64(b)))
	}
	return to
}

func appendFloats(to []float32, b []byte) []float32 {
	for ; len(b) >= 4; b = b[4:] {
		to = append(to, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return to
}

// walk calls f with each field of a message.
func walk(what string, b []byte, f func(num protowire.Number, v *field)) error {
	for len(b) > 0 {
		num, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("%s: truncated or corrupt: %w", what, protowire.ParseError(n))
		}
		v, b2 := field{kind: kind}, b[n:]
		switch kind {
		case protowire.VarintType:
			v.u, n = protowire.ConsumeVarint(b2)
		case protowire.Fixed32Type:
			var u uint32
			u, n = protowire.ConsumeFixed32(b2)
			v.u = uint64(u)
		case protowire.Fixed64Type:
			v.u, n = protowire.ConsumeFixed64(b2)
		case protowire.BytesType:
			v.b, n = protowire.ConsumeBytes(b2)
		default:
			return fmt.Errorf("%s: field %d has wire type %d, expected 0, 1, 2 or 5", what, num, kind)
		}
		if n < 0 {
			return fmt.Errorf("%s: field %d is truncated or corrupt: %w", what, num, protowire.ParseError(n))
		}
		if f(num, &v); v.err != nil {
			return fmt.Errorf("%s: field %d: %w", what, num, v.err)
		}
		b = b2[n:]
	}
	return nil
}
