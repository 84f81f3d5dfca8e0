package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
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
	if err != nil {
		return openError(err)
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
	if r.Whole {
		fmt.Fprintf(e.out, "%s is whole: %d ticks, nothing to mend\n", c.Recording, r.Ticks)
		return nil
	}
	fmt.Fprintf(e.out, "%s: kept %d ticks (%d messages), left out %d damaged chunks and the last %d bytes\n",
		out, r.Ticks, r.Messages, r.Lost, r.Cut)
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
	t := newTable(e.out)
	t.line("body", h.Body.Name)
	t.line("clips", strings.Join(h.Clips, ", "))
	t.line("policy", h.Policy)
	t.line("started", h.Started)
	t.line("whisker", h.Version)
	t.line("MuJoCo", h.MuJoCo)
	t.line("matrix kernel", h.Kernel)
	contents, err := r.Contents()
	if err != nil {
		return usage(err)
	}
	t.line("length", contents.End-contents.Start)
	t.line("dropped", contents.Dropped)
	for _, topic := range slices.Sorted(maps.Keys(contents.Messages)) {
		t.line(topic, contents.Messages[topic])
	}
	return t.Flush()
}
