package policy

import (
	"fmt"
	"math"
	"slices"

	"whisker/controller"
	"whisker/policy/motion"
	"whisker/policy/onnx"
)

// Velocity is where a policy is told to go, in its own heading frame: forward
// and left, m/s, and turn, rad/s, counter-clockwise.
type Velocity struct{ Forward, Left, Turn float64 }

// Foreign runs a policy that was trained elsewhere: an ONNX network and the
// layout of what it sees. It implements controller.Policy and follows no clip:
// it goes where Aim says.
type Foreign struct {
	layout   *ForeignLayout
	body     *controller.Body
	net      *onnx.Model
	in, out  []float32
	joints   []int // of the body, per joint of the layout
	action   []float32
	goal     Velocity
	toward   *float64 // heading wanted, rad; nil: the goal's turn counts
	odometry *odometry
}

// NewForeign binds a network and its layout to a body. k is the body's geometry,
// for leg odometry; it may be nil where the layout has no base_velocity. Whatever
// does not fit (rate, joints, drives, gains, sizes, sensors) is an error.
func NewForeign(b *controller.Body, l *ForeignLayout, net *onnx.Model, k motion.Kinematics) (*Foreign, error) {
	f := &Foreign{layout: l, body: b, net: net, action: make([]float32, len(l.Joints))}
	bad := func(format string, args ...any) (*Foreign, error) {
		return nil, fmt.Errorf("policy: %s on %s: %s", l.Name, b.Name, fmt.Sprintf(format, args...))
	}
	if want := 1 / b.Period.Seconds(); math.Abs(l.RateHz-want) > 1e-6*want {
		return bad("the policy acts at %g Hz, the body at %g Hz", l.RateHz, want)
	}
	if len(b.Actuators) != len(l.Joints) {
		return bad("the policy has %d joints, the body %d actuators", len(l.Joints), len(b.Actuators))
	}
	for i, name := range l.Joints {
		j := b.JointIndex(name)
		if j < 0 || b.Actuators[j].Joint != j || b.Actuators[j].Drive != controller.DriveImpedance {
			return bad("no impedance drive on a joint %s", name)
		}
		if a := &b.Actuators[j]; l.Kp.at(i) > a.Kp || l.Kd.at(i) > a.Kd {
			return bad("gains %g and %g are above those of %s, %g N·m/rad and %g N·m·s/rad", l.Kp.at(i), l.Kd.at(i), name, a.Kp, a.Kd)
		}
		f.joints = append(f.joints, j)
	}
	if err := f.bind(); err != nil {
		return bad("%v", err)
	}
	return f, f.senses(k)
}

// bind finds the network's input and output and compares their sizes.
func (f *Foreign) bind() error {
	in, out := f.layout.Input, f.layout.Output
	if in == "" && len(f.net.Inputs()) == 1 {
		in = f.net.Inputs()[0].Name
	}
	if out == "" && len(f.net.Outputs()) == 1 {
		out = f.net.Outputs()[0].Name
	}
	if !has(f.net.Inputs(), in) || !has(f.net.Outputs(), out) {
		return fmt.Errorf("the network has inputs %v and outputs %v, the layout names %q and %q", f.net.Inputs(), f.net.Outputs(), in, out)
	}
	f.in, f.out = f.net.Input(in), f.net.Output(out)
	if len(f.in) != f.layout.Size() || len(f.out) < len(f.action) {
		return fmt.Errorf("the network takes %d numbers and gives %d, the layout has %d and %d", len(f.in), len(f.out), f.layout.Size(), len(f.action))
	}
	fed := []string{in}
	for from, to := range f.layout.State {
		if err := f.net.Carry(from, to); err != nil {
			return err
		}
		if slices.Contains(fed, to) {
			return fmt.Errorf("state: the network's input %q is fed twice", to)
		}
		fed = append(fed, to)
	}
	for _, p := range f.net.Inputs() {
		if !slices.Contains(fed, p.Name) {
			return fmt.Errorf("nothing feeds the network's input %q: name in state the output that it is at the next step", p.Name)
		}
	}
	return nil
}

func has(ports []onnx.Port, name string) bool {
	for _, p := range ports {
		if p.Name == name {
			return true
		}
	}
	return false
}

// senses refuses a body that does not measure what the policy sees.
func (f *Foreign) senses(k motion.Kinematics) error {
	m := &f.body.Measures
	for _, t := range f.layout.Observation {
		switch {
		case (t.Term == "gyro" || t.Term == "gravity") && !m.IMU:
			return fmt.Errorf("policy: %s sees %s, which %s does not measure", f.layout.Name, t.Term, f.body.Name)
		case t.Term == "base_velocity" && (!m.IMU || !m.FootForce || k == nil):
			return fmt.Errorf("policy: %s sees its velocity, which needs an IMU and foot forces: %s lacks one", f.layout.Name, f.body.Name)
		case t.Term == "base_velocity":
			var err error
			if f.odometry, err = newOdometry(f.body, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// Aim sets where to go, within the layout's bounds.
func (f *Foreign) Aim(v Velocity) {
	f.goal, f.toward = f.bounded(v), nil
}

func (f *Foreign) bounded(v Velocity) Velocity {
	g := &f.layout.MaxGoal
	in := func(x, bound float64) float64 { return max(-bound, min(bound, x)) }
	return Velocity{in(v.Forward, g[0]), in(v.Left, g[1]), in(v.Turn, g[2])}
}

// AimAt sets where to go by velocity, and heading or turn, as remote inputs ask for it.
func (f *Foreign) AimAt(g controller.Goal) {
	if g.ByTurn {
		f.Aim(Velocity{Forward: g.Vel[0], Left: g.Vel[1], Turn: g.Turn})
		return
	}
	f.goal = f.bounded(Velocity{Forward: g.Vel[0], Left: g.Vel[1]})
	f.toward = &g.Heading
}

// Goal is where the policy goes now.
func (f *Foreign) Goal() Velocity { return f.goal }

// Velocity is the velocity of the body that leg odometry gave in the last Act,
// m/s, body frame; zero where the layout has none.
func (f *Foreign) Velocity() [3]float64 {
	if f.odometry == nil {
		return [3]float64{}
	}
	return f.odometry.vel
}

// Restart forgets the last action and the odometry.
func (f *Foreign) Restart() {
	clear(f.action)
	f.net.Reset()
	if f.odometry != nil {
		f.odometry.reset()
	}
}

// Act runs the network once.
func (f *Foreign) Act(s *controller.State, cmd *controller.Command) error {
	if f.odometry != nil {
		f.odometry.update(s)
	}
	if f.toward != nil {
		f.goal.Turn = f.turnTo(s, *f.toward)
	}
	f.observe(s)
	f.net.Run()
	copy(f.action, f.out)
	l := f.layout
	if bound := float32(l.MaxAction); bound > 0 {
		for i, a := range f.action {
			f.action[i] = max(-bound, min(bound, a))
		}
	}
	for i, j := range f.joints {
		a := &f.body.Actuators[j]
		cmd.Pos[j] = max(a.Min, min(a.Max, l.Default[i]+l.ActionScale.at(i)*float64(f.action[i])))
		cmd.Vel[j], cmd.Torque[j], cmd.Kp[j], cmd.Kd[j] = 0, 0, l.Kp.at(i), l.Kd.at(i)
	}
	return nil
}

// turnTo is the turn, rad/s, that brings the body to a heading with a time
// constant of half a second.
func (f *Foreign) turnTo(s *controller.State, wanted float64) float64 {
	return f.bounded(Velocity{Turn: 2 * math.Remainder(wanted-heading(s.IMU.Quat), 2*math.Pi)}).Turn
}

func (f *Foreign) observe(s *controller.State) {
	w := scaled{rest: f.in}
	for _, t := range f.layout.Observation {
		w.scale, w.i = t.Scale, 0
		switch t.Term {
		case "base_velocity":
			w.vec(f.odometry.vel)
		case "gyro":
			w.vec(s.IMU.Gyro)
		case "gravity":
			w.vec(rotate(conj(s.IMU.Quat), [3]float64{0, 0, -1}))
		case "goal":
			w.vec([3]float64{f.goal.Forward, f.goal.Left, f.goal.Turn})
		case "joint_position":
			for i, j := range f.joints {
				w.add(s.Pos[j] - f.layout.Default[i])
			}
		case "joint_velocity":
			for _, j := range f.joints {
				w.add(s.Vel[j])
			}
		case "last_action":
			for _, a := range f.action {
				w.add(float64(a))
			}
		}
	}
}

// scaled is a writer that multiplies what it writes, the i-th number of a term by
// the i-th of its scale.
type scaled struct {
	rest  []float32
	scale Numbers
	i     int
}

func (w *scaled) add(v float64) {
	if w.scale != nil {
		v *= w.scale.at(w.i)
	}
	w.rest[0], w.rest, w.i = float32(v), w.rest[1:], w.i+1
}

func (w *scaled) vec(v [3]float64) { w.add(v[0]); w.add(v[1]); w.add(v[2]) }
