package motion

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// Target is a point fixed to a body and the place in the world where it should
// be. Three targets on one body give it an orientation as well.
type Target struct {
	Body   int        // as Kinematics.BodyID gives it
	Offset [3]float64 // of the point in the body's frame, m
	Pos    [3]float64 // where the point should be, m, world
	Weight float64    // of the squared distance; 0 switches the target off
}

// IK fits poses to targets: Levenberg-Marquardt over the free velocity
// coordinates, with the joints kept inside their ranges. It minimises
//
//	Σ Weight |point - Pos|² + Σ RestWeight (q - Rest)² + Keep |step from the start|²
//
// and holds all its memory, so Solve does not allocate. One goroutine uses it.
type IK struct {
	MaxIterations int     // of one Solve; 30 by default
	Tolerance     float64 // a step that lowers the cost by less than this share is the last; 1e-4 by default
	// Rest (rad) and RestWeight (m²/rad²), one per joint, draw joints to a
	// posture where the targets leave them free. Nil is no draw.
	Rest, RestWeight []float64
	// Keep draws every free coordinate to where Solve found it (m²/rad², or 1
	// for the root's position): the tie between successive frames.
	Keep float64

	k        Kinematics
	nv       int
	min, max []float64 // of the joints
	free     []int     // velocity coordinates that may move
	damping  float64   // the last one that worked, relative to the diagonal

	jac, grad, step []float64 // 3 x nv; per free coordinate; per velocity coordinate
	cols            []int     // places in free with a non-zero column in jac
	pinned          []bool    // per free coordinate: at its limit and pushed against it
	normal, damped  blas64.Symmetric
	start, trial    Pose
}

// NewIK returns a solver on k in which everything may move.
func NewIK(k Kinematics) *IK {
	n := len(k.JointNames())
	s := &IK{MaxIterations: 30, Tolerance: 1e-4, k: k, nv: n + 6, damping: 1e-4}
	for j := 0; j < n; j++ {
		lo, hi := k.JointRange(j)
		s.min, s.max = append(s.min, lo), append(s.max, hi)
	}
	s.jac, s.step = make([]float64, 3*s.nv), make([]float64, s.nv)
	s.start.Q, s.trial.Q = make([]float64, n), make([]float64, n)
	all := make([]int, s.nv)
	for i := range all {
		all[i] = i
	}
	s.SetFree(all)
	return s
}

// SetFree says which velocity coordinates may move: 0-2 the root's position,
// 3-5 its orientation, 6+j joint j.
func (s *IK) SetFree(coords []int) {
	for _, c := range coords {
		if c < 0 || c >= s.nv {
			panic(fmt.Sprintf("motion: IK.SetFree: coordinate %d of %d", c, s.nv))
		}
	}
	n := len(coords)
	s.free = append(s.free[:0], coords...)
	s.grad, s.pinned, s.cols = make([]float64, n), make([]bool, n), make([]int, 0, n)
	s.normal = blas64.Symmetric{Uplo: blas.Upper, N: n, Stride: max(n, 1), Data: make([]float64, n*n)}
	s.damped = s.normal
	s.damped.Data = make([]float64, n*n)
}

// Solve moves p's free coordinates towards the targets, starting from p itself,
// and leaves the Kinematics at the result. It returns the weighted root mean
// square of the distances (m) and the number of steps tried.
func (s *IK) Solve(p *Pose, targets []Target) (rms float64, iterations int) {
	if len(p.Q) != s.nv-6 {
		panic(fmt.Sprintf("motion: IK.Solve: pose has %d joints, the body %d", len(p.Q), s.nv-6))
	}
	s.start.copyFrom(p)
	for j, q := range p.Q {
		s.start.Q[j] = min(max(q, s.min[j]), s.max[j])
	}
	p.copyFrom(&s.start)
	s.set(p)
	cost := s.cost(p, targets)
	var enough float64 // the cost of one micrometre at every target
	for i := range targets {
		enough += targets[i].Weight * 1e-12
	}
	for iterations < s.MaxIterations && len(s.free) > 0 {
		s.linearise(p, targets)
		better, tried := s.improve(p, targets, cost)
		iterations += tried
		if better >= cost*(1-s.Tolerance) || better < enough {
			break
		}
		cost = better
	}
	s.set(p)
	return s.distance(targets), iterations
}

func (s *IK) set(p *Pose) { s.k.SetPose(p.Pos, p.Quat, p.Q) }

// linearise fills normal and grad at the Kinematics' current pose p.
func (s *IK) linearise(p *Pose, targets []Target) {
	n := len(s.free)
	a := s.normal
	clear(a.Data)
	clear(s.grad)
	for i := range targets {
		if t := &targets[i]; t.Weight > 0 {
			s.addTarget(t, a.Data, n)
		}
	}
	for i, c := range s.free {
		if c >= 6 && s.RestWeight != nil {
			a.Data[i*n+i] += s.RestWeight[c-6]
			s.grad[i] += s.RestWeight[c-6] * (p.Q[c-6] - s.Rest[c-6])
		}
		a.Data[i*n+i] += s.Keep
		if s.Keep > 0 {
			s.grad[i] += s.Keep * s.moved(p, c)
		}
	}
	for i, c := range s.free {
		s.pinned[i] = c >= 6 && (p.Q[c-6] <= s.min[c-6] && s.grad[i] > 0 || p.Q[c-6] >= s.max[c-6] && s.grad[i] < 0)
	}
}

// addTarget adds one target to the upper triangle of the normal matrix a and to
// grad. Most columns of a point's Jacobian are zero: only its ancestors move it.
func (s *IK) addTarget(t *Target, a []float64, n int) {
	x := s.point(t)
	s.k.PointJacobian(t.Body, x, s.jac)
	jx, jy, jz := s.jac[:s.nv], s.jac[s.nv:2*s.nv], s.jac[2*s.nv:]
	s.cols = s.cols[:0]
	for i, c := range s.free {
		if jx[c] != 0 || jy[c] != 0 || jz[c] != 0 {
			s.cols = append(s.cols, i)
		}
	}
	ex, ey, ez := x[0]-t.Pos[0], x[1]-t.Pos[1], x[2]-t.Pos[2]
	for m, i := range s.cols {
		c := s.free[i]
		gx, gy, gz := t.Weight*jx[c], t.Weight*jy[c], t.Weight*jz[c]
		s.grad[i] += gx*ex + gy*ey + gz*ez
		for _, j := range s.cols[m:] {
			d := s.free[j]
			lo, hi := min(i, j), max(i, j)
			a[lo*n+hi] += gx*jx[d] + gy*jy[d] + gz*jz[d]
		}
	}
}

// improve tries steps from p with growing damping until one lowers the cost; it
// stores the pose in p and returns its cost, or p's own cost where none does.
func (s *IK) improve(p *Pose, targets []Target, cost float64) (better float64, tried int) {
	n := len(s.free)
	for tried = 1; tried <= 8; tried++ {
		d := s.damped.Data
		copy(d, s.normal.Data)
		for i := 0; i < n; i++ {
			if s.pinned[i] {
				for j := 0; j < n; j++ {
					d[min(i, j)*n+max(i, j)] = 0
				}
				d[i*n+i] = 1
				s.grad[i] = 0
				continue
			}
			d[i*n+i] += s.damping*d[i*n+i] + 1e-12
		}
		if factor, ok := lapack64.Potrf(s.damped); ok {
			s.advance(p, factor)
			s.set(&s.trial)
			if c := s.cost(&s.trial, targets); c < cost {
				s.damping = max(s.damping/5, 1e-9)
				p.copyFrom(&s.trial)
				return c, tried
			}
		}
		s.damping = min(s.damping*8, 1e3)
	}
	s.set(p)
	s.damping = 1e-4
	return cost, tried - 1
}

// advance puts into trial the pose p moved by the solved step: at most 20 mm
// and 0.5 rad per coordinate, joints inside their ranges.
func (s *IK) advance(p *Pose, factor blas64.Triangular) {
	n := len(s.free)
	copy(s.step, s.grad)
	lapack64.Potrs(factor, blas64.General{Rows: n, Cols: 1, Stride: 1, Data: s.step[:n]})
	s.trial.copyFrom(p)
	var turn [3]float64
	for i, c := range s.free {
		d := -s.step[i]
		switch {
		case c < 3:
			s.trial.Pos[c] += min(max(d, -0.02), 0.02)
		case c < 6:
			turn[c-3] = min(max(d, -0.5), 0.5)
		default:
			s.trial.Q[c-6] = min(max(p.Q[c-6]+min(max(d, -0.5), 0.5), s.min[c-6]), s.max[c-6])
		}
	}
	if turn != [3]float64{} {
		s.trial.Quat = quatUnit(quatMul(p.Quat, quatExp(turn)))
	}
}

// cost is the function that Solve minimises, at the Kinematics' current pose p.
func (s *IK) cost(p *Pose, targets []Target) float64 {
	var sum float64
	for i := range targets {
		if t := &targets[i]; t.Weight > 0 {
			x := s.point(t)
			dx, dy, dz := x[0]-t.Pos[0], x[1]-t.Pos[1], x[2]-t.Pos[2]
			sum += t.Weight * (dx*dx + dy*dy + dz*dz)
		}
	}
	for _, c := range s.free {
		if c >= 6 && s.RestWeight != nil {
			d := p.Q[c-6] - s.Rest[c-6]
			sum += s.RestWeight[c-6] * d * d
		}
		if s.Keep > 0 {
			d := s.moved(p, c)
			sum += s.Keep * d * d
		}
	}
	return sum
}

// moved is how far coordinate c of p is from where Solve started.
func (s *IK) moved(p *Pose, c int) float64 {
	switch {
	case c < 3:
		return p.Pos[c] - s.start.Pos[c]
	case c < 6:
		return quatLog(quatMul(quatConj(s.start.Quat), p.Quat))[c-3]
	}
	return p.Q[c-6] - s.start.Q[c-6]
}

func (s *IK) distance(targets []Target) float64 {
	var sum, weight float64
	for i := range targets {
		t := &targets[i]
		if t.Weight > 0 {
			x := s.point(t)
			dx, dy, dz := x[0]-t.Pos[0], x[1]-t.Pos[1], x[2]-t.Pos[2]
			sum += t.Weight * (dx*dx + dy*dy + dz*dz)
			weight += t.Weight
		}
	}
	if weight == 0 {
		return 0
	}
	return math.Sqrt(sum / weight)
}

// point is where the target's point is now, m, world.
func (s *IK) point(t *Target) [3]float64 {
	pos, q := s.k.BodyPose(t.Body)
	return add(pos, quatRotate(q, t.Offset))
}

func (p *Pose) copyFrom(src *Pose) {
	p.Pos, p.Quat = src.Pos, src.Quat
	copy(p.Q, src.Q)
}
