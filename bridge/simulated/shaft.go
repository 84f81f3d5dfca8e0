package simulated

import "time"

// Shaft is a motor's output with a load.
type Shaft struct {
	Pos, Vel float64 // rad, rad/s
	Torque   float64 // N·m, in the last step
	// Inertia (kg·m²), Damping (N·m·s/rad) and Limit (N·m) of the motor.
	Inertia, Damping, Limit float64
	// Kp (N·m/rad) and Kd (N·m·s/rad) of a position servo.
	Kp, Kd float64
	at     time.Time
}

// NewShaft is one of a small servo with a limb on it.
func NewShaft(pos float64) Shaft {
	return Shaft{Pos: pos, Inertia: 0.002, Damping: 0.02, Limit: 3, Kp: 8, Kd: 0.25}
}

// step is the time step of a shaft, most is how much of a pause is made up for.
const (
	step = 500 * time.Microsecond
	most = time.Second
)

// Advance turns the shaft up to now under a torque law.
func (s *Shaft) Advance(now time.Time, law func(pos, vel float64) float64) {
	if now.Sub(s.at) > most {
		s.at = now.Add(-most)
	}
	for ; now.Sub(s.at) >= step; s.at = s.at.Add(step) {
		s.Torque = max(-s.Limit, min(s.Limit, law(s.Pos, s.Vel)))
		s.Vel += (s.Torque - s.Damping*s.Vel) / s.Inertia * step.Seconds()
		s.Pos += s.Vel * step.Seconds()
	}
}

// law is the torque of a motor, N·m, at a position and velocity.
type law func(pos, vel float64) float64

// Plant is a body that all devices of a bus turn together, in place of a shaft for
// each. A Line calls it under its lock.
type Plant interface {
	Tick() time.Duration
	// Step advances the body by a tick under the torque of each device, N·m, and fills
	// in the devices' positions and velocities, rad and rad/s.
	Step(torque, pos, vel []float64)
}

// devices are the motors of a bus.
type devices struct {
	shafts           []*Shaft
	laws             []law
	torque, pos, vel []float64
}

// add takes in one more for this time.
func (d *devices) add(s *Shaft, l law) { d.shafts, d.laws = append(d.shafts, s), append(d.laws, l) }

// advance turns all up to now, and forgets them.
func (d *devices) advance(now time.Time, p Plant) {
	if p == nil {
		for i, s := range d.shafts {
			s.Advance(now, d.laws[i])
		}
	} else {
		d.together(now, p)
	}
	d.shafts, d.laws = d.shafts[:0], d.laws[:0]
}

// together steps the body that they turn.
func (d *devices) together(now time.Time, p Plant) {
	n, first := len(d.shafts), d.shafts[0]
	if len(d.torque) != n {
		d.torque, d.pos, d.vel = make([]float64, n), make([]float64, n), make([]float64, n)
	}
	if now.Sub(first.at) > most {
		first.at = now.Add(-most)
	}
	for tick := p.Tick(); now.Sub(first.at) >= tick; first.at = first.at.Add(tick) {
		for i, s := range d.shafts {
			s.Torque = max(-s.Limit, min(s.Limit, d.laws[i](s.Pos, s.Vel)))
			d.torque[i] = s.Torque
		}
		p.Step(d.torque, d.pos, d.vel)
		for i, s := range d.shafts {
			s.Pos, s.Vel = d.pos[i], d.vel[i]
		}
	}
}
