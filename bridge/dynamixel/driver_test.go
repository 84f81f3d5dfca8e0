package dynamixel_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"whisker/bridge/bus"
	"whisker/bridge/dynamixel"
	"whisker/bridge/serial"
	"whisker/bridge/simulated"
	"whisker/controller"
)

const xm430 = 1020

// legs is a body of twelve position servos.
func legs(drive controller.Drive) *controller.Body {
	b := &controller.Body{Name: "legs", Period: 20 * time.Millisecond, Measures: controller.Measures{Current: true, Temperature: true, Voltage: true}}
	b.Limits = controller.Limits{MinVoltage: 10, MaxVoltage: 14, JointMargin: 0.1}
	for i := range 12 {
		name := "joint" + string(rune('a'+i))
		b.Joints = append(b.Joints, controller.Joint{Name: name, Min: -1.5, Max: 1.5})
		b.Actuators = append(b.Actuators, controller.Actuator{Name: name, Joint: i, Drive: drive, Min: -1.5, Max: 1.5, MaxRate: 10, MaxTorque: 1})
	}
	return b
}

func options() dynamixel.Options {
	o := dynamixel.Options{Baud: 1000000, Model: xm430, Mode: dynamixel.Position, Slack: 150 * time.Millisecond}
	for i := range 12 {
		o.IDs = append(o.IDs, i+1)
	}
	return o
}

// rig is a robot with its simulated bus.
type rig struct {
	*bus.Robot
	line   *simulated.Line
	servos []*simulated.Dynamixel
	state  controller.State
	cmd    controller.Command
}

// newRig is patient: a busy test machine is not a silent loop.
func newRig(t *testing.T, body *controller.Body, opt dynamixel.Options, change func(*simulated.Dynamixels)) *rig {
	t.Helper()
	return newRigThatBears(t, 30*time.Second, body, opt, change)
}

// newRigThatBears takes the torque after a silence of the loop.
func newRigThatBears(t *testing.T, silence time.Duration, body *controller.Body, opt dynamixel.Options, change func(*simulated.Dynamixels)) *rig {
	t.Helper()
	sim := simulated.NewDynamixels(xm430, 12)
	if change != nil {
		change(sim)
	}
	line, err := simulated.Open(sim, 1000000)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(line.Close)
	port, err := serial.Open(line.Path, serial.Options{Baud: opt.Baud, ReadTimeout: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	d, err := dynamixel.New(port, opt)
	if err != nil {
		t.Fatal(err)
	}
	r, err := bus.New(body, d, bus.Options{Timeout: silence})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return &rig{Robot: r, line: line, servos: sim.Servos, state: controller.NewState(body), cmd: controller.NewCommand(body)}
}

// tick is one turn of a loop.
func (r *rig) tick() error {
	time.Sleep(r.Body().Period)
	if err := r.Read(&r.state); err != nil {
		return err
	}
	return r.Write(&r.cmd)
}

// until ticks until ok, or an error.
func (r *rig) until(t *testing.T, what string, ok func() bool) error {
	t.Helper()
	for range 1500 {
		if err := r.tick(); err != nil {
			return err
		}
		if ok() {
			return nil
		}
	}
	t.Fatalf("30 s without %s", what)
	return nil
}

// torques counts the servos with torque.
func (r *rig) torques() (n int) {
	r.line.Do(func() {
		for _, s := range r.servos {
			if s.Torque() {
				n++
			}
		}
	})
	return n
}

func TestRobotFollows(t *testing.T) {
	for name, fast := range map[string]bool{"sync read": false, "fast sync read": true} {
		t.Run(name, func(t *testing.T) {
			opt := options()
			opt.Fast = fast
			r := newRig(t, legs(controller.DrivePosition), opt, func(s *simulated.Dynamixels) { s.Servos[2].Shaft.Pos = 0.4 })
			if err := r.Start(); err != nil {
				t.Fatal(err)
			}
			if err := r.Read(&r.state); err != nil || math.Abs(r.state.Pos[2]-0.4) > 0.01 {
				t.Fatalf("starts at %v, %v: want 0.4", r.state.Pos[2], err)
			}
			for i := range r.cmd.Pos {
				r.cmd.Pos[i] = 0.1*float64(i) - 0.5
			}
			if err := r.until(t, "the pose", func() bool {
				for i := range r.cmd.Pos {
					if math.Abs(r.state.Pos[i]-r.cmd.Pos[i]) > 0.01 || math.Abs(r.state.Vel[i]) > 0.1 {
						return false
					}
				}
				return true
			}); err != nil {
				t.Fatal(err)
			}
			if s := &r.state; s.Age <= 0 || s.Age > time.Minute || math.Abs(s.Voltage-12) > 0.01 || s.Temperature[3] != 35 {
				t.Errorf("age %v, %v V, %v °C: want one of a moment ago, 12 V, 35 °C", s.Age, s.Voltage, s.Temperature[3])
			}
			for range 2 {
				if err := r.Halt(); err != nil {
					t.Error(err)
				}
				if n := r.torques(); n != 0 {
					t.Errorf("%d servos have torque after Halt", n)
				}
			}
			if err := r.Start(); err != nil || r.torques() != 12 {
				t.Errorf("second start: %v, %d servos with torque: want 12", err, r.torques())
			}
		})
	}
}

func TestCurrentModes(t *testing.T) {
	opt := options()
	opt.Mode, opt.MaxCurrent, opt.NmPerAmp = dynamixel.Current, 1, 1.8
	r := newRig(t, legs(controller.DriveTorque), opt, nil)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	r.cmd.Torque[4] = 0.5
	if err := r.until(t, "half a newton metre", func() bool { return math.Abs(r.state.Current[4]-0.5/1.8) < 0.01 && r.state.Vel[4] > 0.5 }); err != nil {
		t.Fatal(err)
	}
	opt = options()
	opt.Mode, opt.MaxCurrent = dynamixel.CurrentPosition, 0.1
	r = newRig(t, legs(controller.DrivePosition), opt, func(s *simulated.Dynamixels) { s.Servos[0].Shaft.Damping = 5 })
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	r.cmd.Pos[0] = 1
	if err := r.until(t, "the current limit", func() bool { return math.Abs(r.state.Current[0]-0.1) < 0.01 }); err != nil {
		t.Fatal(err)
	}
}

// What is wrong before the start is said by name, and nothing gets torque.
func TestStartRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		sim  func(*simulated.Dynamixels)
		opt  func(*dynamixel.Options)
		body func(*controller.Body)
		want string
	}{
		"id missing":     {sim: func(s *simulated.Dynamixels) { s.Servos[4].Table[7] = 40 }, want: "missing: id 5"},
		"id twice":       {sim: func(s *simulated.Dynamixels) { s.Servos[4].Table[7] = 6 }, want: "missing: id 5; garbled or there twice: id 6"},
		"dead":           {sim: func(s *simulated.Dynamixels) { s.Servos[7].Silent = true }, want: "missing: id 8"},
		"garbled":        {sim: func(s *simulated.Dynamixels) { s.Servos[7].Garbled = true }, want: "twice: id 8"},
		"wrong model":    {sim: func(s *simulated.Dynamixels) { s.Servos[1].Table[0], s.Servos[1].Table[1] = 0x24, 4 }, want: "id 2 is XL430-W250"},
		"old firmware":   {sim: func(s *simulated.Dynamixels) { s.Servos[1].Table[6] = 30 }, want: "firmware 30"},
		"wrong baud":     {opt: func(o *dynamixel.Options) { o.Baud, o.Slack = 57600, time.Millisecond }, want: "no servo answers at 57600 baud"},
		"overload":       {sim: func(s *simulated.Dynamixels) { s.Servos[3].Alert = 0x20 }, want: "id 4 reports a hardware error: overload"},
		"low voltage":    {sim: func(s *simulated.Dynamixels) { s.Servos[3].Table[144] = 90 }, want: "9.0 V: want 10.0 to 14.0 V"},
		"high voltage":   {sim: func(s *simulated.Dynamixels) { s.Servos[3].Table[144] = 150 }, want: "15.0 V"},
		"out of range":   {sim: func(s *simulated.Dynamixels) { s.Servos[3].Shaft.Pos = 1.7 }, want: "jointd is at 1.7"},
		"return delays":  {sim: func(s *simulated.Dynamixels) { delays(s, 250) }, want: "return delays"},
		"rate":           {body: func(b *controller.Body) { b.Period = 4 * time.Millisecond }, want: "at 1000000 baud"},
		"impedance":      {body: func(b *controller.Body) { b.Actuators[3].Drive = controller.DriveImpedance }, want: `jointd has drive "impedance"`},
		"range":          {body: func(b *controller.Body) { b.Actuators[3].Max = 4 }, want: "jointd goes from -1.500 to 4.000"},
		"measures":       {body: func(b *controller.Body) { b.Measures.IMU = true }, want: "measures imu"},
		"too few":        {opt: func(o *dynamixel.Options) { o.IDs = o.IDs[:11] }, want: "11 ids for 12 actuators"},
		"torque over it": {opt: func(o *dynamixel.Options) { o.Mode, o.MaxCurrent, o.NmPerAmp = dynamixel.Current, 0.3, 1.8 }, body: torque, want: "0.56 A"},
	} {
		t.Run(name, func(t *testing.T) {
			opt, body := options(), legs(controller.DrivePosition)
			if c.opt != nil {
				c.opt(&opt)
			}
			if c.body != nil {
				c.body(body)
			}
			r := newRig(t, body, opt, c.sim)
			if err := r.Start(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v: want an error with %q", err, c.want)
			}
			if n := r.torques(); n != 0 {
				t.Errorf("%d servos have torque", n)
			}
		})
	}
}

func delays(s *simulated.Dynamixels, n byte) {
	for _, v := range s.Servos {
		v.Table[9] = n
	}
}

func torque(b *controller.Body) {
	for i := range b.Actuators {
		b.Actuators[i].Drive = controller.DriveTorque
	}
}

// What goes wrong in motion ends it with an error that says what, and the torque
// is gone before the loop has noticed.
func TestFaultsInMotion(t *testing.T) {
	for name, c := range map[string]struct {
		fault func(*rig)
		want  string
	}{
		"dead servo":      {func(r *rig) { r.servos[4].Silent = true }, "id 5 does not answer"},
		"corrupted":       {func(r *rig) { r.servos[4].Garbled = true }, "CRC"},
		"overload":        {func(r *rig) { r.servos[4].Alert = 0x20 }, "id 5 reports a hardware error: overload"},
		"brown-out reset": {func(r *rig) { r.servos[4].Reset() }, "id 5 lost its torque"},
		"watchdog":        {func(r *rig) { r.servos[4].Table[98] = 0xFF }, "id 5 gave up"},
		"another id":      {func(r *rig) { r.servos[4].Table[7] = 6 }, "in the place of id 5"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, legs(controller.DrivePosition), options(), nil)
			if err := r.Start(); err != nil {
				t.Fatal(err)
			}
			if err := r.tick(); err != nil {
				t.Fatal(err)
			}
			r.line.Do(func() { c.fault(r) })
			if err := r.until(t, "a fault", func() bool { return false }); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v: want an error with %q", err, c.want)
			}
			if n := r.torques(); n != 0 {
				t.Errorf("%d servos have torque", n)
			}
			_ = r.Halt()
		})
	}
}

func TestUnpluggedInMotion(t *testing.T) {
	r := newRig(t, legs(controller.DrivePosition), options(), nil)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	r.line.Close()
	if err := r.until(t, "a fault", func() bool { return false }); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("%v: want the device to be gone", err)
	}
	if err := r.Halt(); err == nil || !strings.Contains(err.Error(), "torque may be on") {
		t.Errorf("Halt: %v: want it to say that torque may be on", err)
	}
}

// One spoilt answer is borne.
func TestOneSpoiltAnswerIsBorne(t *testing.T) {
	r := newRig(t, legs(controller.DrivePosition), options(), nil)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	r.line.Do(func() { r.servos[4].Spoil = 1 })
	if err := r.until(t, "a spoilt answer", func() bool { return r.Missed() > 0 }); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if err := r.tick(); err != nil {
			t.Fatal(err)
		}
	}
}

// A loop that falls silent loses the torque though the bus is alive.
func TestSilentLoopLosesTorque(t *testing.T) {
	r := newRigThatBears(t, time.Second, legs(controller.DrivePosition), options(), nil)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	if n := r.torques(); n != 12 {
		t.Fatalf("%d servos have torque: want 12", n)
	}
	for end := time.Now().Add(30 * time.Second); r.torques() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("30 s without a command, and there is torque")
		}
	}
	if err := r.until(t, "a fault", func() bool { return false }); err == nil || !strings.Contains(err.Error(), "newest command") {
		t.Errorf("%v: want it to say that commands stopped", err)
	}
}

// A host that dies leaves each servo with a watchdog that has seen nothing.
func TestDeadHostIsMissed(t *testing.T) {
	sim := simulated.NewDynamixels(xm430, 12)
	line, err := simulated.Open(sim, 1000000)
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	port, err := serial.Open(line.Path, serial.Options{Baud: 1000000, ReadTimeout: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	d, err := dynamixel.New(port, options())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := errors.Join(d.Identify(), d.Enable(time.Second)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond)
	r := make([]bus.Reading, 12)
	for range 100 { // not each looks at the watchdogs
		if err = d.Read(r); err != nil && strings.Contains(err.Error(), "gave up") {
			break
		}
	}
	if err == nil || !strings.Contains(err.Error(), "gave up") {
		t.Errorf("%v: want that the servos gave up", err)
	}
}

// canned is a port that answers every sync read of present values. It stands in
// for a pty where allocations are counted, because a simulated bus allocates.
type canned struct{ reply, left []byte }

func (c *canned) Write(b []byte) (int, error) {
	if b[7] == byte(dynamixel.SyncRead) && b[8] == 126 {
		c.left = c.reply
	}
	return len(b), nil
}

func (c *canned) Read(b []byte) (int, error) {
	n := copy(b, c.left)
	if c.left = c.left[n:]; n == 0 {
		return 0, serial.ErrTimeout
	}
	return n, nil
}

func (c *canned) Close() error { return nil }

func TestCycleAllocatesNothing(t *testing.T) {
	port := &canned{}
	for id := range 12 {
		port.reply = dynamixel.Append(port.reply, dynamixel.Packet{ID: byte(id + 1), Instruction: dynamixel.Status, Params: make([]byte, 10)})
	}
	d, err := dynamixel.New(port, options())
	if err != nil {
		t.Fatal(err)
	}
	r, w := make([]bus.Reading, 12), make([]bus.Target, 12)
	cycle := func() {
		if err := errors.Join(d.Write(w), d.Read(r)); err != nil {
			t.Fatal(err)
		}
	}
	cycle()
	if n := testing.AllocsPerRun(5, cycle); n != 0 { // before the first look at voltages
		t.Errorf("%g allocations a cycle", n)
	}
}
