package main

import (
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"whisker/controller/profile"
	"whisker/policy"
	"whisker/policy/onnx"
	"whisker/sim"
)

// policyCmd looks into policy files.
type policyCmd struct {
	Info   policyInfoCmd   `cmd:"" help:"Print a policy file's contract, or what an ONNX model asks for and gives."`
	Check  policyCheckCmd  `cmd:"" help:"Check a policy file: intact, reproduces its golden pairs, fits its robot."`
	Export policyExportCmd `cmd:"" help:"Write a policy as ONNX, its contract in the metadata."`
}

// policyFile is the argument of all of them.
type policyFile struct {
	File   string `arg:"" optional:"" help:"Policy file; none is the one that ships for the rat." type:"existingfile"`
	Torque bool   `help:"The rat has torque actuators in place of position servos."`
}

func (p *policyFile) read() (*policy.File, error) {
	if p.File == "" {
		return policy.Shipped("rat", p.Torque)
	}
	return policy.Load(p.File)
}

type policyInfoCmd struct {
	policyFile
	JSON string `name:"json" help:"Write the contract as JSON to a file, or - for standard output." placeholder:"FILE"`
}

// Run is called by kong.
func (c *policyInfoCmd) Run(e *env) error {
	if strings.EqualFold(filepath.Ext(c.File), ".onnx") {
		return c.onnx(e)
	}
	f, err := c.read()
	if err != nil {
		return usage(err)
	}
	if c.JSON != "" {
		return writeJSON(c.JSON, e.out, &f.Contract)
	}
	k := &f.Contract
	t := newTable(e.out)
	t.line("hash", f.Hash())
	t.line("body", fmt.Sprintf("%s, %d joints, %d actuators", k.Body, len(k.Joints), len(k.Actuators)))
	t.line("control rate", fmt.Sprintf("%g Hz", float64(time.Second)/float64(k.Period)))
	t.line("drive", k.Action.Drive)
	t.line("adds to the reference command (residual)", k.Action.Residual)
	t.line("needs the root's pose", k.NeedsRoot())
	net, err := policy.NewInference(&f.Network, k.Layout.BodySize())
	if err != nil {
		return usage(err)
	}
	for _, name := range net.Layers() {
		t.line("layer "+name, len(net.Activation(name)))
	}
	for _, term := range slices.Concat(k.Layout.Proprioception, k.Layout.Reference) {
		t.line("observes "+term.Name, term.Size)
	}
	t.line("golden pairs", len(f.Golden))
	t.line("trained by", k.Training.Command)
	t.line("trained on", k.Training.Data)
	t.line("seed", k.Training.Seed)
	t.line("transitions", k.Training.Transitions)
	return t.Flush()
}

// onnx prints what a network without a contract asks for and gives.
func (c *policyInfoCmd) onnx(e *env) error {
	m, err := onnx.Load(c.File)
	if err != nil {
		return usage(err)
	}
	if c.JSON != "" {
		return writeJSON(c.JSON, e.out, map[string]any{"inputs": m.Inputs(), "outputs": m.Outputs(), "metadata": m.Metadata})
	}
	t := newTable(e.out)
	for _, p := range m.Inputs() {
		t.line("input "+p.Name, p.Shape)
	}
	for _, p := range m.Outputs() {
		t.line("output "+p.Name, p.Shape)
	}
	for _, key := range slices.Sorted(maps.Keys(m.Metadata)) {
		t.line("metadata "+key, m.Metadata[key])
	}
	return t.Flush()
}

type policyCheckCmd struct {
	policyFile
	Robot string `help:"Robot to check against: rat, quadruped, go1, go2 or PROFILE.yaml; without it the policy's own." placeholder:"ROBOT"`
	Model string `help:"MJCF or URDF file in place of the robot's own model." placeholder:"FILE"`
}

// Run is called by kong.
func (c *policyCheckCmd) Run(e *env) error {
	f, err := c.read()
	if c.File == "" && c.Robot != "" {
		f, err = policy.Shipped(c.Robot, c.Torque)
	}
	if err != nil {
		return usage(err)
	}
	if f == nil {
		return usage(fmt.Errorf("no policy ships for %s: give a policy file", c.Robot))
	}
	r, err := c.open(f.Contract.Body)
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

// open opens the robot to check against; own is the policy's.
func (c *policyCheckCmd) open(own string) (*sim.Robot, error) {
	o := sim.Options{Model: c.Model, Torque: c.Torque}
	name := c.Robot
	if name == "" && slices.Contains(profile.Names(), own) {
		name = own
	}
	if name != "" && name != "rat" {
		var err error
		if o.Profile, err = profile.Open(name); err != nil {
			return nil, err
		}
	}
	return sim.Open(o)
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
	return writeTo(c.Out, e.out, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}
