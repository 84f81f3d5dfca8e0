package sim

import (
	"fmt"
	"time"

	"whisker/controller/profile"
)

// Options choose the body and its physics. The zero value is the rat at 50 Hz.
type Options struct {
	// Model is an MJCF or URDF file; "" is the rat.
	Model string
	// Timestep of the physics; 0 is 4 ms.
	Timestep time.Duration
	// Period of the control loop; 0 is 20 ms. It is a whole multiple of Timestep.
	Period time.Duration
	// Torque gives the rat torque motors in place of position servos; the 40 ms
	// filter stays.
	Torque bool
	// Scale of the rat's lengths, at equal density; 0 is 0.9, a 0.246 kg rat.
	Scale float64
	// Free adds a free joint to the first body of a model that is fixed to the world.
	Free bool
	// Profile makes the model that robot: its motors, joint order, limits, poses and
	// control rate. Model may then be empty where the profile names one.
	Profile *profile.Profile

	// Save is a file that gets the model as it is simulated, in MJCF; "" for none.
	Save string

	xml string // of the model, when it ships with this package
}

const (
	defaultTimestep = 4 * time.Millisecond
	defaultPeriod   = 20 * time.Millisecond
	defaultScale    = 0.9
	// The servos accept targets beyond the joint range, so that a command can
	// invert their filter; their force stays bounded.
	overshoot = 1.5
)

// resolved fills the defaults in and checks what is left.
func (o Options) resolved() (Options, error) {
	if o.Timestep == 0 {
		o.Timestep = defaultTimestep
	}
	if o.Profile != nil {
		return o.profiled()
	}
	if o.Period == 0 {
		o.Period = defaultPeriod
	}
	if o.Scale == 0 {
		o.Scale = defaultScale
	}
	switch {
	case o.Timestep < 0:
		return o, fmt.Errorf("sim: timestep %v: give a positive one, such as 4ms", o.Timestep)
	case o.Period < o.Timestep || o.Period%o.Timestep != 0:
		return o, fmt.Errorf("sim: period %v is no whole multiple of the physics timestep %v: change one of them", o.Period, o.Timestep)
	case !(o.Scale > 0.1 && o.Scale < 10):
		return o, fmt.Errorf("sim: scale %g: expected a number from 0.1 to 10", o.Scale)
	}
	return o, nil
}

func (o Options) substeps() int { return int(o.Period / o.Timestep) }
