package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"

	"whisker/bridge/board"
	"whisker/bridge/keyboard"
	"whisker/bridge/wire"
	"whisker/controller/profile"
	"whisker/hil"
)

// robot walks a new owner from the profile over the line to the first stand.
// Nothing moves unless --stand asks for it.
func (c *doctorCmd) robot(e *env) error {
	name, where, _ := strings.Cut(c.Robot, "@")
	p, err := profile.Open(name)
	if err != nil {
		return usage(err)
	}
	if where == "" && c.Clear != "" {
		return usage(fmt.Errorf("whisker: --clear is for a robot that is there: --robot %s@serial:DEVICE", name))
	}
	if where == "" && c.Stand {
		return usage(fmt.Errorf("whisker: --stand is for a robot that is there: --robot %s@serial:DEVICE", name))
	}
	t := newTable(e.out)
	err = describe(t, p)
	switch {
	case err != nil:
	case where == "":
		t.line("next", fmt.Sprintf("connect it, find its device with `whisker ports`, then `whisker doctor --robot %s@serial:DEVICE`", name))
	default:
		err = c.connected(e, t)
	}
	return errors.Join(err, t.Flush())
}

// describe prints what the profile says: wiring, ids, signs, limits, the line.
func describe(t table, p *profile.Profile) error {
	t.line("robot", fmt.Sprintf("%s, %d joints, %g commands/s; %s", p.Name, len(p.Joints), p.RateHz, p.Source))
	buses := map[int][]string{}
	most := 0
	for _, j := range p.Joints {
		buses[j.Bus] = append(buses[j.Bus], fmt.Sprintf("%s %d", j.Name, j.ID))
		most = max(most, j.Bus)
	}
	for bus := range most + 1 {
		t.line(fmt.Sprintf("bus %d, ids", bus), strings.Join(buses[bus], ", "))
	}
	for _, j := range p.Joints {
		m := p.Motors[j.Motor]
		t.line(j.Name, fmt.Sprintf("%g to %g rad, %g N·m, %g rad/s; sign %+d, offset %g rad, %g turns of its device a turn", j.Min, j.Max, m.Torque, m.MaxSpeed, j.Sign, j.Offset, math.Max(1, m.DeviceRatio)))
	}
	if p.Device.Baud == 0 {
		return nil
	}
	used, err := board.Budget(p)
	if err == nil {
		t.line("line", fmt.Sprintf("%d baud; commands take %.0f %%", p.Device.Baud, 100*used))
	}
	return err
}

// connected looks at the robot itself, and clears what was asked for.
func (c *doctorCmd) connected(e *env, t table) error {
	p, device, err := serialRobot(c.Robot)
	if err != nil {
		return usage(err)
	}
	var hand *person
	var others []func(context.Context) error
	if c.Stand {
		key, err := keyboard.Open(os.Stdin)
		if err != nil {
			return usage(err)
		}
		defer key.Close()
		hand, others = &person{Key: key, out: e.out}, append(others, key.Run)
	}
	return withRobot(e, p, device, func(ctx context.Context, r *board.Robot) error {
		if c.Clear != "" {
			if err := r.Clear(c.Clear); err != nil {
				return err
			}
			t.line("cleared", c.Clear)
		}
		id, err := r.Greet()
		if err != nil {
			return err
		}
		measured(t, p, &id)
		err = c.verdict(t, r, &id)
		if err != nil || hand == nil {
			return err
		}
		return stand(ctx, t, r, &id, hand)
	}, others...)
}

// stand performs the first stand, if the person at the robot says that it may.
func stand(ctx context.Context, t table, r *board.Robot, id *board.Identity, hand *person) error {
	if err := t.Flush(); err != nil {
		return err
	}
	if id.Info.Calibration == 0 {
		return errors.New("whisker: the robot does not stand before it is calibrated")
	}
	yes, err := hand.Confirm(ctx, "It will stand up with half of its stiffness. Does it hang, or does somebody hold it, and is nothing in the way of its legs?")
	if err != nil {
		return err
	}
	if !yes {
		return errors.New("whisker: given up: nothing has moved")
	}
	hand.Tell("hold the space bar: it stands up while that is held, damps when it is released, and lies down after 3 s of standing")
	worst, off, err := hil.FirstStand(ctx, r, hand.Held)
	if err != nil {
		return err
	}
	t.line("first stand", fmt.Sprintf("stood; %s was %.2f rad from its place, more than any other", worst, off))
	return nil
}

// measured prints what the robot says of itself.
func measured(t table, p *profile.Profile, id *board.Identity) {
	w, s := &id.Welcome, &id.State
	t.line("firmware", fmt.Sprintf("%q of robot %q, board %x, start %d after %v", w.Version.String(), w.Robot.String(), w.UID, w.Boots, w.ResetCause))
	t.line("mode", fmt.Sprintf("%v, fault %v", s.Mode, s.Fault))
	t.line("battery", fmt.Sprintf("%.1f V", s.Voltage))
	tilt := 180 / math.Pi * math.Acos(math.Max(-1, math.Min(1, 1-2*(s.Quat[1]*s.Quat[1]+s.Quat[2]*s.Quat[2]))))
	t.line("IMU", fmt.Sprintf("tilted by %.0f°; feels %.1f m/s² down", tilt, s.Acc[2]))
	for i := range p.Joints {
		j := &s.Joint[i]
		t.line(p.Joints[i].Name, fmt.Sprintf("at %.3f rad, %.0f °C%s", j.Pos, j.Temp, motorFault(j)))
	}
}

func motorFault(j *wire.JointState) string {
	if j.Fault == 0 {
		return ""
	}
	return fmt.Sprintf(", its motor reports error %d", j.Fault)
}

// verdict says what is wrong, or what to do next.
func (c *doctorCmd) verdict(t table, r *board.Robot, id *board.Identity) error {
	if id.Info.Calibration == 0 {
		t.line("next", fmt.Sprintf("`whisker calibrate --robot %s`: signs and offsets are not known", c.Robot))
		return nil
	}
	if err := errors.Join(r.Connect(), r.Ready()); err != nil {
		return err
	}
	t.line("calibration", fmt.Sprintf("%08x", id.Info.Calibration))
	t.line("next", fmt.Sprintf("hang it up or hold it, and let it stand: `whisker doctor --robot %s --stand`", c.Robot))
	return nil
}
