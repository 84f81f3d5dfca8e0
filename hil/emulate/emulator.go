package emulate

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"whisker/controller"
	"whisker/controller/profile"
)

// Tick is the firmware's control period, and the plant's.
const Tick = 2 * time.Millisecond

// statePeriod is how often the firmware sends its state.
const statePeriod = 10 * time.Millisecond

// answerTime bounds an exchange; the firmware itself waits up to 8 s for its host.
const answerTime = time.Minute

// motorTemp is a motor's own temperature, °C.
const motorTemp = 30

// Options choose firmware and plant.
type Options struct {
	// Board is "host" or "mps2" (QEMU's mps2-an386).
	Board string
	// Firmware is the board's file as `make firmware` leaves it; "" is its place in
	// the source tree's build.
	Firmware string
	// Args are further options of the host board.
	Args []string
	// Profile says which motor sits on which joint.
	Profile *profile.Profile
	// Plant is the body. Its period is Tick, its actuators those of Profile.
	Plant controller.Robot
}

// World is what surrounds the firmware beside the plant, and what is broken in
// it. The zero value of a fault is that there is none.
type World struct {
	Voltage, Current, BoardTemp float64 // V, A, °C
	MotorTemp                   [joints]float64
	MotorError                  [joints]uint8
	Silent                      [joints]bool    // the motor does not answer
	Encoder                     [joints]float64 // rad, added to what the joint's encoder says
	NoIMU, EStop, Late          bool
}

// Emulator is a firmware that runs with its plant. One goroutine uses it.
type Emulator struct {
	World World
	// Drift is by how much the firmware's clock is faster than the plant's: 0.01 is
	// a hundredth.
	Drift float64

	opts    Options
	proc    *process
	motors  motors
	state   controller.State
	command controller.Command
	count   uint32
	ticks   uint64
	said    uint32 // bytes on the serial line since the firmware started
	moving  bool
	in      [inSize]byte
	out     [outSize]byte
	line    *line

	phase         float64 // ticks that the firmware's clock is ahead
	firmwareTicks uint64  // since it started
	boots         int
	down          int // ticks until the firmware runs again
}

// Start runs the firmware with its plant at its start, at time zero.
func Start(o Options) (*Emulator, error) {
	b := o.Plant.Body()
	if len(b.Actuators) != joints || len(o.Profile.Joints) != joints {
		return nil, fmt.Errorf("emulate: the plant has %d actuators and the profile %d joints, want %d", len(b.Actuators), len(o.Profile.Joints), joints)
	}
	if b.Period != Tick {
		return nil, fmt.Errorf("emulate: the plant's period is %v, want the firmware's tick of %v", b.Period, Tick)
	}
	e := &Emulator{opts: o, motors: motors{p: o.Profile}, state: controller.NewState(b), command: controller.NewCommand(b)}
	e.World = World{Voltage: (o.Profile.Limits.MinVoltage + o.Profile.Limits.MaxVoltage) / 2, Current: 1, BoardTemp: 30}
	for i := range e.World.MotorTemp {
		e.World.MotorTemp[i] = motorTemp
	}
	if err := o.Plant.Start(); err != nil {
		return nil, err
	}
	if err := o.Plant.Read(&e.state); err != nil {
		return nil, err
	}
	var err error
	if e.proc, err = run(o); err != nil {
		return nil, errors.Join(err, o.Plant.Halt())
	}
	return e, nil
}

// run starts the board's process.
func run(o Options) (*process, error) {
	file := o.Firmware
	if file == "" {
		var err error
		if file, err = Find(o.Board); err != nil {
			return nil, err
		}
	}
	switch o.Board {
	case "host":
		return start(file, o.Args...)
	case "mps2":
		if err := emulates(o.Board); err != nil {
			return nil, err
		}
		return start("qemu-system-arm", "-M", "mps2-an386", "-nodefaults", "-display", "none",
			"-chardev", "socket,id=host,fd=3", "-serial", "chardev:host",
			"-chardev", "socket,id=qmp,fd=6", "-mon", "chardev=qmp,mode=control",
			"-semihosting-config", "enable=on,target=native", "-kernel", file)
	}
	return nil, fmt.Errorf("emulate: board %q, want host or mps2", o.Board)
}

// say tells the firmware what is measured.
func (e *Emulator) say(flags uint32) error {
	e.count++
	e.motors.sense(&e.state, &e.World, e.count, flags, e.in[:])
	e.motors.answer(&e.state, &e.World, e.in[:])
	binary.LittleEndian.PutUint32(e.in[saidAt:], e.said)
	deadline := time.Now().Add(answerTime)
	if err := errors.Join(e.proc.toIn.SetWriteDeadline(deadline), e.proc.fromOut.SetReadDeadline(deadline)); err != nil {
		return e.proc.why(err)
	}
	if _, err := e.proc.toIn.Write(e.in[:]); err != nil {
		return e.proc.why(err)
	}
	return nil
}

// exchange is one word with the firmware.
func (e *Emulator) exchange(flags uint32) error {
	if err := e.say(flags); err != nil {
		return err
	}
	if _, err := io.ReadFull(e.proc.fromOut, e.out[:]); err != nil {
		return e.proc.why(err)
	}
	if got := binary.LittleEndian.Uint32(e.out[:]); got != e.count {
		return fmt.Errorf("emulate: the firmware answered exchange %d, want %d: one that was built before this program, perhaps; `make firmware` builds it", got, e.count)
	}
	e.moving = e.out[4] != 0
	return nil
}

// tick lets the firmware tick on what the plant measures, and the plant obey for
// a tick.
func (e *Emulator) tick(flags uint32) error {
	if err := e.exchange(flags); err != nil {
		return err
	}
	e.firmwareTicks++
	e.motors.obey(e.out[8:], &e.command)
	return e.advance()
}

// advance lets the plant obey for a tick.
func (e *Emulator) advance() error {
	if err := e.opts.Plant.Write(&e.command); err != nil {
		return err
	}
	if err := e.opts.Plant.Read(&e.state); err != nil {
		return err
	}
	e.ticks++
	return nil
}

// transmit sends bytes to the firmware, which an exchange with flagHost waits for.
func (e *Emulator) transmit(b []byte) error {
	n, err := e.proc.serial.Write(b)
	e.said += uint32(n)
	if err != nil {
		return e.proc.why(err)
	}
	return nil
}

// Step runs n ticks.
func (e *Emulator) Step(n int) error {
	for range n {
		if err := e.tick(0); err != nil {
			return err
		}
	}
	return nil
}

// Hold lets the firmware listen to its host for a millisecond, while time stands.
func (e *Emulator) Hold() error { return e.exchange(flagHold) }

// Hang makes the firmware spin for ever with its interrupts masked, as a bug in it
// would. It does not come back: a watchdog has to act.
func (e *Emulator) Hang() error {
	err := e.say(flagHang)
	e.said = 0 // what is said from now on is for the firmware that starts
	return err
}

// Pace runs ticks at the firmware's own clock until ctx is done. The plant's
// time then goes as fast as the emulation can, at most as real time.
func (e *Emulator) Pace(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := e.tick(flagPaced); err != nil {
			return err
		}
	}
	return nil
}

// Time is the plant's: ticks since Start.
func (e *Emulator) Time() time.Duration { return time.Duration(e.ticks) * Tick }

// Moving says whether the firmware gave the motors torque in the last tick.
func (e *Emulator) Moving() bool { return e.moving }

// State is the plant's, as it is and not as the firmware measured it. It is
// valid until the next tick.
func (e *Emulator) State() *controller.State { return &e.state }

// Told is what the motors were last told, per joint. It is valid until the next
// tick.
func (e *Emulator) Told() *controller.Command { return &e.command }

// Serial is the raw serial line. It and Pty exclude each other.
func (e *Emulator) Serial() *os.File { return e.proc.serial }

// Pid is the child's.
func (e *Emulator) Pid() int { return e.proc.cmd.Process.Pid }

// Close ends the firmware.
func (e *Emulator) Close() error {
	if e.proc != nil {
		e.proc.kill()
	}
	if e.line != nil {
		e.line.close()
		e.line.wg.Wait()
	}
	return e.opts.Plant.Halt()
}
