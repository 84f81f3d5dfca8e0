package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"

	"whisker/policy"
	"whisker/policy/motion"
	"whisker/policy/train"
	"whisker/sim"
)

// trainCmd teaches a policy to follow synthesised clips. Run again with the
// same --out it goes on from its checkpoint.
type trainCmd struct {
	Out         string         `required:"" help:"Folder for checkpoint, metrics (CSV) and policy file." placeholder:"DIR"`
	Library     map[string]int `help:"How many clips of each kind." default:"walk=44;turn=12;stand=2;headturn=1;trot=3;groom=1;lunge=2;rear=1" placeholder:"KIND=N;..."`
	FirstSeed   uint64         `help:"Seed of the first clip of each kind." default:"3000"`
	Seed        uint64         `help:"Seed of the learning." default:"1"`
	Transitions int64          `help:"How many transitions to learn from, those before a resumption included." default:"1200000"`
	Worlds      int            `help:"Simulated bodies." default:"64"`
	Workers     int            `help:"Goroutines that simulate and learn." default:"4"`
	MaxSteps    int            `help:"Longest episode, in control periods." default:"200"`
	Torque      bool           `help:"Torque actuators in place of position servos."`
}

// Run is called by kong.
func (c *trainCmd) Run(e *env) error {
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return usage(err)
	}
	r, err := sim.Open(sim.Options{Torque: c.Torque})
	if err != nil {
		return usage(err)
	}
	defer r.Close()
	refs, err := c.references(e, r)
	if err != nil {
		return usage(err)
	}
	worlds := make([]train.World, c.Worlds)
	for i := range worlds {
		w, err := r.Clone()
		if err != nil {
			return err
		}
		defer w.Close()
		worlds[i] = w
	}
	config := c.config(e)
	err = train.Run(e.ctx, config, worlds, refs)
	if errors.Is(err, e.ctx.Err()) && err != nil {
		err = nil
	}
	if err == nil {
		fmt.Fprintf(e.out, "%s\n", config.Policy)
	}
	return err
}

// config is what worked best, and what the flags say.
func (c *trainCmd) config(e *env) train.Config {
	t := train.NewConfig()
	t.Seed, t.Transitions, t.Workers, t.MaxSteps = c.Seed, c.Transitions, c.Workers, c.MaxSteps
	t.Minibatch, t.Rate = 1024, 1.5e-4
	t.Checkpoint = filepath.Join(c.Out, "checkpoint")
	t.Metrics = filepath.Join(c.Out, "metrics.csv")
	t.Policy = filepath.Join(c.Out, "rat.policy")
	t.Command = c.String()
	t.Data = fmt.Sprintf("synthesised clips of motion.RandomSpec (%s, seeds from %d), each also mirrored", c.library(), c.FirstSeed)
	t.Progress = func(line string) { e.log.Info().Msg(line) }
	return t
}

// String is the command line that repeats this training.
func (c *trainCmd) String() string {
	s := fmt.Sprintf("whisker train --library '%s' --first-seed %d --seed %d --transitions %d --worlds %d --workers %d --max-steps %d",
		c.library(), c.FirstSeed, c.Seed, c.Transitions, c.Worlds, c.Workers, c.MaxSteps)
	if c.Torque {
		s += " --torque"
	}
	return s
}

func (c *trainCmd) library() string {
	var parts []string
	for kind, n := range c.Library {
		parts = append(parts, kind+"="+strconv.Itoa(n))
	}
	sort.Strings(parts)
	return strings.Join(parts, ";")
}

// references synthesises the library. Kinds are taken in a fixed order, so that
// the same flags train on the same clips.
func (c *trainCmd) references(e *env, r *sim.Robot) ([]*policy.Reference, error) {
	k := r.Kinematics()
	defer k.Close()
	var kinds []string
	total := 0
	for kind, n := range c.Library {
		kinds = append(kinds, kind)
		total += n
	}
	sort.Strings(kinds)
	e.log.Info().Int("clips", total).Int("cores", runtime.NumCPU()).Msg("synthesising")
	var refs []*policy.Reference
	for _, kind := range kinds {
		for i := range c.Library[kind] {
			if err := e.ctx.Err(); err != nil {
				return nil, err
			}
			clip, err := motion.Synthesize(k, r.Body(), motion.RandomSpec(motion.Kind(kind), c.FirstSeed+uint64(i)))
			if err != nil {
				return nil, err
			}
			mirror, err := motion.Mirror(clip)
			if err != nil {
				return nil, err
			}
			for _, m := range []*motion.Clip{clip, mirror} {
				ref, err := policy.NewReference(r.Body(), m, k)
				if err != nil {
					return nil, err
				}
				refs = append(refs, ref)
			}
		}
	}
	return refs, nil
}
