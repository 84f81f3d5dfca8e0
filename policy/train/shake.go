package train

import (
	"math"
	"math/rand/v2"
	"strings"

	"whisker/policy/motion"
)

// Shake returns a copy of c whose root and joints drift about: by size times 1 rad
// rms in each joint (twice that, and slowly, in spine and neck) and 0.5 rad in the
// root's rotation, and size times 0.06 m along each axis; it is smeared over up to seven
// frames. Fits of recorded animals are off by such drifts and smear steps, synthesised
// clips are not; a policy that has seen only these trips over them. The same seed gives
// the same drift.
func Shake(c *motion.Clip, size float64, seed uint64) *motion.Clip {
	rng := rand.New(rand.NewPCG(seed, 0x5ae))
	out := c.Slice(0, c.Len())
	out.Name = c.Name
	out.Source = c.Source + ", shaken"
	out.Poses = append([]motion.Pose(nil), c.Poses...)
	drift := func(rms, times float64) func(t float64) float64 { // from 0.2 Hz to so many times that
		const waves = 3
		var f, p [waves]float64
		for i := range f {
			f[i], p[i] = 0.2*math.Pow(times, rng.Float64()), 2*math.Pi*rng.Float64()
		}
		return func(t float64) float64 {
			sum := 0.0
			for i := range f {
				sum += math.Sin(2*math.Pi*f[i]*t + p[i])
			}
			return rms * math.Sqrt(2.0/waves) * sum
		}
	}
	var pos, rot [3]func(float64) float64
	for i := range pos {
		pos[i], rot[i] = drift(0.06*size, 15), drift(0.5*size, 15)
	}
	joints := make([]func(float64) float64, len(c.Joints))
	for j, name := range c.Joints {
		switch {
		case isCaudal(name):
		case strings.HasPrefix(name, "vertebra_"):
			joints[j] = drift(2*size, 5)
		default:
			joints[j] = drift(size, 15)
		}
	}
	for i := range out.Poses {
		p, t := &out.Poses[i], float64(i)/c.Rate
		p.Q = append([]float64(nil), p.Q...)
		for a := range 3 {
			p.Pos[a] += pos[a](t)
		}
		p.Quat = turned(p.Quat, [3]float64{rot[0](t), rot[1](t), rot[2](t)})
		for j, f := range joints {
			if f != nil {
				p.Q[j] += f(t)
			}
		}
	}
	out.Differentiate()
	return motion.Smear(out, rng.IntN(4))
}

// Faster is c played times faster, at its own rate.
func Faster(c *motion.Clip, times float64) *motion.Clip {
	if times == 1 {
		return c
	}
	fast := c.Slice(0, c.Len())
	fast.Rate *= times
	return motion.Resample(fast, c.Rate)
}

// isCaudal tells the joints of the tail, which recorded poses keep straight.
func isCaudal(joint string) bool {
	const stem = "vertebra_C"
	return len(joint) > len(stem) && joint[:len(stem)] == stem && joint[len(stem)] <= '9'
}

// turned is q after a small rotation r (rad, in the body's frame).
func turned(q [4]float64, r [3]float64) [4]float64 {
	h := math.Sqrt(r[0]*r[0]+r[1]*r[1]+r[2]*r[2]) / 2
	s := 0.5
	if h > 1e-9 {
		s = math.Sin(h) / (2 * h)
	}
	w, x, y, z := math.Cos(h), s*r[0], s*r[1], s*r[2]
	return [4]float64{
		q[0]*w - q[1]*x - q[2]*y - q[3]*z, q[0]*x + q[1]*w + q[2]*z - q[3]*y,
		q[0]*y - q[1]*z + q[2]*w + q[3]*x, q[0]*z + q[1]*y - q[2]*x + q[3]*w,
	}
}
