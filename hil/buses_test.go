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
	"whisker/controller/profile"
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
		"state_age_ms: 40", "state_age_ms: 1000", "command_age_ms: 40", "command_age_ms: 1000", // a busy test machine
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

func TestDynamixelServosStand(t *testing.T) {
	sim := devices.NewDynamixels(1020, 12)
	line := openBench(t, sim, 1000000)
	unit := openBench(t, devices.Witmotion{}, 115200)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go devices.Witmotion{}.Stream(ctx, unit, 5*time.Millisecond)
	file, lie := busProfile(t, "  {bus: dynamixel, baud: 1000000, model: 1020, fast_read: true}",
		allMeasures, "measures: {imu: true, current: true, temperature: true, voltage: true}", "tilt_rad: 1.2", "tilt_rad: 1.2",
		"mounting_quat: [1, 0, 0, 0]", "mounting_quat: [1, 0, 0, 0]\n  protocol: witmotion\n  baud: 115200\n  port: "+unit.Path)
	for i, s := range sim.Servos {
		s.Shaft.Pos = lie[i]
	}
	stands(t, onBus(file, line.Path), func() (on bool) {
		line.Do(func() {
			for _, s := range sim.Servos {
				on = on || s.Torque()
			}
		})
		return on
	})
}

func TestMoteusControllersStand(t *testing.T) {
	sim := devices.NewMoteuses(12)
	line := openBench(t, sim, 0)
	file, lie := busProfile(t, "  {bus: moteus, baud: 12000000}", "kp_nm_rad: 60", "kp_nm_rad: 7", "kd_nm_s_rad: 1.5", "kd_nm_s_rad: 0.2",
		"min_voltage_v: 19.2", "min_voltage_v: 20", "max_voltage_v: 26", "max_voltage_v: 27")
	for i, m := range sim.Devices {
		m.Shaft.Pos = lie[i]
	}
	stands(t, onBus(file, line.Path), func() (on bool) {
		line.Do(func() {
			for _, m := range sim.Devices {
				on = on || m.Torque()
			}
		})
		return on
	})
}

func TestFeetechServosStandBehindTheirAgent(t *testing.T) {
	sim := devices.NewFeetechs(12)
	line := openBench(t, sim, 1000000)
	file, lie := busProfile(t, "  {bus: feetech, baud: 1000000, model: 777}")
	for i, s := range sim.Servos {
		s.Shaft.Pos = lie[i]
	}
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
		done <- (&agent.Agent{Port: port, Protocol: &feetech.Watch{}, After: time.Second}).Run(ctx, l)
	}()
	defer func() { cancel(); <-done }()
	stands(t, onBus(file, socket), func() (on bool) {
		line.Do(func() {
			for _, s := range sim.Servos {
				on = on || s.Torque()
			}
		})
		return on
	})
}

// What is wrong with a bus is said in one line before anything moves.
func TestBusesRefuse(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*devices.Dynamixels)
		replace []string
		want    string
	}{
		"missing":     {change: func(s *devices.Dynamixels) { s.Servos[4].Silent = true }, want: "missing: id 5"},
		"wrong model": {change: func(s *devices.Dynamixels) { s.Servos[4].Table[0], s.Servos[4].Table[1] = 0x24, 4 }, want: "wrong model: id 5 is XL430-W250"},
		"voltage":     {change: func(s *devices.Dynamixels) { s.Servos[4].Table[144] = 80 }, want: "8.0 V: want 10.0 to 14.0 V"},
		"rate":        {replace: []string{"rate_hz: 50", "rate_hz: 250"}, want: "at 1000000 baud"},
		"no unit":     {replace: []string{"mounting_quat: [1, 0, 0, 0]", "mounting_quat: [1, 0, 0, 0]\n  protocol: witmotion\n  baud: 115200\n  port: /dev/none"}, want: "witmotion: serial: there is no device /dev/none"},
	} {
		t.Run(name, func(t *testing.T) {
			sim := devices.NewDynamixels(1020, 12)
			if c.change != nil {
				c.change(sim)
			}
			line := openBench(t, sim, 1000000)
			file, lie := busProfile(t, "  {bus: dynamixel, baud: 1000000, model: 1020}", c.replace...)
			for i, s := range sim.Servos {
				s.Shaft.Pos = lie[i]
			}
			s := onBus(file, line.Path)
			_, err := Run(context.Background(), s, "test", zerolog.Nop())
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v: want one line with %q", err, c.want)
			}
			for _, servo := range sim.Servos {
				if servo.Torque() {
					t.Error("a servo has torque")
				}
			}
		})
	}
}
