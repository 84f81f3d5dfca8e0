package hil

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

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
	driver  driver
	tracker *policy.Tracker // the driver, when it follows the clip; else nil
	scorer  *motion.Scorer
	travel  *motion.Travel // of a legged robot, else nil
	last    int            // frame after which the pass ends
	over    bool           // the next Act ends the pass
	next    int            // the clip that an onlooker chose; -1 for none
	silent  bool           // neither recorded, shown nor timed
	paused  bool
	help    float64 // sum of the assist's forces over the ticks that count, N
	helped  int     // those ticks
	aligned bool
	north   float64 // rad, from the IMU's heading to the clip's
}

// driver is what acts in a pass: a tracker, or a policy that follows no clip.
type driver interface {
	controller.Policy
	// Frame is the frame of the clip that the next Act is for.
	Frame() int
}

// newPass makes a pass over clip i, with the rig's policy or open loop.
func (g *rig) newPass(i int, openLoop bool) (p *pass, err error) {
	ref := g.refs[i]
	p = &pass{rig: g, index: i, clip: g.clips[i], ref: ref, next: -1, last: ref.Len() - 1}
	if err := p.drive(openLoop); err != nil {
		return nil, err
	}
	if s := g.scenario.Seconds; s > 0 {
		frames := max(1, math.Round(s*p.clip.Rate))
		p.last = int(min(float64(p.last), float64(g.scenario.StartFrame)+frames-1))
	}
	p.scorer = motion.NewScorer(g.body, p.clip, g.kin)
	if g.legged && g.tracked() {
		p.travel = motion.NewTravel(g.body, p.clip)
	}
	return p, nil
}

// drive makes what acts.
func (p *pass) drive(openLoop bool) (err error) {
	g := p.rig
	switch {
	case openLoop || g.file == nil && g.foreign == nil:
		p.tracker, err = policy.OpenLoop(g.body, p.ref)
	case g.foreign != nil:
		g.foreign.Restart()
		g.foreign.Aim(g.scenario.goal())
		p.driver = &walker{Foreign: g.foreign, frame: g.scenario.StartFrame}
		return nil
	default:
		p.tracker, err = policy.NewTracker(g.body, g.file, p.ref)
	}
	if err != nil {
		return err
	}
	if err := p.tracker.Switch(p.ref, g.scenario.StartFrame); err != nil {
		return err
	}
	p.tracker.Seed(g.scenario.Seed)
	p.driver = p.tracker
	return nil
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
	if p.tracker != nil && p.tracker.Network() == nil {
		return "open loop"
	}
	return "policy"
}

// Act is the tracker's until the pass is over.
func (p *pass) Act(s *controller.State, cmd *controller.Command) error {
	if p.over || p.driver.Frame() > p.last {
		p.over = true // a body that lies down afterwards is not scored in that
		return controller.ErrDone
	}
	return p.driver.Act(s, cmd)
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
	case in.Has(controller.InputGoal) && p.rig.foreign != nil:
		p.rig.foreign.AimAt(in.Goal)
	}
	return nil
}

// onSample scores, records and shows a tick, in the loop's goroutine.
func (p *pass) onSample(s *controller.Sample) {
	g := p.rig
	frame := max(0, p.driver.Frame()-1)
	if g.world != nil {
		g.world.Truth(&g.truth)
	}
	if g.emulation != nil {
		g.emulation.tick(s, g.scenario.Emulation.CutAfter, p.clip.Rate)
	}
	g.watch(p, s)
	if s.Mode == controller.ModeTrack && !p.over {
		p.over = !p.score(frame, s)
	}
	p.assist(frame)
	if p.silent {
		return
	}
	p.show("")
	if g.telemetry != nil {
		g.telemetry.Publish(s)
	}
	if g.rec == nil && g.view == nil {
		return
	}
	p.draw(frame, &s.State)
	if g.rec != nil {
		g.rec.Put(s, g.known(), g.live, g.activations(p.tracker))
	}
	if g.view != nil {
		g.view.Publish(s, g.live, at(g.ghosts[p.index], frame, p.ref.Len()), at(g.animals[p.index], frame, p.ref.Len()))
	}
	g.shoot(p, s)
}

// assist sets the spring that helps a simulated trunk during the next period: none
// once the pass is over.
func (p *pass) assist(frame int) {
	stiffness := p.rig.scenario.Physics.Assist
	if stiffness == 0 {
		return
	}
	if p.over {
		stiffness = 0
	} else {
		p.help += p.rig.truth.Assist
		p.helped++
	}
	p.rig.model.SetAssist(p.ref.Root(min(frame+1, p.ref.Len()-1)), stiffness)
}

// note is what onlookers should know of a pass: who acts, and what helps.
func (p *pass) note() string {
	if a := p.rig.scenario.Physics.Assist; a > 0 {
		return fmt.Sprintf("%s, root assist %g N/m", p.controller(), a)
	}
	return p.controller()
}

// score scores a tick, and says whether the robot still follows its clip.
func (p *pass) score(frame int, s *controller.Sample) bool {
	g := p.rig
	if !g.tracked() {
		return p.scorer.Add(frame, nil, s.State.Pos, &s.Command)
	}
	follows := p.scorer.Add(frame, &g.truth.Root, s.State.Pos, &s.Command)
	if p.travel == nil {
		return follows
	}
	return p.travel.Add(frame, &g.truth.Root, s.State.Pos, g.world.OnBody())
}

// fault is the fault or error that ended the pass. The fall of a simulated robot
// is a score, and what the guard sees in it no reason to end the run.
func (p *pass) fault(err error) error {
	if p.rig.faulty != nil && faultCode(err) != 0 {
		return nil // the rows of the faults tell
	}
	if p.collapsed(err) {
		return nil
	}
	return faultOf(err)
}

// collapsed tells whether the guard ended the pass because a simulated legged
// robot fell, or gave way under its own weight.
func (p *pass) collapsed(err error) bool {
	if p.travel == nil || p.rig.emulation != nil {
		return false
	}
	switch faultCode(err) {
	case 0:
		return false
	case controller.FaultTilt, controller.FaultFollowing, controller.FaultJointSpeed, controller.FaultJointLimit:
		return true
	}
	return p.travel.Score().Fell != ""
}

// faultCode is that of the fault in err; 0 for none.
func faultCode(err error) controller.FaultCode {
	var f *controller.Fault
	if errors.As(err, &f) {
		return f.Code
	}
	return 0
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
	b, err := json.Marshal(passInfo{p.clip.Name, p.index, p.driver.Frame(), p.last})
	if err != nil {
		panic("hil: " + err.Error()) // strings and integers always encode
	}
	return string(b)
}

// row is the score of the pass that ended with err.
func (p *pass) row(err error) Row {
	r := Row{Score: p.scorer.Score(), Controller: p.controller(), Played: p.driver.Frame() > p.last}
	if p.helped > 0 {
		help := motion.Measure(p.help / float64(p.helped))
		r.Assist, r.Help = p.rig.scenario.Physics.Assist, &help
	}
	if p.travel != nil {
		t := p.travel.Score()
		r.Travel, r.Retargeting = &t, p.rig.fidelity[p.clip.Name]
		r.Completed = t.Completed && (r.Retargeting == nil || r.Retargeting.Kept())
	}
	if f := p.fault(err); f != nil {
		r.Fault, r.Completed = f.Error(), false
	} else if faultCode(err) != 0 && !r.Played { // what falls over after its clip has played it
		r.Fault, r.Completed = err.Error(), false
	}
	return r
}

// activations are all layers of the network in the order of the recording's
// header, when the scenario records them.
func (g *rig) activations(t *policy.Tracker) []float32 {
	if !g.scenario.Activate || t == nil || t.Network() == nil {
		return nil
	}
	all := g.units[:0]
	for _, layer := range t.Network().Layers() {
		all = append(all, t.Network().Activation(layer)...)
	}
	g.units = all
	return all
}
