package identify

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// Found is one number with what the logs say about it, in the unit of its key.
type Found struct {
	Value float64 `yaml:"value" json:"value"`
	// Mean, Std and CV (standard deviation over mean, 0 for a mean of 0) are over
	// the bootstrap; Std is never less than what the logs' information allows.
	Mean float64 `yaml:"mean" json:"mean"`
	Std  float64 `yaml:"std" json:"std"`
	CV   float64 `yaml:"cv" json:"cv"`
	// Low and High hold the number at 95 %; for one that is not identified they
	// are the bounds of the search.
	Low        float64 `yaml:"low" json:"low"`
	High       float64 `yaml:"high" json:"high"`
	Identified bool    `yaml:"identified" json:"identified"`
	// AtBound says that the search would have gone further.
	AtBound bool `yaml:"at_bound,omitempty" json:"at_bound,omitempty"`
}

// found says of coordinate i, between lo and hi of the cube at 95 %, what the
// bootstrap's draws and the information limit say together.
func (s *space) found(i int, u []float64, draws []float64, limit, lo, hi float64) Found {
	mean, spread := stat.PopMeanStdDev(draws, nil)
	spread = max(spread, limit, (hi-lo)/(2*1.96))
	lo, hi = min(lo, u[i]-1.96*spread), max(hi, u[i]+1.96*spread)
	f := Found{Value: s.at(i, u[i]), Mean: s.at(i, mean), Low: s.at(i, lo), High: s.at(i, hi)}
	f.Std = (s.at(i, u[i]+spread) - s.at(i, u[i]-spread)) / 2
	if u[i]-spread < 0 || u[i]+spread > 1 { // one side is cut off
		f.Std = max(s.at(i, u[i]+spread)-f.Value, f.Value-s.at(i, u[i]-spread))
	}
	if f.Mean != 0 {
		f.CV = math.Abs(f.Std / f.Mean)
	}
	f.AtBound = s.atBound(i, u[i])
	// Half of what a uniform distribution over the bounds would have: less than
	// that, and the logs have not said much.
	f.Identified = spread < 0.5*math.Sqrt(1.0/cubePrecision) && (f.CV < 0.5 || 1.96*spread < 0.1)
	if s.limit(s.param[i]) && hi >= 1 { // no torque says that there is one
		f.Identified = false
	}
	if !f.Identified {
		f.Low, f.High = s.lo[i], s.hi[i]
	}
	return f
}

// unknown is coordinate i of a point of which the logs say nothing.
func (s *space) unknown(i int, u []float64) Found {
	return s.found(i, u, u[i:i+1], 1/math.Sqrt(cubePrecision), 0, 1)
}

// atBound leaves out the zero of what cannot be negative, no friction is a finding, and
// limits that are out of the way.
func (s *space) atBound(i int, u float64) bool {
	const edge = 1e-3
	return u > 1-edge && !s.limit(s.param[i]) || u < edge && s.lo[i] != 0
}

// Mirror is one number on the left and on the right.
type Mirror struct {
	Left       string  `yaml:"left" json:"left"`
	Right      string  `yaml:"right" json:"right"`
	Param      Param   `yaml:"param" json:"param"`
	LeftValue  float64 `yaml:"left_value" json:"left_value"`
	RightValue float64 `yaml:"right_value" json:"right_value"`
	// Agree says that the 95 % intervals overlap.
	Agree bool `yaml:"agree" json:"agree"`
}

// sided are the numbers that left and right share; gravity's sign depends on the
// direction of the axes.
var sided = [...]Param{Armature, Viscous, Coulomb, Stribeck, Delay, MaxTorque, StallTorque, NoLoadSpeed}

// mirrors compares what was identified on both sides.
func mirrors(p *Profile, b *Body) (out []Mirror) {
	for i := range b.Joints {
		l := &b.Joints[i]
		r := b.joint(p.Mirror[l.Name])
		if r == nil {
			continue
		}
		for _, param := range sided {
			x, y := l.Found[param], r.Found[param]
			if x.Identified && y.Identified {
				out = append(out, Mirror{
					Left: l.Name, Right: r.Name, Param: param, LeftValue: x.Value, RightValue: y.Value,
					Agree: x.Low <= y.High && y.Low <= x.High,
				})
			}
		}
	}
	return out
}
