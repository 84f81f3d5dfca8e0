package hil

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, text string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "scenario.yaml")
	if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestScenarioOverridesDefaults(t *testing.T) {
	s, err := ReadScenario(write(t, "clips: [walk]\nphysics: {timestep_ms: 2}\npace: lockstep\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Robot != "rat" || s.Pace != "lockstep" || s.Physics.TimestepMs != 2 || s.Physics.PeriodMs != 20 || len(s.Clips) != 1 {
		t.Errorf("scenario %+v", s)
	}
}

func TestScenarioIsStoredAsItIsRead(t *testing.T) {
	s := DefaultScenario()
	s.Clips, s.Seed, s.ViewToken = []string{"a", "b"}, 1<<63+5, "secret"
	y := string(s.YAML())
	if strings.Contains(y, "secret") {
		t.Error("the token is in the stored scenario")
	}
	r, err := ReadScenario(write(t, y))
	if err != nil {
		t.Fatal(err)
	}
	if r.Seed != s.Seed || len(r.Clips) != 2 || r.Overruns != s.Overruns {
		t.Errorf("read back %+v", r)
	}
}

func TestScenarioErrorsNameTheLineOrKey(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"pace: lockstep\nspeeed: 3\n", "[2:1]"},
		{"physics:\n  timestep: 2\n", "timestep"},
		{"clips: {a: b}\n", "[1:"},
		{"", "empty"},
		{"pace: [\n", "[1:"},
	} {
		_, err := ReadScenario(write(t, c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, expected one line with %q", c.text, err, c.want)
		}
	}
	for _, c := range []struct {
		mend func(*Scenario)
		key  string
	}{
		{func(s *Scenario) { s.Robot = "" }, "robot"},
		{func(s *Scenario) { s.Pace = "fast" }, "pace"},
		{func(s *Scenario) { s.Realtime = "maybe" }, "realtime"},
		{func(s *Scenario) { s.StartFrame = -1 }, "start_frame"},
		{func(s *Scenario) { s.Seconds = -1 }, "seconds"},
		{func(s *Scenario) { s.Physics.TimestepMs = 0 }, "timestep_ms"},
		{func(s *Scenario) { s.Physics.PeriodMs = -1 }, "period_ms"},
		{func(s *Scenario) { s.Physics.TimestepMs = math.Inf(1) }, "timestep_ms"},
		{func(s *Scenario) { s.Overruns.Max = 0 }, "overruns"},
		{func(s *Scenario) { s.Overruns.Window = s.Overruns.Max }, "overruns"}, // would never be exceeded
		{func(s *Scenario) { s.Activate = true }, "record_activations"},
	} {
		s := DefaultScenario()
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		c.mend(&s)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), c.key) {
			t.Errorf("%s: %v", c.key, err)
		}
	}
}
