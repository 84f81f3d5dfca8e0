package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"whisker/bridge/agent"
	"whisker/bridge/bus"
	"whisker/bridge/feetech"
	"whisker/bridge/serial"
)

// agentCmds are the processes that stand between a host and a robot.
type agentCmds struct {
	MQTT agentCmd    `cmd:"" name:"mqtt" default:"withargs" help:"Lend the robot of this machine over an MQTT broker, and bring it to rest when its host falls silent."`
	Bus  busAgentCmd `cmd:"" help:"Own the serial line of servos that have no watchdog, and take their torque 100 ms after the last command."`
}

// busAgentCmd is the watchdog of a bus of Feetech servos.
type busAgentCmd struct {
	Port   string `help:"Serial line of the servos." required:"" placeholder:"DEVICE"`
	Baud   int    `help:"Its rate." default:"1000000"`
	Listen string `help:"Unix socket for the host: whisker run --robot PROFILE@serial:SOCKET." required:"" placeholder:"SOCKET"`
	Heir   bool   `hidden:"" help:"Take the torque when the agent at standard input dies or hangs."`
}

// Run is called by kong.
func (c *busAgentCmd) Run(e *env) error {
	if c.Heir {
		return inherit(e.log, c.open, &feetech.Watch{})
	}
	port, err := c.open()
	if err != nil {
		return usage(err)
	}
	if note, err := serial.LowLatency(serial.Sysfs, c.Port); err != nil || note != "" {
		e.log.Warn().Err(err).Msg(note)
	}
	l, err := listen(c.Listen)
	if err != nil {
		return usage(errors.Join(err, port.Close()))
	}
	a := &agent.Agent{Port: port, Protocol: &feetech.Watch{}, OnRelease: func(why string) {
		e.log.Info().Msg("no torque: " + why)
	}}
	ctx, stop := context.WithCancel(e.ctx)
	defer stop()
	h, err := startHeir(stop, "agent", "bus", "--heir", "--port", c.Port, "--baud", strconv.Itoa(c.Baud), "--listen", c.Listen)
	if err != nil {
		return errors.Join(err, l.Close(), port.Close())
	}
	e.log.Info().Msg("the servos of " + c.Port + " are behind " + c.Listen)
	a.Heir = h
	err = a.Run(ctx, l)
	return errors.Join(err, h.end())
}

// open opens the line of the servos.
func (c *busAgentCmd) open() (bus.Port, error) {
	port, err := serial.Open(c.Port, serial.Options{Baud: c.Baud, ReadTimeout: 5 * time.Millisecond})
	if err != nil {
		return nil, err
	}
	return port, nil
}

// listen makes the socket, which only its owner may use. One that an agent left
// behind, and that nobody listens to, is replaced.
func listen(path string) (net.Listener, error) {
	if info, err := os.Stat(path); err == nil && info.Mode()&os.ModeSocket != 0 {
		if c, err := net.Dial("unix", path); err == nil {
			return nil, errors.Join(fmt.Errorf("agent: another agent listens at %s", path), c.Close())
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("agent: %w", err)
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("agent: %w", err), l.Close())
	}
	return l, nil
}
