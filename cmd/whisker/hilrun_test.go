package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestHilRunJudgesAScenario(t *testing.T) {
	file := filepath.Join(t.TempDir(), "scenario.yaml")
	try := func(text string, args ...string) (status int, out, errs string) {
		if err := os.WriteFile(file, []byte("robot: quadruped\nclips: [stand]\npolicy: none\nseconds: 1\nemulation: {board: host}\n"+text), 0o644); err != nil {
			t.Fatal(err)
		}
		var o, e bytes.Buffer
		status = run(append([]string{"hil", "run", file}, args...), &o, &e)
		return status, o.String(), e.String()
	}
	cut := "faults:\n  - {at_s: 0.3, fault: link cut, for_s: 0.3}\n"
	if status, out, errs := try(cut, "--target", "emulated"); status != exitDone || !strings.Contains(out, "guard, firmware") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	if status, _, errs := try("gates: {safe_ms: 1}\n"+cut, "--target", "emulated"); status != exitFault || !strings.Contains(errs, "safe only after") {
		t.Errorf("a gate that is not kept: status %d, %s", status, errs)
	}
	for text, want := range map[string]string{
		cut:                              "link cut is refused for target sim",
		"faults:\n  - {fault: meteor}\n": "line 7, faults[0]: \"meteor\" is no fault",
		"gates: {safe_ms: -1}\n":         "gates.safe_ms is -1",
		"gates: {safe_ms: .inf}\n":       "gates.safe_ms is +Inf, expected",
	} {
		if status, _, errs := try(text); status != exitUsage || !strings.Contains(errs, want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("status %d, %q, want %q", status, errs, want)
		}
	}
}

// A campaign and a soak say by their exit status whether all rows held.
func TestCampaignsJudgeByTheirExitStatus(t *testing.T) {
	plan := func(safe string) string {
		return file(t, "plan.yaml", "target: sim\nclips: [stand]\nscenario: {robot: quadruped, policy: none, seconds: 0.6, gates: {safe_ms: "+safe+
			"}}\nfaults:\n  - {at_s: 0.1, fault: encoder jump, target: FR_calf_joint, magnitude: 2}\n")
	}
	dir := filepath.Join(t.TempDir(), "campaign")
	if o := ok(t, "hil", "campaign", plan("102"), "--out", dir); !strings.Contains(o.out, "encoder jump") {
		t.Error(o.out)
	}
	if names := listed(t, dir); !slices.Equal(names, []string{"campaign.html", "campaign.json", "clips", "rows.jsonl"}) {
		t.Errorf("written: %v", names)
	}
	if o := whisker("hil", "campaign", plan("0.001"), "--out", dir); o.status != exitFault || !strings.Contains(o.errs, "1 of 2 rows failed; see "+dir) {
		t.Errorf("%+v", o)
	}
	if o := ok(t, "hil", "soak", plan("102"), "--for", "0s", "--json", "-"); !strings.Contains(o.out, `"failed_rows": 0`) {
		t.Error(o.out)
	}
	if o := whisker("hil", "soak", plan("0.001"), "--for", "0s"); o.status != exitFault || !strings.Contains(o.errs, "the soak failed") {
		t.Errorf("%+v", o)
	}
	refused(t, whisker("hil", "campaign", plan("102"), "--out", dir, "--json", "/absent/c.json"), "/absent/c.json")
	refused(t, whisker("hil", "campaign", file(t, "plan.yaml", "clips: []\n"), "--out", dir), "no clips")
}
