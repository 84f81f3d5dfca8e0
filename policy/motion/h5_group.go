package motion

import (
	"bytes"
	"fmt"
	"slices"
)

// links lists what a group holds, in the order of names.
func (o *h5Object) links() (names []string, at map[string]uint64, err error) {
	at = map[string]uint64{}
	if t := o.message(h5SymbolTable); t != nil {
		err = o.symbolTable(t, at)
	}
	for _, m := range o.messages {
		if m.kind == h5Link && err == nil {
			err = h5ReadLink(m.body, at)
		}
	}
	if info := o.message(h5LinkInfo); len(info) >= 18 && err == nil {
		r := &h5Reader{b: info[2:]}
		r.take(uint64(info[1]&1) * 8)
		if r.uint(8) != h5Undefined {
			err = errH5Latest
		}
	}
	for n := range at {
		names = append(names, n)
	}
	slices.Sort(names)
	return names, at, err
}

// h5ReadLink reads a link message (IV.A.2.g); soft links are passed over.
func h5ReadLink(body []byte, at map[string]uint64) error {
	r := &h5Reader{b: body}
	r.take(1)
	flags, kind := r.uint(1), uint64(0)
	if flags&8 != 0 {
		kind = r.uint(1)
	}
	if flags&4 != 0 {
		r.take(8)
	}
	if flags&16 != 0 {
		r.take(1)
	}
	name := string(r.take(r.uint(1 << (flags & 3))))
	if kind == 0 {
		at[name] = r.uint(8)
	}
	if r.short {
		return errH5
	}
	return nil
}

// symbolTable walks the tree of an old-style group (III.A.1, III.B, III.C).
func (o *h5Object) symbolTable(body []byte, at map[string]uint64) error {
	r := &h5Reader{b: body}
	tree, heap := r.uint(8), h5At(o.file, r.uint(8))
	if r.short || string(heap.take(4)) != "HEAP" {
		return errH5
	}
	heap.take(4)
	size := heap.uint(8)
	heap.take(8)
	names := h5At(o.file, heap.uint(8))
	text := names.take(size)
	if heap.short || names.short {
		return errH5
	}
	return h5Tree(o.file, tree, 0, 8, func(_ []byte, leaf uint64) error {
		s := h5At(o.file, leaf)
		if string(s.take(4)) != "SNOD" {
			return errH5
		}
		s.take(2)
		for n := s.uint(2); n > 0; n-- {
			e := &h5Reader{b: s.take(40)}
			from := e.uint(8)
			if s.short || from >= uint64(len(text)) {
				return errH5
			}
			name, _, ok := bytes.Cut(text[from:], []byte{0})
			if !ok {
				return errH5
			}
			at[string(name)] = e.uint(8)
		}
		return nil
	})
}

// h5Tree calls leaf with the key and the address of each child at the lowest
// level of a version 1 B-tree (III.A.1).
func h5Tree(file []byte, root, kind, keySize uint64, leaf func(key []byte, at uint64) error) error {
	visited := 0
	var walk func(at uint64, depth int) error
	walk = func(at uint64, depth int) error {
		r := h5At(file, at)
		if visited++; visited > h5MaxNodes || depth > h5MaxDepth || string(r.take(4)) != "TREE" || r.uint(1) != kind {
			return errH5
		}
		level, n := r.uint(1), r.uint(2)
		r.take(16)
		for ; n > 0; n-- {
			key, child := r.take(keySize), r.uint(8)
			if r.short {
				return errH5
			}
			err := error(nil)
			if level > 0 {
				err = walk(child, depth+1)
			} else {
				err = leaf(key, child)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	if root == h5Undefined {
		return nil
	}
	return walk(root, 0)
}

// child opens a member of a group by its path, names joined by slashes.
func (o *h5Object) child(path ...string) (*h5Object, error) {
	for _, name := range path {
		_, at, err := o.links()
		if err != nil {
			return nil, err
		}
		addr, ok := at[name]
		if !ok {
			return nil, fmt.Errorf("no %q", name)
		}
		if o, err = h5ObjectAt(o.file, addr); err != nil {
			return nil, err
		}
	}
	return o, nil
}
