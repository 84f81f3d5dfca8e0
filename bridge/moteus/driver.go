package moteus

import (
	"errors"
	"fmt"
	"math"
	"time"

	"whisker/bridge/bus"
	"whisker/controller"
)

// Options of a Driver.
type Options struct {
	IDs   []int  // in the order of the body's actuators
	Model uint32 // of all controllers, register 0x100
	// UART is the plain serial line of one controller, at Baud and with checksums;
	// without it the line is a CAN-FD adapter's.
	UART bool
	Baud int
	// Slack is how much longer than the bytes need an answer may take: 10 ms.
	Slack time.Duration
}

// Driver is moteus controllers behind one line, a bus.Driver. They obey the whole
// impedance command: position mode with feed-forward torque, and the gains as
// parts of those that each is set up with.
type Driver struct {
	opt   Options
	line  *bus.Line
	spans []bus.Span
	gains []gains
	watch time.Duration
	cycle bus.Traffic

	armed   bool    // the controllers are in position mode
	deaf    bool    // what is no answer is skipped, not an error
	request []byte  // scratch: lines
	payload []byte  // scratch: subframes of one frame
	values  []byte  // scratch: values of one subframe
	replies []reply // of the controllers
	data    [MaxData]byte
}

// gains are those that a controller is set up with.
type gains struct{ kp, kd float64 } // N·m/rad, N·m·s/rad

// maxDevices bounds what a line's buffer takes between two looks.
const maxDevices = 24

// New makes a driver. Options that no bus could have are an error.
func New(p bus.Port, opt Options) (*Driver, error) {
	seen := map[int]bool{}
	for i, id := range opt.IDs {
		if id < 1 || id > 0x7F || seen[id] {
			return nil, fmt.Errorf("moteus: id %d of actuator %d: want 1 to 127, each once", id, i)
		}
		seen[id] = true
	}
	switch n := len(opt.IDs); {
	case n == 0 || n > maxDevices:
		return nil, fmt.Errorf("moteus: %d ids: want 1 to %d, one for each actuator", n, maxDevices)
	case opt.UART && n > 1:
		return nil, fmt.Errorf("moteus: %d ids on a UART, which has one controller at its end: want a CAN-FD adapter", n)
	case opt.UART && opt.Baud <= 0:
		return nil, fmt.Errorf("moteus: baud is %d: want that of the UART, such as 921600", opt.Baud)
	}
	if opt.Slack == 0 {
		opt.Slack = 10 * time.Millisecond
	}
	d := &Driver{opt: opt, line: bus.NewLine(p), gains: make([]gains, len(opt.IDs)), replies: make([]reply, len(opt.IDs))}
	for i, id := range opt.IDs {
		d.replies[i].id = byte(id)
	}
	d.cycle = d.traffic()
	return d, nil
}

// Measures is what moteus controllers measure; see bus.Driver.
func (d *Driver) Measures() controller.Measures {
	return controller.Measures{Torque: true, Current: true, Temperature: true, Voltage: true}
}

// Check refuses drives other than impedance and position.
func (d *Driver) Check(spans []bus.Span) error {
	if len(spans) != len(d.opt.IDs) {
		return fmt.Errorf("moteus: %d ids for %d actuators: want one each", len(d.opt.IDs), len(spans))
	}
	for i := range spans {
		s := &spans[i]
		if s.Drive != controller.DriveImpedance {
			return fmt.Errorf("moteus: actuator %s has drive %q: want %q", s.Name, s.Drive, controller.DriveImpedance)
		}
		if !(s.MaxTorque > 0) {
			return fmt.Errorf("moteus: actuator %s may have %v N·m: want a bound", s.Name, s.MaxTorque)
		}
	}
	d.spans = append(d.spans[:0], spans...)
	return nil
}

// The time that a cycle takes besides bytes (docs/protocol/can.md): a CAN-FD frame
// has about 50 bits at 1 Mbit/s and the rest at 5 Mbit/s, 1.25 times its data with
// stuffing and check; a USB adapter moves lines once in a millisecond, each way.
const (
	usbBaud    = 12000000 // bit/s; 8N1 is near enough to USB's own overhead
	usbFrame   = time.Millisecond
	canHead    = 50 * time.Microsecond
	canPerByte = 2 * time.Microsecond
)

// traffic counts a command, a question and an answer for each controller.
func (d *Driver) traffic() bus.Traffic {
	t := bus.Traffic{Baud: d.opt.Baud}
	for _, n := range [...]int{d.command(0, &bus.Target{}), len(query), answerSize} {
		for !legal(n) {
			n++
		}
		t.Bytes += len(d.opt.IDs) * (2*n + len("can send 8001  *00 OK *00 \r\n\r\n"))
		if !d.opt.UART {
			t.Delays += time.Duration(len(d.opt.IDs)) * (canHead + time.Duration(n)*canPerByte)
		}
	}
	if !d.opt.UART {
		t.Baud, t.Delays = usbBaud, t.Delays+2*usbFrame
	}
	return t
}

// Cycle is the traffic of one Write and Read.
func (d *Driver) Cycle() bus.Traffic { return d.cycle }

// command makes the payload of one controller's position command, and returns its
// size. A deadline goes with each: the controller's own watchdog.
func (d *Driver) command(i int, t *bus.Target) int {
	const turn = 2 * math.Pi
	g, limit := &d.gains[i], math.Inf(1)
	if d.spans != nil {
		limit = d.spans[i].MaxTorque
	}
	d.payload = Append(d.payload[:0], &Subframe{Op: Write, Data: positionMode[:]})
	d.values = d.values[:0]
	for k, v := range [...]float64{
		t.Pos / turn, t.Vel / turn, max(-limit, min(limit, t.Torque)), scale(t.Kp, g.kp), scale(t.Kd, g.kd), limit,
		math.NaN(), // no stop position
		d.watch.Seconds(),
		-1, -1, // no limit of speed and acceleration of its own
	} {
		d.values = AppendValue(d.values, RegCmdPosition+uint32(k), Float, v)
	}
	d.payload = Append(d.payload, &Subframe{Op: Write, Res: Float, Reg: RegCmdPosition, Data: d.values})
	// No integral term: the impedance command has none.
	d.payload = Append(d.payload, &Subframe{Op: Write, Reg: RegCmdIlimit, Data: zero[:]})
	return len(d.payload)
}

var (
	positionMode = [...]byte{byte(ModePosition)}
	stopMode     = [...]byte{byte(ModeStopped)}
	zero         = [1]byte{}
)

// scale is the part of a configured gain.
func scale(want, has float64) float64 {
	if want == 0 {
		return 0
	}
	return min(1, want/has)
}

// Write sends the commands of all controllers. Their OK is not waited for.
func (d *Driver) Write(t []bus.Target) error {
	d.request = d.request[:0]
	for i := range t {
		d.command(i, &t[i])
		d.frame(d.opt.IDs[i], d.payload, false)
	}
	return d.line.Send(d.request)
}

// Read asks all controllers at once.
func (d *Driver) Read(r []bus.Reading) error {
	if err := d.ask(query); err != nil {
		return err
	}
	const turn = 2 * math.Pi
	for i := range d.replies {
		s := &d.replies[i]
		if err := d.healthy(s); err != nil {
			return err
		}
		r[i] = bus.Reading{
			Pos: s.position * turn, Vel: s.velocity * turn, Torque: s.torque, Current: s.current,
			Voltage: s.voltage, Temperature: s.temperature,
		}
	}
	return nil
}

// pause is the longest time between two answers of a controller with torque, ms. The
// counter wraps; of one that began anew the difference is negative, which is much more.
const pause = 60000

// healthy says what a controller complains about.
func (d *Driver) healthy(s *reply) error {
	switch {
	case s.mode == ModeFault:
		return fmt.Errorf("moteus: id %d reports fault %d: %s: %w", s.id, s.fault, faultName(s.fault), bus.ErrDevice)
	case d.armed && s.mode == ModeTimeout:
		return fmt.Errorf("moteus: id %d gave up: its watchdog saw no command in time: %w", s.id, bus.ErrDevice)
	case d.armed && s.mode != ModePosition:
		return fmt.Errorf("moteus: id %d lost its torque: it is in mode %d, after a reset or a stop: %w", s.id, s.mode, bus.ErrDevice)
	case d.armed && s.uptime-s.before > pause: // a reset between two answers, after which a command gave it torque again
		return fmt.Errorf("moteus: id %d lost its torque: it was reset, or lost power: %w", s.id, bus.ErrDevice)
	case math.IsNaN(s.position) || math.IsNaN(s.velocity):
		return fmt.Errorf("moteus: id %d does not know its position: want its encoder to be valid: %w", s.id, bus.ErrDevice)
	}
	return nil
}

func faultName(code int) string {
	if name := faults[code]; name != "" {
		return name
	}
	return "not in registers.md"
}

// Close closes the line.
func (d *Driver) Close() error { return d.line.Close() }

var errTwice = errors.New("moteus: two answers from one id")
