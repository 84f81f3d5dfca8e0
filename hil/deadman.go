package hil

import (
	"context"
	"os"

	"whisker/bridge/gamepad"
	"whisker/bridge/keyboard"
	"whisker/controller"
	"whisker/policy"
)

// deadMan is a switch that somebody has to hold while the robot moves. Held does
// not wait, and turns false by itself when Run ends.
type deadMan interface {
	Run(ctx context.Context) error
	Held() bool
}

// openDeadMan opens the switch that the scenario wants for a robot that is not
// only simulated.
func (g *rig) openDeadMan() error {
	transport := g.scenario.transport()
	if g.scenario.Gamepad != "" && g.recorded == nil {
		return g.openGamepad()
	}
	if transport == "" || g.recorded != nil {
		return nil
	}
	kind := g.scenario.DeadMan
	if kind == "" && transport == "emulated" || kind == "off" {
		if kind == "off" {
			g.log.Warn().Msg("dead_man is off: the robot moves without anybody holding a key")
		}
		g.hand = always{}
		return nil
	}
	k, err := keyboard.Open(os.Stdin)
	if err != nil {
		return err
	}
	g.hand = k
	g.closers = append(g.closers, func() { k.Close() })
	g.log.Info().Msg("hold the space bar: the robot moves as long as it is held, and damps when it is released")
	return nil
}

// openGamepad opens the game controller that the scenario names.
func (g *rig) openGamepad() error {
	end := g.scenario.sticks()
	p, err := gamepad.Open(g.scenario.Gamepad, gamepad.Options{Forward: end.Forward, Left: end.Left, Turn: end.Turn, Aim: g.aim})
	if err != nil {
		return err
	}
	g.hand = p
	g.closers = append(g.closers, func() { p.Close() })
	g.log.Info().Msg("hold a shoulder button of the gamepad: the robot moves as long as it is held, and damps when it is released")
	return nil
}

// aim passes on where the sticks point.
func (g *rig) aim(forward, left, turn float64) {
	g.remote.SetGoal(controller.Goal{Vel: [2]float64{forward, left}, Turn: turn, ByTurn: true})
}

// sticks is what a gamepad asks for at the ends of its sticks.
func (s *Scenario) sticks() policy.Velocity {
	if len(s.Goal) == 3 {
		return policy.Velocity{Forward: s.Goal[0], Left: s.Goal[1], Turn: s.Goal[2]}
	}
	return policy.Velocity{Forward: 0.5, Left: 0.3, Turn: 1}
}

// always is the switch of a robot that may move by itself.
type always struct{}

func (always) Run(context.Context) error { return nil }
func (always) Held() bool                { return true }
