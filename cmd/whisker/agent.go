package main

import (
	"errors"

	"whisker/hil"
)

// agentCmd lends the robot of this machine over a broker.
type agentCmd struct {
	Robot    string  `help:"PROFILE@serial:DEVICE, or PROFILE@emulated to try it." required:"" placeholder:"ROBOT"`
	Board    string  `help:"Firmware of an emulated robot: mps2 (QEMU) or host." enum:"mps2,host" default:"mps2" placeholder:"BOARD"`
	Lockstep bool    `help:"An emulated robot's time waits for this program: for machines too slow for it."`
	Rate     float64 `help:"Ticks a second of the agent's loop." default:"100" placeholder:"HZ"`
	MQTT     string  `name:"mqtt" help:"Broker: mqtt://HOST or mqtts://HOST." required:"" placeholder:"URL"`
	Name     string  `name:"mqtt-robot" help:"The robot's name at the broker." required:"" placeholder:"NAME"`
	Realtime string  `help:"preferred or required." enum:"preferred,required" default:"preferred" placeholder:"RIGHTS"`
	brokerFlags
}

// Run is called by kong.
func (c *agentCmd) Run(e *env) error {
	if c.Rate <= 0 || c.Rate > 1000 {
		return usage(errors.New("whisker: --rate: want more than 0 and at most 1000"))
	}
	l := hil.Lending{Robot: c.Robot, Board: c.Board, Lockstep: c.Lockstep, RateHz: c.Rate, MQTT: hil.MQTT{Robot: c.Name}, Realtime: c.Realtime, Version: version()}
	c.apply(&l.MQTT.Broker, c.MQTT)
	supervisor, err := newSupervisor()
	if err != nil {
		return err
	}
	defer supervisor.close()
	l.Alive = supervisor.alive
	return openError(hil.Lend(e.ctx, l, e.log))
}
