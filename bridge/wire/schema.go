package wire

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
)

// messages returns an empty message of every type, in the order of the types.
func messages() []Message {
	return []Message{
		&Hello{}, &Command{}, &Enable{}, &Stop{}, &EStop{}, &Reset{}, &Calibrate{}, &Query{},
		&Welcome{}, &State{}, &Ack{}, &Info{},
	}
}

// newMessage returns an empty message of a type, nil for an unknown one.
func newMessage(t Type) Message {
	for _, m := range messages() {
		if m.Type() == t {
			return m
		}
	}
	return nil
}

// fieldsOf lists a message's fields in wire order, a group's once.
func fieldsOf(m Message) []field {
	c := codec{op: opList}
	walk(m, &c)
	return c.list
}

// size is how many bytes the field takes.
func (f *field) size() int {
	each := map[string]int{"u8": 1, "i8": 1, "u16": 2, "i16": 2, "u32": 4, "u64": 8, "bytes": 1, "text": 1}[f.wire]
	return each * f.count * f.times
}

// layout is what follows from the messages once and for all: the payload
// lengths by type, and the schema's hash.
type layout struct {
	size [256]int // -1 for an unknown type
	hash uint64
}

var schema = sync.OnceValue(func() *layout {
	l := &layout{}
	for t := range l.size {
		l.size[t] = -1
	}
	for _, m := range messages() {
		n := 0
		for _, f := range fieldsOf(m) {
			n += f.size()
		}
		if n > MaxPayload {
			panic(fmt.Sprintf("wire: %v has a payload of %d bytes, at most %d fit", m.Type(), n, MaxPayload))
		}
		l.size[m.Type()] = n
	}
	sum := sha256.Sum256([]byte(schemaText()))
	l.hash = binary.LittleEndian.Uint64(sum[:])
	return l
})

// SchemaHash identifies the schema: the first 8 bytes of the SHA-256 of a text
// with every field, scale and code. The C header holds the same number.
func SchemaHash() uint64 { return schema().hash }

// schemaText is everything that two sides have to agree on.
func schemaText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "whisker wire %d, %d joints, window %d, stale %d us\n", Version, Joints, Window, StaleUs)
	for _, m := range messages() {
		fmt.Fprintf(&b, "%v\n", m.Type())
		for _, f := range fieldsOf(m) {
			fmt.Fprintf(&b, "\t%s %s %s %d %d %d\n", f.group, f.name, f.wire, f.shift, f.count, f.times)
		}
	}
	for _, e := range enums {
		fmt.Fprintf(&b, "%s\n", e.kind)
		for _, c := range e.codes {
			fmt.Fprintf(&b, "\t%d %s\n", c.value, c.name)
		}
	}
	return b.String()
}

// enums are the kinds of codes, as C names them.
var enums = []struct {
	kind  string
	codes []code
}{
	{"type", typeNames}, {"mode", modeNames}, {"fault", faultNames}, {"limit", limitNames},
	{"result", resultNames}, {"purpose", purposeNames}, {"reset_cause", resetNames}, {"verdict", verdictNames},
}

// walk is m.walk(c) without a call through the interface, under which c would
// escape to the heap: encoding and decoding allocate nothing.
func walk(m Message, c *codec) {
	switch m := m.(type) {
	case *Command:
		m.walk(c)
	case *State:
		m.walk(c)
	case *Hello:
		m.walk(c)
	case *Enable:
		m.walk(c)
	case *Stop, *EStop, *Query:
	case *Reset:
		m.walk(c)
	case *Calibrate:
		m.walk(c)
	case *Welcome:
		m.walk(c)
	case *Ack:
		m.walk(c)
	case *Info:
		m.walk(c)
	default:
		panic("wire: a message of a type that has no walk")
	}
}
