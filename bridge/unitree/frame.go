package unitree

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
)

// message is a frame as JSON.
type message struct {
	Kind string `json:"kind"` // command, reply, a1_command or a1_reply
	ID   byte   `json:"id"`
	Mode byte   `json:"mode"` // 0 is locked, 1 closed loop, 2 calibrating; of A1 10 is closed loop
	// Onboard says that the CRC starts as that of the motors inside a Go2.
	Onboard bool    `json:"onboard,omitempty"`
	Torque  float64 `json:"torque_nm"`
	Vel     float64 `json:"velocity_rad_s"`
	Pos     float64 `json:"position_rad"`
	Kp      float64 `json:"kp,omitempty"` // in the protocol's own unit
	Kd      float64 `json:"kd,omitempty"`
	Temp    int8    `json:"temperature_c,omitempty"`
	Error   byte    `json:"error,omitempty"` // 1 too hot, 2 current, 3 voltage, 4 encoder
	Force   uint16  `json:"foot_force,omitempty"`
	Spare   byte    `json:"spare,omitempty"` // a bit or byte that is kept free
	// Rest are the fields of the A1's frames that are not for motion, or the filtered
	// speed, acceleration and inertial sensors of its reply.
	Rest string `json:"rest_hex,omitempty"`
}

// The frames' sizes.
const (
	commandSize = 17
	replySize   = 16
	a1Size      = 34
	a1ReplySize = 78
)

// starts of CRC-16: of a motor by itself, and of one inside a Go2.
const (
	crcPlain   = 0
	crcOnboard = 0x2CBB
)

const turn = 2 * math.Pi

// DecodeText decodes frames in hex, blanks allowed, to one JSON object each. Bytes
// that are no frame are an error in their place, and all of them are the error.
func DecodeText(text string) (objects [][]byte, err error) {
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, fmt.Errorf("unitree: %w: want frames in hex", err)
	}
	if len(b) == 0 {
		return nil, errors.New("unitree: 0 bytes: want a frame")
	}
	for len(b) > 0 {
		m, n, bad := next(b)
		var j []byte
		if bad == nil {
			j, bad = json.Marshal(m)
		}
		if bad != nil {
			n = broken(b)
			err = errors.Join(err, bad)
			j, _ = json.Marshal(map[string]string{"error": bad.Error(), "bytes_hex": hex.EncodeToString(b[:n])})
		}
		objects = append(objects, j)
		b = b[n:]
	}
	return objects, err
}

// broken is how many bytes there are before the next frame.
func broken(b []byte) int {
	for n := 1; n < len(b); n++ {
		if _, _, err := next(b[n:]); err == nil {
			return n
		}
	}
	return len(b)
}

// next decodes the frame at the start of b, and returns its size. A longer frame with
// CRC-32 is tried first: its first bytes are hardly ever a frame with a right CRC.
func next(b []byte) (m *message, n int, err error) {
	head := ""
	if len(b) >= 2 {
		head = string(b[:2])
	}
	switch {
	case head == "\xFD\xEE" && len(b) >= replySize:
		m, err = short(b[:replySize], "reply")
		return m, replySize, err
	case head == "\xFE\xEE" && sealed(b, a1ReplySize):
		return longReply(b[:a1ReplySize]), a1ReplySize, nil
	case head == "\xFE\xEE" && sealed(b, a1Size):
		return long(b[:a1Size]), a1Size, nil
	case head == "\xFE\xEE" && len(b) >= commandSize:
		m, err = short(b[:commandSize], "command")
		if err != nil && len(b) > commandSize {
			err = fmt.Errorf("%w; or with 34 or 78 bytes CRC-32 04C11DB7 over the whole words before it", err)
		}
		return m, commandSize, err
	}
	return nil, 0, fmt.Errorf("unitree: %d bytes that begin with %x: want FE EE and 17, 34 or 78 bytes, or FD EE and 16", len(b), head)
}

// sealed says that b begins with so many bytes that end in their CRC-32.
func sealed(b []byte, size int) bool {
	return len(b) >= size && crc32(b[:size-4]) == binary.LittleEndian.Uint32(b[size-4:])
}

// short decodes the frames with CRC-16.
func short(b []byte, kind string) (*message, error) {
	body, sum := b[:len(b)-2], binary.LittleEndian.Uint16(b[len(b)-2:])
	m := &message{Kind: kind, ID: b[2] & 0xF, Mode: b[2] >> 4 & 7}
	switch sum {
	case crc16(crcPlain, body):
	case crc16(crcOnboard, body):
		m.Onboard = true
	default:
		return nil, fmt.Errorf("unitree: bad CRC: want CRC-16/CCITT, reflected, that starts at 0 or 2CBB, over the %d bytes before it", len(body))
	}
	m.Torque, m.Vel, m.Pos = word(b[3:])/256, word(b[5:])*turn/256, long32(b[7:])*turn/32768
	if m.Spare = b[2] >> 7; kind == "command" {
		m.Kp, m.Kd = word(b[11:])*25.6/32768, word(b[13:])*25.6/32768
		return m, nil
	}
	state := binary.LittleEndian.Uint16(b[12:])
	m.Temp, m.Error, m.Force = int8(b[11]), byte(state&7), state>>3&0xFFF
	m.Spare |= byte(state >> 15 << 1)
	return m, nil
}

// long decodes the A1's command.
func long(b []byte) *message {
	return &message{
		Kind: "a1_command", ID: b[2], Mode: b[4], Spare: b[3],
		Torque: word(b[12:]) / 256, Vel: word(b[14:]) / 128, Pos: long32(b[16:]) * turn / 16384,
		Kp: word(b[20:]) / 2048, Kd: word(b[22:]) / 1024,
		Rest: hex.EncodeToString(append(append([]byte(nil), b[5:12]...), b[24:30]...)),
	}
}

// longReply decodes the A1's reply.
func longReply(b []byte) *message {
	rest := append([]byte{b[5]}, b[8:12]...)
	rest = append(append(rest, b[16:30]...), b[34:74]...)
	return &message{
		Kind: "a1_reply", ID: b[2], Mode: b[4], Spare: b[3], Temp: int8(b[6]), Error: b[7],
		Torque: word(b[12:]) / 256, Vel: word(b[14:]) / 128, Pos: long32(b[30:]) * turn / 16384,
		Rest: hex.EncodeToString(rest),
	}
}

// EncodeText is the inverse of DecodeText for one object.
func EncodeText(object []byte) (string, error) {
	var m message
	d := json.NewDecoder(bytes.NewReader(object))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return "", fmt.Errorf("unitree: %w", err)
	}
	if what := m.foreign(); what != "" {
		return "", fmt.Errorf("unitree: %s: want none in kind %s, which has no place for it", what, m.Kind)
	}
	b, err := m.encode()
	return hex.EncodeToString(b), err
}

// foreign names what m says and its kind of frame does not carry.
func (m *message) foreign() string {
	reply, a1 := strings.HasSuffix(m.Kind, "reply"), strings.HasPrefix(m.Kind, "a1_")
	switch {
	case reply && (m.Kp != 0 || m.Kd != 0):
		return "kp or kd"
	case !reply && (m.Temp != 0 || m.Error != 0):
		return "temperature_c or error"
	case (!reply || a1) && m.Force != 0:
		return "foot_force"
	case m.Kind == "command" && m.Spare > 1:
		return "spare above 1"
	case a1 && m.Onboard:
		return "onboard"
	case !a1 && m.Rest != "":
		return "rest_hex"
	}
	return ""
}

func (m *message) encode() ([]byte, error) {
	var e encoder
	switch m.Kind {
	case "command", "reply":
		if m.ID > 15 || m.Mode > 7 || m.Error > 7 || m.Force > 0xFFF || m.Spare > 3 {
			return nil, errors.New("unitree: want id up to 15, mode and error up to 7, foot_force up to 4095, spare up to 3")
		}
		first := byte(0xFE)
		if m.Kind == "reply" {
			first = 0xFD
		}
		e.b = append(e.b, first, 0xEE, m.ID|m.Mode<<4|m.Spare<<7)
		e.word("torque_nm", m.Torque*256)
		e.word("velocity_rad_s", m.Vel*256/turn)
		e.long("position_rad", m.Pos*32768/turn)
		if m.Kind == "command" {
			e.word("kp", m.Kp*32768/25.6)
			e.word("kd", m.Kd*32768/25.6)
		} else {
			state := uint16(m.Error) | m.Force<<3 | uint16(m.Spare>>1)<<15
			e.b = append(e.b, byte(m.Temp), byte(state), byte(state>>8))
		}
		start := uint16(crcPlain)
		if m.Onboard {
			start = crcOnboard
		}
		return binary.LittleEndian.AppendUint16(e.b, crc16(start, e.b)), e.err
	case "a1_command":
		rest, err := hex.DecodeString(m.Rest)
		if err != nil || len(rest) != 13 {
			return nil, errors.New("unitree: rest_hex: want 13 bytes")
		}
		e.b = append(append(e.b, 0xFE, 0xEE, m.ID, m.Spare, m.Mode), rest[:7]...)
		e.word("torque_nm", m.Torque*256)
		e.word("velocity_rad_s", m.Vel*128)
		e.long("position_rad", m.Pos*16384/turn)
		e.word("kp", m.Kp*2048)
		e.word("kd", m.Kd*1024)
		e.b = append(e.b, rest[7:]...)
		return binary.LittleEndian.AppendUint32(e.b, crc32(e.b)), e.err
	case "a1_reply":
		rest, err := hex.DecodeString(m.Rest)
		if err != nil || len(rest) != 59 {
			return nil, errors.New("unitree: rest_hex: want 59 bytes")
		}
		e.b = append(e.b, 0xFE, 0xEE, m.ID, m.Spare, m.Mode, rest[0], byte(m.Temp), m.Error)
		e.b = append(e.b, rest[1:5]...)
		e.word("torque_nm", m.Torque*256)
		e.word("velocity_rad_s", m.Vel*128)
		e.b = append(e.b, rest[5:19]...)
		e.long("position_rad", m.Pos*16384/turn)
		e.b = append(e.b, rest[19:]...)
		return binary.LittleEndian.AppendUint32(e.b, crc32(e.b)), e.err
	}
	return nil, fmt.Errorf("unitree: kind %q: want command, reply, a1_command or a1_reply", m.Kind)
}

// encoder appends numbers and keeps the first error.
type encoder struct {
	b   []byte
	err error
}

func (e *encoder) bound(name string, v float64, bits int) int64 {
	r, top := math.Round(v), math.Ldexp(1, bits-1)
	if !(r >= -top && r < top) && e.err == nil {
		e.err = fmt.Errorf("unitree: %s is out of range: want it to fit into %d bits", name, bits)
	}
	return int64(max(-top, min(top-1, r)))
}

func (e *encoder) word(name string, v float64) {
	e.b = binary.LittleEndian.AppendUint16(e.b, uint16(e.bound(name, v, 16)))
}

func (e *encoder) long(name string, v float64) {
	e.b = binary.LittleEndian.AppendUint32(e.b, uint32(e.bound(name, v, 32)))
}

func word(b []byte) float64   { return float64(int16(binary.LittleEndian.Uint16(b))) }
func long32(b []byte) float64 { return float64(int32(binary.LittleEndian.Uint32(b))) }

// crc16 is CRC-16 with polynomial 0x1021, reflected.
func crc16(c uint16, b []byte) uint16 {
	for _, x := range b {
		c ^= uint16(x)
		for range 8 {
			c = c>>1 ^ 0x8408*(c&1)
		}
	}
	return c
}

// crc32 is CRC-32 with polynomial 0x04C11DB7 over whole little-endian words, most
// significant bit first.
func crc32(b []byte) uint32 {
	c := ^uint32(0)
	for ; len(b) >= 4; b = b[4:] {
		c ^= binary.LittleEndian.Uint32(b)
		for range 32 {
			c = c<<1 ^ 0x04C11DB7*(c>>31)
		}
	}
	return c
}
