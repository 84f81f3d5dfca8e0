package hil

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/rs/zerolog"

	"whisker/controller"
	"whisker/controller/record"
	"whisker/policy/nn"
)

// Replayed says how one pass of a recording compares with what the code does
// now.
type Replayed struct {
	Clip       string            `json:"clip"`
	Controller string            `json:"controller"`
	Commands   record.Comparison `json:"commands"`
	// StateMaxAbs is the largest difference of a simulated joint position from
	// the recorded one, rad; null unless the pass was simulated again.
	StateMaxAbs *float64 `json:"state_max_abs_rad"`
}

// Equal says that every recorded command came out again: bit for bit on the
// recording's matrix kernel, within 1e-5 on another.
func (r *Replayed) Equal(sameKernel bool) bool {
	c := &r.Commands
	return c.Ticks > 0 && c.Unplayed == 0 && c.Missing == 0 && (c.Differ == 0 || !sameKernel && c.MaxAbs <= 1e-5)
}

// Replay feeds the recorded states of a recording through the real policy,
// loop and guard, pass by pass. With simulate the recorded commands' bodies are
// simulated again too, from the same start, in lockstep. policyFile replaces
// the one that the recorded scenario names.
func Replay(ctx context.Context, path, policyFile string, simulate bool, log zerolog.Logger) (passes []Replayed, sameKernel bool, err error) {
	rec, err := record.Open(path)
	if err != nil {
		return nil, false, &OpenError{err}
	}
	defer rec.Close()
	g, err := replayRig(&rec.Header, policyFile, log)
	if err != nil {
		return nil, false, &OpenError{fmt.Errorf("%w (recording %s)", err, path)}
	}
	defer g.close()
	sameKernel = rec.Header.Kernel == "" || rec.Header.Kernel == nn.Kernel()
	passes, err = g.replayAll(ctx, record.NewReplay(rec))
	switch {
	case errors.Is(err, record.ErrDamaged):
		err = &OpenError{err}
	case err == nil && len(passes) == 0:
		err = &OpenError{fmt.Errorf("hil: recording %s holds no tick to replay", path)}
	case err == nil && simulate:
		err = g.simulateAgain(ctx, path, passes)
	}
	return passes, sameKernel, err
}

// replayAll replays pass after pass, to the end of the recording.
func (g *rig) replayAll(ctx context.Context, r *record.Replay) (passes []Replayed, err error) {
	for {
		event, err := r.NextRun()
		if errors.Is(err, io.EOF) {
			return passes, nil
		}
		if err != nil {
			return passes, err
		}
		p, err := g.passOf(event)
		if err != nil {
			return passes, err
		}
		cmp, err := r.Run(ctx, &controller.Loop{Policy: p, Input: new(controller.Input), OnInput: p.onInput, Mode: g.begins(), Overruns: g.overruns()})
		if err != nil {
			return passes, err
		}
		passes = append(passes, Replayed{Clip: p.clip.Name, Controller: p.controller(), Commands: cmp})
	}
}

// replayRig opens what the recorded scenario names and checks that it is the
// same body and policy.
func replayRig(h *record.Header, policyFile string, log zerolog.Logger) (*rig, error) {
	s, err := ParseScenario(h.Scenario)
	if err != nil {
		return nil, err
	}
	if policyFile != "" {
		s.Policy = policyFile
	}
	s.Record, s.View, s.Activate, s.Emulation.CutAfter = "", "", false, 0
	g, err := (&rig{scenario: s, log: log, recorded: h.Body}).ready()
	if err != nil {
		return nil, err
	}
	switch {
	case g.body.Hash() != h.Body.Hash():
		err = fmt.Errorf("hil: the recorded body %s differs from today's %s; replay with the version that recorded it (%s)", h.Body.Name, g.body.Name, h.Version)
	case g.policyHash() != h.Policy:
		err = fmt.Errorf("hil: the recorded policy has SHA-256 %.12s…, this is another one; name it with --policy", h.Policy)
	}
	if err != nil {
		g.close()
		return nil, err
	}
	return g, nil
}

// passOf makes the pass that a recorded run event describes.
func (g *rig) passOf(e record.Event) (*pass, error) {
	var info passInfo
	if err := json.Unmarshal([]byte(e.Text), &info); err != nil {
		return nil, fmt.Errorf("hil: the recording's run event %q is not one of `whisker run`: %w", e.Text, err)
	}
	if info.Index < 0 || info.Index >= len(g.clips) || g.clips[info.Index].Name != info.Clip {
		return nil, fmt.Errorf("hil: the recording's clip %d is %s, the scenario's clips have changed since", info.Index, info.Clip)
	}
	p, err := g.newPass(info.Index, false)
	if err != nil {
		return nil, err
	}
	p.last = info.Last
	return p, p.begin(info.Start)
}

// simulateAgain is the second mode: the recorded passes in the simulator again.
func (g *rig) simulateAgain(ctx context.Context, path string, passes []Replayed) error {
	i := 0
	return eachRun(path, func(recorded []controller.Sample) error {
		d, err := g.simulate(ctx, recorded)
		passes[i].StateMaxAbs = &d
		i++
		return err
	})
}

// eachRun hands f the samples of one recorded run after the other.
func eachRun(path string, f func([]controller.Sample) error) error {
	rec, err := record.Open(path)
	if err != nil {
		return err
	}
	defer rec.Close()
	var run []controller.Sample
	for began := false; ; {
		m, err := rec.Next()
		switch {
		case errors.Is(err, io.EOF) && began:
			return f(run)
		case err != nil:
			return err
		case m.Topic == record.TopicSample:
			run = append(run, controller.NewSample(rec.Header.Body))
			if err := rec.Sample(m, &run[len(run)-1]); err != nil {
				return err
			}
		case m.Topic == record.TopicEvent:
			event, err := rec.Event(m)
			if err != nil {
				return err
			}
			if event.Kind != record.KindRun {
				continue
			}
			if began {
				if err := f(run); err != nil {
					return err
				}
			}
			began, run = true, run[:0]
		}
	}
}

// simulate starts the body at the first recorded state, gives it the recorded
// commands, and returns the largest difference of a joint position.
func (g *rig) simulate(ctx context.Context, recorded []controller.Sample) (float64, error) {
	if len(recorded) == 0 {
		return 0, nil
	}
	first, worst := &recorded[0].State, 0.0
	if g.scenario.Physics.Assist > 0 {
		return 0, fmt.Errorf("hil: a root assist of %g N/m helped the body: replay without simulating again", g.scenario.Physics.Assist)
	}
	if g.world == nil {
		return 0, fmt.Errorf("hil: robot %s was not in the simulator: replay without simulating again", g.scenario.Robot)
	}
	g.world.Place(first.Root, first.Pos, first.Vel)
	if err := g.robot.Start(); err != nil {
		return 0, err
	}
	defer g.robot.Halt()
	s := controller.NewState(g.body)
	for i := range recorded {
		if err := g.robot.Read(&s); err != nil || ctx.Err() != nil {
			return worst, errors.Join(err, ctx.Err())
		}
		for j, q := range recorded[i].State.Pos {
			worst = math.Max(worst, math.Abs(s.Pos[j]-q))
		}
		if err := g.robot.Write(&recorded[i].Command); err != nil {
			return worst, err
		}
	}
	return worst, nil
}
