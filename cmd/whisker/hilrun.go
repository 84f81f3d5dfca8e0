package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"whisker/hil"
)

// hilRunCmd plays a scenario on one of three targets and judges it.
type hilRunCmd struct {
	Scenario string  `arg:"" help:"Scenario file (YAML)." type:"existingfile"`
	Target   string  `help:"sim, emulated, serial:DEV or mqtt:BROKER/ID: what the scenario's robot is." default:"sim" placeholder:"TARGET"`
	Record   string  `help:"Write a recording (MCAP)." placeholder:"FILE"`
	JSON     string  `name:"json" help:"Write the result as JSON to a file, or - for standard output." placeholder:"FILE"`
	Draw     *uint64 `help:"Seed of the robot that is drawn, in place of the scenario's." placeholder:"N"`
	Compare  bool    `help:"Play it on the firmware's build for this machine and in QEMU, and say from where on they differ; exit with status 1 when they do."`
}

// Run is called by kong.
func (c *hilRunCmd) Run(e *env) error {
	s, err := hil.ReadTrial(c.Scenario, c.Target)
	if err != nil {
		return usage(err)
	}
	if c.Record != "" {
		s.Record = c.Record
	}
	set(&s.Physics.RandomSeed, c.Draw)
	if c.Compare {
		return c.compare(e, s)
	}
	result, err, told := playScenario(e, s, c.JSON)
	if result == nil {
		return err
	}
	return cmp.Or(err, told, failed(result.Failures(&s)))
}

func (c *hilRunCmd) compare(e *env, s hil.Scenario) error {
	if c.Target != "emulated" {
		return usage(errors.New("whisker: --compare is for --target emulated"))
	}
	out, err := createJSON(c.JSON, e.out)
	if err != nil {
		return err
	}
	a, err := hil.Agree(e.ctx, s, version(), e.log)
	if err != nil {
		out.drop(err)
		return openError(err)
	}
	err = out.result(a, e.out, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, a)
		return err
	})
	return cmp.Or(err, a.Err())
}

// failed is the error of a run that does not pass, nil for one that does.
func failed(why []string) error {
	if len(why) == 0 {
		return nil
	}
	return fmt.Errorf("whisker: hil: failed: %s", strings.Join(why, "; "))
}
