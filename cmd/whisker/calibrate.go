package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"golang.org/x/sync/errgroup"

	"whisker/bridge/board"
	"whisker/bridge/keyboard"
	"whisker/controller/profile"
	"whisker/sim"
)

// calibCmd finds a robot's signs and offsets.
type calibCmd struct {
	Robot string `required:"" help:"PROFILE@serial:DEVICE." placeholder:"ROBOT"`
	Model string `help:"MJCF or URDF file, where the profile names none." placeholder:"FILE"`
	Pose  string `help:"Pose that the robot is put into by hand: lie or stand." enum:"lie,stand" default:"lie"`
	Out   string `help:"File for the calibration." default:"calibration.json" placeholder:"FILE"`
}

// Run is called by kong.
func (c *calibCmd) Run(e *env) error {
	p, device, err := serialRobot(c.Robot)
	if err != nil {
		return usage(err)
	}
	pose, err := c.pose(p)
	if err != nil {
		return usage(err)
	}
	key, err := keyboard.Open(os.Stdin)
	if err != nil {
		return usage(err)
	}
	defer key.Close()
	out, err := create(c.Out, e.out)
	if err != nil {
		return usage(err)
	}
	var found *board.Calibration
	err = withRobot(e, p, device, func(ctx context.Context, r *board.Robot) error {
		found, err = r.Calibrate(ctx, &person{Key: key, out: e.out}, pose)
		return err
	}, key.Run)
	if err != nil {
		return out.end(err)
	}
	if err := out.json(found); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "calibrated: %s; keep it, and name it with `whisker run --calibration %s`\n", c.Out, c.Out)
	return nil
}

// serialRobot splits PROFILE@serial:DEVICE.
func serialRobot(robot string) (p *profile.Profile, device string, err error) {
	name, where, _ := strings.Cut(robot, "@")
	device, ok := strings.CutPrefix(where, "serial:")
	if !ok || device == "" {
		return nil, "", fmt.Errorf("whisker: robot %q, expected PROFILE@serial:DEVICE", robot)
	}
	p, err = profile.Open(name)
	return p, device, err
}

// withRobot runs f while the robot's line is served, and others beside it.
func withRobot(e *env, p *profile.Profile, device string, f func(context.Context, *board.Robot) error, others ...func(context.Context) error) error {
	r, err := board.New(board.Options{Profile: p, Device: device, Version: version(), Note: func(s string) { e.log.Warn().Msg(s) }})
	if err != nil {
		return usage(err)
	}
	ctx, stop := context.WithCancel(e.ctx)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.Run(ctx) })
	for _, o := range others {
		group.Go(func() error { return o(ctx) })
	}
	group.Go(func() error {
		defer stop()
		return f(ctx, r)
	})
	return group.Wait()
}

// person is whoever sits at the terminal.
type person struct {
	*keyboard.Key
	out io.Writer
}

// Tell prints a line.
func (p *person) Tell(text string) { fmt.Fprintln(p.out, text) }

// Confirm waits for y or n.
func (p *person) Confirm(ctx context.Context, question string) (bool, error) {
	for len(p.Typed()) > 0 {
		<-p.Typed() // typed before it was asked
	}
	fmt.Fprint(p.out, question, " [y/n] ")
	for {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case b := <-p.Typed():
			if b == 'y' || b == 'n' {
				fmt.Fprintf(p.out, "%c\n", b)
				return b == 'y', nil
			}
		}
	}
}

// pose is the one that the robot is put into, with words for each joint's turn that
// the model gives.
func (c *calibCmd) pose(p *profile.Profile) (board.Pose, error) {
	model, err := sim.Open(sim.Options{Profile: p, Model: c.Model})
	if err != nil {
		return board.Pose{}, err
	}
	b := p.Body(p.Measured())
	q := b.Stand
	if c.Pose == "lie" {
		if q = b.LieAct; q == nil {
			model.Close()
			return board.Pose{}, fmt.Errorf("whisker: profile %s has no lying pose (lie_rad), expected --pose stand", p.Name)
		}
	}
	k := model.Kinematics()
	defer model.Close()
	defer k.Close()
	words := make([]string, len(q))
	for i := range words {
		words[i] = turnOf(k, b.Feet, q, i)
	}
	return board.Pose{Name: c.Pose, Q: q, Turns: func(i int) string { return words[i] }}, nil
}

// turnOf says where a joint's positive direction takes the foot of its leg.
func turnOf(k *sim.Kinematics, feet []string, q []float64, joint int) string {
	const turn = 0.1 // rad
	best, far := "", 0.0
	moved := append([]float64(nil), q...)
	moved[joint] += turn
	for _, foot := range feet {
		id, ok := k.BodyID(foot)
		if !ok {
			continue
		}
		k.SetPose([3]float64{}, [4]float64{1, 0, 0, 0}, q)
		from, _ := k.BodyPose(id)
		k.SetPose([3]float64{}, [4]float64{1, 0, 0, 0}, moved)
		to, _ := k.BodyPose(id)
		for axis, words := range [][2]string{{"forward", "backward"}, {"left", "right"}, {"up", "down"}} {
			d := to[axis] - from[axis]
			if math.Abs(d) <= far {
				continue
			}
			far = math.Abs(d)
			word := words[0]
			if d < 0 {
				word = words[1]
			}
			best = fmt.Sprintf("%s went %s, by %.0f mm against the trunk", foot, word, 1000*far)
		}
	}
	if best == "" {
		return "it turned in the model's positive direction"
	}
	return best
}
