package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"

	"whisker/controller"
	"whisker/hil"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/policy/train"
	"whisker/sim"
)

// trainCmd teaches a policy to follow clips. Run again with the same --out it
// goes on from its checkpoint.
type trainCmd struct {
	Robot       string         `help:"rat, or a robot with a profile, which follows the rat's clips retargeted: quadruped, go1, go2 or PROFILE.yaml." default:"rat"`
	Model       string         `help:"MJCF or URDF file in place of the robot's own model." placeholder:"FILE"`
	Body        string         `help:"What whisker hil identify wrote of the robot: those to learn on have its motors." placeholder:"FILE"`
	Randomise   string         `help:"How far a robot with a profile differs from its model, anew in each episode: default, body for as much as --body leaves open, or a YAML file of ranges; none is not." default:"default" placeholder:"RANGES"`
	Out         string         `required:"" xor:"to" help:"Folder for checkpoint, metrics (CSV, HTML) and policy file." placeholder:"DIR"`
	Export      string         `required:"" xor:"to" help:"Train nothing: write model, task and clips to DIR for the trainers in policy/train/mjx." placeholder:"DIR"`
	Library     map[string]int `help:"How many synthesised clips of each kind." default:"walk=60;trot=40;turn=30;rear=40;lunge=15;groom=15;headturn=5;stand=5" placeholder:"KIND=N;..."`
	FirstSeed   uint64         `help:"Seed of the first clip of each kind." default:"1000"`
	variety     `embed:"" set:"shake=0.06"`
	Clip        []string `help:"Learn from these clips in place of synthesised ones, patterns allowed; they are cleaned first." placeholder:"GLOB"`
	Teacher     string   `help:"Imitate this policy: the student has no path from reference to command but its latent." placeholder:"FILE"`
	Specialist  []string `help:"Imitate this policy on clips that it follows better than the teacher." placeholder:"FILE"`
	Residual    bool     `help:"The student, too, adds to the command of the reference: a start for --from."`
	From        string   `help:"Go on from this policy in place of random weights." placeholder:"FILE"`
	Seed        uint64   `help:"Seed of the learning." default:"1"`
	Transitions int64    `help:"How many transitions to learn from, those before a resumption included." default:"8000000"`
	Worlds      int      `help:"Simulated bodies." default:"128"`
	Workers     int      `help:"Goroutines that simulate and learn; 0 is one per core." default:"0"`
	MaxSteps    int      `help:"Longest episode, in control periods." default:"200"`
	Minibatch   int      `help:"Transitions per step of the optimiser." default:"1024"`
	Rate        float64  `help:"Learning rate at the start." default:"1.5e-4"`
	LessonRate  float64  `help:"Learning rate of imitation at the start." default:"1e-3"`
	Average     int      `help:"Latest updates over which the weights of what imitates are averaged in its policy file." default:"40"`
	TargetKL    float64  `name:"target-kl" help:"Divergence of the policy over one update that the rate is held to." default:"0.02"`
	NoiseStart  float64  `help:"Action noise at the start." default:"0.18"`
	NoiseEnd    float64  `help:"Action noise at the end." default:"0.08"`
	LatentCost  float64  `help:"Weight of how much the latent says of the reference, its divergence from a unit normal." default:"1e-4"`
	Encoder     []int    `help:"Widths of the encoder's hidden layers; 256 for the rat, 128 for a robot with a profile." placeholder:"N,..."`
	Decoder     []int    `help:"Widths of the decoder's hidden layers, as the encoder's." placeholder:"N,..."`
	Torque      bool     `help:"Torque actuators in place of position servos."`
}

// Run is called by kong.
func (c *trainCmd) Run(e *env) error {
	if c.Workers == 0 {
		c.Workers = runtime.NumCPU()
	}
	if c.Export != "" {
		return c.export(e)
	}
	config, err := c.config(e)
	if err != nil {
		return usage(err)
	}
	tidy, err := folder(c.Out)
	defer tidy()
	if err != nil {
		return usage(err)
	}
	b, err := c.bench(e)
	if err != nil {
		return usage(err)
	}
	defer b.close()
	robots, err := c.robots(b)
	if err != nil {
		return usage(err)
	}
	worlds := make([]train.World, len(robots))
	for i, r := range robots {
		defer r.Close()
		worlds[i] = r
	}
	refs, err := c.references(e, b)
	if err != nil {
		return usage(err)
	}
	if c.Teacher != "" { // it may have learned on while the clips were made
		if config.Teacher, err = policy.Load(c.Teacher); err != nil {
			return usage(err)
		}
	}
	twins, err := c.twins(config.Teacher)
	if err != nil {
		return usage(err)
	}
	for _, r := range twins {
		defer r.Close()
		config.Twins = append(config.Twins, r)
	}
	err = train.Run(e.ctx, config, worlds, refs)
	var open *train.OpenError
	if errors.As(err, &open) {
		return usage(err)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	fmt.Fprintf(e.out, "%s\n", config.Policy)
	return nil
}

// scenario names the robots that clips are retargeted for.
func (c *trainCmd) scenario() hil.Scenario {
	s := hil.DefaultScenario()
	s.Robot, s.Model, s.Physics.Torque, s.Physics.Body = c.Robot, c.Model, c.Torque, c.Body
	return s
}

func (c *trainCmd) bench(e *env) (b *bench, err error) {
	if c.Robot == "rat" && c.Body == "" {
		b, err = newBench(sim.Options{Model: c.Model, Torque: c.Torque}, c.Workers)
	} else {
		b, err = newLeggedBench(c.scenario(), c.Workers)
	}
	if err != nil {
		return nil, err
	}
	b.log = e.log
	return b, nil
}

// robots are those to learn on: rats as their model is, others randomised.
func (c *trainCmd) robots(b *bench) (robots []*sim.Robot, err error) {
	if b.legged() {
		s := c.scenario()
		if s.Physics.RandomSeed = c.Seed; c.Randomise != "none" {
			s.Physics.Randomise = c.Randomise
		}
		return hil.Worlds(s, c.Worlds)
	}
	for range c.Worlds {
		r, err := b.robots[0].Clone()
		if err != nil {
			return nil, err
		}
		robots = append(robots, r)
	}
	return robots, nil
}

// twins are a rat with servos per worker where such a teacher teaches one with torque
// motors.
func (c *trainCmd) twins(teacher *policy.File) (twins []*sim.Robot, err error) {
	if teacher == nil || !c.Torque || teacher.Contract.Action.Drive != controller.DrivePosition {
		return nil, nil
	}
	for range c.Workers {
		r, err := sim.Open(sim.Options{Model: c.Model})
		if err != nil {
			return nil, err
		}
		twins = append(twins, r)
	}
	return twins, nil
}

// config is what worked best, and what the flags say.
func (c *trainCmd) config(e *env) (train.Config, error) {
	t := train.NewConfig()
	t.Seed, t.Transitions, t.Workers, t.MaxSteps = c.Seed, c.Transitions, c.Workers, c.MaxSteps
	t.Minibatch, t.Rate, t.TargetKL, t.NoiseStart, t.NoiseEnd, t.LatentKL = c.Minibatch, c.Rate, c.TargetKL, c.NoiseStart, c.NoiseEnd, c.LatentCost
	t.Checkpoint = filepath.Join(c.Out, "checkpoint")
	t.Metrics = filepath.Join(c.Out, "metrics.csv")
	t.Policy = filepath.Join(c.Out, policyName(c.Robot, c.Torque)+".policy")
	if c.Robot != "rat" {
		t.Task, t.Gamma = train.QuadrupedTask(), 0.97
		t.Encoder, t.Decoder, t.Critic = []int{128}, []int{128}, []int{64, 64}
	}
	if c.Encoder == nil {
		c.Encoder = t.Encoder
	}
	if c.Decoder == nil {
		c.Decoder = t.Decoder
	}
	t.Encoder, t.Decoder = c.Encoder, c.Decoder
	t.Command, t.Data = c.String(), c.data()
	t.Progress = func(line string) { e.log.Info().Msg(line) }
	var err error
	if c.Teacher != "" {
		t.Residual = c.Residual
		t.Imitation.Rate, t.Imitation.Average = c.LessonRate, c.Average
		t.Imitation.Alone = min(t.Imitation.Alone, c.Transitions/3)
		if t.Teacher, err = policy.Load(c.Teacher); err != nil {
			return t, err
		}
		for _, path := range c.Specialist {
			f, err := policy.Load(path)
			if err != nil {
				return t, err
			}
			t.Specialists = append(t.Specialists, f)
		}
	}
	if c.From != "" {
		t.From, err = policy.Load(c.From)
	}
	return t, err
}

// name is a robot's, without the folder and extension of its profile.
func name(robot string) string {
	return strings.TrimSuffix(filepath.Base(robot), filepath.Ext(robot))
}

// policyName is what a robot's policy ships as.
func policyName(robot string, torque bool) string {
	if torque {
		return name(robot) + "-torque"
	}
	return name(robot)
}

// String is the command line that repeats this training.
func (c *trainCmd) String() string {
	s := fmt.Sprintf("whisker train %s --seed %d --transitions %d --worlds %d --workers %d --max-steps %d --minibatch %d --rate %g --target-kl %g --noise-start %g --noise-end %g --latent-cost %g --encoder %s --decoder %s",
		c.sources(), c.Seed, c.Transitions, c.Worlds, c.Workers, c.MaxSteps, c.Minibatch, c.Rate, c.TargetKL, c.NoiseStart, c.NoiseEnd, c.LatentCost, commas(c.Encoder), commas(c.Decoder))
	if c.Teacher != "" {
		s += fmt.Sprintf(" --teacher %s --lesson-rate %g --average %d", filepath.Base(c.Teacher), c.LessonRate, c.Average)
		for _, path := range c.Specialist {
			s += " --specialist " + filepath.Base(path)
		}
	}
	if c.Residual {
		s += " --residual"
	}
	if c.From != "" {
		s += " --from " + filepath.Base(c.From)
	}
	if c.Torque {
		s += " --torque"
	}
	if c.Robot != "rat" {
		s += " --robot " + c.Robot + " --randomise " + c.Randomise
	}
	if c.Body != "" {
		s += " --body " + filepath.Base(c.Body)
	}
	return s
}

func (c *trainCmd) sources() string {
	if len(c.Clip) == 0 {
		return fmt.Sprintf("--library '%s' --first-seed %d --shake %g --brisk %g --postures %d", c.library(), c.FirstSeed, c.Shake, c.Brisk, c.Postures)
	}
	return "--clip '" + strings.Join(c.Clip, "' --clip '") + "'"
}

func (c *trainCmd) data() string {
	if len(c.Clip) == 0 {
		return fmt.Sprintf("synthesised clips of motion.RandomSpec (%s, seeds from %d), each also shaken by %g rad, played up to %g times faster and cleaned, and %d copies of it in other postures", c.library(), c.FirstSeed, c.Shake, c.Brisk, c.Postures)
	}
	return "clips " + strings.Join(c.Clip, ", ") + ", cleaned"
}

func (c *trainCmd) library() string {
	var parts []string
	for kind, n := range c.Library {
		parts = append(parts, kind+"="+strconv.Itoa(n))
	}
	sort.Strings(parts)
	return strings.Join(parts, ";")
}

func commas(list []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ","), "[]")
}

// references synthesises the library, or reads the clips, on all cores.
func (c *trainCmd) references(e *env, b *bench) ([]*policy.Reference, error) {
	if len(c.Clip) > 0 {
		return c.read(e, b)
	}
	list, err := specs(c.Library, c.FirstSeed)
	if err != nil {
		return nil, err
	}
	clips, err := keep(filepath.Join(cmp.Or(c.Out, c.Export), "clips.made"), c.Robot+" "+c.Model+" "+c.sources(), func() ([]*motion.Clip, error) {
		e.log.Info().Int("clips", len(list)).Int("cores", len(b.robots)).Msg("synthesising")
		clips, kept, err := b.make(e.ctx, list, c.variety)
		if err != nil || !b.legged() {
			return clips, err
		}
		return c.kept(e, clips, kept)
	})
	if err != nil {
		return nil, err
	}
	return b.prepare(e.ctx, clips)
}

// kept are the clips of which the robot keeps enough to count.
func (c *trainCmd) kept(e *env, all []*motion.Clip, kept []*motion.Fidelity) (clips []*motion.Clip, err error) {
	for i, clip := range all {
		if kept[i].Kept() {
			clips = append(clips, clip)
		}
	}
	if len(clips) == 0 {
		return nil, fmt.Errorf("whisker: %s can do none of %d clips; the first, %s, is %s", c.Robot, len(all), all[0].Name, kept[0])
	}
	e.log.Info().Int("clips", len(clips)).Int("of", len(all)).Msgf("retargeted to %s; the others lost too much of the rat's motion", c.Robot)
	return clips, nil
}

func (c *trainCmd) read(e *env, b *bench) ([]*policy.Reference, error) {
	k := b.rats.players[0].Kin
	raw, err := hil.Clips(c.Clip, k)
	if err != nil {
		return nil, err
	}
	clean, err := hil.Clean(raw, k)
	if err != nil {
		return nil, err
	}
	if b.legged() {
		all, kept, err := b.retarget(e.ctx, clean)
		if err != nil {
			return nil, err
		}
		if clean, err = c.kept(e, all, kept); err != nil {
			return nil, err
		}
	}
	hil.LogRepairs(e.log, clean...)
	return b.prepare(e.ctx, clean)
}
