package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	transfer "whisker/hil/report"
)

// hilReportCmd makes a transfer report.
type hilReportCmd struct {
	Recordings []string `arg:"" optional:"" help:"Two recordings (MCAP) of one robot, simulated, emulated or real; further ones repeat the second, with the same model, draw, policy and scenario, and tell how well it repeats." placeholder:"RECORDING"`
	Out        string   `help:"Write the page here: FILE.html, or a folder for report.html and report.json." placeholder:"DIR|FILE.html"`
	JSON       string   `name:"json" help:"Write the report as JSON to a file, or - for standard output." placeholder:"FILE"`
	Gates      string   `help:"YAML file of gates in place of the default ones." type:"existingfile" placeholder:"FILE"`
	Strict     bool     `help:"Exit with status 1 when an item fails its gate."`
	Verify     string   `help:"Check the seal of a report, JSON or page, and that its recordings are the same files." placeholder:"REPORT"`
}

// Run is called by kong.
func (c *hilReportCmd) Run(e *env) error {
	if c.Verify != "" {
		return c.verify(e.out)
	}
	if len(c.Recordings) < 2 {
		return usage(fmt.Errorf("whisker: %d recordings, a report needs two", len(c.Recordings)))
	}
	o := transfer.Options{First: c.Recordings[0], Second: c.Recordings[1], More: c.Recordings[2:], Version: version()}
	if c.Gates != "" {
		var err error
		if o.Gates, err = transfer.ReadGates(c.Gates); err != nil {
			return usage(err)
		}
	}
	page, json, err := c.outputs(e.out)
	if err != nil {
		return err
	}
	r, err := transfer.Make(e.ctx, o)
	if err != nil {
		page.drop(err)
		json.drop(err)
		if e.ctx.Err() != nil {
			return err
		}
		return usage(err)
	}
	if err := c.write(e.out, page, json, r); err != nil {
		return err
	}
	if c.Strict && r.Verdict == transfer.Fail {
		return errors.New("report: " + r.Title + ": an item fails its gate")
	}
	return nil
}

// outputs opens what was asked for; nil is what was not.
func (c *hilReportCmd) outputs(out io.Writer) (page, json *output, err error) {
	pagePath, jsonPath := c.Out, c.JSON
	if c.Out != "" && !strings.EqualFold(filepath.Ext(c.Out), ".html") {
		if err := os.MkdirAll(c.Out, 0o777); err != nil {
			return nil, nil, usage(fmt.Errorf("whisker: %w", err))
		}
		pagePath, jsonPath = filepath.Join(c.Out, "report.html"), cmp.Or(c.JSON, filepath.Join(c.Out, "report.json"))
	}
	if pagePath != "" {
		if page, err = create(pagePath, out); err != nil {
			return nil, nil, usage(err)
		}
	}
	if json, err = createJSON(jsonPath, out); err != nil {
		page.drop(err)
	}
	return page, json, err
}

// write fills them, and prints the table unless standard output is taken.
func (c *hilReportCmd) write(out io.Writer, page, json *output, r *transfer.Report) error {
	if page != nil {
		if err := page.end(r.Page(page)); err != nil {
			json.drop(err)
			return err
		}
	}
	if json != nil {
		if err := json.json(r); err != nil {
			return err
		}
	}
	if c.JSON == "-" {
		return nil
	}
	return r.Table(out)
}

func (c *hilReportCmd) verify(out io.Writer) error {
	if len(c.Recordings) > 0 {
		return usage(errors.New("whisker: --verify checks a report that was written: leave the recordings out"))
	}
	absent, err := transfer.Verify(c.Verify)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is as it was sealed\n", c.Verify)
	for _, path := range absent {
		fmt.Fprintf(out, "not checked: %s is not there\n", path)
	}
	return nil
}
