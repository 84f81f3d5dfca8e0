package emulate

import (
	"bytes"
	"fmt"
	"math"
	"testing"

	"whisker/bridge/wire"
	"whisker/controller"
)

var boards = []string{"host", "mps2"}

// swing is a command that moves every joint, n periods after the start.
func swing(r *Robot, n int, c *controller.Command) {
	for i, j := range r.opts.Profile.Joints {
		c.Pos[i] = j.Stand + 0.2*math.Sin(0.1*float64(n)+float64(i))
		c.Vel[i], c.Torque[i], c.Kp[i], c.Kd[i] = 0, 0.1, 40, 1
	}
}

// play swings for some periods and returns the last state, and all bytes that the
// firmware sent.
func play(t testing.TB, r *Robot, periods int) (controller.State, []byte) {
	t.Helper()
	var sent []byte
	s, c := controller.NewState(r.body), controller.NewCommand(r.body)
	begin(t, r)
	r.s.trace = func(b []byte) { sent = append(sent, b...) }
	for n := range periods {
		if err := r.Read(&s); err != nil {
			t.Fatal(err)
		}
		swing(r, n, &c)
		if err := r.Write(&c); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Read(&s); err != nil {
		t.Fatal(err)
	}
	return s, sent
}

func TestJointsFollowTheirCommands(t *testing.T) {
	for _, board := range boards {
		t.Run(board, func(t *testing.T) {
			r := lockstep(t, board)
			s, _ := play(t, r, 100)
			c := controller.NewCommand(r.body)
			swing(r, 99, &c)
			for i, want := range c.Pos {
				if math.Abs(s.Pos[i]-want) > 0.06 { // it lags by what kd resists: kd/kp of 2 rad/s · 0.2
					t.Errorf("joint %d is at %.3f rad, want %.3f", i, s.Pos[i], want)
				}
				if truth := r.e.State().Pos[i]; math.Abs(s.Pos[i]-truth) > 0.03 {
					t.Errorf("joint %d: the firmware says %.3f rad, the plant %.3f", i, s.Pos[i], truth)
				}
			}
			if mode, fault := r.Firmware(); mode != wire.ModeEnabled || fault != wire.FaultNone {
				t.Errorf("the firmware is %v, fault %v", mode, fault)
			}
			if s.Time != 100*r.body.Period || s.Voltage < 20 || s.Temperature[0] != 30 || math.Abs(s.IMU.Acc[2]-9.81) > 0.01 {
				t.Errorf("time %v, voltage %v, temperature %v, acceleration %v", s.Time, s.Voltage, s.Temperature[0], s.IMU.Acc)
			}
		})
	}
}

func TestTwoRunsGiveTheSameBytes(t *testing.T) {
	for _, board := range boards {
		t.Run(board, func(t *testing.T) {
			_, first := play(t, lockstep(t, board), 50)
			_, second := play(t, lockstep(t, board), 50)
			if len(first) < 50*2*200 || !bytes.Equal(first, second) {
				t.Errorf("%d and %d bytes, different from byte %d on", len(first), len(second), differ(first, second))
			}
		})
	}
}

func differ(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// TestBoardsAgree compares what the same source says on x86 and on a Cortex-M4.
// Both round alike, but for the few library functions of the orientation filter.
func TestBoardsAgree(t *testing.T) {
	a, _ := play(t, lockstep(t, "host"), 100)
	b, _ := play(t, lockstep(t, "mps2"), 100)
	for i := range a.Pos {
		if math.Abs(a.Pos[i]-b.Pos[i]) > 1e-3 || math.Abs(a.Torque[i]-b.Torque[i]) > 0.05 {
			t.Errorf("joint %d: %v rad and %v N·m on the host, %v and %v on mps2", i, a.Pos[i], a.Torque[i], b.Pos[i], b.Torque[i])
		}
	}
}

func TestATorqueControlledBoardMovesTheSame(t *testing.T) {
	mit, _ := play(t, lockstep(t, "host"), 100)
	law, _ := play(t, lockstep(t, "host", "--law"), 100)
	for i := range mit.Pos { // the law at 500 Hz in place of the motors' own 4 kHz
		if math.Abs(mit.Pos[i]-law.Pos[i]) > 0.02 || mit.Pos[i] == law.Pos[i] {
			t.Errorf("joint %d: %v rad with the motors' law, %v with the board's", i, mit.Pos[i], law.Pos[i])
		}
	}
}

// damped says whether the motors were last told to resist motion and no more.
func damped(e *Emulator) bool {
	for i, kp := range e.Told().Kp {
		if kp != 0 || e.Told().Kd[i] < 0.5 {
			return false
		}
	}
	return true
}

// TestASilentHostIsDampedInTime cuts the host off: 100 ms and a tick after the
// last command every motor only resists motion, and stays so.
func TestASilentHostIsDampedInTime(t *testing.T) {
	for _, board := range boards {
		t.Run(board, func(t *testing.T) {
			r := lockstep(t, board)
			play(t, r, 20)
			c := controller.NewCommand(r.body)
			swing(r, 20, &c)
			if err := r.Write(&c); err != nil {
				t.Fatal(err)
			}
			if err := r.s.step(1); err != nil {
				t.Fatal(err)
			}
			n := 0
			for ; !damped(r.e) && n < 200; n++ {
				if err := r.s.step(1); err != nil {
					t.Fatal(err)
				}
			}
			if n < 49 || n > 51 {
				t.Errorf("damped after %d ticks of %v, want 100 ms and at most a tick", n, Tick)
			}
			if err := r.s.step(500); err != nil { // another second
				t.Fatal(err)
			}
			if !damped(r.e) {
				t.Errorf("a second later motors were told %+v", r.e.Told())
			}
			if mode, fault := r.Firmware(); mode != wire.ModeFault || fault != wire.FaultExpired {
				t.Errorf("the firmware is %v, fault %v", mode, fault)
			}
		})
	}
}

func TestFaultsOfTheWorldStopTheFirmware(t *testing.T) {
	for _, c := range []struct {
		fault wire.Fault
		mode  wire.Mode
		cause func(*World)
	}{
		{wire.FaultVoltage, wire.ModeFault, func(w *World) { w.Voltage = 15 }},
		{wire.FaultTemperature, wire.ModeFault, func(w *World) { w.MotorTemp[3] = 95 }},
		{wire.FaultMotor, wire.ModeFault, func(w *World) { w.MotorError[0] = 9 }},
		{wire.FaultMotorLink, wire.ModeFault, func(w *World) { w.Silent[11] = true }},
		{wire.FaultEncoder, wire.ModeFault, func(w *World) { w.Encoder[2] = 0.5 }},
		{wire.FaultIMU, wire.ModeFault, func(w *World) { w.NoIMU = true }},
		{wire.FaultOverrun, wire.ModeFault, func(w *World) { w.Late = true }},
		{wire.FaultNone, wire.ModeEStop, func(w *World) { w.EStop = true }},
	} {
		t.Run(fmt.Sprint(c.fault, c.mode), func(t *testing.T) {
			r := lockstep(t, "host")
			s, _ := play(t, r, 10)
			c.cause(&r.e.World)
			cmd := controller.NewCommand(r.body)
			for n := range 3 {
				swing(r, n, &cmd)
				if err := r.Write(&cmd); err != nil {
					t.Fatal(err)
				}
				if err := r.Read(&s); err != nil {
					t.Fatal(err)
				}
			}
			if mode, fault := r.Firmware(); mode != c.mode || fault != c.fault {
				t.Errorf("the firmware is %v, fault %v, want %v, %v", mode, fault, c.mode, c.fault)
			}
			if want := uint64(1) << c.fault; c.fault != 0 && s.Faults != want {
				t.Errorf("state faults %#x, want %#x", s.Faults, want)
			}
			for i, kd := range r.e.Told().Kd {
				if (c.mode == wire.ModeEStop) != (kd == 0) || r.e.Told().Kp[i] != 0 || math.Abs(r.e.Told().Torque[i]) > 0.03 {
					t.Errorf("joint %d: motors were told %+v", i, r.e.Told())
				}
			}
		})
	}
}

func TestHaltReleasesAndMayBeCalledTwice(t *testing.T) {
	r := lockstep(t, "host")
	play(t, r, 5)
	for range 2 {
		if err := r.Halt(); err != nil {
			t.Error(err)
		}
	}
	if err := r.Read(&controller.State{}); err == nil {
		t.Error("a halted robot was read")
	}
	play(t, r, 5) // started again
}

func TestTicksAllocateNothing(t *testing.T) {
	r := lockstep(t, "host")
	s, _ := play(t, r, 5)
	c := controller.NewCommand(r.body)
	swing(r, 6, &c)
	if n := testing.AllocsPerRun(20, func() {
		if r.Write(&c) != nil || r.Read(&s) != nil {
			t.Fatal("the firmware does not answer")
		}
	}); n != 0 {
		t.Errorf("%v allocations a period", n)
	}
}
