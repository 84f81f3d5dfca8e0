package moteus

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// message is a line, or a bare payload in hex, as JSON.
type message struct {
	Kind      string     `json:"kind"` // send, rcv, ok, err, or payload
	From      *byte      `json:"from,omitempty"`
	To        *byte      `json:"to,omitempty"`
	Reply     bool       `json:"reply,omitempty"`
	BRS       *bool      `json:"brs,omitempty"`
	FD        *bool      `json:"fd,omitempty"`
	Checksum  bool       `json:"checksum,omitempty"`
	Text      string     `json:"text,omitempty"`
	Subframes []subframe `json:"subframes,omitempty"`
}

// subframe is a Subframe as JSON. Values have the register's unit, null is "no number".
type subframe struct {
	Op         string     `json:"op"`
	Resolution string     `json:"resolution,omitempty"`
	Register   uint32     `json:"register"`
	Count      uint32     `json:"count,omitempty"`
	Packet     byte       `json:"packet,omitempty"`
	Values     []*float64 `json:"values,omitempty"`
	Data       string     `json:"data_hex,omitempty"`
}

var (
	kindNames = [...]string{Send: "send", Recv: "rcv", OK: "ok", Fail: "err"}
	resNames  = [...]string{Int8: "int8", Int16: "int16", Int32: "int32", Float: "float"}
	opNames   = map[Op]string{
		Write: "write", Read: "read", Reply: "reply", WriteError: "write_error", ReadError: "read_error",
		StreamWrite: "stream_write", StreamReply: "stream_reply", StreamPoll: "stream_poll",
		StreamReplyNumbered: "stream_reply_numbered", StreamPollNumbered: "stream_poll_numbered",
	}
)

// DecodeText decodes lines of the adapter, or payloads in hex, one a line, to one
// JSON object each. What is neither is an error, after the objects before it.
func DecodeText(text string) (objects [][]byte, err error) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		m, err := decodeLine(line)
		if err != nil {
			return objects, err
		}
		j, err := json.Marshal(m)
		if err != nil {
			return objects, fmt.Errorf("moteus: %w", err)
		}
		objects = append(objects, j)
	}
	return objects, nil
}

func decodeLine(line string) (*message, error) {
	if b, err := hex.DecodeString(line); err == nil {
		m := &message{Kind: "payload"}
		return m, m.decode(b)
	}
	l, err := ParseLine([]byte(line), make([]byte, MaxData))
	if err != nil {
		return nil, err
	}
	m := &message{Kind: kindNames[l.Kind], Checksum: l.Checked, Text: string(l.Text)}
	if l.Kind == OK || l.Kind == Fail {
		return m, nil
	}
	f := &l.Frame
	from, to := byte(f.ID>>8&0x7F), byte(f.ID&0x7F)
	m.From, m.To, m.Reply = &from, &to, f.ID&replyBit != 0
	m.BRS, m.FD = f.BRS.pointer(), f.FD.pointer()
	return m, m.decode(f.Data)
}

func (f Flag) pointer() *bool {
	if f == Open {
		return nil
	}
	on := f == On
	return &on
}

func flagOf(p *bool) Flag {
	switch {
	case p == nil:
		return Open
	case *p:
		return On
	}
	return Off
}

func (m *message) decode(b []byte) error {
	for {
		s, n, err := Next(b)
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		b = b[n:]
		j := subframe{Op: opNames[s.Op], Register: s.Reg, Count: s.Count, Packet: s.Packet}
		switch s.Op {
		case Read:
			j.Resolution = resNames[s.Res]
		case Write, Reply:
			j.Resolution = resNames[s.Res]
			for i := range s.Values() {
				v := s.Value(i)
				p := &v
				if v-v != 0 {
					p = nil
				}
				j.Values = append(j.Values, p)
			}
		default:
			j.Data = hex.EncodeToString(s.Data)
		}
		m.Subframes = append(m.Subframes, j)
	}
}

// EncodeText is the inverse of DecodeText for one object. NOPs are not restored,
// except those that fill a sent frame up.
func EncodeText(object []byte) (string, error) {
	var m message
	d := json.NewDecoder(bytes.NewReader(object))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return "", fmt.Errorf("moteus: %w", err)
	}
	data, err := m.encode()
	if err != nil || m.Kind == "payload" {
		return hex.EncodeToString(data), err
	}
	for k, name := range kindNames {
		if name == m.Kind {
			return m.line(Kind(k), data)
		}
	}
	return "", fmt.Errorf("moteus: kind %q: want send, rcv, ok, err or payload", m.Kind)
}

func (m *message) line(k Kind, data []byte) (string, error) {
	l := Line{Kind: k, Text: []byte(m.Text)}
	if k == Send || k == Recv {
		if m.From == nil || m.To == nil || *m.From > 0x7F || *m.To > 0x7F {
			return "", fmt.Errorf("moteus: kind %s: want from and to, 0 to 127", m.Kind)
		}
		if len(data) > MaxData {
			return "", fmt.Errorf("moteus: %d bytes of subframes: want %d at most", len(data), MaxData)
		}
		l.Frame = Frame{ID: ID(*m.From, *m.To, m.Reply), Data: data, BRS: flagOf(m.BRS), FD: flagOf(m.FD)}
	}
	return strings.TrimSuffix(string(AppendLine(nil, &l, m.Checksum)), "\n"), nil
}

func (m *message) encode() (b []byte, err error) {
	for i := range m.Subframes {
		s, err := m.Subframes[i].parse()
		if err != nil {
			return nil, fmt.Errorf("moteus: subframes[%d]: %w", i, err)
		}
		b = Append(b, s)
	}
	return b, nil
}

func (j *subframe) parse() (*Subframe, error) {
	s := &Subframe{Op: nop, Reg: j.Register, Count: j.Count, Packet: j.Packet}
	for op, name := range opNames {
		if name == j.Op {
			s.Op = op
		}
	}
	if s.Op == nop {
		return nil, fmt.Errorf("op %q: want write, read, reply, write_error, read_error or a stream one", j.Op)
	}
	if s.Op == Write || s.Op == Read || s.Op == Reply {
		s.Res = 0xFF
		for r, name := range resNames {
			if name == j.Resolution {
				s.Res = Resolution(r)
			}
		}
		if s.Res == 0xFF {
			return nil, fmt.Errorf("resolution %s: want int8, int16, int32 or float", strconv.Quote(j.Resolution))
		}
		for i, v := range j.Values {
			x := math.NaN()
			if v != nil {
				x = *v
			}
			s.Data = AppendValue(s.Data, j.Register+uint32(i), s.Res, x)
		}
		return s, nil
	}
	data, err := hex.DecodeString(j.Data)
	s.Data = data
	return s, err
}
