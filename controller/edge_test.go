package controller

import (
	"math"
	"testing"
)

// lone is a guard over one impedance joint, and a state in which it stands still.
func lone(change func(*Body)) (*guard, State) {
	b := &Body{
		Name: "lone", Period: 10e6, Joints: []Joint{{Name: "a", Min: -1, Max: 1}},
		Actuators: []Actuator{{Name: "a", Drive: DriveImpedance, Min: -1, Max: 1, MaxRate: 1000, MaxTorque: 100, Kp: 50, Kd: 5}},
		Stand:     []float64{0},
	}
	change(b)
	g := newGuard(b)
	s := NewState(b)
	g.prime(&s)
	return g, s
}

// The limit itself passes, and the next number after it does not.
func TestGuardsLimitsAreExact(t *testing.T) {
	next := func(x float64) float64 { return math.Nextafter(x, math.Inf(1)) }
	back := func(x float64) float64 { return math.Nextafter(x, math.Inf(-1)) }
	turned := func(axis int, rad float64) (q [4]float64) {
		q[0], q[axis] = math.Cos(rad/2), math.Sin(rad/2)
		return q
	}
	limits := func(change func(*Limits)) func(*Body) { return func(b *Body) { change(&b.Limits) } }
	for _, c := range []struct {
		name string
		body func(*Body)
		set  func(*guard, *State)
		want FaultCode
	}{
		{"low range", limits(func(l *Limits) { l.JointMargin = 0.5 }), func(_ *guard, s *State) { s.Pos[0] = -1.5 }, 0},
		{"below it", limits(func(l *Limits) { l.JointMargin = 0.5 }), func(_ *guard, s *State) { s.Pos[0] = back(-1.5) }, FaultJointLimit},
		{"high range", limits(func(l *Limits) { l.JointMargin = 0.5 }), func(_ *guard, s *State) { s.Pos[0] = 1.5 }, 0},
		{"above it", limits(func(l *Limits) { l.JointMargin = 0.5 }), func(_ *guard, s *State) { s.Pos[0] = next(1.5) }, FaultJointLimit},
		{"slow joint's speed", func(b *Body) { b.Joints[0].MaxVel = 0.5 }, func(_ *guard, s *State) { s.Vel[0] = 0.5 }, 0},
		{"above it", func(b *Body) { b.Joints[0].MaxVel = 0.5 }, func(_ *guard, s *State) { s.Vel[0] = next(0.5) }, FaultJointSpeed},
		{"no speed limit", func(b *Body) { b.Joints[0].MaxVel = 0 }, func(_ *guard, s *State) { s.Vel[0] = 1e9 }, 0},
		{"following", limits(func(l *Limits) { l.MaxFollowingError = 0.5 }), func(g *guard, _ *State) { g.last.Pos[0], g.last.Kp[0] = 0.5, 1e-9 }, 0},
		{"beyond it", limits(func(l *Limits) { l.MaxFollowingError = 0.5 }), func(g *guard, _ *State) { g.last.Pos[0], g.last.Kp[0] = next(0.5), 1e-9 }, FaultFollowing},
		{"stiffly beyond it", limits(func(l *Limits) { l.MaxFollowingError = 0.5 }), func(g *guard, _ *State) { g.last.Pos[0], g.last.Kp[0] = 0.6, 1 }, FaultFollowing},
		{"without stiffness", limits(func(l *Limits) { l.MaxFollowingError = 0.5 }), func(g *guard, _ *State) { g.last.Pos[0], g.last.Kp[0] = 9, 0 }, 0},
		{"backwards", limits(func(l *Limits) { l.MaxFollowingError = 0.5 }), func(g *guard, _ *State) { g.last.Pos[0], g.last.Kp[0] = 9, -1 }, FaultFollowing},
		{"roll", limits(func(l *Limits) { l.MaxTilt = 1 }), func(_ *guard, s *State) { s.IMU.Quat = turned(1, 0.99) }, 0},
		{"more roll", limits(func(l *Limits) { l.MaxTilt = 1 }), func(_ *guard, s *State) { s.IMU.Quat = turned(1, 1.01) }, FaultTilt},
		{"pitch", limits(func(l *Limits) { l.MaxTilt = 1 }), func(_ *guard, s *State) { s.IMU.Quat = turned(2, -0.99) }, 0},
		{"more pitch", limits(func(l *Limits) { l.MaxTilt = 1 }), func(_ *guard, s *State) { s.IMU.Quat = turned(2, -1.01) }, FaultTilt},
		{"any yaw", limits(func(l *Limits) { l.MaxTilt = 1 }), func(_ *guard, s *State) { s.IMU.Quat = turned(3, 3) }, 0},
		{"on its head", limits(func(l *Limits) { l.MaxTilt = math.Pi }), func(_ *guard, s *State) { s.IMU.Quat = [4]float64{0, 1, 0, 0} }, 0},
		{"upright to the bit", limits(func(l *Limits) { l.MaxTilt = 1e-12 }), func(*guard, *State) {}, 0},
		{"a long orientation", limits(func(l *Limits) { l.MaxTilt = 1 }), func(_ *guard, s *State) { s.IMU.Quat = [4]float64{0, 0, 0, math.Sqrt(1.2)} }, FaultTilt},
		{"a short one", limits(func(l *Limits) { l.MaxTilt = 1 }), func(_ *guard, s *State) { s.IMU.Quat = [4]float64{0, 0, 0, math.Sqrt(0.8)} }, FaultTilt},
		{"heat", limits(func(l *Limits) { l.MaxTemperature = 80 }), func(_ *guard, s *State) { s.Temperature[0] = 80 }, 0},
		{"more heat", limits(func(l *Limits) { l.MaxTemperature = 80 }), func(_ *guard, s *State) { s.Temperature[0] = next(80) }, FaultTemperature},
		{"low supply", limits(func(l *Limits) { l.MinVoltage = 0.5 }), func(_ *guard, s *State) { s.Voltage = 0.5 }, 0},
		{"lower", limits(func(l *Limits) { l.MinVoltage = 0.5 }), func(_ *guard, s *State) { s.Voltage = back(0.5) }, FaultVoltage},
		{"no lowest", limits(func(l *Limits) { l.MinVoltage = 0 }), func(_ *guard, s *State) { s.Voltage = -1 }, 0},
		{"high supply", limits(func(l *Limits) { l.MaxVoltage = 0.5 }), func(_ *guard, s *State) { s.Voltage = 0.5 }, 0},
		{"higher", limits(func(l *Limits) { l.MaxVoltage = 0.5 }), func(_ *guard, s *State) { s.Voltage = next(0.5) }, FaultVoltage},
		{"no highest", limits(func(l *Limits) { l.MaxVoltage = 0 }), func(_ *guard, s *State) { s.Voltage = 1e6 }, 0},
	} {
		g, s := lone(c.body)
		c.set(g, &s)
		if code, why := g.state(&s); code != c.want {
			t.Errorf("%s: fault %d %s, want %d", c.name, code, why, c.want)
		}
	}
}

func TestVelocityIsBoundedByTheJointsOwnLimit(t *testing.T) {
	for _, c := range []struct{ most, asked, want float64 }{{0.5, 3, 0.5}, {0.5, -3, -0.5}, {0.5, 0.5, 0.5}, {0, 3, 3}, {0, -3, -3}} {
		g, s := lone(func(b *Body) { b.Joints[0].MaxVel = c.most })
		cmd := NewCommand(g.body)
		cmd.Vel[0] = c.asked
		if n := g.clamp(&s, &cmd); cmd.Vel[0] != c.want || (n > 0) != (c.asked != c.want) {
			t.Errorf("%g rad/s asked of a joint of %g: %g, %d clamped", c.asked, c.most, cmd.Vel[0], n)
		}
	}
	// An actuator without a joint has no such limit.
	g, s := lone(func(b *Body) { b.Actuators[0].Joint, b.Joints[0].MaxVel = -1, 0.5 })
	cmd := NewCommand(g.body)
	cmd.Vel[0] = 3
	if g.clamp(&s, &cmd); cmd.Vel[0] != 3 {
		t.Errorf("a tendon's velocity became %g", cmd.Vel[0])
	}
}
