package sim

import (
	_ "embed"
	"fmt"
	"math"
	"time"

	"whisker/controller"
)

//go:embed quadruped.xml
var quadrupedXML string

// profiled fills in what a profile says: the model, the period, a floating base.
func (o Options) profiled() (Options, error) {
	p := o.Profile
	period := time.Duration(float64(time.Second) / p.RateHz)
	if o.Period != 0 && o.Period != period {
		return o, fmt.Errorf("sim: period %v: the profile of %s runs at %g Hz, leave the period out", o.Period, p.Name, p.RateHz)
	}
	o.Period, o.Free = period, true
	if o.Timestep < 0 || o.Period < o.Timestep || o.Period%o.Timestep != 0 {
		return o, fmt.Errorf("sim: period %v of %s is no whole multiple of the physics timestep %v: change the timestep", o.Period, p.Name, o.Timestep)
	}
	if o.Torque || o.Scale != 0 {
		return o, fmt.Errorf("sim: %s: torque and scale are options of the rat: leave them out", p.Name)
	}
	if o.Model != "" {
		return o, nil
	}
	file, shipped := p.ModelFile()
	switch {
	case file == "":
		return o, fmt.Errorf("sim: the profile of %s names no model: give its MJCF or URDF file as the model", p.Name)
	case !shipped:
		o.Model = file
	case file == "quadruped":
		o.Model, o.xml = file, quadrupedXML
	default:
		return o, fmt.Errorf("sim: the profile of %s names the model %q, want quadruped or a file such as robot.xml", p.Name, file)
	}
	return o, nil
}

// profiledBody is the profile's body, once the model turned out to be that robot.
func profiledBody(f *facts, o Options) (*controller.Body, []drive, error) {
	p := o.Profile
	if len(f.joints) != len(p.Joints) {
		return nil, nil, fmt.Errorf("sim: model %s has %d joints, the profile of %s lists %d", o.Model, len(f.joints), p.Name, len(p.Joints))
	}
	for _, name := range append([]string{p.Root, p.Head}, p.Feet...) {
		if name != "" && f.body(name) < 0 {
			return nil, nil, fmt.Errorf("sim: model %s has no body %q, which the profile of %s names", o.Model, name, p.Name)
		}
	}
	if !f.floating || f.root != f.body(p.Root) {
		return nil, nil, fmt.Errorf("sim: model %s: its free body is %q, the profile of %s has the root %q", o.Model, f.bodies[f.root], p.Name, p.Root)
	}
	b := p.Body(controller.Measures{IMU: true, Torque: true, FootForce: true})
	b.StopsTime = true
	var drives []drive
	for i := range p.Joints {
		m := p.Motors[p.Joints[i].Motor]
		drives = append(drives, drive{kind: driveImpedance, scale: 1, gear: 1, limit: m.Torque, full: m.FullTorqueSpeed, free: m.NoLoadSpeed})
		for k := range f.joints {
			if f.joints[k].name == p.Joints[i].Name {
				f.order = append(f.order, k)
			}
		}
	}
	return b, drives, nil
}

// delay makes every motor obey late by what its profile says, its deviation, and
// extra seconds. A motor obeys at a physics step, so delays are rounded to the nearest.
func (r *Robot) delay(extra float64) error {
	p := r.opts.Profile
	if p == nil {
		return nil
	}
	step, room := r.opts.Timestep.Seconds(), (ringLength-1)*r.opts.substeps()
	late := false
	for i := range p.Joints {
		seconds := p.Motors[p.Joints[i].Motor].DelayMs/1000 + extra
		if r.deviation != nil {
			seconds += r.deviation.joints[i].Delay.Seconds()
		}
		n := max(0, int(math.Round(seconds/step)))
		if n > room {
			return fmt.Errorf("sim: %s: a delay of %d physics steps, at most %d can be simulated", p.Name, n, room)
		}
		r.world.lag[i] = int32(n)
		late = late || n > 0
	}
	if late {
		return r.world.late()
	}
	return nil
}
