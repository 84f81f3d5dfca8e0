package moteus_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"whisker/bridge/bus"
	"whisker/bridge/bus/bustest"
	"whisker/bridge/moteus"
	"whisker/bridge/simulated"
	"whisker/controller"
)

func legs(n int) *controller.Body {
	b := bustest.Legs(n, controller.Actuator{Drive: controller.DriveImpedance, MaxTorque: 2, Kp: 7.5, Kd: 0.2},
		controller.Measures{Torque: true, Current: true, Temperature: true, Voltage: true})
	b.Limits.MinVoltage, b.Limits.MaxVoltage = 20, 26
	return b
}

func options(n int) moteus.Options {
	return moteus.Options{IDs: bustest.IDs(n), Slack: 150 * time.Millisecond}
}

func newRig(t *testing.T, body *controller.Body, opt moteus.Options, change func([]*simulated.Moteus)) *bustest.Rig[*simulated.Moteus] {
	t.Helper()
	sim := simulated.NewMoteuses(len(body.Joints))
	if change != nil {
		change(sim.Devices)
	}
	line, port := bustest.Open(t, sim, opt.Baud, 921600)
	d, err := moteus.New(port, opt)
	if err != nil {
		t.Fatal(err)
	}
	r := bustest.New(t, body, line, d, sim.Devices, bustest.Patient)
	for i := range r.Command.Kp {
		r.Command.Kp[i], r.Command.Kd[i] = 7, 0.2
	}
	return r
}

func TestRobotFollows(t *testing.T) {
	for name, opt := range map[string]moteus.Options{"CAN-FD adapter": options(12), "UART": {IDs: []int{1}, UART: true, Baud: 921600, Slack: 150 * time.Millisecond}} {
		t.Run(name, func(t *testing.T) {
			last := len(opt.IDs) - 1
			r := newRig(t, legs(len(opt.IDs)), opt, func(m []*simulated.Moteus) { m[last].Shaft.Pos = 0.4 })
			r.Follows(last, 0.4)
			if s := &r.State; s.Voltage != 24 || s.Temperature[last] != 30 {
				t.Errorf("%v V, %v °C: want 24 V, 30 °C", s.Voltage, s.Temperature[last])
			}
		})
	}
}

// The whole impedance command arrives: stiffness, damping, feed-forward torque and
// its bound.
func TestImpedance(t *testing.T) {
	r := newRig(t, legs(12), options(12), nil)
	r.Begin()
	clear(r.Command.Kp)
	r.Command.Torque[4] = 0.1 // against damping of 0.02 and 0.08: 1 rad/s
	r.Command.Kd[4] = 0.08
	r.Command.Kp[5], r.Command.Torque[5] = 4, 1 // a spring of 4 N·m/rad gives way by 0.25 rad
	r.Command.Kp[6], r.Command.Pos[6] = 7, 1.4  // 9.8 N·m wanted, 2 there
	most := 0.0
	r.Until("1 rad/s and 0.25 rad", func() bool {
		most = max(most, r.State.Torque[6])
		return math.Abs(r.State.Vel[4]-1) < 0.02 && math.Abs(r.State.Pos[5]-0.25) < 0.01 && math.Abs(r.State.Pos[6]-1.4) < 0.05
	})
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
			newRig(t, body, opt, c.sim).Refuses(c.want)
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
	line, port := bustest.Open(t, sim, 921600, 115200)
	d, err := moteus.New(port, moteus.Options{IDs: []int{1}, UART: true, Baud: 115200})
	if err != nil {
		t.Fatal(err)
	}
	bustest.New(t, legs(1), line, d, sim.Devices, bustest.Patient).Refuses("no controller answers")
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
			r.Fails(c.want, func() { c.fault(r.Devices[4]) })
		})
	}
}

func TestUnpluggedInMotion(t *testing.T) { newRig(t, legs(12), options(12), nil).Unplugs() }

// The controller's own watchdog: a host that asks and does not command loses the
// torque; the next question tells.
func TestWatchdog(t *testing.T) {
	r := newRig(t, legs(12), options(12), nil)
	r.Begin()
	r.Until("a command", func() bool { return true })
	r.Line.Do(func() { r.Devices[4].Registers[moteus.RegCmdTimeout] = 0.001 })
	r.Ends("id 5 gave up")
}

// A host that dies leaves each controller with a deadline of its own.
func TestDeadHostIsMissed(t *testing.T) {
	sim := simulated.NewMoteuses(12)
	line, port := bustest.Open(t, sim, 0, 921600)
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

func TestCycleAllocatesNothing(t *testing.T) {
	port := &bustest.Canned{Asks: func(b []byte) bool { return strings.Count(string(b[:20]), "8001") == 1 }}
	for id := range 12 {
		var data []byte
		for _, s := range []moteus.Subframe{
			{Op: moteus.Reply, Data: []byte{0}},
			{Op: moteus.Reply, Res: moteus.Float, Reg: moteus.RegPosition, Data: make([]byte, 16)},
			{Op: moteus.Reply, Res: moteus.Int16, Reg: moteus.RegVoltage, Data: make([]byte, 6)},
		} {
			data = moteus.Append(data, &s)
		}
		port.Answer = append(port.Answer, "OK\r\n"...)
		port.Answer = moteus.AppendLine(port.Answer, &moteus.Line{Kind: moteus.Recv, Frame: moteus.Frame{ID: moteus.ID(byte(id+1), 0, false), Data: data}}, false)
	}
	d, err := moteus.New(port, options(12))
	if err != nil {
		t.Fatal(err)
	}
	bustest.AllocatesNothing(t, d, 12, 20)
}
