package main

import (
	"errors"
	"fmt"
	"io"
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
	out, err := createJSON(c.JSON, e.out)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "soak")
	if err != nil {
		out.drop(err)
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
		out.drop(err)
		return openError(err)
	}
	if err := out.result(&s, e.out, func(w io.Writer) error { _, err := fmt.Fprintln(w, &s); return err }); err != nil {
		return err
	}
	for _, why := range s.Failures {
		e.log.Error().Msg(why)
	}
	if !s.Pass() {
		return errors.New("whisker: hil: the soak failed")
	}
	return nil
}
