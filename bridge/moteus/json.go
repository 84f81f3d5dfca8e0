package moteus

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// message is a line, or a bare payload in hex, as JSON.
type message struct {
	Kind   string `json:"kind"` // send, send_std, send_ext, rcv, ok, err, command, or payload
	Prefix uint16 `json:"prefix,omitempty"`
	From   *byte  `json:"from,omitempty"`
	To     *byte  `json:"to,omitempty"`
	Reply  bool   `json:"reply,omitempty"`
	// IDDigits is how many digits the id has, where that is not the usual number.
	IDDigits int `json:"id_digits,omitempty"`
	// Flags is the flags' own text; BRS and FD repeat two of them.
	Flags     string     `json:"flags,omitempty"`
	BRS       *bool      `json:"brs,omitempty"`
	FD        *bool      `json:"fd,omitempty"`
	Checksum  bool       `json:"checksum,omitempty"`
	Text      string     `json:"text,omitempty"`
	Subframes []subframe `json:"subframes,omitempty"`
	// Written is what was decoded, where the rest does not tell how it was written:
	// small letters under a checksum, a longer number than needed, bits of a NaN.
	Written string `json:"written,omitempty"`
}

// subframe is a Subframe as JSON. Values have the register's unit.
type subframe struct {
	Op         string `json:"op"`
	Resolution string `json:"resolution,omitempty"`
	Register   uint32 `json:"register"`
	// Names are those of the registers from Register on, "" for one that the manual
	// does not list; they are not read back.
	Names  []string `json:"names,omitempty"`
	Count  uint32   `json:"count,omitempty"`
	Packet byte     `json:"packet,omitempty"`
	Values []number `json:"values,omitempty"`
	Data   string   `json:"data_hex,omitempty"`
}

var (
	kindNames = [...]string{Send: "send", SendStd: "send_std", SendExt: "send_ext", Recv: "rcv", OK: "ok", Fail: "err", Command: "command"}
	resNames  = [...]string{Int8: "int8", Int16: "int16", Int32: "int32", Float: "float"}
	opNames   = map[Op]string{
		Write: "write", Read: "read", Reply: "reply", WriteError: "write_error", ReadError: "read_error",
		StreamWrite: "stream_write", StreamReply: "stream_reply", StreamPoll: "stream_poll",
		StreamReplyNumbered: "stream_reply_numbered", StreamPollNumbered: "stream_poll_numbered", Nop: "nop",
	}
)

// DecodeText decodes lines of the adapter, or payloads in hex, one a line, to one
// JSON object each; "->" between a question and its answer is a line's end too.
// What is neither is an error in its place, and all of them are the error.
func DecodeText(text string) (objects [][]byte, err error) {
	for line := range strings.Lines(strings.ReplaceAll(text, "->", "\n")) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		m, bad := decodeLine(line)
		var j []byte
		if bad == nil {
			j, bad = json.Marshal(m)
		}
		if bad != nil {
			err = errors.Join(err, bad)
			j, _ = json.Marshal(map[string]string{"error": bad.Error(), "line": line})
		}
		objects = append(objects, j)
	}
	return objects, err
}

func decodeLine(line string) (*message, error) {
	if joined := strings.Join(strings.Fields(line), ""); isHex(joined) {
		line = joined
	}
	m, err := readLine(line)
	if err != nil {
		return nil, err
	}
	if again, err := EncodeText(jsonOf(m)); err != nil || !strings.EqualFold(again, line) {
		m.Written = line
	}
	return m, nil
}

func isHex(s string) bool { _, err := hex.DecodeString(s); return err == nil }

// readLine is decodeLine without Written.
func readLine(line string) (*message, error) {
	b, err := hex.DecodeString(line)
	switch {
	case err == nil:
		m := &message{Kind: "payload"}
		return m, m.decode(b)
	case errors.Is(err, hex.ErrLength):
		return nil, fmt.Errorf("moteus: %d hex digits of a payload: want an even number", len(line))
	}
	l, err := ParseLine([]byte(line), make([]byte, MaxData))
	if star := strings.LastIndexByte(line, '*'); errors.Is(err, ErrChecksum) {
		return nil, fmt.Errorf("%w: %02X", err, crc8([]byte(line[:star])))
	} else if err != nil {
		return nil, err
	}
	m := &message{Kind: kindNames[l.Kind], Checksum: l.Checked, Text: string(l.Text)}
	if l.Kind == OK || l.Kind == Fail || l.Kind == Command {
		return m, nil
	}
	f := &l.Frame
	from, to := byte(f.ID>>8&0x7F), byte(f.ID)
	m.Prefix, m.From, m.To, m.Reply = uint16(f.ID>>16), &from, &to, f.ID&replyBit != 0
	m.Flags, m.BRS, m.FD = string(f.Flags), f.BRS.pointer(), f.FD.pointer()
	usual := l
	usual.Frame.Digits = 0
	if len(AppendLine(nil, &usual, false)) != len(AppendLine(nil, &l, false)) {
		m.IDDigits = f.Digits
	}
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
	for size := len(b); ; {
		s, n, err := Next(b)
		if err != nil {
			return fmt.Errorf("%w, at byte %d: %x", err, size-len(b), b)
		}
		if n == 0 {
			return nil
		}
		b = b[n:]
		m.Subframes = append(m.Subframes, describe(&s))
	}
}

// describe turns a subframe into its JSON.
func describe(s *Subframe) subframe {
	j := subframe{Op: opNames[s.Op], Register: s.Reg, Count: s.Count, Packet: s.Packet}
	n := 0
	switch s.Op {
	case Read:
		j.Resolution, n = resNames[s.Res], int(min(s.Count, uint32(len(registers))))
	case Write, Reply:
		j.Resolution, n = resNames[s.Res], s.Values()
		for i := range n {
			j.Values = append(j.Values, number(s.Value(i)))
		}
	default:
		j.Data = hex.EncodeToString(s.Data)
	}
	names := make([]string, n)
	for i := range names {
		names[i] = nameOf(s.Reg + uint32(i))
	}
	if slices.ContainsFunc(names, func(name string) bool { return name != "" }) {
		j.Names = names
	}
	return j
}

// EncodeText is the inverse of DecodeText for one object.
func EncodeText(object []byte) (string, error) {
	var m message
	d := json.NewDecoder(bytes.NewReader(object))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return "", fmt.Errorf("moteus: %w", err)
	}
	if m.Written == "" {
		return m.write()
	}
	written := m.Written
	m.Written = ""
	if same, err := readLine(written); err != nil || !bytes.Equal(jsonOf(same), jsonOf(&m)) {
		return "", fmt.Errorf("moteus: written is %q, which says something else: want it to agree, or left out", written)
	}
	return written, nil
}

func jsonOf(m *message) []byte { b, _ := json.Marshal(m); return b }

// write is the usual way to write m.
func (m *message) write() (string, error) {
	data, err := m.encode()
	if err != nil || m.Kind == "payload" {
		return hex.EncodeToString(data), err
	}
	for k, name := range kindNames {
		if name == m.Kind {
			return m.line(Kind(k), data)
		}
	}
	return "", fmt.Errorf("moteus: kind %q: want send, send_std, send_ext, rcv, ok, err, command or payload", m.Kind)
}

func (m *message) line(k Kind, data []byte) (string, error) {
	l := Line{Kind: k, Text: []byte(m.Text)}
	if k == Send || k == SendStd || k == SendExt || k == Recv {
		if m.From == nil || m.To == nil || *m.From > 0x7F || m.Prefix > maxID>>16 {
			return "", fmt.Errorf("moteus: kind %s: want from, 0 to 127, and to, 0 to 255, and a prefix of 8191 at most", m.Kind)
		}
		if len(data) > MaxData {
			return "", fmt.Errorf("moteus: %d bytes of subframes: want %d at most", len(data), MaxData)
		}
		f := Frame{ID: ID(*m.From, *m.To, m.Reply) | uint32(m.Prefix)<<16, Digits: m.IDDigits, Data: data, BRS: flagOf(m.BRS), FD: flagOf(m.FD)}
		if m.Flags != "" {
			said := Frame{}
			if err := said.flags([]byte(m.Flags)); err != nil {
				return "", err
			}
			if m.BRS != nil && said.BRS != f.BRS || m.FD != nil && said.FD != f.FD {
				return "", fmt.Errorf("moteus: flags %q do not agree with brs and fd: want one of them left out", m.Flags)
			}
			f.Flags = said.Flags
		}
		l.Frame = f
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
	s := &Subframe{Op: 0xFF, Reg: j.Register, Count: j.Count, Packet: j.Packet}
	for op, name := range opNames {
		if name == j.Op {
			s.Op = op
		}
	}
	if s.Op == 0xFF {
		return nil, fmt.Errorf("op %q: want write, read, reply, write_error, read_error, nop or a stream one", j.Op)
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
			s.Data = AppendValue(s.Data, j.Register+uint32(i), s.Res, float64(v))
		}
		return s, nil
	}
	data, err := hex.DecodeString(j.Data)
	s.Data = data
	return s, err
}
