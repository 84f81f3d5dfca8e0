package emulate

import (
	"fmt"
	"time"
)

// What happens to a microcontroller takes time, in which the motors hear nothing.
const (
	// watchdogTime is what the watchdog of the STM32F405 takes at most to end a hang. That of
	// mps2 takes 4 s of a clock that runs while the plant waits.
	watchdogTime = 75 * time.Millisecond
	// bootTime is from a reset until the firmware ticks again.
	bootTime = 20 * time.Millisecond
)

// alone lets the plant go on for a tick without the firmware.
func (e *Emulator) alone() error {
	e.motors.wait(&e.command)
	e.moving = e.command.Kp[0] != 0
	return e.advance()
}

// pass is a tick of the plant's time: the firmware's own tick too, unless it is
// down, or its clock runs differently.
func (e *Emulator) pass() error {
	switch {
	case e.down > 1:
		e.down--
		return e.alone()
	case e.down == 1: // only what answers hears its host again
		e.boots, e.firmwareTicks = e.boots+1, 0
		err := e.tick(0)
		e.down = 0
		return err
	}
	e.phase += e.Drift
	switch {
	case e.phase <= -1:
		e.phase++
		return e.alone()
	case e.phase >= 1:
		e.phase--
		if err := e.exchange(flagHost); err != nil {
			return err
		}
		e.motors.obey(e.out[8:], &e.command)
		e.firmwareTicks++
	}
	return e.tick(flagHost)
}

// Down says that the firmware does not run.
func (e *Emulator) Down() bool { return e.down > 0 }

// HangUp makes the firmware spin for ever with its interrupts masked, until the
// watchdog resets the board. Only mps2 has one.
func (e *Emulator) HangUp() error {
	if e.opts.Board != "mps2" {
		return fmt.Errorf("emulate: board %s has no watchdog, want mps2", e.opts.Board)
	}
	e.fall(watchdogTime)
	return e.Hang()
}

// Restart presses the reset button.
func (e *Emulator) Restart() error {
	if err := e.Reset(); err != nil {
		return err
	}
	e.fall(bootTime)
	return nil
}

// BrownOut takes the board's supply away for a moment. Only the host board knows
// afterwards why it started, where the options give it a --flash.
func (e *Emulator) BrownOut() error {
	if e.opts.Board != "host" {
		return fmt.Errorf("emulate: board %s has no supply to take away, want host", e.opts.Board)
	}
	o := e.opts
	o.Args = append(append([]string(nil), o.Args...), "--reset", "4")
	e.proc.kill()
	p, err := run(o)
	if err != nil {
		return err
	}
	e.proc = p
	e.fall(bootTime)
	return nil
}

// fall takes the firmware down for a time; what was on the line is lost.
func (e *Emulator) fall(t time.Duration) {
	e.down, e.said = int(t/Tick), 0
}
