package main

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"

	"whisker/hil"
	"whisker/policy"
	"whisker/policy/train"
	"whisker/sim"
)

// evaluateCmd scores a policy on clips, with the open-loop baseline beside it.
type evaluateCmd struct {
	Robot   string         `default:"rat" help:"rat, or a robot with a profile, which follows the rat's clips retargeted: quadruped, go1, go2 or PROFILE.yaml."`
	Model   string         `help:"MJCF or URDF file in place of the robot's own model." placeholder:"FILE"`
	Policy  string         `help:"Policy file in place of the one that ships; none plays open loop only." placeholder:"FILE"`
	Clip    []string       `help:"Clip files, patterns allowed." placeholder:"GLOB"`
	Library map[string]int `help:"Synthesised clips to play besides: how many of each kind." placeholder:"KIND=N;..."`
	Seed    uint64         `help:"Seed of the first synthesised clip of each kind." default:"900000"`
	variety `embed:"" set:"shake=0"`
	Starts  []int     `help:"Frames to start from; those in flight are skipped and counted." default:"0"`
	Perturb bool      `help:"Also with changed mass and friction, late commands and pushes, a table each, with the first assist; a robot with a profile is randomised in all of it at once."`
	Ranges  string    `name:"randomise" help:"How far --perturb takes a robot with a profile from its model: default, or a YAML file of ranges." default:"default" placeholder:"RANGES"`
	Assist  []float64 `help:"Spring on the torso towards the reference, N/m, a table for each; every table says so." default:"0" placeholder:"N_PER_M"`
	Torque  bool      `help:"Torque actuators in place of position servos."`
	Raw     bool      `help:"Play clips as they were recorded: do not clean them."`
	JSON    string    `name:"json" help:"Write every trial to FILE (- is stdout, in place of the table)." placeholder:"FILE"`
}

// evaluation is what --json writes: one of one table.
type evaluation struct {
	Policy    string      `json:"policy"`
	Hash      string      `json:"policy_sha256"`
	Library   string      `json:"library_sha256,omitempty"`
	Assist    float64     `json:"assist_n_per_m"`
	Condition string      `json:"condition"`
	Flying    int         `json:"starts_skipped_in_flight"`
	Rows      []train.Row `json:"rows,omitempty"`
	// Travel has the rows of a robot with legs.
	Travel   []train.TravelRow `json:"travel_rows,omitempty"`
	Trials   []train.Trial     `json:"trials"`
	OpenLoop []train.Trial     `json:"open_loop_trials"`
}

// condition is how a table's robot differs from the model.
type condition struct {
	name           string
	mass, friction float64
	delay          int     // control periods
	push           float64 // of the body's weight
	randomise      string  // ranges of a robot with a profile; "" for none
}

var perturbations = []condition{
	{name: "10 % heavier", mass: 1.1, friction: 1},
	{name: "10 % lighter", mass: 0.9, friction: 1},
	{name: "10 % less friction", mass: 1, friction: 0.9},
	{name: "10 % more friction", mass: 1, friction: 1.1},
	{name: "20 ms more delay", mass: 1, friction: 1, delay: 1},
	{name: "pushes of 10 % of body weight for 100 ms every second", mass: 1, friction: 1, push: 0.1},
}

// Run is called by kong.
func (c *evaluateCmd) Run(e *env) error {
	file, err := c.policy()
	if err != nil {
		return usage(err)
	}
	b, err := c.bench("")
	if err != nil {
		return usage(err)
	}
	defer b.close()
	b.log = e.log
	if file != nil {
		if err := file.Check(b.robots[0].Body()); err != nil {
			return usage(err)
		}
	}
	out, err := createJSON(c.JSON, e.out) // before the hours that takes and trials may need
	if err != nil {
		return err
	}
	takes, hash, err := c.takes(e, b)
	if err != nil {
		out.drop(err)
		return usage(err)
	}
	all, err := c.playAll(e, b, file, takes, hash)
	if err != nil || out == nil {
		out.drop(err)
		return err
	}
	return out.json(all)
}

// playAll plays the nominal robot with every assist and perturbed ones with the first,
// and prints a table of each unless standard output gets the JSON.
func (c *evaluateCmd) playAll(e *env, b *bench, file *policy.File, takes []train.Take, hash string) (all []evaluation, err error) {
	for i, at := range c.conditions() {
		for k, assist := range c.Assist {
			if i > 0 && k > 0 {
				break
			}
			r := evaluation{Policy: cmp.Or(c.Policy, "of the "+policyName(c.Robot, c.Torque)), Library: hash, Assist: assist, Condition: at.name}
			if err := c.play(e, b, &r, file, takes, at); err != nil {
				return nil, err
			}
			all = append(all, r)
			if c.JSON != "-" {
				if err := r.print(e.out); err != nil {
					return nil, err
				}
			}
		}
	}
	return all, nil
}

// bench is a robot per core, drawn from ranges unless they are "".
func (c *evaluateCmd) bench(ranges string) (*bench, error) {
	if c.Robot == "rat" {
		return newBench(sim.Options{Model: c.Model, Torque: c.Torque}, runtime.NumCPU())
	}
	s := hil.DefaultScenario()
	s.Robot, s.Model, s.Physics.Torque, s.Physics.Randomise = c.Robot, c.Model, c.Torque, ranges
	return newLeggedBench(s, runtime.NumCPU())
}

// conditions are the nominal one and, where asked for, the perturbed ones.
func (c *evaluateCmd) conditions() []condition {
	list := []condition{{name: "nominal", mass: 1, friction: 1}}
	switch {
	case c.Perturb && c.Robot != "rat":
		list = append(list, condition{name: "randomised by " + c.Ranges + " ranges, another robot in every trial", mass: 1, friction: 1, randomise: c.Ranges})
	case c.Perturb:
		list = append(list, perturbations...)
	}
	return list
}

// play fills r with every trial under one condition, with and without the policy.
func (c *evaluateCmd) play(e *env, b *bench, r *evaluation, file *policy.File, takes []train.Take, at condition) error {
	if at.randomise != "" {
		drawn, err := c.bench(at.randomise)
		if err != nil {
			return usage(err)
		}
		defer drawn.close()
		b = drawn
	}
	const gravity = 9.81
	trouble := train.Trouble{Assist: r.Assist, Delay: at.delay, Push: at.push * gravity * b.players[0].Kin.(*sim.Kinematics).Mass(), Seed: 1, Legged: b.legged()}
	for _, robot := range b.robots {
		if err := robot.Scale(at.mass, at.friction); err != nil {
			return err
		}
	}
	starts := 0
	for i := range takes {
		starts += len(takes[i].Starts)
	}
	var err error
	if r.OpenLoop, err = train.Evaluate(e.ctx, b.players, nil, takes, trouble, counting(e.log, at.name+", open loop", starts)); err != nil {
		return err
	}
	r.Trials = r.OpenLoop
	if file != nil {
		r.Hash = file.Hash()
		if r.Trials, err = train.Evaluate(e.ctx, b.players, file, takes, trouble, counting(e.log, at.name, starts)); err != nil {
			return err
		}
	}
	for _, robot := range b.robots {
		if err := robot.Scale(1/at.mass, 1/at.friction); err != nil {
			return err
		}
	}
	for i := range takes {
		r.Flying += takes[i].Skipped
	}
	if b.legged() {
		r.Travel = train.TravelRows(r.Trials, r.OpenLoop)
	} else {
		r.Rows = train.Rows(r.Trials, r.OpenLoop)
	}
	return nil
}

// policy is the file named, or the one that ships; nil is open loop.
func (c *evaluateCmd) policy() (*policy.File, error) {
	switch c.Policy {
	case "", c.Robot:
		return policy.Shipped(c.Robot, c.Torque)
	case hil.OpenLoop:
		return nil, nil
	}
	if strings.EqualFold(filepath.Ext(c.Policy), ".onnx") {
		return nil, fmt.Errorf("evaluate scores policies that follow clips; one in an .onnx file follows a goal: whisker run --policy %s --goal VX,VY,YAW", c.Policy)
	}
	return policy.Load(c.Policy)
}

// print is the table for people.
func (r *evaluation) print(out io.Writer) error {
	clips := ""
	if r.Library != "" {
		clips = fmt.Sprintf("; synthesised clips %.12s", r.Library)
	}
	fmt.Fprintf(out, "policy %s (%.12s), %s, assist %g N/m%s; %d starts in flight skipped\n", r.Policy, r.Hash, r.Condition, r.Assist, clips, r.Flying)
	table := func() error { return train.Table(out, r.Rows) }
	if r.Travel != nil {
		table = func() error { return train.TravelTable(out, r.Travel) }
	}
	err := table()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out)
	return err
}
