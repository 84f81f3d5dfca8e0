package feetech

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"whisker/bridge/bus"
	"whisker/controller"
)

// Options of a Driver.
type Options struct {
	Baud  int
	IDs   []int  // in the order of the body's actuators
	Model uint16 // of all servos, such as 777 for STS3215
	// Slack is how much longer than the bytes need an answer may take: 10 ms.
	Slack time.Duration
}

// Driver is STS servos on one line in position mode, a bus.Driver.
type Driver struct {
	opt    Options
	line   *bus.Line
	watch  time.Duration
	delays time.Duration // return delays of all servos
	cycles int

	request []byte // scratch
	read    []Range
	torque  []Range
	goals   []Range
	answers []byte // data of read, presentSize each
}

// New makes a driver. A port without a watchdog is refused: the servos have none.
func New(p bus.Port, opt Options) (*Driver, error) {
	w, ok := p.(bus.Watched)
	if !ok || w.Watchdog() <= 0 {
		return nil, fmt.Errorf("feetech: the servos have no watchdog: want them behind `whisker agent bus`, which has one")
	}
	if models[opt.Model] == "" {
		return nil, fmt.Errorf("feetech: model %d: want 777 (STS3215)", opt.Model)
	}
	seen := map[int]bool{}
	for i, id := range opt.IDs {
		if id < 0 || id >= Broadcast || seen[id] {
			return nil, fmt.Errorf("feetech: id %d of actuator %d: want 0 to %d, each once", id, i, Broadcast-1)
		}
		seen[id] = true
	}
	if n := len(opt.IDs); n == 0 || n > 60 {
		return nil, fmt.Errorf("feetech: %d ids: want 1 to 60, one for each actuator", n)
	}
	if opt.Slack == 0 {
		opt.Slack = 10 * time.Millisecond
	}
	d := &Driver{opt: opt, line: bus.NewLine(p), watch: w.Watchdog(), answers: make([]byte, presentSize*len(opt.IDs))}
	for i, id := range opt.IDs {
		d.read = append(d.read, Range{ID: byte(id), Addr: regPresent, Len: presentSize, Data: d.answers[i*presentSize : (i+1)*presentSize]})
		d.torque = append(d.torque, Range{ID: byte(id), Addr: regTorque, Len: 1, Data: make([]byte, 1)})
		d.goals = append(d.goals, Range{ID: byte(id), Addr: regGoalPos, Data: make([]byte, 2)})
	}
	return d, nil
}

// Measures is what STS servos measure; see bus.Driver.
func (d *Driver) Measures() controller.Measures {
	return controller.Measures{Current: true, Temperature: true, Voltage: true}
}

// Check refuses drives other than position, and positions out of one turn.
func (d *Driver) Check(spans []bus.Span) error {
	if len(spans) != len(d.opt.IDs) {
		return fmt.Errorf("feetech: %d ids for %d actuators: want one each", len(d.opt.IDs), len(spans))
	}
	for i := range spans {
		s := &spans[i]
		if s.Drive != controller.DrivePosition {
			return fmt.Errorf("feetech: actuator %s has drive %q, which these servos do not obey: want %q", s.Name, s.Drive, controller.DrivePosition)
		}
		if lo, hi := -centre*radPerTick, (ticksPerTurn-1-centre)*radPerTick; s.Min < lo || s.Max > hi {
			return fmt.Errorf("feetech: actuator %s goes from %.3f to %.3f rad at the servo: want it within %.3f to %.3f", s.Name, s.Min, s.Max, lo, hi)
		}
	}
	return nil
}

// checkEvery is how many cycles lie between looks at the torque.
const checkEvery = 8

// Cycle counts a cycle with a look at the torque.
func (d *Driver) Cycle() bus.Traffic {
	n := len(d.opt.IDs)
	const frame, status = 8, 6 // a sync request without ids, a status without data
	read := frame + n + n*(status+presentSize)
	look := frame + n + n*(status+1)
	write := frame + n + 2*n
	return bus.Traffic{Bytes: read + look + write, Baud: d.opt.Baud, Delays: 2 * d.delays}
}

// Read reads position, speed, current, voltage and temperature of all servos, and
// now and then whether they have torque.
func (d *Driver) Read(r []bus.Reading) error {
	if err := d.gather(d.read); err != nil {
		return err
	}
	for i := range d.read {
		b := d.read[i].Data
		word := func(at int) int { return Signed(binary.LittleEndian.Uint16(b[at:]), 15) }
		r[i] = bus.Reading{
			Pos: float64(word(0)-centre) * radPerTick, Vel: float64(word(2)) * radPerTick, Current: float64(word(13)) * ampUnit,
			Voltage: float64(b[6]) * voltUnit, Temperature: float64(b[7]),
		}
	}
	if d.cycles++; d.cycles%checkEvery != 0 {
		return nil
	}
	if err := d.gather(d.torque); err != nil {
		return err
	}
	for i := range d.torque {
		if d.torque[i].Data[0] == 0 {
			return fmt.Errorf("feetech: id %d lost its torque: it was reset, or lost power: %w", d.opt.IDs[i], bus.ErrDevice)
		}
	}
	return nil
}

// Write sends the goals of all servos. Nothing answers.
func (d *Driver) Write(t []bus.Target) error {
	for i := range t {
		ticks := max(0, min(ticksPerTurn-1, math.Round(t[i].Pos/radPerTick)+centre))
		binary.LittleEndian.PutUint16(d.goals[i].Data, Unsigned(int(ticks), 15))
	}
	d.request = AppendRequest(d.request[:0], SyncWrite, d.goals...)
	return d.line.Send(d.request)
}

// Close closes the line.
func (d *Driver) Close() error { return d.line.Close() }
