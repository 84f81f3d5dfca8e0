package motion

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
)

// h5All asks for every row.
const h5All = ^uint64(0)

// h5Type is a datatype (IV.A.2.d): class 0 integers, 1 floats, 3 strings.
type h5Type struct {
	class  byte
	size   uint64
	order  binary.ByteOrder
	signed bool
}

func h5ReadType(b []byte) (h5Type, error) {
	if len(b) < 8 {
		return h5Type{}, errH5
	}
	t := h5Type{class: b[0] & 15, size: uint64(binary.LittleEndian.Uint32(b[4:])), order: binary.LittleEndian, signed: b[1]&8 != 0}
	if b[1]&1 != 0 {
		t.order = binary.BigEndian
	}
	switch {
	case t.class == 3 && t.size > 0:
	case t.class == 1 && (t.size == 4 || t.size == 8):
	case t.class == 0 && (t.size == 1 || t.size == 2 || t.size == 4 || t.size == 8):
	default:
		return t, fmt.Errorf("HDF5 data of class %d and %d bytes, expected numbers or fixed strings", t.class, t.size)
	}
	return t, nil
}

// h5ReadShape reads a dataspace (IV.A.2.b); a scalar has no dimensions.
func h5ReadShape(b []byte) ([]uint64, error) {
	r := &h5Reader{b: b}
	version, rank := r.uint(1), r.uint(1)
	r.take(2)
	if version == 1 {
		r.take(4)
	}
	shape := make([]uint64, min(rank, 32))
	for i := range shape {
		shape[i] = r.uint(8)
	}
	if r.short || version < 1 || version > 2 || rank > 32 {
		return nil, errH5
	}
	return shape, nil
}

// h5Array is the plain content of a dataset or an attribute.
type h5Array struct {
	h5Type
	shape []uint64
	raw   []byte
}

// bytes is the size that shape and type announce; it fails where nothing that
// large can come from a file of the given size (deflate packs 1032 to 1).
func (a *h5Array) bytes(file int) (uint64, error) {
	n, most := a.size, min(uint64(file)*1032, maxFile)
	for _, d := range a.shape {
		if d > most || n > most {
			return 0, errH5
		}
		n *= d
	}
	if n > most {
		return 0, errH5
	}
	return n, nil
}

// read returns the content of a dataset: its first rows, or all with h5All.
func (o *h5Object) read(rows uint64) (*h5Array, error) {
	a := &h5Array{}
	var err error
	if a.h5Type, err = h5ReadType(o.message(h5Datatype)); err != nil {
		return nil, err
	}
	if a.shape, err = h5ReadShape(o.message(h5Dataspace)); err != nil {
		return nil, err
	}
	if len(a.shape) > 0 {
		a.shape[0] = min(a.shape[0], rows)
	}
	size, err := a.bytes(len(o.file))
	if err != nil {
		return nil, err
	}
	r := &h5Reader{b: o.message(h5Layout)}
	if v := r.uint(1); v != 3 {
		return nil, errH5Latest
	}
	switch r.uint(1) {
	case 0:
		a.raw = r.take(r.uint(2))
	case 1:
		if at := r.uint(8); at != h5Undefined {
			a.raw = h5At(o.file, at).take(size)
		} else {
			a.raw = make([]byte, min(size, uint64(len(o.file)))) // never written: zeros
		}
	case 2:
		a.raw, err = o.readChunks(a, size, r)
	default:
		return nil, errH5Latest
	}
	if err == nil && (r.short || uint64(len(a.raw)) < size) {
		err = errH5
	}
	return a, err
}

// floats converts numbers of any type.
func (a *h5Array) floats() ([]float64, error) {
	if a.class > 1 {
		return nil, errors.New("HDF5 strings, expected numbers")
	}
	n, err := (&h5Array{h5Type: h5Type{size: 1}, shape: a.shape}).bytes(maxFile)
	if err != nil {
		return nil, err
	}
	out := make([]float64, n)
	for i := range out {
		b := a.raw[uint64(i)*a.size:]
		var bits uint64
		switch a.size {
		case 1:
			bits = uint64(b[0])
		case 2:
			bits = uint64(a.order.Uint16(b))
		case 4:
			bits = uint64(a.order.Uint32(b))
		case 8:
			bits = a.order.Uint64(b)
		}
		spare := 64 - 8*a.size
		switch {
		case a.class == 1 && a.size == 4:
			out[i] = float64(math.Float32frombits(uint32(bits)))
		case a.class == 1:
			out[i] = math.Float64frombits(bits)
		case a.signed:
			out[i] = float64(int64(bits<<spare) >> spare)
		default:
			out[i] = float64(bits)
		}
	}
	return out, nil
}

// strings cuts fixed strings apart.
func (a *h5Array) strings() ([]string, error) {
	if a.class != 3 {
		return nil, errors.New("HDF5 numbers, expected strings")
	}
	var out []string
	for b := a.raw; uint64(len(b)) >= a.size; b = b[a.size:] {
		out = append(out, strings.TrimRight(string(b[:a.size]), "\x00 "))
	}
	return out, nil
}

// attribute reads a number attached to an object (IV.A.2.m); ok is false where
// there is none.
func (o *h5Object) attribute(name string) (value float64, ok bool) {
	for _, m := range o.messages {
		if m.kind != h5Attribute {
			continue
		}
		r := &h5Reader{b: m.body}
		version := r.uint(1)
		r.take(1)
		sizes := [3]uint64{r.uint(2), r.uint(2), r.uint(2)}
		if version == 3 {
			r.take(1)
		}
		var parts [3][]byte
		for i, n := range sizes {
			if version == 1 {
				n = (n + 7) &^ 7
			}
			parts[i] = r.take(n)
		}
		if strings.TrimRight(string(parts[0]), "\x00") != name {
			continue
		}
		t, err1 := h5ReadType(parts[1])
		shape, err2 := h5ReadShape(parts[2])
		a := &h5Array{h5Type: t, shape: shape, raw: r.b}
		if r.short {
			return 0, false
		}
		if size, err := a.bytes(len(o.file)); err1 != nil || err2 != nil || err != nil || uint64(len(r.b)) < size {
			return 0, false
		}
		v, err := a.floats()
		return append(v, 0)[0], err == nil && len(v) == 1
	}
	return 0, false
}
