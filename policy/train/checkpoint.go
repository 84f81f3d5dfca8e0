package train

import (
	"bufio"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"whisker/controller"
	"whisker/policy"
)

// checkpointVersion changes when the meaning of a header or a snapshot does.
const checkpointVersion = 2

// header says what a checkpoint belongs to. It comes before the snapshot, so that
// one of another version is told from a damaged one whatever follows.
type header struct {
	Version        int // 0 in those written before there was one
	Body, BodyHash string
	Drive          controller.Drive
}

func newHeader(c *policy.Contract) header {
	return header{checkpointVersion, c.Body, c.BodyHash, c.Action.Drive}
}

// fits says why a run of h cannot go on from what belongs to read.
func (h *header) fits(read *header) error {
	switch {
	case read.Version != h.Version:
		return fmt.Errorf("of version %d, this build goes on from %d", read.Version, h.Version)
	case *read != *h:
		return fmt.Errorf("of another body: %s with %s drives (hash %.12s), want %s with %s drives (%.12s)", read.Body, read.Drive, read.BodyHash, h.Body, h.Drive, h.BodyHash)
	}
	return nil
}

// snapshot is everything that a run needs to go on.
type snapshot struct {
	Residual         bool
	Obs              int
	Encoder, Decoder []int
	Actor, Critic    []float32
	Mean             []float32 // of Actor over the latest updates of imitation; nil before the first
	AdamA, AdamC     *adam
	Norm             *normaliser
	Failure          []float64
	Rate             float64
	Update           int
	Transitions      int64
	// History has a line per stage: from which transition on, and how it learned.
	History []string
}

func newSnapshot(l *learner, rng *rand.Rand) *snapshot {
	s := &snapshot{
		Residual: l.c.Residual, Obs: l.actor.obs, Encoder: l.c.Encoder, Decoder: l.c.Decoder,
		Actor: make([]float32, l.actor.size()), Critic: make([]float32, l.critic.size()),
		Norm: newNormaliser(l.actor.obs), Rate: l.c.Rate,
	}
	l.actor.start(s.Actor, rng)
	l.critic.start(s.Critic, 0.1, rng)
	s.AdamA, s.AdamC = newAdam(len(s.Actor)), newAdam(len(s.Critic))
	return s
}

// resume reads the checkpoint if there is one.
func (l *learner) resume() error {
	if l.c.Checkpoint == "" {
		return nil
	}
	f, err := os.Open(l.c.Checkpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("train: checkpoint: %w", err)
	}
	defer f.Close()
	s, err := l.read(f)
	if err != nil {
		return fmt.Errorf("train: checkpoint %s is %w; delete it to start anew", l.c.Checkpoint, err)
	}
	if l.memory == nil { // reward moves the weights on, and not this
		s.Mean = nil
	}
	l.s = s
	if len(s.Failure) == len(l.sampler.Failure) {
		copy(l.sampler.Failure, s.Failure)
	}
	return nil
}

// read is the snapshot of a checkpoint that this run can go on from.
func (l *learner) read(r io.Reader) (*snapshot, error) {
	d := gob.NewDecoder(bufio.NewReader(r))
	var h header
	if err := d.Decode(&h); err != nil {
		return nil, fmt.Errorf("damaged (%w)", err)
	}
	want := newHeader(&l.contract)
	if err := want.fits(&h); err != nil {
		return nil, err
	}
	s := new(snapshot)
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("damaged (%w)", err)
	}
	return s, l.s.fits(s)
}

// fits says why a run that began as s cannot go on from read.
func (s *snapshot) fits(read *snapshot) error {
	what := func(residual bool) string {
		if residual {
			return "adds to the reference's command"
		}
		return "has no path from reference to command but its latent"
	}
	switch {
	case len(read.Actor) != len(s.Actor) || len(read.Critic) != len(s.Critic) || read.Obs != s.Obs || !slices.Equal(read.Encoder, s.Encoder) || !slices.Equal(read.Decoder, s.Decoder):
		return fmt.Errorf("of another network: %d parameters (encoder %v, decoder %v) and an observation of %d, want %d (%v, %v) and %d", len(read.Actor), read.Encoder, read.Decoder, read.Obs, len(s.Actor), s.Encoder, s.Decoder, s.Obs)
	case read.Residual != s.Residual:
		return fmt.Errorf("of a policy that %s, this one %s", what(read.Residual), what(s.Residual))
	}
	return nil
}

// remember adds this run to the history, so that a policy file tells all of it.
func (l *learner) remember() {
	c := l.c
	how := fmt.Sprintf("data: %s; seed %d, %d worlds, horizon %d, %d epochs of minibatches of %d, encoder %v, latent %d, decoder %v, critic %v, gamma %g, lambda %g, clip %g, target kl %g, action noise %g to %g over %d transitions, episodes of at most %d steps, lost beyond %g m or %g rad, start noise %+v, symmetry %g",
		c.Data, c.Seed, l.batch.envCount, c.Horizon, c.Epochs, c.Minibatch, c.Encoder, c.Latent, c.Decoder, c.Critic, c.Gamma, c.Lambda, c.Clip, c.TargetKL, c.NoiseStart, c.NoiseEnd, c.Transitions, c.MaxSteps, c.Task.Termination.RootPosition, c.Task.Termination.RootRotation, c.Task.Start, c.Symmetry)
	if n := len(l.s.History); n == 0 || !strings.HasSuffix(l.s.History[n-1], how) {
		l.s.History = append(l.s.History, fmt.Sprintf("from %d transitions: %s", l.s.Transitions, how))
	}
}

// save writes checkpoint and policy file, each complete or not at all.
func (l *learner) save() error {
	if l.c.Checkpoint != "" {
		l.s.Failure = l.sampler.Failure
		err := replace(l.c.Checkpoint, func(f io.Writer) error {
			w := bufio.NewWriter(f)
			e := gob.NewEncoder(w)
			if err := e.Encode(newHeader(&l.contract)); err != nil {
				return err
			}
			if err := e.Encode(l.s); err != nil {
				return err
			}
			return w.Flush()
		})
		if err != nil {
			return fmt.Errorf("train: checkpoint: %w", err)
		}
	}
	if err := l.savePage(); err != nil {
		return err
	}
	if l.c.Policy == "" {
		return nil
	}
	file := l.file()
	return replace(l.c.Policy, file.Write)
}

// file is the policy as it stands.
func (l *learner) file() *policy.File {
	c := l.contract
	c.Training = policy.Training{
		Command: l.c.Command, Seed: l.c.Seed, Data: l.c.Data, Transitions: l.s.Transitions, Notes: strings.Join(l.s.History, "\n"),
	}
	weights := l.s.Actor
	if l.s.Mean != nil {
		weights = l.s.Mean
	}
	return &policy.File{Contract: c, Network: l.actor.network(weights, l.s.Norm)}
}

// replace writes a file. What it held stays until the new content is whole and on disk.
func replace(path string, write func(io.Writer) error) error {
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(0o666))
	if err != nil {
		return err
	}
	defer func() { _ = f.Cleanup() }() // does nothing once it is in place
	if err := write(f); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}
