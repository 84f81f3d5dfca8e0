package emulate

import (
	"testing"
	"time"

	"whisker/bridge/wire"
	"whisker/controller"
)

// ticks lets a robot that plays go on without commands, and says after how many
// ticks the motors could only resist; -1 for never.
func ticksToSafety(t *testing.T, r *Robot, most int) int {
	t.Helper()
	for n := range most {
		if damped(r.e) || limp(r.e) {
			return n
		}
		if err := r.s.step(1); err != nil {
			t.Fatal(err)
		}
	}
	return -1
}

// again commands after a recovery: the joints move.
func moves(t *testing.T, r *Robot) {
	t.Helper()
	s, c := controller.NewState(r.body), controller.NewCommand(r.body)
	for n := range 40 {
		swing(r, n, &c)
		if err := r.Write(&c); err != nil {
			t.Fatal(err)
		}
		if err := r.Read(&s); err != nil {
			t.Fatal(err)
		}
	}
	if mode, fault := r.Firmware(); !torque(mode) || s.Age > 20*time.Millisecond || s.Faults != 0 {
		t.Errorf("after it was cleared the firmware is %v, fault %v, its state %v old", mode, fault, s.Age)
	}
}

func TestMotorsOfABoardThatStaysDownGiveUp(t *testing.T) {
	r := lockstep(t, "mps2")
	play(t, r, 10)
	r.e.fall(time.Second)
	if n := ticksToSafety(t, r, 100); n < 49 || n > 51 || !limp(r.e) {
		t.Errorf("after %d ticks the motors were told %+v, want them limp after their time-out of 50", n, r.e.Told())
	}
}

func TestAHungBoardDampsBeforeItsMotorsGiveUp(t *testing.T) {
	r := lockstep(t, "mps2")
	play(t, r, 10)
	if err := r.e.HangUp(); err != nil {
		t.Fatal(err)
	}
	if n := ticksToSafety(t, r, 100); n < 0 || n > 49 || !damped(r.e) {
		t.Errorf("after %d ticks the motors were told %+v, want damping before their time-out of 50", n, r.e.Told())
	}
	if err := r.s.step(500); err != nil || !damped(r.e) {
		t.Fatalf("a second later the motors were told %+v, or %v", r.e.Told(), err)
	}
	if err := r.ClearFault(); err != nil {
		t.Fatal(err)
	}
	if r.s.welcome.ResetCause != wire.ResetWatchdog {
		t.Errorf("reset cause %d, want the watchdog's", r.s.welcome.ResetCause)
	}
	moves(t, r)
}

func TestABrownOutIsClearedByWhoKnows(t *testing.T) {
	r := lockstep(t, "host", "--flash", t.TempDir()+"/flash")
	play(t, r, 10)
	if err := r.e.BrownOut(); err != nil {
		t.Fatal(err)
	}
	if n := ticksToSafety(t, r, 100); n < 0 || n > 12 || !damped(r.e) {
		t.Errorf("after %d ticks the motors were told %+v, want damping as soon as the board has started, in 10", n, r.e.Told())
	}
	if err := r.ClearFault(); err != nil {
		t.Fatal(err)
	}
	if r.s.welcome.ResetCause != wire.ResetBrownOut {
		t.Errorf("reset cause %d, want the brown-out's", r.s.welcome.ResetCause)
	}
	moves(t, r)
}

func TestAResetInMotionIsHeardOfAsSilence(t *testing.T) {
	r := lockstep(t, "mps2")
	s, _ := play(t, r, 10)
	if err := r.e.Restart(); err != nil {
		t.Fatal(err)
	}
	c := controller.NewCommand(r.body)
	for n := range 5 {
		swing(r, n, &c)
		if err := r.Write(&c); err != nil {
			t.Fatal(err)
		}
		if err := r.Read(&s); err != nil {
			t.Fatal(err)
		}
	}
	if s.Age < 80*time.Millisecond {
		t.Errorf("the state is %v old 100 ms after the reset", s.Age)
	}
	if err := r.ClearFault(); err != nil {
		t.Fatal(err)
	}
	moves(t, r)
}

func TestADriftingClockTicksOften(t *testing.T) {
	for _, drift := range []float64{0.02, -0.02} {
		r := lockstep(t, "host")
		play(t, r, 5)
		from, at := r.e.firmwareTicks, r.e.ticks
		r.e.Drift = drift
		moves(t, r)
		moves(t, r)
		plant, firmware := float64(r.e.ticks-at), float64(r.e.firmwareTicks-from)
		if got := firmware/plant - 1; got < drift-0.005 || got > drift+0.005 {
			t.Errorf("the firmware's clock is faster by %.3f, want %.3f", got, drift)
		}
	}
}

// flaky is a line on which some frames go wrong.
type flaky struct {
	frames int
	wrong  func(n int, up bool, frame []byte) []byte
	due    [2][]byte
}

func (l *flaky) Send(_ time.Duration, up bool, frame []byte) {
	l.frames++
	i := 0
	if up {
		i = 1
	}
	l.due[i] = append(l.due[i], l.wrong(l.frames, up, append([]byte(nil), frame...))...)
}

func (l *flaky) Due(_ time.Duration, up bool, to []byte) []byte {
	i := 0
	if up {
		i = 1
	}
	to = append(to, l.due[i]...)
	l.due[i] = l.due[i][:0]
	return to
}

func TestWrongFramesAreRefusedAndTheMotionGoesOn(t *testing.T) {
	for _, board := range boards {
		t.Run(board, func(t *testing.T) {
			r := lockstep(t, board)
			r.Line = &flaky{wrong: func(n int, up bool, frame []byte) []byte {
				switch n % 7 {
				case 0:
					frame[len(frame)/2] ^= 4
				case 1:
					return nil
				case 2:
					return append(frame, frame...)
				case 3:
					frame[len(frame)-1] ^= 4 // two frames become one
				}
				return frame
			}}
			play(t, r, 10)
			moves(t, r)
			if c := r.s.state.Counters; c.Refused[wire.VerdictCRC]+c.Refused[wire.VerdictCOBS]+c.Refused[wire.VerdictLong] < 3 || c.Refused[wire.VerdictWindow] < 3 {
				t.Errorf("the firmware refused %v", c.Refused)
			}
			if n := r.Altered(); n != 0 {
				t.Errorf("%d altered frames were accepted", n)
			}
		})
	}
}

func TestAnAlteredFrameThatPassesIsCounted(t *testing.T) {
	r := lockstep(t, "host")
	l := &flaky{wrong: func(n int, up bool, frame []byte) []byte { return frame }}
	r.Line = l
	play(t, r, 10)
	l.wrong = func(n int, up bool, frame []byte) []byte { // with a right checksum
		if !up {
			return frame
		}
		return wire.Append(nil, wire.Header{Session: sessionID, Seq: r.s.seq, TimeUs: r.s.timeUs}, &wire.Command{ValidMs: 100})
	}
	moves(t, r)
	if n := r.Altered(); n < 30 {
		t.Errorf("%d of 40 altered frames were counted", n)
	}
}

func TestAPausedHostIsDamped(t *testing.T) {
	r := lockstep(t, "host")
	s, _ := play(t, r, 10)
	r.Pause(150 * time.Millisecond)
	c := controller.NewCommand(r.body)
	swing(r, 10, &c)
	if err := r.Write(&c); err != nil {
		t.Fatal(err)
	}
	before := s.Time
	if err := r.Read(&s); err != nil {
		t.Fatal(err)
	}
	if mode, fault := r.Firmware(); mode != wire.ModeFault || fault != wire.FaultExpired || s.Time-before != 170*time.Millisecond {
		t.Errorf("after %v the firmware is %v, fault %v", s.Time-before, mode, fault)
	}
	if err := r.ClearFault(); err != nil {
		t.Fatal(err)
	}
	moves(t, r)
}
