package moteus_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"whisker/bridge/bus"
	"whisker/bridge/moteus"
	"whisker/bridge/serial"
	"whisker/bridge/simulated"
	"whisker/controller"
)

// legs is a body of impedance drives.
func legs(n int) *controller.Body {
	b := &controller.Body{Name: "legs", Period: 20 * time.Millisecond, Measures: controller.Measures{Torque: true, Current: true, Temperature: true, Voltage: true}}
	b.Limits = controller.Limits{MinVoltage: 20, MaxVoltage: 26, JointMargin: 0.1}
	for i := range n {
		name := "joint" + string(rune('a'+i))
		b.Joints = append(b.Joints, controller.Joint{Name: name, Min: -1.5, Max: 1.5})
		b.Actuators = append(b.Actuators, controller.Actuator{
			Name: name, Joint: i, Drive: controller.DriveImpedance, Min: -1.5, Max: 1.5, MaxRate: 10, MaxTorque: 2, Kp: 7.5, Kd: 0.2,
		})
	}
	return b
}

func options(n int) moteus.Options {
	o := moteus.Options{Slack: 150 * time.Millisecond}
	for i := range n {
		o.IDs = append(o.IDs, i+1)
	}
	return o
}

// rig is a robot with its simulated bus.
type rig struct {
	*bus.Robot
	line    *simulated.Line
	devices []*simulated.Moteus
	state   controller.State
	cmd     controller.Command
}

func newRig(t *testing.T, body *controller.Body, opt moteus.Options, change func([]*simulated.Moteus)) *rig {
	t.Helper()
	sim := simulated.NewMoteuses(len(body.Joints))
	if change != nil {
		change(sim.Devices)
	}
	line, err := simulated.Open(sim, opt.Baud)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(line.Close)
	port, err := serial.Open(line.Path, serial.Options{Baud: 921600, ReadTimeout: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	d, err := moteus.New(port, opt)
	if err != nil {
		t.Fatal(err)
	}
	// A busy test machine is not a silent loop.
	r, err := bus.New(body, d, bus.Options{Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	g := &rig{Robot: r, line: line, devices: sim.Devices, state: controller.NewState(body), cmd: controller.NewCommand(body)}
	for i := range g.cmd.Kp {
		g.cmd.Kp[i], g.cmd.Kd[i] = 7, 0.2
	}
	return g
}

// until ticks until ok, or an error.
func (r *rig) until(t *testing.T, what string, ok func() bool) error {
	t.Helper()
	for range 1500 {
		time.Sleep(r.Body().Period)
		if err := r.Read(&r.state); err != nil {
			return err
		}
		if err := r.Write(&r.cmd); err != nil {
			return err
		}
		if ok() {
			return nil
		}
	}
	t.Fatalf("30 s without %s", what)
	return nil
}

// torques counts the controllers that drive their motors.
func (r *rig) torques() (n int) {
	r.line.Do(func() {
		for _, m := range r.devices {
			if m.Torque() {
				n++
			}
		}
	})
	return n
}

func TestRobotFollows(t *testing.T) {
	for name, opt := range map[string]moteus.Options{"CAN-FD adapter": options(12), "UART": {IDs: []int{1}, UART: true, Baud: 921600, Slack: 150 * time.Millisecond}} {
		t.Run(name, func(t *testing.T) {
			last := len(opt.IDs) - 1
			r := newRig(t, legs(len(opt.IDs)), opt, func(m []*simulated.Moteus) { m[last].Shaft.Pos = 0.4 })
			if err := r.Start(); err != nil {
				t.Fatal(err)
			}
			if err := r.Read(&r.state); err != nil || math.Abs(r.state.Pos[last]-0.4) > 0.01 {
				t.Fatalf("starts at %v, %v: want 0.4", r.state.Pos[last], err)
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
			if s := &r.state; s.Voltage != 24 || s.Temperature[last] != 30 {
				t.Errorf("%v V, %v °C: want 24 V, 30 °C", s.Voltage, s.Temperature[last])
			}
			for range 2 {
				if err := r.Halt(); err != nil {
					t.Error(err)
				}
				if n := r.torques(); n != 0 {
					t.Errorf("%d controllers have torque after Halt", n)
				}
			}
			if err := r.Start(); err != nil || r.torques() != len(opt.IDs) {
				t.Errorf("second start: %v, %d controllers with torque: want %d", err, r.torques(), len(opt.IDs))
			}
		})
	}
}

// The whole impedance command arrives: stiffness, damping, feed-forward torque and
// its bound.
func TestImpedance(t *testing.T) {
	r := newRig(t, legs(12), options(12), nil)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	clear(r.cmd.Kp)
	r.cmd.Torque[4] = 0.1 // against damping of 0.02 and 0.08: 1 rad/s
	r.cmd.Kd[4] = 0.08
	r.cmd.Kp[5], r.cmd.Torque[5] = 4, 1 // a spring of 4 N·m/rad gives way by 0.25 rad
	r.cmd.Kp[6], r.cmd.Pos[6] = 7, 1.4  // 9.8 N·m wanted, 2 there
	most := 0.0
	if err := r.until(t, "1 rad/s and 0.25 rad", func() bool {
		most = max(most, r.state.Torque[6])
		return math.Abs(r.state.Vel[4]-1) < 0.02 && math.Abs(r.state.Pos[5]-0.25) < 0.01 && math.Abs(r.state.Pos[6]-1.4) < 0.05
	}); err != nil {
		t.Fatal(err)
	}
	if most > 2.001 || most < 0.1 {
		t.Errorf("up to %v N·m: want 2 at most", most)
	}
}

// What is wrong before the start is said by name, and nothing gets torque.
func TestStartRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		sim  func([]*simulated.Moteus)
		opt  func(*moteus.Options)
		body func(*controller.Body)
		want string
	}{
		"id missing":   {sim: func(m []*simulated.Moteus) { m[4].ID = 40 }, want: "missing: id 5"},
		"id twice":     {sim: func(m []*simulated.Moteus) { m[4].ID = 6 }, want: "missing: id 5; garbled or there twice: id 6"},
		"dead":         {sim: func(m []*simulated.Moteus) { m[7].Silent = true }, want: "missing: id 8"},
		"garbled":      {sim: func(m []*simulated.Moteus) { m[7].Garbled = true }, want: "garbled or there twice: id 8"},
		"wrong model":  {sim: func(m []*simulated.Moteus) { m[1].Model = 0x40 }, want: "id 2 is 0x40"},
		"all silent":   {sim: silent, opt: func(o *moteus.Options) { o.Slack = time.Millisecond }, want: "no controller answers"},
		"not homed":    {sim: func(m []*simulated.Moteus) { m[1].Registers[moteus.RegHomeState] = 1 }, want: "id 2 does not know where its output stands"},
		"fault":        {sim: func(m []*simulated.Moteus) { m[3].Fault = 35 }, want: "id 4 reports fault 35: encoder fault"},
		"low voltage":  {sim: func(m []*simulated.Moteus) { m[3].Registers[moteus.RegVoltage] = 18 }, want: "18.0 V: want 20.0 to 26.0 V"},
		"out of range": {sim: func(m []*simulated.Moteus) { m[3].Shaft.Pos = 1.7 }, want: "jointd is at 1.7"},
		"weak gains":   {sim: func(m []*simulated.Moteus) { m[3].Config["servo.pid_position.kp"] = "4" }, want: "servo.pid_position.kp of 47.1"},
		"no such key":  {sim: func(m []*simulated.Moteus) { delete(m[3].Config, "servo.pid_position.kd") }, want: "about servo.pid_position.kd"},
		"rate":         {body: func(b *controller.Body) { b.Period = 4 * time.Millisecond }, want: "run at"},
		"drive":        {body: func(b *controller.Body) { b.Actuators[3].Drive = controller.DriveTorque }, want: `jointd has drive "torque"`},
		"no bound":     {body: func(b *controller.Body) { b.Actuators[3].MaxTorque = 0 }, want: "jointd may have 0 N·m"},
		"too few":      {opt: func(o *moteus.Options) { o.IDs = o.IDs[:11] }, want: "11 ids for 12 actuators"},
	} {
		t.Run(name, func(t *testing.T) {
			opt, body := options(12), legs(12)
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
				t.Errorf("%d controllers have torque", n)
			}
		})
	}
}

func silent(m []*simulated.Moteus) {
	for _, d := range m {
		d.Silent = true
	}
}

func TestNewRefuses(t *testing.T) {
	for want, opt := range map[string]moteus.Options{
		"id 0 of actuator 0": {IDs: []int{0}},
		"id 2 of actuator 1": {IDs: []int{2, 2}},
		"0 ids":              {},
		"2 ids on a UART":    {IDs: []int{1, 2}, UART: true, Baud: 921600},
		"baud is 0":          {IDs: []int{1}, UART: true},
	} {
		if _, err := moteus.New(nil, opt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want an error with %q", err, want)
		}
	}
}

// A UART at another rate hears noise.
func TestWrongBaud(t *testing.T) {
	sim := simulated.NewMoteuses(1)
	line, err := simulated.Open(sim, 921600)
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	port, err := serial.Open(line.Path, serial.Options{Baud: 115200, ReadTimeout: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	d, err := moteus.New(port, moteus.Options{IDs: []int{1}, UART: true, Baud: 115200})
	if err != nil {
		t.Fatal(err)
	}
	r, err := bus.New(legs(1), d, bus.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Start(); err == nil || !strings.Contains(err.Error(), "no controller answers") {
		t.Errorf("%v: want that none answers", err)
	}
}

// What goes wrong in motion ends it with an error that says what, and the torque
// is gone before the loop has noticed.
func TestFaultsInMotion(t *testing.T) {
	for name, c := range map[string]struct {
		fault func(*simulated.Moteus)
		want  string
	}{
		"dead":            {func(m *simulated.Moteus) { m.Silent = true }, "id 5 does not answer"},
		"corrupted":       {func(m *simulated.Moteus) { m.Garbled = true }, "id 5: moteus: unknown subframe"},
		"overload":        {func(m *simulated.Moteus) { m.Fault = 33 }, "id 5 reports fault 33: motor driver fault"},
		"brown-out reset": {func(m *simulated.Moteus) { m.Reset() }, "id 5 lost its torque"},
		"another id":      {func(m *simulated.Moteus) { m.ID = 6 }, "two answers from one id: id 6"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, legs(12), options(12), nil)
			if err := r.Start(); err != nil {
				t.Fatal(err)
			}
			r.line.Do(func() { c.fault(r.devices[4]) })
			if err := r.until(t, "a fault", func() bool { return false }); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v: want an error with %q", err, c.want)
			}
			if n := r.torques(); n != 0 {
				t.Errorf("%d controllers have torque", n)
			}
			_ = r.Halt()
		})
	}
}

func TestUnpluggedInMotion(t *testing.T) {
	r := newRig(t, legs(12), options(12), nil)
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

// The controller's own watchdog: a host that asks and does not command loses the
// torque; the next question tells.
func TestWatchdog(t *testing.T) {
	r := newRig(t, legs(12), options(12), nil)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	if err := r.until(t, "a command", func() bool { return true }); err != nil {
		t.Fatal(err)
	}
	r.line.Do(func() { r.devices[4].Registers[moteus.RegCmdTimeout] = 0.001 })
	if err := r.until(t, "a fault", func() bool { return false }); err == nil || !strings.Contains(err.Error(), "id 5 gave up") {
		t.Errorf("%v: want it to say that id 5 gave up", err)
	}
}

// A host that dies leaves each controller with a deadline of its own.
func TestDeadHostIsMissed(t *testing.T) {
	sim := simulated.NewMoteuses(12)
	line, err := simulated.Open(sim, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	port, err := serial.Open(line.Path, serial.Options{Baud: 921600, ReadTimeout: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	d, err := moteus.New(port, options(12))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	spans := make([]bus.Span, 12)
	for i := range spans {
		spans[i] = bus.Span{Drive: controller.DriveImpedance, MaxTorque: 2, Kp: 7, Kd: 0.2}
	}
	r, w := make([]bus.Reading, 12), make([]bus.Target, 12)
	for _, step := range []func() error{
		func() error { return d.Check(spans) }, d.Identify, func() error { return d.Enable(5 * time.Second) },
		func() error { return d.Write(w) }, func() error { return d.Read(r) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	line.Do(func() {
		for _, m := range sim.Devices {
			if got := m.Registers[moteus.RegCmdTimeout]; got != 5 {
				t.Errorf("id %d was told a timeout of %v s: want 5", m.ID, got)
			}
		}
	})
	// Nothing but the silence: a controller that is told 20 ms has given up by then.
	if err := errors.Join(d.Release(), d.Enable(20*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	for range 100 { // an answer that this machine was late for is another error
		if err = d.Read(r); err != nil && strings.Contains(err.Error(), "gave up") {
			break
		}
	}
	if err == nil || !strings.Contains(err.Error(), "gave up") {
		t.Errorf("%v: want that the controllers gave up", err)
	}
}

// canned is a port that answers every question. It stands in for a pty where
// allocations are counted, because a simulated bus allocates.
type canned struct{ reply, left []byte }

func (c *canned) Write(b []byte) (int, error) {
	if strings.Count(string(b[:20]), "8001") == 1 {
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
		var data []byte
		for _, s := range []moteus.Subframe{
			{Op: moteus.Reply, Data: []byte{0}},
			{Op: moteus.Reply, Res: moteus.Float, Reg: moteus.RegPosition, Data: make([]byte, 16)},
			{Op: moteus.Reply, Res: moteus.Int16, Reg: moteus.RegVoltage, Data: make([]byte, 6)},
		} {
			data = moteus.Append(data, &s)
		}
		port.reply = append(port.reply, "OK\r\n"...)
		port.reply = moteus.AppendLine(port.reply, &moteus.Line{Kind: moteus.Recv, Frame: moteus.Frame{ID: moteus.ID(byte(id+1), 0, false), Data: data}}, false)
	}
	d, err := moteus.New(port, options(12))
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
	if n := testing.AllocsPerRun(20, cycle); n != 0 {
		t.Errorf("%g allocations a cycle", n)
	}
}
