package emulate

import (
	"math"
	"testing"

	"whisker/controller"
	"whisker/controller/profile"
)

// pendulums is a plant without a simulator: on each joint hangs a rod.
type pendulums struct {
	body  *controller.Body
	p     *profile.Profile
	state controller.State
	told  controller.Command
	hangs [joints]float64
}

const (
	inertia = 0.02 // kg·m²
	weight  = 0.5  // N·m, held out level
)

func newPendulums(t testing.TB) *pendulums {
	t.Helper()
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	b := p.Body(controller.Measures{IMU: true, Torque: true})
	b.Period = Tick
	return &pendulums{body: b, p: p, state: controller.NewState(b), told: controller.NewCommand(b)}
}

func (r *pendulums) Body() *controller.Body { return r.body }
func (r *pendulums) Halt() error            { return nil }

func (r *pendulums) Start() error {
	r.state, r.told = controller.NewState(r.body), controller.NewCommand(r.body)
	for i, j := range r.p.Joints {
		r.hangs[i] = j.Stand + 0.02
		r.state.ActPos[i] = r.hangs[i]
	}
	r.state.IMU.Acc[2] = 9.81
	return nil
}

func (r *pendulums) Write(c *controller.Command) error {
	r.told.CopyFrom(c)
	return nil
}

func (r *pendulums) Read(s *controller.State) error {
	const steps = 8
	dt := Tick.Seconds() / steps
	for range steps {
		for i := range r.hangs {
			p, v, c := r.state.ActPos[i], r.state.ActVel[i], &r.told
			torque := c.Kp[i]*(c.Pos[i]-p) + c.Kd[i]*(c.Vel[i]-v) + c.Torque[i]
			r.state.Torque[i] = math.Max(-18, math.Min(18, torque))
			v += dt * (r.state.Torque[i] - weight*math.Sin(p-r.hangs[i]) - 0.02*v) / inertia
			r.state.ActPos[i], r.state.ActVel[i] = p+dt*v, v
		}
	}
	copy(r.state.Pos, r.state.ActPos)
	copy(r.state.Vel, r.state.ActVel)
	s.CopyFrom(&r.state)
	return nil
}

func lockstep(t testing.TB, board string, args ...string) *Robot {
	t.Helper()
	plant := newPendulums(t)
	r, err := New(Options{Board: board, Profile: plant.p, Plant: plant, Args: args})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.close() })
	return r
}

func begin(t testing.TB, r *Robot) {
	t.Helper()
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
}
