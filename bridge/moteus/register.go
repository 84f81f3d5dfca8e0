package moteus

import (
	"encoding/binary"
	"math"
)

// Registers (docs/protocol/registers.md) that the driver uses.
const (
	RegMode         = 0x000
	RegPosition     = 0x001 // rev
	RegVelocity     = 0x002 // rev/s
	RegTorque       = 0x003 // N·m
	RegQCurrent     = 0x004 // A
	RegHomeState    = 0x00c
	RegVoltage      = 0x00d // V
	RegTemperature  = 0x00e // °C, of the board
	RegFault        = 0x00f
	RegCmdPosition  = 0x020 // rev; no number keeps the present position
	RegCmdVelocity  = 0x021 // rev/s
	RegCmdTorque    = 0x022 // N·m, feed-forward
	RegCmdKpScale   = 0x023 // part of the configured gain, 0 to 1
	RegCmdKdScale   = 0x024
	RegCmdMaxTorque = 0x025 // N·m
	RegCmdTimeout   = 0x027 // s
	RegCmdIlimit    = 0x02b // part of the configured bound of the integral term
	RegUptime       = 0x070 // ms
	RegModel        = 0x100
)

// Mode is the value of RegMode.
type Mode byte

// Modes that the driver meets.
const (
	ModeStopped  Mode = 0
	ModeFault    Mode = 1
	ModePosition Mode = 10
	// ModeTimeout is where the watchdog leads; only ModeStopped leads out.
	ModeTimeout Mode = 11
)

// unit indexes scales.
type unit byte

const (
	plain unit = iota
	current
	torque
	voltage
	temperature
	seconds
	position
	velocity
	acceleration
	fraction
	power
)

// scales gives one unit's steps as int8, int16 and int32 (registers.md, "Mappings").
var scales = [...][3]float64{
	plain:        {1, 1, 1},
	current:      {1, 0.1, 0.001},
	torque:       {0.5, 0.01, 0.001},
	voltage:      {0.5, 0.1, 0.001},
	temperature:  {1, 0.1, 0.001},
	seconds:      {0.01, 0.001, 1e-6},
	position:     {0.01, 0.0001, 0.00001},
	velocity:     {0.1, 0.00025, 0.00001},
	acceleration: {0.05, 0.001, 0.00001},
	fraction:     {1. / 127, 1. / 32767, 1. / 2147483647},
	power:        {10, 0.05, 0.0001},
}

// AppendValue appends a register's value in a coding to dst. Integers round to
// the nearest step and saturate; what is not finite becomes the most negative
// integer, which means "no number" where the register has a unit.
func AppendValue(dst []byte, reg uint32, res Resolution, v float64) []byte {
	if res == Float {
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(v)))
	}
	top := float64(uint64(1)<<(8*res.size()-1) - 1)
	u, least := unitOf(reg), -top
	if u == plain {
		least-- // a number as any other
	}
	raw := int32(-top - 1)
	if v-v == 0 {
		raw = int32(max(least, min(top, math.Round(v/scales[u][res]))))
	}
	switch res {
	case Int8:
		return append(dst, byte(raw))
	case Int16:
		return binary.LittleEndian.AppendUint16(dst, uint16(raw))
	}
	return binary.LittleEndian.AppendUint32(dst, uint32(raw))
}

// Values is how many registers a write or a reply carries.
func (s *Subframe) Values() int { return len(s.Data) / s.Res.size() }

// Value is that of register Reg+i of a write or a reply. "No number" is NaN.
func (s *Subframe) Value(i int) float64 {
	b := s.Data[i*s.Res.size():]
	var raw, none int32
	switch s.Res {
	case Int8:
		raw, none = int32(int8(b[0])), math.MinInt8
	case Int16:
		raw, none = int32(int16(binary.LittleEndian.Uint16(b))), math.MinInt16
	case Int32:
		raw, none = int32(binary.LittleEndian.Uint32(b)), math.MinInt32
	default:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	u := unitOf(s.Reg + uint32(i))
	if raw == none && u != plain {
		return math.NaN()
	}
	return float64(raw) * scales[u][s.Res]
}
