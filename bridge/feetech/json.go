package feetech

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

// message is a packet as JSON: a request with Instruction, or a status with Error.
type message struct {
	ID          byte   `json:"id"`
	Instruction string `json:"instruction,omitempty"`
	Error       *byte  `json:"error,omitempty"`
	ErrorName   string `json:"error_name,omitempty"`
	// Note says that the frame could be the other kind as well.
	Note   string   `json:"note,omitempty"`
	Ranges []span   `json:"ranges,omitempty"`
	Params hexBytes `json:"params_hex,omitempty"`
	Value  *int     `json:"value,omitempty"`
}

// valueOf reads data as the number that registers of that size hold: one byte as it
// is, two with the sign in a bit. It repeats the data.
func valueOf(data []byte, sign uint) *int {
	var v int
	switch len(data) {
	case 1:
		v = int(data[0])
	case 2:
		v = Signed(binary.LittleEndian.Uint16(data), sign)
	default:
		return nil
	}
	return &v
}

// usualSign is the bit of the sign in most registers.
const usualSign = 15

// signOf is the bit of the sign in a register that can be written.
func signOf(addr byte) uint {
	if addr == regOffset {
		return 11
	}
	return usualSign
}

type span struct {
	ID   byte     `json:"id"`
	Addr byte     `json:"address"`
	Len  byte     `json:"length,omitempty"`
	Data hexBytes `json:"data_hex,omitempty"`
	// Value is that of Data.
	Value *int `json:"value,omitempty"`
}

var instructionNames = map[Instruction]string{
	Ping: "ping", Read: "read", Write: "write", RegWrite: "reg_write", Action: "action", Reset: "reset",
	Reboot: "reboot", CalibrateOffset: "calibrate_offset", SyncRead: "sync_read", SyncWrite: "sync_write",
}

// DecodeText decodes frames in hex, blanks allowed, to one JSON object each. A
// frame that makes sense as a request is shown as one, and one to all servos is one. Bytes that are no frame
// are an error in their place, and all of them are the error.
func DecodeText(text string) (objects [][]byte, err error) {
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, fmt.Errorf("feetech: %w: want frames in hex", err)
	}
	at, from := 0, 0 // b[from:at] is no frame, for the reason why
	var why error
	tell := func() {
		if why != nil {
			j, _ := json.Marshal(map[string]string{"error": why.Error(), "bytes_hex": hex.EncodeToString(b[from:at])})
			objects, err = append(objects, j), errors.Join(err, why)
		}
		from, why = at, nil
	}
	for at < len(b) {
		p, n, bad := Next(b[at:])
		switch {
		case bad == nil && n == 0: // its length may be what is broken: look for frames inside it
			bad, n = fmt.Errorf("feetech: frame of %d bytes is cut off: its length asks for more", len(b)-at), 1
		case errors.Is(bad, ErrChecksum):
			bad = fmt.Errorf("%w: %02X", bad, checksum(b[at+2:at+headSize+int(b[at+3])-1]))
		}
		if bad == nil {
			tell()
			j, failed := json.Marshal(p.message())
			objects, err = append(objects, j), errors.Join(err, failed)
			from = at + n
		} else if why == nil || errors.Is(why, ErrNoise) { // what follows is what is left of a broken frame
			why = bad
		}
		at += n
	}
	tell()
	return objects, err
}

func (p *Packet) message() *message {
	m := &message{ID: p.ID}
	rs, err := p.Ranges(nil)
	name := instructionNames[Instruction(p.Code)]
	switch {
	case err == nil:
		m.Instruction = name
	case p.ID == Broadcast || p.Code > maxErr: // no servo answers so
		m.Instruction, m.Params = cmp.Or(name, fmt.Sprintf("%#02x", p.Code)), p.Params
		return m
	default:
		m.Error, m.ErrorName, m.Params = &p.Code, Err(p.Code).String(), p.Params
		m.Value = valueOf(p.Params, usualSign)
		if name != "" {
			m.Note = "or the request " + name
		}
		return m
	}
	if p.ID != Broadcast && p.Code <= maxErr {
		m.Note = fmt.Sprintf("or a status with error %s", Err(p.Code))
	}
	if len(p.Params) > 0 {
		for _, r := range rs {
			m.Ranges = append(m.Ranges, span{r.ID, r.Addr, r.Len, r.Data, valueOf(r.Data, signOf(r.Addr))})
		}
	}
	return m
}

// EncodeText is the inverse of DecodeText for one object.
func EncodeText(object []byte) (string, error) {
	var m message
	d := json.NewDecoder(bytes.NewReader(object))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return "", fmt.Errorf("feetech: %w", err)
	}
	if (m.Error == nil) == (m.Instruction == "") {
		return "", fmt.Errorf("feetech: want instruction for a request, or error for a status")
	}
	if err := m.agree(); err != nil {
		return "", err
	}
	if m.Error != nil {
		return m.plain(*m.Error)
	}
	ins, err := parseInstruction(m.Instruction)
	if err != nil {
		return "", err
	}
	if len(m.Ranges) == 0 {
		return m.plain(byte(ins))
	}
	rs, size := make([]Range, len(m.Ranges)), 0
	for i, s := range m.Ranges {
		rs[i] = Range{s.ID, s.Addr, s.Len, s.Data}
		if f := &rs[0]; s.Addr != f.Addr || s.Len != f.Len || len(s.Data) != len(f.Data) {
			return "", fmt.Errorf("feetech: ranges[%d] differs from ranges[0]: want one address and length", i)
		}
		size += 1 + len(s.Data)
	}
	most := maxParams
	if ins == SyncRead || ins == SyncWrite {
		most -= 2 // address and length
	}
	if size > most {
		return "", fmt.Errorf("feetech: %d bytes of ranges: want %d at most", size, most)
	}
	return hex.EncodeToString(AppendRequest(nil, ins, rs...)), nil
}

// agree refuses a value that is not that of the data beside it.
func (m *message) agree() error {
	check := func(where string, v *int, data []byte, sign uint) error {
		if has := valueOf(data, sign); v != nil && (has == nil || *v != *has) {
			return fmt.Errorf("feetech: %s is %d, which is not %x: want them to agree, or value left out", where, *v, data)
		}
		return nil
	}
	err := check("value", m.Value, m.Params, usualSign)
	for i := range m.Ranges {
		r := &m.Ranges[i]
		err = errors.Join(err, check(fmt.Sprintf("ranges[%d].value", i), r.Value, r.Data, signOf(r.Addr)))
	}
	return err
}

func (m *message) plain(code byte) (string, error) {
	if len(m.Params) > maxParams {
		return "", fmt.Errorf("feetech: params_hex has %d bytes: want %d at most", len(m.Params), maxParams)
	}
	return hex.EncodeToString(Append(nil, Packet{ID: m.ID, Code: code, Params: m.Params})), nil
}

func parseInstruction(name string) (Instruction, error) {
	for ins, n := range instructionNames {
		if n == name {
			return ins, nil
		}
	}
	n, err := strconv.ParseUint(name, 0, 8)
	if err != nil {
		return 0, fmt.Errorf("feetech: instruction %q: want a name such as \"sync_read\", or a number", name)
	}
	return Instruction(n), nil
}
