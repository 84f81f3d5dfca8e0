package dynamixel

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
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
	Value  *int64   `json:"value,omitempty"`
}

// span is a Range as JSON; a status part has no address.
type span struct {
	ID    byte     `json:"id"`
	Addr  *uint16  `json:"address,omitempty"`
	Len   *uint16  `json:"length,omitempty"`
	Data  hexBytes `json:"data_hex,omitempty"`
	Value *int64   `json:"value,omitempty"`
	Error *byte    `json:"error,omitempty"`
}

// valueOf reads data as the number that most registers of that size hold: one
// byte without a sign, two and four in two's complement. It repeats the data.
func valueOf(data []byte) *int64 {
	var v int64
	switch len(data) {
	case 1:
		v = int64(data[0])
	case 2:
		v = int64(int16(binary.LittleEndian.Uint16(data)))
	case 4:
		v = int64(int32(binary.LittleEndian.Uint32(data)))
	default:
		return nil
	}
	return &v
}

var instructionNames = map[Instruction]string{
	Ping: "ping", Read: "read", Write: "write", RegWrite: "reg_write", Action: "action", FactoryReset: "factory_reset",
	Reboot: "reboot", Clear: "clear", ControlTableBackup: "control_table_backup", Status: "status", SyncRead: "sync_read", SyncWrite: "sync_write",
	FastSyncRead: "fast_sync_read", BulkRead: "bulk_read", BulkWrite: "bulk_write", FastBulkRead: "fast_bulk_read",
}

// DecodeText decodes frames in hex, blanks allowed, to one JSON object each.
// Bytes that are no frame are an error in their place, and all of them are the
// error.
func DecodeText(text string) (objects [][]byte, err error) {
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, fmt.Errorf("dynamixel: %w: want frames in hex", err)
	}
	raw := bytes.Clone(b) // Next takes stuffing out of b
	at, from := 0, 0      // raw[from:at] is no frame, for the reason why
	var why error
	tell := func() {
		if why != nil {
			j, _ := json.Marshal(map[string]string{"error": why.Error(), "bytes_hex": hex.EncodeToString(raw[from:at])})
			objects, err = append(objects, j), errors.Join(err, why)
		}
		from, why = at, nil
	}
	for at < len(b) {
		p, n, bad := Next(b[at:])
		switch {
		case bad == nil && n == 0: // its length may be what is broken: look for frames behind its header
			bad, n = fmt.Errorf("dynamixel: frame of %d bytes is cut off: its length asks for more", len(b)-at), min(3, len(b)-at)
		case errors.Is(bad, ErrCRC):
			size := headSize + int(binary.LittleEndian.Uint16(raw[at+5:]))
			bad = fmt.Errorf("%w: % X", bad, appendWords(nil, crc(0, raw[at:at+size-2])))
		}
		if bad == nil {
			tell()
			j, failed := json.Marshal(p.message())
			objects, err = append(objects, j), errors.Join(err, failed)
			from = at + n
		} else if why == nil || !errors.Is(bad, ErrNoise) { // noise after a broken frame is what is left of it
			if why != nil && !errors.Is(why, ErrNoise) {
				tell()
			}
			why = bad
		}
		at += n
	}
	tell()
	return objects, err
}

func (p *Packet) message() *message {
	m := &message{ID: p.ID, Instruction: instructionNames[p.Instruction]}
	if m.Instruction == "" {
		m.Instruction = fmt.Sprintf("%#02x", byte(p.Instruction))
	}
	switch {
	case p.fast() && len(p.Params) > 0:
		for _, r := range p.parts() {
			m.Ranges = append(m.Ranges, span{ID: r.ID, Data: r.Data, Value: valueOf(r.Data), Error: &r.Err})
		}
	case p.Instruction == Status:
		m.Error, m.ErrorName, m.Alert, m.Params = &p.Err, Code(p.Err&^alertBit).String(), p.Err&alertBit != 0, p.Params
		m.Value = valueOf(p.Params)
	default:
		rs, err := p.Ranges(nil)
		addressed := p.Instruction != Ping && p.Instruction != Reboot && p.Instruction != Action
		if err == nil && addressed && (p.ID == Broadcast || !p.Instruction.many()) {
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
		s := span{ID: r.ID, Addr: &r.Addr, Data: r.Data, Value: valueOf(r.Data)}
		if r.Data == nil {
			s.Len = &r.Len
		}
		m.Ranges = append(m.Ranges, s)
	}
}

// parts takes the reply to a fast read apart without knowing the request: the CRC of
// each part says where it ends. Parts of one length, as a sync read brings them, come
// first: two bytes of data look like a CRC once in 65536 places.
func (p *Packet) parts() (rs []Range) {
	total := 1 + len(p.Params) + 2 // with the first error byte and the last CRC
	for size := 5; size < total; size++ {
		if total%size != 0 {
			continue
		}
		rs = rs[:0]
		for at := 0; at < len(p.Params); at += size {
			rs = append(rs, Range{ID: p.Params[at], Len: uint16(size - 4)})
		}
		if p.Fast(rs) == nil {
			return rs
		}
	}
	rs = rs[:0]
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
	if err := m.agree(); err != nil {
		return "", err
	}
	frame, err := m.frame()
	if err != nil {
		return "", err
	}
	if _, n, err := Next(bytes.Clone(frame)); err != nil || n != len(frame) {
		return "", cmp.Or(err, ErrLength) // no servo takes it
	}
	return hex.EncodeToString(frame), nil
}

// agree refuses a value that is not that of the data beside it.
func (m *message) agree() error {
	check := func(where string, v *int64, data []byte) error {
		if has := valueOf(data); v != nil && (has == nil || *v != *has) {
			return fmt.Errorf("dynamixel: %s is %d, which is not %x: want them to agree, or value left out", where, *v, data)
		}
		return nil
	}
	err := check("value", m.Value, m.Params)
	for i := range m.Ranges {
		err = errors.Join(err, check(fmt.Sprintf("ranges[%d].value", i), m.Ranges[i].Value, m.Ranges[i].Data))
	}
	return err
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
