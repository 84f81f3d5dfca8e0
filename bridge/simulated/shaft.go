package simulated

import "time"

// Shaft is a motor's output with a load.
type Shaft struct {
	Pos, Vel float64 // rad, rad/s
	Torque   float64 // N·m, in the last step
	// Inertia (kg·m²), Damping (N·m·s/rad) and Limit (N·m) of the motor.
	Inertia, Damping, Limit float64
	at                      time.Time
}

// NewShaft is one of a small servo with a limb on it.
func NewShaft(pos float64) Shaft {
	return Shaft{Pos: pos, Inertia: 0.002, Damping: 0.02, Limit: 3}
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

// Servo gains of the simulated position servos.
const (
	servoKp = 8.0  // N·m/rad
	servoKd = 0.25 // N·m·s/rad
)
