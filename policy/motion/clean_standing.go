package motion

import "math"

// Standing tells how well a clip's feet could carry it: what a physical body
// would have to obey, and tracking does not know.
type Standing struct {
	// ComOutside is the share of frames whose centre of mass is not above the
	// polygon of the soles on the floor; ZMPOutside the same for the zero moment point
	// (more than 1 mm out). Frames in which fewer than two paws touch it count
	// in neither but in Flight, as do those in which the floor carries less than
	// 30 % of the weight: the zero moment point is then anywhere.
	ComOutside float64 `json:"com_outside_share"`
	ZMPOutside float64 `json:"zmp_outside_share"`
	Flight     float64 `json:"flight_share"`
	ZMPMean    float64 `json:"zmp_outside_mean_m"` // over all frames that stand
	// Float is the mean distance of a standing paw's lowest point from the floor,
	// either way; Sink how deep a paw or forearm goes below it at most.
	Float float64 `json:"stance_float_mean_m"`
	Sink  float64 `json:"sink_max_m"`
	// Slip is how far a standing paw strays from the middle of its stance at most,
	// but for the two frames at either end, in which it lands and lifts: mean and
	// maximum over stances.
	SlipMean float64 `json:"stance_slip_mean_m"`
	SlipMax  float64 `json:"stance_slip_max_m"`
	// Overlap is how deep parts of the body are in each other at most, Overlapping the share
	// of frames in which any are by more than 1 mm.
	Overlap     float64 `json:"overlap_max_m"`
	Overlapping float64 `json:"overlap_share"`
}

// apart says that no part of the body is in another by more than flesh gives way.
func (s *Standing) apart() bool { return s.Overlap < 0.003 }

// carried says that a floor could carry it. A body that never stands shows no error
// of its paws: its floor is elsewhere.
func (s *Standing) carried() bool {
	return s.Flight < 0.5 && s.ZMPMean < 0.0015 && s.Float < 0.0008 && s.Sink < 0.001 && s.SlipMean < 0.002
}

// standing measures poses by the paws' own motion, whatever was planned: a paw
// stands as Inspect has it, near the floor and hardly moving. Weight is
// carried by what touches the floor, and where paws may hover also by those that stand.
func (r *rat) standing(poses []Pose, rate float64, hover bool) Standing {
	paths := r.observe(poses)
	down := make([][4]bool, len(poses))
	var s Standing
	stances := 0.0
	for leg := range paths {
		for _, h := range paths[leg].holds(stanceHeight, rate) {
			for f := h.from; f < h.to; f++ {
				down[f][leg] = true
			}
			parts := []hold{h}
			if !hover {
				parts = paths[leg].touches(h)
			}
			for _, part := range parts {
				if slip, ok := paths[leg].slip(part); ok {
					stances++
					s.SlipMean, s.SlipMax = s.SlipMean+slip, math.Max(s.SlipMax, slip)
				}
			}
		}
	}
	s.SlipMean /= math.Max(stances, 1)
	r.addFloor(&s, paths, down)
	for f := range down {
		for leg := range down[f] {
			down[f][leg] = paths[leg].low[f] < touchHeight || hover && down[f][leg]
		}
	}
	r.addBalance(&s, poses, paths, down, rate)
	r.addOverlap(&s, poses)
	return s
}

// touches are the parts of a stance in which the paw is on the floor: a short low step
// between two of them is slow enough to count as standing.
func (p *pawPath) touches(h hold) []hold {
	return runs(h.from, h.to, func(f int) bool { return p.low[f] < touchHeight })
}

// slip is how far the pad strays from its mean place in the inner frames of a
// stance, m; ok is false for a stance that has none.
func (p *pawPath) slip(h hold) (far float64, ok bool) {
	const edge = 2
	h.from, h.to = h.from+edge, h.to-edge
	if h.to-h.from < 2 {
		return 0, false
	}
	at := p.middle(h)
	for f := h.from; f < h.to; f++ {
		far = math.Max(far, math.Hypot(p.pad[f][0]-at[0], p.pad[f][1]-at[1]))
	}
	return far, true
}

// addFloor fills in what concerns heights.
func (r *rat) addFloor(s *Standing, paths *[4]pawPath, down [][4]bool) {
	n := 0.0
	for leg := range paths {
		for f, low := range paths[leg].low {
			s.Sink = math.Max(s.Sink, -math.Min(low, paths[leg].arm[f]))
			if down[f][leg] {
				s.Float, n = s.Float+math.Abs(low), n+1
			}
		}
	}
	s.Float /= math.Max(n, 1)
}

// addBalance fills in what concerns the polygons of the standing paws.
func (r *rat) addBalance(s *Standing, poses []Pose, paths *[4]pawPath, down [][4]bool, rate float64) {
	b := newBalance(r.k, r.stand, len(poses), rate)
	stands, flight := 0.0, 0.0
	for f := range poses {
		zmp, light := b.loaded(poses, f)
		p := &poses[f]
		r.k.SetPose(p.Pos, p.Quat, p.Q)
		area := r.soles(f, paths, down[f])
		if len(area) < 3 || light {
			flight++
			continue
		}
		stands++
		com := r.k.CenterOfMass()
		if area.outside([2]float64{com[0], com[1]}) > 0 {
			s.ComOutside++
		}
		out := math.Max(0, area.outside(zmp))
		if out > 0.001 {
			s.ZMPOutside++
		}
		s.ZMPMean += out
	}
	s.Flight = flight / float64(len(poses))
	stands = math.Max(stands, 1)
	s.ComOutside, s.ZMPOutside, s.ZMPMean = s.ComOutside/stands, s.ZMPOutside/stands, s.ZMPMean/stands
}

// touchHeight is how high a paw that touches the floor may be by the error of the
// fits, and soleHeight how high the middle of a sole is then, m: half its thickness more.
const (
	touchHeight = 0.0015
	soleHeight  = 0.0045
)

// touching appends the soles of a paw that are on a floor at the given height, m, in
// the Kinematics' pose.
func (r *rat) touching(points [][2]float64, leg int, floor float64) [][2]float64 {
	for i := range r.paws[leg].soles {
		if x := r.ik.point(&r.paws[leg].soles[i]); x[2] < floor+soleHeight {
			points = append(points, [2]float64{x[0], x[1]})
		}
	}
	return points
}

// planted is the polygon of the soles on the floor of the paws that a plan has down,
// in the Kinematics' pose. One paw alone is none: it has a few square millimetres.
func (r *rat) planted(f *frame) polygon {
	var points [][2]float64
	paws := 0
	for leg := range f.paws {
		if f.paws[leg].down {
			points = r.touching(points, leg, 0)
			paws++
		}
	}
	if paws < 2 {
		return nil
	}
	return hull(points)
}

// around is the polygon of all paws' soles over the floor. Where fewer than two paws stand a
// trunk could be thrown anywhere at no cost, so the zero moment point is kept within it: a
// body can put another paw down there.
func (r *rat) around() polygon {
	var points [][2]float64
	for leg := range r.paws {
		points = r.touching(points, leg, math.Inf(1))
	}
	return hull(points)
}

// soles is the polygon of the lowest parts of the paws that are down in frame f, at
// which the Kinematics are; of one paw alone it is none.
func (r *rat) soles(f int, paths *[4]pawPath, down [4]bool) polygon {
	var points [][2]float64
	paws := 0
	for leg := range r.paws {
		if !down[leg] {
			continue
		}
		paws++
		points = r.touching(points, leg, paths[leg].low[f])
	}
	if paws < 2 {
		return nil
	}
	return hull(points)
}
