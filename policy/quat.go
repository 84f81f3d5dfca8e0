package policy

import "math"

// conj is the inverse of a unit quaternion.
func conj(q [4]float64) [4]float64 { return [4]float64{q[0], -q[1], -q[2], -q[3]} }

// mul is the product a b of two quaternions.
func mul(a, b [4]float64) [4]float64 {
	return [4]float64{
		a[0]*b[0] - a[1]*b[1] - a[2]*b[2] - a[3]*b[3],
		a[0]*b[1] + a[1]*b[0] + a[2]*b[3] - a[3]*b[2],
		a[0]*b[2] - a[1]*b[3] + a[2]*b[0] + a[3]*b[1],
		a[0]*b[3] + a[1]*b[2] - a[2]*b[1] + a[3]*b[0],
	}
}

// rotate turns v by q.
func rotate(q [4]float64, v [3]float64) [3]float64 {
	tx := 2 * (q[2]*v[2] - q[3]*v[1])
	ty := 2 * (q[3]*v[0] - q[1]*v[2])
	tz := 2 * (q[1]*v[1] - q[2]*v[0])
	return [3]float64{
		v[0] + q[0]*tx + q[2]*tz - q[3]*ty,
		v[1] + q[0]*ty + q[3]*tx - q[1]*tz,
		v[2] + q[0]*tz + q[1]*ty - q[2]*tx,
	}
}

// rotvec is the rotation vector (axis times angle, rad, at most pi) of q.
func rotvec(q [4]float64) [3]float64 {
	if q[0] < 0 {
		q = [4]float64{-q[0], -q[1], -q[2], -q[3]}
	}
	s := math.Sqrt(q[1]*q[1] + q[2]*q[2] + q[3]*q[3])
	k := 2.0
	if s > 1e-9 {
		k = 2 * math.Atan2(s, q[0]) / s
	}
	return [3]float64{k * q[1], k * q[2], k * q[3]}
}

// heading is the direction of the body's x along the ground, rad.
func heading(q [4]float64) float64 {
	return math.Atan2(2*(q[0]*q[3]+q[1]*q[2]), 1-2*(q[2]*q[2]+q[3]*q[3]))
}

// sub is a - b.
func sub(a, b [3]float64) [3]float64 { return [3]float64{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }
