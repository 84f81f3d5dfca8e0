package hil

import (
	"context"
	"errors"
	"math"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"whisker/controller"
	"whisker/controller/record"
)

// OpenError is an error of what was asked for: nothing has moved yet.
type OpenError struct{ Err error }

// Error is that of what went wrong.
func (e *OpenError) Error() string { return e.Err.Error() }

// Unwrap returns it.
func (e *OpenError) Unwrap() error { return e.Err }

// Run plays the scenario's clips, one after the other, and scores them. It
// returns what it has when ctx ends, and a *controller.Fault when one ended a
// pass. version is stored in the recording.
func Run(ctx context.Context, s Scenario, version string, log zerolog.Logger) (*Result, error) {
	return traced(ctx, s, version, log, nil)
}

// Ready opens what Run would, and closes it: its error is what Run would refuse. model
// is the hash of the body's compiled model.
func Ready(s Scenario, log zerolog.Logger) (model string, err error) {
	g, err := openRig(s, log)
	if err != nil {
		return "", &OpenError{err}
	}
	defer g.close()
	return g.model.ModelHash(), nil
}

// traced is Run with somebody who is told what motors are told, tick by tick.
func traced(ctx context.Context, s Scenario, version string, log zerolog.Logger, trace *trace) (*Result, error) {
	g, err := openRig(s, log)
	if err != nil {
		return nil, &OpenError{err}
	}
	defer g.close()
	if g.plant != nil {
		g.plant.trace = trace
	}
	return g.run(ctx, version)
}

// run plays what the rig has opened.
func (g *rig) run(ctx context.Context, version string) (*Result, error) {
	out, stop := context.WithCancel(context.Background())
	defer stop()
	var group errgroup.Group
	if err := g.connect(out, &group); err != nil {
		stop()
		return nil, &OpenError{errors.Join(err, group.Wait())}
	}
	pacer, err := g.openPacer()
	if err != nil {
		return nil, &OpenError{err}
	}
	defer pacer.close()
	// Last, so that a run that is refused leaves an older recording alone.
	if err := g.openOutputs(version); err != nil {
		return nil, &OpenError{err}
	}
	if g.view != nil {
		if g.scenario.View != "" {
			g.log.Info().Msg("live view: " + g.view.URL())
		}
		group.Go(func() error { return g.view.Run(out) })
	}
	if err := g.showFilm(); err != nil {
		stop()
		return nil, &OpenError{errors.Join(err, group.Wait())}
	}
	g.runTelemetry(out, &group)
	if g.rec != nil {
		group.Go(func() error { return g.rec.Run(out) })
	}
	result, err := g.playAll(ctx, pacer)
	if ferr := g.endFilm(); err == nil {
		err = ferr
	}
	stop()
	if oerr := group.Wait(); err == nil && !g.expected(oerr) {
		err = oerr
	}
	result.PeakRSS = peakRSS()
	g.report(result)
	if g.emulation != nil {
		result.Emulated = g.emulation.result()
	}
	if g.rec != nil && g.rec.Dropped() > 0 && g.rec.Err() == nil {
		g.log.Warn().Uint64("ticks", g.rec.Dropped()).Msg("the recording could not keep up; ticks are missing in it")
	}
	return result, err
}

// playAll plays every clip, again and again with Hold, and follows what
// onlookers ask for.
func (g *rig) playAll(ctx context.Context, pacer *pacer) (*Result, error) {
	result := &Result{Clips: []Row{}}
	for i := 0; ctx.Err() == nil && (i < len(g.clips) || g.scenario.Hold); {
		i %= len(g.clips)
		p, err := g.newPass(i, false)
		if err != nil {
			return result, err
		}
		err = g.play(ctx, p, pacer)
		if p.next < 0 || err != nil { // an abandoned pass is no result
			row := p.row(err)
			g.disarm(p, &row)
			g.tellUnlearned(p)
			result.add(row, g.scenario.Hold)
		}
		if done := g.after(ctx, p, err); done {
			result.Loop = &g.stats
			return result, g.verdict(p, err)
		}
		i = p.following()
	}
	result.Loop = &g.stats
	if g.scenario.Baseline && ctx.Err() == nil {
		return result, g.playBaseline(ctx, result)
	}
	return result, nil
}

// unlearnt is the share of a clip from which on somebody should know that a motor's
// network guessed.
const unlearnt = 0.05

// tellUnlearned warns of motors whose networks went beyond their logs in a pass.
func (g *rig) tellUnlearned(p *pass) {
	if g.world == nil {
		return
	}
	var most float64
	var motors []string
	for i, share := range g.world.Unlearned() {
		if share > unlearnt {
			most, motors = max(most, share), append(motors, g.body.Joints[i].Name)
		}
	}
	if motors != nil {
		g.log.Warn().Str("clip", p.clip.Name).Strs("joints", motors).Msgf(
			"learned motors guessed in up to %.0f %% of the clip: errors or speeds beyond the logs that they learned from", 100*most)
	}
}

// add appends a row; when a clip is played again its newest row counts.
func (r *Result) add(row Row, replace bool) {
	for i := range r.Clips {
		if replace && r.Clips[i].Clip == row.Clip && r.Clips[i].Controller == row.Controller {
			r.Clips[i] = row
			return
		}
	}
	r.Clips = append(r.Clips, row)
}

// after says whether playing ends after a pass that returned err. A stop with
// Hold waits for Reset.
func (g *rig) after(ctx context.Context, p *pass, err error) bool {
	if p.fault(err) != nil || ctx.Err() != nil {
		return true
	}
	if !g.remote.isStopped() {
		return false
	}
	g.log.Warn().Str("clip", p.clip.Name).Msg("stopped")
	if !g.scenario.Hold {
		return true
	}
	p.show("stopped from the live view; Reset plays on")
	select {
	case <-g.remote.again:
		return g.remote.isStopped()
	case <-ctx.Done():
		return true
	}
}

// playBaseline plays every clip open loop, off the clock and unseen, and puts
// each row under that of the policy.
func (g *rig) playBaseline(ctx context.Context, result *Result) error {
	rows := result.Clips
	result.Clips = nil
	for i := range g.clips {
		for _, r := range rows {
			if r.Clip == g.clips[i].Name {
				result.Clips = append(result.Clips, r)
			}
		}
		p, err := g.newPass(i, true)
		if err != nil {
			return err
		}
		p.silent = true
		err = g.play(ctx, p, &pacer{Pacer: controller.Lockstep{}})
		result.Clips = append(result.Clips, p.row(err))
		if ctx.Err() != nil {
			return nil
		}
	}
	return nil
}

// faultOf is the fault in err, or an error that is none of the expected ends.
func faultOf(err error) error {
	var f *controller.Fault
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return nil
	case errors.As(err, &f):
		return f
	}
	return err
}

// play places the robot at the pass's start and runs the loop.
func (g *rig) play(ctx context.Context, p *pass, pc *pacer) error {
	g.passes.Add(1)
	g.place(p)
	g.arm(p)
	if g.rec != nil && !p.silent {
		g.rec.Event(record.Event{Kind: record.KindRun, Text: p.describe()})
	}
	if g.telemetry != nil && !p.silent {
		g.telemetry.Event("clip", p.clip.Name+", "+p.controller())
	}
	l := &controller.Loop{
		Robot: g.robot, Policy: p, Pacer: pc.Pacer, Clock: pc.clock, OnSample: p.onSample, OnInput: p.onInput,
		Input: g.remote.next(), Mode: g.begins(), Overruns: g.overruns(), HoldFault: g.faulty != nil,
	}
	if g.hand != nil {
		l.Held = g.hand.Held
	}
	if p.silent {
		l.Input, l.OnInput = nil, nil
	}
	err := l.Run(ctx)
	if !p.silent {
		g.stats.Merge(l.Stats())
		if f := p.fault(err); f != nil {
			g.fault(p, f)
		}
	}
	return err
}

// place puts a body that can be put somewhere where the pass begins: a simulated
// one on the clip, one behind a firmware on the ground there.
func (g *rig) place(p *pass) {
	if g.world == nil {
		return
	}
	start := p.driver.Frame()
	if g.emulation == nil {
		root := p.ref.Root(start)
		if g.scenario.Physics.Held {
			root.Pos[2] += hangs
		}
		g.world.Place(root, p.ref.Poses[start].Q, p.ref.Twists[start].Qd)
		return
	}
	g.lie(p.ref, start)
}

// begins is the state that a pass begins in: what is not only simulated has to
// stand up first.
func (g *rig) begins() controller.Mode {
	if g.scenario.transport() == "" {
		return controller.ModeTrack
	}
	return controller.ModeIdle
}

// connect starts what carries the robot's line and makes sure of the robot at its
// other end.
func (g *rig) connect(ctx context.Context, group *errgroup.Group) error {
	if g.hand != nil {
		group.Go(func() error { return g.hand.Run(ctx) })
	}
	if g.link == nil {
		return nil
	}
	group.Go(func() error { return g.link.Run(ctx) })
	return g.link.Connect()
}

// verdict is the error that a run ends with. A line that was cut on purpose ends
// it well when the firmware damped by itself.
func (g *rig) verdict(p *pass, err error) error {
	if g.emulation == nil || p.fault(err) == nil {
		return p.fault(err)
	}
	if c := g.emulation.plant.end(); c != nil && !math.IsNaN(float64(c.Damped)) {
		return nil
	}
	return p.fault(err)
}

func (g *rig) overruns() controller.Overruns {
	return controller.Overruns{Max: g.scenario.Overruns.Max, Window: g.scenario.Overruns.Window}
}

// fault tells recording, broker and view why a pass ended.
func (g *rig) fault(p *pass, f error) {
	if g.rec != nil {
		g.rec.Event(record.Event{Kind: "fault", Text: f.Error()})
	}
	if g.telemetry != nil {
		g.telemetry.Event("fault", f.Error())
	}
	p.show(f.Error())
}
