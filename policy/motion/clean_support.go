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
	return p.stances(height, maxDrift, func(f int) bool { return planeSpeed(p.pad, f, w.rate) < w.slow[f] })
}

// drawn is what a standing paw may seem to move at in each frame, m/s.
func (w *cleaner) drawn() []float64 {
	root := make([][3]float64, len(w.poses))
	for f := range root {
		root[f] = w.poses[f].Pos
	}
	slow := make([]float64, len(root))
	for f := range slow {
		slow[f] = math.Max(stanceSpeed, stanceShare*planeSpeed(root, f, w.rate))
	}
	return slow
}

// support is what carries the centre of mass in every frame.
type support struct {
	paths *[4]pawPath
	holds *[4][]hold
	com   [][2]float64
	down  [][4]*hold
}

// complete lengthens stances, frame by frame, where the centre of mass would
// otherwise be carried by paws that are too far off, as long as a paw is near where it
// stood or will stand.
func (w *cleaner) complete(paths *[4]pawPath, holds *[4][]hold) {
	s := &support{paths, holds, make([][2]float64, len(w.poses)), make([][4]*hold, len(w.poses))}
	for f := range w.poses {
		p := &w.poses[f]
		w.r.k.SetPose(p.Pos, p.Quat, p.Q)
		c := w.r.k.CenterOfMass()
		s.com[f] = [2]float64{c[0], c[1]}
	}
	for leg := range holds {
		for i := range holds[leg] {
			for f := holds[leg][i].from; f < holds[leg][i].to; f++ {
				s.down[f][leg] = &holds[leg][i]
			}
		}
	}
	for s.lengthen() {
	}
}

// lengthen adds to a stance the frame that helps most, and says whether one helps.
func (s *support) lengthen() bool {
	best, at, paw := 0.0, 0, 0
	var longer *hold
	for leg := range s.holds {
		for i := range s.holds[leg] {
			h := &s.holds[leg][i]
			from, to := s.room(leg, i)
			for _, f := range [2]int{h.from - 1, h.to} {
				if f < from || f >= to {
					continue
				}
				if gain := s.gain(leg, h, f); gain > best {
					best, at, longer, paw = gain, f, h, leg
				}
			}
		}
	}
	if longer == nil {
		return false
	}
	s.down[at][paw] = longer
	longer.from, longer.to = min(longer.from, at), max(longer.to, at+1)
	return true
}

// room is between which frames stance i of a leg may be, so that swings remain.
func (s *support) room(leg, i int) (from, to int) {
	all := s.holds[leg]
	from, to = 0, len(s.com)
	if i > 0 {
		from = all[i-1].to + all[i].swing(&all[i-1])
	}
	if i+1 < len(all) {
		to = all[i+1].from - all[i].swing(&all[i+1])
	}
	return from, to
}

// gain is how much nearer to its support the centre of mass is in frame f with the paw of a
// leg in stance h, m, less what holding it back costs; 0 where it is out of reach.
func (s *support) gain(leg int, h *hold, f int) float64 {
	path := &s.paths[leg]
	p := path.pad[f]
	away := math.Hypot(math.Hypot(p[0]-h.at[0], p[1]-h.at[1]), math.Max(0, path.low[f]-path.floor(h)))
	if away > holdReach {
		return 0
	}
	with := s.down[f]
	with[leg] = h
	return beyond(s.com[f], &s.down[f]) - beyond(s.com[f], &with) - reachCost*away
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
	if area := hull(at); len(area) >= 3 && area.outside(com) <= 0 {
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
