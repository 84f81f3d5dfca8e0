package wire

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// AppendJSON appends a frame as one JSON object: its header, and its payload
// under the names of the schema. "No value" is null.
func AppendJSON(dst []byte, f *Frame) []byte {
	dst = fmt.Appendf(dst, `{"type":%q,"session":%d,"seq":%d,"time_us":%d`, f.Type, f.Session, f.Seq, f.TimeUs)
	m := newMessage(f.Type)
	f.Decode(m)
	c := codec{op: opJSON, text: dst}
	walk(m, &c)
	return append(c.text, '}')
}

// ParseJSON is the inverse of AppendJSON. A key that is missing, unknown or out
// of its range is an error that names it.
func ParseJSON(text []byte) (Header, Message, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	c := codec{op: opParse}
	if err := d.Decode(&c.values); err != nil {
		return Header{}, nil, fmt.Errorf("wire: want one JSON object: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return Header{}, nil, fmt.Errorf("wire: want one JSON object, there is more after it")
	}
	var t uint8
	var h Header
	c.code("type", typeNames, &t)
	c.u32("session", &h.Session)
	c.u32("seq", &h.Seq)
	c.u32("time_us", &h.TimeUs)
	m := newMessage(Type(t))
	if c.err == nil && m == nil {
		c.err = fmt.Errorf("wire: type is %d, want a known one, such as \"command\"", t)
	}
	if c.err != nil {
		return h, nil, c.err
	}
	walk(m, &c)
	c.leave()
	return h, m, c.err
}

// member appends a key and a value.
func (c *codec) member(name, value string) {
	if n := len(c.text); c.text[n-1] != '{' {
		c.text = append(c.text, ',')
	}
	c.text = append(strconv.AppendQuote(c.text, name), ':')
	c.text = append(c.text, value...)
}

// open and shut bracket the joints.
func (c *codec) open(i int) {
	switch {
	case c.op == opJSON && i == 0:
		c.member("joint", "[{")
	case c.op == opJSON:
		c.text = append(c.text, "},{"...)
	case c.op == opParse:
		c.enter(i)
	}
}

func (c *codec) shut() {
	switch c.op {
	case opJSON:
		c.text = append(c.text, "}]"...)
	case opParse:
		c.leave()
		c.values = c.outer
	}
}

// enter makes joint i's object the one that keys are taken from.
func (c *codec) enter(i int) {
	if i > 0 {
		c.leave()
	} else {
		c.outer = c.values
		c.joints, _ = c.key("joint").([]any)
		if len(c.joints) != Joints {
			c.fail("joint", "an array of %d objects", Joints)
		}
	}
	c.values = nil
	if i < len(c.joints) {
		c.values, _ = c.joints[i].(map[string]any)
	}
}

// leave complains about keys that nobody took.
func (c *codec) leave() {
	if len(c.values) > 0 && c.err == nil {
		c.err = fmt.Errorf("wire: unknown key %q%s", slices.Sorted(maps.Keys(c.values))[0], c.where())
	}
}

func (c *codec) where() string {
	if c.group == "" {
		return ""
	}
	return fmt.Sprintf(" of joint %d", c.index)
}

func (c *codec) fail(name, want string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("wire: %s%s: want %s", name, c.where(), fmt.Sprintf(want, args...))
	}
}

// key takes a key's value out of the object.
func (c *codec) key(name string) any {
	v := c.values[name]
	delete(c.values, name)
	return v
}

// integer reads or writes a whole number within low..high.
func (c *codec) integer(name string, v, low, high int64) int64 {
	if c.op == opJSON {
		c.member(name, strconv.FormatInt(v, 10))
		return v
	}
	n, _ := c.key(name).(json.Number)
	x, err := n.Int64()
	if err != nil || x < low || x > high {
		c.fail(name, "a whole number from %d to %d", low, high)
		return 0
	}
	return x
}

// number reads or writes fixed point.
func (c *codec) number(name string, p *float64, shift int, low, high float64) {
	if c.op == opJSON {
		text := "null"
		if *p == *p {
			text = strconv.FormatFloat(*p, 'g', -1, 64)
		}
		c.member(name, text)
		return
	}
	v, there := c.values[name]
	if c.key(name); there && v == nil {
		*p = math.NaN()
		return
	}
	n, _ := v.(json.Number)
	x, err := n.Float64()
	unit := float64(int(1) << shift)
	if err != nil || !(x >= low/unit && x <= high/unit) {
		c.fail(name, "a number from %g to %g, or null for no value", low/unit, high/unit)
		return
	}
	*p = x
}

// named reads or writes a code by its name; one without a name is a number.
func (c *codec) named(name string, codes []code, p *uint8) {
	if c.op == opJSON {
		for _, k := range codes {
			if k.value == *p {
				c.member(name, strconv.Quote(k.name))
				return
			}
		}
		c.member(name, strconv.Itoa(int(*p)))
		return
	}
	if s, ok := c.values[name].(string); ok {
		c.key(name)
		for _, k := range codes {
			if k.name == s {
				*p = k.value
				return
			}
		}
		c.fail(name, "one of %s", codeList(codes))
		return
	}
	*p = uint8(c.integer(name, 0, 0, math.MaxUint8))
}

func codeList(codes []code) string {
	names := make([]string, len(codes))
	for i, k := range codes {
		names[i] = k.name
	}
	return strings.Join(names, ", ")
}

// hex reads or writes bytes as hexadecimal text.
func (c *codec) hex(name string, p []byte) {
	if c.op == opJSON {
		c.member(name, strconv.Quote(hex.EncodeToString(p)))
		return
	}
	s, _ := c.key(name).(string)
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(p) {
		c.fail(name, "%d hexadecimal digits", 2*len(p))
		return
	}
	copy(p, b)
}

// quoted reads or writes text.
func (c *codec) quoted(name string, p *Text) {
	if c.op == opJSON {
		b, _ := json.Marshal(p.String())
		c.member(name, string(b))
		return
	}
	s, ok := c.key(name).(string)
	if !ok || len(s) > len(p) {
		c.fail(name, "text of at most %d bytes", len(p))
		return
	}
	*p = MakeText(s)
}
