// Package bustest tests what the drivers of all buses must do alike, on simulated
// devices behind a pty: follow, refuse to start, end by themselves what goes wrong in
// motion, allocate nothing.
//
//	line, port := bustest.Open(t, sim, 1000000, 1000000)
//	r := bustest.New(t, body, line, driver, sim.Servos, bustest.Patient)
//	r.Follows(2, 0.4)                                  // and halts, twice, and starts again
//	r.Fails("id 5 does not answer", func() { ... })    // and no device has torque then
//
// A tick takes the body's period. What is not as it should be fails the test.
package bustest

import (
	"math"
	"strings"
	"testing"
	"time"

	"whisker/bridge/bus"
	"whisker/bridge/serial"
	"whisker/bridge/simulated"
	"whisker/controller"
)

// Patient is a silence that a loop on a busy test machine never comes to.
const Patient = 30 * time.Second

// Legs is a body of n actuators alike, joint by joint: a has all but their names and joints.
func Legs(n int, a controller.Actuator, m controller.Measures) *controller.Body {
	b := &controller.Body{Name: "legs", Period: 20 * time.Millisecond, Measures: m, Limits: controller.Limits{JointMargin: 0.1}}
	a.Min, a.Max, a.MaxRate = -1.5, 1.5, 10
	for a.Joint = range n {
		a.Name = "joint" + string(rune('a'+a.Joint))
		b.Joints = append(b.Joints, controller.Joint{Name: a.Name, Min: a.Min, Max: a.Max})
		b.Actuators = append(b.Actuators, a)
	}
	return b
}

// IDs are 1 to n.
func IDs(n int) (ids []int) {
	for i := range n {
		ids = append(ids, i+1)
	}
	return ids
}

// Open puts a bus that understands one baud rate, or any if that is 0, behind a pty, and
// opens it at another. The line ends with the test.
func Open(t testing.TB, b simulated.Bus, understands, baud int) (*simulated.Line, *serial.Port) {
	t.Helper()
	line, err := simulated.Open(b, understands)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(line.Close)
	port, err := serial.Open(line.Path, serial.Options{Baud: baud, ReadTimeout: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return line, port
}

// Rig is a robot with its simulated devices.
type Rig[D interface{ Torque() bool }] struct {
	*bus.Robot
	Line    *simulated.Line
	Devices []D
	State   controller.State   // of the last tick
	Command controller.Command // of the next one
	t       testing.TB
}

// New makes a robot that takes the torque after a silence of its loop.
func New[D interface{ Torque() bool }](t testing.TB, body *controller.Body, line *simulated.Line, d bus.Driver, devices []D, silence time.Duration) *Rig[D] {
	t.Helper()
	r, err := bus.New(body, d, bus.Options{Timeout: silence})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return &Rig[D]{Robot: r, Line: line, Devices: devices, State: controller.NewState(body), Command: controller.NewCommand(body), t: t}
}

// Begin starts the robot.
func (r *Rig[D]) Begin() {
	r.t.Helper()
	if err := r.Start(); err != nil {
		r.t.Fatal(err)
	}
}

// Tick is one turn of a loop.
func (r *Rig[D]) Tick() error {
	time.Sleep(r.Body().Period)
	if err := r.Read(&r.State); err != nil {
		return err
	}
	return r.Write(&r.Command)
}

// Until ticks until ok.
func (r *Rig[D]) Until(what string, ok func() bool) {
	r.t.Helper()
	for range 1500 {
		if err := r.Tick(); err != nil {
			r.t.Fatal(err)
		}
		if ok() {
			return
		}
	}
	r.t.Fatalf("30 s without %s", what)
}

// Torques counts the devices with torque.
func (r *Rig[D]) Torques() (n int) {
	r.Line.Do(func() {
		for _, d := range r.Devices {
			if d.Torque() {
				n++
			}
		}
	})
	return n
}

// limp fails if a device has torque.
func (r *Rig[D]) limp() {
	r.t.Helper()
	if n := r.Torques(); n != 0 {
		r.t.Errorf("%d devices have torque", n)
	}
}

// Follows starts with joint at pos, goes to a pose, halts, twice, and starts again.
func (r *Rig[D]) Follows(joint int, pos float64) {
	r.t.Helper()
	r.Begin()
	if err := r.Read(&r.State); err != nil || math.Abs(r.State.Pos[joint]-pos) > 0.01 {
		r.t.Fatalf("starts at %v, %v: want %v", r.State.Pos[joint], err, pos)
	}
	for i := range r.Command.Pos {
		r.Command.Pos[i] = 0.1*float64(i) - 0.5
	}
	r.Until("the pose", func() bool {
		for i, want := range r.Command.Pos {
			if math.Abs(r.State.Pos[i]-want) > 0.01 || math.Abs(r.State.Vel[i]) > 0.1 {
				return false
			}
		}
		return true
	})
	for range 2 {
		if err := r.Halt(); err != nil {
			r.t.Error(err)
		}
		r.limp()
	}
	if err := r.Start(); err != nil || r.Torques() != len(r.Devices) {
		r.t.Errorf("second start: %v, %d devices with torque: want %d", err, r.Torques(), len(r.Devices))
	}
}

// Refuses wants Start to say so, and nothing to get torque.
func (r *Rig[D]) Refuses(want string) {
	r.t.Helper()
	if err := r.Start(); err == nil || !strings.Contains(err.Error(), want) {
		r.t.Errorf("%v: want an error with %q", err, want)
	}
	r.limp()
}

// Ends ticks until an error, which must say what is wanted.
func (r *Rig[D]) Ends(want string) {
	r.t.Helper()
	for range 1500 {
		if err := r.Tick(); err != nil {
			if !strings.Contains(err.Error(), want) {
				r.t.Errorf("%v: want an error with %q", err, want)
			}
			return
		}
	}
	r.t.Fatalf("30 s without an error: want one with %q", want)
}

// Fails starts, and breaks something: that ends the motion with an error that says
// what, and the torque is gone before the loop has noticed.
func (r *Rig[D]) Fails(want string, fault func()) {
	r.t.Helper()
	r.Begin()
	if err := r.Tick(); err != nil {
		r.t.Fatal(err)
	}
	r.Line.Do(fault)
	r.Ends(want)
	r.limp()
	_ = r.Halt()
}

// Unplugs pulls the plug in motion: that the torque may be on must be said.
func (r *Rig[D]) Unplugs() {
	r.t.Helper()
	r.Begin()
	r.Line.Close()
	r.Ends("gone")
	if err := r.Halt(); err == nil || !strings.Contains(err.Error(), "torque may be on") {
		r.t.Errorf("Halt: %v: want it to say that torque may be on", err)
	}
}
