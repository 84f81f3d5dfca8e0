package sim

import "fmt"

// Scale multiplies every mass with its inertia, and the friction of every shape,
// from the next Start on: what a policy was not trained on. It gives the robot a
// model of its own; 1, 1 changes nothing. Kinematics taken before keep the old
// masses.
func (r *Robot) Scale(mass, friction float64) error {
	if !(mass > 0 && friction > 0) {
		return fmt.Errorf("sim: mass times %g and friction times %g: expected positive numbers", mass, friction)
	}
	if err := r.world.own(); err != nil {
		return err
	}
	p := r.world.parameters()
	for i := range p.mass {
		p.mass[i] *= mass
	}
	for i := range p.inertia {
		p.inertia[i] *= mass
	}
	for i := range p.friction {
		p.friction[i] *= friction
	}
	if err := r.world.constants(); err != nil {
		return fmt.Errorf("sim: scaled: %w", err)
	}
	return nil
}
