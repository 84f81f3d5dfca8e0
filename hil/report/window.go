package report

import (
	"math"

	"whisker/controller"
	"whisker/sim"
)

// A window is a stretch of a recording that is replayed by itself: legged robots
// diverge after a touch-down that came a millisecond late, and over a third of a
// second they do not. Its first ticks are replayed and not scored: meanwhile the
// servos forget what was wrong in the start.
const (
	warmTicks   = 5
	scoredTicks = 15
)

// standHeight is how high a robot on a stand is replayed, m: where no leg reaches the ground.
const standHeight = 2

// window is one stretch, by the samples that it starts from and is compared with.
type window struct {
	samples []controller.Sample // 1 + warm + scored
	pass    int
}

// channels counts what is compared at a tick: joint positions, joint velocities,
// turning rate and the direction of gravity in the trunk.
func channels(b *controller.Body) int { return 2*len(b.Joints) + 6 }

// measured fills out with the channels of a state.
func measured(s *controller.State, out []float64) {
	n := copy(out, s.Pos)
	n += copy(out[n:], s.Vel)
	n += copy(out[n:], s.IMU.Gyro[:])
	q := s.IMU.Quat
	out[n] = 2 * (q[1]*q[3] - q[0]*q[2])
	out[n+1] = 2 * (q[2]*q[3] + q[0]*q[1])
	out[n+2] = 1 - 2*(q[1]*q[1]+q[2]*q[2])
}

// replayer replays windows on a simulated robot of its own.
type replayer struct {
	robot *sim.Robot
	held  bool // on a stand
	kin   *sim.Kinematics
	feet  []int
	jac   []float64
	state controller.State
	q     []float64
}

func newReplayer(r *sim.Robot, held bool) *replayer {
	b := r.Body()
	p := &replayer{robot: r, held: held, kin: r.Kinematics(), state: controller.NewState(b), q: make([]float64, len(b.Joints))}
	for _, name := range b.Feet {
		id, _ := p.kin.BodyID(name)
		p.feet = append(p.feet, id)
	}
	p.jac = make([]float64, 3*(6+len(b.Joints)))
	return p
}

func (p *replayer) close() {
	p.kin.Close()
	p.robot.Close()
}

// predict replays the commands of w on a robot that deviates by d, and fills out
// with the channels of its scored ticks.
func (p *replayer) predict(w *window, d []sim.Deviation, out []float64) error {
	if err := p.robot.Deviate(d); err != nil {
		return err
	}
	first := &w.samples[0].State
	for i := range p.q {
		p.q[i] = first.Pos[i] - d[i].Offset
	}
	p.robot.Place(p.root(first), p.q, first.Vel)
	if err := p.robot.Start(); err != nil {
		return err
	}
	if err := p.robot.Read(&p.state); err != nil {
		return err
	}
	n := channels(p.robot.Body())
	for i := range w.samples[1:] {
		if err := p.robot.Write(&w.samples[i].Command); err != nil {
			return err
		}
		if err := p.robot.Read(&p.state); err != nil {
			return err
		}
		if k := i - warmTicks; k >= 0 {
			measured(&p.state, out[k*n:(k+1)*n])
		}
	}
	return nil
}

// root is where the trunk must be, by what a robot measures: turned as its IMU
// says, the lowest foot on the ground, moving so that the feet that are down
// stand still; on a stand it does not move.
func (p *replayer) root(s *controller.State) controller.Root {
	r := controller.Root{Quat: s.IMU.Quat, AngVel: s.IMU.Gyro}
	norm := math.Sqrt(r.Quat[0]*r.Quat[0] + r.Quat[1]*r.Quat[1] + r.Quat[2]*r.Quat[2] + r.Quat[3]*r.Quat[3])
	for i := range r.Quat {
		r.Quat[i] /= norm
	}
	if p.held {
		r.Pos[2], r.AngVel = standHeight, [3]float64{}
		return r
	}
	p.kin.SetPose([3]float64{}, r.Quat, p.q)
	low := math.Inf(1)
	heights := make([]float64, len(p.feet))
	for i, id := range p.feet {
		heights[i] = p.kin.LowestPoint(id)
		low = math.Min(low, heights[i])
	}
	r.Pos[2] = -low
	turn := turned(r.Quat, s.IMU.Gyro)
	nv, weight := 6+len(s.Vel), 0.0
	for i, id := range p.feet {
		at, _ := p.kin.BodyPose(id)
		at[2] = heights[i]
		p.kin.PointJacobian(id, at, p.jac)
		k := math.Exp(-(heights[i] - low) / 0.004)
		v := [3]float64{turn[1]*at[2] - turn[2]*at[1], turn[2]*at[0] - turn[0]*at[2], turn[0]*at[1] - turn[1]*at[0]}
		for a := range 3 {
			for j, qd := range s.Vel {
				v[a] += p.jac[a*nv+6+j] * qd
			}
			r.Vel[a] -= k * v[a]
		}
		weight += k
	}
	for a := range r.Vel {
		r.Vel[a] /= weight
	}
	return r
}

// turned is v turned by q.
func turned(q [4]float64, v [3]float64) [3]float64 {
	w, x, y, z := q[0], q[1], q[2], q[3]
	return [3]float64{
		(1-2*(y*y+z*z))*v[0] + 2*(x*y-w*z)*v[1] + 2*(x*z+w*y)*v[2],
		2*(x*y+w*z)*v[0] + (1-2*(x*x+z*z))*v[1] + 2*(y*z-w*x)*v[2],
		2*(x*z-w*y)*v[0] + 2*(y*z+w*x)*v[1] + (1-2*(x*x+y*y))*v[2],
	}
}
