// Command transfer measures how well identified bodies predict motions of real
// robots that they were not fitted on, and prints a table with a bar for each. It exits
// with status 1 when one is missed.
//
// In flows a folder with robot_logs/ (a Unitree Go2's chirp, an SO-101 arm's
// SAGE logs, a Dynamixel XL330's bench logs) and robot_logs/bam_params (friction
// models that others published for that servo), and models/go2; out flow root mean
// square errors of joint positions, rad, of open-loop replays without resets. Start it by
// `make evaluate-transfer DATA=dir`.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"whisker/hil/identify"
	"whisker/sim"
)

// row is one line of the table.
type row struct {
	data, split, what string
	reached, bar      float64 // a bar of 0 is none
	command           float64 // error of taking the command as the prediction; 0 is not said
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: transfer DATA")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, filepath.Join(os.Args[1], "robot_logs"), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run prints the table to out, and what it is at to progress.
func run(ctx context.Context, dir string, out, progress io.Writer) error {
	var rows []row
	for _, f := range [...]func(context.Context, string, io.Writer) ([]row, error){go2, so101, xl330} {
		r, err := f(ctx, dir, progress)
		if err != nil {
			return fmt.Errorf("transfer: %w", err)
		}
		rows = append(rows, r...)
	}
	if err := print(out, rows); err != nil {
		return err
	}
	return missed(rows)
}

// missed is the error that names the bars that were not reached, nil where all were.
func missed(rows []row) error {
	var say []string
	for _, r := range rows {
		if r.missed() {
			say = append(say, fmt.Sprintf("%s, %s: %.4f rad, the bar is %.4f", r.data, r.what, r.reached, r.bar))
		}
	}
	if say == nil {
		return nil
	}
	return fmt.Errorf("transfer: missed: %s", strings.Join(say, "; "))
}

func (r *row) missed() bool { return r.bar != 0 && !(r.reached <= r.bar) }

func print(out io.Writer, rows []row) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "data\tsplit\tmeasure\tcommand as prediction\treached rad\tbar rad\t")
	for _, r := range rows {
		command, bar, verdict := "", fmt.Sprintf("%.4f", r.bar), "yes"
		if r.command > 0 {
			command = fmt.Sprintf("%.4f", r.command)
		}
		switch {
		case r.bar == 0:
			bar, verdict = "", ""
		case r.missed():
			verdict = "NO"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.4f\t%s\t%s\n", r.data, r.split, r.what, command, r.reached, bar, verdict)
	}
	return t.Flush()
}

// fit identifies a robot by a profile that ships, and learns a network a joint of
// what is left over.
func fit(ctx context.Context, robot string, progress io.Writer, logs ...*identify.Log) (*identify.Body, error) {
	p, err := identify.OpenProfile(robot)
	if err != nil {
		return nil, err
	}
	return fitted(ctx, p, progress, logs...)
}

// fitted is fit with a profile at hand.
func fitted(ctx context.Context, p *identify.Profile, progress io.Writer, logs ...*identify.Log) (*identify.Body, error) {
	robot, model := p.Name, "numbers"
	o := identify.Options{
		Seed: 1, ValuesOnly: true,
		Progress: func(done, total int, joint string, rmse float64) {
			fmt.Fprintf(progress, "%s: %s of %s, joint %d of %d, %.4f rad on the logs of the fit\n", robot, model, joint, done, total, rmse)
		},
	}
	body, err := identify.Identify(ctx, p, logs, o)
	if err != nil {
		return nil, err
	}
	model = "network"
	return body, identify.Learn(ctx, p, body, logs, o)
}

// plain is a score without the networks, and the worst joint's.
func plain(s *identify.Score) (mean, worst float64) {
	for _, j := range s.Joints {
		mean += *j.Without / float64(len(s.Joints))
		worst = max(worst, *j.Without)
	}
	return mean, worst
}

// go2 fits on the first two thirds of a chirp and predicts the rest of it, from
// the start of the log: joint by joint, and all together in the robot's model, which
// then gives gravity.
func go2(ctx context.Context, dir string, progress io.Writer) ([]row, error) {
	l, err := identify.Open(filepath.Join(dir, "go2_chirp_first60.csv"))
	if err != nil {
		return nil, err
	}
	p, err := identify.OpenProfile("go2")
	if err != nil {
		return nil, err
	}
	rows, err := chirp(ctx, p, l, "go2", progress)
	if err != nil {
		return nil, err
	}
	r, err := sim.Open(sim.Options{Model: filepath.Join(filepath.Dir(dir), "models", "go2", "go2.xml")})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	k := r.Kinematics()
	defer k.Close()
	if p, err = p.WithModel(identify.NewModel("go2.xml", r.ModelHash(), k)); err != nil {
		return nil, err
	}
	within, err := chirp(ctx, p, l, "go2 --model", progress)
	return append(rows, within...), err
}

// chirp is go2's rows for one way to identify it.
func chirp(ctx context.Context, p *identify.Profile, l *identify.Log, name string, progress io.Writer) ([]row, error) {
	body, err := fitted(ctx, p, progress, l.Cut(0, 2.0/3))
	if err != nil {
		return nil, err
	}
	s, err := identify.CheckFrom(body, l, l.Duration()*2/3)
	if err != nil {
		return nil, err
	}
	mean, worst := plain(s)
	const split = "first 2/3, rest"
	return []row{
		{name, split, "mean of 12 joints", mean, 0.0050, s.CommandMean},
		{name, split, "worst joint", worst, 0.017, 0},
		{name, split, "mean, with networks", s.Mean, 0, s.CommandMean},
		{name, split, "worst, with networks", s.Worst, 0, 0},
	}, nil
}

// so101 fits on a chirp and predicts steps and sums of sines.
func so101(ctx context.Context, dir string, progress io.Writer) ([]row, error) {
	l, err := identify.Open(filepath.Join(dir, "so101", "chirp_sweep"))
	if err != nil {
		return nil, err
	}
	body, err := fit(ctx, "so101", progress, l)
	if err != nil {
		return nil, err
	}
	r := row{data: "so101", split: "chirp_sweep, step_response and multisine", what: "mean of 6 joints", bar: 0.009}
	with := row{data: r.data, split: r.split, what: "mean, with networks"}
	for _, name := range [...]string{"step_response", "multisine"} {
		s, err := score(body, filepath.Join(dir, "so101", name))
		if err != nil {
			return nil, err
		}
		mean, worst := plain(s)
		fmt.Fprintf(progress, "so101: %s: mean %.4f, worst %.4f rad; with networks %.4f and %.4f\n", name, mean, worst, s.Mean, s.Worst)
		r.reached, r.command = r.reached+mean/2, r.command+s.CommandMean/2
		with.reached, with.command = with.reached+s.Mean/2, r.command
	}
	return []row{r, with}, nil
}

func score(body *identify.Body, path string) (*identify.Score, error) {
	l, err := identify.Open(path)
	if err != nil {
		return nil, err
	}
	return identify.Check(body, l)
}

// xl330 leaves one kind of trajectory out at a time, fits on the others and
// predicts it; the bar is the best of the published models on the same logs,
// which their authors fitted on all kinds.
func xl330(ctx context.Context, dir string, progress io.Writer) ([]row, error) {
	kinds, order, err := benchLogs(filepath.Join(dir, "bam_xl330"))
	if err != nil {
		return nil, err
	}
	bar, err := bestPublished(filepath.Join(dir, "bam_params", "params", "xl330"), kinds, progress)
	if err != nil {
		return nil, err
	}
	r := row{data: "bam_xl330", split: "each kind of trajectory left out", what: fmt.Sprintf("mean of %d kinds", len(order)), bar: bar}
	with := row{data: r.data, split: r.split, what: "mean, with networks"}
	for _, out := range order {
		var rest []*identify.Log
		for _, kind := range order {
			if kind != out {
				rest = append(rest, kinds[kind]...)
			}
		}
		body, err := fit(ctx, "xl330", progress, rest...)
		if err != nil {
			return nil, err
		}
		mean, learned := 0.0, 0.0
		for _, l := range kinds[out] {
			s, err := identify.Check(body, l)
			if err != nil {
				return nil, err
			}
			n := float64(len(kinds[out]))
			without, _ := plain(s)
			mean, learned = mean+without/n, learned+s.Mean/n
			r.command += s.CommandMean / n / float64(len(order))
		}
		fmt.Fprintf(progress, "xl330: %s left out: %.4f rad, %.4f with a network\n", out, mean, learned)
		r.reached, with.reached = r.reached+mean/float64(len(order)), with.reached+learned/float64(len(order))
	}
	with.command = r.command
	return []row{r, with}, nil
}

// benchLogs are the logs of a folder by their kind of trajectory; order is that
// of the files.
func benchLogs(dir string) (kinds map[string][]*identify.Log, order []string, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		return nil, nil, fmt.Errorf("%s: no bench logs (*.json)", dir)
	}
	kinds = map[string][]*identify.Log{}
	for _, f := range files {
		l, err := identify.Open(f)
		if err != nil {
			return nil, nil, err
		}
		if kinds[l.Kind] == nil {
			order = append(order, l.Kind)
		}
		kinds[l.Kind] = append(kinds[l.Kind], l)
	}
	return kinds, order, nil
}
