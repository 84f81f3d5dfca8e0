package sim

import (
	"fmt"
	"math"
	"time"

	"whisker/controller"
)

// far bounds what the model leaves unbounded; JSON has no infinity.
const far = 1e6

// bodyOf describes the model as data, and says how its commands become controls.
func bodyOf(f *facts, o Options) (*controller.Body, []drive, error) {
	if o.Profile != nil {
		return profiledBody(f, o)
	}
	b := &controller.Body{Name: "model", Period: o.Period, StopsTime: true, Root: f.bodies[f.root], Head: f.bodies[f.root]}
	for _, j := range f.joints {
		lo, hi := j.min, j.max
		if !j.limited {
			lo, hi = -far, far
		}
		b.Joints = append(b.Joints, controller.Joint{Name: j.name, Min: lo, Max: hi})
	}
	drives := make([]drive, f.nu)
	for i := range f.actuators {
		a, d := actuatorOf(f, &f.actuators[i], o)
		b.Actuators, drives[i] = append(b.Actuators, a), d
	}
	b.Measures = controller.Measures{IMU: f.floating, Torque: true, FootForce: true}
	for _, a := range f.actuators {
		b.Measures.Activation = b.Measures.Activation || a.filter
	}
	free, _ := f.free()
	if f.rat {
		if err := describeRat(b, f, o.Scale); err != nil {
			return nil, nil, err
		}
		return b, drives, nil
	}
	b.Stand = append([]float64(nil), f.home[free:]...)
	if f.floating {
		b.StandHeight = f.home[2]
	}
	b.Feet = leaves(f)
	for j := range b.Joints {
		b.LimbJoints = append(b.LimbJoints, j)
	}
	return b, drives, nil
}

// actuatorOf turns a MuJoCo actuator into one of ours. MuJoCo's length is gear
// times our position, its force times gear our torque.
func actuatorOf(f *facts, a *actuatorFact, o Options) (controller.Actuator, drive) {
	out := controller.Actuator{Name: a.name, Joint: a.joint, MaxTorque: maxTorque(a)}
	if a.filter {
		out.FilterTau = a.tau
	}
	d := drive{gear: a.gear}
	out.Min, out.Max = -far, far
	if a.joint >= 0 && f.joints[a.joint].limited {
		out.Min, out.Max = f.joints[a.joint].min, f.joints[a.joint].max
	}
	switch {
	case a.servo:
		out.Drive, d.kind = controller.DrivePosition, drivePosition
		d.scale, d.offset = -a.bias[1]*a.gear/a.gain, -a.bias[0]/a.gain
		out.Kp, out.Kd = math.Abs(a.bias[1])*a.gear*a.gear, math.Abs(a.bias[2])*a.gear*a.gear
		if a.ctrlLimited {
			x, y := (a.ctrl[0]-d.offset)/d.scale, (a.ctrl[1]-d.offset)/d.scale
			out.Min, out.Max = math.Min(x, y), math.Max(x, y)
		}
	case a.filter:
		out.Drive, d.kind, d.scale = controller.DriveTorque, driveTorque, 1/(a.gain*a.gear)
	default:
		// A plain motor is driven as legged robots' motors are. The gains hold a
		// standing robot: full torque at half a radian, damping ratio of that order.
		out.Drive, d.kind, d.scale, d.limit = controller.DriveImpedance, driveImpedance, 1/(a.gain*a.gear), out.MaxTorque
		out.Kp = 2 * out.MaxTorque
		out.Kd = out.Kp / 30
	}
	// A full sweep a tick: the filter, or the motor's torque, is what limits speed.
	out.MaxRate = (out.Max - out.Min) / o.Period.Seconds()
	return out, d
}

// maxTorque is the smallest bound that the model puts on an actuator, N·m. Where a
// range is not symmetric, it is the larger side; MuJoCo keeps to the other.
func maxTorque(a *actuatorFact) float64 {
	bound := far
	if a.forceLimited {
		bound = math.Min(bound, larger(a.force)*math.Abs(a.gear))
	}
	if a.motor && a.ctrlLimited {
		bound = math.Min(bound, larger(a.ctrl)*math.Abs(a.gain*a.gear))
	}
	if a.jointLimited {
		bound = math.Min(bound, a.jointForceMax)
	}
	return bound
}

// larger is the greatest magnitude in a range.
func larger(r [2]float64) float64 { return math.Max(math.Abs(r[0]), math.Abs(r[1])) }

// leaves are the bodies at the ends of chains: of a legged robot the feet.
func leaves(f *facts) []string {
	hasChild := make([]bool, len(f.bodies))
	for i := 1; i < len(f.bodies); i++ {
		hasChild[f.parent[i]] = true
	}
	var out []string
	for i := 1; i < len(f.bodies); i++ {
		if !hasChild[i] && i != f.root {
			out = append(out, f.bodies[i])
		}
	}
	return out
}

// diverged is what Read returns when the physics failed.
func diverged(at time.Duration, err error) error {
	return fmt.Errorf("sim: diverged at t=%v: %w", at, err)
}
