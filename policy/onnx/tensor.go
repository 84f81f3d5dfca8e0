package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

func decodeTensor(b []byte) (*tensor, error) {
	t := &tensor{}
	err := walk("tensor", b, func(num protowire.Number, v *field) {
		switch num {
		case 1:
			t.dims = v.ints(t.dims)
		case 2:
			t.elem = v.int()
		case 4:
			t.data = v.floats(t.data)
		case 5, 7:
			t.i64 = v.ints(t.i64)
		case 8:
			t.name = v.text()
		case 9:
			t.raw = v.bytes()
		case 10:
			t.f64 = v.doubles(t.f64)
		case 13:
			key, value, err := decodeEntry("external data", v.bytes())
			t.place(key, value)
			v.fail(err)
		case 14:
			t.away = t.away || v.int() != 0
		}
	})
	return t, err
}

// place takes one word of where a tensor's data are.
func (t *tensor) place(key, value string) {
	n, err := strconv.ParseInt(value, 10, 64)
	switch t.away = true; {
	case key == "location":
		t.location = value
	case key == "offset" && err == nil:
		t.offset = n
	case key == "length" && err == nil:
		t.length = n
	}
}

// settle turns whatever the tensor was stored as into data, and checks its length.
// beside reads what is in another file.
func (t *tensor) settle(beside weights) error {
	want, err := volume(t.dims)
	if err != nil {
		return err
	}
	size, known := widths[t.elem]
	if !known {
		return fmt.Errorf("element type %s, expected float32, float64, float16, bfloat16, int64, int32 or bool", elemName(t.elem))
	}
	if t.away {
		if t.raw, err = beside(t.location, t.offset, int64(size*want)); err != nil {
			return err
		}
		if t.length != 0 && t.length != int64(size*want) {
			return fmt.Errorf("shape %v needs %d bytes, %s has %d", t.dims, size*want, t.location, t.length)
		}
	}
	if t.raw != nil && len(t.raw) != size*want {
		return fmt.Errorf("shape %v needs %d bytes, got %d", t.dims, size*want, len(t.raw))
	}
	if err := t.convert(size); err != nil {
		return err
	}
	if len(t.data) != want {
		return fmt.Errorf("shape %v needs %d values, got %d", t.dims, want, len(t.data))
	}
	t.raw, t.i64, t.f64, t.away = nil, nil, nil, false
	return nil
}

// widths are the bytes of a value of each element type that is read.
var widths = map[int64]int{elemFloat: 4, elemDouble: 8, elemHalf: 2, elemBrain: 2, elemInt64: 8, elemInt32: 4, elemBool: 1}

// floats tells whether an element type is one of floats; they are all computed in float32.
func floats(elem int64) bool {
	return elem == elemFloat || elem == elemDouble || elem == elemHalf || elem == elemBrain
}

// convert makes data of whatever the values were stored as, each of so many bytes.
func (t *tensor) convert(size int) error {
	if t.elem == elemFloat {
		t.data = appendFloats(t.data, t.raw)
		return nil
	}
	if t.raw != nil {
		t.i64, t.f64 = nil, nil
	}
	for b := t.raw; len(b) > 0; b = b[size:] {
		switch t.elem {
		case elemDouble:
			t.f64 = append(t.f64, math.Float64frombits(binary.LittleEndian.Uint64(b)))
		case elemInt64:
			t.i64 = append(t.i64, int64(binary.LittleEndian.Uint64(b)))
		case elemInt32:
			t.i64 = append(t.i64, int64(int32(binary.LittleEndian.Uint32(b))))
		case elemBool:
			t.i64 = append(t.i64, int64(b[0]))
		default:
			t.i64 = append(t.i64, int64(binary.LittleEndian.Uint16(b)))
		}
	}
	for _, v := range t.f64 {
		t.data = append(t.data, float32(v))
	}
	for _, v := range t.i64 {
		switch t.elem {
		case elemHalf:
			t.data = append(t.data, half(uint16(v)))
		case elemBrain:
			t.data = append(t.data, math.Float32frombits(uint32(uint16(v))<<16))
		default:
			f, err := exactInt(v)
			if err != nil {
				return err
			}
			t.data = append(t.data, f)
		}
	}
	return nil
}

// half is a number of IEEE 754's 16 bits.
func half(u uint16) float32 {
	sign, exponent, fraction := 1-2*float64(u>>15), int(u>>10&31), float64(u&1023)
	switch exponent {
	case 0:
		return float32(sign * math.Ldexp(fraction, -24))
	case 31:
		if fraction != 0 {
			return float32(math.NaN())
		}
		return float32(math.Inf(int(sign)))
	}
	return float32(sign * math.Ldexp(1024+fraction, exponent-25))
}

// beyond is an integer that stands for "to the end".
const beyond = 1 << 30

// exactInt keeps an integer as float32, or beyond.
func exactInt(v int64) (float32, error) {
	v = max(min(v, beyond), -beyond)
	if int64(float32(v)) != v {
		return 0, fmt.Errorf("integer %d, expected at most 2^24", v)
	}
	return float32(v), nil
}

// maxValues bounds the tensors that a file may hold or ask for, to 256 MB each.
const maxValues = 1 << 26

// volume is the number of values of a shape. Beside a dimension of 0 the others are
// bounded all the same.
func volume(dims []int64) (int, error) {
	if len(dims) > maxRank {
		return 0, fmt.Errorf("%d dimensions, expected at most %d", len(dims), maxRank)
	}
	n, bound := int64(1), int64(1)
	for _, d := range dims {
		if d < 0 || d > maxValues || bound*d > maxValues {
			return 0, fmt.Errorf("shape %v, expected at most %d values and no negative dimension", dims, maxValues)
		}
		n, bound = n*d, bound*max(d, 1)
	}
	return int(n), nil
}

func elemName(elem int64) string {
	names := []string{"undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16", "float64", "uint32", "uint64", "complex64", "complex128", "bfloat16"}
	if elem >= 0 && elem < int64(len(names)) {
		return names[elem]
	}
	return fmt.Sprint(elem)
}

// encode writes the tensor with raw data.
func (t *tensor) encode() []byte {
	var b []byte
	for _, d := range t.dims {
		b = appendInt(b, 1, d)
	}
	b = appendInt(b, 2, t.elem)
	if t.name != "" {
		b = appendText(b, 8, t.name)
	}
	var raw []byte
	for _, v := range t.data {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	for _, v := range t.i64 {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	return appendMessage(b, 9, raw)
}

func appendInt(b []byte, num protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), uint64(v))
}

func appendText(b []byte, num protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, num, protowire.BytesType), s)
}

func appendMessage(b []byte, num protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), m)
}

func appendFloat(b []byte, num protowire.Number, v float32) []byte {
	return protowire.AppendFixed32(protowire.AppendTag(b, num, protowire.Fixed32Type), math.Float32bits(v))
}
