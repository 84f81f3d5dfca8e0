package motion

import "math"

// Recordings at 50 frames a second, and the smoothing that fits of key points need,
// shorten stances: paws are seen to leave early and to land late, and the body then
// seems to be carried by one paw or by none. No reaction of the floor can make such
// a motion, and a trunk that is shifted to stand on what is left is jerked about.
const (
	// holdReach is how far a stance may reach beyond what was seen: the pad's
	// distance from where it stands, height over the floor included, m.
	holdReach = 0.025
	// A swing keeps leastSwing frames and one for each swingStep that it goes, up to
	// mostSwing: those of running rats take 0.12 s.
	leastSwing, mostSwing = 3, 6
	swingStep             = 0.025 // m
	// pawRadius is how far a paw's own sole reaches around its pad, m.
	pawRadius = 0.006
	// noSupport stands for the distance to a support that is not there, m.
	noSupport = 0.060
	// reachCost weighs how far a paw is held back against how far the centre of mass is beyond
	// the paws that stand.
	reachCost = 0.3
)

// stances finds the stances of a paw under a height, m. Fits of key points draw a standing
// paw along with a running body, and one that comes down fast stands at once.
func (w *cleaner) stances(p *pawPath, height float64) []hold {
	root := make([][3]float64, len(w.poses))
	for f := range root {
		root[f] = [3]float64{w.poses[f].Pos[0], w.poses[f].Pos[1], 0}
	}
	return p.stances(height, maxDrift, func(f int) bool {
		return planeSpeed(p.pad, f, w.rate) < math.Max(stanceSpeed, stanceShare*pointSpeed(root, f, w.rate))
	})
}

// complete lengthens stances, frame by frame, where the centre of mass would
// otherwise be carried by paws that are too far off, as long as a paw is near where it
// stood or will stand.
func (w *cleaner) complete(paths *[4]pawPath, holds *[4][]hold) {
	n := len(w.poses)
	com := make([][2]float64, n)
	for f := range w.poses {
		p := &w.poses[f]
		w.r.k.SetPose(p.Pos, p.Quat, p.Q)
		c := w.r.k.CenterOfMass()
		com[f] = [2]float64{c[0], c[1]}
	}
	down := make([][4]*hold, n)
	for leg := range holds {
		for i := range holds[leg] {
			for f := holds[leg][i].from; f < holds[leg][i].to; f++ {
				down[f][leg] = &holds[leg][i]
			}
		}
	}
	for {
		best, at := 0.0, 0
		var longer *hold
		var paw int
		for leg := range holds {
			for i := range holds[leg] {
				h := &holds[leg][i]
				before, after := 0, n
				if i > 0 {
					before = holds[leg][i-1].to + h.swing(&holds[leg][i-1])
				}
				if i+1 < len(holds[leg]) {
					after = holds[leg][i+1].from - h.swing(&holds[leg][i+1])
				}
				for _, f := range [2]int{h.from - 1, h.to} {
					if f < before || f >= after {
						continue
					}
					p := paths[leg].pad[f]
					away := math.Hypot(math.Hypot(p[0]-h.at[0], p[1]-h.at[1]), math.Max(0, paths[leg].low[f]-paths[leg].floor(h)))
					if away > holdReach {
						continue
					}
					with := down[f]
					with[leg] = h
					if gain := beyond(com[f], &down[f]) - beyond(com[f], &with) - reachCost*away; gain > best {
						best, at, longer, paw = gain, f, h, leg
					}
				}
			}
		}
		if longer == nil {
			return
		}
		down[at][paw] = longer
		longer.from, longer.to = min(longer.from, at), max(longer.to, at+1)
	}
}

// swing is how many frames a swing from one stance to the other keeps.
func (h *hold) swing(to *hold) int {
	return min(leastSwing+int(math.Hypot(to.at[0]-h.at[0], to.at[1]-h.at[1])/swingStep), mostSwing)
}

// floor is how high a paw's lowest point is in a stance, m, on average.
func (p *pawPath) floor(h *hold) float64 {
	sum := 0.0
	for f := h.from; f < h.to; f++ {
		sum += p.low[f]
	}
	return sum / float64(h.to-h.from)
}

// beyond is how far the centre of mass is from the paws that stand, m.
func beyond(com [2]float64, down *[4]*hold) float64 {
	var at [][2]float64
	for _, h := range down {
		if h != nil {
			at = append(at, h.at)
		}
	}
	if area := hull(append([][2]float64(nil), at...)); len(area) >= 3 && area.outside(com) <= 0 {
		return 0
	}
	far := noSupport
	for i := range at {
		for j := range i + 1 {
			far = math.Min(far, segmentDistance(com, at[i], at[j])-pawRadius)
		}
	}
	return math.Max(far, 0)
}

// segmentDistance is how far p is from the segment from a to b, m.
func segmentDistance(p, a, b [2]float64) float64 {
	d := [2]float64{b[0] - a[0], b[1] - a[1]}
	k := 0.0
	if l := d[0]*d[0] + d[1]*d[1]; l > 0 {
		k = math.Max(0, math.Min(1, ((p[0]-a[0])*d[0]+(p[1]-a[1])*d[1])/l))
	}
	return math.Hypot(p[0]-a[0]-k*d[0], p[1]-a[1]-k*d[1])
}
