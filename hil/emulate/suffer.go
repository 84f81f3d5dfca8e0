package emulate

import (
	"math"
	"time"

	"whisker/bridge/wire"
	"whisker/controller"
)

// Latency is how old a measurement is when its command moves a motor, in stages,
// all by the clock of the plant: the echo of a command's sequence tells when the
// firmware had it.
type Latency struct {
	// State is from the measurement to the host's use of it, Command from there to
	// the command's arrival at the firmware, Total from the measurement to the first
	// tick under the command.
	State, Command, Total controller.Histogram
}

// aimed is what a command was made from.
type aimed struct {
	seq      uint32
	measured uint32        // us, by the firmware's clock
	used     time.Duration // the plant's time
}

// echo takes the newest state that came: does it tell of a command's arrival?
func (r *Robot) echo() {
	s := &r.s.state
	a := &r.aims[s.Command%wire.Window]
	if a.seq != s.Command || a.seq == 0 {
		return
	}
	arrived := r.s.timeUs - s.AgeUs
	us := func(d uint32) time.Duration { return time.Duration(max(0, int32(d))) * time.Microsecond }
	total := us(arrived-a.measured) + Tick // obeyed from the next tick on
	state := a.used
	r.Latency.State.Add(state)
	r.Latency.Command.Add(max(0, total-Tick-state))
	r.Latency.Total.Add(total)
	a.seq = 0
}

// aim notes what the command that is sent now was made from.
func (r *Robot) aim() {
	s := r.s
	r.aims[s.seq%wire.Window] = aimed{s.seq, s.timeUs, r.e.Time() - s.at}
}

// Said is what the firmware last said of itself, whether it was heard or not.
func (r *Robot) Said() (wire.Mode, wire.Fault) { return r.s.mode, r.s.fault }

// HangUp, Restart and BrownOut are those of the running Emulator.
func (r *Robot) HangUp() error { return r.e.HangUp() }

// Restart presses the reset button.
func (r *Robot) Restart() error { return r.e.Restart() }

// BrownOut takes the board's supply away for a moment.
func (r *Robot) BrownOut() error { return r.e.BrownOut() }

// SetDrift makes the firmware's clock faster than the plant's by a ratio.
func (r *Robot) SetDrift(ratio float64) { r.e.Drift = ratio }

// Motor makes a joint's motor say that it is so hot (°C; NaN is its own
// temperature), or nothing at all.
func (r *Robot) Motor(joint int, hot float64, silent bool) {
	w := &r.e.World
	if w.MotorTemp[joint] = motorTemp; !math.IsNaN(hot) {
		w.MotorTemp[joint] = hot
	}
	w.Silent[joint] = silent
}

// Refused counts by verdict the frames that the firmware did not take since it
// last started.
func (r *Robot) Refused() (n [wire.Verdicts]uint16) {
	if r.s != nil {
		n = r.s.own.Counters.Refused
	}
	return n
}
