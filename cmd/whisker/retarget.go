package main

import (
	"fmt"

	"whisker/controller"
	"whisker/hil"
	"whisker/policy/motion"
	"whisker/sim"
)

// clipRetargetCmd writes what `whisker run --robot` plays of a clip.
type clipRetargetCmd struct {
	Clip  string `arg:"" help:"Clip: a file or a shipped name."`
	Robot string `required:"" help:"quadruped, go1, go2 or PROFILE.yaml." placeholder:"ROBOT"`
	Model string `help:"MJCF or URDF file in place of the robot's own model." placeholder:"FILE"`
	Out   string `required:"" help:"Clip to write, CSV or NPZ." placeholder:"FILE"`
}

// Run is called by kong.
func (c *clipRetargetCmd) Run(e *env) error {
	return onRobot(c.Robot, c.Model, func(b *controller.Body, k *sim.Kinematics) error {
		clips, kept, err := hil.LeggedClips([]string{c.Clip}, b, k)
		if err != nil {
			return usage(err)
		}
		if len(clips) != 1 {
			return usage(fmt.Errorf("whisker: %s holds %d clips; convert it to one file a clip first", c.Clip, len(clips)))
		}
		f := kept[clips[0].Name]
		if f == nil {
			return usage(fmt.Errorf("whisker: %s is a clip of %s already: nothing to retarget", c.Clip, c.Robot))
		}
		hil.LogRepairs(e.log, clips...)
		if err := motion.WriteFile(c.Out, clips[0]); err != nil {
			return usage(err)
		}
		return f.Fprint(e.out)
	})
}

// onRobot opens a robot with a profile for a command that needs its geometry.
func onRobot(robot, model string, f func(b *controller.Body, k *sim.Kinematics) error) error {
	s := hil.DefaultScenario()
	s.Robot, s.Model = robot, model
	robots, err := hil.Worlds(s, 1)
	if err != nil {
		return usage(err)
	}
	defer robots[0].Close()
	k := robots[0].Kinematics()
	defer k.Close()
	return f(robots[0].Body(), k)
}
