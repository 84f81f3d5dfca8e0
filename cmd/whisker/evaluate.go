package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"whisker/hil"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/policy/train"
	"whisker/sim"
)

// evaluateCmd scores a policy on clips, with the open-loop baseline beside it.
type evaluateCmd struct {
	Policy  string         `default:"rat" help:"Policy file, or rat for the one that ships." placeholder:"FILE"`
	Clip    []string       `help:"Clip files, patterns allowed." placeholder:"GLOB"`
	Library map[string]int `help:"Synthesised clips to play besides: how many of each kind." placeholder:"KIND=N;..."`
	Seed    uint64         `help:"Seed of the first synthesised clip of each kind." default:"900000"`
	Shake   float64        `help:"Play a copy of each synthesised clip that drifts by so much, rad, as well." placeholder:"RAD"`
	Starts  []int          `help:"Frames to start from; those in flight are skipped and counted." default:"0"`
	Perturb bool           `help:"Under pushes of 10 % of body weight for 100 ms every second, and commands 20 ms late."`
	Assist  float64        `help:"Spring on the torso towards the reference, N/m; every table says so." placeholder:"N_PER_M"`
	Torque  bool           `help:"Torque actuators in place of position servos."`
	Raw     bool           `help:"Play clips as they were recorded: do not clean them."`
	JSON    string         `name:"json" help:"Write every trial to FILE (- is stdout, in place of the table)." placeholder:"FILE"`
}

// evaluation is what --json writes.
type evaluation struct {
	Policy     string        `json:"policy"`
	Hash       string        `json:"policy_sha256"`
	Library    string        `json:"library_sha256,omitempty"`
	Assist     float64       `json:"assist_n_per_m"`
	Perturbed  bool          `json:"perturbed"`
	Rows       []train.Row   `json:"rows"`
	Trials     []train.Trial `json:"trials"`
	OpenLoop   []train.Trial `json:"open_loop_trials"`
	SkippedAir int           `json:"starts_skipped_in_flight"`
}

// Run is called by kong.
func (c *evaluateCmd) Run(e *env) error {
	file, err := c.policy()
	if err != nil {
		return usage(err)
	}
	b, err := newBench(sim.Options{Torque: c.Torque}, runtime.NumCPU())
	if err != nil {
		return usage(err)
	}
	defer b.close()
	if err := file.Check(b.robots[0].Body()); err != nil {
		return usage(err)
	}
	takes, hash, err := c.takes(e, b)
	if err != nil {
		return usage(err)
	}
	result := evaluation{Policy: c.Policy, Hash: file.Hash(), Library: hash, Assist: c.Assist, Perturbed: c.Perturb}
	trouble := c.trouble(b)
	if result.OpenLoop, err = train.Evaluate(e.ctx, b.players, nil, takes, trouble); err != nil {
		return err
	}
	if result.Trials, err = train.Evaluate(e.ctx, b.players, file, takes, trouble); err != nil {
		return err
	}
	for i := range takes {
		result.SkippedAir += takes[i].Skipped
	}
	result.Rows = train.Rows(result.Trials, result.OpenLoop)
	return c.write(e.out, &result)
}

func (c *evaluateCmd) policy() (*policy.File, error) {
	if c.Policy == "rat" {
		return policy.Rat()
	}
	return policy.Load(c.Policy)
}

func (c *evaluateCmd) trouble(b *bench) train.Trouble {
	t := train.Trouble{Assist: c.Assist, Seed: 1}
	if c.Perturb {
		const gravity = 9.81
		t.Delay, t.Push = 1, 0.1*gravity*b.players[0].Kin.(*sim.Kinematics).Mass()
	}
	return t
}

// takes reads, cleans and synthesises what is to be played; hash is that of the
// synthesised part.
func (c *evaluateCmd) takes(e *env, b *bench) (takes []train.Take, hash string, err error) {
	k := b.players[0].Kin
	if len(c.Clip) == 0 && len(c.Library) == 0 {
		return nil, "", fmt.Errorf("whisker: nothing to play: want --clip, --library or both")
	}
	var raw []*motion.Clip
	if len(c.Clip) > 0 {
		if raw, err = hil.Clips(c.Clip, k); err != nil {
			return nil, "", err
		}
	}
	clips := raw
	if !c.Raw {
		if clips, err = cleaned(raw, k); err != nil {
			return nil, "", err
		}
	}
	refs, err := b.prepare(e.ctx, clips)
	if err != nil {
		return nil, "", err
	}
	list, err := specs(c.Library, c.Seed)
	if err != nil {
		return nil, "", err
	}
	made, err := b.synthesise(e.ctx, list, c.Shake)
	if err != nil {
		return nil, "", err
	}
	if len(made) > 0 {
		hash = train.Hash(made)
	}
	for i, r := range append(refs, made...) {
		t := train.Take{Ref: r}
		if i < len(raw) {
			if t.Raw, err = raw[i].Reorder(k.JointNames()); err != nil {
				return nil, "", err
			}
		}
		t.Starts, t.Skipped = train.Starts(r, k, c.Starts)
		takes = append(takes, t)
	}
	return takes, hash, nil
}

func (c *evaluateCmd) write(out io.Writer, r *evaluation) error {
	if c.JSON != "" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		text = append(text, '\n')
		if c.JSON == "-" {
			_, err = out.Write(text)
			return err
		}
		if err := os.WriteFile(c.JSON, text, 0o644); err != nil {
			return usage(err)
		}
	}
	var what []string
	what = append(what, fmt.Sprintf("assist %g N/m", r.Assist))
	if r.Perturbed {
		what = append(what, "pushed, 20 ms late")
	}
	if r.Library != "" {
		what = append(what, "synthesised clips "+r.Library[:12])
	}
	fmt.Fprintf(out, "%s (%.12s): %s; %d starts in flight skipped\n", r.Policy, r.Hash, strings.Join(what, ", "), r.SkippedAir)
	return train.Table(out, r.Rows)
}
