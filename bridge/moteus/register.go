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
	RegMotorTemp    = 0x00a // °C
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
	RegModel        = 0x100
	RegFirmware     = 0x101
	RegMapVersion   = 0x102
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
	ModeBrake   Mode = 15
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

// spans gives the units of ranges of registers; the others are plain numbers.
var spans = [...]struct {
	first, last uint32
	unit        unit
}{
	{0x001, 0x001, position}, {0x002, 0x002, velocity}, {0x003, 0x003, torque}, {0x004, 0x005, current}, {0x006, 0x006, position},
	{0x007, 0x007, power}, {0x00a, 0x00a, temperature}, {0x00d, 0x00d, voltage}, {0x00e, 0x00e, temperature},
	{0x010, 0x012, fraction}, {0x014, 0x016, voltage}, {0x018, 0x018, fraction}, {0x019, 0x01b, voltage}, {0x01c, 0x01d, current},
	{0x01e, 0x01e, velocity}, {0x020, 0x020, position}, {0x021, 0x021, velocity}, {0x022, 0x022, torque}, {0x023, 0x024, fraction},
	{0x025, 0x025, torque}, {0x026, 0x026, position}, {0x027, 0x027, seconds}, {0x028, 0x028, velocity}, {0x029, 0x029, acceleration},
	{0x02a, 0x02a, voltage}, {0x02b, 0x02b, fraction}, {0x02c, 0x02c, current}, {0x030, 0x034, torque},
	{0x038, 0x038, position}, {0x039, 0x039, velocity}, {0x03a, 0x03a, torque}, {0x03b, 0x03b, position}, {0x03c, 0x03c, velocity},
	{0x03d, 0x03d, torque}, {0x040, 0x041, position}, {0x042, 0x042, torque}, {0x043, 0x044, fraction}, {0x045, 0x045, torque},
	{0x046, 0x046, seconds}, {0x047, 0x047, fraction}, {0x050, 0x050, position}, {0x051, 0x051, velocity}, {0x052, 0x052, position},
	{0x053, 0x053, velocity}, {0x054, 0x054, position}, {0x055, 0x055, velocity}, {0x060, 0x06c, fraction}, {0x072, 0x072, plain},
	{0x073, 0x073, fraction}, {0x074, 0x074, plain}, {0x075, 0x075, fraction}, {0x076, 0x07f, fraction}, {0x130, 0x131, position},
}

func unitOf(reg uint32) unit {
	for i := range spans {
		if s := &spans[i]; s.first <= reg && reg <= s.last {
			return s.unit
		}
	}
	return plain
}

// AppendValue appends a register's value in a coding to dst. Integers round to
// the nearest step and saturate; what is not finite becomes the most negative
// integer, which means "no number".
func AppendValue(dst []byte, reg uint32, res Resolution, v float64) []byte {
	if res == Float {
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(v)))
	}
	top := float64(uint64(1)<<(8*res.size()-1) - 1)
	raw := int32(-top - 1)
	if v-v == 0 {
		raw = int32(max(-top, min(top, math.Round(v/scales[unitOf(reg)][res]))))
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
