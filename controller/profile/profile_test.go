package profile

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"whisker/controller"
)

func TestShippedProfilesAreRobots(t *testing.T) {
	for _, name := range Names() {
		p, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		b := p.Body(p.Measured())
		if b.Name != name || len(b.Joints) != 12 || len(b.Actuators) != 12 || len(b.Feet) != 4 || len(b.LieAct) != 12 {
			t.Errorf("%s: %d joints, %d actuators, feet %v, lying pose of %d", b.Name, len(b.Joints), len(b.Actuators), b.Feet, len(b.LieAct))
		}
		if b.Joints[0].Name != "FR_hip_joint" || b.Joints[11].Name != "RL_calf_joint" || b.Period.Milliseconds() != 20 {
			t.Errorf("%s: joints %s to %s, period %v", name, b.Joints[0].Name, b.Joints[11].Name, b.Period)
		}
	}
}

// broken is the shipped quadruped with one text replaced by another.
func broken(t *testing.T, old, new string) (text string, line int) {
	t.Helper()
	file, err := os.ReadFile("quadruped.yaml")
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(file), old)
	if !found {
		t.Fatalf("the profile has no %q", old)
	}
	return before + new + after, 1 + strings.Count(before, "\n")
}

func TestErrorsNameFileLineAndKey(t *testing.T) {
	for _, c := range []struct{ old, new, key string }{
		{"rate_hz: 50", "rate_hz: 0", "rate_hz"},
		{"rate_hz: 50", "rate: 50", `"rate"`},
		{"rate_hz: 50", "rate_hz: fast", "Rate"},
		{"root: trunk", `root: ""`, "root"},
		{"feet: [FR_foot, FL_foot", "feet: [FR_foot, FR_foot", "feet[1]"},
		{"stand_height_m: 0.285", "stand_height_m: -1", "stand_height_m"},
		{"mounting_quat: [1, 0, 0, 0]", "mounting_quat: [1, 1, 0, 0]", "imu.mounting_quat"},
		{"tilt_rad: 1.2", "tilt_rad: 60", "limits.tilt_rad"},
		{"tilt_rad: 1.2", "tilt_rad: .nan", "limits.tilt_rad"},
		{"max_voltage_v: 26", "max_voltage_v: 12", "limits.max_voltage_v"},
		{"torque_nm: 18", "torque_nm: -18", "motors.hip.torque_nm"},
		{"no_load_speed_rad_s: 25.7", "no_load_speed_rad_s: 2", "motors.knee.no_load_speed_rad_s"},
		{"delay_ms: 4 # one", "delay_ms: 4000 # one", "motors.hip.delay_ms"},
		{"name: FL_hip_joint", "name: FR_hip_joint", "joints[3].name"},
		{"name: FL_hip_joint, motor: hip", "name: FL_hip_joint, motor: ankle", "joints[3].motor"},
		{"bus: 1, id: 1, sign: 1", "bus: 1, id: 1, sign: 2", "joints[3].sign"},
		{"bus: 1, id: 2,", "bus: 1, id: 1,", "joints[4].id"},
		{"bus: 1, id: 2,", "bus: -1, id: 2,", "joints[4].id"},
		{"stand_rad: 0.8", "stand_rad: 8", "joints[1].stand_rad"},
		{"lie_rad: -2.7", "lie_rad: -27", "joints[2].lie_rad"},
		{"min_rad: -2.75, max_rad: -0.3", "min_rad: -2.75, max_rad: -3", "joints[2].max_rad"},
	} {
		text, line := broken(t, c.old, c.new)
		_, err := Parse("dog.yaml", []byte(text))
		want := "profile: dog.yaml:" + strconv.Itoa(line) + ":"
		if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), c.key) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q for %q: %v, want %s ... %s", c.new, c.old, err, want, c.key)
		}
	}
}

// onBus is the shipped quadruped on a bus of actuators, with one text replaced.
func onBus(t *testing.T, device, old, new string) string {
	t.Helper()
	text, _ := broken(t, "device:\n  name: whisker-quadruped\n  baud: 921600", "device: {"+device+"}")
	id := 0
	text = regexp.MustCompile(`bus: \d+, id: \d+`).ReplaceAllStringFunc(text, func(string) string {
		id++
		return fmt.Sprintf("bus: 0, id: %d", id)
	})
	text = strings.Replace(text, "mounting_quat: [1, 0, 0, 0]", "mounting_quat: [1, 0, 0, 0]\n  protocol: witmotion\n  port: /dev/ttyUSB1\n  baud: 115200", 1)
	before, after, found := strings.Cut(text, old)
	if !found {
		t.Fatalf("the profile has no %q", old)
	}
	return before + new + after
}

func TestBusesOfActuators(t *testing.T) {
	text := onBus(t, "bus: dynamixel, baud: 1000000, model: 1020, mode: current-position, max_current_a: 1, fast_read: true", "name", "name")
	p, err := Parse("dog.yaml", []byte(text))
	if err != nil || p.Device.Bus != "dynamixel" || p.Device.Model != 1020 || p.IMU.Port != "/dev/ttyUSB1" {
		t.Fatalf("%+v, %v", p, err)
	}
	const moteus, feetech = "bus: moteus, baud: 12000000", "bus: feetech, baud: 1000000, model: 777"
	for _, c := range []struct{ device, old, new, key string }{
		{"baud: 1000000, model: 1020", "name", "name", "device.bus is missing"},
		{"bus: can, baud: 1000000", "name", "name", "device.bus is \"can\""},
		{"bus: moteus", "name", "name", "device.baud is 0"},
		{moteus + ", name: dog", "name", "name", "device.bus is moteus, which has no controller"},
		{moteus + ", model: -1", "name", "name", "device.model"},
		{feetech + ", mode: current", "name", "name", "mode, max_current_a, nm_per_a and fast_read are for dynamixel"},
		{"bus: dynamixel, baud: 1000000, mode: wheel", "name", "name", `device.mode is "wheel"`},
		{moteus, "bus: 0, id: 4", "bus: 1, id: 4", "joints[3].bus is 1"},
		{moteus, "bus: 0, id: 4", "bus: 0, id: 0", "joints[3].id is 0, want 1 to 127"},
		{feetech, "bus: 0, id: 4", "bus: 0, id: 254", "joints[3].id is 254"},
		{feetech, "bus: 0, id: 4", "bus: 0, id: 3", "joints[3].id is 3 on bus 0, as that of"},
		{moteus, "protocol: witmotion", "protocol: vectornav", `imu.protocol is "vectornav"`},
		{moteus, "protocol: witmotion", `protocol: ""`, "imu.protocol is missing"},
		{moteus, "port: /dev/ttyUSB1", `port: ""`, "imu.port is missing"},
		{moteus, "baud: 115200", "baud: 0", "imu.baud is 0"},
		{moteus, "  protocol: witmotion\n  port: /dev/ttyUSB1\n  baud: 115200\n", "", "measures.imu is true, want imu.protocol"},
	} {
		text := onBus(t, c.device, c.old, c.new)
		if _, err := Parse("dog.yaml", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), "profile: dog.yaml:") || !strings.Contains(err.Error(), c.key) {
			t.Errorf("%s, %q for %q: %v: want %q", c.device, c.new, c.old, err, c.key)
		}
	}
}

func TestMissingKeysAreNamed(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "dog.yaml:1: empty"},
		{"name: dog", "source"},
		{"name: [", "dog.yaml:1:"},
		{"- name", "dog.yaml:1:"},
	} {
		_, err := Parse("dog.yaml", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
	for _, cut := range []string{"\nlimits:", "\nmotors:", "\njoints:"} {
		text, _ := broken(t, cut, "\nlimits:")
		text, _, _ = strings.Cut(text, cut)
		if _, err := Parse("dog.yaml", []byte(text)); err == nil {
			t.Errorf("a profile that ends before %q was read", cut)
		}
	}
}

func TestOpenFindsFiles(t *testing.T) {
	dir := t.TempDir()
	text, _ := broken(t, "model: quadruped", "model: dog.xml")
	file := filepath.Join(dir, "dog.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if model, shipped := p.ModelFile(); model != filepath.Join(dir, "dog.xml") || shipped {
		t.Errorf("the model is %s, shipped %v", model, shipped)
	}
	for _, name := range []string{"dog", filepath.Join(dir, "cat.yaml")} {
		if _, err := Open(name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	q, err := Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	if model, shipped := q.ModelFile(); model != "quadruped" || !shipped {
		t.Errorf("the quadruped's model is %q, shipped %v", model, shipped)
	}
}

func TestDeviceAndJointAgree(t *testing.T) {
	text, _ := broken(t, "bus: 0, id: 3, sign: 1, offset_rad: 0", "bus: 0, id: 3, sign: -1, offset_rad: 0.25")
	p, err := Parse("dog.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	const knee = 2
	// The belt turns the device 1.555 times a joint's turn, the other way round.
	pos, vel, torque := p.ToDevice(knee, -0.75, 2, 3.11)
	near(t, "device position", pos, 1.555)
	near(t, "device velocity", vel, -3.11)
	near(t, "device torque", torque, -2)
	q, qd := p.FromDevice(knee, pos, vel)
	near(t, "joint position", q, -0.75)
	near(t, "joint velocity", qd, 2)
	// The same deflection gives the same joint torque through the device's gains.
	kp, _ := p.GainsToDevice(knee, 60, 1)
	d0, _, _ := p.ToDevice(knee, 0, 0, 0)
	d1, _, _ := p.ToDevice(knee, 0.1, 0, 0)
	_, _, want := p.ToDevice(knee, 0, 0, 6)
	near(t, "device torque of a deflection", kp*(d1-d0), want)
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestLimitsOnWhatIsNotMeasuredAreLeftOut(t *testing.T) {
	p, err := Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	real, simulated := p.Body(p.Measured()), p.Body(controller.Measures{IMU: true})
	if real.Limits.MaxTemperature != 85 || real.Limits.MinVoltage == 0 || real.Limits.MaxTilt == 0 {
		t.Errorf("the physical robot's limits are %+v", real.Limits)
	}
	if simulated.Limits.MaxTemperature != 0 || simulated.Limits.MinVoltage != 0 || simulated.Limits.MaxTilt == 0 {
		t.Errorf("the simulated robot's limits are %+v", simulated.Limits)
	}
}

func TestTorqueFallsWithSpeed(t *testing.T) {
	m := Motor{Torque: 10, FullTorqueSpeed: 5, NoLoadSpeed: 15}
	for speed, want := range map[float64]float64{0: 10, 5: 10, -5: 10, 10: 5, -10: 5, 15: 0, 20: 0} {
		near(t, "torque", m.TorqueAt(speed), want)
	}
}
