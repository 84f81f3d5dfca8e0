package motion

import (
	"fmt"
	"math"

	"whisker/controller"
)

// quadruped is a robot with four legs of three joints, as retargeting sees it.
type quadruped struct {
	k      Kinematics
	b      *controller.Body
	ik     *IK
	joints []string
	stand  Pose
	hip    float64 // mean height of the legs' roots when standing, m
	legs   [4]leg  // in the order of the rat's paws
	down   float64 // pitch that it reaches standing on four feet, rad
	up     float64
	nv     int
}

// leg is one of its legs. The foot is taken for a sphere.
type leg struct {
	foot   Target
	knee   Target     // the axis of its last joint
	radius float64    // m
	home   [2]float64 // of the foot under a standing trunk, m
	stride float64    // how far from home the foot may be on the floor, m
	joints []int
}

// newQuadruped finds the legs by where the feet are when the robot stands.
func newQuadruped(k Kinematics, b *controller.Body) (*quadruped, error) {
	q := &quadruped{k: k, b: b, ik: NewIK(k), joints: k.JointNames(), nv: 6 + len(k.JointNames())}
	if len(b.Feet) != 4 || len(q.joints) != 12 || len(b.Joints) != 12 {
		return nil, fmt.Errorf("body %s has %d feet and %d joints, want a robot with 4 legs of 3", b.Name, len(b.Feet), len(b.Joints))
	}
	q.stand = Pose{Quat: [4]float64{1, 0, 0, 0}, Q: append([]float64(nil), b.Stand...)}
	k.SetPose(q.stand.Pos, q.stand.Quat, q.stand.Q)
	found, height := 0, 0.0
	for _, name := range b.Feet {
		id, ok := k.BodyID(name)
		if !ok {
			return nil, fmt.Errorf("the kinematics of %s lack its foot %s", b.Name, name)
		}
		l := q.legOf(id)
		at := q.ik.point(&l.foot)
		i := leftHind
		if at[0] > 0 {
			i = leftFore
		}
		if at[1] < 0 {
			i++
		}
		found |= 1 << i
		l.home = [2]float64{at[0], at[1]}
		q.legs[i] = l
		height += (l.radius - at[2]) / 4
	}
	q.stand.Pos[2] = height
	if found != 15 {
		return nil, fmt.Errorf("the feet of %s do not stand one in each quarter around its root", b.Name)
	}
	q.ik.Rest, q.ik.RestWeight = append([]float64(nil), b.Stand...), make([]float64, len(q.joints))
	free := make([]int, len(q.joints))
	for j := range free {
		free[j], q.ik.RestWeight[j] = 6+j, 1e-7
	}
	q.ik.SetFree(free)
	q.ik.Tolerance, q.ik.MaxIterations = 1e-6, 25
	q.measure()
	return q, nil
}

// legOf describes the leg whose foot is a body, in the standing pose: the sphere
// that is lowest there. Tipping the robot by an angle lowers the sphere's bottom
// by what its centre moves, its radius staying, so three tips tell all.
func (q *quadruped) legOf(body int) leg {
	const tip = 0.2
	low := func(axis int, angle float64) float64 {
		var v [3]float64
		v[axis] = angle
		q.k.SetPose([3]float64{}, quatExp(v), q.stand.Q)
		return q.k.LowestPoint(body)
	}
	s, c := math.Sincos(tip)
	level := low(0, 0)
	xp, xm, yp, ym := low(0, tip), low(0, -tip), low(1, tip), low(1, -tip)
	centre := [3]float64{(ym - yp) / (2 * s), (xp - xm) / (2 * s), (level - (xp+xm+yp+ym)/4) / (1 - c)}
	q.k.SetPose(q.stand.Pos, q.stand.Quat, q.stand.Q)
	pos, quat := q.k.BodyPose(body)
	l := leg{radius: centre[2] - level, foot: Target{Body: body, Offset: quatRotate(quatConj(quat), sub(centre, pos)), Weight: 1}}
	jac := make([]float64, 3*q.nv)
	q.k.PointJacobian(body, centre, jac)
	for j := range q.joints {
		if math.Abs(jac[6+j])+math.Abs(jac[q.nv+6+j])+math.Abs(jac[2*q.nv+6+j]) > 1e-6 {
			l.joints = append(l.joints, j)
		}
	}
	if n := len(l.joints); n > 0 {
		knee := add(centre, q.axis(body, centre, l.joints[n-1]))
		l.knee = Target{Body: body, Offset: quatRotate(quatConj(quat), sub(knee, pos)), Weight: 1}
	}
	return l
}

// axis is the way from a point of a body to the axis of a joint that moves it: the
// point's velocity is c = a x -d, which three velocities tell.
func (q *quadruped) axis(body int, at [3]float64, joint int) [3]float64 {
	jac := make([]float64, 3*q.nv)
	velocity := func(p [3]float64) (v [3]float64) {
		q.k.PointJacobian(body, p, jac)
		for i := range v {
			v[i] = jac[i*q.nv+6+joint]
		}
		return v
	}
	c := velocity(at)
	x, y := sub(velocity(add(at, [3]float64{1, 0, 0})), c), sub(velocity(add(at, [3]float64{0, 1, 0})), c)
	a := [3]float64{y[2], -x[2], x[1]} // of unit length
	return cross(a, c)
}

// kneeRoom is how high the knees stay above the floor, in hip heights: a leg is
// about half as thick.
const kneeRoom = 0.15

// sunk is how far the lowest knee of the current pose is below its room, m.
func (q *quadruped) sunk() (deep float64) {
	for i := range q.legs {
		deep = math.Max(deep, kneeRoom*q.hip-q.ik.point(&q.legs[i].knee)[2])
	}
	return deep
}

// crouch is the height, as a share of standing, down to which a long step may
// bring the trunk.
const crouch = 0.85

// measure finds how high the hips stand, how far a foot reaches and how far the
// robot pitches with its feet at home.
func (q *quadruped) measure() {
	q.hip = q.stand.Pos[2]
	for i := range q.legs {
		l := &q.legs[i]
		l.stride = 0
		for far := 0.02; far < q.hip; far += 0.01 {
			if q.miss(crouch*q.stand.Pos[2], 0, i, far) > 0.002 || q.miss(crouch*q.stand.Pos[2], 0, i, -far) > 0.002 {
				break
			}
			l.stride = 0.9 * far
		}
	}
	q.up, q.down = q.pitchReach(1), q.pitchReach(-1)
}

// pitchReach is how far the trunk pitches up (sign 1) or down (-1) with all feet
// at home, at the height that suits it best.
func (q *quadruped) pitchReach(sign float64) float64 {
	reach := 0.0
	for pitch := 0.05; pitch < 1.3; pitch += 0.05 {
		ok := false
		for h := 0.55; h <= 1.1 && !ok; h += 0.05 {
			ok = q.miss(h*q.stand.Pos[2], sign*pitch, -1, 0) < 0.002 && q.sunk() == 0
		}
		if !ok {
			break
		}
		reach = pitch
	}
	return reach
}

// miss is how far the feet stay from home at a height and pitch of the trunk, m;
// one leg's home is moved ahead by far.
func (q *quadruped) miss(height, pitch float64, moved int, far float64) float64 {
	p := Pose{Pos: [3]float64{0, 0, height}, Quat: quatExp([3]float64{0, -pitch, 0}), Q: append([]float64(nil), q.stand.Q...)}
	var targets []Target
	for i := range q.legs {
		t := q.legs[i].foot
		t.Pos = [3]float64{q.legs[i].home[0], q.legs[i].home[1], q.legs[i].radius}
		if i == moved {
			t.Pos[0] += far
		}
		targets = append(targets, t)
	}
	q.ik.Solve(&p, targets)
	worst := 0.0
	for i := range targets {
		worst = math.Max(worst, length(sub(q.ik.point(&targets[i]), targets[i].Pos)))
	}
	return worst
}

// reachable bends a pitch (rad) to what the robot reaches on four feet: its own
// up to most of the reach, then ever less.
func (q *quadruped) reachable(pitch float64) float64 {
	limit := 0.9 * q.up
	if pitch < 0 {
		limit = 0.9 * q.down
	}
	linear := pitchLinear * limit
	over := math.Abs(pitch) - linear
	if over <= 0 {
		return pitch
	}
	return math.Copysign(linear+(limit-linear)*math.Tanh(over/(limit-linear)), pitch)
}
