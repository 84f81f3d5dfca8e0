package dynamixel_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"whisker/bridge/bus"
	"whisker/bridge/bus/bustest"
	"whisker/bridge/dynamixel"
	"whisker/bridge/simulated"
	"whisker/controller"
)

const xm430 = 1020

func legs(drive controller.Drive) *controller.Body {
	b := bustest.Legs(12, controller.Actuator{Drive: drive, MaxTorque: 1}, controller.Measures{Current: true, Temperature: true, Voltage: true})
	b.Limits.MinVoltage, b.Limits.MaxVoltage = 10, 14
	return b
}

func options() dynamixel.Options {
	return dynamixel.Options{Baud: 1000000, Model: xm430, IDs: bustest.IDs(12), Mode: dynamixel.Position, Slack: 150 * time.Millisecond}
}

type rig = bustest.Rig[*simulated.Dynamixel]

func newRig(t *testing.T, body *controller.Body, opt dynamixel.Options, change func(*simulated.Dynamixels)) *rig {
	t.Helper()
	return newRigThatBears(t, bustest.Patient, body, opt, change)
}

// newRigThatBears takes the torque after a silence of the loop.
func newRigThatBears(t *testing.T, silence time.Duration, body *controller.Body, opt dynamixel.Options, change func(*simulated.Dynamixels)) *rig {
	t.Helper()
	sim := simulated.NewDynamixels(xm430, 12)
	if change != nil {
		change(sim)
	}
	line, port := bustest.Open(t, sim, 1000000, opt.Baud)
	d, err := dynamixel.New(port, opt)
	if err != nil {
		t.Fatal(err)
	}
	return bustest.New(t, body, line, d, sim.Servos, silence)
}

func TestRobotFollows(t *testing.T) {
	for name, fast := range map[string]bool{"sync read": false, "fast sync read": true} {
		t.Run(name, func(t *testing.T) {
			opt := options()
			opt.Fast = fast
			r := newRig(t, legs(controller.DrivePosition), opt, func(s *simulated.Dynamixels) { s.Servos[2].Shaft.Pos = 0.4 })
			r.Follows(2, 0.4)
			if s := &r.State; s.Age <= 0 || s.Age > time.Minute || math.Abs(s.Voltage-12) > 0.01 || s.Temperature[3] != 35 {
				t.Errorf("age %v, %v V, %v °C: want one of a moment ago, 12 V, 35 °C", s.Age, s.Voltage, s.Temperature[3])
			}
		})
	}
}

func TestCurrentModes(t *testing.T) {
	opt := options()
	opt.Mode, opt.MaxCurrent, opt.NmPerAmp = dynamixel.Current, 1, 1.8
	r := newRig(t, legs(controller.DriveTorque), opt, nil)
	r.Begin()
	r.Command.Torque[4] = 0.5
	r.Until("half a newton metre", func() bool { return math.Abs(r.State.Current[4]-0.5/1.8) < 0.01 && r.State.Vel[4] > 0.5 })
	opt = options()
	opt.Mode, opt.MaxCurrent = dynamixel.CurrentPosition, 0.1
	r = newRig(t, legs(controller.DrivePosition), opt, func(s *simulated.Dynamixels) { s.Servos[0].Shaft.Damping = 5 })
	r.Begin()
	r.Command.Pos[0] = 1
	r.Until("the current limit", func() bool { return math.Abs(r.State.Current[0]-0.1) < 0.01 })
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
			newRig(t, body, opt, c.sim).Refuses(c.want)
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
		fault func(*simulated.Dynamixel)
		want  string
	}{
		"dead servo":      {func(s *simulated.Dynamixel) { s.Silent = true }, "id 5 does not answer"},
		"corrupted":       {func(s *simulated.Dynamixel) { s.Garbled = true }, "CRC"},
		"overload":        {func(s *simulated.Dynamixel) { s.Alert = 0x20 }, "id 5 reports a hardware error: overload"},
		"brown-out reset": {func(s *simulated.Dynamixel) { s.Reset() }, "id 5 lost its torque"},
		"watchdog":        {func(s *simulated.Dynamixel) { s.Table[98] = 0xFF }, "id 5 gave up"},
		"another id":      {func(s *simulated.Dynamixel) { s.Table[7] = 6 }, "in the place of id 5"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, legs(controller.DrivePosition), options(), nil)
			r.Fails(c.want, func() { c.fault(r.Devices[4]) })
		})
	}
}

func TestUnpluggedInMotion(t *testing.T) {
	newRig(t, legs(controller.DrivePosition), options(), nil).Unplugs()
}

// One spoilt answer is borne.
func TestOneSpoiltAnswerIsBorne(t *testing.T) {
	r := newRig(t, legs(controller.DrivePosition), options(), nil)
	r.Begin()
	r.Line.Do(func() { r.Devices[4].Spoil = 1 })
	r.Until("a spoilt answer", func() bool { return r.Missed() > 0 })
	for range 10 {
		if err := r.Tick(); err != nil {
			t.Fatal(err)
		}
	}
}

// A loop that falls silent loses the torque though the bus is alive.
func TestSilentLoopLosesTorque(t *testing.T) {
	r := newRigThatBears(t, time.Second, legs(controller.DrivePosition), options(), nil)
	r.Begin()
	if n := r.Torques(); n != 12 {
		t.Fatalf("%d servos have torque: want 12", n)
	}
	for end := time.Now().Add(30 * time.Second); r.Torques() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("30 s without a command, and there is torque")
		}
	}
	r.Ends("newest command")
}

// A host that dies leaves each servo with a watchdog that has seen nothing.
func TestDeadHostIsMissed(t *testing.T) {
	_, port := bustest.Open(t, simulated.NewDynamixels(xm430, 12), 1000000, 1000000)
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

func TestCycleAllocatesNothing(t *testing.T) {
	port := &bustest.Canned{Asks: func(b []byte) bool { return b[7] == byte(dynamixel.SyncRead) && b[8] == 126 }}
	for id := range 12 {
		port.Answer = dynamixel.Append(port.Answer, dynamixel.Packet{ID: byte(id + 1), Instruction: dynamixel.Status, Params: make([]byte, 10)})
	}
	d, err := dynamixel.New(port, options())
	if err != nil {
		t.Fatal(err)
	}
	bustest.AllocatesNothing(t, d, 12, 5) // before the first look at voltages
}
