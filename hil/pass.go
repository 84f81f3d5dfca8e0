package hil

import (
	"encoding/json"
	"math"

	"whisker/bridge/view"
	"whisker/controller"
	"whisker/policy"
	"whisker/policy/motion"
)

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
		frames := max(1, math.Round(s*p.clip.Rate))
		p.last = int(min(float64(p.last), float64(g.scenario.StartFrame)+frames-1))
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
