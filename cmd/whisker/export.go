package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"

	"whisker/controller/profile"
	"whisker/policy/train"
	"whisker/sim"
)

// export writes what policy/train/mjx trains on into the folder of --export.
func (c *trainCmd) export(e *env) error {
	if c.Body != "" {
		return usage(errors.New("whisker: --export knows no --body: the model is exported as it ships"))
	}
	tidy, err := folder(c.Export)
	defer tidy()
	if err != nil {
		return usage(err)
	}
	task, err := c.exportModel()
	if err != nil {
		return usage(err)
	}
	b, err := c.bench(e)
	if err != nil {
		return usage(err)
	}
	defer b.close()
	refs, err := c.references(e, b)
	if err != nil {
		return usage(err)
	}
	if err := train.Export(c.Export, task, c.data(), b.robots[0], refs); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s: %d clips\n", c.Export, len(refs))
	return nil
}

// exportModel writes the model, and for a robot with a profile the ranges that robots to
// learn on are drawn from; the body's task.
func (c *trainCmd) exportModel() (train.Task, error) {
	o := sim.Options{Model: c.Model, Torque: c.Torque, Save: filepath.Join(c.Export, "model.xml")}
	task := train.RatTask()
	if c.Robot != "rat" {
		var err error
		if o.Profile, err = profile.Open(c.Robot); err != nil {
			return task, err
		}
		if err := c.exportRanges(o.Profile); err != nil {
			return task, err
		}
		task = train.QuadrupedTask()
	}
	r, err := sim.Open(o)
	if err != nil {
		return task, err
	}
	r.Close()
	return task, nil
}

// exportRanges writes those of --randomise with the motors' own delay added.
func (c *trainCmd) exportRanges(p *profile.Profile) error {
	g := sim.NoRanges()
	if c.Randomise != "none" {
		var err error
		if g, err = sim.OpenRanges(c.Randomise); err != nil {
			return err
		}
	}
	for _, j := range p.Joints {
		for i := range g.DelayMs {
			g.DelayMs[i] += p.Motors[j.Motor].DelayMs / float64(len(p.Joints))
		}
	}
	text, err := yaml.Marshal(g)
	if err != nil {
		return fmt.Errorf("whisker: %w", err)
	}
	return os.WriteFile(filepath.Join(c.Export, "robots.yaml"), text, 0o644)
}
