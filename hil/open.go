package hil

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"whisker/bridge/board"
	"whisker/bridge/mqtt"
	"whisker/controller"
	"whisker/controller/profile"
	"whisker/sim"
)

// world is the simulator behind a robot, where there is one: it puts the body
// somewhere before Start, and knows where it is.
type world interface {
	Place(root controller.Root, q, qd []float64)
	Truth(t *controller.Truth)
	OnBody() bool
	FramePoses(out []float32)
	Unlearned() []float64
}

// link is a robot at the far end of a line. Run carries what goes over it until
// ctx ends. Connect makes sure, while Run runs, that the robot is the one of the
// profile. Neither moves anything.
type link interface {
	controller.Robot
	Run(ctx context.Context) error
	Connect() error
}

// names splits a scenario's robot into its name, its transport and where that
// leads: PROFILE@TRANSPORT:WHERE. Without a transport it is in the simulator.
func (s *Scenario) names() (name, transport, where string) {
	name, transport, _ = strings.Cut(s.Robot, "@")
	transport, where, _ = strings.Cut(transport, ":")
	return name, transport, where
}

// maxAssist bounds the spring: beyond it, it is stiffer than a step of the physics
// bears on the rat.
const maxAssist = 1000

// checkTransport reports what a robot cannot obey for where it is: only a simulated
// or emulated one waits for the program, and only a simulated one starts anywhere.
func (s *Scenario) checkTransport(bad func(key, want string, got any) error) error {
	simulated := s.transport() == ""
	physical := !simulated && !s.emulated()
	switch {
	case physical && s.Pace == "lockstep":
		return bad("pace", "realtime for a robot whose time is its own", s.Pace)
	case physical && s.Physics.Randomise != "":
		return bad("physics.randomise", "none for a robot that is not simulated", s.Physics.Randomise)
	case !(s.Physics.Assist >= 0 && s.Physics.Assist <= maxAssist):
		return bad("physics.assist_n_per_m", fmt.Sprintf("0 to %d", maxAssist), s.Physics.Assist)
	case !simulated && s.Physics.Assist > 0:
		return bad("physics.assist_n_per_m", "0 for a robot that is not simulated", s.Physics.Assist)
	case s.Physics.Assist > 0 && s.foreign():
		return bad("physics.assist_n_per_m", "0 for a policy that follows no clip", s.Physics.Assist)
	case !simulated && s.Physics.Torque:
		return bad("physics.torque_actuators", "false for a robot that is not simulated", true)
	case !simulated && s.Baseline:
		return bad("baseline", "false for a robot that is not simulated", true)
	case s.Emulation.CutAfter > 0 && !s.emulated():
		return bad("emulation.cut_after_s", "0 for a robot that is not emulated", s.Emulation.CutAfter)
	case s.Calibration != "" && s.transport() != "serial":
		return bad("calibration", "none for a robot that is not on a serial line", s.Calibration)
	}
	return nil
}

// openRobot opens the robot that the scenario names, and the model of its body:
// the one place that knows the transports.
func (g *rig) openRobot() error {
	name, transport, where := g.scenario.names()
	switch {
	case transport == "" && !strings.Contains(g.scenario.Robot, "@"):
		return g.openSimulated()
	case g.recorded != nil:
		return g.openRecorded(name)
	case transport == "emulated" && where == "":
		return g.openEmulated(name)
	case transport == "serial" && where != "":
		return g.openSerial(name, where)
	case transport == "mqtt" && where != "":
		return g.openMQTT(name, where)
	}
	return fmt.Errorf("hil: robot %q: expected NAME, PROFILE@emulated, PROFILE@serial:DEVICE or PROFILE@mqtt:BROKER/ROBOT", g.scenario.Robot)
}

// openSimulated opens a body in the simulator, which is its own model and world.
func (g *rig) openSimulated() error {
	r, err := simulated(&g.scenario)
	if err != nil {
		return err
	}
	g.model, g.robot, g.world = r, r, r
	g.closers = append(g.closers, r.Close)
	return nil
}

// simulated opens the simulated body that the scenario names.
func simulated(s *Scenario) (*sim.Robot, error) {
	if s.Robot != "rat" {
		return openProfiled(s, s.Robot)
	}
	if s.Physics.Body != "" {
		return nil, fmt.Errorf("hil: physics.body is %s, expected a robot with a profile: the rat's muscles are not identified", s.Physics.Body)
	}
	return sim.Open(sim.Options{
		Model:    s.Model,
		Timestep: milliseconds(s.Physics.TimestepMs),
		Period:   milliseconds(s.Physics.PeriodMs),
		Torque:   s.Physics.Torque,
	})
}

func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// openModel opens a profile and the model of its body, which only draws and
// measures: no time passes in it.
func (g *rig) openModel(name string) (*profile.Profile, error) {
	p, err := profile.Open(name)
	if err != nil {
		return nil, err
	}
	m, err := sim.Open(sim.Options{Profile: p, Model: g.scenario.Model, Timestep: milliseconds(g.scenario.Physics.TimestepMs)})
	if err != nil {
		return nil, err
	}
	g.model = m
	g.closers = append(g.closers, m.Close)
	return p, nil
}

// openRecorded opens what a replay needs of a robot that need not be there: its
// recorded body.
func (g *rig) openRecorded(name string) error {
	p, err := g.openModel(name)
	if err != nil {
		return err
	}
	for i, j := range g.recorded.Joints {
		if i >= len(p.Joints) || p.Joints[i].Name != j.Name {
			return fmt.Errorf("hil: the recorded body %s has other joints than today's profile %s", g.recorded.Name, name)
		}
	}
	g.robot = still{body: g.recorded}
	return nil
}

// still is a robot that is not there.
type still struct {
	controller.Robot
	body *controller.Body
}

func (s still) Body() *controller.Body { return s.body }

// openSerial opens a physical robot on a serial line, by what its profile says is
// on that line.
func (g *rig) openSerial(name, device string) error {
	p, err := g.openModel(name)
	if err != nil {
		return err
	}
	if p.Device.Bus != "" && g.scenario.Calibration != "" {
		return fmt.Errorf("hil: scenario: calibration is %s, expected none: the offsets of a %s bus are in its profile", g.scenario.Calibration, p.Device.Bus)
	}
	if p.Device.Bus != "" {
		return g.openBus(p, device)
	}
	r, err := board.New(board.Options{Profile: p, Device: device, Calibration: g.scenario.Calibration, Version: programName, Note: g.note})
	if err != nil {
		return err
	}
	g.robot, g.link = r, r
	g.closers = append(g.closers, func() { r.Close() })
	return nil
}

// openMQTT opens a robot that an agent lends over a broker. The broker is let in
// as the scenario's section mqtt says.
func (g *rig) openMQTT(name, where string) error {
	p, err := g.openModel(name)
	if err != nil {
		return err
	}
	i := strings.LastIndexByte(where, '/')
	if i < 0 {
		return fmt.Errorf("hil: robot %q: expected PROFILE@mqtt:BROKER/ROBOT, such as quadruped@mqtt:10.0.0.2/dog-1", g.scenario.Robot)
	}
	b := g.scenario.MQTT.Broker
	b.URL = where[:i]
	if m := &g.scenario.MQTT; m.URL != "" && cmp.Or(m.Robot, p.Name) == where[i+1:] {
		return fmt.Errorf("hil: mqtt.robot is %s, the name of the robot's agent: expected another one for this run", where[i+1:])
	}
	body := board.Body(p)
	if p.Device.Bus != "" {
		body = busBody(p)
	}
	r, err := mqtt.NewRobot(mqtt.RobotOptions{
		Broker: b, Name: where[i+1:], Body: body, Allowance: milliseconds(g.scenario.MQTT.AllowanceMs), Log: g.log,
	})
	if err != nil {
		return err
	}
	g.robot, g.link = r, r
	return nil
}

// programName is how the firmware's log knows this program.
const programName = "whisker"

// note passes on what a robot's line has to say.
func (g *rig) note(text string) { g.log.Warn().Msg(text) }
