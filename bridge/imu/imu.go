// Package imu tells orientation from a gyroscope and an accelerometer, for
// robots whose own controller does not.
//
// In flow samples in the chip's frame (rad/s, m/s²) and the time since the last
// one; out flow the orientation as a quaternion (w, x, y, z; body to world, yaw
// that of power-on) and both vectors in the body's frame. It is the explicit
// complementary filter of R. Mahony, T. Hamel, J.-M. Pflimlin, Nonlinear
// complementary filters on the special orthogonal group, IEEE Trans. Automatic
// Control 53(5), 2008, equations 48a-c with one direction, gravity.
// firmware/imu.c is the same filter; firmware/test/testdata/imu.txt holds both to it.
package imu

import "math"

const (
	kp      = 1.0  // 1/s: the tilt follows the accelerometer in about a second
	ki      = 0.05 // 1/s²: a bias of the gyroscope is learnt in about 20 s
	maxBias = 0.1  // rad/s
	trust   = 0.2  // how far the norm of the acceleration may be from g to tell gravity
	gravity = 9.81
)

// Filter is the state of one sensor's orientation. Make it with New.
type Filter struct {
	Quat [4]float64 // w, x, y, z; body to world
	Gyro [3]float64 // the newest sample in the body's frame, bias not taken off
	Acc  [3]float64 // the same: specific force, +9.81 on z at rest

	bias     [3]float64
	mounting [4]float64
	primed   bool
}

// New makes a filter. Mounting is the unit quaternion that turns the chip's
// frame into the body's.
func New(mounting [4]float64) Filter { return Filter{Quat: [4]float64{1}, mounting: mounting} }

// Update takes a sample that is dt seconds after the last one. It is false, and
// nothing changes, for a sample with a value that is no finite number.
func (f *Filter) Update(gyro, acc [3]float64, dt float64) bool {
	for i := range 3 {
		if gyro[i]-gyro[i] != 0 || acc[i]-acc[i] != 0 {
			return false
		}
	}
	f.Gyro, f.Acc = turn(f.mounting, gyro), turn(f.mounting, acc)
	var lean [3]float64
	if n := norm(f.Acc); math.Abs(n-gravity) < trust*gravity {
		a := [3]float64{f.Acc[0] / n, f.Acc[1] / n, f.Acc[2] / n}
		if !f.primed {
			f.prime(a)
		}
		lean = cross(a, up(f.Quat))
	}
	var rate [3]float64
	for i := range rate {
		f.bias[i] = max(-maxBias, min(maxBias, f.bias[i]-ki*lean[i]*dt))
		rate[i] = f.Gyro[i] - f.bias[i] + kp*lean[i]
	}
	f.integrate(rate, dt)
	return true
}

// prime sets the tilt that the accelerometer shows, with no yaw: the shortest
// turn that brings a to z. Upside down there is no shortest one: a turn about x.
func (f *Filter) prime(a [3]float64) {
	f.Quat = unit([4]float64{1 + a[2], a[1], -a[0], 0})
	if 1+a[2] < 1e-3 {
		f.Quat = [4]float64{0, 1, 0, 0}
	}
	f.primed = true
}

// integrate turns by a rate that is constant for dt.
func (f *Filter) integrate(rate [3]float64, dt float64) {
	h := norm(rate) * dt / 2
	s := dt / 2 // sin(h)/h is 1 for small h
	if h > 1e-9 {
		s *= math.Sin(h) / h
	}
	q, c := f.Quat, math.Cos(h)
	x, y, z := s*rate[0], s*rate[1], s*rate[2]
	f.Quat = unit([4]float64{
		q[0]*c - q[1]*x - q[2]*y - q[3]*z,
		q[1]*c + q[0]*x + q[2]*z - q[3]*y,
		q[2]*c + q[0]*y + q[3]*x - q[1]*z,
		q[3]*c + q[0]*z + q[1]*y - q[2]*x,
	})
}

// up is the world's z in the body's frame.
func up(q [4]float64) [3]float64 {
	return [3]float64{2 * (q[1]*q[3] - q[0]*q[2]), 2 * (q[2]*q[3] + q[0]*q[1]), 1 - 2*(q[1]*q[1]+q[2]*q[2])}
}

func turn(q [4]float64, v [3]float64) [3]float64 {
	axis := [3]float64{q[1], q[2], q[3]}
	t := cross(axis, v)
	for i := range t {
		t[i] *= 2
	}
	u := cross(axis, t)
	return [3]float64{v[0] + q[0]*t[0] + u[0], v[1] + q[0]*t[1] + u[1], v[2] + q[0]*t[2] + u[2]}
}

func cross(a, b [3]float64) [3]float64 {
	return [3]float64{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

func norm(v [3]float64) float64 { return math.Sqrt(v[0]*v[0] + v[1]*v[1] + v[2]*v[2]) }

func unit(q [4]float64) [4]float64 {
	n := math.Sqrt(q[0]*q[0] + q[1]*q[1] + q[2]*q[2] + q[3]*q[3])
	return [4]float64{q[0] / n, q[1] / n, q[2] / n, q[3] / n}
}
