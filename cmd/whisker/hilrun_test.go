package main

import (
	"bytes"
	"os"
	"path/filepath"
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
	} {
		if status, _, errs := try(text); status != exitUsage || !strings.Contains(errs, want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("status %d, %q, want %q", status, errs, want)
		}
	}
}
