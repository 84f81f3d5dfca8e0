package policy

import (
	"fmt"

	"whisker/controller"
	"whisker/policy/motion"
)

// odometry estimates the velocity of a legged body from what it measures: a foot
// that carries load stands still, so that the body moves against it with the
// leg's own speed and the body's turning (Bloesch et al. 2013, "State estimation
// for legged robots", without its filter: feet, not the accelerometer, decide).
type odometry struct {
	k     motion.Kinematics
	feet  []int
	stood []bool // in the tick before: a foot that has just landed still slides
	jac   []float64
	vel   [3]float64 // m/s, body frame
}

// A foot that presses with less swings: a twentieth of what one foot of a 12 kg
// robot carries in a trot is noise.
const footLoad = 5 // N

func newOdometry(b *controller.Body, k motion.Kinematics) (*odometry, error) {
	if n := len(k.JointNames()); n != len(b.Joints) {
		return nil, fmt.Errorf("policy: the kinematics have %d joints, body %s has %d", n, b.Name, len(b.Joints))
	}
	o := &odometry{k: k, jac: make([]float64, 3*(6+len(b.Joints))), stood: make([]bool, len(b.Feet))}
	for _, name := range b.Feet {
		id, ok := k.BodyID(name)
		if !ok {
			return nil, fmt.Errorf("policy: the kinematics lack foot %s of body %s", name, b.Name)
		}
		o.feet = append(o.feet, id)
	}
	return o, nil
}

func (o *odometry) reset() {
	o.vel = [3]float64{}
	clear(o.stood)
}

// update takes the mean over the feet that stand, each counted by its load. In
// flight the last velocity stays.
func (o *odometry) update(s *controller.State) {
	o.k.SetPose([3]float64{}, s.IMU.Quat, s.Pos)
	turn := rotate(s.IMU.Quat, s.IMU.Gyro)
	nv, weight := 6+len(s.Vel), 0.0
	var sum [3]float64
	for i, id := range o.feet {
		stood := o.stood[i]
		o.stood[i] = s.FootForce[i] >= footLoad
		if !stood || !o.stood[i] {
			continue
		}
		p, _ := o.k.BodyPose(id)
		p[2] = o.k.LowestPoint(id) // a round foot rolls about where it touches
		o.k.PointJacobian(id, p, o.jac)
		v := cross(turn, p)
		for a := range sum {
			sum[a] -= s.FootForce[i] * (dot(o.jac[a*nv+6:(a+1)*nv], s.Vel) + v[a])
		}
		weight += s.FootForce[i]
	}
	if weight > 0 {
		v := rotate(conj(s.IMU.Quat), sum)
		o.vel = [3]float64{v[0] / weight, v[1] / weight, v[2] / weight}
	}
}

// cross is a x b.
func cross(a, b [3]float64) [3]float64 {
	return [3]float64{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}
