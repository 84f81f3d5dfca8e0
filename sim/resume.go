package sim

import "whisker/controller"

// Resume is Start from the middle of a run: at time 0 in the state s, its root,
// joints and what stands behind the actuators' filters. Later Starts begin from
// its pose.
func (r *Robot) Resume(s *controller.State) error {
	r.Place(s.Root, s.Pos, s.Vel)
	if err := r.Start(); err != nil {
		return err
	}
	for i := range r.drives {
		if at := r.facts.actuators[i].act; at >= 0 {
			r.world.act[at] = r.drives[i].scale*s.Activation[i] + r.drives[i].offset
		}
	}
	return nil
}
