package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"whisker/controller"
	"whisker/hil"
	"whisker/policy/motion"
	"whisker/sim"
)

// clipCmd looks into clips and makes them.
type clipCmd struct {
	Info       clipInfoCmd       `cmd:"" help:"Say what a clip shows: path, speed, heights, gait, what was repaired."`
	Fit        clipFitCmd        `cmd:"" help:"Fit the rat's body to key points and write the clip."`
	Convert    clipConvertCmd    `cmd:"" help:"Read any clip and write it as CSV or NPZ."`
	Retarget   clipRetargetCmd   `cmd:"" help:"Make a rat's clip, or a motion of another robot's legs, that of a robot."`
	Plot       clipPlotCmd       `cmd:"" help:"Draw a clip as SVG: path, height, joints, gait."`
	Synthesize clipSynthesizeCmd `cmd:"" aliases:"synthesise" help:"Make a clip from gait facts: stand, headturn, turn, walk, trot, rear, lunge, groom, roam, dash, crab, whirl, upright; or legs or leaps, of a robot."`
}

// onBody opens the rat for a command that needs its geometry.
func onBody(f func(b *controller.Body, k *sim.Kinematics) error) error {
	r, err := sim.Open(sim.Options{})
	if err != nil {
		return usage(err)
	}
	defer r.Close()
	k := r.Kinematics()
	defer k.Close()
	return f(r.Body(), k)
}

// one reads the single clip that name means.
func one(name string, k motion.Kinematics) (*motion.Clip, error) {
	clips, err := hil.Clips([]string{name}, k)
	if err != nil {
		return nil, usage(err)
	}
	if len(clips) > 1 {
		return nil, usage(fmt.Errorf("%s holds %d clips; convert it to one file a clip first", name, len(clips)))
	}
	return clips[0], nil
}

type clipInfoCmd struct {
	Clip []string `arg:"" help:"Clips: files, globs or shipped names."`
	JSON string   `name:"json" help:"Write a list as JSON to a file, or - for standard output." placeholder:"FILE"`
}

// Run is called by kong.
func (c *clipInfoCmd) Run(e *env) error {
	return onBody(func(b *controller.Body, k *sim.Kinematics) error {
		clips, err := hil.Clips(c.Clip, k)
		if err != nil {
			return usage(err)
		}
		var infos []*motion.Info
		for _, clip := range clips {
			infos = append(infos, motion.Inspect(clip, b, k))
		}
		if c.JSON != "" {
			return writeJSON(c.JSON, e.out, infos)
		}
		for _, i := range infos {
			if err := i.Fprint(e.out); err != nil {
				return err
			}
		}
		return nil
	})
}

type clipFitCmd struct {
	KeyPoints string `arg:"" help:"Key points: CSV (mm), HDF5 or MAT." type:"existingfile"`
	Out       string `required:"" help:"Clip to write, CSV or NPZ." placeholder:"FILE"`
}

// Run is called by kong.
func (c *clipFitCmd) Run(e *env) error {
	return onBody(func(_ *controller.Body, k *sim.Kinematics) error {
		kp, err := motion.ReadKeyPoints(c.KeyPoints)
		if err != nil {
			return usage(err)
		}
		fit, err := motion.FitKeyPoints(kp, k)
		if err != nil {
			return usage(err)
		}
		if err := fit.Fprint(e.out); err != nil {
			return err
		}
		return usage(motion.WriteFile(c.Out, fit.Clip))
	})
}

type clipConvertCmd struct {
	Clip string `arg:"" help:"Clip: a file or a shipped name."`
	Out  string `required:"" help:"Clip to write, CSV or NPZ; a number is added before the extension where the file holds several." placeholder:"FILE"`
}

// Run is called by kong.
func (c *clipConvertCmd) Run(e *env) error {
	return onBody(func(_ *controller.Body, k *sim.Kinematics) error {
		clips, err := hil.Clips([]string{c.Clip}, k)
		if err != nil {
			return usage(err)
		}
		for i, clip := range clips {
			out := c.Out
			if len(clips) > 1 {
				dot := strings.LastIndexByte(out, '.')
				if dot < 0 {
					dot = len(out)
				}
				out = fmt.Sprintf("%s-%d%s", out[:dot], i, out[dot:])
			}
			if err := motion.WriteFile(out, clip); err != nil {
				return usage(err)
			}
			for _, r := range clip.Repairs {
				fmt.Fprintf(e.out, "%s: %s\n", clip.Name, r)
			}
			fmt.Fprintf(e.out, "%s: %d frames at %g Hz\n", out, clip.Len(), clip.Rate)
		}
		return nil
	})
}

type clipPlotCmd struct {
	Clip string `arg:"" help:"Clip: a file or a shipped name."`
	Out  string `required:"" help:"SVG file to write." placeholder:"FILE"`
}

// Run is called by kong.
func (c *clipPlotCmd) Run(e *env) error {
	return onBody(func(b *controller.Body, k *sim.Kinematics) error {
		clip, err := one(c.Clip, k)
		if err != nil {
			return err
		}
		return writeTo(c.Out, e.out, func(w io.Writer) error { return motion.Plot(w, clip, b, k) })
	})
}

type clipSynthesizeCmd struct {
	Kind      string   `arg:"" help:"stand, headturn, turn, walk, trot, rear, lunge, groom, roam, dash, crab, whirl or upright; legs or leaps for what a robot with four legs does; or shipped for the clips that ship."`
	Robot     string   `help:"Robot of legs and leaps: quadruped, go1, go2 or PROFILE.yaml." default:"quadruped" placeholder:"ROBOT"`
	Model     string   `help:"MJCF or URDF file in place of the robot's own model." placeholder:"FILE"`
	Out       string   `required:"" help:"Clip to write, CSV or NPZ; a folder for shipped." placeholder:"FILE"`
	Seed      uint64   `help:"Seed: the same seed gives the same clip." default:"1"`
	Seconds   float64  `help:"Length, s; by default 5, of legs and leaps 8." default:"0"`
	Speed     *float64 `help:"Mean speed of walk and trot, highest of a roam, dash, crab or whirl, m/s; by default random within the kind's range." placeholder:"M/S"`
	Curvature *float64 `help:"Curvature of walk and trot, 1/m, positive to the left; by default random." placeholder:"1/M"`
	TurnRate  *float64 `help:"Turning rate, rad/s, positive to the left; by default random." placeholder:"RAD/S"`
}

// Run is called by kong.
func (c *clipSynthesizeCmd) Run(e *env) error {
	if kind := motion.Kind(c.Kind); kind.OfLegs() {
		return onRobot(c.Robot, c.Model, func(b *controller.Body, k *sim.Kinematics) error {
			clip, kept, err := motion.SynthesizeLegs(k, b, motion.Spec{Kind: kind, Seed: c.Seed, Seconds: c.Seconds})
			if err != nil {
				return usage(err)
			}
			if err := motion.WriteFile(c.Out, clip); err != nil {
				return usage(err)
			}
			return kept.Fprint(e.out)
		})
	}
	return onBody(func(b *controller.Body, k *sim.Kinematics) error {
		if c.Kind == "shipped" {
			return c.shipped(b, k)
		}
		spec := motion.RandomSpec(motion.Kind(c.Kind), c.Seed)
		spec.Seconds = c.Seconds
		set(&spec.Speed, c.Speed)
		set(&spec.Curvature, c.Curvature)
		set(&spec.TurnRate, c.TurnRate)
		clip, err := motion.Synthesize(k, b, spec)
		if err != nil {
			return usage(err)
		}
		if err := motion.WriteFile(c.Out, clip); err != nil {
			return usage(err)
		}
		fmt.Fprintf(e.out, "%s: %s\n", c.Out, clip.Source)
		return nil
	})
}

// shipped writes the clips that ship, into a folder.
func (c *clipSynthesizeCmd) shipped(b *controller.Body, k *sim.Kinematics) error {
	clips, err := motion.SynthesizeShipped(k, b)
	if err != nil {
		return err
	}
	for _, clip := range clips {
		if err := motion.WriteFile(filepath.Join(c.Out, clip.Name+".csv"), clip); err != nil {
			return usage(err)
		}
	}
	return nil
}
