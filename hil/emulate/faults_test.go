package emulate

import (
	"math"
	"testing"

	"whisker/bridge/wire"
	"whisker/controller"
)

// The line breaks at any byte of a command: the firmware damps by its own clock, no
// joint jumps, and who clears it goes on.
func TestTheLineBreaksAtEveryByteOfACommand(t *testing.T) {
	r := lockstep(t, "host")
	s, _ := play(t, r, 10)
	c := controller.NewCommand(r.body)
	for at := range wire.SizeOf(wire.TypeCommand) {
		swing(r, at, &c)
		if err := r.Write(&c); err != nil {
			t.Fatal(err)
		}
		if err := r.Read(&s); err != nil {
			t.Fatal(err)
		}
		before := append([]float64(nil), r.e.State().Pos...)
		m := r.s.command
		for i := range m.Joint {
			m.Joint[i].Pos += 0.5 // it would be seen
		}
		r.s.seq++
		part := wire.Append(nil, wire.Header{Session: sessionID, Seq: r.s.seq, TimeUs: r.s.timeUs}, &m)[:at]
		if _, err := r.e.proc.serial.Write(part); err != nil {
			t.Fatal(err)
		}
		if err := r.s.step(51); err != nil {
			t.Fatal(err)
		}
		if mode, fault := r.Firmware(); !damped(r.e) || mode != wire.ModeFault || fault != wire.FaultExpired {
			t.Fatalf("cut at byte %d: %v, fault %v, motors told %+v", at, mode, fault, r.e.Told())
		}
		for i, q := range r.e.State().Pos {
			if d := math.Abs(q - before[i]); d > 0.35 {
				t.Fatalf("cut at byte %d: joint %d moved by %.3f rad", at, i, d)
			}
		}
		if err := r.ClearFault(); err != nil {
			t.Fatalf("cut at byte %d: %v", at, err)
		}
	}
}

// The e-stop is pressed while stiffness still rises: torque is gone in a tick, and
// stays so when the button is let go.
func TestEStopDuringBlendIn(t *testing.T) {
	for _, board := range boards {
		t.Run(board, func(t *testing.T) {
			r := lockstep(t, board)
			play(t, r, 4) // 80 of 300 ms
			if kp := r.e.Told().Kp[0]; kp <= 0 || kp >= 30 {
				t.Fatalf("kp is %g N·m/rad, want a part of 40: it blends in", kp)
			}
			r.e.World.EStop = true
			if err := r.s.step(1); err != nil {
				t.Fatal(err)
			}
			c := controller.NewCommand(r.body)
			for n := range 20 {
				for i := range c.Kp {
					if r.e.Told().Kp[i] != 0 || r.e.Told().Kd[i] != 0 {
						t.Fatalf("after %d commands motor %d is told kp %g, kd %g", n, i, r.e.Told().Kp[i], r.e.Told().Kd[i])
					}
				}
				r.e.World.EStop = n < 10
				swing(r, n, &c)
				if err := r.Write(&c); err != nil {
					t.Fatal(err)
				}
				if err := r.s.step(10); err != nil {
					t.Fatal(err)
				}
			}
			if mode, _ := r.Firmware(); mode != wire.ModeEStop {
				t.Errorf("the firmware is %v, want the e-stop latched", mode)
			}
		})
	}
}

// A joint whose encoder jumped there and back again is damped; one whose encoder goes
// on jumping has no torque, until it is enabled again.
func TestAnEncoderThatGoesOnJumpingMeasuresNothing(t *testing.T) {
	for _, board := range boards {
		t.Run(board, func(t *testing.T) {
			r := lockstep(t, board)
			play(t, r, 10)
			for jump := 1; jump <= 3; jump++ {
				r.e.World.Encoder[2] = 0.5 - r.e.World.Encoder[2]
				for tick := range 50 {
					if err := r.s.step(1); err != nil {
						t.Fatal(err)
					}
					told := r.e.Told()
					if (told.Kd[2] > 0) != (jump < 3) || told.Kd[1] <= 0 || told.Kp[2] != 0 || math.Abs(told.Torque[2]) > 0.03 {
						t.Fatalf("%d ticks after jump %d motors were told %+v", tick, jump, told)
					}
				}
			}
			if err := r.ClearFault(); err != nil || r.e.Told().Kd[2] <= 0 {
				t.Errorf("enabled again (%v), motors were told %+v", err, r.e.Told())
			}
		})
	}
}
