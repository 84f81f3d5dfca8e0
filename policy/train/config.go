package train

import (
	"fmt"
	"time"

	"whisker/policy"
)

// Config says how to learn. Start from NewConfig.
type Config struct {
	Seed        uint64
	Transitions int64 // to learn from in all
	// Workers is the number of goroutines that simulate and compute gradients;
	// worlds are dealt to them evenly.
	Workers int

	Latent  int   // size of the latent intention
	Encoder []int // widths of hidden layers
	Decoder []int
	Critic  []int

	Horizon   int // transitions of each world between updates
	Epochs    int // passes over them
	Minibatch int
	Gamma     float64 // discount per transition
	Lambda    float64 // of the generalised advantage estimate
	Clip      float64 // of the probability ratio
	// Rate is the learning rate at the start; it follows TargetKL, the divergence
	// of the policy over one update.
	Rate     float64
	TargetKL float64
	RateMax  float64
	// NoiseStart and NoiseEnd are the standard deviation of the action noise at
	// the start and the end of training, in units of the output.
	NoiseStart float64
	NoiseEnd   float64
	LatentKL   float64 // weight of the latent's divergence
	ActionCost float64 // weight of the squared mean output
	Symmetry   float64 // weight of how far the policy is from its own mirror image

	// Task is what is rewarded, when an episode ends and where it starts.
	Task     Task
	MaxSteps int // of an episode
	// FailureRatio bounds how much more often a failing start is drawn.
	FailureRatio float64
	// NormaliseOver is how many transitions the observation's normaliser sees
	// before it is fixed.
	NormaliseOver int

	// Residual: the policy adds to the reference's command. Without it nothing but
	// the latent carries the reference to the command.
	Residual bool
	// From is a policy to go on from in place of random weights; nil for none. Its
	// network, not Latent, Encoder and Decoder, then gives the widths.
	From *policy.File
	// Teacher, where not nil, is imitated in place of learning from reward.
	Teacher *policy.File
	// Specialists are imitated in its place on clips that they follow better.
	Specialists []*policy.File
	// Twins, one per worker, have the teacher's drives where the student has torque
	// motors: they tell what torques the teacher's commands lead to. None where both
	// have the same.
	Twins []Twin
	// Imitation says how, where there is a Teacher.
	Imitation Imitation

	// Checkpoint is the file that training goes on from; "" for none.
	Checkpoint string
	// Every is the time from one checkpoint to the next, which waits for the update
	// under way: a killed run loses no more. It does not change what is learned.
	Every time.Duration
	// Metrics is a CSV file that gets a line per update; "" for none.
	Metrics string
	// Policy is the policy file written with every checkpoint; "" for none.
	Policy string
	// Command and Data go into the policy file's provenance.
	Command, Data string
	// Progress gets a line every few seconds; nil for none.
	Progress func(line string)
}

// Imitation is how a student learns from a teacher: it acts, the teacher says
// what it would have done (DAgger, Ross et al. 2011).
type Imitation struct {
	// Memory is how many of the newest transitions are learned from.
	Memory int
	// Minibatches per batch of transitions, each of Config.Minibatch.
	Minibatches int
	// Alone is the number of transitions after which the student acts in all
	// episodes; until then the teacher's share of them falls in a straight line.
	Alone int64
	// Noise is the standard deviation of what is added to whoever acts.
	Noise float64
	// Rate and RateEnd are the learning rate at the start and the end.
	Rate, RateEnd float64
	// Average is over how many of the latest updates the weights in the policy file
	// are averaged: the student's wander about, their mean much less.
	Average int
}

// NewConfig holds what worked best; see the package's notes.
func NewConfig() Config {
	return Config{
		Seed: 1, Transitions: 2_000_000, Workers: 1,
		Latent: 60, Encoder: []int{256}, Decoder: []int{256}, Critic: []int{256, 256},
		Horizon: 32, Epochs: 3, Minibatch: 512, Gamma: 0.95, Lambda: 0.95, Clip: 0.2,
		Rate: 3e-4, TargetKL: 0.02, RateMax: 1e-3, NoiseStart: 0.18, NoiseEnd: 0.08,
		LatentKL: 1e-4, ActionCost: 1e-3, Symmetry: 0.2,
		Task: RatTask(), MaxSteps: 200, FailureRatio: 3,
		NormaliseOver: 4000, Every: time.Minute, Residual: true,
		Imitation: Imitation{Memory: 300_000, Minibatches: 24, Alone: 200_000, Noise: 0.1, Rate: 1e-3, RateEnd: 5e-5, Average: 40},
	}
}

func (c *Config) check(worlds, references int) error {
	switch {
	case worlds < 1 || references < 1:
		return fmt.Errorf("train: %d worlds and %d references; at least one of each is needed", worlds, references)
	case c.Workers < 1 || worlds%c.Workers != 0:
		return fmt.Errorf("train: %d worlds cannot be dealt to %d workers evenly", worlds, c.Workers)
	case c.Horizon < 1 || c.Epochs < 1 || c.Minibatch < 2*c.Workers || c.Minibatch%(2*c.Workers) != 0:
		return fmt.Errorf("train: horizon %d, epochs %d, minibatch %d for %d workers; all at least 1, minibatch a multiple of twice the workers", c.Horizon, c.Epochs, c.Minibatch, c.Workers)
	case worlds*c.Horizon%c.Minibatch != 0:
		return fmt.Errorf("train: %d worlds times horizon %d is no multiple of minibatch %d", worlds, c.Horizon, c.Minibatch)
	case c.Latent < 1 || c.Gamma <= 0 || c.Gamma >= 1 || c.NoiseStart <= 0 || c.NoiseEnd <= 0:
		return fmt.Errorf("train: latent %d, gamma %g, noise %g to %g; want positive ones and gamma below 1", c.Latent, c.Gamma, c.NoiseStart, c.NoiseEnd)
	}
	if n := len(c.Twins); n > 0 && (n != c.Workers || c.Teacher == nil) {
		return fmt.Errorf("train: %d twins for %d workers; want one each, and a teacher", n, c.Workers)
	}
	if c.Teacher != nil {
		return c.Imitation.check(worlds * c.Horizon)
	}
	return nil
}
