package policy

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"whisker/controller"
	"whisker/policy/motion"
)

// Bounds by which a foot of the reference counts as standing, and on how far the
// feed-forward may shift a servo.
const (
	stanceHeight = 0.006 // m, lowest point of the foot
	stanceSpeed  = 0.20  // m/s
	maxOffset    = 0.5   // rad
)

// feedForward computes what a servo must be told so that its joint follows the
// reference under load. Without it the body sags by a few hundredths of a
// radian and lags by the filter's 40 ms, enough to tip a rat over.
type feedForward struct {
	body *controller.Body
	k    motion.Kinematics
	feet []int
	nv   int

	points [][3]float64 // where each foot touches, this frame
	jac    []float64
	moment []float64
	qfrc   []float64
	acc    []float64
}

func newFeedForward(b *controller.Body, k motion.Kinematics) *feedForward {
	nv := 6 + len(b.Joints)
	return &feedForward{
		body: b, k: k, nv: nv, points: make([][3]float64, len(b.Feet)), jac: make([]float64, 3*nv),
		moment: make([]float64, len(b.Actuators)*nv), qfrc: make([]float64, nv), acc: make([]float64, nv),
	}
}

// prepare fills Act, Stance, Torque and Command of r.
func (ff *feedForward) prepare(r *Reference) error {
	if n := len(ff.k.JointNames()); n != len(ff.body.Joints) {
		return fmt.Errorf("policy: the kinematics have %d joints, body %s has %d", n, ff.body.Name, len(ff.body.Joints))
	}
	for _, name := range ff.body.Feet {
		id, ok := ff.k.BodyID(name)
		if !ok {
			return fmt.Errorf("policy: the kinematics lack foot %s of body %s", name, ff.body.Name)
		}
		ff.feet = append(ff.feet, id)
	}
	offsets := make([][]float64, r.Len())
	for f := range offsets {
		r.Torque = append(r.Torque, make([]float64, len(ff.body.Actuators)))
		offsets[f] = make([]float64, len(ff.body.Actuators))
		ff.load(r, f, r.Torque[f], offsets[f])
	}
	smooth(r.Torque)
	smooth(offsets)
	ff.command(r, offsets)
	return nil
}

// geometry fills Act, Stance and Feet of frame f, and leaves the kinematics at its pose. A foot
// stands whose lowest point is down and slow, however fast the rest of it turns over its toes.
func (ff *feedForward) geometry(r *Reference, f int) {
	ff.contactPoints(&r.Poses[f])
	act := make([]float64, len(ff.body.Actuators))
	ff.k.ActuatorLengths(act)
	down, at := make([]bool, len(ff.feet)), make([][3]float64, len(ff.feet))
	for i, id := range ff.feet {
		at[i], _ = ff.k.BodyPose(id)
		down[i] = ff.points[i][2] < stanceHeight && ff.slip(&r.Twists[f], i) < stanceSpeed
	}
	r.Act, r.Stance, r.Feet = append(r.Act, act), append(r.Stance, down), append(r.Feet, at)
}

// slip is how fast the lowest point of a foot goes, m/s.
func (ff *feedForward) slip(t *motion.Twist, foot int) float64 {
	ff.k.PointJacobian(ff.feet[foot], ff.points[foot], ff.jac)
	v := slices.Concat(t.Vel[:], t.AngVel[:], t.Qd)
	var speed mat.VecDense
	speed.MulVec(mat.NewDense(3, ff.nv, ff.jac), mat.NewVecDense(ff.nv, v))
	return mat.Norm(&speed, 2)
}

// contactPoints finds where each foot is lowest: tipping the whole body by a
// small angle about x raises its lowest point by the angle times its y, and
// likewise about y, so that two pairs of tips give the point.
func (ff *feedForward) contactPoints(p *motion.Pose) {
	const tip = 1e-3
	tipped := func(axis int, angle float64) []float64 {
		q := [4]float64{1, 0, 0, 0}
		q[axis] = angle / 2
		ff.k.SetPose(p.Pos, mul(q, p.Quat), p.Q)
		z := make([]float64, len(ff.feet))
		for i, id := range ff.feet {
			z[i] = ff.k.LowestPoint(id)
		}
		return z
	}
	xp, xm, yp, ym := tipped(1, tip), tipped(1, -tip), tipped(2, tip), tipped(2, -tip)
	ff.k.SetPose(p.Pos, p.Quat, p.Q)
	for i, id := range ff.feet {
		y, x := (xp[i]-xm[i])/(2*tip), -(yp[i]-ym[i])/(2*tip)
		ff.points[i] = [3]float64{p.Pos[0] + x, p.Pos[1] + y, ff.k.LowestPoint(id)}
	}
}

// load computes the geometry and the actuator torques of frame f, N·m, and the servo
// offsets that give them, rad.
func (ff *feedForward) load(r *Reference, f int, torque, offset []float64) {
	p, root := &r.Poses[f], r.Root(f)
	ff.acceleration(r, f)
	ff.k.InverseDynamics(&root, p.Q, r.Twists[f].Qd, ff.acc, ff.qfrc)
	ff.geometry(r, f)
	ff.k.ActuatorMoment(ff.moment)
	ff.standOn(r.Stance[f])
	ff.distribute(torque, offset)
}

// acceleration fills acc with central differences of the twists.
func (ff *feedForward) acceleration(r *Reference, f int) {
	a, b := max(f-1, 0), min(f+1, r.Len()-1)
	wa, wb := &r.Twists[a], &r.Twists[b]
	k := 1 / (float64(b-a) * ff.body.Period.Seconds())
	for i := range 3 {
		ff.acc[i] = k * (wb.Vel[i] - wa.Vel[i])
		ff.acc[3+i] = k * (wb.AngVel[i] - wa.AngVel[i])
	}
	for j := range wa.Qd {
		ff.acc[6+j] = k * (wb.Qd[j] - wa.Qd[j])
	}
}

// standOn takes the ground forces off qfrc: the smallest forces at the standing
// feet that carry the root, pushing only.
func (ff *feedForward) standOn(stance []bool) {
	use := append([]bool(nil), stance...)
	for {
		force, feet := ff.groundForces(use)
		pulled := -1
		for i := range feet {
			if up := force.AtVec(3*i + 2); up < 0 && (pulled < 0 || up < force.AtVec(3*pulled+2)) {
				pulled = i
			}
		}
		if pulled >= 0 {
			use[feet[pulled]] = false
			continue
		}
		for i, foot := range feet {
			ff.k.PointJacobian(ff.feet[foot], ff.points[foot], ff.jac)
			for c := range 3 {
				for v := range ff.nv {
					ff.qfrc[v] -= ff.jac[c*ff.nv+v] * force.AtVec(3*i+c)
				}
			}
		}
		return
	}
}

// groundForces solves for the forces (x, y, z per used foot, N) by least squares
// over the six root coordinates; moments are weighed by a lever of 30 mm, and
// forces along the ground cost more than forces on it, as friction is bounded.
func (ff *feedForward) groundForces(use []bool) (*mat.VecDense, []int) {
	var feet []int
	for i, u := range use {
		if u {
			feet = append(feet, i)
		}
	}
	n := 3 * len(feet)
	if n == 0 {
		return nil, nil
	}
	a, rhs := mat.NewDense(6+n, n, nil), mat.NewVecDense(6+n, nil)
	const lever = 0.03
	for i, foot := range feet {
		ff.k.PointJacobian(ff.feet[foot], ff.points[foot], ff.jac)
		for c := range 3 {
			for v := range 6 {
				w := 1.0
				if v >= 3 {
					w = 1 / lever
				}
				a.Set(v, 3*i+c, w*ff.jac[c*ff.nv+v])
				rhs.SetVec(v, w*ff.qfrc[v])
			}
			damp := 0.05
			if c < 2 {
				damp = 0.15
			}
			a.Set(6+3*i+c, 3*i+c, damp)
		}
	}
	x := mat.NewVecDense(n, nil)
	if err := x.SolveVec(a, rhs); err != nil {
		x.Zero()
	}
	return x, feet
}

// distribute finds the servo offsets (rad) whose torques give the joint forces
// in qfrc, by regularised least squares, as tendons share joints.
func (ff *feedForward) distribute(torque, offset []float64) {
	n := len(ff.body.Actuators)
	normal, rhs := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
	const damp = 1e-4 // (N·m/rad)^2
	for i := range n {
		gi := ff.gain(i)
		mi := ff.moment[i*ff.nv : (i+1)*ff.nv]
		for j := i; j < n; j++ {
			normal.SetSym(i, j, gi*ff.gain(j)*dot(mi[6:], ff.moment[j*ff.nv+6:(j+1)*ff.nv]))
		}
		normal.SetSym(i, i, normal.At(i, i)+damp)
		rhs.SetVec(i, gi*dot(mi[6:], ff.qfrc[6:]))
	}
	var chol mat.Cholesky
	x := mat.NewVecDense(n, nil)
	if !chol.Factorize(normal) || chol.SolveVecTo(x, rhs) != nil {
		return
	}
	for i := range n {
		offset[i] = max(-maxOffset, min(maxOffset, x.AtVec(i)))
		torque[i] = ff.gain(i) * offset[i]
	}
}

// gain is the stiffness of actuator i, N·m/rad; a torque drive has none, so that
// its torque limit stands for one radian.
func (ff *feedForward) gain(i int) float64 {
	a := &ff.body.Actuators[i]
	if a.Drive == controller.DriveTorque || a.Kp == 0 {
		return a.MaxTorque
	}
	return a.Kp
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

// smooth runs the filter 1 2 1 twice over time: stance changes step the forces.
func smooth(series [][]float64) {
	n := len(series)
	for range 2 {
		prev := append([]float64(nil), series[0]...)
		for f := range n {
			cur := append([]float64(nil), series[f]...)
			next := series[min(f+1, n-1)]
			for i := range cur {
				series[f][i] = (prev[i] + 2*cur[i] + next[i]) / 4
			}
			prev = cur
		}
	}
}

// command inverts the servo filters exactly: over one period dt the set point a
// moves by (c - a)(1 - exp(-dt/tau)) towards the command c.
func (ff *feedForward) command(r *Reference, offsets [][]float64) {
	dt := ff.body.Period.Seconds()
	for f := range r.Act {
		next := min(f+1, r.Len()-1)
		c := make([]float64, len(r.Act[f]))
		for i := range c {
			a := &ff.body.Actuators[i]
			now, then := r.Act[f][i]+offsets[f][i], r.Act[next][i]+offsets[next][i]
			c[i] = now
			if a.FilterTau > 0 {
				c[i] += (then - now) / (1 - math.Exp(-dt/a.FilterTau))
			}
			c[i] = max(a.Min, min(a.Max, c[i]))
		}
		r.Command = append(r.Command, c)
	}
}
