package train

import (
	"fmt"
	"time"
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

	MaxRootError float64 // m: beyond it an episode ends
	MaxTilt      float64 // rad between root and reference
	MaxSteps     int     // of an episode
	// StartNoise scales the random offset of the starting state: 1 is 0.02 rad
	// and 0.3 rad/s per joint, 0.03 m/s and 0.3 rad/s at the root.
	StartNoise float64
	// FailureRatio bounds how much more often a failing start is drawn.
	FailureRatio float64
	// NormaliseOver is how many transitions the observation's normaliser sees
	// before it is fixed.
	NormaliseOver int

	// Checkpoint is the file that training goes on from; "" for none.
	Checkpoint string
	Every      time.Duration // between checkpoints
	// Metrics is a CSV file that gets a line per update; "" for none.
	Metrics string
	// Policy is the policy file written with every checkpoint; "" for none.
	Policy string
	// Command and Data go into the policy file's provenance.
	Command, Data string
	// Progress gets a line every few seconds; nil for none.
	Progress func(line string)
}

// NewConfig holds what worked best; see the package's notes.
func NewConfig() Config {
	return Config{
		Seed: 1, Transitions: 2_000_000, Workers: 1,
		Latent: 60, Encoder: []int{256}, Decoder: []int{256}, Critic: []int{256, 256},
		Horizon: 32, Epochs: 4, Minibatch: 512, Gamma: 0.95, Lambda: 0.95, Clip: 0.2,
		Rate: 3e-4, TargetKL: 0.02, RateMax: 1e-3, NoiseStart: 0.18, NoiseEnd: 0.08,
		LatentKL: 1e-4, ActionCost: 1e-3, Symmetry: 0.2,
		MaxRootError: 0.06, MaxTilt: 0.9, MaxSteps: 200, StartNoise: 0.5, FailureRatio: 3,
		NormaliseOver: 4000, Every: time.Minute,
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
	return nil
}
