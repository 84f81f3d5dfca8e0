package controller

import "time"

// How long the changes between operating states take.
const (
	blendTime = 300 * time.Millisecond // from one state's command to the next one's
	moveTime  = time.Second            // of standing up or lying down, at least
	dampTime  = 500 * time.Millisecond // damped before a fault or a stop ends the run
)

// modes is the operating state around the policy. Requests come in through
// want; each tick, act fills the command of the present state and blends it
// with what was commanded when the state began, so that nothing jumps.
//
//	idle ──► stand ──► track     idle, damp: at once; stand from anywhere;
//	  ▲        │         │       track by way of stand, idle by way of lying
//	  └── lie ◄┴─────────┘       down where the body has these poses.
//	fault: from anywhere, damped; leaves only by reset, to idle.
type modes struct {
	body       *Body
	mode, want Mode
	stand, lie []float64 // per actuator, rad; nil for none
	ticks      int       // in the present state
	from       Command   // what was commanded when it began
	path       path      // of stand and lie
}

func newModes(b *Body, begin Mode) *modes {
	m := &modes{body: b, mode: begin, want: begin, lie: b.LieAct, stand: standPose(b), from: NewCommand(b)}
	m.path.via = make([]float64, len(b.Actuators))
	return m
}

// standPose is StandAct, or Stand at the joints of the actuators.
func standPose(b *Body) []float64 {
	if b.StandAct != nil {
		return b.StandAct
	}
	pose := make([]float64, len(b.Actuators))
	for i, a := range b.Actuators {
		if a.Joint < 0 || a.Joint >= len(b.Stand) {
			return nil
		}
		pose[i] = b.Stand[a.Joint]
	}
	return pose
}

// request asks for a state. A fault goes nowhere: it is left only by reset.
func (m *modes) request(want Mode) {
	switch {
	case want == ModeDamp:
		m.damp()
	case want <= ModeLie && want != ModeFault:
		m.want = want
	}
}

// fail latches ModeFault, without a blend: damping cannot wait.
func (m *modes) fail() { m.mode, m.want, m.ticks = ModeFault, ModeFault, m.span(blendTime) }

// damp is entered at once and without a blend too: it stops.
func (m *modes) damp() {
	if m.mode != ModeFault {
		m.mode, m.want, m.ticks = ModeDamp, ModeDamp, m.span(blendTime)
	}
}

func (m *modes) reset(last *Command) {
	if m.mode == ModeFault {
		m.want = ModeIdle
		m.enter(ModeIdle, nil, last)
	}
}

// span is a duration in whole ticks, at least one.
func (m *modes) span(d time.Duration) int { return max(1, int((d+m.body.Period-1)/m.body.Period)) }

// next is the state on the way from mode to want.
func (m *modes) next() Mode {
	upright := m.mode == ModeStand || m.mode == ModeTrack
	switch {
	case m.mode == ModeFault, m.mode == m.want:
		return m.mode
	case m.mode == ModeLie && !m.arrived():
		if m.want == ModeDamp || m.want == ModeStand {
			return m.want
		}
		return m.mode
	case m.want == ModeIdle && upright && m.lie != nil:
		return ModeLie
	case m.want == ModeLie && m.lie == nil:
		return ModeIdle
	case m.want == ModeTrack && m.stand != nil && m.mode != ModeStand:
		return ModeStand
	case m.want == ModeTrack && m.mode == ModeStand && !m.arrived():
		return m.mode
	}
	return m.want
}

// arrived says that a motion to a pose has ended.
func (m *modes) arrived() bool { return m.ticks >= m.path.ticks }

// enter begins a state at the last command.
func (m *modes) enter(mode Mode, s *State, last *Command) {
	rising := m.mode != ModeTrack && m.mode != ModeStand
	m.mode, m.ticks = mode, 0
	m.from.CopyFrom(last)
	switch mode {
	case ModeStand:
		via := m.lie
		if !rising {
			via = nil
		}
		m.plan(s, via, m.stand)
	case ModeLie:
		m.plan(s, nil, m.lie)
	}
}

// act fills c, which holds the last command, for the present state.
func (m *modes) act(p Policy, s *State, c *Command) (err error) {
	if next := m.next(); next != m.mode {
		m.enter(next, s, c)
	}
	m.body.Neutral(c)
	switch m.mode {
	case ModeIdle, ModeDamp, ModeFault:
		yield(m.body, s, c, m.mode != ModeIdle)
	case ModeStand, ModeLie:
		m.follow(s, c)
	case ModeTrack:
		err = p.Act(s, c)
	}
	m.ticks++
	if n := m.span(blendTime); m.ticks < n && err == nil {
		m.blend(c, smooth(float64(m.ticks)/float64(n)))
	}
	if m.mode == ModeLie && m.want == ModeLie && m.arrived() {
		m.want = ModeIdle
	}
	return err
}

// begin skips the blend of the very first state: a robot that was placed for
// its policy is not held back. The guard's rate limit still holds.
func (m *modes) begin(s *State, c *Command) {
	m.enter(m.mode, s, c)
	if m.mode == ModeTrack {
		m.ticks = m.span(blendTime)
	}
}

func (m *modes) blend(c *Command, w float64) {
	mix(c.Pos, m.from.Pos, w)
	mix(c.Vel, m.from.Vel, w)
	mix(c.Torque, m.from.Torque, w)
	mix(c.Kp, m.from.Kp, w)
	mix(c.Kd, m.from.Kd, w)
}

func mix(to, from []float64, w float64) {
	for i := range to {
		to[i] = from[i] + w*(to[i]-from[i])
	}
}

// yield commands the measured positions without stiffness, so that the force
// of a servo fades; damped, velocity is resisted. A measurement that is not
// finite leaves the position where it was and adds no torque.
func yield(b *Body, s *State, c *Command, damped bool) {
	for i := range b.Actuators {
		a := &b.Actuators[i]
		if a.Drive != DriveTorque && s.ActPos[i]-s.ActPos[i] == 0 {
			c.Pos[i] = s.ActPos[i]
		}
		c.Kp[i], c.Kd[i] = 0, 0
		switch {
		case !damped:
		case a.Drive == DriveImpedance:
			c.Kd[i] = a.Kd
		case a.Drive == DriveTorque && s.ActVel[i]-s.ActVel[i] == 0:
			c.Torque[i] = -a.Kd * s.ActVel[i]
		}
	}
}
