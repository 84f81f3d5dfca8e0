package hil

import (
	"fmt"
	"slices"

	"whisker/bridge/view"
	"whisker/controller"
	"whisker/policy/motion"
	"whisker/sim"
)

// drawGhosts computes where the reference's frames are, once, so that the loop only
// copies.
func (g *rig) drawGhosts() {
	for _, r := range g.refs {
		g.ghosts = append(g.ghosts, framePoses(r.Poses, g.kin, 1))
	}
}

// drawAnimals gives the rat whose clips the robot's were made of, as large as the
// robot, and computes where its frames are, once, so that the loop only copies. Where
// no clip was a rat's there is none.
func (g *rig) drawAnimals() (a view.Animal, err error) {
	g.animals = make([][]float32, len(g.clips))
	if len(g.rats) == 0 {
		return a, nil
	}
	rat, err := sim.Open(sim.Options{})
	if err != nil {
		return a, fmt.Errorf("hil: to draw the rat that the robot follows: %w", err)
	}
	defer rat.Close()
	k := rat.Kinematics()
	defer k.Close()
	for i, c := range g.clips {
		if made := g.rats[c.Name]; made != nil {
			g.animals[i] = framePoses(inTimeOf(c, made, g.fidelity[c.Name]), k, g.fidelity[c.Name].LengthRatio)
			a = view.Animal{Name: "rat", Frames: rat.Frames(), Shapes: grown(rat.Shapes(), g.fidelity[c.Name].LengthRatio)}
		}
	}
	return a, nil
}

// inTimeOf gives what a clip was made of frame by frame of that clip: at the same Froude
// number, so in the ratio of the times.
func inTimeOf(c, made *motion.Clip, kept *motion.Fidelity) []motion.Pose {
	poses := motion.Resample(made, c.Rate*kept.TimeRatio).Poses
	for len(poses) < c.Len() {
		poses = append(poses, poses[len(poses)-1])
	}
	return poses[:c.Len()]
}

// framePoses are those of a body's frames, 7 a frame, pose after pose, in a world that is
// ratio times as large.
func framePoses(poses []motion.Pose, k *sim.Kinematics, ratio float64) []float32 {
	n := 7 * len(k.Frames())
	out := make([]float32, n*len(poses))
	for f := range poses {
		p, now := &poses[f], at(out, f, len(poses))
		k.SetPose(p.Pos, p.Quat, p.Q)
		k.FramePoses(now)
		for i := 0; i < n; i += 7 {
			for j := range 3 {
				now[i+j] *= float32(ratio)
			}
		}
	}
	return out
}

// at is the part of frame f in values of n frames, or nil in none.
func at(all []float32, f, n int) []float32 {
	if all == nil {
		return nil
	}
	size := len(all) / n
	return all[f*size : (f+1)*size]
}

// grown are shapes ratio times as large, without the ground, which the robot brings.
func grown(shapes []controller.Shape, ratio float64) (out []controller.Shape) {
	for _, s := range shapes {
		if s.Kind == "plane" {
			continue
		}
		for i := range 3 {
			s.Size[i], s.Pos[i] = ratio*s.Size[i], ratio*s.Pos[i]
		}
		s.Vertices = slices.Clone(s.Vertices)
		for i := range s.Vertices {
			s.Vertices[i] *= float32(ratio)
		}
		out = append(out, s)
	}
	return out
}
