package board

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"whisker/bridge/serial"
	"whisker/bridge/wire"
	"whisker/controller"
	"whisker/controller/profile"
)

// Options say which robot, and where it is.
type Options struct {
	Profile *profile.Profile
	// Device is a path, or the USB serial number of the adapter or board.
	Device string
	// Calibration is the file that the robot's calibration is compared with; ""
	// takes what the robot holds.
	Calibration string
	// Version of this program, for the firmware's log.
	Version string
	// Note is told, once each, what a person should know. Any goroutine calls it;
	// it must not block. nil is for nobody.
	Note func(string)
}

// Robot is a controller.Robot. One goroutine calls Read and Write; Stats and
// ClearFault are for any.
type Robot struct {
	o      Options
	body   *controller.Body
	name   string // USB serial number by which the device is found again; "" for none
	asking sync.Mutex
	event  chan struct{} // something came

	mu      sync.Mutex // guards what follows; nobody waits under it for the line
	line    *serial.Port
	sender  *serial.Sender
	baud    int
	session uint32
	seq     uint32
	in      inbox
	sent    [wire.Window]time.Time // when the command of a sequence was given to the line
	used    origin                 // what Read last gave
	made    [wire.Window]origin    // what the command of a sequence was made from
	stats   Stats
	told    map[string]bool
	frame   []byte
	command wire.Command
	started bool // torque was asked for
	halted  bool // no command goes out
	expect  bool // torque is on, unless something happened
}

// Stats is what became of the frames.
type Stats struct {
	Sender   serial.SenderStats
	Commands uint64                // given to Write
	States   uint64                // accepted
	Refused  [wire.Verdicts]uint64 // of what came, by verdict
	Firmware wire.Counters         // of what arrived there
	// RoundTrip is from Write to the first state that echoes the command.
	RoundTrip controller.Histogram
	// Used is how old states were when they were read, Arrival from there to the
	// command's arrival at the firmware, Actuation from a state's measurement to the
	// firmware's first tick under the command that was made of it, by its clock alone.
	Used, Arrival, Actuation controller.Histogram
	Replugged                uint64
}

// New opens the line. A rate that does not fit it, a device that is not there or
// in use are errors; nothing is sent before Run.
func New(o Options) (*Robot, error) {
	p := o.Profile
	if p.Device.Bus != "" {
		return nil, fmt.Errorf("board: the motors of profile %s are on a %s bus, want a robot with Whisker's firmware (no device.bus)", p.Name, p.Device.Bus)
	}
	if p.Device.Baud == 0 {
		return nil, fmt.Errorf("board: profile %s has no device.baud: want the rate of the robot's serial line, such as 921600", p.Name)
	}
	if n := len(p.Joints); n > wire.Joints {
		return nil, fmt.Errorf("board: profile %s has %d joints, want at most %d", p.Name, n, wire.Joints)
	}
	if _, err := Budget(p); err != nil {
		return nil, err
	}
	r := &Robot{
		o: o, body: Body(p), baud: p.Device.Baud, event: make(chan struct{}, 1),
		frame: make([]byte, 0, wire.MaxWire), told: map[string]bool{},
	}
	if r.o.Note == nil {
		r.o.Note = func(string) {}
	}
	path, err := serial.Find(o.Device, serial.Devices)
	if err != nil {
		return nil, err
	}
	r.name = serial.SerialOf(path, serial.Devices)
	return r, r.open(path)
}

// Body is what the firmware measures of a profile's robot.
func Body(p *profile.Profile) *controller.Body {
	m := p.Measured()
	m.Current, m.FootForce = false, false // MIT-mode motors tell no current, the frame has no feet
	b := p.Body(m)
	b.FaultNames = faultNames()
	return b
}

// open opens the line at a path.
func (r *Robot) open(path string) error {
	line, err := serial.Open(path, serial.Options{Baud: r.baud, WriteTimeout: r.body.Period})
	if err != nil {
		return err
	}
	if note, err := serial.LowLatency(serial.Sysfs, path); err != nil {
		r.note(err.Error())
	} else if note != "" {
		r.note(note)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.line, r.sender = line, serial.NewSender(line, wire.MaxWire, r.body.Period)
	r.session = 0
	r.in.begin(0)
	return nil
}

// Close gives the device back. Run returns.
func (r *Robot) Close() error {
	r.mu.Lock()
	line := r.line
	r.mu.Unlock()
	return line.Close()
}

// Body describes the robot; the same pointer on every call.
func (r *Robot) Body() *controller.Body { return r.body }

// Stats are the counts so far.
func (r *Robot) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stats
	s.Sender, s.Refused, s.Firmware = r.sender.Stats(), r.in.refused(), r.in.state.Counters
	return s
}

// note tells a person something, once.
func (r *Robot) note(text string) {
	r.mu.Lock()
	known := r.told[text]
	r.told[text] = true
	r.mu.Unlock()
	if !known {
		r.o.Note(text)
	}
}

// Run reads and writes the line until ctx is done or Close. When the device is
// unplugged it looks for it by its serial number, or at its path where it has
// none. What moved before does not move again by itself: see ClearFault.
func (r *Robot) Run(ctx context.Context) error {
	for {
		err := r.serve(ctx)
		if ctx.Err() != nil || errors.Is(err, serial.ErrClosed) {
			return nil
		}
		if !errors.Is(err, serial.ErrUnplugged) {
			return err
		}
		r.mu.Lock()
		path := r.line.Device()
		r.line.Close()
		clear(r.told)
		r.mu.Unlock()
		r.note(fmt.Sprintf("board: %s was unplugged; the firmware damps by itself, and torque comes back only when asked for", path))
		if path = r.await(ctx, path); path == "" {
			return nil
		}
		r.mu.Lock()
		r.stats.Replugged++
		r.mu.Unlock()
		r.note(fmt.Sprintf("board: the robot is back at %s", path))
	}
}

// serve moves bytes until the line ends.
func (r *Robot) serve(ctx context.Context) error {
	r.mu.Lock()
	line, sender := r.line, r.sender
	r.mu.Unlock()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return sender.Run(ctx) })
	group.Go(func() error { return r.read(line) })
	group.Go(func() error { // Close frees the reader
		<-ctx.Done()
		return line.Close()
	})
	return group.Wait()
}

// await waits until the device is there again and opens it.
func (r *Robot) await(ctx context.Context, path string) string {
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return ""
		case <-look.C:
		}
		if r.name != "" {
			found, err := serial.Find(r.name, serial.Devices)
			if err != nil {
				continue
			}
			path = found
		}
		if r.open(path) == nil {
			return path
		}
	}
}

// read takes frames off the line.
func (r *Robot) read(line *serial.Port) error {
	buf := make([]byte, 1024)
	for {
		n, err := line.Read(buf)
		if err != nil {
			return err
		}
		r.mu.Lock()
		r.hear(buf[:n], time.Now())
		r.mu.Unlock()
		select {
		case r.event <- struct{}{}:
		default:
		}
	}
}

// hear takes bytes that came at a time. It is called with mu held.
func (r *Robot) hear(b []byte, at time.Time) {
	for {
		rest, state, ok := r.in.next(b, at)
		if !ok {
			return
		}
		if b = rest; !state {
			continue
		}
		r.stats.States++
		if r.in.echoed {
			r.in.echoed = false
			slot := r.in.state.Command % wire.Window
			if t := r.sent[slot]; !t.IsZero() {
				r.stats.RoundTrip.Add(at.Sub(t))
				r.actuated(r.made[slot])
			}
		}
	}
}

// origin is the state that a command was made from.
type origin struct {
	timeUs uint32 // when it was measured
	age    time.Duration
	known  bool
}

// actuated counts a command that arrived, by the state that tells of it. It is
// called with mu held.
func (r *Robot) actuated(from origin) {
	if !from.known {
		return
	}
	took := time.Duration(int32(r.in.timeUs-r.in.state.AgeUs-from.timeUs)) * time.Microsecond
	r.stats.Used.Add(from.age)
	r.stats.Arrival.Add(max(0, took-from.age))
	r.stats.Actuation.Add(took + firmwareTick)
}

// firmwareTick is how long the firmware's control law takes a command up after it
// came, at most.
const firmwareTick = 2 * time.Millisecond
