package hil

import (
	"time"

	"whisker/controller"
)

// pacer is what a loop is paced by, and the clock that times its stages.
type pacer struct {
	controller.Pacer
	clock func() time.Duration
	close func()
}

// openPacer asks for real time where the scenario wants it.
func (g *rig) openPacer() (*pacer, error) {
	if g.scenario.Pace == "lockstep" {
		return &pacer{Pacer: controller.Lockstep{}, close: func() {}}, nil
	}
	rt, warnings, err := controller.OpenRealtime(g.body.Period, controller.RealtimeOptions{Required: g.scenario.Realtime == "required"})
	if err != nil {
		return nil, err
	}
	for _, w := range warnings {
		g.log.Warn().Msg(w)
	}
	return &pacer{rt, rt.Clock, rt.Close}, nil
}
