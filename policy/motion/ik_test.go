package motion

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// arm is a chain of equal links on a free root: joint i turns link i about y
// (even) or z (odd) of the link before it. It stands in for a body where only
// the solver is tested.
type arm struct {
	Kinematics
	links int
	reach float64
	pos   [][3]float64 // of each link's base; the last entry is the tip
	rot   [][4]float64
	axes  [][3]float64 // of each joint, world
}

func newArm(links int) *arm {
	a := &arm{links: links, reach: 1}
	a.SetPose([3]float64{}, [4]float64{1, 0, 0, 0}, make([]float64, links))
	return a
}

func (a *arm) JointNames() []string {
	names := make([]string, a.links)
	for i := range names {
		names[i] = fmt.Sprint("joint", i)
	}
	return names
}

func (a *arm) JointRange(int) (float64, float64) { return -a.reach, a.reach }

func (a *arm) SetPose(pos [3]float64, q [4]float64, joints []float64) {
	a.pos, a.rot, a.axes = [][3]float64{pos}, [][4]float64{q}, nil
	for i, angle := range joints {
		axis := [3]float64{0, 1, 0}
		if i%2 == 1 {
			axis = [3]float64{0, 0, 1}
		}
		a.axes = append(a.axes, quatRotate(q, axis))
		q = quatMul(q, quatExp([3]float64{angle * axis[0], angle * axis[1], angle * axis[2]}))
		d := quatRotate(q, [3]float64{0.03, 0, 0})
		pos = [3]float64{pos[0] + d[0], pos[1] + d[1], pos[2] + d[2]}
		a.pos, a.rot = append(a.pos, pos), append(a.rot, q)
	}
}

func (a *arm) BodyPose(b int) ([3]float64, [4]float64) { return a.pos[b], a.rot[b] }

func (a *arm) PointJacobian(body int, p [3]float64, jac []float64) {
	clear(jac)
	nv := a.links + 6
	put := func(c int, axis, at [3]float64) {
		r := [3]float64{p[0] - at[0], p[1] - at[1], p[2] - at[2]}
		jac[c] = axis[1]*r[2] - axis[2]*r[1]
		jac[nv+c] = axis[2]*r[0] - axis[0]*r[2]
		jac[2*nv+c] = axis[0]*r[1] - axis[1]*r[0]
	}
	for i := 0; i < 3; i++ {
		jac[i*nv+i] = 1
		var axis [3]float64
		axis[i] = 1
		put(3+i, quatRotate(a.rot[0], axis), a.pos[0])
	}
	for i := 0; i < body; i++ {
		put(6+i, a.axes[i], a.pos[i])
	}
}

func randomArm(r *rand.Rand, links int) *Pose {
	p := &Pose{Q: make([]float64, links)}
	p.Quat = quatMul([4]float64{1, 0, 0, 0}, quatExp([3]float64{r.Float64() - .5, r.Float64() - .5, r.Float64() - .5}))
	for i := range p.Q {
		p.Q[i] = 1.6*r.Float64() - 0.8
	}
	return p
}

// targetsOf are the places of a few points on each of bodies in pose p.
func targetsOf(a *arm, p *Pose, bodies ...int) []Target {
	a.SetPose(p.Pos, p.Quat, p.Q)
	var ts []Target
	for _, b := range bodies {
		for _, o := range [][3]float64{{0.01, 0, 0}, {0, 0.01, 0.005}, {0, -0.005, 0.01}} {
			pos, q := a.BodyPose(b)
			ts = append(ts, Target{Body: b, Offset: o, Weight: 1, Pos: add(pos, quatRotate(q, o))})
		}
	}
	return ts
}

func TestIKFindsAPoseThatReachesTheTargets(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for trial := 0; trial < 20; trial++ {
		a := newArm(6)
		want := randomArm(r, 6)
		ts := targetsOf(a, want, 0, 2, 4, 6)
		p := &Pose{Quat: [4]float64{1, 0, 0, 0}, Q: make([]float64, 6)}
		ik := NewIK(a)
		ik.MaxIterations = 100
		rms, n := ik.Solve(p, ts)
		if rms > 1e-5 {
			t.Errorf("trial %d: %.2g m left after %d steps", trial, rms, n)
		}
		for j := range p.Q {
			if math.Abs(p.Q[j]-want.Q[j]) > 1e-2 {
				t.Errorf("trial %d: joint %d is %.4f, was made with %.4f", trial, j, p.Q[j], want.Q[j])
			}
		}
	}
}

func TestIKKeepsJointsInsideTheirRanges(t *testing.T) {
	a := newArm(6)
	ts := targetsOf(a, &Pose{Quat: [4]float64{1, 0, 0, 0}, Q: []float64{0.8, -0.8, 0.8, 0.1, 0.8, 0.8}}, 6)
	a.reach = 0.3
	p := &Pose{Quat: [4]float64{1, 0, 0, 0}, Q: make([]float64, 6)}
	ik := NewIK(a)
	ik.SetFree([]int{6, 7, 8, 9, 10, 11})
	ik.MaxIterations = 0
	before, _ := ik.Solve(p, ts)
	ik.MaxIterations = 100
	after, _ := ik.Solve(p, ts)
	if after < 1e-3 || after > 0.7*before {
		t.Errorf("targets out of reach: %.4f m left of %.4f", after, before)
	}
	for j, q := range p.Q {
		if q < -0.3 || q > 0.3 {
			t.Errorf("joint %d is %.3f, outside +-0.3 rad", j, q)
		}
	}
}

func TestIKMovesOnlyWhatIsFree(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	a := newArm(6)
	ts := targetsOf(a, randomArm(r, 6), 6)
	p := &Pose{Pos: [3]float64{0.01, 0, 0}, Quat: [4]float64{1, 0, 0, 0}, Q: make([]float64, 6)}
	ik := NewIK(a)
	ik.SetFree([]int{6 + 2, 6 + 3})
	ik.Solve(p, ts)
	if p.Pos != [3]float64{0.01, 0, 0} || p.Quat != [4]float64{1, 0, 0, 0} || p.Q[0] != 0 || p.Q[5] != 0 {
		t.Errorf("a locked coordinate moved: %+v", p)
	}
	if p.Q[2] == 0 || p.Q[3] == 0 {
		t.Errorf("a free joint did not move: %+v", p)
	}
}

func TestIKRestDecidesWhatTargetsLeaveFree(t *testing.T) {
	a := newArm(6)
	ik := NewIK(a)
	ik.Rest, ik.RestWeight = []float64{0.1, 0.2, 0.3, 0.1, -0.2, -0.3}, make([]float64, 6)
	for j := range ik.RestWeight {
		ik.RestWeight[j] = 1e-8
	}
	p := &Pose{Quat: [4]float64{1, 0, 0, 0}, Q: make([]float64, 6)}
	root := targetsOf(a, p, 0)
	ik.Solve(p, root)
	for j := range p.Q {
		if math.Abs(p.Q[j]-ik.Rest[j]) > 1e-3 {
			t.Errorf("joint %d rests at %.4f, not at %.4f", j, p.Q[j], ik.Rest[j])
		}
	}
}

func TestIKWarmStartTakesFewSteps(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	a := newArm(8)
	p := randomArm(r, 8)
	next := &Pose{Pos: [3]float64{0.002, 0, 0}, Quat: p.Quat, Q: append([]float64(nil), p.Q...)}
	for j := range next.Q {
		next.Q[j] += 0.02
	}
	ts := targetsOf(a, next, 2, 5, 8)
	rms, n := NewIK(a).Solve(p, ts)
	if rms > 1e-4 || n > 6 {
		t.Errorf("%.2g m after %d steps, want < 0.1 mm within 6", rms, n)
	}
}

func TestIKPanicsOnAPoseOfAnotherBody(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a pose with the wrong number of joints was accepted")
		}
	}()
	NewIK(newArm(6)).Solve(&Pose{Quat: [4]float64{1, 0, 0, 0}, Q: make([]float64, 5)}, nil)
}
