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
	if _, err := parseLayout("l.yaml", nil); err == nil || !strings.Contains(err.Error(), "l.yaml:1: empty") {
		t.Errorf("an empty layout: %v", err)
	}
}
