package hil

import (
	"context"
	"fmt"
	"math"
	"time"

	"whisker/controller"
)

// softness is the share of its stiffness with which a robot stands for the first time,
// firstStand for how long.
const (
	softness   = 0.5
	firstStand = 3 * time.Second
)

// FirstStand has a robot stand up, softly, and lie down again after 3 s: half of its
// body's stiffness, through the same loop, guard and operating states as any run. It moves
// only while held says so. It returns the actuator that is farthest from the standing
// pose at the end, and by how much, rad.
func FirstStand(ctx context.Context, r controller.Robot, held func() bool) (worst string, off float64, err error) {
	soft := softened{r, *r.Body()}
	soft.body.Actuators = append([]controller.Actuator(nil), soft.body.Actuators...)
	for i := range soft.body.Actuators {
		a := &soft.body.Actuators[i]
		if a.Drive != controller.DriveImpedance {
			return "", 0, fmt.Errorf("hil: actuator %s is driven by %s: expected impedance, for a stand that is soft", a.Name, a.Drive)
		}
		a.Kp *= softness
	}
	pacer, _, err := controller.OpenRealtime(soft.body.Period, controller.RealtimeOptions{})
	if err != nil {
		return "", 0, err
	}
	defer pacer.Close()
	p := &stay{ticks: int(firstStand / soft.body.Period)}
	d := DefaultScenario().Overruns
	l := &controller.Loop{
		Robot: &soft, Policy: p, Pacer: pacer, Clock: pacer.Clock, Held: held, Input: new(controller.Input),
		Mode: controller.ModeIdle, Overruns: controller.Overruns{Max: d.Max, Window: d.Window},
	}
	if err := l.Run(ctx); err != nil {
		return "", 0, err
	}
	return soft.body.Actuators[p.worst].Name, p.off, nil
}

// softened is a robot whose body is less stiff than it could be.
type softened struct {
	controller.Robot
	body controller.Body
}

func (s *softened) Body() *controller.Body { return &s.body }

// stay leaves the command where standing up has left it, and measures.
type stay struct {
	ticks int
	worst int
	off   float64
}

func (p *stay) Act(s *controller.State, c *controller.Command) error {
	if p.ticks--; p.ticks < 0 {
		return controller.ErrDone
	}
	p.worst, p.off = 0, 0
	for i := range c.Pos {
		if d := math.Abs(s.ActPos[i] - c.Pos[i]); d > p.off {
			p.worst, p.off = i, d
		}
	}
	return nil
}
