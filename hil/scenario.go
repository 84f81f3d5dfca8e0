package hil

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/goccy/go-yaml"

	"whisker/hil/fault"
)

// Scenario is one run, whole: whatever is not in it does not influence the run.
// It is read from strict YAML (an unknown key is an error with its line), flags
// override it, and the resolved one is stored in the recording.
type Scenario struct {
	Robot      string    `yaml:"robot"`       // rat, quadruped, or PROFILE.yaml[@serial:DEV|@mqtt:BROKER/ID|@emulated]
	Model      string    `yaml:"model"`       // MJCF or URDF file in place of the robot's own
	Policy     string    `yaml:"policy"`      // policy file; "" is the one that ships
	Layout     string    `yaml:"layout"`      // of an .onnx policy: one that ships, or a YAML file; "" is the one beside it
	Goal       []float64 `yaml:"goal"`        // of an .onnx policy: forward m/s, left m/s, turn rad/s
	Clips      []string  `yaml:"clips"`       // files, globs, or names of shipped clips
	Clean      bool      `yaml:"clean"`       // make clips what a body on a floor can follow: feet locked, balanced, out of itself
	Pace       string    `yaml:"pace"`        // realtime or lockstep
	StartFrame int       `yaml:"start_frame"` // first frame of each clip, counted at the control rate
	Seconds    float64   `yaml:"seconds"`     // at most this long a clip; 0 is to its end
	Seed       uint64    `yaml:"seed"`        // of the latent noise; 0 is the latent's mean
	Baseline   bool      `yaml:"baseline"`    // also run each clip open loop
	Hold       bool      `yaml:"hold"`        // keep playing until interrupted
	Record     string    `yaml:"record"`      // MCAP file; "" for none
	Activate   bool      `yaml:"record_activations"`
	View       string    `yaml:"view"`       // address of the live view; "" for none
	ViewToken  string    `yaml:"view_token"` // demanded by the view on addresses other than loopback
	Video      string    `yaml:"video"`      // film of the view, an MP4 file; "" for none
	VideoFPS   int       `yaml:"video_fps"`  // its pictures a second of the robot's time
	Realtime   string    `yaml:"realtime"`   // preferred, or required: refused real-time rights are an error
	Physics    Physics   `yaml:"physics"`
	Overruns   Overruns  `yaml:"overruns"`
	Emulation  Emulation `yaml:"emulation"`
	// Calibration is the file that a robot on a serial line has to hold; "" takes what
	// it holds.
	Calibration string `yaml:"calibration"`
	// DeadMan is what somebody has to hold while the robot moves: key (the space bar
	// of the terminal) or off; "" is key for a robot that is not simulated or
	// emulated, and off for one that is.
	DeadMan string `yaml:"dead_man"`
	// Gamepad is a game controller, /dev/input/eventN, that is the switch in place of
	// the space bar, and whose sticks say where an .onnx policy goes: goal is what they
	// ask for at their ends, 0.5 m/s, 0.3 m/s and 1 rad/s where it is not given.
	Gamepad string `yaml:"gamepad"`
	MQTT    MQTT   `yaml:"mqtt"`
	// Faults are what goes wrong in every pass, and Gates what has to hold all the same.
	Faults []fault.Fault `yaml:"faults,omitempty"`
	Gates  Gates         `yaml:"gates"`
}

// Physics sets up the simulated body.
type Physics struct {
	TimestepMs float64 `yaml:"timestep_ms"`
	PeriodMs   float64 `yaml:"period_ms"`
	Torque     bool    `yaml:"torque_actuators"`
	// Body is what `whisker hil identify` wrote of the robot: its motors' friction,
	// inertia and delay, and their networks where those were learned within a model; ""
	// takes the profile's.
	Body string `yaml:"body"`
	// Randomise makes a robot with a profile differ from its model: default, body
	// for as much as Body leaves open, or a YAML file of ranges; "" is the model.
	// RandomSeed draws the robot.
	Randomise  string `yaml:"randomise"`
	RandomSeed uint64 `yaml:"randomise_seed"`
	// Held hangs a robot with a profile on a stand: its root does not move, and
	// gravity pulls no joint.
	Held bool `yaml:"held"`
	// Assist is a spring on a simulated trunk towards the reference, N/m; 0 is none.
	// View, table and JSON say so.
	Assist float64 `yaml:"assist_n_per_m"`
}

// Overruns bounds how many periods may be missed in a window before the loop
// faults.
type Overruns struct {
	Max    int `yaml:"max"`
	Window int `yaml:"window_ticks"`
}

// DefaultScenario is what a run does when nothing is said: the shipped policy
// on the rat, in real time.
func DefaultScenario() Scenario {
	return Scenario{
		Robot: "rat", Clean: true, Pace: "realtime", Realtime: "preferred", VideoFPS: 25,
		Physics:  Physics{TimestepMs: 4, PeriodMs: 20},
		Overruns: Overruns{Max: 25, Window: 250}, Emulation: Emulation{Board: "mps2"},
		Gates: Gates{SafeMs: 102}, // the firmware's 100 ms and a tick
	}
}

// ReadScenario reads a YAML file over the defaults.
func ReadScenario(path string) (Scenario, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return DefaultScenario(), fmt.Errorf("hil: scenario: %w", err)
	}
	s, err := ParseScenario(b)
	if err != nil {
		return s, fmt.Errorf("%w (%s)", err, path)
	}
	return s, nil
}

// ParseScenario is ReadScenario on the file's content.
func ParseScenario(b []byte) (Scenario, error) {
	return parseOver(DefaultScenario(), b)
}

// parseOver reads over a scenario of defaults.
func parseOver(s Scenario, b []byte) (Scenario, error) {
	if len(bytes.TrimSpace(b)) == 0 {
		return s, fmt.Errorf("hil: scenario: empty, expected YAML such as `clips: [walk]`")
	}
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(&s); err != nil {
		return s, fmt.Errorf("hil: scenario: %s", firstLine(err))
	}
	return s, nil
}

// firstLine is the position and message of a YAML error without the excerpt
// that follows it.
func firstLine(err error) string {
	s := strings.TrimSpace(err.Error())
	if i := strings.IndexByte(s, '\n'); i > 0 {
		s = s[:i]
	}
	return s
}

// YAML is the resolved scenario as it is stored in a recording. The view's
// token is a secret and stays out.
func (s Scenario) YAML() []byte {
	s.ViewToken = ""
	b, err := yaml.Marshal(s)
	if err != nil {
		panic("hil: scenario does not encode: " + err.Error())
	}
	return b
}

// maxMs bounds periods: a robot that is told what to do less than once a second
// is not controlled.
const maxMs = 1000

// Check reports the first value that no run can obey, naming its key.
func (s *Scenario) Check() error {
	bad := func(key, want string, got any) error {
		return fmt.Errorf("hil: scenario: %s is %v, expected %s", key, got, want)
	}
	switch {
	case s.Robot == "":
		return bad("robot", "rat, quadruped or a profile", `""`)
	case s.Pace != "realtime" && s.Pace != "lockstep":
		return bad("pace", "realtime or lockstep", s.Pace)
	case s.Realtime != "preferred" && s.Realtime != "required":
		return bad("realtime", "preferred or required", s.Realtime)
	case s.StartFrame < 0:
		return bad("start_frame", "0 or more", s.StartFrame)
	case !(s.Seconds >= 0):
		return bad("seconds", "0 or more", s.Seconds)
	case !(s.Physics.TimestepMs > 0 && s.Physics.TimestepMs <= maxMs):
		return bad("physics.timestep_ms", "more than 0, at most 1000", s.Physics.TimestepMs)
	case !(s.Physics.PeriodMs > 0 && s.Physics.PeriodMs <= maxMs):
		return bad("physics.period_ms", "more than 0, at most 1000", s.Physics.PeriodMs)
	case s.Overruns.Max < 1 || s.Overruns.Window <= s.Overruns.Max:
		return bad("overruns", "max 1 or more and window_ticks more than max", fmt.Sprintf("%+v", s.Overruns))
	case s.DeadMan != "" && s.DeadMan != "key" && s.DeadMan != "off":
		return bad("dead_man", "key or off", s.DeadMan)
	case s.Gamepad != "" && s.DeadMan != "":
		return bad("dead_man", "nothing beside a gamepad", s.DeadMan)
	case s.Emulation.Board != "mps2" && s.Emulation.Board != "host":
		return bad("emulation.board", "mps2 or host", s.Emulation.Board)
	case !(s.Emulation.CutAfter >= 0):
		return bad("emulation.cut_after_s", "0 or more", s.Emulation.CutAfter)
	case s.Activate && s.Record == "":
		return bad("record_activations", "a file in record", "true without one")
	}
	if err := s.checkVideo(bad); err != nil {
		return err
	}
	if err := s.checkTransport(bad); err != nil {
		return err
	}
	if err := s.MQTT.check(); err != nil {
		return err
	}
	if err := s.Gates.check(); err != nil {
		return err
	}
	return s.checkGoal()
}

// transport is how the robot is reached; "" is in the simulator.
func (s *Scenario) transport() string {
	_, transport, _ := s.names()
	return transport
}

// emulated tells whether the robot is its firmware with a simulated body.
func (s *Scenario) emulated() bool { return s.transport() == "emulated" }
