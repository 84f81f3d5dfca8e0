package hil

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"whisker/bridge/agent"
	"whisker/bridge/bus"
	"whisker/bridge/dynamixel"
	"whisker/bridge/feetech"
	"whisker/bridge/moteus"
	"whisker/bridge/serial"
	"whisker/bridge/witmotion"
	"whisker/controller"
	"whisker/controller/profile"
)

// openBus opens actuators that hang on a line without our firmware, and the
// inertial unit beside them.
func (g *rig) openBus(p *profile.Profile, device string) error {
	if g.scenario.Calibration != "" {
		return fmt.Errorf("hil: calibration is %s, but %s actuators have no firmware to hold one: expected none, signs and offsets are the profile's", g.scenario.Calibration, p.Device.Bus)
	}
	body := busBody(p)
	if note, err := serial.LowLatency(serial.Sysfs, device); err != nil {
		g.note(err.Error())
	} else if note != "" {
		g.note(note)
	}
	driver, err := openDriver(p, device, max(leastSlack, body.Limits.MaxStateAge/4))
	if err != nil {
		return err
	}
	opt := bus.Options{Timeout: max(agent.Timeout, body.Limits.MaxCommandAge)}
	for i := range p.Joints {
		j := &p.Joints[i]
		ratio := p.Motors[j.Motor].DeviceRatio
		if ratio == 0 {
			ratio = 1
		}
		opt.Joints = append(opt.Joints, bus.Joint{Sign: float64(j.Sign), Offset: j.Offset, Ratio: ratio})
	}
	var unit *witmotion.Unit
	if p.IMU.Protocol != "" {
		if unit, err = witmotion.Open(p.IMU.Port, p.IMU.Baud, p.IMU.Mounting); err != nil {
			return errors.Join(err, driver.Close())
		}
		g.closers = append(g.closers, func() { unit.Close() })
		opt.IMU = unit
	}
	r, err := bus.New(body, driver, opt)
	if err != nil {
		return errors.Join(err, driver.Close())
	}
	g.closers = append(g.closers, func() { r.Close() })
	l := &busLink{r, unit, p.RateHz}
	g.robot, g.link = l, l
	return nil
}

// leastSlack is how late an answer may be on any bus. Where the profile lets a state
// be old, answers may be late by a quarter of that, so that one may get lost.
const leastSlack = 10 * time.Millisecond

// openDriver opens the line of a profile's bus and what speaks on it.
func openDriver(p *profile.Profile, device string, slack time.Duration) (bus.Driver, error) {
	line, err := openLine(p, device)
	if err != nil {
		return nil, err
	}
	var ids []int
	for i := range p.Joints {
		ids = append(ids, p.Joints[i].ID)
	}
	d, driver := &p.Device, bus.Driver(nil)
	switch d.Bus {
	case "dynamixel":
		mode := map[string]dynamixel.Mode{"": dynamixel.Position, "position": dynamixel.Position, "current": dynamixel.Current, "current-position": dynamixel.CurrentPosition}
		driver, err = dynamixel.New(line, dynamixel.Options{
			Baud: d.Baud, IDs: ids, Model: uint16(d.Model), Mode: mode[d.Mode], MaxCurrent: d.MaxCurrent, NmPerAmp: d.NmPerAmp, Fast: d.FastRead, Slack: slack,
		})
	case "feetech":
		driver, err = feetech.New(line, feetech.Options{Baud: d.Baud, IDs: ids, Model: uint16(d.Model), Slack: slack})
	default:
		driver, err = moteus.New(line, moteus.Options{Baud: d.Baud, IDs: ids, Model: uint32(d.Model), UART: d.Bus == "moteus-uart", Slack: slack})
	}
	if err != nil {
		return nil, errors.Join(err, line.Close())
	}
	return driver, nil
}

// openLine opens a serial line, or the socket of an agent, behind which servos
// without a watchdog have to be.
func openLine(p *profile.Profile, device string) (bus.Port, error) {
	info, err := os.Stat(device)
	socket := err == nil && info.Mode()&os.ModeSocket != 0
	switch {
	case p.Device.Bus == "feetech" && !socket:
		return nil, fmt.Errorf("hil: robot %s: %s is no agent's socket, and the servos have no watchdog: start `whisker agent bus --port %s --baud %d --listen SOCKET` first, and name SOCKET here",
			p.Name, device, device, p.Device.Baud)
	case socket:
		return agent.Dial(device)
	}
	return serial.Open(device, serial.Options{Baud: p.Device.Baud, ReadTimeout: 5 * time.Millisecond})
}

// busBody is the robot as its actuators obey.
func busBody(p *profile.Profile) *controller.Body {
	b := p.Body(p.Measured())
	if p.Device.Bus == "moteus" || p.Device.Bus == "moteus-uart" {
		return b
	}
	for i := range b.Actuators {
		a := &b.Actuators[i]
		a.Drive, a.Kp, a.Kd = controller.DrivePosition, 0, 0
		if p.Device.Mode == "current" {
			a.Drive = controller.DriveTorque
		}
	}
	return b
}

// busLink is a robot on a bus, with an inertial unit beside it or none.
type busLink struct {
	*bus.Robot
	unit *witmotion.Unit // nil is none
	rate float64         // samples a second that the robot needs
}

// Run reads the unit.
func (l *busLink) Run(ctx context.Context) error {
	if l.unit == nil {
		return nil
	}
	return l.unit.Run(ctx)
}

// Connect makes sure that the unit keeps up.
func (l *busLink) Connect() error {
	if l.unit == nil {
		return nil
	}
	return l.unit.Ready(context.Background(), l.rate)
}
