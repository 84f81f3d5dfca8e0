package motion

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/mat"

	"whisker/controller"
)

// A rat is an inverted pendulum on a narrow base: what its reference does with
// the trunk decides whether a controller can follow. The zero moment point is
// where the floor's reaction must act to produce the motion (Vukobratović &
// Borovac 2004, Int J Humanoid Robotics 1:157); feet can only push, so it has to
// lie inside the polygon of the standing paws. balance moves the trunk sideways
// and fore and aft, as little and as smoothly as it can, until it does. A trunk
// shift s moves the zero moment point by s - (h/g) s” (the linear inverted
// pendulum: Kajita et al. 2003, ICRA, "preview control of zero-moment point").
const (
	balancePasses = 3
	polygonMargin = 0.006 // m, how far inside the polygon to aim
	projections   = 60    // alternations between polygon and shift per pass
	gravity       = 9.81

	jerkWeight = 2e-9 // of the shift's third derivative, s^6
)

// shiftWeight weighs the shift, forward and to the side, against the zero moment
// point's error: the legs reach further to the side than fore and aft.
var shiftWeight = [2]float64{0.2, 0.02}

// balance holds the memory of one clip's shifts.
type balance struct {
	k          Kinematics
	rate       float64      // frames per second
	weight     float64      // of the body, N
	least      float64      // N, that the floor carries at least: a body in flight has no zero moment point
	margin     float64      // polygonMargin
	flight     bool         // fewer than two paws may stand
	zmp        [][2]float64 // of the poses as they are
	support    []polygon
	total      [2][]float64 // shift since the sketch, along the heading and to its left, m
	chol       [2]mat.BandCholesky
	pull       []float64  // h/g per frame, s²
	shy        [2]float64 // shiftWeight
	root       controller.Root
	qd, acc, f []float64
}

// newBalance is for n frames of the body of k, which stand shows standing.
func newBalance(k Kinematics, stand Pose, n int, rate float64) *balance {
	nv := 6 + len(stand.Q)
	b := &balance{k: k, rate: rate, least: 0.2, margin: polygonMargin, zmp: make([][2]float64, n), support: make([]polygon, n),
		qd: make([]float64, nv-6), acc: make([]float64, nv), f: make([]float64, nv)}
	b.total[0], b.total[1] = make([]float64, n), make([]float64, n)
	k.SetPose(stand.Pos, stand.Quat, stand.Q)
	b.shy, b.pull = shiftWeight, make([]float64, n)
	for i := range b.pull {
		b.pull[i] = k.CenterOfMass()[2] / gravity
	}
	b.zeroMomentPoint([]Pose{stand}, 0)
	b.weight = b.f[2]
	for axis := range b.chol {
		b.factorize(axis, n)
	}
	return b
}

// factorize prepares the least squares: rows for the zero moment point, the size
// of the shift, and its third derivative, over the frames.
func (b *balance) factorize(axis, n int) {
	dt := 1 / b.rate
	a := mat.NewSymBandDense(n, 3, nil)
	add := func(at int, w float64, c ...float64) {
		for i := range c {
			for j := i; j < len(c); j++ {
				a.SetSymBand(at+i, at+j, a.At(at+i, at+j)+w*c[i]*c[j])
			}
		}
	}
	for i := 0; i < n; i++ {
		k := b.pull[i] / (dt * dt)
		add(i, b.shy[axis], 1)
		if i == 0 || i == n-1 {
			add(i, 1, 1)
			continue
		}
		add(i-1, 1, -k, 1+2*k, -k)
	}
	for i := 0; i+3 < n; i++ {
		add(i, jerkWeight/math.Pow(dt, 6), -1, 3, -3, 1)
	}
	for _, end := range []int{0, n - 2} { // standing still at both ends
		add(end, 100, -1, 1)
	}
	if !b.chol[axis].Factorize(a) {
		panic("motion: the balance equations are not positive definite")
	}
}

// shift moves the frames' trunks so that the zero moment point of poses goes
// inside the polygons. Shifts are along the heading and to its left.
func (b *balance) shift(r *rat, frames []frame, poses []Pose) {
	b.measure(r, frames, poses)
	b.shiftMeasured(frames)
}

// outside is how far the zero moment points that were measured are outside the
// polygons, m, on average.
func (b *balance) outside() float64 {
	sum := 0.0
	for i, z := range b.zmp {
		sum += math.Max(0, b.support[i].outside(z))
	}
	return sum / float64(len(b.zmp))
}

// shiftMeasured is shift with zmp and support as they stand.
func (b *balance) shiftMeasured(frames []frame) {
	n := len(frames)
	var s, wish [2][]float64
	for axis := range s {
		s[axis], wish[axis] = make([]float64, n), make([]float64, n)
	}
	for round := 0; round < projections; round++ {
		for i := range frames {
			sin, cos := math.Sincos(frames[i].yaw)
			z := b.zmp[i]
			forward, left := b.effect(s[0], i), b.effect(s[1], i)
			p := b.support[i].inside([2]float64{z[0] + cos*forward - sin*left, z[1] + sin*forward + cos*left}, b.margin)
			dx, dy := p[0]-z[0], p[1]-z[1]
			wish[0][i], wish[1][i] = cos*dx+sin*dy, cos*dy-sin*dx
		}
		for axis := range s {
			b.solve(axis, s[axis], wish[axis])
		}
	}
	for i := range frames {
		sin, cos := math.Sincos(frames[i].yaw)
		forward, left := s[0][i], s[1][i]
		frames[i].x += cos*forward - sin*left
		frames[i].y += sin*forward + cos*left
		b.total[0][i] += forward
		b.total[1][i] += left
	}
}

// effect is what the shift x does to the zero moment point at frame i, m.
func (b *balance) effect(x []float64, i int) float64 {
	if i == 0 || i == len(x)-1 {
		return x[i]
	}
	return x[i] - b.pull[i]*b.rate*b.rate*(x[i-1]-2*x[i]+x[i+1])
}

// solve finds the shift x whose effect on the zero moment point comes closest to
// wish.
func (b *balance) solve(axis int, x, wish []float64) {
	n := len(x)
	rhs := make([]float64, n)
	for i := range rhs {
		k := b.pull[i] * b.rate * b.rate
		rhs[i] -= b.shy[axis] * b.total[axis][i]
		if i == 0 || i == n-1 {
			rhs[i] += wish[i]
			continue
		}
		rhs[i-1] -= k * wish[i]
		rhs[i] += (1 + 2*k) * wish[i]
		rhs[i+1] -= k * wish[i]
	}
	if err := b.chol[axis].SolveVecTo(mat.NewVecDense(n, x), mat.NewVecDense(n, rhs)); err != nil {
		panic("motion: the balance equations: " + err.Error())
	}
}

// measure fills zmp and support from poses.
func (b *balance) measure(r *rat, frames []frame, poses []Pose) {
	for i := range frames {
		b.zmp[i] = b.zeroMomentPoint(poses, i)
		b.support[i] = r.polygon(&frames[i])
		if b.flight && (b.light() || len(b.support[i]) < 3) {
			b.support[i] = r.around()
		}
	}
}

// zeroMomentPoint is where on the floor (m) the reaction acts that moves the body
// through the poses around i, by inverse dynamics; it leaves the Kinematics at i.
func (b *balance) zeroMomentPoint(poses []Pose, i int) [2]float64 {
	dt := 1 / b.rate
	p := &poses[i]
	prev, next := &poses[max(i-1, 0)], &poses[min(i+1, len(poses)-1)]
	if i == 0 || i == len(poses)-1 {
		prev, next = p, p
	}
	w0, w1 := quatLog(quatMul(quatConj(prev.Quat), p.Quat)), quatLog(quatMul(quatConj(p.Quat), next.Quat))
	b.root.Pos, b.root.Quat = p.Pos, p.Quat
	for a := 0; a < 3; a++ {
		b.root.Vel[a], b.root.AngVel[a] = (next.Pos[a]-prev.Pos[a])/(2*dt), (w0[a]+w1[a])/(2*dt)
		b.acc[a], b.acc[3+a] = (next.Pos[a]-2*p.Pos[a]+prev.Pos[a])/(dt*dt), (w1[a]-w0[a])/(dt*dt)
	}
	for j := range p.Q {
		b.qd[j] = (next.Q[j] - prev.Q[j]) / (2 * dt)
		b.acc[6+j] = (next.Q[j] - 2*p.Q[j] + prev.Q[j]) / (dt * dt)
	}
	b.k.InverseDynamics(&b.root, p.Q, b.qd, b.acc, b.f)
	b.k.SetPose(p.Pos, p.Quat, p.Q)
	torque := quatRotate(p.Quat, [3]float64{b.f[3], b.f[4], b.f[5]})
	up := math.Max(b.f[2], b.least)
	return [2]float64{p.Pos[0] - (torque[1]+p.Pos[2]*b.f[0])/up, p.Pos[1] + (torque[0]-p.Pos[2]*b.f[1])/up}
}

// polygon is the convex hull of what touches the floor in the Kinematics'
// current pose: the soles of the paws that are down, where they are low.
func (r *rat) polygon(f *frame) polygon {
	var points [][2]float64
	for leg := range f.paws {
		if !f.paws[leg].down {
			continue
		}
		for i := range r.paws[leg].soles {
			x := r.ik.point(&r.paws[leg].soles[i])
			low := x[2] < soleHeight
			if len(r.posture.spine) == 0 { // a straight body's first sole is down by how it is made
				low = i == 0 || x[2] < 0.0055
			}
			if low {
				points = append(points, [2]float64{x[0], x[1]})
			}
		}
	}
	return hull(points)
}

// polygon is convex, its corners counter-clockwise.
type polygon [][2]float64

// hull is the convex hull of points (Andrew's monotone chain).
func hull(points [][2]float64) polygon {
	if len(points) < 3 {
		return nil // in flight
	}
	sort.Slice(points, func(i, j int) bool {
		return points[i][0] < points[j][0] || points[i][0] == points[j][0] && points[i][1] < points[j][1]
	})
	left := func(a, b, c [2]float64) bool {
		return (b[0]-a[0])*(c[1]-a[1])-(b[1]-a[1])*(c[0]-a[0]) > 0
	}
	var h polygon
	for side := 0; side < 2; side++ {
		start := len(h)
		for i := range points {
			p := points[i]
			if side == 1 {
				p = points[len(points)-1-i]
			}
			for len(h) >= start+2 && !left(h[len(h)-2], h[len(h)-1], p) {
				h = h[:len(h)-1]
			}
			h = append(h, p)
		}
		h = h[:len(h)-1]
	}
	return h
}

// outside is how far p is beyond the edges of the polygon, m; negative inside,
// and 0 in flight, when there is none.
func (h polygon) outside(p [2]float64) float64 {
	if len(h) < 3 {
		return 0
	}
	worst := math.Inf(-1)
	for i := range h {
		n, d, _ := h.edge(i)
		worst = math.Max(worst, n[0]*p[0]+n[1]*p[1]-d)
	}
	return worst
}

// edge i as a half plane: outward normal, its offset, and the width of the
// polygon behind it.
func (h polygon) edge(i int) (n [2]float64, d, width float64) {
	a, b := h[i], h[(i+1)%len(h)]
	l := math.Hypot(b[0]-a[0], b[1]-a[1])
	n = [2]float64{(b[1] - a[1]) / l, -(b[0] - a[0]) / l}
	d = n[0]*a[0] + n[1]*a[1]
	for _, c := range h {
		width = math.Max(width, d-n[0]*c[0]-n[1]*c[1])
	}
	return n, d, width
}

// inside is p moved into the polygon, margin (m) away from its edges or as far as
// the polygon's width allows, by projections onto the edges in turn.
func (h polygon) inside(p [2]float64, margin float64) [2]float64 {
	if len(h) < 3 {
		return p
	}
	for round := 0; round < 12; round++ {
		moved := false
		for i := range h {
			n, d, width := h.edge(i)
			over := n[0]*p[0] + n[1]*p[1] - d + math.Min(margin, 0.3*width)
			if over > 1e-6 {
				p[0] -= over * n[0]
				p[1] -= over * n[1]
				moved = true
			}
		}
		if !moved {
			break
		}
	}
	return p
}
