package motion

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// ReadKeyPointsMAT reads key points of a MATLAB file (level 5, as scipy and
// MATLAB up to -v7 write it): the array pred of DANNCE, or the only numeric array
// there is, frames x 3 x 23 or frames x 23 x 3, in mm, cm or m, in DANNCE's order
// of points, at 50 frames per second.
func ReadKeyPointsMAT(data []byte, name string) (*KeyPoints, error) {
	arrays, err := readMAT(data)
	if err != nil {
		return nil, fmt.Errorf("motion: %s: %w", name, err)
	}
	i := slices.IndexFunc(arrays, func(a matArray) bool { return a.name == "pred" })
	if i < 0 && len(arrays) == 1 {
		i = 0
	}
	if i < 0 {
		var names []string
		for _, a := range arrays {
			names = append(names, a.name)
		}
		return nil, fmt.Errorf("motion: %s: arrays %q, expected one named pred, or one alone", name, names)
	}
	return keyPointArray(arrays[i].values, arrays[i].shape, nil, name)
}

// isMAT tells a level-5 MAT file by the end of its 128-byte header.
func isMAT(data []byte) bool {
	return len(data) >= 128 && (string(data[124:128]) == "\x00\x01IM" || string(data[124:128]) == "\x01\x00MI")
}

// matArray is a real numeric array; values are row-major, the last index fastest.
type matArray struct {
	name   string
	shape  []int
	values []float64
}

// Types of data elements and classes of arrays, from "MAT-File Format" (The
// MathWorks, 2023), tables 1-1 and 1-3.
const (
	miMatrix     = 14
	miCompressed = 15
	mxDouble     = 6 // the first numeric class
	mxUint64     = 15
	matComplex   = 0x0800
)

var errMATShort = errors.New("truncated MAT file")

// readMAT reads the numeric arrays at the top level, and passes over the rest.
func readMAT(data []byte) ([]matArray, error) {
	if !isMAT(data) {
		return nil, errors.New("not a MAT file of level 5 (save with -v7)")
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if data[126] == 'M' {
		order = binary.BigEndian
	}
	var arrays []matArray
	rest := data[128:]
	for len(rest) > 0 {
		e, err := matElement(&rest, order)
		if err != nil {
			return nil, err
		}
		if e.kind == miCompressed {
			plain, err := inflate(e.data)
			if err != nil {
				return nil, err
			}
			if e, err = matElement(&plain, order); err != nil {
				return nil, err
			}
		}
		if e.kind != miMatrix {
			continue
		}
		a, err := matMatrix(e.data, order)
		if err != nil {
			return nil, err
		}
		if a != nil {
			arrays = append(arrays, *a)
		}
	}
	return arrays, nil
}

// inflate undoes zlib, up to the size of the largest file that is read.
func inflate(b []byte) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("damaged compression: %w", err)
	}
	out, err := io.ReadAll(io.LimitReader(z, maxFile))
	if err != nil {
		return nil, fmt.Errorf("damaged compression: %w", err)
	}
	return out, nil
}

// matData is one data element: its type and its bytes.
type matData struct {
	kind uint32
	data []byte
}

// matElement cuts an element off the front of b. Short ones hold type, size and
// up to four bytes in eight; the others are padded to eight, unless compressed.
func matElement(b *[]byte, order binary.ByteOrder) (matData, error) {
	if len(*b) < 8 {
		return matData{}, errMATShort
	}
	kind, size := order.Uint32(*b), uint64(order.Uint32((*b)[4:]))
	if kind>>16 != 0 {
		size = uint64(kind >> 16)
		e := matData{kind & 0xffff, (*b)[4:8]}
		if size > 4 {
			return matData{}, fmt.Errorf("damaged MAT file: a short element of %d bytes", size)
		}
		e.data, *b = e.data[:size], (*b)[8:]
		return e, nil
	}
	if uint64(len(*b)-8) < size {
		return matData{}, errMATShort
	}
	e := matData{kind, (*b)[8 : 8+size]}
	end := 8 + size
	if kind != miCompressed {
		end = min(8+(size+7)/8*8, uint64(len(*b)))
	}
	*b = (*b)[end:]
	return e, nil
}

// matMatrix reads an array; nil stands for one that is not real and numeric.
func matMatrix(b []byte, order binary.ByteOrder) (*matArray, error) {
	var part [4]matData // flags, dimensions, name, values
	for i := range part {
		if i == 3 { // the parts of cells, structures and characters are others
			if !matReal(part[0].data, order) {
				return nil, nil
			}
		}
		var err error
		if part[i], err = matElement(&b, order); err != nil {
			return nil, err
		}
	}
	a := &matArray{name: strings.TrimRight(string(part[2].data), "\x00")}
	count := 1
	for d := part[1].data; len(d) >= 4; d = d[4:] {
		n := int(int32(order.Uint32(d)))
		if n < 0 || n > 0 && count > maxFile/n {
			return nil, fmt.Errorf("array %s: damaged dimensions", a.name)
		}
		a.shape, count = append(a.shape, n), count*n
	}
	values, err := matNumbers(part[3], order)
	if err != nil {
		return nil, fmt.Errorf("array %s: %w", a.name, err)
	}
	if len(values) != count {
		return nil, fmt.Errorf("array %s: %d values for shape %v", a.name, len(values), a.shape)
	}
	a.values = rowMajor(values, a.shape)
	return a, nil
}

// matReal says by the flags whether an array holds real numbers.
func matReal(flags []byte, order binary.ByteOrder) bool {
	if len(flags) < 8 {
		return false
	}
	f := order.Uint32(flags)
	return f&0xff >= mxDouble && f&0xff <= mxUint64 && f&matComplex == 0
}

// matNumbers converts an element of any numeric type.
func matNumbers(e matData, order binary.ByteOrder) ([]float64, error) {
	width := map[uint32]int{1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8}[e.kind]
	if width == 0 {
		return nil, fmt.Errorf("element type %d, expected numbers", e.kind)
	}
	out := make([]float64, len(e.data)/width)
	for i := range out {
		b := e.data[i*width:]
		switch e.kind {
		case 1:
			out[i] = float64(int8(b[0]))
		case 2:
			out[i] = float64(b[0])
		case 3:
			out[i] = float64(int16(order.Uint16(b)))
		case 4:
			out[i] = float64(order.Uint16(b))
		case 5:
			out[i] = float64(int32(order.Uint32(b)))
		case 6:
			out[i] = float64(order.Uint32(b))
		case 7:
			out[i] = float64(math.Float32frombits(order.Uint32(b)))
		case 9:
			out[i] = math.Float64frombits(order.Uint64(b))
		case 12:
			out[i] = float64(int64(order.Uint64(b)))
		case 13:
			out[i] = float64(order.Uint64(b))
		}
	}
	return out, nil
}

// rowMajor turns MATLAB's order, first index fastest, into Go's.
func rowMajor(v []float64, shape []int) []float64 {
	out, index := make([]float64, len(v)), make([]int, len(shape))
	for i := range v {
		at := 0
		for d, n := range shape {
			at = at*n + index[d]
		}
		out[at] = v[i]
		for d := range index {
			if index[d]++; index[d] < shape[d] {
				break
			}
			index[d] = 0
		}
	}
	return out
}
