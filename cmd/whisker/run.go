package main

import (
	"cmp"
	"errors"

	"whisker/hil"
)

// runCmd plays clips. Flags that are given override the scenario's values.
type runCmd struct {
	Scenario          string    `help:"Scenario file (YAML)." type:"existingfile" placeholder:"FILE"`
	Robot             string    `help:"rat, quadruped, go1, go2 or PROFILE.yaml: in the simulator, or with @emulated or @serial:DEVICE behind its firmware." placeholder:"ROBOT"`
	Model             string    `help:"MJCF or URDF file in place of the robot's own model." placeholder:"FILE"`
	Policy            string    `help:"Policy file in place of the one that ships, or an .onnx file trained elsewhere; none plays open loop." placeholder:"FILE"`
	Layout            string    `help:"What an .onnx policy sees and does: go1-joystick, or a YAML file; without it the .yaml beside the policy." placeholder:"LAYOUT"`
	Goal              []float64 `help:"Where an .onnx policy goes: forward m/s, left m/s, turn rad/s." sep:"," placeholder:"VX,VY,YAW"`
	Body              string    `help:"Simulate the motors as whisker hil identify found them in a robot's logs." placeholder:"BODY"`
	Randomise         string    `help:"Draw a robot that differs from its model: default, body for as much as --body leaves open, or a YAML file of ranges." placeholder:"RANGES"`
	RandomiseSeed     *uint64   `help:"Seed of that robot." placeholder:"N"`
	Clip              []string  `help:"Clip: a file, a glob, or a shipped one (stand, turn, walk). Repeatable." sep:"none" placeholder:"CLIP"`
	Clean             *bool     `help:"Clean clips first: paws locked to the floor, trunk balanced over them, limbs and head out of each other; --clean=false plays them as they were read." placeholder:"BOOL"`
	Pace              string    `help:"realtime or lockstep." enum:",realtime,lockstep" default:"" placeholder:"PACE"`
	StartFrame        *int      `help:"First frame of each clip, counted at the control rate." placeholder:"N"`
	Seconds           *float64  `help:"At most this long a clip." placeholder:"S"`
	Seed              *uint64   `help:"Seed of the latent noise; 0 is the latent's mean." placeholder:"N"`
	Record            string    `help:"Write a recording (MCAP)." placeholder:"FILE"`
	RecordActivations bool      `help:"Record the network's activations too."`
	View              string    `help:"Serve the live view at this address." placeholder:"ADDR"`
	ViewToken         string    `help:"Token that the view demands on addresses other than loopback." env:"WHISKER_VIEW_TOKEN" placeholder:"TOKEN"`
	Video             string    `help:"Take a film of the view (MP4), in the robot's time, which waits for it: --pace lockstep. Needs chromium and ffmpeg." placeholder:"FILE"`
	VideoFPS          int       `name:"video-fps" help:"Pictures a second of the film." placeholder:"N"`
	MQTT              string    `name:"mqtt" help:"Tell a broker what the robot does and take commands from it: mqtt://HOST, mqtts://HOST, or embedded for one inside of this program." placeholder:"URL"`
	MQTTRobot         string    `name:"mqtt-robot" help:"The robot's name at the broker; without it that of its body." placeholder:"NAME"`
	MQTTRate          float64   `name:"mqtt-rate" help:"States a second." placeholder:"HZ"`
	brokerFlags
	DeadMan     string   `help:"What somebody holds while a physical robot moves: key (the space bar) or off." placeholder:"KEY"`
	Gamepad     string   `help:"Game controller, /dev/input/eventN: a shoulder button in place of the space bar, and its sticks say where an .onnx policy goes, up to --goal." placeholder:"DEV"`
	Calibration string   `help:"Calibration file that a robot on a serial line has to hold." placeholder:"FILE"`
	CutAfter    *float64 `help:"Cut the serial line of an emulated robot after so many seconds of the clip, and see what it does." placeholder:"S"`
	JSON        string   `name:"json" help:"Write the result as JSON to a file, or - for standard output." placeholder:"FILE"`
	Baseline    bool     `help:"Also play each clip open loop."`
	Hold        bool     `help:"Keep playing until Ctrl-C."`
	Torque      bool     `help:"Torque actuators in place of position servos."`
	Assist      *float64 `help:"Spring on the simulated trunk towards the reference, N/m; view, table and JSON say so." placeholder:"N_PER_M"`
	TimestepMs  *float64 `name:"timestep-ms" help:"Physics step: 4 or 2 ms." placeholder:"MS"`
}

// Run is called by kong.
func (c *runCmd) Run(e *env) error {
	s, err := c.scenario()
	if err != nil {
		return usage(err)
	}
	result, err, told := playScenario(e, s, c.JSON)
	if result == nil {
		return err
	}
	if err == nil && s.Record != "" {
		e.log.Info().Msg("recording: " + s.Record)
	}
	return cmp.Or(err, told)
}

// playScenario runs a scenario and writes what it found, as JSON where a path is given for
// that. Without a result err says why nothing was played; told is what became of
// writing it.
func playScenario(e *env, s hil.Scenario, json string) (r *hil.Result, err, told error) {
	out, err := createJSON(json, e.out)
	if err != nil {
		return nil, err, nil
	}
	if r, err = hil.Run(e.ctx, s, version(), e.log); r == nil {
		out.drop(err)
		return nil, openError(err), nil
	}
	return r, err, out.result(r, e.out, r.Table)
}

// openError marks what hil refused before anything moved as an error of usage.
func openError(err error) error {
	var open *hil.OpenError
	if errors.As(err, &open) {
		return usage(err)
	}
	return err
}

// scenario is the file's, or the default one, under the flags.
func (c *runCmd) scenario() (hil.Scenario, error) {
	s := hil.DefaultScenario()
	if c.Scenario != "" {
		var err error
		if s, err = hil.ReadScenario(c.Scenario); err != nil {
			return s, err
		}
	}
	for _, f := range []struct {
		flag string
		to   *string
	}{
		{c.Robot, &s.Robot}, {c.Model, &s.Model}, {c.Policy, &s.Policy}, {c.Pace, &s.Pace},
		{c.Layout, &s.Layout}, {c.Body, &s.Physics.Body}, {c.Gamepad, &s.Gamepad}, {c.Randomise, &s.Physics.Randomise}, {c.Record, &s.Record}, {c.View, &s.View}, {c.Video, &s.Video}, {c.ViewToken, &s.ViewToken}, {c.DeadMan, &s.DeadMan}, {c.Calibration, &s.Calibration},
	} {
		if f.flag != "" {
			*f.to = f.flag
		}
	}
	if c.Video != "" && c.Pace == "" {
		s.Pace = "lockstep"
	}
	if c.VideoFPS != 0 {
		s.VideoFPS = c.VideoFPS
	}
	if len(c.Clip) > 0 {
		s.Clips = c.Clip
	}
	set(&s.Clean, c.Clean)
	if len(c.Goal) > 0 {
		s.Goal = c.Goal
	}
	set(&s.Physics.RandomSeed, c.RandomiseSeed)
	set(&s.StartFrame, c.StartFrame)
	set(&s.Seconds, c.Seconds)
	set(&s.Seed, c.Seed)
	set(&s.Physics.Assist, c.Assist)
	set(&s.Physics.TimestepMs, c.TimestepMs)
	c.apply(&s.MQTT.Broker, c.MQTT)
	if c.MQTTRobot != "" {
		s.MQTT.Robot = c.MQTTRobot
	}
	if c.MQTTRate != 0 {
		s.MQTT.RateHz = c.MQTTRate
	}
	set(&s.Emulation.CutAfter, c.CutAfter)
	s.Baseline = s.Baseline || c.Baseline
	s.Hold = s.Hold || c.Hold
	s.Activate = s.Activate || c.RecordActivations
	s.Physics.Torque = s.Physics.Torque || c.Torque
	return s, s.Check()
}

func set[T any](to *T, flag *T) {
	if flag != nil {
		*to = *flag
	}
}
