package prove

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"whisker/controller"
	"whisker/controller/profile"
	"whisker/controller/record"
	"whisker/hil"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/sim"
)

// noise is what the second robot's sensors add, as standard deviations: a 12-bit
// encoder's step, its difference over some ticks, a small inertial unit.
func noise() *sim.Ranges {
	g := sim.NoRanges()
	g.Position, g.Velocity, g.Gyro, g.Tilt = sim.Range{0.001, 0.001}, sim.Range{0.05, 0.05}, sim.Range{0.01, 0.01}, sim.Range{0.002, 0.002}
	return g
}

// plants record the reference quadruped.
type plants struct {
	robot   *sim.Robot
	refs    []*policy.Reference
	seconds float64 // of each clip that are played; 0: all
}

// openPlants opens the quadruped and makes clips of rats its own.
func openPlants() (*plants, error) {
	p, err := profile.Open("quadruped")
	if err != nil {
		return nil, err
	}
	r, err := sim.Open(sim.Options{Profile: p})
	if err != nil {
		return nil, err
	}
	rat, err := sim.Open(sim.Options{})
	if err != nil {
		r.Close()
		return nil, err
	}
	defer rat.Close()
	from, to := rat.Kinematics(), r.Kinematics()
	defer from.Close()
	defer to.Close()
	ps := &plants{robot: r}
	clips, err := ratClips(from, rat.Body())
	for i := 0; i < len(clips) && err == nil; i++ {
		err = ps.retarget(clips[i], from, to)
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return ps, nil
}

// ratClips are the walk that ships and three that are synthesised.
func ratClips(k motion.Kinematics, b *controller.Body) ([]*motion.Clip, error) {
	walk, err := motion.Shipped("walk")
	if err != nil {
		return nil, err
	}
	clips := []*motion.Clip{walk}
	for _, s := range []motion.Spec{motion.RandomSpec(motion.Trot, 2), motion.RandomSpec(motion.Walk, 3), motion.RandomSpec(motion.Walk, 1)} {
		c, err := motion.Synthesize(k, b, s)
		if err != nil {
			return nil, err
		}
		clips = append(clips, c)
	}
	return clips, nil
}

func (ps *plants) retarget(c *motion.Clip, from, to motion.Kinematics) error {
	c, err := c.Reorder(from.JointNames())
	if err != nil {
		return err
	}
	c, kept, err := motion.Retarget(c, from, to, ps.robot.Body())
	if err != nil {
		return err
	}
	if !kept.Kept() {
		return fmt.Errorf("prove: %s cannot be retargeted: %v", c.Name, kept.Missed)
	}
	c = motion.Resample(c, 1/ps.robot.Body().Period.Seconds())
	if c, err = c.Reorder(to.JointNames()); err != nil {
		return err
	}
	ref, err := policy.NewReference(ps.robot.Body(), c, to)
	ps.refs = append(ps.refs, ref)
	return err
}

// mistaken is a robot whose sensors err.
type mistaken struct {
	*sim.Robot
	sense func(*controller.State)
}

// Read is what they make of it.
func (m *mistaken) Read(s *controller.State) error {
	err := m.Robot.Read(s)
	m.sense(s)
	return err
}

// record plays clips open loop on a robot that deviates by d and whose sensors err as
// sense does, with noise by a seed unless that is 0, and writes the recording.
func (ps *plants) record(ctx context.Context, path string, clips []int, d []sim.Deviation, sense func(*controller.State), seed uint64) (err error) {
	r, err := ps.robot.Clone()
	if err != nil {
		return err
	}
	defer r.Close()
	if seed != 0 {
		if err := r.Randomise(noise(), seed); err != nil {
			return err
		}
	}
	if err := r.Deviate(d); err != nil {
		return err
	}
	s := hil.DefaultScenario()
	s.Robot, s.Policy, s.Pace = "quadruped", hil.OpenLoop, "lockstep"
	for _, i := range clips {
		s.Clips = append(s.Clips, ps.refs[i].Name)
	}
	rec, err := record.Create(path, record.Header{Body: r.Body(), Scenario: s.YAML(), Clips: s.Clips, MuJoCo: sim.Version(), Model: r.ModelHash()})
	if err != nil {
		return err
	}
	rec.Lossless = true
	out, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- rec.Run(out) }()
	defer func() {
		stop()
		err = errors.Join(err, <-done)
	}()
	for _, i := range clips {
		if err := ps.play(ctx, &mistaken{r, sense}, ps.refs[i], rec); err != nil {
			return err
		}
	}
	return nil
}

// play is one pass. A robot that falls ends it: its recording is what it is.
func (ps *plants) play(ctx context.Context, r *mistaken, ref *policy.Reference, rec *record.Recorder) error {
	rec.Event(record.Event{Kind: record.KindRun, Text: ref.Name})
	r.Place(ref.Root(0), ref.Poses[0].Q, ref.Twists[0].Qd)
	p, err := policy.OpenLoop(r.Body(), ref)
	if err != nil {
		return err
	}
	put := func(s *controller.Sample) { rec.Put(s, nil, nil, nil) }
	l := &controller.Loop{Robot: r, Policy: &brief{p, ps.seconds}, Mode: controller.ModeTrack, OnSample: put}
	var fault *controller.Fault
	if err := l.Run(ctx); err != nil && !errors.As(err, &fault) {
		return err
	}
	return nil
}

// brief ends a policy after some seconds of the robot's time; 0 lets it be.
type brief struct {
	controller.Policy
	seconds float64
}

// Act is the policy's, or the end.
func (b *brief) Act(s *controller.State, c *controller.Command) error {
	if b.seconds > 0 && s.Time.Seconds() >= b.seconds {
		return controller.ErrDone
	}
	return b.Policy.Act(s, c)
}

func in(dir string, d *Draw, which string) string {
	return filepath.Join(dir, fmt.Sprintf("%d-%s.mcap", d.Index, which))
}
