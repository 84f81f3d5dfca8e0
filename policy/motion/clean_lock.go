package motion

import "math"

// footing is where a paw shall be in one frame.
type footing struct {
	pad, heel [3]float64 // m, world
	side      [3]float64 // of the outer toe, m
	lift      float64    // of the lowest point, m
	down      bool
	// air is 0 for a paw on or near the floor, 1 for one high up, which moves
	// with the trunk.
	air float64
}

const (
	swingClearance = 0.006 // m, that a swing reaches in its middle at least
	airHeight      = 0.030 // m, from which on a paw is the trunk's
	wristWeight    = 0.3   // of keeping the forearm off the floor
	padWeight      = 4
	heelWeight     = 0.05
	sideWeight     = 1
)

// planPaws says for every frame where each paw stands or swings: standing ones
// stay at the middle of their stance, swinging ones go from one to the next on
// the clip's own path.
func (w *cleaner) planPaws() {
	paths := w.r.observe(w.poses)
	w.frames = make([]frame, len(w.poses))
	for f := range w.frames {
		w.frames[f].yaw = heading(w.poses[f].Quat)
	}
	var holds [4][]hold
	for leg := range paths {
		holds[leg] = w.stances(&paths[leg], stanceHeight)
	}
	w.complete(paths, &holds)
	w.rears = w.reared(paths)
	for _, leg := range [...]int{leftHind, rightHind} {
		holds[leg] = merge(holds[leg], w.rears)
	}
	for leg := range paths {
		path := &paths[leg]
		plan := make([]footing, len(w.poses))
		for f := range plan {
			plan[f] = path.footing(holds[leg], f)
			w.r.paws[leg].flatten(&plan[f], 1-w.rears[f]*(1-rolling(holds[leg], f)))
			w.frames[f].paws[leg].down = plan[f].down
		}
		w.plan[leg] = plan
	}
}

// footing places the paw in frame f.
func (p *pawPath) footing(holds []hold, f int) footing {
	next := 0
	for next < len(holds) && holds[next].to <= f {
		next++
	}
	var t footing
	switch {
	case next < len(holds) && holds[next].from <= f:
		t = p.shifted(f, p.to(holds[next], f))
		t.down, t.lift = true, 0
	case len(holds) == 0:
		t = p.shifted(f, [3]float64{})
	case next == 0:
		t = p.shifted(f, p.to(holds[0], holds[0].from))
	case next == len(holds):
		last := holds[next-1]
		t = p.shifted(f, p.to(last, last.to-1))
	default:
		from, to := holds[next-1], holds[next]
		k := float64(f-from.to+1) / float64(to.from-from.to+1)
		a, b, s := p.to(from, from.to-1), p.to(to, to.from), smoothStep(k)
		t = p.shifted(f, [3]float64{a[0] + s*(b[0]-a[0]), a[1] + s*(b[1]-a[1]), a[2] + s*(b[2]-a[2])})
		t.lift = math.Max(t.lift, swingClearance*16*sq(k*(1-k)))
	}
	t.air = smoothStep(t.lift / airHeight)
	return t
}

// flatten puts the foot of a paw on or near the floor flat: fits of key points leave
// its pitch and roll nearly free, and standing on a heel or an edge a rat falls over.
// Of how far a heel is up, as where the foot rolls over its toes, it keeps a share.
func (w *paw) flatten(t *footing, roll float64) {
	near := 1 - t.air
	d := sub(t.heel, t.pad)
	along, flat := math.Hypot(d[0], d[1]), math.Hypot(w.back[0], w.back[1])
	if along < 1e-6 {
		return
	}
	t.pad[2] += near * (w.height + t.lift - t.pad[2])
	pitch := roll * math.Max(0, math.Atan2(d[2], along)-math.Atan2(w.back[2], flat))
	turn := quatMul(quatExp([3]float64{0, 0, math.Atan2(d[1], d[0]) - math.Atan2(w.back[1], w.back[0])}), quatExp([3]float64{0, pitch, 0}))
	heel := add(t.pad, quatRotate(turn, w.back))
	for i := range heel {
		t.heel[i] += near * (heel[i] - t.heel[i])
	}
	t.side = add(t.pad, quatRotate(turn, w.across))
}

// to is the shift of frame f that puts the paw where it stands.
func (p *pawPath) to(h hold, f int) [3]float64 {
	return [3]float64{h.at[0] - p.pad[f][0], h.at[1] - p.pad[f][1], -p.low[f]}
}

// shifted is the clip's own place of the paw in frame f, moved by d and not
// through the floor.
func (p *pawPath) shifted(f int, d [3]float64) footing {
	lift := math.Max(0, p.low[f]+d[2])
	d[2] = lift - p.low[f]
	return footing{pad: add(p.pad[f], d), heel: add(p.heel[f], d), lift: lift}
}

// lockAll fits the legs of all poses to the plan, each frame from what changed in
// the one before.
func (w *cleaner) lockAll() {
	delta := make([]float64, len(w.r.joints))
	for f := range w.poses {
		p := &w.poses[f]
		for _, j := range w.r.legs {
			p.Q[j] = w.fit[f].Q[j] + delta[j]
		}
		w.lock(f, p)
		for _, j := range w.r.legs {
			delta[j] = p.Q[j] - w.fit[f].Q[j]
		}
	}
}

// lock fits the legs in frame f: pads and heels where the plan has them, lowest
// points at their heights to 0.2 mm, forearms off the floor.
func (w *cleaner) lock(f int, p *Pose) {
	r := w.r
	copy(r.ik.Rest, w.fit[f].Q)
	trunk := sub(p.Pos, w.fit[f].Pos)
	r.ground = r.ground[:0]
	for leg := range r.paws {
		t := &w.plan[leg][f]
		pad, heel, side, wrist := r.paws[leg].pad, r.paws[leg].heel, r.paws[leg].soles[1], r.paws[leg].heel
		pad.Pos, heel.Pos, side.Pos = t.pad, t.heel, t.side
		for i := range trunk {
			pad.Pos[i] += t.air * trunk[i]
			heel.Pos[i] += t.air * trunk[i]
		}
		pad.Weight, heel.Weight, side.Weight, wrist.Weight = padWeight, heelWeight, sideWeight*(1-t.air), 0
		r.ground = append(r.ground, pad, heel, side, wrist)
	}
	for round := 0; round < 12; round++ {
		r.ik.Solve(p, r.ground)
		off := 0.0
		for leg := range r.paws {
			off = math.Max(off, r.correct(leg, &w.plan[leg][f]))
		}
		if off < 2e-4 {
			return
		}
	}
}

// correct moves the targets of a paw by what its lowest points are off, and
// returns how much that was, m.
func (r *rat) correct(leg int, t *footing) float64 {
	off := 0.0
	low := r.k.LowestPoint(r.paws[leg].foot)
	if t.air < 0.5 {
		miss := low - t.lift
		for i := range 3 {
			r.ground[4*leg+i].Pos[2] -= miss
		}
		if off = math.Abs(miss); !t.down {
			off *= 0.2
		}
	}
	if arm := r.k.LowestPoint(r.paws[leg].limb); arm < -2e-4 && arm < low {
		wrist := &r.ground[4*leg+3]
		if wrist.Weight == 0 {
			wrist.Weight, wrist.Pos = wristWeight, r.ik.point(wrist)
		}
		wrist.Pos[2] -= arm - 3e-4
		off = math.Max(off, -arm)
	}
	return off
}
