package test

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"whisker/controller/profile"
)

var update = flag.Bool("update", false, "write what is generated from the profiles")

// The published range of the motors' frames: B. Katz's mini cheetah controller.
const motorRange = "{.pos = 12.5f, .vel = 65.0f, .torque = 18.0f, .kp = 500.0f, .kd = 5.0f}"

// configOf is a profile as the firmware's C.
func configOf(p *profile.Profile) []byte {
	var b bytes.Buffer
	f := func(x float64) string {
		s := fmt.Sprintf("%.7g", x)
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		return s + "f"
	}
	fmt.Fprintf(&b, "// Code generated from the profile %s; DO NOT EDIT. `go test ./firmware/test -run Config -update` writes it.\n", p.Name)
	fmt.Fprintf(&b, "#include \"config.h\"\n\nconst struct robot_config robot_config = {\n")
	fmt.Fprintf(&b, "\t.name = %q,\n\t.joints = %d,\n\t.state_hz = 100,\n", p.Name, len(p.Joints))
	q := p.IMU.Mounting
	fmt.Fprintf(&b, "\t.mounting = {%s, %s, %s, %s},\n", f(q[0]), f(q[1]), f(q[2]), f(q[3]))
	l := p.Limits
	fmt.Fprintf(&b, "\t.tilt_cos = %s,\n\t.following_rad = %s,\n\t.margin_rad = %s,\n\t.temp_max_c = %s,\n\t.voltage_min_v = %s,\n\t.voltage_max_v = %s,\n\t.joint = {\n",
		f(math.Cos(l.Tilt)), f(l.FollowingError), f(l.JointMargin), f(l.Temperature), f(l.MinVoltage), f(l.MaxVoltage))
	for _, j := range p.Joints {
		m := p.Motors[j.Motor]
		ratio := m.DeviceRatio
		if ratio == 0 {
			ratio = 1
		}
		fmt.Fprintf(&b, "\t\t{ // %s\n", j.Name)
		fmt.Fprintf(&b, "\t\t\t.limits = {.pos_min = %s, .pos_max = %s, .vel_max = %s, .rate_max = %s, .torque_max = %s, .kp_max = %s, .kd_max = %s},\n",
			f(j.Min), f(j.Max), f(m.MaxSpeed), f(m.MaxRate), f(m.Torque), f(m.Kp), f(m.Kd))
		fmt.Fprintf(&b, "\t\t\t.range = %s,\n\t\t\t.ratio = %s,\n\t\t\t.bus = %d,\n\t\t\t.id = %d,\n\t\t},\n", motorRange, f(ratio), j.Bus, j.ID)
	}
	fmt.Fprintf(&b, "\t},\n};\n")
	return b.Bytes()
}

func TestConfigIsTheProfiles(t *testing.T) {
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	const file = "../config_quadruped.c"
	want := configOf(p)
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the profile says: go test ./firmware/test -run Config -update", file)
	}
}
