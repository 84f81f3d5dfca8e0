package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"whisker/controller/record"
	"whisker/hil"
)

// replayCmd puts a recording through the real code again.
type replayCmd struct {
	Recording  string `arg:"" help:"Recording (MCAP)." type:"existingfile"`
	Policy     string `help:"Policy file, where the recorded scenario's has moved." placeholder:"FILE"`
	Resimulate bool   `help:"Also simulate the body again under the recorded commands."`
	JSON       string `name:"json" help:"Write the comparison as JSON to a file, or - for standard output." placeholder:"FILE"`
}

// Run is called by kong.
func (c *replayCmd) Run(e *env) error {
	passes, same, err := hil.Replay(e.ctx, c.Recording, c.Policy, c.Resimulate, e.log)
	var open *hil.OpenError
	if errors.As(err, &open) {
		return usage(err)
	}
	if err != nil {
		return err
	}
	if c.JSON != "" {
		if err := writeJSON(c.JSON, e.out, passes); err != nil {
			return err
		}
	} else if err := replayTable(e, passes); err != nil {
		return err
	}
	for i := range passes {
		if !passes[i].Equal(same) {
			return fmt.Errorf("replay: %s, pass %d: the commands differ from the recorded ones", c.Recording, i)
		}
	}
	return nil
}

func replayTable(e *env, passes []hil.Replayed) error {
	t := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "clip\tcontroller\tticks\tdiffer\tlargest difference\tsimulated joints rad\t")
	for _, p := range passes {
		state := "-"
		if p.StateMaxAbs != nil {
			state = fmt.Sprintf("%.3g", *p.StateMaxAbs)
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%.3g\t%s\t\n", p.Clip, p.Controller, p.Commands.Ticks, p.Commands.Differ, p.Commands.MaxAbs, state)
	}
	return t.Flush()
}

// recordCmd mends and lists recordings.
type recordCmd struct {
	Repair recordRepairCmd `cmd:"" help:"Mend a recording whose writer was killed."`
	Info   recordInfoCmd   `cmd:"" help:"Say what a recording holds."`
}

type recordRepairCmd struct {
	Recording string `arg:"" help:"Recording (MCAP)." type:"existingfile"`
	Out       string `help:"Write the mended recording here; by default it replaces the damaged one." placeholder:"FILE"`
}

// Run is called by kong.
func (c *recordRepairCmd) Run(e *env) error {
	out := c.Out
	if out == "" {
		out = c.Recording
	}
	r, err := record.Repair(c.Recording, out)
	if err != nil {
		return usage(err)
	}
	fmt.Fprintln(e.out, r)
	return nil
}

type recordInfoCmd struct {
	Recording string `arg:"" help:"Recording (MCAP)." type:"existingfile"`
}

// Run is called by kong.
func (c *recordInfoCmd) Run(e *env) error {
	r, err := record.Open(c.Recording)
	if err != nil {
		return usage(err)
	}
	defer r.Close()
	h := &r.Header
	t := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	line := func(what string, v any) { fmt.Fprintf(t, "%s\t%v\n", what, v) }
	line("body", h.Body.Name)
	line("clips", h.Clips)
	line("policy", h.Policy)
	line("started", h.Started)
	line("whisker", h.Version)
	line("MuJoCo", h.MuJoCo)
	line("matrix kernel", h.Kernel)
	contents, err := r.Contents()
	if err != nil {
		return usage(err)
	}
	fmt.Fprintf(t, "contents\t%+v\n", contents)
	return t.Flush()
}
