package hil

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"whisker/bridge/agent"
	"whisker/bridge/feetech"
	"whisker/bridge/serial"
	devices "whisker/bridge/simulated"
	"whisker/controller"
	"whisker/controller/profile"
	"whisker/hil/emulate"
	"whisker/sim"
)

const allMeasures = "measures: {imu: true, torque: true, current: true, temperature: true, voltage: true, foot_force: true}"

// busProfile writes the quadruped's profile for another bus: every device counts at
// its joint, and 12 V servos. It returns the file and where its joints lie.
func busProfile(t *testing.T, device string, replace ...string) (file string, lie []float64) {
	t.Helper()
	text, err := os.ReadFile("../controller/profile/quadruped.yaml")
	if err != nil {
		t.Fatal(err)
	}
	replace = append(replace, []string{ // the first that fits counts
		"device:\n  name: whisker-quadruped\n  baud: 921600", "device:\n" + device,
		"device_ratio: 1.555", "device_ratio: 1",
		allMeasures, "measures: {current: true, temperature: true, voltage: true}",
		"tilt_rad: 1.2", "tilt_rad: 0",
		"min_voltage_v: 19.2", "min_voltage_v: 10", "max_voltage_v: 26", "max_voltage_v: 14",
		"state_age_ms: 40", "state_age_ms: 4000", "command_age_ms: 40", "command_age_ms: 4000", // a busy test machine
	}...)
	body := strings.NewReplacer(replace...).Replace(string(text))
	id := 0
	body = regexp.MustCompile(`bus: \d+, id: \d+`).ReplaceAllStringFunc(body, func(string) string {
		id++
		return fmt.Sprintf("bus: 0, id: %d", id)
	})
	file = filepath.Join(t.TempDir(), "dog.yaml")
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := profile.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Joints {
		lie = append(lie, *p.Joints[i].Lie)
	}
	return file, lie
}

// bench is a simulated bus on a pty.
func openBench(t *testing.T, b devices.Bus, baud int) *devices.Line {
	t.Helper()
	line, err := devices.Open(b, baud)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(line.Close)
	return line
}

// onBus is a run of a robot at the end of a line.
func onBus(file, device string) Scenario {
	s := dog("stand")
	s.Robot, s.Pace, s.DeadMan, s.Seconds = file+"@serial:"+device, "realtime", "off", 0.5
	s.Overruns = Overruns{Max: 1000, Window: 2000}
	return s
}

// stands runs a scenario and wants the robot to stand, and to be left without torque.
func stands(t *testing.T, s Scenario, torque func() bool) {
	t.Helper()
	s.Record = filepath.Join(t.TempDir(), "dog.mcap")
	r, err := Run(context.Background(), s, "test", zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if row := r.Clips[0]; row.Fault != "" || !(row.LimbJointRMS < 0.2) {
		t.Errorf("%+v", row)
	}
	if got := strings.Join(modesOf(t, s.Record), " "); got != "stand track lie idle" {
		t.Errorf("the robot went through %s", got)
	}
	if torque() {
		t.Error("there is torque after the run")
	}
}

// dogPlant is the quadruped's body, turned by the devices of a bus.
type dogPlant struct {
	body    *sim.Robot
	state   controller.State
	cmd     controller.Command
	highest float64 // of the root, m
	err     error
}

// newDogPlant lays the body of a profile down.
func newDogPlant(t *testing.T, file string) *dogPlant {
	t.Helper()
	p, err := profile.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	quick := *p
	quick.RateHz = 1 / emulate.Tick.Seconds()
	body, err := sim.Open(sim.Options{Profile: &quick, Timestep: emulate.Tick})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(body.Close)
	root, q := lying(body)
	body.Place(root, q, make([]float64, len(q)))
	if err := body.Start(); err != nil {
		t.Fatal(err)
	}
	return &dogPlant{body: body, state: controller.NewState(body.Body()), cmd: controller.NewCommand(body.Body())}
}

func (d *dogPlant) Tick() time.Duration { return emulate.Tick }

// Step is the devices' torque on the joints for a tick.
func (d *dogPlant) Step(torque, pos, vel []float64) {
	copy(d.cmd.Torque, torque)
	d.err = errors.Join(d.err, d.body.Write(&d.cmd), d.body.Read(&d.state))
	copy(pos, d.state.Pos)
	copy(vel, d.state.Vel)
	var truth controller.Truth
	d.body.Truth(&truth)
	d.highest = max(d.highest, truth.Root.Pos[2])
}

// check wants that the body stood up; its line is closed.
func (d *dogPlant) check(t *testing.T) {
	t.Helper()
	if d.err != nil || d.highest < 0.25 { // a host that is held up makes it jump
		t.Errorf("the body came up to %.3f m, %v: want it to stand at 0.285 m", d.highest, d.err)
	}
}

// legs are as strong as the quadruped's motors.
func legs(s *devices.Shaft, lie float64) { s.Pos, s.Limit, s.Kp, s.Kd = lie, 28, 60, 1.5 }

func TestDynamixelServosStand(t *testing.T) {
	bus := devices.NewDynamixels(1020, 12)
	line := openBench(t, bus, 1000000)
	unit := openBench(t, devices.Witmotion{}, 115200)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go devices.Witmotion{}.Stream(ctx, unit, 5*time.Millisecond)
	file, lie := busProfile(t, "  {bus: dynamixel, baud: 1000000, model: 1020, fast_read: true}",
		allMeasures, "measures: {imu: true, current: true, temperature: true, voltage: true}", "tilt_rad: 1.2", "tilt_rad: 1.2",
		"mounting_quat: [1, 0, 0, 0]", "mounting_quat: [1, 0, 0, 0]\n  protocol: witmotion\n  baud: 115200\n  port: "+unit.Path)
	for i, s := range bus.Servos {
		legs(&s.Shaft, lie[i])
	}
	plant := newDogPlant(t, file)
	line.Do(func() { bus.Plant = plant })
	stands(t, onBus(file, line.Path), func() (on bool) {
		line.Do(func() {
			for _, s := range bus.Servos {
				on = on || s.Torque()
			}
		})
		return on
	})
	line.Close()
	plant.check(t)
}

func TestMoteusControllersStand(t *testing.T) {
	bus := devices.NewMoteuses(12)
	line := openBench(t, bus, 0)
	file, lie := busProfile(t, "  {bus: moteus, baud: 12000000}", "min_voltage_v: 19.2", "min_voltage_v: 20", "max_voltage_v: 26", "max_voltage_v: 27")
	for i, m := range bus.Devices {
		legs(&m.Shaft, lie[i])
		m.Config["servo.pid_position.kp"], m.Config["servo.pid_position.kd"] = "400", "12"
	}
	plant := newDogPlant(t, file)
	line.Do(func() { bus.Plant = plant })
	stands(t, onBus(file, line.Path), func() (on bool) {
		line.Do(func() {
			for _, m := range bus.Devices {
				on = on || m.Torque()
			}
		})
		return on
	})
	line.Close()
	plant.check(t)
}

func TestFeetechServosStandBehindTheirAgent(t *testing.T) {
	bus := devices.NewFeetechs(12)
	line := openBench(t, bus, 1000000)
	file, lie := busProfile(t, "  {bus: feetech, baud: 1000000, model: 777}")
	for i, s := range bus.Servos {
		legs(&s.Shaft, lie[i])
	}
	plant := newDogPlant(t, file)
	line.Do(func() { bus.Plant = plant })
	// Without the agent nothing is opened, and the line says how to start one.
	_, err := Run(context.Background(), onBus(file, line.Path), "test", zerolog.Nop())
	var refused *OpenError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "whisker agent bus --port "+line.Path) {
		t.Errorf("a bare line: %v", err)
	}
	port, err := serial.Open(line.Path, serial.Options{Baud: 1000000, ReadTimeout: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- (&agent.Agent{Port: port, Protocol: &feetech.Watch{}, After: 4 * time.Second}).Run(ctx, l)
	}()
	defer func() { cancel(); <-done }()
	stands(t, onBus(file, socket), func() (on bool) {
		line.Do(func() {
			for _, s := range bus.Servos {
				on = on || s.Torque()
			}
		})
		return on
	})
	line.Close()
	plant.check(t)
}

// What is wrong with a bus is said in one line before anything moves.
func TestBusesRefuse(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*devices.Dynamixels)
		replace []string
		want    string
	}{
		"wrong model": {change: func(s *devices.Dynamixels) { s.Servos[4].Table[0], s.Servos[4].Table[1] = 0x24, 4 }, want: "wrong model: id 5 is XL430-W250"},
		"rate":        {replace: []string{"rate_hz: 50", "rate_hz: 250"}, want: "at 1000000 baud"},
		"no unit":     {replace: []string{"mounting_quat: [1, 0, 0, 0]", "mounting_quat: [1, 0, 0, 0]\n  protocol: witmotion\n  baud: 115200\n  port: /dev/none"}, want: "witmotion: serial: there is no device /dev/none"},
	} {
		t.Run(name, func(t *testing.T) {
			bus := devices.NewDynamixels(1020, 12)
			if c.change != nil {
				c.change(bus)
			}
			line := openBench(t, bus, 1000000)
			file, lie := busProfile(t, "  {bus: dynamixel, baud: 1000000, model: 1020}", c.replace...)
			for i, s := range bus.Servos {
				s.Shaft.Pos = lie[i]
			}
			s := onBus(file, line.Path)
			_, err := Run(context.Background(), s, "test", zerolog.Nop())
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v: want one line with %q", err, c.want)
			}
			for _, servo := range bus.Servos {
				if servo.Torque() {
					t.Error("a servo has torque")
				}
			}
		})
	}
}
