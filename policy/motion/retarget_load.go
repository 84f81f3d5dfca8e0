package motion

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"whisker/controller"
)

// load is what a clip asks of a robot's motors, as shares of what they may.
type load struct {
	speed, torque float64 // the largest of any joint
	speedJoint    string
	torqueJoint   string
}

// load takes joint speeds and, by inverse dynamics with the standing feet
// carrying the body, joint torques.
func (w *retargeter) load(c *Clip) load {
	b := w.q.b
	limit := make([]float64, len(b.Joints))
	for _, a := range b.Actuators {
		if a.Joint >= 0 {
			limit[a.Joint] = a.MaxTorque
		}
	}
	var l load
	f, acc := make([]float64, w.q.nv), make([]float64, w.q.nv)
	for i := range c.Poses {
		p, v := &c.Poses[i], &c.Twists[i]
		accelerate(c, i, acc)
		root := controller.Root{Pos: p.Pos, Quat: p.Quat, Vel: v.Vel, AngVel: v.AngVel}
		w.q.k.InverseDynamics(&root, p.Q, v.Qd, acc, f)
		w.standOn(i, f)
		for j := range b.Joints {
			if s := math.Abs(v.Qd[j]) / b.Joints[j].MaxVel; b.Joints[j].MaxVel > 0 && s > l.speed {
				l.speed, l.speedJoint = s, b.Joints[j].Name
			}
			if s := math.Abs(f[6+j]) / limit[j]; limit[j] > 0 && s > l.torque {
				l.torque, l.torqueJoint = s, b.Joints[j].Name
			}
		}
	}
	return l
}

// accelerate fills acc with the difference of the twists around frame f.
func accelerate(c *Clip, f int, acc []float64) {
	a, b := max(f-1, 0), min(f+1, c.Len()-1)
	x, y := &c.Twists[a], &c.Twists[b]
	k := c.Rate / float64(b-a)
	for i := range x.Vel {
		acc[i], acc[3+i] = k*(y.Vel[i]-x.Vel[i]), k*(y.AngVel[i]-x.AngVel[i])
	}
	for j := range x.Qd {
		acc[6+j] = k * (y.Qd[j] - x.Qd[j])
	}
}

// standOn takes the floor's forces off f: the smallest at the standing feet that
// carry the root, and none that pulls.
func (w *retargeter) standOn(frame int, f []float64) {
	var feet []int
	for leg := range w.feet {
		if w.feet[leg][frame].down {
			feet = append(feet, leg)
		}
	}
	for len(feet) > 0 {
		jacs, force := w.floorForces(feet, f)
		pulls := -1
		for i := range feet {
			if up := force.AtVec(3*i + 2); up < 0 && (pulls < 0 || up < force.AtVec(3*pulls+2)) {
				pulls = i
			}
		}
		if pulls >= 0 {
			feet = append(feet[:pulls], feet[pulls+1:]...)
			continue
		}
		for i := range feet {
			for c := 0; c < 3; c++ {
				for v := range f {
					f[v] -= jacs[i][c*w.q.nv+v] * force.AtVec(3*i+c)
				}
			}
		}
		return
	}
}

// floorForces solves for the forces (x, y, z per foot, N) by least squares over
// the root's six coordinates, moments weighed by the hip height; sideways forces
// cost more than upright ones, as friction bounds them.
func (w *retargeter) floorForces(feet []int, f []float64) (jacs [][]float64, force *mat.VecDense) {
	n := 3 * len(feet)
	a, rhs := mat.NewDense(6+n, n, nil), mat.NewVecDense(6+n, nil)
	for i, leg := range feet {
		t := &w.q.legs[leg].foot
		x := w.q.ik.point(t)
		x[2] -= w.q.legs[leg].radius
		jac := make([]float64, 3*w.q.nv)
		w.q.k.PointJacobian(t.Body, x, jac)
		jacs = append(jacs, jac)
		for c := 0; c < 3; c++ {
			for v := 0; v < 6; v++ {
				weight := 1.0
				if v >= 3 {
					weight = 1 / w.q.hip
				}
				a.Set(v, 3*i+c, weight*jac[c*w.q.nv+v])
				rhs.SetVec(v, weight*f[v])
			}
			cost := 0.02
			if c < 2 {
				cost = 0.06
			}
			a.Set(6+3*i+c, 3*i+c, cost)
		}
	}
	force = mat.NewVecDense(n, nil)
	if err := force.SolveVec(a, rhs); err != nil {
		force.Zero()
	}
	return jacs, force
}
