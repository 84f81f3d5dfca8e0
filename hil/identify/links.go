package identify

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Links is what a model says of a robot whose root is held level: mass (n rows of n
// joints, kg·m²) times accelerations, and bias (N·m), are the torques that make its
// links move at positions q and speeds qd. Rotors and friction are not counted. A
// simulator implements it; one goroutine calls it at a time.
type Links interface {
	JointNames() []string
	Dynamics(q, qd, mass, bias []float64)
}

// Model is the model that a body was identified with: its file, and the hash of what
// that says, which is another where links move otherwise.
type Model struct {
	File string `yaml:"file" json:"file"`
	Hash string `yaml:"sha256" json:"sha256"`

	links Links
}

// NewModel is a model with its links.
func NewModel(file, hash string, k Links) *Model { return &Model{File: file, Hash: hash, links: k} }

// WithModel is the profile of a robot that hangs in the air, all of whose joints a
// model has: gravity and coupling are the model's and not found; with them torques
// have a scale, so the numbers of FitModel are found too.
func (p *Profile) WithModel(m *Model) (*Profile, error) {
	if _, err := m.chain(p.Name, p.Joints); err != nil {
		return nil, err
	}
	out := *p
	out.model, out.Couple, out.Fit = m, nil, maps.Clone(p.Fit)
	for _, k := range [...]Param{GravitySine, GravityCosine, Coupling1, Coupling2} {
		delete(out.Fit, k)
	}
	maps.Copy(out.Fit, p.FitModel)
	return &out, nil
}

// With gives a body that was identified with a model that model, to replay logs in.
func (b *Body) With(m *Model) error {
	switch {
	case b.Model == nil:
		return fmt.Errorf("identify: the body of %s was identified without a model: leave %s out", b.Robot, m.File)
	case b.Model.Hash != m.Hash:
		return fmt.Errorf("identify: model %s is not the one that the body of %s was identified with: its hash is %.12s, want %.12s, of %s", m.File, b.Robot, m.Hash, b.Model.Hash, b.Model.File)
	}
	if _, err := m.chain(b.Robot, b.names()); err != nil {
		return err
	}
	b.Model.links = m.links
	return nil
}

// names are those of the joints.
func (b *Body) names() (out []string) {
	for i := range b.Joints {
		out = append(out, b.Joints[i].Name)
	}
	return out
}

// chain is a model with its joints in the order of a robot's.
type chain struct {
	links            Links
	order            []int     // the model's joint of each of the robot's
	q, qd, mass, own []float64 // in the model's order
}

func (m *Model) chain(robot string, joints []string) (*chain, error) {
	names := m.links.JointNames()
	c := &chain{links: m.links}
	for _, joint := range joints {
		at := slices.IndexFunc(names, func(n string) bool { return sameJoint(n, joint) })
		if at < 0 {
			return nil, fmt.Errorf("identify: the model has no joint %s of robot %s; it has %s", joint, robot, strings.Join(names, ", "))
		}
		c.order = append(c.order, at)
	}
	for at, name := range names {
		if !slices.Contains(c.order, at) {
			return nil, fmt.Errorf("identify: the model has a joint %s that robot %s has not: its pose is not known, weld it", name, robot)
		}
	}
	n := len(names)
	c.q, c.qd, c.mass, c.own = make([]float64, n), make([]float64, n), make([]float64, n*n), make([]float64, n)
	return c, nil
}

// dynamics is that of the links, in the robot's order.
func (c *chain) dynamics(q, qd, mass, bias []float64) {
	for j, at := range c.order {
		c.q[at], c.qd[at] = q[j], qd[j]
	}
	c.links.Dynamics(c.q, c.qd, c.mass, c.own)
	n := len(c.order)
	for j, at := range c.order {
		bias[j] = c.own[at]
		for k, other := range c.order {
			mass[j*n+k] = c.mass[at*n+other]
		}
	}
}
