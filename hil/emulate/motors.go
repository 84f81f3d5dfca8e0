package emulate

import (
	"encoding/binary"
	"math"
	"time"

	"whisker/controller"
	"whisker/controller/profile"
)

// Sizes and flags of the plant link, as firmware/plant.h has them.
const (
	joints    = 12
	frameSize = 8
	inSize    = 156
	saidAt    = 152
	outSize   = 104

	flagHold  = 1 << 0
	flagHost  = 1 << 1
	flagPaced = 1 << 2
	flagEStop = 1 << 3
	flagIMU   = 1 << 4
	flagLate  = 1 << 5
	flagHang  = 1 << 6
)

// Ranges of the motors' frames; see firmware/mit.h.
const (
	rangePos, rangeVel, rangeTorque = 12.5, 65, 18
	rangeKp, rangeKd                = 500, 5
)

func bits(x, lo, hi float64, n uint) uint32 {
	x = math.Max(lo, math.Min(hi, x))
	return uint32((x - lo) * float64(uint32(1)<<n-1) / (hi - lo))
}

func unbits(raw uint32, lo, hi float64, n uint) float64 {
	return float64(raw)*(hi-lo)/float64(uint32(1)<<n-1) + lo
}

// motors are twelve MIT-mode motors on the joints of a plant: they obey frames
// and answer with frames.
type motors struct {
	p    *profile.Profile
	on   [joints]bool
	dumb int // ticks since frames came
}

// timeout is how long a motor obeys its last frame when none follows: each has
// such a time-out, which has to be set in it.
const timeout = 100 * time.Millisecond

// wait is a tick in which no frame comes.
func (m *motors) wait(c *controller.Command) {
	if m.dumb++; time.Duration(m.dumb)*Tick < timeout {
		return
	}
	for i := range m.on {
		m.on[i] = false
		c.Pos[i], c.Vel[i], c.Torque[i], c.Kp[i], c.Kd[i] = 0, 0, 0, 0, 0
	}
}

// obey turns the frames into the plant's command. A motor outside of motor mode
// gives no torque.
func (m *motors) obey(frames []byte, c *controller.Command) {
	m.dumb = 0
	for i := range m.p.Joints {
		f := frames[i*frameSize : (i+1)*frameSize]
		c.Pos[i], c.Vel[i], c.Torque[i], c.Kp[i], c.Kd[i] = 0, 0, 0, 0, 0
		if special(f) {
			m.on[i] = f[7] == 0xfc
			continue
		}
		if !m.on[i] {
			continue
		}
		pos := unbits(uint32(f[0])<<8|uint32(f[1]), -rangePos, rangePos, 16)
		vel := unbits(uint32(f[2])<<4|uint32(f[3])>>4, -rangeVel, rangeVel, 12)
		kp := unbits(uint32(f[3]&15)<<8|uint32(f[4]), 0, rangeKp, 12)
		kd := unbits(uint32(f[5])<<4|uint32(f[6])>>4, 0, rangeKd, 12)
		torque := unbits(uint32(f[6]&15)<<8|uint32(f[7]), -rangeTorque, rangeTorque, 12)
		c.Pos[i], c.Vel[i] = m.p.FromDevice(i, pos, vel)
		r := m.ratio(i)
		c.Torque[i], c.Kp[i], c.Kd[i] = float64(m.p.Joints[i].Sign)*torque*r, kp*r*r, kd*r*r
	}
}

func special(f []byte) bool {
	for _, b := range f[:7] {
		if b != 0xff {
			return false
		}
	}
	return f[7] >= 0xfc && f[7] <= 0xfe
}

// ratio is the device's turns per turn of joint i.
func (m *motors) ratio(i int) float64 {
	kp, _ := m.p.GainsToDevice(i, 1, 1)
	return 1 / math.Sqrt(kp)
}

// answer fills the replies of the plant link from the plant's state.
func (m *motors) answer(s *controller.State, w *World, out []byte) {
	replies, lengths := out[44:44+joints*frameSize], out[44+joints*frameSize:saidAt]
	for i := range m.p.Joints {
		f := replies[i*frameSize : (i+1)*frameSize]
		pos, vel, torque := m.p.ToDevice(i, s.ActPos[i]+w.Encoder[i], s.ActVel[i], s.Torque[i])
		p, v, t := bits(pos, -rangePos, rangePos, 16), bits(vel, -rangeVel, rangeVel, 12), bits(torque, -rangeTorque, rangeTorque, 12)
		f[0] = byte(m.p.Joints[i].ID)
		binary.BigEndian.PutUint16(f[1:], uint16(p))
		f[3], f[4], f[5] = byte(v>>4), byte(v<<4|t>>8), byte(t)
		f[6], f[7] = byte(int8(w.MotorTemp[i])), w.MotorError[i]
		lengths[i] = frameSize
		if w.Silent[i] {
			lengths[i] = 0
		}
	}
}

// sense fills the rest of the plant link: IMU in the chip's frame, supply, flags.
func (m *motors) sense(s *controller.State, w *World, count, flags uint32, out []byte) {
	for _, f := range [...]struct {
		flag uint32
		set  bool
	}{{flagEStop, w.EStop}, {flagIMU, !w.NoIMU}, {flagLate, w.Late}} {
		if f.set {
			flags |= f.flag
		}
	}
	binary.LittleEndian.PutUint32(out, count)
	binary.LittleEndian.PutUint32(out[4:], flags)
	q := m.p.IMU.Mounting
	gyro := unturn(q, s.IMU.Gyro)
	acc := unturn(q, s.IMU.Acc)
	for i, x := range []float64{gyro[0], gyro[1], gyro[2], acc[0], acc[1], acc[2], w.Voltage, w.Current, w.BoardTemp} {
		binary.LittleEndian.PutUint32(out[8+4*i:], math.Float32bits(float32(x)))
	}
}

// unturn turns v by the inverse of q.
func unturn(q [4]float64, v [3]float64) [3]float64 {
	a := [3]float64{-q[1], -q[2], -q[3]}
	t := cross(a, v)
	for i := range t {
		t[i] *= 2
	}
	u := cross(a, t)
	return [3]float64{v[0] + q[0]*t[0] + u[0], v[1] + q[0]*t[1] + u[1], v[2] + q[0]*t[2] + u[2]}
}

func cross(a, b [3]float64) [3]float64 {
	return [3]float64{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}
