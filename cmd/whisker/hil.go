package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"whisker/hil/identify"
	"whisker/sim"
)

// hilCmd asks whether what works in simulation works on the robot.
type hilCmd struct {
	Soak     hilSoakCmd     `cmd:"" help:"Play the rows of a plan for hours and count what goes wrong."`
	Campaign hilCampaignCmd `cmd:"" help:"Play every clip of a plan with every fault, seed and drawn robot of it, on all cores."`
	Trial    hilRunCmd      `cmd:"" name:"run" help:"Play a scenario, with its faults, on the simulator, on the firmware in its emulator, or on a robot, and judge it."`
	Identify hilIdentifyCmd `cmd:"" help:"Find a robot's inertia, friction, gravity, offsets and delay from logs of its motion."`
	Check    hilCheckCmd    `cmd:"" help:"Replay a log's commands through an identified body and print how far it is from the log."`
	Report   hilReportCmd   `cmd:"" help:"Say how far two recordings of one robot are apart, and what most likely makes them differ."`
	Prove    hilProveCmd    `cmd:"" help:"Measure how often a report names the right cause, on differences seeded into simulated robots."`
}

// hilIdentifyCmd turns logs into a body.
type hilIdentifyCmd struct {
	Log   []string `arg:"" help:"Recordings (.mcap), tables (.csv), bench logs (.json) or SAGE folders, of one robot."`
	Robot string   `required:"" help:"go2, so101, xl330, the name or profile of a robot of Whisker, or a YAML file of what is to be found." placeholder:"PROFILE"`
	Model string   `help:"MJCF or URDF of the robot, which hung in the air with a level root: gravity and the links are then the model's, and what is found is the motors'." placeholder:"FILE"`
	Out   string   `required:"" help:"Write the body here (YAML)." placeholder:"FILE"`
	Seed  uint64   `help:"Seed of the search and of the bootstrap: the same one gives the same body." default:"1"`
	Draws int      `help:"Bootstrap refits." default:"24"`
	// Actuator is the model of the motors.
	Actuator string `help:"numbers: friction, inertia, gains; network: beside them one that learns per joint what they leave over, which the simulator takes where it was learned with --model." enum:"numbers,network" default:"numbers"`
}

// Run is called by kong.
func (c *hilIdentifyCmd) Run(e *env) error {
	if c.Draws < 2 {
		return usage(fmt.Errorf("whisker: --draws is %d, want at least 2", c.Draws))
	}
	p, err := identify.OpenProfile(c.Robot)
	if err != nil {
		return usage(err)
	}
	var logs []*identify.Log
	for _, path := range c.Log {
		l, err := identify.Open(path)
		if err != nil {
			return usage(err)
		}
		logs = append(logs, l)
	}
	if err := p.Suits(logs); err != nil {
		return usage(err)
	}
	if c.Model != "" {
		m, done, err := openModel(c.Model)
		if err != nil {
			return usage(err)
		}
		defer done()
		if p, err = p.WithModel(m); err != nil {
			return usage(err)
		}
	}
	o, err := create(c.Out, e.out)
	if err != nil {
		return usage(err)
	}
	body, err := c.find(e, p, logs)
	if err != nil {
		return o.end(err)
	}
	if err := o.end(body.Write(o)); err != nil || c.Out == "-" {
		return err
	}
	return bodyTable(e.out, body)
}

// find is the body, with the networks that were asked for.
func (c *hilIdentifyCmd) find(e *env, p *identify.Profile, logs []*identify.Log) (*identify.Body, error) {
	found := "identified "
	o := identify.Options{Seed: c.Seed, Draws: c.Draws, Progress: func(done, total int, joint string, rmse float64) {
		e.log.Info().Int("done", done).Int("of", total).Float64("rmse_rad", rmse).Msg(found + joint)
	}}
	body, err := identify.Identify(e.ctx, p, logs, o)
	if err != nil || c.Actuator != "network" {
		return body, err
	}
	found = "learned the motor of "
	return body, identify.Learn(e.ctx, p, body, logs, o)
}

// openModel is what identification needs of a model, until it is closed.
func openModel(file string) (m *identify.Model, done func(), err error) {
	r, err := sim.Open(sim.Options{Model: file})
	if err != nil {
		return nil, nil, err
	}
	k := r.Kinematics()
	return identify.NewModel(file, r.ModelHash(), k), func() { k.Close(); r.Close() }, nil
}

// bodyTable is a line per number, and what is to be said of them.
func bodyTable(out io.Writer, b *identify.Body) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "joint\tnumber\tvalue\tstd\tCV\t95 %\t")
	for i := range b.Joints {
		j := &b.Joints[i]
		for _, k := range j.Params() {
			f := j.Found[k]
			var remarks []string
			if !f.Identified {
				remarks = append(remarks, "not identified: the logs do not excite it")
			}
			if f.AtBound {
				remarks = append(remarks, "at a bound of the search")
			}
			fmt.Fprintf(t, "%s\t%s\t%.4g\t%.2g\t%s\t%.4g to %.4g\t%s\n", j.Name, k, f.Value, f.Std, variation(f), f.Low, f.High, strings.Join(remarks, "; "))
		}
		fmt.Fprintf(t, "%s\treplay\t%.4g rad rms\t\t\t\t\n", j.Name, j.RMSE)
		if g := j.Beyond; g != nil {
			fmt.Fprintf(t, "%s\tgravity\t%.2g N·m rms\t\t\t\tbeyond the model's %.2g: a load that it lacks, a root that is not level, or another robot\n", j.Name, g.Torque, g.Model)
		}
		if j.Network != nil {
			fmt.Fprintf(t, "%s\twith its network\t%.4g rad rms\t\t\t\t\n", j.Name, j.Network.RMSE)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	differ := slices.DeleteFunc(slices.Clone(b.Mirrors), func(m identify.Mirror) bool { return m.Agree })
	if len(b.Mirrors) > 0 {
		fmt.Fprintf(out, "left and right agree in %d of %d numbers\n", len(b.Mirrors)-len(differ), len(b.Mirrors))
	}
	for _, m := range differ {
		fmt.Fprintf(out, "  %s: %s %.4g, %s %.4g\n", m.Param, m.Left, m.LeftValue, m.Right, m.RightValue)
	}
	return nil
}

// variation is the coefficient of variation; around zero there is none to speak of.
func variation(f identify.Found) string {
	if f.Mean == 0 || f.CV > 9.99 {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100*f.CV)
}

// hilCheckCmd replays a log through a body.
type hilCheckCmd struct {
	Log   string `arg:"" help:"Recording (.mcap), table (.csv), bench log (.json) or SAGE folder."`
	Body  string `required:"" help:"Body that whisker hil identify wrote." type:"existingfile" placeholder:"FILE"`
	Model string `help:"Model that the body was identified with; left out, it is where the body says." placeholder:"FILE"`
	JSON  string `name:"json" help:"Write the errors as JSON to a file, or - for standard output." placeholder:"FILE"`
}

// Run is called by kong.
func (c *hilCheckCmd) Run(e *env) error {
	body, err := identify.OpenBody(c.Body)
	if err != nil {
		return usage(err)
	}
	l, err := identify.Open(c.Log)
	if err != nil {
		return usage(err)
	}
	if file := c.modelOf(body); file != "" {
		m, done, err := openModel(file)
		if err != nil {
			return usage(err)
		}
		defer done()
		if err := body.With(m); err != nil {
			return usage(err)
		}
	}
	score, err := identify.Check(body, l)
	if err != nil {
		return usage(err)
	}
	if c.JSON != "" {
		return writeJSON(c.JSON, e.out, score)
	}
	t := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "joint\trmse rad\tmae rad\tmax rad\tcommand as prediction rad\twithout network rad\t")
	for _, j := range score.Joints {
		without := ""
		if j.Without != nil {
			without = fmt.Sprintf("%.5f", *j.Without)
		}
		fmt.Fprintf(t, "%s\t%.5f\t%.5f\t%.5f\t%.5f\t%s\t\n", j.Name, j.RMSE, j.MAE, j.Max, j.Command, without)
	}
	fmt.Fprintf(t, "mean\t%.5f\t\t\t%.5f\t\t\n", score.Mean, score.CommandMean)
	fmt.Fprintf(t, "worst\t%.5f\t\t\t\t\t\n", score.Worst)
	return t.Flush()
}

// modelOf is the model to replay in: the one that was given, else the body's own
// where that is still there.
func (c *hilCheckCmd) modelOf(b *identify.Body) string {
	if c.Model != "" || b.Model == nil {
		return c.Model
	}
	if _, err := os.Stat(b.Model.File); err != nil {
		return "" // the check says what it needs
	}
	return b.Model.File
}
