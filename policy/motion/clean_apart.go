package motion

import (
	"math"
	"strings"

	"whisker/controller"
)

// Fits of key points know nothing of flesh: a resting rat's jaw goes 14 mm into its arm, a
// running one's thigh as deep into its trunk. A simulated body is thrown about by that.
const (
	ground       = 0      // the body that the floor is of
	touching     = 0.0005 // m, that bodies may be in each other
	partingStep  = 0.004  // m, that they are moved apart by at a time
	partingSteps = 8
	partingRests = 1e-6 // m²/rad², that draw joints to where they were
)

// smoothings are how often what a pass of parting changed is smoothed after it: less and less.
var smoothings = [...]int{12, 8, 5, 3, 2, 1}

// apart moves the joints of poses until no part of the body is in another. The root stays,
// and the paws stay where they are.
func (r *rat) apart(poses []Pose) {
	ik := NewIK(r.k)
	ik.MaxIterations = 2
	ik.RestWeight = make([]float64, len(r.joints))
	var free []int
	for j, name := range r.joints {
		ik.RestWeight[j] = partingRests
		if !strings.HasPrefix(name, "vertebra_C") { // the tail
			free = append(free, 6+j)
		}
	}
	ik.SetFree(free)
	changes := make([][]float64, len(poses))
	for f := range changes {
		changes[f] = make([]float64, len(r.joints))
	}
	p := &Pose{Q: make([]float64, len(r.joints))}
	for _, times := range smoothings {
		moved := false
		for f := range poses {
			p.copyFrom(&poses[f])
			for j, d := range changes[f] {
				p.Q[j] += d
			}
			ik.Rest = poses[f].Q
			if r.part(ik, &poses[f], p) {
				moved = true
			}
			for j := range changes[f] {
				changes[f][j] = p.Q[j] - poses[f].Q[j]
			}
		}
		if !moved {
			break
		}
		for range times {
			smoothRows(changes)
		}
	}
	for f := range poses {
		for j, d := range changes[f] {
			if lo, hi := r.k.JointRange(j); d != 0 {
				poses[f].Q[j] = min(max(poses[f].Q[j]+d, lo), hi)
			}
		}
	}
}

// part moves the joints of p until nothing of it overlaps, with the paws where was has them,
// and tells whether there was anything to do.
func (r *rat) part(ik *IK, was, p *Pose) bool {
	ik.set(was)
	targets := make([]Target, 0, 3*len(r.paws)+32)
	for leg := range r.paws {
		w := &r.paws[leg]
		pad, heel, side := w.pad, w.heel, w.soles[1]
		pad.Weight, heel.Weight, side.Weight = padWeight, heelWeight, sideWeight
		for _, t := range []Target{pad, heel, side} {
			t.Pos = ik.point(&t)
			targets = append(targets, t)
		}
	}
	paws := len(targets)
	ik.set(p)
	var overlaps []controller.Overlap
	for step := range partingSteps {
		targets = targets[:paws]
		overlaps = r.k.Overlaps(overlaps[:0])
		for _, o := range overlaps {
			if o.Depth <= touching {
				continue
			}
			for side, body := range o.Bodies {
				if body != ground {
					targets = append(targets, r.pushed(&o, side))
				}
			}
		}
		if len(targets) == paws {
			return step > 0
		}
		ik.Solve(p, targets)
	}
	return true
}

// pushed is where one body of an overlap should be: out of the other, each by half, or all
// the way out of the floor.
func (r *rat) pushed(o *controller.Overlap, side int) Target {
	away := math.Min(o.Depth, partingStep) * float64(2*side-1)
	if o.Bodies[1-side] != ground {
		away /= 2
	}
	pos, quat := r.k.BodyPose(o.Bodies[side])
	return Target{
		Body: o.Bodies[side], Offset: quatRotate(quatConj(quat), sub(o.At, pos)), Weight: 1,
		Pos: [3]float64{o.At[0] + away*o.Normal[0], o.At[1] + away*o.Normal[1], o.At[2] + away*o.Normal[2]},
	}
}

// addOverlap fills in what is in what.
func (r *rat) addOverlap(s *Standing, poses []Pose) {
	var overlaps []controller.Overlap
	for f := range poses {
		p, deepest := &poses[f], 0.0
		r.k.SetPose(p.Pos, p.Quat, p.Q)
		overlaps = r.k.Overlaps(overlaps[:0])
		for _, o := range overlaps {
			if o.Bodies[0] != ground && o.Bodies[1] != ground {
				deepest = math.Max(deepest, o.Depth)
			}
		}
		if deepest > 0.001 {
			s.Overlapping++
		}
		s.Overlap = math.Max(s.Overlap, deepest)
	}
	s.Overlapping /= float64(len(poses))
}

// smoothRows runs the filter 1 2 1 over the rows of x, of which the outer ones stay.
func smoothRows(x [][]float64) {
	for j := range x[0] {
		last := x[0][j]
		for f := 1; f < len(x)-1; f++ {
			now := x[f][j]
			x[f][j] = (last + 2*now + x[f+1][j]) / 4
			last = now
		}
	}
}
