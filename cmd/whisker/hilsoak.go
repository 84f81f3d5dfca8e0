package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"whisker/hil/campaign"
)

// hilSoakCmd plays a plan for hours.
type hilSoakCmd struct {
	Plan string        `arg:"" help:"Plan (YAML), as for campaign." type:"existingfile"`
	For  time.Duration `help:"How long; a round of the plan is played in any case." default:"4h"`
	JSON string        `name:"json" help:"Write the counts as JSON to a file, or - for standard output." placeholder:"FILE"`
}

// Run is called by kong.
func (c *hilSoakCmd) Run(e *env) error {
	p, err := campaign.Read(c.Plan)
	if err != nil {
		return usage(err)
	}
	dir, err := os.MkdirTemp("", "soak")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var s campaign.Soak
	last := time.Now()
	err = s.Run(e.ctx, p, dir, c.For, version(), e.log, func(s *campaign.Soak) {
		if now := time.Now(); now.Sub(last) > time.Minute {
			last = now
			e.log.Info().Msg(s.String())
		}
	})
	if err != nil {
		return openError(err)
	}
	if c.JSON != "" {
		out, err := create(c.JSON, e.out)
		if err != nil {
			return usage(err)
		}
		if err := out.json(&s); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(e.out, s.String())
	}
	for _, why := range s.Failures {
		e.log.Error().Msg(why)
	}
	if !s.Pass() {
		return errors.New("whisker: hil: the soak failed")
	}
	return nil
}
