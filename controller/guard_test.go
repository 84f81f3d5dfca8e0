package controller

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Each row breaks one thing at tick 10 and sees exactly the code of the check
// that watches it: without the check the row sees no fault.
func TestGuardFaults(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	tilted := func(rad float64) [4]float64 { return [4]float64{math.Cos(rad / 2), math.Sin(rad / 2)} }
	for _, c := range []struct {
		name  string
		code  FaultCode
		sense func(s *State)
		act   func(c *Command)
		clock time.Duration // how long Act takes
		want  string
	}{
		{"NaN joint", FaultStateNotFinite, func(s *State) { s.Pos[1] = nan }, nil, 0, "joint position 1 is NaN"},
		{"NaN velocity", FaultStateNotFinite, func(s *State) { s.Vel[1] = nan }, nil, 0, "joint velocity 1"},
		{"infinite actuator", FaultStateNotFinite, func(s *State) { s.ActPos[0] = inf }, nil, 0, "actuator position 0 is +Inf"},
		{"NaN servo", FaultStateNotFinite, func(s *State) { s.ActPos[0] = nan }, nil, 0, "actuator position 0 is NaN"},
		{"NaN motor", FaultStateNotFinite, func(s *State) { s.ActPos[1] = nan }, nil, 0, "actuator position 1 is NaN"},
		{"NaN motor velocity", FaultStateNotFinite, func(s *State) { s.ActVel[2] = nan }, nil, 0, "actuator velocity 2"},
		{"NaN activation", FaultStateNotFinite, func(s *State) { s.Activation[0] = nan }, nil, 0, "activation"},
		{"NaN torque", FaultStateNotFinite, func(s *State) { s.Torque[0] = nan }, nil, 0, "actuator torque"},
		{"NaN current", FaultStateNotFinite, func(s *State) { s.Current[0] = nan }, nil, 0, "current"},
		{"NaN temperature", FaultStateNotFinite, func(s *State) { s.Temperature[2] = nan }, nil, 0, "temperature 2"},
		{"NaN foot", FaultStateNotFinite, func(s *State) { s.FootForce[0] = nan }, nil, 0, "foot force"},
		{"NaN orientation", FaultStateNotFinite, func(s *State) { s.IMU.Quat[3] = nan }, nil, 0, "imu orientation 3"},
		{"NaN gyro", FaultStateNotFinite, func(s *State) { s.IMU.Gyro[0] = nan }, nil, 0, "gyro"},
		{"NaN acceleration", FaultStateNotFinite, func(s *State) { s.IMU.Acc[0] = -inf }, nil, 0, "accelerometer"},
		{"NaN root", FaultStateNotFinite, func(s *State) { s.Root.Pos[0] = nan }, nil, 0, "root position"},
		{"NaN root orientation", FaultStateNotFinite, func(s *State) { s.Root.Quat[0] = nan }, nil, 0, "root orientation"},
		{"NaN root velocity", FaultStateNotFinite, func(s *State) { s.Root.Vel[0] = nan }, nil, 0, "root velocity"},
		{"NaN root spin", FaultStateNotFinite, func(s *State) { s.Root.AngVel[0] = nan }, nil, 0, "root angular velocity"},
		{"NaN voltage", FaultStateNotFinite, func(s *State) { s.Voltage = nan }, nil, 0, "voltage is NaN"},
		{"robot's own", FaultRobot, func(s *State) { s.Faults = 0x12 }, nil, 0, "the robot reports sulking, bit 4 (fault bits 0x12)"},
		{"old state", FaultStateAge, func(s *State) { s.Age = 21 * time.Millisecond }, nil, 0, "21ms old, at most 20ms"},
		{"joint too low", FaultJointLimit, func(s *State) { s.Pos[1] = -1.06 }, nil, 0, "joint b is at -1.06 rad"},
		{"joint too high", FaultJointLimit, func(s *State) { s.Pos[2] = 1.06 }, nil, 0, "joint c is at 1.06 rad"},
		{"joint too fast", FaultJointSpeed, func(s *State) { s.Vel[0] = -51 }, nil, 0, "joint a turns at -51 rad/s"},
		{"servo blocked", FaultFollowing, func(s *State) { s.ActPos[0] = -0.61 }, nil, 0, "actuator a is 0.61 rad from its command"},
		{"motor blocked", FaultFollowing, func(s *State) { s.ActPos[1] = 0.61 }, nil, 0, "actuator b is 0.61 rad from its command"},
		{"tilt", FaultTilt, func(s *State) { s.IMU.Quat = tilted(1.01) }, nil, 0, "tilts by 1.01 rad"},
		{"upside down", FaultTilt, func(s *State) { s.IMU.Quat = tilted(-math.Pi) }, nil, 0, "tilts by 3.142 rad"},
		{"no orientation", FaultTilt, func(s *State) { s.IMU.Quat = [4]float64{} }, nil, 0, "norm² 0"},
		{"hot", FaultTemperature, func(s *State) { s.Temperature[2] = 81 }, nil, 0, "actuator c has 81 °C"},
		{"brown-out", FaultVoltage, func(s *State) { s.Voltage = 19 }, nil, 0, "19 V, at least 20"},
		{"over-voltage", FaultVoltage, func(s *State) { s.Voltage = 31 }, nil, 0, "31 V, at most 30"},
		{"NaN command", FaultCommandNotFinite, nil, func(c *Command) { c.Pos[0] = nan }, 0, "pos of actuator a is NaN"},
		{"NaN command velocity", FaultCommandNotFinite, nil, func(c *Command) { c.Vel[1] = nan }, 0, "vel of actuator b"},
		{"NaN command torque", FaultCommandNotFinite, nil, func(c *Command) { c.Torque[2] = inf }, 0, "torque of actuator c"},
		{"NaN command kp", FaultCommandNotFinite, nil, func(c *Command) { c.Kp[1] = nan }, 0, "kp of actuator b"},
		{"NaN command kd", FaultCommandNotFinite, nil, func(c *Command) { c.Kd[1] = nan }, 0, "kd of actuator b"},
		{"servo told a velocity", FaultRefused, nil, func(c *Command) { c.Vel[0] = 1 }, 0, "actuator a is a position drive"},
		{"servo told a torque", FaultRefused, nil, func(c *Command) { c.Torque[0] = 1 }, 0, "actuator a"},
		{"servo told kp", FaultRefused, nil, func(c *Command) { c.Kp[0] = 1 }, 0, "actuator a"},
		{"servo told kd", FaultRefused, nil, func(c *Command) { c.Kd[0] = 1 }, 0, "actuator a"},
		{"motor told a position", FaultRefused, nil, func(c *Command) { c.Pos[2] = 1 }, 0, "actuator c is a torque drive"},
		{"motor told a velocity", FaultRefused, nil, func(c *Command) { c.Vel[2] = 1 }, 0, "actuator c"},
		{"motor told kp", FaultRefused, nil, func(c *Command) { c.Kp[2] = 1 }, 0, "actuator c"},
		{"motor told kd", FaultRefused, nil, func(c *Command) { c.Kd[2] = 1 }, 0, "actuator c"},
		{"slow policy on an old state", FaultCommandAge, func(s *State) { s.Age = 15 * time.Millisecond }, func(*Command) {}, 10 * time.Millisecond, "25ms old, at most 20ms"},
		{"slow policy", FaultCommandAge, nil, func(*Command) {}, 21 * time.Millisecond, "21ms old, at most 20ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, now := newPlant(), time.Duration(0)
			p.body.Feet, p.body.FaultNames = []string{"foot"}, map[int]string{1: "sulking"}
			p.sense = func(tick int, s *State) {
				if tick == 10 && c.sense != nil {
					c.sense(s)
				}
			}
			n := 0
			l := &Loop{Robot: p, Clock: func() time.Duration { return now }, Policy: until(30, func(s *State, cmd *Command) error {
				if n++; n == 11 && c.act != nil {
					c.act(cmd)
					now += c.clock
				}
				return nil
			})}
			all, err := record(t, l)
			var f *Fault
			if !errors.As(err, &f) {
				t.Fatalf("error %v, a fault was expected", err)
			}
			if f.Code != c.code || f.Tick != 10 || !strings.Contains(f.Detail, c.want) {
				t.Errorf("%v; code %d at tick 10 with %q expected", f, c.code, c.want)
			}
			checkDamped(t, all[10:], c.code)
		})
	}
}

// checkDamped wants finite, powerless commands and the code in every sample.
func checkDamped(t *testing.T, all []Sample, code FaultCode) {
	t.Helper()
	for _, x := range all {
		if x.Mode != ModeFault || x.Fault != code || x.Command.Kp[1] != 0 || x.Command.Torque[2] != 0 || x.Command.Vel[0] != 0 {
			t.Fatalf("tick %d after the fault: mode %v, fault %v, command %v", x.Tick, x.Mode, x.Fault, x.Command)
		}
		for _, v := range [][]float64{x.Command.Pos, x.Command.Vel, x.Command.Torque, x.Command.Kp, x.Command.Kd} {
			if notFinite(v) >= 0 {
				t.Fatalf("tick %d after the fault commands %v", x.Tick, v)
			}
		}
	}
}

// What is within every limit, exactly on it, goes through untouched.
func TestGuardLetsTheLimitsThemselvesPass(t *testing.T) {
	p := newPlant()
	p.sense = func(_ int, s *State) {
		s.Age, s.Voltage, s.Temperature[0], s.Vel[0], s.Pos[0] = 20*time.Millisecond, 20, 80, 50, 1.05
		s.IMU.Quat = [4]float64{math.Cos(0.499), 0, math.Sin(0.499)}
	}
	all, err := record(t, &Loop{Robot: p, Policy: until(20, func(s *State, c *Command) error { c.Torque[2] = -3; return nil })})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range all {
		if x.Clamped != 0 || x.Command.Torque[2] != -3 {
			t.Fatalf("tick %d: %d clamped, torque %v", x.Tick, x.Clamped, x.Command.Torque)
		}
	}
}

// A zero limit is no check, as Limits says.
func TestGuardSkipsZeroLimits(t *testing.T) {
	p := newPlant()
	p.body.Limits = Limits{}
	for i := range p.body.Joints {
		p.body.Joints[i].MaxVel = 0
	}
	p.sense = func(_ int, s *State) {
		s.Pos[0], s.Vel[0], s.ActPos[0], s.Temperature[0], s.Voltage = 9, 999, 9, 999, 999
		s.IMU.Quat = [4]float64{0, 1}
	}
	if err := (&Loop{Robot: p, Policy: until(5, hold)}).Run(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestGuardClamps(t *testing.T) {
	for _, c := range []struct {
		name    string
		set     func(s *State, c *Command)
		get     func(c *Command) float64
		want    float64
		clamped int
	}{
		{"nothing", func(*State, *Command) {}, func(c *Command) float64 { return c.Pos[0] }, 0.9, 0},
		{"servo past its range", func(_ *State, c *Command) { c.Pos[0] = 1.01 }, func(c *Command) float64 { return c.Pos[0] }, 0.92, 1},
		{"servo near its end", func(_ *State, c *Command) { c.Pos[0] = 0.99 }, func(c *Command) float64 { return c.Pos[0] }, 0.92, 1},
		{"servo falling fast", func(_ *State, c *Command) { c.Pos[0] = -1 }, func(c *Command) float64 { return c.Pos[0] }, 0.88, 1},
		{"motor rising fast", func(_ *State, c *Command) { c.Pos[1] = 2 }, func(c *Command) float64 { return c.Pos[1] }, 0.92, 1},
		{"stiff", func(_ *State, c *Command) { c.Kp[1] = 11 }, func(c *Command) float64 { return c.Kp[1] }, 10, 1},
		{"negative stiffness", func(_ *State, c *Command) { c.Kp[1] = -1 }, func(c *Command) float64 { return c.Kp[1] }, 0, 1},
		{"much damping", func(_ *State, c *Command) { c.Kd[1] = 0.6 }, func(c *Command) float64 { return c.Kd[1] }, 0.5, 1},
		{"negative damping", func(_ *State, c *Command) { c.Kd[1] = -0.1 }, func(c *Command) float64 { return c.Kd[1] }, 0, 1},
		{"fast", func(_ *State, c *Command) { c.Vel[1], c.Kd[1] = 60, 0.01 }, func(c *Command) float64 { return c.Vel[1] }, 50, 1},
		{"strong feed-forward", func(_ *State, c *Command) { c.Torque[1] = -4 }, func(c *Command) float64 { return c.Torque[1] }, -3, 1},
		{"feed-forward against damping", func(_ *State, c *Command) { c.Torque[1], c.Vel[1] = -4, 4 }, func(c *Command) float64 { return c.Torque[1] }, -3, 1},
		{"strong torque", func(_ *State, c *Command) { c.Torque[2] = 4 }, func(c *Command) float64 { return c.Torque[2] }, 3, 1},
		{"strong together", func(s *State, c *Command) { s.ActPos[1] = 0.5; c.Torque[1] = 2 }, func(c *Command) float64 { return c.Kp[1] }, 5, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlant()
			g, s, cmd := newGuard(&p.body), NewState(&p.body), NewCommand(&p.body)
			copy(s.ActPos, []float64{0.9, 0.9, 0})
			g.prime(&s)
			p.body.Neutral(&cmd)
			copy(cmd.Pos, g.last.Pos)
			c.set(&s, &cmd)
			n := g.clamp(&s, &cmd)
			if got := c.get(&cmd); math.Abs(got-c.want) > 1e-12 || n != c.clamped {
				t.Errorf("%v with %d clamped, expected %v with %d", got, n, c.want, c.clamped)
			}
			if a := &p.body.Actuators[1]; math.Abs(cmd.Kp[1]*(cmd.Pos[1]-s.ActPos[1])+cmd.Kd[1]*cmd.Vel[1]+cmd.Torque[1]) > a.MaxTorque+1e-12 {
				t.Errorf("the motor is asked for more than %v N·m", a.MaxTorque)
			}
		})
	}
}

// Whatever a policy asks for, what is written is within every bound.
func TestClampedCommandIsWithinEveryBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPlant()
		g, s, c := newGuard(&p.body), NewState(&p.body), NewCommand(&p.body)
		any := rapid.Float64Range(-1e6, 1e6)
		for i := range p.body.Actuators {
			s.ActPos[i], s.ActVel[i] = rapid.Float64Range(-1, 1).Draw(t, "at"), any.Draw(t, "moving")
		}
		g.prime(&s)
		last := append([]float64(nil), g.last.Pos...)
		c.Pos[0], c.Torque[2] = any.Draw(t, "pos"), any.Draw(t, "torque")
		c.Pos[1], c.Vel[1], c.Torque[1], c.Kp[1], c.Kd[1] = any.Draw(t, "pos"), any.Draw(t, "vel"), any.Draw(t, "tau"), any.Draw(t, "kp"), any.Draw(t, "kd")
		g.clamp(&s, &c)
		const eps = 1e-9
		for i := range 2 {
			if math.Abs(c.Pos[i]) > 1+eps || math.Abs(c.Pos[i]-last[i]) > 0.02+eps {
				t.Fatalf("position %v after %v", c.Pos[i], last[i])
			}
		}
		asked := c.Kp[1]*(c.Pos[1]-s.ActPos[1]) + c.Kd[1]*(c.Vel[1]-s.ActVel[1]) + c.Torque[1]
		if c.Kp[1] < 0 || c.Kp[1] > 10 || c.Kd[1] < 0 || c.Kd[1] > 0.5 || math.Abs(asked) > 3+eps || math.Abs(c.Torque[2]) > 3 {
			t.Fatalf("kp %v, kd %v, torque asked %v and %v", c.Kp[1], c.Kd[1], asked, c.Torque[2])
		}
	})
}

// A simulator's state does not age while the policy acts.
func TestStoppedTimeDoesNotAge(t *testing.T) {
	p, now := newPlant(), time.Duration(0)
	p.body.StopsTime = true
	l := &Loop{Robot: p, Clock: func() time.Duration { return now },
		Policy: until(3, func(*State, *Command) error { now += time.Second; return nil })}
	if err := l.Run(context.Background()); err != nil {
		t.Error(err)
	}
}

// At the end of the range the limit binds, not the rate.
func TestGuardHoldsTheRange(t *testing.T) {
	p := newPlant(DrivePosition)
	all, err := record(t, &Loop{Robot: p, Policy: until(100, func(s *State, c *Command) error { c.Pos[0] = 5; return nil })})
	if err != nil {
		t.Fatal(err)
	}
	if last := all[99].Command.Pos[0]; last != 1 || all[98].Clamped != 1 {
		t.Errorf("commanded %v with %d clamped, expected the end of the range, 1", last, all[98].Clamped)
	}
}

// A body found outside its range is led back at its rate, not thrown.
func TestGuardReturnsSlowlyFromOutside(t *testing.T) {
	p := newPlant(DrivePosition)
	p.body.Limits.JointMargin, p.pos[0] = 0, 1.5
	all, err := record(t, &Loop{Robot: p, Policy: until(50, hold)})
	if err != nil {
		t.Fatal(err)
	}
	if first := all[0].Command.Pos[0]; math.Abs(first-1.48) > 1e-12 || all[49].Command.Pos[0] != 1 {
		t.Errorf("commanded %v first and %v last, expected 1.48 and 1", first, all[49].Command.Pos[0])
	}
}

// A fault in the first tick ends the run before anything was written.
func TestFirstTickFaultWritesNothing(t *testing.T) {
	for name, policy := range map[string]act{
		"state":  hold,
		"refuse": func(s *State, c *Command) error { c.Kp[0] = 1; return nil },
	} {
		p := newPlant()
		if name == "state" {
			p.sense = func(_ int, s *State) { s.Faults = 1 }
		}
		if err := (&Loop{Robot: p, Policy: policy}).Run(context.Background()); err == nil || p.writes != 0 || p.halts != 1 {
			t.Errorf("%s: error %v, %d writes, %d halts", name, err, p.writes, p.halts)
		}
	}
}
