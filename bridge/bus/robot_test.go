package bus_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"whisker/bridge/bus"
	"whisker/controller"
)

// device is one actuator that does as it is told, at once.
type device struct{ pos float64 }

func (d *device) Measures() controller.Measures { return controller.Measures{} }
func (d *device) Check([]bus.Span) error        { return nil }
func (d *device) Identify() error               { return nil }
func (d *device) Cycle() bus.Traffic            { return bus.Traffic{Bytes: 10, Baud: 1000000} }
func (d *device) Enable(time.Duration) error    { return nil }
func (d *device) Release() error                { return nil }
func (d *device) Close() error                  { return nil }
func (d *device) Read(r []bus.Reading) error    { r[0].Pos = d.pos; return nil }
func (d *device) Write(t []bus.Target) error    { d.pos = t[0].Pos; return nil }

// unit is an inertial unit that a test sets.
type unit struct {
	sample controller.IMU
	at     time.Time
	err    error
}

func (u *unit) Latest() (controller.IMU, time.Time, error) { return u.sample, u.at, u.err }

func leg(m controller.Measures) *controller.Body {
	return &controller.Body{
		Name: "leg", Period: 20 * time.Millisecond, Measures: m, Joints: []controller.Joint{{Name: "knee", Min: -1, Max: 1}},
		Actuators: []controller.Actuator{{Name: "knee", Drive: controller.DrivePosition, Min: -1, Max: 1, MaxRate: 10}},
	}
}

// The state of a robot with an inertial unit is as old as the older of the two, and
// a unit that fails ends the run.
func TestInertialUnit(t *testing.T) {
	body, u := leg(controller.Measures{IMU: true}), &unit{err: errors.New("imu: silent")}
	r, err := bus.New(body, &device{}, bus.Options{IMU: u, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Start(); err == nil || !strings.Contains(err.Error(), "imu: silent") {
		t.Fatalf("%v: want no start without the unit", err)
	}
	u.err, u.at, u.sample = nil, time.Now().Add(-time.Second), controller.IMU{Quat: [4]float64{0, 1}}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	s := controller.NewState(body)
	if err := r.Read(&s); err != nil || s.IMU.Quat[1] != 1 || s.Age < time.Second {
		t.Errorf("%+v, age %v, %v: want the unit's sample, a second old", s.IMU, s.Age, err)
	}
	u.err = errors.New("imu: gone")
	if err := r.Read(&s); err == nil || !strings.Contains(err.Error(), "imu: gone") {
		t.Errorf("%v: want that the unit is gone", err)
	}
}

func TestBodyThatMeasuresMoreIsRefused(t *testing.T) {
	r, err := bus.New(leg(controller.Measures{IMU: true}), &device{}, bus.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(); err == nil || !strings.Contains(err.Error(), "measures imu") {
		t.Errorf("%v: want that nothing measures orientation", err)
	}
}

// The arithmetic of a bus: what fits, and what a period that is too short is told.
func TestTraffic(t *testing.T) {
	c := bus.Traffic{Bytes: 352, Baud: 1000000, Delays: time.Millisecond} // 3.52 ms and 1
	if got := c.Time(); got != 4520*time.Microsecond {
		t.Errorf("%v: want 4.52 ms", got)
	}
	if err := c.Check(5650 * time.Microsecond); err != nil { // 80 %
		t.Error(err)
	}
	if err := c.Check(5640 * time.Microsecond); err == nil || !strings.Contains(err.Error(), "352 bytes of 10 bits at 1000000 baud = 3.52 ms") || !strings.Contains(err.Error(), "run at 176 Hz") {
		t.Errorf("%v: want the arithmetic and a rate that fits", err)
	}
	c.Baud = 0
	if err := c.Check(time.Second); err == nil {
		t.Error("a line without a rate is taken")
	}
}
