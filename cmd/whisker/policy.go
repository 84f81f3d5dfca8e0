package main

import (
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"whisker/policy"
	"whisker/sim"
)

// policyCmd looks into policy files.
type policyCmd struct {
	Info   policyInfoCmd   `cmd:"" help:"Print a policy file's contract."`
	Check  policyCheckCmd  `cmd:"" help:"Check a policy file: intact, reproduces its golden pairs, fits the rat."`
	Export policyExportCmd `cmd:"" help:"Write a policy as ONNX, its contract in the metadata."`
}

// policyFile is the argument of all of them.
type policyFile struct {
	File string `arg:"" optional:"" help:"Policy file; none is the one that ships." type:"existingfile"`
}

func (p *policyFile) read() (*policy.File, error) {
	if p.File == "" {
		return policy.Rat()
	}
	return policy.Load(p.File)
}

type policyInfoCmd struct {
	policyFile
	JSON string `name:"json" help:"Write the contract as JSON to a file, or - for standard output." placeholder:"FILE"`
}

// Run is called by kong.
func (c *policyInfoCmd) Run(e *env) error {
	f, err := c.read()
	if err != nil {
		return usage(err)
	}
	k := &f.Contract
	if c.JSON != "" {
		return writeJSON(c.JSON, e.out, k)
	}
	t := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	line := func(what string, v any) { fmt.Fprintf(t, "%s\t%v\n", what, v) }
	line("hash", f.Hash())
	line("body", fmt.Sprintf("%s, %d joints, %d actuators", k.Body, len(k.Joints), len(k.Actuators)))
	line("control rate", fmt.Sprintf("%g Hz", float64(time.Second)/float64(k.Period)))
	line("drive", k.Action.Drive)
	line("adds to the reference command (residual)", k.Action.Residual)
	line("needs the root's pose", k.NeedsRoot())
	net, err := policy.NewInference(&f.Network, k.Layout.BodySize())
	if err != nil {
		return usage(err)
	}
	for _, name := range net.Layers() {
		line("layer "+name, len(net.Activation(name)))
	}
	for _, term := range append(k.Layout.Proprioception, k.Layout.Reference...) {
		line("observes "+term.Name, term.Size)
	}
	line("golden pairs", len(f.Golden))
	line("trained by", k.Training.Command)
	line("trained on", k.Training.Data)
	line("seed", k.Training.Seed)
	line("transitions", k.Training.Transitions)
	return t.Flush()
}

type policyCheckCmd struct {
	policyFile
	Model  string `help:"Body to check against: an MJCF or URDF file in place of the rat." placeholder:"FILE"`
	Torque bool   `help:"Check against the rat with torque actuators."`
}

// Run is called by kong.
func (c *policyCheckCmd) Run(e *env) error {
	f, err := c.read()
	if err != nil {
		return usage(err)
	}
	r, err := sim.Open(sim.Options{Model: c.Model, Torque: c.Torque})
	if err != nil {
		return usage(err)
	}
	defer r.Close()
	if err := f.Check(r.Body()); err != nil {
		return usage(err)
	}
	fmt.Fprintf(e.out, "intact, %d golden pairs reproduced, fits %s\n", len(f.Golden), r.Body().Name)
	return nil
}

type policyExportCmd struct {
	policyFile
	Out string `required:"" help:"ONNX file to write." placeholder:"FILE"`
}

// Run is called by kong.
func (c *policyExportCmd) Run(e *env) error {
	f, err := c.read()
	if err != nil {
		return usage(err)
	}
	b, err := f.ONNX()
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Out, b, 0o644); err != nil {
		return usage(err)
	}
	fmt.Fprintf(e.out, "%s: %d bytes\n", c.Out, len(b))
	return nil
}
