package bus

import (
	"errors"
	"time"

	"whisker/controller"
)

// ErrDevice marks errors after which nothing may be tried again: a device
// reports a fault, lost its torque, or is not what it should be.
var ErrDevice = errors.New("device fault")

// Reading is what one device measures. What a driver does not measure is zero.
type Reading struct {
	Pos, Vel    float64 // rad, rad/s
	Torque      float64 // N·m
	Current     float64 // A
	Temperature float64 // °C
	Voltage     float64 // V
}

// Target is what one device is told; see controller.Command.
type Target struct {
	Pos, Vel float64 // rad, rad/s
	Torque   float64 // N·m
	Kp, Kd   float64 // N·m/rad, N·m·s/rad
}

// Driver is the devices of one bus, in the order of the body's actuators. Robot
// calls it from one goroutine at a time. Its errors name the device.
type Driver interface {
	// Measures says which fields of a Reading are filled beyond Pos and Vel.
	Measures() controller.Measures
	// Check refuses targets that the devices cannot obey; see Span.
	Check(spans []Span) error
	// Identify refuses a bus without a watchdog, on which a device is missing,
	// there twice, of another kind, set up in another way, or in a fault.
	Identify() error
	// Cycle is the bus traffic of one Read and Write, known after Identify.
	Cycle() Traffic
	// Enable gives the devices torque, which hold where they are. Timeout is after
	// how long without a Write a device gives up by itself.
	Enable(timeout time.Duration) error
	Read(r []Reading) error
	Write(t []Target) error
	// Release takes the torque away and makes sure of it, as far as the bus lets it.
	Release() error
	Close() error
}

// Span is what one device may be told, in its own frame.
type Span struct {
	Name      string // of the actuator
	Drive     controller.Drive
	Min, Max  float64 // rad
	MaxTorque float64 // N·m
	Kp, Kd    float64 // the largest, N·m/rad and N·m·s/rad
}
