package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"text/tabwriter"
	"time"

	"whisker/bridge/mqtt"
)

// fleetCmd lists and stops the robots of a broker.
type fleetCmd struct {
	List fleetListCmd `cmd:"" default:"withargs" help:"List robots with their states and versions."`
	Stop fleetStopCmd `cmd:"" help:"Stop robots, until each is reset."`
}

// fleetFlags say which broker.
type fleetFlags struct {
	MQTT string `name:"mqtt" help:"Broker: mqtt://HOST or mqtts://HOST." required:"" env:"WHISKER_MQTT" placeholder:"URL"`
	brokerFlags
}

// open talks to the broker until the returned function is called.
func (c *fleetFlags) open(e *env) (*mqtt.Fleet, func(), error) {
	var b mqtt.Broker
	c.apply(&b, c.MQTT)
	f, err := mqtt.NewFleet(b, e.log)
	if err != nil {
		return nil, nil, usage(err)
	}
	ctx, cancel := context.WithCancel(e.ctx)
	var run sync.WaitGroup
	run.Go(func() { _ = f.Run(ctx) }) // ends with ctx, and not before
	return f, func() { cancel(); run.Wait() }, nil
}

// fleetListCmd lists.
type fleetListCmd struct {
	fleetFlags
	Seconds float64 `help:"How long to listen." default:"1.5" placeholder:"S"`
	JSON    string  `name:"json" help:"Write the list as JSON to a file, or - for standard output." placeholder:"FILE"`
}

// Run is called by kong.
func (c *fleetListCmd) Run(e *env) error {
	if !(c.Seconds > 0 && c.Seconds < 3600) {
		return usage(errors.New("whisker: --seconds: want more than 0"))
	}
	f, end, err := c.open(e)
	if err != nil {
		return err
	}
	defer end()
	list, err := f.List(e.ctx, time.Duration(c.Seconds*float64(time.Second)))
	if err != nil {
		return err
	}
	if c.JSON != "" {
		return writeJSON(c.JSON, e.out, list)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(e.out, "the broker knows no robots")
		return err
	}
	t := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ROBOT\tIS\tROLE\tBODY\tMODE\tCLIP\tVERSION\tSINCE\tLAST")
	for _, m := range list {
		x := &m.Connection
		mode, clip := "-", "-"
		if s := m.State; s != nil {
			if mode = s.Mode; s.Stopped {
				mode += ", stopped"
			}
			if s.Clip != "" {
				clip = s.Clip
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", x.Robot, x.Status, x.Role, x.Body, mode, clip, short(x.Version), x.Time.Local().Format(time.DateTime), m.Last)
	}
	return t.Flush()
}

// short is enough of a revision to find it.
func short(version string) string {
	const digits = 12
	if len(version) <= digits {
		return version
	}
	if rest := version[len(version)-1]; rest == 's' { // +changes
		return version[:digits] + "+"
	}
	return version[:digits]
}

// fleetStopCmd stops.
type fleetStopCmd struct {
	fleetFlags
	All    bool     `help:"Stop every robot that is there."`
	Robots []string `arg:"" optional:"" help:"Names of robots."`
}

// stopTime is how long a robot may take to answer.
const stopTime = 5 * time.Second

// Run is called by kong. All robots are told at the same time.
func (c *fleetStopCmd) Run(e *env) error {
	if c.All == (len(c.Robots) > 0) {
		return usage(errors.New("whisker: want names of robots, or --all"))
	}
	for _, name := range c.Robots {
		if err := mqtt.CheckRobot(name); err != nil {
			return usage(err)
		}
	}
	f, end, err := c.open(e)
	if err != nil {
		return err
	}
	defer end()
	if c.All {
		list, err := f.List(e.ctx, time.Second/2) // what is retained comes at once
		if err != nil {
			return err
		}
		for _, m := range list {
			if m.Connection.Status == mqtt.Online {
				c.Robots = append(c.Robots, m.Connection.Robot)
			}
		}
	}
	errs := make([]error, len(c.Robots))
	var all sync.WaitGroup
	for i, name := range c.Robots {
		all.Go(func() { errs[i] = f.Stop(e.ctx, name, stopTime) })
	}
	all.Wait()
	for i, name := range c.Robots {
		if errs[i] == nil {
			fmt.Fprintf(e.out, "%s is stopped\n", name)
		}
	}
	return errors.Join(errs...)
}
