package main

import (
	"fmt"
	"time"

	"whisker/hil/campaign"
)

// hilCampaignCmd plays a plan.
type hilCampaignCmd struct {
	Plan string `arg:"" help:"Plan (YAML): clips, faults, seeds, draws, and the scenario that they share." type:"existingfile"`
	Out  string `required:"" help:"Folder of rows, campaign.json and campaign.html; a campaign that was interrupted goes on there." placeholder:"DIR"`
	JSON string `name:"json" help:"Write the report as JSON to a file too, or - for standard output." placeholder:"FILE"`
}

// Run is called by kong.
func (c *hilCampaignCmd) Run(e *env) error {
	p, err := campaign.Read(c.Plan)
	if err != nil {
		return usage(err)
	}
	out, err := createJSON(c.JSON, e.out)
	if err != nil {
		return err
	}
	last := time.Time{}
	r, err := campaign.Run(e.ctx, p, c.Out, version(), e.log, func(done, of int, left time.Duration) {
		if now := time.Now(); done == of || now.Sub(last) > 2*time.Second {
			last = now
			e.log.Info().Int("done", done).Int("of", of).Str("left", left.Round(time.Second).String()).Msg("campaign")
		}
	})
	if err != nil {
		out.drop(err)
		return openError(err)
	}
	if err := out.result(r, e.out, r.Table); err != nil {
		return err
	}
	if !r.Pass {
		return fmt.Errorf("whisker: hil: %d of %d rows failed; see %s/campaign.html", r.Failed(), len(r.Rows), c.Out)
	}
	return nil
}
