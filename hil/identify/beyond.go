package identify

import (
	"context"
	"math"
)

// Beyond says that the logs speak of another gravity at a joint than the model's:
// of a load that it lacks, a root that is not level, or another robot.
type Beyond struct {
	// Torque is what the model lacks and Model what it has, N·m rms over the logs.
	Torque float64 `yaml:"torque_nm" json:"torque_nm"`
	Model  float64 `yaml:"model_nm" json:"model_nm"`
}

// What is noticed: errors that a better gravity lowers by more than chance does once
// in a thousand logs (chi-squared of two numbers), by a torque that matters.
const (
	beyondChance = 13.8
	beyondPart   = 0.1 // of the model's, and of the friction that may hide it
	beyondMost   = 10  // N·m: bounds of the search
)

// beyond fits a pendulum that hangs from the joint beside the model's links, with all
// other numbers again, and is nil when that changes little.
func (b *problem) beyond(ctx context.Context, u []float64, pull float64) *Beyond {
	wide, s := *b, *b.space
	n := len(s.param)
	s.param = append(s.param[:n:n], GravitySine, GravityCosine)
	s.lo, s.hi = append(s.lo[:n:n], -beyondMost, -beyondMost), append(s.hi[:n:n], beyondMost, beyondMost)
	s.begin = append(s.begin[:n:n], 0.5, 0.5)
	wide.space = &s
	more := append(append([]float64(nil), u...), 0.5, 0.5)
	f, rows := wide.withPrior(pull, nil)
	descend(ctx, f, more, rows, 12, 1e-3)
	before, after := make([]float64, b.size()), make([]float64, b.size())
	b.errors(u, before)
	wide.errors(more, after)
	v := s.values(more)
	out, samples := Beyond{}, 0.0
	for _, t := range b.tracks {
		for i, q := range t.pos {
			x := gravityAt(&v, &Load{}, q)
			out.Torque, out.Model, samples = out.Torque+x*x, out.Model+t.links.torque[i]*t.links.torque[i], samples+1
		}
	}
	out.Torque, out.Model = math.Sqrt(out.Torque/samples), math.Sqrt(out.Model/samples)
	if sumSquares(before)-sumSquares(after) < beyondChance*b.noise(after, noise) || out.Torque < beyondPart*max(out.Model, v[Coulomb]) {
		return nil
	}
	return &out
}
