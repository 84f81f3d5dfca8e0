package main

import (
	"fmt"

	"whisker/hil/report/prove"
)

// hilProveCmd measures how often a transfer report names the right cause.
type hilProveCmd struct {
	Draws int    `default:"80" help:"Pairs of recordings with differences seeded into the second."`
	Seed  uint64 `default:"1" help:"Seed of what is drawn."`
	Out   string `help:"File of draws, a line of JSON each; what is in it is not drawn again." placeholder:"FILE"`
}

// Run is called by kong.
func (c *hilProveCmd) Run(e *env) error {
	if c.Draws < 4 {
		return usage(fmt.Errorf("whisker: --draws is %d, want at least 4: one cause, two, none, one of what is seen", c.Draws))
	}
	draws, err := prove.Run(e.ctx, prove.Options{Draws: c.Draws, Seed: c.Seed, File: c.Out, Progress: func(d *prove.Draw) {
		e.log.Info().Msgf("of %d: %s", c.Draws, d)
	}})
	if err != nil {
		return err
	}
	rates := prove.Count(draws)
	if err := rates.Table(e.out); err != nil {
		return err
	}
	return rates.Met()
}
