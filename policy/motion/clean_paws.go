package motion

import "math"

// pawPath is where one paw is in every frame, m, world.
type pawPath struct {
	pad, heel [][3]float64
	low       []float64 // lowest point of the paw
	arm       []float64 // of paw and forearm; of a hind paw the paw's own
	shortest  int       // stance, frames; stanceFrames where it is less
}

// observe follows the paws through poses.
func (r *rat) observe(poses []Pose) *[4]pawPath {
	var paths [4]pawPath
	for f := range poses {
		p := &poses[f]
		r.k.SetPose(p.Pos, p.Quat, p.Q)
		for leg := range paths {
			w, path := &r.paws[leg], &paths[leg]
			low := r.k.LowestPoint(w.foot)
			path.pad, path.heel = append(path.pad, r.ik.point(&w.pad)), append(path.heel, r.ik.point(&w.heel))
			path.low, path.arm = append(path.low, low), append(path.arm, math.Min(low, r.k.LowestPoint(w.limb)))
		}
	}
	return &paths
}

// hold is one stance of a paw: it stands at one place in frames from to to-1.
type hold struct {
	from, to int
	at       [2]float64 // mean place of the pad, m
}

// A paw that strays further than maxDrift from where it stood has stepped,
// however slowly; a stance shorter than stanceFrames is noise, and so is a swing
// of that length that goes nowhere.
const (
	maxDrift  = 0.012 // m
	stepAway  = 0.004 // m
	slowSwing = 4     // frames that a step gets which the clip shows as creeping
)

// holds finds the stances of a paw: its lowest point under height (m), its pad
// slower than stanceSpeed.
func (p *pawPath) holds(height, rate float64) []hold {
	return p.stances(height, maxDrift, func(f int) bool { return pointSpeed(p.pad, f, rate) < stanceSpeed })
}

// stances is holds with another drift (m), and what says of a frame whether the pad is slow.
func (p *pawPath) stances(height, drift float64, slow func(frame int) bool) []hold {
	all := runs(0, len(p.pad), func(f int) bool { return p.low[f] < height && slow(f) })
	all = p.join(all)
	var out []hold
	for _, h := range all {
		for _, part := range p.split(h, drift) {
			if part.to-part.from >= max(stanceFrames, p.shortest) {
				part.at = p.middle(part)
				out = append(out, part)
			}
		}
	}
	return out
}

// runs are the longest stretches of frames between from and to in all of which is holds.
func runs(from, to int, is func(frame int) bool) (all []hold) {
	for f := from; f < to; f++ {
		if !is(f) {
			continue
		}
		if n := len(all); n > 0 && all[n-1].to == f {
			all[n-1].to++
		} else {
			all = append(all, hold{from: f, to: f + 1})
		}
	}
	return all
}

// join closes gaps of two frames in which the paw went nowhere.
func (p *pawPath) join(all []hold) []hold {
	var out []hold
	for _, h := range all {
		if n := len(out); n > 0 && h.from-out[n-1].to < max(stanceFrames, p.shortest) {
			a, b := p.pad[out[n-1].to-1], p.pad[h.from]
			if math.Hypot(a[0]-b[0], a[1]-b[1]) < stepAway {
				out[n-1].to = h.to
				continue
			}
		}
		out = append(out, h)
	}
	return out
}

// split cuts a stance where the paw has crept too far away, and leaves frames for
// the step between the parts.
func (p *pawPath) split(h hold, drift float64) []hold {
	var out []hold
	part := hold{from: h.from}
	for f := h.from + 1; f < h.to; f++ {
		part.to = f
		at := p.middle(part)
		if math.Hypot(p.pad[f][0]-at[0], p.pad[f][1]-at[1]) > drift {
			part.to = max(part.from+1, f-slowSwing/2)
			out = append(out, part)
			part = hold{from: min(f+slowSwing/2, h.to-1)}
			f = part.from
		}
	}
	part.to = h.to
	return append(out, part)
}

// middle is the mean place of the pad in a stance.
func (p *pawPath) middle(h hold) (at [2]float64) {
	n := float64(h.to - h.from)
	for f := h.from; f < h.to; f++ {
		at[0] += p.pad[f][0] / n
		at[1] += p.pad[f][1] / n
	}
	return at
}
