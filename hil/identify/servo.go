package identify

import "math"

// Law is how a servo turns an error of position into torque.
type Law string

const (
	// Impedance is a torque-controlled motor: kp (c - q) + kd (cv - v) + ct, within
	// the torque that is there at the speed.
	Impedance Law = "impedance"
	// Voltage is a hobby or bus servo: its voltage is proportional to the error
	// up to the supply's, and its torque falls with speed by the back EMF.
	Voltage Law = "voltage"
)

// servo is the motor with its electronics.
type servo struct {
	law           Law
	t             *track
	kp, kd, gain  float64
	push          float64 // of the command: kd cv + ct, N·m
	most, sag     float64
	stall, noLoad float64 // N·m at full voltage; rad/s
	emf           float64 // N·m·s/rad of back EMF
}

func newServo(law Law, p *Values, t *track) servo {
	s := servo{
		law: law, t: t, kp: p[Kp] * t.kpScale, kd: p[Kd], gain: p[Gain], most: p[MaxTorque], sag: p[SupplySag],
		stall: p[StallTorque] * t.voltage, noLoad: p[NoLoadSpeed] * t.voltage,
	}
	if s.noLoad > 0 {
		s.emf = s.stall / s.noLoad
	}
	return s
}

// obey takes the gains of command i, where commands have them.
func (s *servo) obey(i int) {
	if t := s.t; t.kp != nil {
		s.kp, s.kd = t.kp[i], t.kd[i]
		s.push = t.kd[i]*t.vel[i] + t.tau[i]
	}
}

// torque is what the motor gives at an error (rad) and a speed (rad/s), as a part
// that is there at any speed and one that is proportional to it.
func (s *servo) torque(e, v float64) (torque, damping float64) {
	if s.law == Voltage {
		return s.driven(e, v)
	}
	asked := s.kp*e + s.push - s.kd*v
	if got := s.within(asked, v); got != asked {
		return s.gain * got, 0
	}
	return s.gain * (s.kp*e + s.push), s.gain * s.kd
}

// within bounds a torque by the current and, in the direction of the motion, by
// what the back EMF leaves.
func (s *servo) within(torque, v float64) float64 {
	if s.most > 0 {
		torque = min(max(torque, -s.most), s.most)
	}
	if s.stall > 0 {
		up, down := s.stall, s.stall
		if v > 0 {
			up = max(s.stall-s.emf*v, 0)
		} else {
			down = max(s.stall+s.emf*v, 0)
		}
		torque = min(max(torque, -down), up)
	}
	return torque
}

// driven is the torque of a voltage that is proportional to the error. The
// supply's resistance takes duty² of the motor's share.
func (s *servo) driven(e, v float64) (torque, damping float64) {
	if duty := s.kp*e - s.kd*v; duty > 1 || duty < -1 {
		return math.Copysign(s.stall, duty) / (1 + s.sag), s.emf / (1 + s.sag)
	} else {
		g := 1 / (1 + s.sag*duty*duty)
		return g * s.stall * s.kp * e, g * (s.emf + s.stall*s.kd)
	}
}
