package policy

import (
	"strconv"
	"strings"
	"testing"
)

func TestLayoutErrorsNameFileLineAndKey(t *testing.T) {
	file, err := layouts.ReadFile("layouts/go1-joystick.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, key string }{
		{"rate_hz: 50", "rate_hz: 0", "rate_hz"},
		{"rate_hz: 50", "rate: 50", `"rate"`},
		{"default_rad: [0.1, ", "default_rad: [", "default_rad"},
		{"observation:", "observation: []\nx:", `"x"`},
		{"{term: gyro}", "{term: gyroscope}", "gyroscope"},
		{"action_scale_rad: 0.5", "action_scale_rad: 0", "action_scale_rad"},
		{"kp_nm_rad: 35", "kp_nm_rad: -1", "kp_nm_rad"},
		{"kd_nm_s_rad: 0.5", "kd_nm_s_rad: .nan", "kd_nm_s_rad"},
		{"default_rad: [0.1, ", "default_rad: [.nan, ", "default_rad"},
		{"joints: [FR_hip_joint, FR_thigh_joint", "joints: [FR_hip_joint, FR_hip_joint", "FR_hip_joint is there twice"},
		{"action_scale_rad: 0.5", "action_scale_rad: [0.5, 0.25]", "or 12"},
		{"kp_nm_rad: 35", "kp_nm_rad: stiff", "float64"},
		{"kp_nm_rad: 35", "kp_nm_rad: 35\nmax_action: -1", "max_action"},
		{"max_goal: [1.5, 0.8, 1.2]", "max_goal: [-1.5, 0.8, 1.2]", "max_goal"},
	} {
		before, after, found := strings.Cut(string(file), c.old)
		if !found {
			t.Fatalf("the layout has no %q", c.old)
		}
		_, err := parseLayout("l.yaml", []byte(before+c.new+after))
		line := 1 + strings.Count(before, "\n") + strings.Count(c.new, "\n")
		if c.key == "gyroscope" {
			line = keyLine(file, "observation")
		}
		if err == nil || !strings.HasPrefix(err.Error(), "policy: l.yaml:"+strconv.Itoa(line)+":") || !strings.Contains(err.Error(), c.key) {
			t.Errorf("%q: %v, want line %d and %s", c.new, err, line, c.key)
		}
	}
	if _, err := parseLayout("l.yaml", []byte(strings.Replace(string(file), "{term: goal}", "{term: goal, scale: [2, 2]}", 1))); err == nil || !strings.Contains(err.Error(), "goal that is one number or 3") {
		t.Errorf("a scale of two numbers: %v", err)
	}
	if _, err := parseLayout("l.yaml", nil); err == nil || !strings.Contains(err.Error(), "l.yaml:1: empty") {
		t.Errorf("an empty layout: %v", err)
	}
}

func TestLayoutsTakeNumbersForEachJoint(t *testing.T) {
	file, err := layouts.ReadFile("layouts/go1-joystick.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(file), "{term: goal}", "{term: goal, scale: [2, 2, 0.25]}", 1)
	text = strings.Replace(text, "kp_nm_rad: 35", "kp_nm_rad: [35, 36, 37, 35, 36, 37, 35, 36, 37, 35, 36, 37]\nstate: {h_out: h_in}", 1)
	l, err := parseLayout("l.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if l.Kp.at(4) != 36 || l.ActionScale.at(4) != 0.5 || l.Observation[6].Scale.at(2) != 0.25 || l.State["h_out"] != "h_in" {
		t.Errorf("%+v", l)
	}
}
