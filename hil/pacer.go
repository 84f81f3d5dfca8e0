package hil

import (
	"context"
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
	if g.emulation != nil && g.emulation.Lockstep {
		return &pacer{Pacer: &patient{period: g.body.Period}, close: func() {}}, nil
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

// patient paces a robot whose time waits for the program: no faster than real
// time, and as slow as it is, without a period skipped.
type patient struct {
	period time.Duration
	due    time.Time
}

// Wait sleeps until the tick is due.
func (p *patient) Wait(ctx context.Context) (late time.Duration, skipped int, err error) {
	now := time.Now()
	if p.due.Before(now) {
		p.due = now
	}
	time.Sleep(p.due.Sub(now))
	p.due = p.due.Add(p.period)
	return 0, 0, ctx.Err()
}
