package dynamixel

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
	Model uint16 // of all servos, such as 1020 for XM430-W350
	Mode  Mode
	// MaxCurrent bounds the current in modes Current and CurrentPosition, A.
	MaxCurrent float64
	// NmPerAmp turns torque into current in mode Current.
	NmPerAmp float64
	// Fast reads all servos with one answer; it needs newer firmware.
	Fast bool
	// Slack is how much longer than the bytes need an answer may take: 10 ms.
	Slack time.Duration
}

// Driver is X-series servos on one line, a bus.Driver.
type Driver struct {
	opt   Options
	model model
	line  *bus.Line

	fast   bool
	delays time.Duration // return delays of all servos
	cycles int
	volts  []float64
	temps  []float64

	request []byte  // scratch
	read    []Range // of the present values
	checks  [3][]Range
	goals   []Range
	words   []byte // data of goals
}

// New makes a driver. Options that no bus could have are an error.
func New(p bus.Port, opt Options) (*Driver, error) {
	m, ok := models[opt.Model]
	switch {
	case !ok:
		return nil, fmt.Errorf("dynamixel: model %d: want one of the X series: %s", opt.Model, modelNames())
	case opt.Mode != Current && opt.Mode != Position && opt.Mode != CurrentPosition:
		return nil, fmt.Errorf("dynamixel: mode %d: want 0 (current), 3 (position) or 5 (current-based position)", opt.Mode)
	case opt.Mode != Position && m.ampere == 0:
		return nil, fmt.Errorf("dynamixel: mode %d: %s measures no current: want 3 (position)", opt.Mode, m.name)
	case opt.Mode != Position && !(opt.MaxCurrent > 0):
		return nil, fmt.Errorf("dynamixel: max current %v A: want a positive bound in mode %d", opt.MaxCurrent, opt.Mode)
	case opt.Mode == Current && !(opt.NmPerAmp > 0):
		return nil, fmt.Errorf("dynamixel: %v N·m/A: want the servo's torque constant in mode 0", opt.NmPerAmp)
	}
	if err := checkIDs(opt.IDs); err != nil {
		return nil, err
	}
	if opt.Slack == 0 {
		opt.Slack = 10 * time.Millisecond
	}
	d := &Driver{opt: opt, model: m, line: bus.NewLine(p), volts: make([]float64, len(opt.IDs)), temps: make([]float64, len(opt.IDs))}
	d.layout()
	return d, nil
}

func checkIDs(ids []int) error {
	seen := map[int]bool{}
	for i, id := range ids {
		if id < 0 || id > maxID || seen[id] {
			return fmt.Errorf("dynamixel: id %d of actuator %d: want 0 to %d, each once", id, i, maxID)
		}
		seen[id] = true
	}
	if len(ids) == 0 {
		return fmt.Errorf("dynamixel: no ids: want one for each actuator")
	}
	return nil
}

// layout prepares the requests of a cycle.
func (d *Driver) layout() {
	span := func(addr, n uint16) []Range {
		r := make([]Range, len(d.opt.IDs))
		for i, id := range d.opt.IDs {
			r[i] = Range{ID: byte(id), Addr: addr, Len: n}
		}
		return r
	}
	d.read = span(regPresent, presentSize)
	d.checks = [3][]Range{span(regVoltage, voltageSize), span(regTorque, 1), span(regWatchdog, 1)}
	size, addr := 4, uint16(regGoalPos)
	if d.opt.Mode == Current {
		size, addr = 2, regGoalCurrent
	}
	d.goals, d.words = span(addr, 0), make([]byte, size*len(d.opt.IDs))
	for i := range d.goals {
		d.goals[i].Data = d.words[i*size : (i+1)*size]
	}
}

// Measures is what X-series servos measure; see bus.Driver.
func (d *Driver) Measures() controller.Measures {
	return controller.Measures{Current: d.model.ampere > 0, Temperature: true, Voltage: true}
}

// Check refuses drives other than the mode's, and positions out of one turn.
func (d *Driver) Check(spans []bus.Span) error {
	if len(spans) != len(d.opt.IDs) {
		return fmt.Errorf("dynamixel: %d ids for %d actuators: want one each", len(d.opt.IDs), len(spans))
	}
	want := controller.DrivePosition
	if d.opt.Mode == Current {
		want = controller.DriveTorque
	}
	for i := range spans {
		s := &spans[i]
		if s.Drive != want {
			return fmt.Errorf("dynamixel: actuator %s has drive %q, which a servo in mode %d does not obey: want %q", s.Name, s.Drive, d.opt.Mode, want)
		}
		if lo, hi := -centre*radPerTick, (ticksPerTurn-1-centre)*radPerTick; s.Drive == controller.DrivePosition && (s.Min < lo || s.Max > hi) {
			return fmt.Errorf("dynamixel: actuator %s goes from %.3f to %.3f rad at the servo: want it within %.3f to %.3f", s.Name, s.Min, s.Max, lo, hi)
		}
		if amp := s.MaxTorque / d.opt.NmPerAmp; s.Drive == controller.DriveTorque && amp > d.opt.MaxCurrent {
			return fmt.Errorf("dynamixel: actuator %s may ask for %.2f N·m, %.2f A: want %.2f A at most", s.Name, s.MaxTorque, amp, d.opt.MaxCurrent)
		}
	}
	return nil
}

// checkEvery is how many cycles lie between looks at voltage, torque and watchdog.
const checkEvery = 8

// Cycle counts a cycle with the longest of these looks.
func (d *Driver) Cycle() bus.Traffic {
	n := len(d.opt.IDs)
	const frame, status = 14, 11 // a sync request without ids, a status without data
	answers, delays := n*(status+presentSize), d.delays
	if d.fast {
		answers, delays = 8+n*(4+presentSize), 0
	}
	look := frame + n + n*(status+voltageSize)
	write := frame + n + len(d.words)
	return bus.Traffic{Bytes: frame + n + answers + look + write, Baud: d.opt.Baud, Delays: delays + d.delays}
}

// Read reads current, velocity and position of all servos, and now and then one
// of voltage and temperature, torque, and watchdog.
func (d *Driver) Read(r []bus.Reading) error {
	if err := d.gather(d.read, d.fast); err != nil {
		return err
	}
	for i := range d.read {
		b := d.read[i].Data
		r[i].Current = float64(int16(binary.LittleEndian.Uint16(b))) * d.model.ampere
		r[i].Vel = float64(int32(binary.LittleEndian.Uint32(b[2:]))) * velUnit
		r[i].Pos = float64(int32(binary.LittleEndian.Uint32(b[6:]))-centre) * radPerTick
	}
	d.cycles++
	if d.cycles%checkEvery == 0 {
		if err := d.look(d.cycles / checkEvery % len(d.checks)); err != nil {
			return err
		}
	}
	for i := range r {
		r[i].Voltage, r[i].Temperature = d.volts[i], d.temps[i]
	}
	return nil
}

// look reads one of the slow registers of all servos.
func (d *Driver) look(which int) error {
	ranges := d.checks[which]
	if err := d.gather(ranges, false); err != nil {
		return err
	}
	for i := range ranges {
		switch b := ranges[i].Data; {
		case which == 0:
			d.volts[i], d.temps[i] = float64(binary.LittleEndian.Uint16(b))*voltUnit, float64(b[2])
		case which == 1 && b[0] == 0:
			return fmt.Errorf("dynamixel: id %d lost its torque: it was reset, or lost power: %w", d.opt.IDs[i], bus.ErrDevice)
		case which == 2 && b[0] == 0xFF:
			return fmt.Errorf("dynamixel: id %d gave up: its watchdog saw no command in time: %w", d.opt.IDs[i], bus.ErrDevice)
		}
	}
	return nil
}

// Write sends the goals of all servos. Nothing answers.
func (d *Driver) Write(t []bus.Target) error {
	for i := range t {
		if d.opt.Mode == Current {
			a := max(-d.opt.MaxCurrent, min(d.opt.MaxCurrent, t[i].Torque/d.opt.NmPerAmp))
			binary.LittleEndian.PutUint16(d.goals[i].Data, uint16(int16(math.Round(a/d.model.ampere))))
			continue
		}
		ticks := max(0, min(ticksPerTurn-1, math.Round(t[i].Pos/radPerTick)+centre))
		binary.LittleEndian.PutUint32(d.goals[i].Data, uint32(ticks))
	}
	d.request = AppendRequest(d.request[:0], SyncWrite, d.goals...)
	return d.line.Send(d.request)
}

// Close closes the line.
func (d *Driver) Close() error { return d.line.Close() }
