package controller

import (
	"fmt"
	"math"
	"time"
)

// guard has the last word on every command. It has no switch: only the numbers
// in Body decide. What it can mend it clamps and counts; the rest is a fault.
type guard struct {
	body   *Body
	lim    Limits // with the fall-backs filled in
	primed bool   // last holds a command that was written, or the first position
	last   Command
}

func newGuard(b *Body) *guard {
	g := &guard{body: b, lim: b.Limits, last: NewCommand(b)}
	if g.lim.MaxStateAge == 0 {
		g.lim.MaxStateAge = 2 * b.Period
	}
	if g.lim.MaxCommandAge == 0 {
		g.lim.MaxCommandAge = 2 * b.Period
	}
	return g
}

// prime makes the measured positions the last command: a robot that was not
// yet told anything is where it is.
func (g *guard) prime(s *State) {
	for i := range g.last.Pos {
		g.last.Pos[i], g.last.Kp[i] = s.ActPos[i], 0
		if g.body.Actuators[i].Drive == DriveTorque {
			g.last.Pos[i] = 0
		}
	}
	g.primed = true
}

// Clamp is what the guard mends, for who steps a body without a loop: a trial in simulation
// is then told what a robot would be.
type Clamp struct{ guard *guard }

// NewClamp holds commands within the limits of b.
func NewClamp(b *Body) Clamp { return Clamp{newGuard(b)} }

// Begin makes the positions of s the last command, where a trial starts.
func (c Clamp) Begin(s *State) { c.guard.prime(s) }

// Mend brings cmd, a finite one for state s, within the limits as the guard does.
func (c Clamp) Mend(s *State, cmd *Command) { c.guard.clamp(s, cmd) }

// command judges what a policy asked for, before anything is clamped.
func (g *guard) command(c *Command) (FaultCode, string) {
	if why := commandFinite(g.body, c); why != "" {
		return FaultCommandNotFinite, why
	}
	if why := commandObeyed(g.body, c); why != "" {
		return FaultRefused, why
	}
	return 0, ""
}

func commandFinite(b *Body, c *Command) string {
	for _, part := range [...]struct {
		name string
		x    []float64
	}{{"pos", c.Pos}, {"vel", c.Vel}, {"torque", c.Torque}, {"kp", c.Kp}, {"kd", c.Kd}} {
		if i := notFinite(part.x); i >= 0 {
			return fmt.Sprintf("%s of actuator %s is %v", part.name, b.Actuators[i].Name, part.x[i])
		}
	}
	return ""
}

// commandObeyed refuses what a drive would silently ignore.
func commandObeyed(b *Body, c *Command) string {
	for i := range b.Actuators {
		a := &b.Actuators[i]
		deaf := c.Vel[i] != 0 || c.Kp[i] != 0 || c.Kd[i] != 0
		switch {
		case a.Drive == DrivePosition && (deaf || c.Torque[i] != 0):
			return fmt.Sprintf("actuator %s is a position drive: vel, torque, kp and kd must be 0, are %v, %v, %v, %v", a.Name, c.Vel[i], c.Torque[i], c.Kp[i], c.Kd[i])
		case a.Drive == DriveTorque && (deaf || c.Pos[i] != 0):
			return fmt.Sprintf("actuator %s is a torque drive: pos, vel, kp and kd must be 0, are %v, %v, %v, %v", a.Name, c.Pos[i], c.Vel[i], c.Kp[i], c.Kd[i])
		}
	}
	return ""
}

// age judges how old the state under a command is when it is written.
func (g *guard) age(age time.Duration) (FaultCode, string) {
	if age > g.lim.MaxCommandAge {
		return FaultCommandAge, fmt.Sprintf("the state under the command is %v old, at most %v is allowed", age, g.lim.MaxCommandAge)
	}
	return 0, ""
}

// clamp brings c within the limits of the body, remembers it as the last
// command, and returns how many values it changed. c is finite.
func (g *guard) clamp(s *State, c *Command) (n int) {
	for i := range g.body.Actuators {
		a := &g.body.Actuators[i]
		switch a.Drive {
		case DrivePosition:
			n += g.clampPos(i, c)
		case DriveImpedance:
			n += g.clampPos(i, c) + g.clampImpedance(i, s, c)
		case DriveTorque:
			n += bound(&c.Torque[i], -a.MaxTorque, a.MaxTorque)
		}
	}
	g.last.CopyFrom(c)
	return n
}

// clampPos holds a position within its range and within MaxRate of the last
// one. The rate comes last: a robot found outside its range returns slowly.
func (g *guard) clampPos(i int, c *Command) int {
	a := &g.body.Actuators[i]
	step := a.MaxRate * g.body.Period.Seconds()
	n := bound(&c.Pos[i], a.Min, a.Max)
	return max(n, bound(&c.Pos[i], g.last.Pos[i]-step, g.last.Pos[i]+step))
}

// clampImpedance bounds the gains, the velocity and the feed-forward torque,
// and then the torque that they ask for together at the present state: all of
// them shrink by one factor, which never adds energy.
func (g *guard) clampImpedance(i int, s *State, c *Command) int {
	a := &g.body.Actuators[i]
	n := bound(&c.Kp[i], 0, a.Kp) + bound(&c.Kd[i], 0, a.Kd) + bound(&c.Torque[i], -a.MaxTorque, a.MaxTorque)
	if a.Joint >= 0 && g.body.Joints[a.Joint].MaxVel > 0 {
		n += bound(&c.Vel[i], -g.body.Joints[a.Joint].MaxVel, g.body.Joints[a.Joint].MaxVel)
	}
	asked := math.Abs(c.Kp[i]*(c.Pos[i]-s.ActPos[i]) + c.Kd[i]*(c.Vel[i]-s.ActVel[i]) + c.Torque[i])
	if asked > a.MaxTorque {
		f := a.MaxTorque / asked
		c.Kp[i], c.Kd[i], c.Torque[i] = f*c.Kp[i], f*c.Kd[i], f*c.Torque[i]
		n++
	}
	return n
}

// bound clamps *x to [lo, hi] and returns 1 when that changed it.
func bound(x *float64, lo, hi float64) int {
	switch {
	case *x < lo:
		*x = lo
	case *x > hi:
		*x = hi
	default:
		return 0
	}
	return 1
}

// notFinite returns the first index of a NaN or infinity, or -1.
func notFinite(x []float64) int {
	for i, v := range x {
		if v-v != 0 { // only NaN and the infinities
			return i
		}
	}
	return -1
}
