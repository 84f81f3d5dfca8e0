package motion

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
)

// readChunks puts the chunks of a dataset together (III.A.1, IV.A.2.i).
func (o *h5Object) readChunks(a *h5Array, size uint64, r *h5Reader) ([]byte, error) {
	rank := r.uint(1)
	tree := r.uint(8)
	if rank != uint64(len(a.shape))+1 || rank < 2 {
		return nil, errH5
	}
	chunk := &h5Array{h5Type: a.h5Type}
	for range a.shape {
		chunk.shape = append(chunk.shape, r.uint(4))
	}
	chunkSize, err := chunk.bytes(len(o.file))
	if err != nil || chunkSize == 0 {
		return nil, errH5
	}
	filters, err := h5ReadFilters(o.message(h5Filters))
	if err != nil {
		return nil, err
	}
	out := make([]byte, size)
	work, most := uint64(0), 64*size+1<<26 // bytes unpacked: small datasets may have larger chunks
	err = h5Tree(o.file, tree, 1, 8+8*rank, func(key []byte, at uint64) error {
		k := &h5Reader{b: key}
		stored, mask := k.uint(4), k.uint(4)
		offset, inside := k.offset(a.shape)
		if !inside {
			return nil // behind the rows asked for
		}
		raw := h5At(o.file, at).take(stored)
		if work += chunkSize; raw == nil || work > most {
			return errH5
		}
		raw, err := h5Unfilter(raw, filters, mask, chunkSize, a.size)
		if err != nil {
			return err
		}
		if uint64(len(raw)) < chunkSize {
			return errH5
		}
		h5Place(out, a, raw, chunk, offset)
		return nil
	})
	return out, err
}

// offset takes the place of a chunk in its dataset; inside says whether any of
// it lies in shape.
func (r *h5Reader) offset(shape []uint64) (at []uint64, inside bool) {
	inside = true
	for _, n := range shape {
		v := r.uint(8)
		at, inside = append(at, v), inside && v < n
	}
	return at, inside
}

// h5Place copies a chunk row by row to where it belongs; what sticks out over
// the dataset's edge is left.
func h5Place(out []byte, a *h5Array, raw []byte, chunk *h5Array, offset []uint64) {
	last := len(a.shape) - 1
	index := make([]uint64, last+1)
	for {
		from, to, inside := uint64(0), uint64(0), true
		for d := range a.shape {
			p := offset[d] + index[d]
			from, to = from*chunk.shape[d]+index[d], to*a.shape[d]+p
			inside = inside && p < a.shape[d]
		}
		if inside {
			n := min(chunk.shape[last], a.shape[last]-offset[last]) * a.size
			copy(out[to*a.size:to*a.size+n], raw[from*a.size:])
		}
		d := last - 1
		for ; d >= 0; d-- {
			if index[d]++; index[d] < chunk.shape[d] {
				break
			}
			index[d] = 0
		}
		if d < 0 {
			return
		}
	}
}

// h5ReadFilters lists the filters of a pipeline (IV.A.2.l).
func h5ReadFilters(b []byte) (ids []uint64, err error) {
	if b == nil {
		return nil, nil
	}
	r := &h5Reader{b: b}
	version, n := r.uint(1), r.uint(1)
	if version == 1 {
		r.take(6)
	}
	for ; n > 0; n-- {
		id, name := r.uint(2), uint64(0)
		if version == 1 || id >= 256 {
			name = r.uint(2)
		}
		r.take(2)
		values := r.uint(2)
		if version == 1 {
			name, values = (name+7)&^7, values+values&1
		}
		r.take(name + 4*values)
		ids = append(ids, id)
	}
	if r.short {
		return nil, errH5
	}
	return ids, nil
}

// h5Unfilter undoes the filters of a chunk, last one first; mask skips some.
func h5Unfilter(raw []byte, filters []uint64, mask, size, element uint64) ([]byte, error) {
	for i := len(filters) - 1; i >= 0; i-- {
		if mask>>i&1 != 0 {
			continue
		}
		switch filters[i] {
		case 1: // deflate
			z, err := zlib.NewReader(bytes.NewReader(raw))
			if err != nil {
				return nil, errH5
			}
			// A checksum of four bytes may follow the chunk's own.
			if raw, err = io.ReadAll(io.LimitReader(z, int64(size)+4)); err != nil {
				return nil, errH5
			}
		case 2: // shuffle: byte k of every element, then byte k+1 of every element
			out, n := make([]byte, len(raw)), len(raw)/int(element)
			for k := 0; k < int(element); k++ {
				for e := 0; e < n; e++ {
					out[e*int(element)+k] = raw[k*n+e]
				}
			}
			copy(out[n*int(element):], raw[n*int(element):])
			raw = out
		case 3: // Fletcher's checksum
			if len(raw) < 4 {
				return nil, errH5
			}
			raw = raw[:len(raw)-4]
		default:
			return nil, fmt.Errorf("HDF5 filter %d, expected gzip or none", filters[i])
		}
	}
	return raw, nil
}
