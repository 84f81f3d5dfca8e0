package train

import (
	"context"
	"errors"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"whisker/controller"
	"whisker/policy"
	"whisker/policy/motion"
)

// Stage is a world to score policies in: besides a World's, it has the helps and
// troubles that a trial may ask for.
type Stage interface {
	World
	SetAssist(target controller.Root, stiffness float64)
	Perturb(force [3]float64)
	// OnBody tells whether anything but the feet touches the ground, and Redraw
	// begins the random numbers of a randomised robot anew.
	OnBody() bool
	Redraw(seed uint64)
}

// Player is what one core scores with: a stage, and the geometry of its body.
type Player struct {
	Stage Stage
	Kin   motion.Kinematics
}

// Take is a clip to play: as the policy is shown it, and as it was recorded.
type Take struct {
	Ref *policy.Reference
	Raw *motion.Clip // joints in the body's order; nil: as Ref
	// Starts are the frames to start from, Skipped how many were left out because
	// no foot is near the floor.
	Starts  []int
	Skipped int
	// Kept is what a retargeted clip has of the rat's motion; nil: it is no such
	// clip. One that keeps too little is never completed.
	Kept *motion.Fidelity
}

// Trouble is what a trial adds to the nominal simulation. Mass and friction are
// the stage's own affair.
type Trouble struct {
	Assist float64 // N/m, spring on the root towards the reference
	Delay  int     // control periods that commands come late
	// Push is the force of a push of 100 ms every second, horizontal, in a random
	// direction, N.
	Push float64
	Seed uint64 // of the directions, and of randomised robots
	// Legged trials are of a robot with legs that does not see where it is: they end
	// with a fall, and count by motion.TravelScore.
	Legged bool
}

// Trial is one play of a clip from one frame to its end, or until the root is
// more than 100 mm or 60 degrees away, or a robot with legs has fallen.
type Trial struct {
	Clip     string  `json:"clip"`
	Start    int     `json:"start_frame"`
	Possible float64 `json:"possible_s"`
	Speed    float64 `json:"speed_m_s"` // mean of the clip from the start
	motion.Score
	// Raw is measured against the clip as it was recorded.
	Raw *motion.Score `json:"raw,omitempty"`
	// Travel is that of a robot with legs, Kept what retargeting kept.
	Travel *motion.TravelScore `json:"travel,omitempty"`
	Kept   *motion.Fidelity    `json:"retargeting,omitempty"`
	// Taps are feet coming down, a second; the reference's beside it, as its jerk.
	Taps          motion.Measure `json:"foot_taps_hz"`
	ReferenceTaps motion.Measure `json:"reference_foot_taps_hz"`
	ReferenceJerk motion.Measure `json:"reference_action_jerk"`
	Help          motion.Measure `json:"assist_n"` // mean force of the assist
}

// Survived is the share of the possible time.
func (t *Trial) Survived() float64 { return min(1, float64(t.Survival)/t.Possible) }

// Starts drops from frames those beyond the clip's end and those in flight: no
// foot within 12 mm of the floor. skipped counts the latter.
func Starts(ref *policy.Reference, k motion.Kinematics, frames []int) (starts []int, skipped int) {
	const low = 0.012
	for _, f := range frames {
		if f < 0 || f >= ref.Len()-1 {
			continue
		}
		p := &ref.Poses[f]
		k.SetPose(p.Pos, p.Quat, p.Q)
		down := len(ref.Body.Feet) == 0
		for _, foot := range ref.Body.Feet {
			if id, ok := k.BodyID(foot); ok && k.LowestPoint(id) < low {
				down = true
			}
		}
		if down {
			starts = append(starts, f)
		} else {
			skipped++
		}
	}
	return starts, skipped
}

// Evaluate plays every take from each of its starts, a player per goroutine, and
// returns a trial for each, in order. f nil is open loop. played is called after
// each trial, from any goroutine.
func Evaluate(ctx context.Context, players []Player, f *policy.File, takes []Take, trouble Trouble, played func()) ([]Trial, error) {
	type job struct{ take, start int }
	var jobs []job
	for i := range takes {
		for _, s := range takes[i].Starts {
			jobs = append(jobs, job{i, s})
		}
	}
	trials := make([]Trial, len(jobs))
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for _, p := range players {
		group.Go(func() error {
			for ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= len(jobs) {
					return nil
				}
				tracker, err := tracker(p.Stage.Body(), f, takes[jobs[n].take].Ref)
				if err != nil {
					return err
				}
				p.Stage.Redraw(trouble.Seed + uint64(n)) // whichever player it is that plays it
				if trials[n], err = play(p, tracker, &takes[jobs[n].take], jobs[n].start, trouble); err != nil {
					return err
				}
				played()
			}
			return ctx.Err()
		})
	}
	return trials, group.Wait()
}

// Survival plays t in w from its current frame to the end of its reference and
// returns for how long the root stayed within 100 mm and 60 degrees, s, and
// whether it did so to the end.
func Survival(w Stage, t *policy.Tracker) (seconds float64, completed bool, err error) {
	trial, err := play(Player{Stage: w}, t, &Take{Ref: t.Reference()}, t.Frame(), Trouble{})
	return float64(trial.Survival), trial.Completed, err
}

func clipOf(r *policy.Reference) *motion.Clip {
	c := &motion.Clip{Name: r.Name, Rate: 1 / r.Body.Period.Seconds(), Poses: r.Poses, Twists: r.Twists}
	for i := range r.Body.Joints {
		c.Joints = append(c.Joints, r.Body.Joints[i].Name)
	}
	return c
}

func tracker(b *controller.Body, f *policy.File, r *policy.Reference) (*policy.Tracker, error) {
	if f == nil {
		return policy.OpenLoop(b, r)
	}
	return policy.NewTracker(b, f, r)
}

// play runs one trial.
func play(p Player, t *policy.Tracker, take *Take, start int, trouble Trouble) (trial Trial, err error) {
	r, b := take.Ref, p.Stage.Body()
	if err := t.Switch(r, start); err != nil {
		return trial, err
	}
	p.Stage.Place(r.Root(start), r.Poses[start].Q, r.Twists[start].Qd)
	if err := p.Stage.Start(); err != nil {
		return trial, err
	}
	defer func() {
		p.Stage.SetAssist(r.Root(start), 0)
		err = errors.Join(err, p.Stage.Halt())
	}()
	run := newTrialRun(p, take, start, trouble)
	s, limits := controller.NewState(b), controller.NewClamp(b)
	for frame := start; ; frame++ {
		if err := p.Stage.Read(&s); err != nil {
			break // diverged: lost
		}
		if frame == start {
			limits.Begin(&s)
		}
		p.Stage.Truth(&run.truth)
		if frame == r.Len()-1 {
			run.add(frame, &s, nil)
			break
		}
		cmd := run.next()
		if err := t.Act(&s, cmd); err != nil {
			return trial, err
		}
		limits.Mend(&s, cmd)
		if !run.add(frame, &s, cmd) {
			break
		}
		run.disturb(frame)
		if err := p.Stage.Write(run.due()); err != nil {
			return trial, err
		}
	}
	return run.trial(), nil
}
