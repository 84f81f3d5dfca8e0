package hil

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"whisker/bridge/view"
	"whisker/controller"
	"whisker/controller/record"
	"whisker/policy"
	"whisker/policy/motion"
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
	g, err := openRig(s, log)
	if err != nil {
		return nil, &OpenError{err}
	}
	defer g.close()
	if err := g.openOutputs(version); err != nil {
		return nil, &OpenError{err}
	}
	out, stop := context.WithCancel(context.Background())
	defer stop()
	var group errgroup.Group
	if g.view != nil {
		log.Info().Msg("live view: " + g.view.URL())
		group.Go(func() error { return g.view.Run(out) })
	}
	if g.rec != nil {
		group.Go(func() error { return g.rec.Run(out) })
	}
	result, err := g.playAll(ctx)
	stop()
	if oerr := group.Wait(); err == nil {
		err = oerr
	}
	if g.rec != nil && g.rec.Dropped() > 0 {
		log.Warn().Uint64("ticks", g.rec.Dropped()).Msg("the recording could not keep up; ticks are missing in it")
	}
	return result, err
}

// playAll plays every clip, again and again with Hold, and follows what
// onlookers ask for.
func (g *rig) playAll(ctx context.Context) (*Result, error) {
	pacer, err := g.openPacer()
	if err != nil {
		return nil, &OpenError{err}
	}
	defer pacer.close()
	result := &Result{Clips: []Row{}}
	for i := 0; ctx.Err() == nil && (i < len(g.clips) || g.scenario.Hold); {
		i %= len(g.clips)
		p, err := g.newPass(i, g.file)
		if err != nil {
			return result, err
		}
		err = g.play(ctx, p, pacer)
		if p.next < 0 || err != nil { // an abandoned pass is no result
			result.add(p.row(err), g.scenario.Hold)
		}
		if done := g.after(ctx, p, err); done {
			result.Loop = &g.stats
			return result, faultOf(err)
		}
		i = p.following()
	}
	result.Loop = &g.stats
	if g.scenario.Baseline && ctx.Err() == nil {
		return result, g.playBaseline(ctx, result)
	}
	return result, nil
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
	if faultOf(err) != nil || ctx.Err() != nil {
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
		p, err := g.newPass(i, nil)
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

// pass is one run of the loop over one clip.
type pass struct {
	rig     *rig
	index   int
	clip    *motion.Clip
	ref     *policy.Reference
	tracker *policy.Tracker
	scorer  *motion.Scorer
	last    int  // frame after which the pass ends
	over    bool // the next Act ends the pass
	next    int  // the clip that an onlooker chose; -1 for none
	silent  bool // neither recorded, shown nor timed
	paused  bool
}

func (g *rig) newPass(i int, file *policy.File) (p *pass, err error) {
	ref := g.refs[i]
	p = &pass{rig: g, index: i, clip: g.clips[i], ref: ref, next: -1, last: ref.Len() - 1}
	if file == nil {
		p.tracker, err = policy.OpenLoop(g.body, ref)
	} else {
		p.tracker, err = policy.NewTracker(g.body, file, ref)
	}
	if err != nil {
		return nil, err
	}
	if err := p.tracker.Switch(ref, g.scenario.StartFrame); err != nil {
		return nil, err
	}
	p.tracker.Seed(g.scenario.Seed)
	if s := g.scenario.Seconds; s > 0 {
		p.last = min(p.last, g.scenario.StartFrame+int(s*p.clip.Rate)-1)
	}
	p.scorer = motion.NewScorer(g.body, p.clip, g.kin)
	return p, nil
}

// following is the clip to play after this pass.
func (p *pass) following() int {
	if p.next >= 0 {
		return p.next
	}
	return p.index + 1
}

// controller names what drives the robot, as tables do.
func (p *pass) controller() string {
	if p.tracker.Network() == nil {
		return "open loop"
	}
	return "policy"
}

// Act is the tracker's until the pass is over.
func (p *pass) Act(s *controller.State, cmd *controller.Command) error {
	if p.over || p.tracker.Frame() > p.last {
		return controller.ErrDone
	}
	return p.tracker.Act(s, cmd)
}

// onInput ends the pass when another clip, or this one from its start, is
// wanted.
func (p *pass) onInput(in *controller.Inputs) error {
	p.paused = in.Has(controller.InputPause) || p.paused && !in.Has(controller.InputResume)
	p.show("")
	switch {
	case in.Has(controller.InputClip) && in.Clip >= 0 && in.Clip < len(p.rig.clips):
		p.over, p.next = true, in.Clip
	case in.Has(controller.InputRestart):
		p.over, p.next = true, p.index
	}
	return nil
}

// onSample scores, records and shows a tick, in the loop's goroutine.
func (p *pass) onSample(s *controller.Sample) {
	g := p.rig
	frame := p.tracker.Frame() - 1
	g.robot.Truth(&g.truth)
	if s.Mode == controller.ModeTrack && !p.over {
		p.over = !p.scorer.Add(frame, &g.truth.Root, s.State.Pos, &s.Command)
	}
	if p.silent || g.rec == nil && g.view == nil {
		return
	}
	g.robot.FramePoses(g.live)
	if g.rec != nil {
		g.rec.Put(s, &g.truth, g.live, g.activations(p.tracker))
	}
	if g.view != nil {
		n := len(g.live)
		p.show("")
		g.view.Publish(s, g.live, g.ghosts[p.index][frame*n:(frame+1)*n])
	}
}

// play places the robot at the pass's start and runs the loop.
func (g *rig) play(ctx context.Context, p *pass, pc *pacer) error {
	g.passes.Add(1)
	start := p.tracker.Frame()
	g.robot.Place(p.ref.Root(start), p.ref.Poses[start].Q, p.ref.Twists[start].Qd)
	if g.rec != nil && !p.silent {
		g.rec.Event(record.Event{Kind: record.KindRun, Text: p.describe()})
	}
	l := &controller.Loop{
		Robot: g.robot, Policy: p, Pacer: pc.Pacer, Clock: pc.clock, OnSample: p.onSample, OnInput: p.onInput,
		Input: g.remote.next(), Mode: controller.ModeTrack,
		Overruns: g.overruns(),
	}
	if p.silent {
		l.Input, l.OnInput = nil, nil
	}
	err := l.Run(ctx)
	if !p.silent {
		g.stats.Merge(l.Stats())
		if f := faultOf(err); f != nil {
			g.fault(p, f)
		}
	}
	return err
}

func (g *rig) overruns() controller.Overruns {
	return controller.Overruns{Max: g.scenario.Overruns.Max, Window: g.scenario.Overruns.Window}
}

// fault tells recording and view why a pass ended.
func (g *rig) fault(p *pass, f error) {
	if g.rec != nil {
		g.rec.Event(record.Event{Kind: "fault", Text: f.Error()})
	}
	p.show(f.Error())
}

// show tells the view where the pass is, and why it was stopped.
func (p *pass) show(fault string) {
	if v := p.rig.view; v != nil && !p.silent {
		v.SetStatus(view.Status{
			Clip: p.index, Frame: max(0, p.tracker.Frame()-1), Frames: p.ref.Len(), Paused: p.paused, Fault: fault, Note: p.controller(),
		})
	}
}

// passInfo is the text of the event that begins a pass in a recording: what a
// replay needs to make the same policy again.
type passInfo struct {
	Clip  string `json:"clip"`
	Index int    `json:"index"`
	Start int    `json:"start_frame"`
	Last  int    `json:"last_frame"`
}

func (p *pass) describe() string {
	b, err := json.Marshal(passInfo{p.clip.Name, p.index, p.tracker.Frame(), p.last})
	if err != nil {
		panic("hil: " + err.Error()) // strings and integers always encode
	}
	return string(b)
}

// row is the score of the pass that ended with err.
func (p *pass) row(err error) Row {
	r := Row{Score: p.scorer.Score(), Controller: p.controller()}
	if f := faultOf(err); f != nil {
		r.Fault, r.Completed = f.Error(), false
	}
	return r
}

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

// activations are all layers of the network in the order of the recording's
// header, when the scenario records them.
func (g *rig) activations(t *policy.Tracker) []float32 {
	if !g.scenario.Activate || t.Network() == nil {
		return nil
	}
	all := g.units[:0]
	for _, layer := range t.Network().Layers() {
		all = append(all, t.Network().Activation(layer)...)
	}
	g.units = all
	return all
}
