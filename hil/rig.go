package hil

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"whisker/bridge/mqtt"
	"whisker/bridge/view"
	"whisker/bridge/view/film"
	"whisker/controller"
	"whisker/controller/record"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/policy/nn"
	"whisker/sim"
)

// rig is a robot with everything that a scenario needs around it. Opening it
// moves nothing and checks everything that can be checked before.
type rig struct {
	scenario  Scenario
	log       zerolog.Logger
	robot     controller.Robot
	link      link       // the robot, where it is at the end of a line; else nil
	world     world      // the simulator behind the robot; nil where nobody knows where it is
	model     *sim.Robot // of the body: it draws and measures
	body      *controller.Body
	kin       *sim.Kinematics
	drawn     *sim.Kinematics  // poses what a robot without a world measures
	closers   []func()         // called last to first
	recorded  *controller.Body // the body of a recording that is replayed, else nil
	rate      float64          // the least of the robot's loop, 1/s; 0 is the profile's
	hand      deadMan          // whoever lets the robot move; nil for a simulated one
	emulation *emulation       // nil without
	plant     *plant           // the simulated body, where faults or a firmware are around it
	faulty    *faulty          // nil without faults
	legged    bool             // the robot has a profile
	file      *policy.File     // nil plays open loop
	foreign   *policy.Foreign
	network   string // its hash
	clips     []*motion.Clip
	refs      []*policy.Reference
	fidelity  map[string]*motion.Fidelity // of retargeted clips, by name
	ghosts    [][]float32                 // per clip: the reference's frame poses, 7 a frame, frame after frame of the clip
	rats      map[string]*motion.Clip     // what was retargeted, by the name of what it became
	animals   [][]float32                 // per clip: the frame poses of the rat that the robot follows, as ghosts; nil without one
	frames    []string
	live      []float32 // frame poses of this tick
	truth     controller.Truth
	units     []float32 // the network's activations of this tick
	rec       *record.Recorder
	view      *view.Server
	film      *film.Film
	broker    *mqtt.Embedded // inside of this program; nil for none
	own       *ownBroker     // beside this program; nil for none
	telemetry *mqtt.Telemetry
	remote    *remote
	stats     controller.Stats
	passes    atomic.Int32 // begun so far
}

// readPolicy reads the policy that the scenario names, or the one that ships.
func readPolicy(s *Scenario) (*policy.File, error) {
	switch s.Policy {
	case "":
		robot, _, _ := strings.Cut(s.Robot, "@")
		return policy.Shipped(robot, s.Physics.Torque)
	case OpenLoop:
		return nil, nil
	}
	return policy.Load(s.Policy)
}

// OpenLoop as a scenario's policy plays the reference's own command.
const OpenLoop = "none"

// openRig opens robot, policy and clips.
func openRig(s Scenario, log zerolog.Logger) (*rig, error) {
	return (&rig{scenario: s, log: log}).ready()
}

// ready opens what the scenario of a new rig names.
func (g *rig) ready() (*rig, error) {
	if err := g.scenario.Check(); err != nil {
		return nil, err
	}
	g.remote = newRemote()
	if err := g.open(); err != nil {
		g.close()
		return nil, err
	}
	return g, nil
}

func (g *rig) open() (err error) {
	if err := g.openRobot(); err != nil {
		return err
	}
	for _, w := range append(g.model.Warnings(), g.scenario.Physics.bodyWarnings()...) {
		g.log.Warn().Msg(w)
	}
	g.body = g.robot.Body()
	g.kin, g.drawn = g.model.Kinematics(), g.model.Kinematics()
	g.closers = append(g.closers, g.kin.Close, g.drawn.Close)
	g.legged = g.scenario.Robot != "rat"
	if err := g.openFaults(); err != nil {
		return err
	}
	if err := g.openDeadMan(); err != nil {
		return err
	}
	if err := g.openPolicy(); err != nil {
		return err
	}
	if err := g.openClips(); err != nil {
		return err
	}
	return g.openBroker()
}

// openPolicy reads who acts, and checks that it fits the body.
func (g *rig) openPolicy() (err error) {
	if g.scenario.foreign() {
		return g.readForeign()
	}
	if g.file, err = readPolicy(&g.scenario); err != nil || g.file == nil {
		return err
	}
	return g.file.Check(g.body)
}

func (g *rig) openClips() (err error) {
	if g.legged {
		g.clips, err = g.leggedClips()
	} else {
		g.clips, err = Clips(g.scenario.Clips, g.kin)
	}
	if err != nil {
		return err
	}
	if g.scenario.Clean {
		if g.clips, err = Clean(g.clips, g.kin); err != nil {
			return err
		}
	}
	g.frames = g.model.Frames()
	g.live = make([]float32, 7*len(g.frames))
	for i, c := range g.clips {
		if c, err = c.Reorder(g.kin.JointNames()); err != nil {
			return err
		}
		c = atRate(c, g.body.Period)
		LogRepairs(g.log, c)
		g.clips[i] = c
		if g.scenario.StartFrame >= c.Len()-1 {
			return fmt.Errorf("hil: start_frame is %d, clip %s has frames 0 to %d", g.scenario.StartFrame, c.Name, c.Len()-1)
		}
		ref, err := policy.NewReference(g.body, c, g.kin)
		if err != nil {
			return err
		}
		g.refs = append(g.refs, ref)
	}
	return nil
}

func (g *rig) close() {
	for i := len(g.closers) - 1; i >= 0; i-- {
		g.closers[i]()
	}
}

// openOutputs opens the view, the telemetry and the recording, in this order: an
// address that is taken must not cost an older recording.
func (g *rig) openOutputs(version string) error {
	names := make([]string, len(g.clips))
	for i, c := range g.clips {
		names[i] = c.Name
	}
	shapes := g.model.Shapes()
	if err := g.openView(names, shapes); err != nil {
		return err
	}
	if err := g.openFilm(); err != nil {
		return err
	}
	if err := g.openTelemetry(names, version); err != nil {
		return err
	}
	return g.openRecording(record.Header{
		Body: g.body, Scenario: g.scenario.YAML(), Shapes: shapes, Frames: g.frames, Clips: names,
		Seeds: map[string]uint64{"latent": g.scenario.Seed}, MuJoCo: sim.Version(), Model: g.model.ModelHash(), Firmware: g.firmwareHash(), Version: version,
		Started: time.Now().UTC().Format(time.RFC3339),
	})
}

func (g *rig) openView(clips []string, shapes []controller.Shape) (err error) {
	addr := g.scenario.View
	switch {
	case addr == "" && g.scenario.Video == "":
		return nil
	case addr == "":
		addr = filmed
	}
	rat, err := g.drawAnimals()
	if err != nil {
		return err
	}
	g.view, err = view.New(view.Options{
		Addr: addr, Token: g.scenario.ViewToken, Body: g.body, Frames: g.frames, Shapes: shapes,
		Clips: clips, Commands: g.remote, Log: g.log, Animal: rat,
	})
	if err == nil {
		g.drawGhosts()
	}
	return err
}

// openRecording begins the recording that the scenario asks for; h lacks what
// the policy adds.
func (g *rig) openRecording(h record.Header) (err error) {
	if g.scenario.Record == "" {
		return nil
	}
	if g.file != nil {
		h.Policy, h.Kernel = g.file.Hash(), nn.Kernel()
	}
	if g.file != nil && g.scenario.Activate {
		if h.Layers, err = g.layers(); err != nil {
			return err
		}
	}
	if g.rec, err = record.Create(g.scenario.Record, h); err != nil {
		return err
	}
	g.rec.Lossless = g.scenario.Pace == "lockstep"
	return nil
}

// layers names the network's layers as a recording lists them.
func (g *rig) layers() ([]record.Layer, error) {
	net, err := policy.NewInference(&g.file.Network, g.file.Contract.Layout.BodySize())
	if err != nil {
		return nil, err
	}
	var layers []record.Layer
	for _, name := range net.Layers() {
		layers = append(layers, record.Layer{Name: name, Size: len(net.Activation(name))})
	}
	return layers, nil
}
