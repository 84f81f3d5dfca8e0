package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// shortRun is a short run of the rat.
func shortRun(t *testing.T, args ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.mcap")
	play(t, append([]string{"--clip", "stand", "--seconds", "0.6", "--record", path}, args...)...)
	return path
}

func TestReportOfTwoRuns(t *testing.T) {
	first, second := shortRun(t), shortRun(t, "--timestep-ms", "2")
	dir := filepath.Join(t.TempDir(), "out")
	o := ok(t, "hil", "report", first, second, second, "--out", dir)
	if !strings.Contains(o.out, "run.mcap (simulation) against run.mcap (simulation): 30 ticks in common") || strings.Count(o.out, "\n") < 16 {
		t.Error(o.out)
	}
	if names := listed(t, dir); !slices.Equal(names, []string{"report.html", "report.json"}) {
		t.Errorf("written: %v", names)
	}
	for _, name := range []string{"report.html", "report.json"} {
		path := filepath.Join(dir, name)
		if o := ok(t, "hil", "report", "--verify", path); !strings.Contains(o.out, "is as it was sealed") {
			t.Error(o.out)
		}
	}
	var r struct {
		Items []struct {
			Value *float64 `json:"value"`
		} `json:"items"`
		First struct {
			ModelSHA  string `json:"model_sha256"`
			PolicySHA string `json:"policy_sha256"`
		} `json:"first"`
	}
	o = ok(t, "hil", "report", first, second, "--json", "-")
	if err := json.Unmarshal([]byte(o.out), &r); err != nil || len(r.Items) != 14 || *r.Items[0].Value <= 0 || r.Items[9].Value != nil {
		t.Errorf("%v, %+v", err, r)
	}
	if len(r.First.ModelSHA) != 64 || len(r.First.PolicySHA) != 64 {
		t.Errorf("sealed with model %q and policy %q", r.First.ModelSHA, r.First.PolicySHA)
	}
	page := filepath.Join(t.TempDir(), "p.html")
	ok(t, "hil", "report", first, second, "--out", page, "--gates", file(t, "gates.yaml", "joint_rmse_rad: 9\njoint_rmse_worst_rad: 9\n"))
	if !strings.Contains(content(t, page), "≤ 9") {
		t.Error("the gate of the file is not on the page")
	}
	if o := whisker("hil", "report", first, second, "--strict", "--gates", file(t, "gates.yaml", "joint_rmse_rad: 0\n")); o.status != exitFault {
		t.Errorf("strict, and an item fails: exit status %d", o.status)
	}
}

func TestBadReports(t *testing.T) {
	run := shortRun(t)
	dog := filepath.Join(t.TempDir(), "dog.mcap")
	play(t, "--robot", "quadruped", "--policy", "none", "--clip", "stand", "--seconds", "0.2", "--record", dog)
	cut := file(t, "cut.mcap", content(t, run)[:60000])
	sealed := filepath.Join(t.TempDir(), "r.json")
	ok(t, "hil", "report", run, run, "--json", sealed)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{run}, "1 recordings, a report needs two"},
		{[]string{run, "absent.mcap"}, "absent.mcap"},
		{[]string{run, dog}, "different bodies"},
		{[]string{run, cut}, "cut.mcap"},
		{[]string{run, run, "--gates", file(t, "g.yaml", "speed: 3\n")}, "g.yaml:1"},
		{[]string{run, run, "--verify", sealed}, "--verify"},
		{[]string{run, "absent.mcap", "--json", "/absent/r.json"}, "/absent/r.json"}, // before the work begins
		{[]string{run, "absent.mcap", "--out", "/absent/r.html"}, "/absent/r.html"},
	} {
		refused(t, whisker(append([]string{"hil", "report"}, c.args...)...), c.want)
	}
	if o := whisker("hil", "report", "--verify", file(t, "r.json", strings.Replace(content(t, sealed), "rat", "cat", 1))); o.status != exitFault || !strings.Contains(o.errs, "changed after it was sealed") {
		t.Errorf("%+v", o)
	}
	refused(t, whisker("hil", "prove", "--draws", "1"), "at least 4")
}
