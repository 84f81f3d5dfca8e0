package controller_test

import (
	"context"
	"fmt"
	"math"
	"time"

	"whisker/controller"
)

// servo is a robot with one joint, driven by a servo that gets half-way to its
// set point in each period.
type servo struct {
	body controller.Body
	pos  float64
	set  float64
}

func (r *servo) Body() *controller.Body { return &r.body }
func (r *servo) Start() error           { return nil }
func (r *servo) Halt() error            { return nil }

func (r *servo) Read(s *controller.State) error {
	r.pos += 0.5 * (r.set - r.pos)
	s.Pos[0], s.ActPos[0] = r.pos, r.pos
	return nil
}

func (r *servo) Write(c *controller.Command) error {
	r.set = c.Pos[0]
	return nil
}

// sway asks for a sine of 0.5 rad for a second.
type sway struct{ tick int }

func (p *sway) Act(_ *controller.State, c *controller.Command) error {
	if p.tick++; p.tick > 50 {
		return controller.ErrDone
	}
	c.Pos[0] = 0.5 * math.Sin(2*math.Pi*float64(p.tick)/50)
	return nil
}

// A loop runs a policy on a robot. The guard holds the servo within the range
// that its body states, 0.3 rad here.
func Example() {
	robot := &servo{body: controller.Body{
		Name: "tail", Period: 20 * time.Millisecond,
		Joints:    []controller.Joint{{Name: "tail", Min: -1, Max: 1}},
		Actuators: []controller.Actuator{{Name: "tail", Drive: controller.DrivePosition, Min: -0.3, Max: 0.3, MaxRate: 10}},
	}}
	loop := controller.Loop{Robot: robot, Policy: &sway{}, OnSample: func(x *controller.Sample) {
		if x.Tick%12 == 0 {
			fmt.Printf("tick %2d  at %+.2f rad, told %+.2f, %d clamped\n", x.Tick, x.State.Pos[0], x.Command.Pos[0], x.Clamped)
		}
	}}
	if err := loop.Run(context.Background()); err != nil {
		fmt.Println(err)
	}
	fmt.Println(loop.Stats().Ticks, "ticks,", loop.Stats().Clamped, "values clamped")
	// Output:
	// tick  0  at +0.00 rad, told +0.06, 0 clamped
	// tick 12  at +0.30 rad, told +0.30, 1 clamped
	// tick 24  at +0.12 rad, told +0.00, 0 clamped
	// tick 36  at -0.30 rad, told -0.30, 1 clamped
	// tick 48  at -0.18 rad, told -0.06, 0 clamped
	// 50 ticks, 28 values clamped
}
