package motion

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// A small reader of HDF5 files as h5py writes them by default: groups with
// symbol tables or link messages, attributes, numbers and fixed strings, compact,
// contiguous and chunked data, deflate and shuffle. It holds the file in memory
// and trusts none of its sizes. Numbers in parentheses are sections of the "HDF5
// File Format Specification", version 3.0.

var (
	errH5       = errors.New("damaged or truncated HDF5")
	errH5Latest = errors.New("HDF5 of a newer layout; save it with libver='earliest'")
)

// Kinds of header messages (IV.A.2).
const (
	h5Dataspace    = 0x01
	h5LinkInfo     = 0x02
	h5Datatype     = 0x03
	h5Link         = 0x06
	h5Layout       = 0x08
	h5Filters      = 0x0b
	h5Attribute    = 0x0c
	h5Continuation = 0x10
	h5SymbolTable  = 0x11

	h5Undefined = ^uint64(0)
	h5MaxNodes  = 1 << 20 // of a tree
	h5MaxDepth  = 32
)

// h5Signature starts every HDF5 file.
const h5Signature = "\x89HDF\r\n\x1a\n"

// h5Reader takes little-endian numbers off the front of b; past its end they are
// zero and short is set.
type h5Reader struct {
	b     []byte
	short bool
}

func (r *h5Reader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.short, r.b = true, nil
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

// uint takes a number of n bytes.
func (r *h5Reader) uint(n uint64) uint64 {
	var full [8]byte
	copy(full[:], r.take(n))
	return binary.LittleEndian.Uint64(full[:])
}

// h5Object is a group or a dataset: the messages of its header.
type h5Object struct {
	file     []byte
	messages []h5Message
}

type h5Message struct {
	kind uint64
	body []byte
}

// h5Open reads the superblock (II) and returns the root group.
func h5Open(file []byte) (*h5Object, error) {
	r := &h5Reader{b: file}
	if string(r.take(8)) != h5Signature {
		return nil, errors.New("not an HDF5 file")
	}
	version, root, sizes := r.uint(1), uint64(0), uint64(0)
	switch version {
	case 0, 1:
		r.take(4)
		sizes = r.uint(2)
		r.take(9 + 4*version + 4*8 + 8)
		root = r.uint(8)
	case 2, 3:
		sizes = r.uint(2)
		r.take(1 + 3*8)
		root = r.uint(8)
	default:
		return nil, errH5
	}
	if r.short || sizes != 0x0808 {
		return nil, errH5
	}
	return h5ObjectAt(file, root)
}

// h5At is the file from an address on.
func h5At(file []byte, at uint64) *h5Reader {
	if at > uint64(len(file)) {
		return &h5Reader{short: true}
	}
	return &h5Reader{b: file[at:]}
}

// h5ObjectAt reads an object header of version 1 or 2 (IV.A.1).
func h5ObjectAt(file []byte, at uint64) (*h5Object, error) {
	o := &h5Object{file: file}
	r := h5At(file, at)
	if bytes.HasPrefix(r.b, []byte("OHDR")) {
		return o, o.readV2(r)
	}
	if r.uint(1) != 1 {
		return nil, errH5
	}
	r.take(7)
	size := r.uint(4)
	r.take(4)
	blocks := [][]byte{r.take(size)}
	for i := 0; i < len(blocks); i++ {
		if r.short || i > h5MaxNodes {
			return nil, errH5
		}
		for b := (&h5Reader{b: blocks[i]}); len(b.b) >= 8; {
			m := h5Message{kind: b.uint(2)}
			n := b.uint(2)
			b.take(4)
			if m.body = b.take(n); b.short {
				return nil, errH5
			}
			if m.kind == h5Continuation {
				c := &h5Reader{b: m.body}
				next := h5At(file, c.uint(8))
				blocks = append(blocks, next.take(c.uint(8)))
				r.short = r.short || next.short || c.short || len(blocks) > h5MaxDepth
				continue
			}
			o.messages = append(o.messages, m)
		}
	}
	if r.short {
		return nil, errH5
	}
	return o, nil
}

// readV2 reads an object header that starts with OHDR.
func (o *h5Object) readV2(r *h5Reader) error {
	r.take(5)
	flags := r.uint(1)
	if flags&0x20 != 0 {
		r.take(16)
	}
	if flags&0x10 != 0 {
		r.take(4)
	}
	blocks := [][]byte{r.take(r.uint(1 << (flags & 3)))}
	for i := 0; i < len(blocks); i++ {
		if r.short || len(blocks) > h5MaxDepth {
			return errH5
		}
		for b := (&h5Reader{b: blocks[i]}); len(b.b) >= 4; {
			m := h5Message{kind: b.uint(1)}
			n := b.uint(2)
			b.take(1 + flags&4>>1)
			if m.body = b.take(n); b.short {
				return errH5
			}
			if m.kind == h5Continuation {
				c := &h5Reader{b: m.body}
				next, size := h5At(o.file, c.uint(8)), c.uint(8)
				if string(next.take(4)) != "OCHK" || size < 8 {
					return errH5
				}
				blocks = append(blocks, next.take(size-8))
				r.short = next.short
				continue
			}
			o.messages = append(o.messages, m)
		}
	}
	return nil
}

// message is the body of the first message of a kind; nil when there is none.
func (o *h5Object) message(kind uint64) []byte {
	for _, m := range o.messages {
		if m.kind == kind {
			return m.body
		}
	}
	return nil
}

// isDataset tells datasets from groups.
func (o *h5Object) isDataset() bool { return o.message(h5Layout) != nil }
