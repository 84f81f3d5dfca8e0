package feetech_test

import (
	"context"
	"math"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"whisker/bridge/agent"
	"whisker/bridge/bus"
	"whisker/bridge/bus/bustest"
	"whisker/bridge/feetech"
	"whisker/bridge/simulated"
	"whisker/controller"
)

func legs() *controller.Body {
	b := bustest.Legs(12, controller.Actuator{Drive: controller.DrivePosition}, controller.Measures{Current: true, Temperature: true, Voltage: true})
	b.Limits.MinVoltage, b.Limits.MaxVoltage = 10, 14
	return b
}

func options() feetech.Options {
	return feetech.Options{Baud: 1000000, Model: 777, IDs: bustest.IDs(12), Slack: 150 * time.Millisecond}
}

// newRig is a robot behind an agent.
func newRig(t *testing.T, body *controller.Body, opt feetech.Options, change func([]*simulated.Feetech)) *bustest.Rig[*simulated.Feetech] {
	t.Helper()
	sim := simulated.NewFeetechs(12)
	if change != nil {
		change(sim.Servos)
	}
	line, port := bustest.Open(t, sim, 1000000, opt.Baud)
	path := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- (&agent.Agent{Port: port, Protocol: &feetech.Watch{}, After: bustest.Patient}).Run(ctx, l)
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
	return bustest.New(t, body, line, d, sim.Servos, bustest.Patient)
}

func TestRobotFollows(t *testing.T) {
	r := newRig(t, legs(), options(), func(s []*simulated.Feetech) { s[2].Shaft.Pos = 0.4 })
	r.Follows(2, 0.4)
	if s := &r.State; math.Abs(s.Voltage-12) > 0.01 || s.Temperature[3] != 30 {
		t.Errorf("%v V, %v °C: want 12 V, 30 °C", s.Voltage, s.Temperature[3])
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
			newRig(t, body, opt, c.sim).Refuses(c.want)
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
			r.Fails(c.want, func() { c.fault(r.Devices[4]) })
		})
	}
}

func TestUnpluggedInMotion(t *testing.T) { newRig(t, legs(), options(), nil).Unplugs() }

// canned is a port with a watchdog.
type canned struct{ bustest.Canned }

func (c *canned) Watchdog() time.Duration { return agent.Timeout }

func TestCycleAllocatesNothing(t *testing.T) {
	port := &canned{bustest.Canned{Asks: func(b []byte) bool { return b[4] == byte(feetech.SyncRead) }}}
	for id := range 12 {
		port.Answer = feetech.Append(port.Answer, feetech.Packet{ID: byte(id + 1), Params: make([]byte, 15)})
	}
	d, err := feetech.New(port, options())
	if err != nil {
		t.Fatal(err)
	}
	bustest.AllocatesNothing(t, d, 12, 5)
}

// The servos have no watchdog, so that a bare serial line is refused.
func TestBareLineIsRefused(t *testing.T) {
	type bare struct{ bus.Port }
	if _, err := feetech.New(bare{&canned{}}, options()); err == nil || !strings.Contains(err.Error(), "whisker agent") {
		t.Errorf("%v: want it to name `whisker agent`", err)
	}
}
