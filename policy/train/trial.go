package train

import (
	"math"
	"math/rand/v2"

	"whisker/controller"
	"whisker/policy"
	"whisker/policy/motion"
)

// trialRun is a trial under way.
type trialRun struct {
	p          Player
	take       *Take
	start      int
	trouble    Trouble
	truth      controller.Truth
	score, raw *motion.Scorer
	travel     *motion.Travel       // of a legged robot, else nil
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
	if trouble.Legged {
		run.travel = motion.NewTravel(b, clipOf(take.Ref))
	}
	for range trouble.Delay + 1 {
		c := controller.NewCommand(b)
		b.Neutral(&c)
		for i := range b.Actuators {
			if b.Actuators[i].Drive == controller.DriveTorque {
				c.Torque[i] = take.Ref.Torque[start][i]
			} else {
				c.Pos[i] = take.Ref.Command[start][i]
			}
		}
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
	follows := r.score.Add(frame, &r.truth.Root, s.Pos, cmd)
	if r.travel != nil {
		follows = r.travel.Add(frame, &r.truth.Root, s.Pos, r.p.Stage.OnBody())
	}
	if !follows {
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
	if r.travel != nil {
		s := r.travel.Score()
		t.Travel, t.Kept = &s, r.take.Kept
		t.Survival, t.Completed = s.Stood, s.Completed && (t.Kept == nil || t.Kept.Kept())
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
