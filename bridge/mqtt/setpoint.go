package mqtt

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"whisker/controller"
)

// Setpoint and Measured are binary, little-endian, for their size: twelve joints
// and four feet take 270 and 518 bytes, a quarter of their JSON, and neither side
// allocates to read or write them. Both begin alike:
//
//	0  version u8   setpointVersion
//	1  kind    u8   1 setpoint, 2 measured
//	2  joints  u16, actuators u16
//	6  lease   u32
//	10 seq     u32  counts the messages of the side that sends
//
// A setpoint goes on: deadline i64 µs, sent i64 µs, then per actuator float32 position,
// velocity, torque, kp, kd. A measured goes on as appendMeasured writes it.
//
// No clock is compared with another one. The deadline is the robot's own time: that
// of the state which the setpoint was made from, and what it is good for on top, so
// that what waited anywhere on the way out or back is late. The host finds the age of
// a state by the echo of its own newest setpoint: sent then, heard by the robot so
// long before (or after) the state was measured; the state cannot be older.
const (
	setpointVersion = 1
	kindSetpoint    = 1
	kindMeasured    = 2

	headSize     = 14
	setpointHead = headSize + 16
	measuredHead = headSize + 8 + 8 + 4 + 8 + 4 + 4*4 + 8 + 4 + 4 + 4*10
)

var le = binary.LittleEndian

// setpoint is a command on its way to the robot.
type setpoint struct {
	lease, seq uint32
	deadline   time.Duration // of the robot's clock
	sent       time.Duration // of the host's clock
	command    controller.Command
}

// measured is a state on its way to the host.
type measured struct {
	lease, seq uint32
	at         time.Duration // when it was measured, of the agent's clock
	sent       time.Duration // of the host's newest setpoint
	echo       uint32        // its sequence; 0 before the first
	heard      time.Duration // when that setpoint was heard, of the agent's clock
	mode       controller.Mode
	fault      controller.FaultCode
	counts     SetpointCounts
	state      controller.State
}

func appendHead(b []byte, kind byte, joints, actuators int, lease, seq uint32) []byte {
	b = append(b, setpointVersion, kind)
	b = le.AppendUint16(b, uint16(joints))
	b = le.AppendUint16(b, uint16(actuators))
	b = le.AppendUint32(b, lease)
	return le.AppendUint32(b, seq)
}

// readHead checks what both begin with, and the length.
func readHead(b []byte, kind byte, joints, actuators, want int) (lease, seq uint32, err error) {
	switch {
	case len(b) < headSize:
		return 0, 0, fmt.Errorf("mqtt: %d bytes, want %d", len(b), want)
	case b[0] != setpointVersion || b[1] != kind:
		return 0, 0, fmt.Errorf("mqtt: version %d kind %d, want %d and %d: the other side runs another version", b[0], b[1], setpointVersion, kind)
	case int(le.Uint16(b[2:])) != joints || int(le.Uint16(b[4:])) != actuators:
		return 0, 0, fmt.Errorf("mqtt: %d joints and %d actuators, want %d and %d", le.Uint16(b[2:]), le.Uint16(b[4:]), joints, actuators)
	case len(b) != want:
		return 0, 0, fmt.Errorf("mqtt: %d bytes, want %d", len(b), want)
	}
	return le.Uint32(b[6:]), le.Uint32(b[10:]), nil
}

func appendTime(b []byte, d time.Duration) []byte {
	return le.AppendUint64(b, uint64(d.Microseconds()))
}

func readTime(b []byte) time.Duration { return time.Duration(le.Uint64(b)) * time.Microsecond }

func appendFloats(b []byte, v ...float64) []byte {
	for _, x := range v {
		b = le.AppendUint32(b, math.Float32bits(float32(x)))
	}
	return b
}

// readFloats fills v from b and returns what follows.
func readFloats(b []byte, v []float64) []byte {
	for i := range v {
		v[i] = float64(math.Float32frombits(le.Uint32(b[4*i:])))
	}
	return b[4*len(v):]
}

// appendSetpoint appends s, of a body with so many joints.
func appendSetpoint(b []byte, s *setpoint, joints int) []byte {
	c := &s.command
	b = appendHead(b, kindSetpoint, joints, len(c.Pos), s.lease, s.seq)
	b = appendTime(appendTime(b, s.deadline), s.sent)
	for i := range c.Pos {
		b = appendFloats(b, c.Pos[i], c.Vel[i], c.Torque[i], c.Kp[i], c.Kd[i])
	}
	return b
}

// readSetpoint fills s, whose command has the body's slices. What is not finite is
// refused.
func readSetpoint(b []byte, s *setpoint, joints int) (err error) {
	c := &s.command
	if s.lease, s.seq, err = readHead(b, kindSetpoint, joints, len(c.Pos), setpointHead+20*len(c.Pos)); err != nil {
		return err
	}
	s.deadline, s.sent = readTime(b[headSize:]), readTime(b[headSize+8:])
	b = b[setpointHead:]
	for i := range c.Pos {
		var v [5]float64
		b = readFloats(b, v[:])
		for _, x := range v {
			if x-x != 0 {
				return fmt.Errorf("mqtt: actuator %d is told %v, want numbers", i, v)
			}
		}
		c.Pos[i], c.Vel[i], c.Torque[i], c.Kp[i], c.Kd[i] = v[0], v[1], v[2], v[3], v[4]
	}
	return nil
}

// measuredSize is that of a body's measured.
func measuredSize(s *controller.State) int {
	return measuredHead + 4*(2*len(s.Pos)+6*len(s.ActPos)+len(s.FootForce))
}

// appendMeasured appends m.
func appendMeasured(b []byte, m *measured) []byte {
	s := &m.state
	b = appendHead(b, kindMeasured, len(s.Pos), len(s.ActPos), m.lease, m.seq)
	b = appendTime(appendTime(b, m.at), m.sent)
	b = le.AppendUint32(b, m.echo)
	b = appendTime(b, m.heard)
	b = le.AppendUint32(b, uint32(m.mode)|uint32(m.fault)<<8)
	for _, n := range [...]uint32{m.counts.Accepted, m.counts.Lost, m.counts.Late, m.counts.Refused} {
		b = le.AppendUint32(b, n)
	}
	b = le.AppendUint64(b, s.Faults)
	b = le.AppendUint32(b, uint32(s.Seq))
	b = appendFloats(b, s.Voltage)
	b = appendFloats(b, s.IMU.Quat[:]...)
	b = appendFloats(b, s.IMU.Gyro[:]...)
	b = appendFloats(b, s.IMU.Acc[:]...)
	for _, v := range [...][]float64{s.Pos, s.Vel, s.ActPos, s.ActVel, s.Activation, s.Torque, s.Current, s.Temperature, s.FootForce} {
		b = appendFloats(b, v...)
	}
	return b
}

// readMeasured fills m, whose state has the body's slices. What is not finite
// stays so: the guard judges it.
func readMeasured(b []byte, m *measured) (err error) {
	s := &m.state
	if m.lease, m.seq, err = readHead(b, kindMeasured, len(s.Pos), len(s.ActPos), measuredSize(s)); err != nil {
		return err
	}
	b = b[headSize:]
	m.at, m.sent, m.echo, m.heard = readTime(b), readTime(b[8:]), le.Uint32(b[16:]), readTime(b[20:])
	bits := le.Uint32(b[28:])
	m.mode, m.fault = controller.Mode(bits), controller.FaultCode(bits>>8)
	for i, n := range [...]*uint32{&m.counts.Accepted, &m.counts.Lost, &m.counts.Late, &m.counts.Refused} {
		*n = le.Uint32(b[32+4*i:])
	}
	s.Faults, s.Seq = le.Uint64(b[48:]), uint64(le.Uint32(b[56:]))
	var volts [1]float64
	b = readFloats(b[60:], volts[:])
	s.Voltage = volts[0]
	b = readFloats(b, s.IMU.Quat[:])
	b = readFloats(b, s.IMU.Gyro[:])
	b = readFloats(b, s.IMU.Acc[:])
	for _, v := range [...][]float64{s.Pos, s.Vel, s.ActPos, s.ActVel, s.Activation, s.Torque, s.Current, s.Temperature, s.FootForce} {
		b = readFloats(b, v)
	}
	return nil
}
