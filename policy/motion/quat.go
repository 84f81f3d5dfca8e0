package motion

import "math"

// Quaternions are w, x, y, z; unit ones turn body into world coordinates.

// quatMul is the product a b.
func quatMul(a, b [4]float64) [4]float64 {
	return [4]float64{
		a[0]*b[0] - a[1]*b[1] - a[2]*b[2] - a[3]*b[3],
		a[0]*b[1] + a[1]*b[0] + a[2]*b[3] - a[3]*b[2],
		a[0]*b[2] - a[1]*b[3] + a[2]*b[0] + a[3]*b[1],
		a[0]*b[3] + a[1]*b[2] - a[2]*b[1] + a[3]*b[0],
	}
}

// quatConj is the inverse of a unit quaternion.
func quatConj(q [4]float64) [4]float64 { return [4]float64{q[0], -q[1], -q[2], -q[3]} }

func quatNorm(q [4]float64) float64 {
	return math.Sqrt(q[0]*q[0] + q[1]*q[1] + q[2]*q[2] + q[3]*q[3])
}

// quatUnit scales q to length one.
func quatUnit(q [4]float64) [4]float64 {
	n := quatNorm(q)
	return [4]float64{q[0] / n, q[1] / n, q[2] / n, q[3] / n}
}

func quatDot(a, b [4]float64) float64 {
	return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] + a[3]*b[3]
}

// quatRotate turns v by q.
func quatRotate(q [4]float64, v [3]float64) [3]float64 {
	t := cross([3]float64{q[1], q[2], q[3]}, v)
	t = [3]float64{2 * t[0], 2 * t[1], 2 * t[2]}
	u := cross([3]float64{q[1], q[2], q[3]}, t)
	return [3]float64{v[0] + q[0]*t[0] + u[0], v[1] + q[0]*t[1] + u[1], v[2] + q[0]*t[2] + u[2]}
}

// quatExp is the rotation by the vector r (axis times angle, rad).
func quatExp(r [3]float64) [4]float64 {
	a := math.Sqrt(r[0]*r[0] + r[1]*r[1] + r[2]*r[2])
	if a < 1e-12 {
		return quatUnit([4]float64{1, r[0] / 2, r[1] / 2, r[2] / 2})
	}
	s := math.Sin(a/2) / a
	return [4]float64{math.Cos(a / 2), s * r[0], s * r[1], s * r[2]}
}

// quatLog is the rotation vector of a unit quaternion, at most pi long.
func quatLog(q [4]float64) [3]float64 {
	if q[0] < 0 {
		q = [4]float64{-q[0], -q[1], -q[2], -q[3]}
	}
	s := math.Sqrt(q[1]*q[1] + q[2]*q[2] + q[3]*q[3])
	if s < 1e-12 {
		return [3]float64{2 * q[1], 2 * q[2], 2 * q[3]}
	}
	k := 2 * math.Atan2(s, q[0]) / s
	return [3]float64{k * q[1], k * q[2], k * q[3]}
}

// quatAngle is the angle between two orientations, rad.
func quatAngle(a, b [4]float64) float64 { return length(quatLog(quatMul(quatConj(a), b))) }

// quatSlerp goes the short way from a (f = 0) to b (f = 1).
func quatSlerp(a, b [4]float64, f float64) [4]float64 {
	r := quatLog(quatMul(quatConj(a), b))
	return quatMul(a, quatExp([3]float64{f * r[0], f * r[1], f * r[2]}))
}

func cross(a, b [3]float64) [3]float64 {
	return [3]float64{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

func sub(a, b [3]float64) [3]float64 { return [3]float64{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }

func add(a, b [3]float64) [3]float64 { return [3]float64{a[0] + b[0], a[1] + b[1], a[2] + b[2]} }

func length(v [3]float64) float64 { return math.Sqrt(v[0]*v[0] + v[1]*v[1] + v[2]*v[2]) }
