package dynamixel

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// hexBytes is a byte string that JSON shows in hex.
type hexBytes []byte

// MarshalText gives lower-case hex.
func (h hexBytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

// UnmarshalText reads hex.
func (h *hexBytes) UnmarshalText(b []byte) (err error) { *h, err = hex.DecodeString(string(b)); return }

// message is a packet as JSON.
type message struct {
	ID          byte   `json:"id"`
	Instruction string `json:"instruction"`
	Error       *byte  `json:"error,omitempty"`
	ErrorName   string `json:"error_name,omitempty"`
	// Alert repeats bit 7 of the error byte.
	Alert  bool     `json:"alert,omitempty"`
	Ranges []span   `json:"ranges,omitempty"`
	Params hexBytes `json:"params_hex,omitempty"`
}

// span is a Range as JSON; a status part has no address.
type span struct {
	ID    byte     `json:"id"`
	Addr  *uint16  `json:"address,omitempty"`
	Len   *uint16  `json:"length,omitempty"`
	Data  hexBytes `json:"data_hex,omitempty"`
	Error *byte    `json:"error,omitempty"`
}

var instructionNames = map[Instruction]string{
	Ping: "ping", Read: "read", Write: "write", RegWrite: "reg_write", Action: "action", FactoryReset: "factory_reset",
	Reboot: "reboot", Clear: "clear", Status: "status", SyncRead: "sync_read", SyncWrite: "sync_write",
	FastSyncRead: "fast_sync_read", BulkRead: "bulk_read", BulkWrite: "bulk_write", FastBulkRead: "fast_bulk_read",
}

// DecodeText decodes frames in hex, blanks allowed, to one JSON object each.
// Bytes that are no frame are an error, after the objects before them.
func DecodeText(text string) (objects [][]byte, err error) {
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, fmt.Errorf("dynamixel: %w: want frames in hex", err)
	}
	for len(b) > 0 {
		p, n, err := Next(b)
		if err != nil {
			return objects, err
		}
		if n == 0 {
			return objects, fmt.Errorf("dynamixel: frame of %d bytes is cut off: its length asks for more", len(b))
		}
		b = b[n:]
		j, err := json.Marshal(p.message())
		if err != nil {
			return objects, fmt.Errorf("dynamixel: %w", err)
		}
		objects = append(objects, j)
	}
	return objects, nil
}

func (p *Packet) message() *message {
	m := &message{ID: p.ID, Instruction: instructionNames[p.Instruction]}
	if m.Instruction == "" {
		m.Instruction = fmt.Sprintf("%#02x", byte(p.Instruction))
	}
	switch {
	case p.fast():
		for _, r := range p.parts() {
			m.Ranges = append(m.Ranges, span{ID: r.ID, Data: r.Data, Error: &r.Err})
		}
	case p.Instruction == Status:
		m.Error, m.ErrorName, m.Alert, m.Params = &p.Err, Code(p.Err&^alertBit).String(), p.Err&alertBit != 0, p.Params
	default:
		if rs, err := p.Ranges(nil); err == nil && p.Instruction != Ping && p.Instruction != Reboot && p.Instruction != Action {
			m.add(rs)
		} else {
			m.Params = p.Params
		}
	}
	return m
}

func (m *message) add(rs []Range) {
	for i := range rs {
		r := &rs[i]
		s := span{ID: r.ID, Addr: &r.Addr, Data: r.Data}
		if r.Data == nil {
			s.Len = &r.Len
		}
		m.Ranges = append(m.Ranges, s)
	}
}

// parts takes the reply to a fast read apart without knowing the request: the
// CRC of each part says where it ends.
func (p *Packet) parts() (rs []Range) {
	head := AppendFast(nil, []Range{{}})[:8]
	binary.LittleEndian.PutUint16(head[5:], uint16(len(p.Params)+4))
	sum, e, b := crc(crc(0, head), []byte{p.Err}), p.Err, p.Params
	for n, s := 1, sum; n+3 <= len(b); n++ {
		if s = crc(s, b[n-1:n]); s == binary.LittleEndian.Uint16(b[n:]) {
			rs = append(rs, Range{ID: b[0], Err: e, Data: b[1:n]})
			s = crc(s, b[n:n+3])
			e, b, n = b[n+2], b[n+3:], 0
		}
	}
	if len(b) > 0 {
		rs = append(rs, Range{ID: b[0], Err: e, Data: b[1:]})
	}
	return rs
}

// EncodeText is the inverse of DecodeText for one object.
func EncodeText(object []byte) (string, error) {
	var m message
	d := json.NewDecoder(bytes.NewReader(object))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return "", fmt.Errorf("dynamixel: %w", err)
	}
	frame, err := m.frame()
	return hex.EncodeToString(frame), err
}

func (m *message) frame() ([]byte, error) {
	ins, err := parseInstruction(m.Instruction)
	if err != nil {
		return nil, err
	}
	if len(m.Ranges) == 0 {
		p := Packet{ID: m.ID, Instruction: ins, Params: m.Params}
		if m.Error != nil {
			p.Err = *m.Error
		}
		return Append(nil, p), nil
	}
	rs := make([]Range, len(m.Ranges))
	for i, s := range m.Ranges {
		rs[i] = Range{ID: s.ID, Data: s.Data}
		if s.Addr != nil {
			rs[i].Addr = *s.Addr
		}
		if s.Len != nil {
			rs[i].Len = *s.Len
		}
		if s.Error != nil {
			rs[i].Err = *s.Error
		}
		if r, first := &rs[i], &rs[0]; (ins == SyncRead || ins == FastSyncRead || ins == SyncWrite) &&
			(r.Addr != first.Addr || r.Len != first.Len || len(r.Data) != len(first.Data)) {
			return nil, fmt.Errorf("dynamixel: ranges[%d] differs from ranges[0]: want one address and length in %s", i, m.Instruction)
		}
	}
	if ins == Status {
		return AppendFast(nil, rs), nil
	}
	return AppendRequest(nil, ins, rs...), nil
}

func parseInstruction(name string) (Instruction, error) {
	for ins, n := range instructionNames {
		if n == name {
			return ins, nil
		}
	}
	n, err := strconv.ParseUint(name, 0, 8)
	if err != nil {
		return 0, fmt.Errorf("dynamixel: instruction %q: want a name such as \"sync_read\", or a number", name)
	}
	return Instruction(n), nil
}
