package hil

import (
	"context"
	"os"

	"whisker/bridge/keyboard"
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

// always is the switch of a robot that may move by itself.
type always struct{}

func (always) Run(context.Context) error { return nil }
func (always) Held() bool                { return true }
