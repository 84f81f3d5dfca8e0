package identify

import (
	"fmt"
	"slices"
	"strings"
)

// Links is what a model says of a robot whose root is held: the inertia of the
// links about each joint, kg·m², without rotors. A simulator implements it.
type Links interface {
	JointNames() []string
	LinkInertia(q, out []float64)
}

// poses is how many poses of a log stand for all of it.
const poses = 50

// WithLinks is the profile with the links' inertia known, as a model has it on
// average over the logs: what remains to be found as armature is the rotor's.
func (p *Profile) WithLinks(k Links, logs []*Log) (*Profile, error) {
	names := k.JointNames()
	mean := meanInertia(k, logs)
	out := *p
	out.KnownOf = map[string]map[Param]float64{}
	for _, joint := range p.Joints {
		at := slices.IndexFunc(names, func(n string) bool { return sameJoint(n, joint) })
		if at < 0 {
			return nil, fmt.Errorf("identify: the model has no joint %s of robot %s; it has %s", joint, p.Name, strings.Join(names, ", "))
		}
		known := map[Param]float64{LinkInertia: mean[at]}
		for param, x := range p.KnownOf[joint] {
			known[param] = x
		}
		out.KnownOf[joint] = known
	}
	return &out, nil
}

// meanInertia is that of every joint of the model; one that a log lacks is at 0.
func meanInertia(k Links, logs []*Log) []float64 {
	names := k.JointNames()
	q, one, mean := make([]float64, len(names)), make([]float64, len(names)), make([]float64, len(names))
	for _, l := range logs {
		for n := range poses {
			for j, name := range names {
				if at := l.joint(name); at >= 0 {
					q[j] = l.Position[at][n*(len(l.Time)-1)/(poses-1)]
				}
			}
			k.LinkInertia(q, one)
			for j := range mean {
				mean[j] += one[j] / float64(poses*len(logs))
			}
		}
	}
	return mean
}
