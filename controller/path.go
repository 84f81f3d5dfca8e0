package controller

import "math"

// path is a joint-space motion to a pose, by way of another: stand up from
// lying by way of the lying pose, so that the legs are folded first.
type path struct {
	start, via, to []float64 // per actuator, rad; start nil before the first plan
	half           int       // ticks from start to via; 0 without via
	ticks          int       // of the whole motion
}

// plan begins a motion at what is commanded now. Where a drive has no position
// command, or no stiffness, that is the measured position. Without a pose the
// body holds where it is.
func (m *modes) plan(s *State, via, to []float64) {
	p := &m.path
	if p.start == nil {
		p.start = make([]float64, len(m.body.Actuators))
		p.to = make([]float64, len(m.body.Actuators))
	}
	for i := range p.start {
		a := &m.body.Actuators[i]
		p.start[i] = m.from.Pos[i]
		if a.Drive == DriveTorque || a.Drive == DriveImpedance && m.from.Kp[i] == 0 {
			p.start[i] = s.ActPos[i]
		}
	}
	if to == nil {
		to = p.start
	}
	copy(p.to, to)
	p.half, p.ticks = 0, 0
	last := p.start
	if via != nil {
		copy(p.via, via)
		p.half = m.moveTicks(last, via)
		last = via
	}
	p.ticks = p.half + m.moveTicks(last, to)
}

// moveTicks is how long a quintic between two poses takes at no more than half
// of any actuator's MaxRate; its fastest moment is 15/8 of the mean speed.
func (m *modes) moveTicks(from, to []float64) int {
	var sec float64
	for i := range from {
		sec = max(sec, math.Abs(to[i]-from[i])*(15./8)/(0.5*m.body.Actuators[i].MaxRate))
	}
	n := int(math.Ceil(sec / m.body.Period.Seconds()))
	return max(n, m.span(moveTime))
}

// follow commands the motion's pose at the present tick, and then its end.
func (m *modes) follow(s *State, c *Command) {
	p := &m.path
	from, to, at, n := p.start, p.to, m.ticks+1, p.ticks
	switch {
	case at <= p.half:
		to, n = p.via, p.half
	case p.half > 0:
		from, at, n = p.via, at-p.half, p.ticks-p.half
	}
	w := smooth(float64(at) / float64(n))
	for i := range c.Pos {
		a := &m.body.Actuators[i]
		pos := from[i] + w*(to[i]-from[i])
		if a.Drive == DriveTorque {
			c.Torque[i] = a.Kp*(pos-s.ActPos[i]) - a.Kd*s.ActVel[i]
			continue
		}
		c.Pos[i] = pos
	}
}

// smooth is the quintic from 0 to 1 with neither speed nor acceleration at its
// ends, 1 from x = 1 on.
func smooth(x float64) float64 {
	if x >= 1 {
		return 1
	}
	return x * x * x * (10 + x*(6*x-15))
}
