package record

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"whisker/controller"
)

// Replay plays the recorded states through the real loop again, with its guard
// and a policy of the caller's, and compares the commands with the recorded
// ones. It is the loop's robot, pacer and source of inputs in one.
//
// Commands are the same bits on the same matrix kernel. What depended on the
// time that the policy took, and on ticks that are missing, cannot be replayed.
type Replay struct {
	r     *Reader
	input *controller.Input
	cmp   Comparison
	next  controller.Sample // the sample that comes next, when there is one
	now   controller.Sample // the one being replayed
	have  bool
	open  bool   // now was handed to the loop, which has not written its command
	run   *Event // the event that ended the last run
	began bool   // a first run was looked for
	ended error  // of the recording
}

// Comparison is how replayed commands differ from recorded ones.
type Comparison struct {
	Ticks    int     `json:"ticks"`    // compared
	Differ   int     `json:"differ"`   // of them have a command that differs in a bit
	First    uint64  `json:"first"`    // the first of these
	Where    string  `json:"where"`    // what differs there, such as pos_rad[3]
	MaxAbs   float64 `json:"max_abs"`  // largest difference of two numbers, in their unit
	Missing  uint64  `json:"missing"`  // ticks that are missing where comparing had to end
	Unplayed int     `json:"unplayed"` // recorded ticks that the replayed loop did not reach
}

var errEndOfRun = errors.New("record: the recorded run ends here")

// NewReplay replays what r has yet to read.
func NewReplay(r *Reader) *Replay {
	return &Replay{r: r, next: controller.NewSample(r.Header.Body), now: controller.NewSample(r.Header.Body)}
}

// NextRun moves to the next run of the recording and returns the event that it
// began with, so that the caller can prepare the same policy. It returns io.EOF
// when there is none. A recording without such events is one run.
func (p *Replay) NextRun() (Event, error) {
	for p.run == nil {
		p.peek()
		switch {
		case p.ended != nil && !p.have:
			return Event{}, p.ended
		case p.have && !p.began:
			p.run = &Event{Kind: KindRun}
		case p.have:
			p.have = false // what is left of a run that was not replayed
		}
	}
	e := *p.run
	p.run, p.began, p.open, p.cmp = nil, true, false, Comparison{}
	return e, nil
}

// Run runs l, wired as for the recorded run, on the run that NextRun moved to.
// It replaces l's Robot, Pacer and Input. An error is the recording's, or a
// fault that the recorded run did not have.
func (p *Replay) Run(ctx context.Context, l *controller.Loop) (Comparison, error) {
	if l.Input == nil && l.Mode == controller.ModeIdle {
		l.Mode = controller.ModeTrack // as a Loop without Input does
	}
	p.input = new(controller.Input)
	l.Robot, l.Pacer, l.Input = p, p, p.input
	err := l.Run(ctx)
	var fault *controller.Fault
	if errors.Is(err, errEndOfRun) || errors.As(err, &fault) && fault.Code == p.now.Fault {
		err = nil
	}
	if p.open {
		p.cmp.Unplayed++
	}
	for p.cmp.Missing == 0 && ctx.Err() == nil {
		if p.peek(); !p.have {
			break
		}
		p.have = false
		p.cmp.Unplayed++
	}
	if err == nil && p.ended != io.EOF {
		err = p.ended
	}
	return p.cmp, err
}

// peek reads on until a sample is at hand, or the run or recording ends.
func (p *Replay) peek() {
	for !p.have && p.run == nil && p.ended == nil {
		m, err := p.r.Next()
		if err != nil {
			p.ended = err
			return
		}
		switch m.Topic {
		case TopicSample:
			err = p.r.Sample(m, &p.next)
			p.have = err == nil
		case TopicEvent:
			var e Event
			if e, err = p.r.Event(m); err == nil && e.Kind == KindRun {
				p.run = &e
			}
		}
		if err != nil {
			p.ended = err
		}
	}
}

// Wait moves to the next recorded tick and puts its inputs in the loop's slot.
func (p *Replay) Wait(ctx context.Context) (late time.Duration, skipped int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	if p.peek(); !p.have {
		return 0, 0, errEndOfRun
	}
	if want := uint64(p.cmp.Ticks); p.next.Tick != want {
		p.cmp.Missing = p.next.Tick - want
		return 0, 0, errEndOfRun
	}
	stopped := p.stopped()
	p.now.CopyFrom(&p.next)
	p.have, p.open = false, true
	p.apply(&p.now.Input)
	if stopped {
		p.input.Stop()
	}
	return p.now.Timing.Late, p.now.Timing.Skipped, nil
}

// stopped says that the next tick damps although no input asked for it: the
// recorded run was interrupted.
func (p *Replay) stopped() bool {
	in := &p.next.Input
	return p.cmp.Ticks > 0 && p.next.Mode == controller.ModeDamp && p.now.Mode != controller.ModeDamp && in.Kind == 0
}

// apply gives the recorded inputs again. Pauses of a body that stops time are
// left out: they lie between two ticks.
func (p *Replay) apply(in *controller.Inputs) {
	give := func(k controller.InputKind, f func()) {
		if in.Has(k) {
			f()
		}
	}
	give(controller.InputReset, p.input.Reset)
	give(controller.InputMode, func() { p.input.RequestMode(in.Mode) })
	give(controller.InputRestart, p.input.Restart)
	give(controller.InputClip, func() { p.input.ChooseClip(in.Clip) })
	give(controller.InputGoal, func() { p.input.SetGoal(in.Goal) })
	if !p.Body().StopsTime {
		give(controller.InputPause, p.input.Pause)
		give(controller.InputResume, p.input.Resume)
	}
	give(controller.InputStop, p.input.Stop)
}

// Body is the recorded body.
func (p *Replay) Body() *controller.Body { return p.r.Header.Body }

// Start does nothing: Run knows where it is.
func (p *Replay) Start() error { return nil }

// Read gives the recorded state of the tick.
func (p *Replay) Read(s *controller.State) error {
	s.CopyFrom(&p.now.State)
	return nil
}

// Write compares the replayed command of the tick with the recorded one.
func (p *Replay) Write(c *controller.Command) error {
	was := &p.now.Command
	where := ""
	for _, f := range [...]struct {
		key      string
		now, was []float64
	}{
		{"pos_rad", c.Pos, was.Pos}, {"vel_rad_s", c.Vel, was.Vel}, {"torque_nm", c.Torque, was.Torque},
		{"kp_nm_rad", c.Kp, was.Kp}, {"kd_nm_s_rad", c.Kd, was.Kd},
	} {
		for i := range f.now {
			if d, same := difference(f.now[i], f.was[i]); !same {
				p.cmp.MaxAbs = max(p.cmp.MaxAbs, d)
				if where == "" {
					where = fmt.Sprintf("%s[%d]", f.key, i)
				}
			}
		}
	}
	if where != "" {
		if p.cmp.Differ == 0 {
			p.cmp.First, p.cmp.Where = p.now.Tick, where
		}
		p.cmp.Differ++
	}
	p.cmp.Ticks++
	p.open = false
	return nil
}

// difference says whether two numbers are the same bits (any NaN is as good as
// another) and how far apart they are; a NaN is infinitely far from a number.
func difference(a, b float64) (d float64, same bool) {
	if math.Float64bits(a) == math.Float64bits(b) || a != a && b != b {
		return 0, true
	}
	if d = math.Abs(a - b); d != d {
		d = math.Inf(1)
	}
	return d, false
}

// Halt does nothing.
func (p *Replay) Halt() error { return nil }
