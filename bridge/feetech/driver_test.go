package feetech_test

import (
	"context"
	"errors"
	"math"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"whisker/bridge/agent"
	"whisker/bridge/bus"
	"whisker/bridge/feetech"
	"whisker/bridge/serial"
	"whisker/bridge/simulated"
	"whisker/controller"
)

func legs() *controller.Body {
	b := &controller.Body{Name: "legs", Period: 20 * time.Millisecond, Measures: controller.Measures{Current: true, Temperature: true, Voltage: true}}
	b.Limits = controller.Limits{MinVoltage: 10, MaxVoltage: 14, JointMargin: 0.1}
	for i := range 12 {
		name := "joint" + string(rune('a'+i))
		b.Joints = append(b.Joints, controller.Joint{Name: name, Min: -1.5, Max: 1.5})
		b.Actuators = append(b.Actuators, controller.Actuator{Name: name, Joint: i, Drive: controller.DrivePosition, Min: -1.5, Max: 1.5, MaxRate: 10})
	}
	return b
}

func options() feetech.Options {
	o := feetech.Options{Baud: 1000000, Model: 777, Slack: 150 * time.Millisecond}
	for i := range 12 {
		o.IDs = append(o.IDs, i+1)
	}
	return o
}

// rig is a robot behind an agent, with its simulated bus.
type rig struct {
	*bus.Robot
	line   *simulated.Line
	servos []*simulated.Feetech
	state  controller.State
	cmd    controller.Command
}

func newRig(t *testing.T, body *controller.Body, opt feetech.Options, change func([]*simulated.Feetech)) *rig {
	t.Helper()
	sim := simulated.NewFeetechs(12)
	if change != nil {
		change(sim.Servos)
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
	path := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- (&agent.Agent{Port: port, Protocol: &feetech.Watch{}, After: 30 * time.Second}).Run(ctx, l)
	}()
	t.Cleanup(func() { cancel(); <-done })
	c, err := agent.Dial(path)
	if err != nil {
		t.Fatal(err)
	}
	d, err := feetech.New(c, opt)
	if err != nil {
		t.Fatal(err)
	}
	r, err := bus.New(body, d, bus.Options{Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return &rig{Robot: r, line: line, servos: sim.Servos, state: controller.NewState(body), cmd: controller.NewCommand(body)}
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
	r := newRig(t, legs(), options(), func(s []*simulated.Feetech) { s[2].Shaft.Pos = 0.4 })
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
	if s := &r.state; math.Abs(s.Voltage-12) > 0.01 || s.Temperature[3] != 30 {
		t.Errorf("%v V, %v °C: want 12 V, 30 °C", s.Voltage, s.Temperature[3])
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
}

func TestStartRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		sim  func([]*simulated.Feetech)
		opt  func(*feetech.Options)
		body func(*controller.Body)
		want string
	}{
		"id missing":    {sim: func(s []*simulated.Feetech) { s[4].Table[5] = 40 }, want: "missing: id 5"},
		"id twice":      {sim: func(s []*simulated.Feetech) { s[4].Table[5] = 6 }, want: "missing: id 5; garbled or there twice: id 6"},
		"wrong model":   {sim: func(s []*simulated.Feetech) { s[1].Table[3] = 8 }, want: "id 2 is model 776"},
		"wheel mode":    {sim: func(s []*simulated.Feetech) { s[1].Table[33] = 1 }, want: "id 2 is in mode 1"},
		"wrong baud":    {opt: func(o *feetech.Options) { o.Baud, o.Slack = 57600, time.Millisecond }, want: "no servo answers at 57600 baud"},
		"overload":      {sim: func(s []*simulated.Feetech) { s[3].Err = feetech.ErrOverload }, want: "id 4 reports overload"},
		"low voltage":   {sim: func(s []*simulated.Feetech) { s[3].Table[62] = 74 }, want: "7.4 V: want 10.0 to 14.0 V"},
		"out of range":  {sim: func(s []*simulated.Feetech) { s[3].Shaft.Pos = -1.7 }, want: "jointd is at -1.7"},
		"return delays": {sim: func(s []*simulated.Feetech) { slow(s) }, want: "return delays 12.00 ms"},
		"impedance":     {body: func(b *controller.Body) { b.Actuators[3].Drive = controller.DriveImpedance }, want: `jointd has drive "impedance"`},
		"rate":          {body: func(b *controller.Body) { b.Period = 4 * time.Millisecond }, want: "at 1000000 baud"},
	} {
		t.Run(name, func(t *testing.T) {
			opt, body := options(), legs()
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

func slow(s []*simulated.Feetech) {
	for _, v := range s {
		v.Table[7] = 250
	}
}

func TestFaultsInMotion(t *testing.T) {
	for name, c := range map[string]struct {
		fault func(*simulated.Feetech)
		want  string
	}{
		"dead servo":      {func(s *simulated.Feetech) { s.Silent = true }, "id 5 does not answer"},
		"corrupted":       {func(s *simulated.Feetech) { s.Garbled = true }, "checksum"},
		"overload":        {func(s *simulated.Feetech) { s.Err = feetech.ErrOverload }, "id 5 reports overload"},
		"brown-out reset": {func(s *simulated.Feetech) { s.Table[40] = 0 }, "id 5 lost its torque"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, legs(), options(), nil)
			if err := r.Start(); err != nil {
				t.Fatal(err)
			}
			r.line.Do(func() { c.fault(r.servos[4]) })
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
	r := newRig(t, legs(), options(), nil)
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

// canned is a port that answers every sync read of present values. It stands in
// for a pty where allocations are counted, because a simulated bus allocates.
type canned struct{ reply, left []byte }

func (c *canned) Write(b []byte) (int, error) {
	if b[4] == byte(feetech.SyncRead) {
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

func (c *canned) Close() error            { return nil }
func (c *canned) Watchdog() time.Duration { return agent.Timeout }

func TestCycleAllocatesNothing(t *testing.T) {
	port := &canned{}
	for id := range 12 {
		port.reply = feetech.Append(port.reply, feetech.Packet{ID: byte(id + 1), Params: make([]byte, 15)})
	}
	d, err := feetech.New(port, options())
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
	if n := testing.AllocsPerRun(5, cycle); n != 0 {
		t.Errorf("%g allocations a cycle", n)
	}
}

// The servos have no watchdog, so that a bare serial line is refused.
func TestBareLineIsRefused(t *testing.T) {
	type bare struct{ bus.Port }
	if _, err := feetech.New(bare{&canned{}}, options()); err == nil || !strings.Contains(err.Error(), "whisker agent") {
		t.Errorf("%v: want it to name `whisker agent`", err)
	}
}
