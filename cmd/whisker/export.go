package main

import (
	"fmt"
	"os"
	"path/filepath"

	"whisker/policy/train"
	"whisker/sim"
)

// export writes what policy/train/mjx trains on into the folder of --export.
func (c *trainCmd) export(e *env) error {
	if c.Robot != "rat" {
		return usage(fmt.Errorf("whisker: --export is for the rat, not for %s", c.Robot))
	}
	if err := os.MkdirAll(c.Export, 0o755); err != nil {
		return usage(err)
	}
	b, err := newBench(sim.Options{Torque: c.Torque, Save: filepath.Join(c.Export, "model.xml")}, c.Workers)
	if err != nil {
		return usage(err)
	}
	defer b.close()
	refs, err := c.references(e, b)
	if err != nil {
		return usage(err)
	}
	if err := train.Export(c.Export, train.RatTask(), c.data(), b.robots[0], refs); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s: %d clips\n", c.Export, len(refs))
	return nil
}
