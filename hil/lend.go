package hil

import (
	"context"
	"errors"
	"fmt"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"whisker/bridge/board"
	"whisker/bridge/mqtt"
	"whisker/controller"
	"whisker/controller/profile"
)

// Lending says which robot is lent to hosts over a broker, and where.
type Lending struct {
	Robot    string // PROFILE@serial:DEVICE or PROFILE@emulated
	Board    string // of an emulated one
	Lockstep bool   // the emulated one's time waits for this program
	RateHz   float64
	MQTT     MQTT
	Realtime string // preferred or required
	Version  string
	Alive    func() // see mqtt.AgentOptions
}

// LendRate is how often an agent's loop ticks, 1/s, unless it is told otherwise: as
// often as the firmware tells its state. A profile that wants more gets it.
const LendRate = 100

// Lend lends a robot until ctx ends. It needs no simulator, but for an emulated one.
func Lend(ctx context.Context, l Lending, log zerolog.Logger) error {
	g, err := l.open(log)
	if err != nil {
		return &OpenError{err}
	}
	defer g.close()
	a, err := mqtt.NewAgent(mqtt.AgentOptions{
		Broker: l.MQTT.Broker, Name: l.MQTT.Robot, Robot: g.robot, Overruns: g.overruns(),
		Realtime: controller.RealtimeOptions{Required: l.Realtime == "required"}, Version: l.Version, Alive: l.Alive, Log: log,
	})
	if err != nil {
		return &OpenError{err}
	}
	line, hang := context.WithCancel(context.WithoutCancel(ctx))
	defer hang()
	group, line := errgroup.WithContext(line)
	if g.link != nil {
		group.Go(func() error { return g.link.Run(line) })
		if err := g.link.Connect(); err != nil {
			hang()
			return &OpenError{errors.Join(err, group.Wait())}
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group.Go(func() error { // a line that ends ends the agent
		<-line.Done()
		stop()
		return nil
	})
	err = a.Run(ctx)
	hang()
	return errors.Join(err, group.Wait())
}

// open opens the robot at the end of its line.
func (l *Lending) open(log zerolog.Logger) (*rig, error) {
	s := DefaultScenario()
	s.Robot, s.MQTT, s.Realtime = l.Robot, l.MQTT, l.Realtime
	if l.Board != "" {
		s.Emulation.Board = l.Board
	}
	if l.Lockstep {
		s.Pace, s.Overruns = "lockstep", Overruns{Max: 999, Window: 1000}
	}
	if l.RateHz == 0 {
		l.RateHz = LendRate
	}
	if err := s.Check(); err != nil {
		return nil, err
	}
	g := &rig{scenario: s, log: log, rate: l.RateHz}
	name, transport, where := s.names()
	var err error
	switch {
	case transport == "emulated" && where == "":
		err = g.openEmulated(name)
	case transport == "serial" && where != "":
		err = g.lendSerial(name, where)
	default:
		err = fmt.Errorf("hil: robot %q: expected PROFILE@serial:DEVICE or PROFILE@emulated, to lend it", s.Robot)
	}
	if err != nil {
		g.close()
		return nil, err
	}
	return g, nil
}

// lendSerial opens a robot on a serial line, without a model of it.
func (g *rig) lendSerial(name, device string) error {
	p, err := profile.Open(name)
	if err != nil {
		return err
	}
	if p.Device.Bus != "" {
		return g.openBus(p, device)
	}
	p.RateHz = max(p.RateHz, g.rate)
	r, err := board.New(board.Options{Profile: p, Device: device, Version: programName, Note: g.note})
	if err != nil {
		return err
	}
	g.robot, g.link = r, r
	g.closers = append(g.closers, func() { r.Close() })
	return nil
}
