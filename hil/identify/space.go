package identify

import (
	"maps"
	"math"
)

// space maps the numbers to be found onto the unit cube, where a search and its
// steps have the same scale in every direction.
type space struct {
	law    Law
	base   Values
	param  []Param
	lo, hi []float64
	begin  []float64 // of the search: a point of the cube
}

// space is that of one joint; torque says that the logs have measured torques.
func (p *Profile) space(joint string, torque bool) *space {
	s := &space{law: p.Law, base: neutral()}
	known := maps.Clone(p.KnownOf[joint])
	fit := maps.Clone(p.Fit)
	if torque {
		maps.Copy(fit, p.FitTorque)
	}
	for _, m := range [...]map[Param]float64{p.Known, known} {
		for k, x := range m {
			s.base[k] = x
		}
	}
	for k := len(p.Couple[joint]); k < 2; k++ {
		delete(fit, Coupling1+Param(k))
	}
	for k := range Param(numParams) { // in a fixed order: a map has none
		if b, ok := fit[k]; ok {
			s.param, s.lo, s.hi = append(s.param, k), append(s.lo, b[0]), append(s.hi, b[1])
			s.begin = append(s.begin, s.beginning(k, b, known, torque))
		}
	}
	return s
}

// beginning is where in [0, 1] the search begins: where the profile knows the joint to
// be; with a limit out of the way, where measured torques say whether it is reached.
func (s *space) beginning(k Param, b []float64, known map[Param]float64, torque bool) float64 {
	switch x, ok := known[k]; {
	case ok:
		return min(max(coordinate(k, x, b[0], b[1]), 0), 1)
	case torque && s.limit(k) && len(b) == 2:
		return 1
	}
	return begin(k, b)
}

// begin is where in [0, 1] the search for a number begins: where the profile
// says; else without offset, with a little friction, amid a scale.
func begin(k Param, b []float64) float64 {
	switch {
	case len(b) == 3:
		return coordinate(k, b[2], b[0], b[1])
	case params[k].log:
		return 0.5
	case b[0] < 0 || params[k].neutral != 0:
		return (params[k].neutral - b[0]) / (b[1] - b[0])
	}
	return 0.1
}

// coordinate is where between its bounds a number lies, in [0, 1].
func coordinate(k Param, x, lo, hi float64) float64 {
	if params[k].log {
		return math.Log(x/lo) / math.Log(hi/lo)
	}
	return (x - lo) / (hi - lo)
}

// at is number i at a coordinate, which is cut to [0, 1].
func (s *space) at(i int, u float64) float64 {
	u = min(max(u, 0), 1)
	if params[s.param[i]].log {
		return s.lo[i] * math.Pow(s.hi[i]/s.lo[i], u)
	}
	return s.lo[i] + (s.hi[i]-s.lo[i])*u
}

// values are those at the point u of the cube.
func (s *space) values(u []float64) Values {
	v := s.base
	for i, k := range s.param {
		v[k] = s.at(i, u[i])
	}
	return v
}
