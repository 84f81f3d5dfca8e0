package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

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
		case 13:
			t.away = true
		case 14:
			t.away = t.away || v.int() != 0
		}
	})
	if err == nil {
		err = t.settle()
	}
	if err != nil && t.name != "" {
		err = fmt.Errorf("tensor %q: %w", t.name, err)
	}
	return t, err
}

// settle turns whatever the tensor was stored as into data, and checks its length.
func (t *tensor) settle() error {
	want, err := volume(t.dims)
	if err != nil {
		return err
	}
	switch {
	case t.away:
		return errors.New("its data are in another file; save the model with its weights inside")
	case t.elem == elemFloat && t.raw != nil:
		if len(t.raw) != 4*want {
			return fmt.Errorf("shape %v needs %d bytes, got %d", t.dims, 4*want, len(t.raw))
		}
		t.data = appendFloats(make([]float32, 0, want), t.raw)
	case t.elem == elemFloat:
	case t.elem == elemInt64 || t.elem == elemInt32:
		if err := t.settleInts(); err != nil {
			return err
		}
	default:
		return fmt.Errorf("element type %s, expected float32 (or int64, int32 for shapes)", elemName(t.elem))
	}
	if len(t.data) != want {
		return fmt.Errorf("shape %v needs %d values, got %d", t.dims, want, len(t.data))
	}
	t.raw, t.i64 = nil, nil
	return nil
}

func (t *tensor) settleInts() error {
	size := 8
	if t.elem == elemInt32 {
		size = 4
	}
	if len(t.raw)%size != 0 {
		return fmt.Errorf("%d bytes of integers, expected a multiple of %d", len(t.raw), size)
	}
	for b := t.raw; len(b) > 0; b = b[size:] {
		if size == 8 {
			t.i64 = append(t.i64, int64(binary.LittleEndian.Uint64(b)))
		} else {
			t.i64 = append(t.i64, int64(int32(binary.LittleEndian.Uint32(b))))
		}
	}
	for _, v := range t.i64 {
		f, err := exactInt(v)
		if err != nil {
			return err
		}
		t.data = append(t.data, f)
	}
	return nil
}

// exactInt keeps an integer as float32. Beyond 2^30 it stands for "to the end".
func exactInt(v int64) (float32, error) {
	v = max(min(v, 1<<30), -1<<30)
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
