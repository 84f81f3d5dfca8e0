package train

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
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
}

// Trouble is what a trial adds to the nominal simulation. Mass and friction are
// the stage's own affair.
type Trouble struct {
	Assist float64 // N/m, spring on the root towards the reference
	Delay  int     // control periods that commands come late
	// Push is the force of a push of 100 ms every second, horizontal, in a random
	// direction, N.
	Push float64
	Seed uint64 // of the directions
}

// Trial is one play of a clip from one frame to its end, or until the root is
// more than 100 mm or 60 degrees away.
type Trial struct {
	Clip     string  `json:"clip"`
	Start    int     `json:"start_frame"`
	Possible float64 `json:"possible_s"`
	Speed    float64 `json:"speed_m_s"` // mean of the clip from the start
	motion.Score
	// Raw is measured against the clip as it was recorded.
	Raw *motion.Score `json:"raw,omitempty"`
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
// returns a trial for each, in order. f nil is open loop.
func Evaluate(ctx context.Context, players []Player, f *policy.File, takes []Take, trouble Trouble) ([]Trial, error) {
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
				if trials[n], err = play(p, tracker, &takes[jobs[n].take], jobs[n].start, trouble); err != nil {
					return err
				}
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
	s := controller.NewState(b)
	for frame := start; ; frame++ {
		if err := p.Stage.Read(&s); err != nil {
			break // diverged: lost
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

// trialRun is a trial under way.
type trialRun struct {
	p          Player
	take       *Take
	start      int
	trouble    Trouble
	truth      controller.Truth
	score, raw *motion.Scorer
	queue      []controller.Command // the newest first in turn; the last is due
	tick, taps int
	down       []bool
	help       float64
	rng        *rand.Rand
	force      [3]float64
	lastAlive  int
}

func newTrialRun(p Player, take *Take, start int, trouble Trouble) *trialRun {
	b := p.Stage.Body()
	run := &trialRun{
		p: p, take: take, start: start, trouble: trouble, score: motion.NewScorer(b, clipOf(take.Ref), p.Kin),
		down: make([]bool, len(b.Feet)), rng: rand.New(rand.NewPCG(trouble.Seed, uint64(start))), lastAlive: start,
	}
	run.truth.Contacts = make([]bool, len(b.Feet))
	if take.Raw != nil {
		run.raw = motion.NewScorer(b, take.Raw, p.Kin)
	}
	for range trouble.Delay + 1 {
		c := controller.NewCommand(b)
		copy(c.Pos, take.Ref.Command[start])
		copy(c.Torque, take.Ref.Torque[start])
		run.queue = append(run.queue, c)
	}
	return run
}

// next is the command to fill, due the one that the robot gets now.
func (r *trialRun) next() *controller.Command { return &r.queue[r.tick%len(r.queue)] }

func (r *trialRun) due() *controller.Command {
	r.tick++
	return &r.queue[r.tick%len(r.queue)]
}

// add scores a tick and says whether the root is still where it should be.
func (r *trialRun) add(frame int, s *controller.State, cmd *controller.Command) bool {
	if r.raw != nil {
		r.raw.Add(frame, &r.truth.Root, s.Pos, cmd)
	}
	if !r.score.Add(frame, &r.truth.Root, s.Pos, cmd) {
		return false
	}
	r.lastAlive = frame
	r.help += r.truth.Assist
	for i, down := range r.truth.Contacts {
		if down && !r.down[i] && frame > r.start {
			r.taps++
		}
		r.down[i] = down
	}
	return true
}

// disturb sets what acts on the body during the next period.
func (r *trialRun) disturb(frame int) {
	if r.trouble.Assist > 0 {
		r.p.Stage.SetAssist(r.take.Ref.Root(frame+1), r.trouble.Assist)
	}
	period := r.p.Stage.Body().Period.Seconds()
	every, long := int(1/period), int(0.1/period)
	if r.trouble.Push == 0 {
		return
	}
	if n := frame - r.start; n%every == every/2 {
		sin, cos := math.Sincos(2 * math.Pi * r.rng.Float64())
		r.force = [3]float64{r.trouble.Push * cos, r.trouble.Push * sin, 0}
	} else if n%every == every/2+long {
		r.force = [3]float64{}
	}
	r.p.Stage.Perturb(r.force)
}

func (r *trialRun) trial() Trial {
	ref, period := r.take.Ref, r.p.Stage.Body().Period.Seconds()
	frames := r.lastAlive - r.start
	t := Trial{
		Clip: ref.Name, Start: r.start, Possible: float64(ref.Len()-r.start) * period, Score: r.score.Score(),
		Taps: perSecond(r.taps, frames, period), ReferenceTaps: perSecond(landings(ref, r.start, r.lastAlive), frames, period),
		ReferenceJerk: jerk(ref, r.start, r.lastAlive), Help: motion.Measure(r.help / float64(max(1, frames))),
	}
	for f := r.start; f < ref.Len(); f++ {
		v := ref.Twists[f].Vel
		t.Speed += math.Hypot(v[0], v[1]) / float64(ref.Len()-r.start)
	}
	if r.raw != nil {
		s := r.raw.Score()
		t.Raw = &s
	}
	return t
}

func perSecond(n, frames int, period float64) motion.Measure {
	return motion.Measure(float64(n) / (float64(frames) * period))
}

// landings counts feet that the reference puts down between two frames.
func landings(r *policy.Reference, from, to int) int {
	n := 0
	for f := from + 1; f <= to; f++ {
		for i, down := range r.Stance[f] {
			if down && !r.Stance[f-1][i] {
				n++
			}
		}
	}
	return n
}

// jerk is that of the reference's own command, as motion.Score has it.
func jerk(r *policy.Reference, from, to int) motion.Measure {
	sum, n := 0.0, 0
	series := r.Command
	if len(r.Body.Actuators) > 0 && r.Body.Actuators[0].Drive == controller.DriveTorque {
		series = r.Torque
	}
	for f := from + 3; f < to; f++ {
		for i := range series[f] {
			sum += square(series[f][i] - 3*series[f-1][i] + 3*series[f-2][i] - series[f-3][i])
			n++
		}
	}
	return motion.Measure(math.Sqrt(sum/float64(n)) / math.Pow(r.Body.Period.Seconds(), 3))
}
