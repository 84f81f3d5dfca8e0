package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// What cleaning changes is said by whoever cleans, in the same words.
func TestCleaningIsToldOf(t *testing.T) {
	path := file(t, "high.csv", everyRow(t, converted(t, "stand"), "root_z", 1, 0.01))
	said := map[string]string{}
	for what, args := range map[string][]string{
		"run":      {"run", "--pace", "lockstep", "--policy", "none", "--seconds", "0.1", "--clip", path},
		"evaluate": {"evaluate", "--policy", "none", "--clip", path},
		"train": {"train", "--out", t.TempDir(), "--worlds", "8", "--workers", "1", "--minibatch", "256", "--encoder", "16", "--decoder", "16",
			"--transitions", "256", "--clip", path},
		"retarget": {"clip", "retarget", "--robot", "quadruped", "--out", filepath.Join(t.TempDir(), "out.csv"), path},
	} {
		for line := range strings.SplitSeq(ok(t, args...).errs, "\n") {
			if _, words, found := strings.Cut(line, "cleaned: "); found {
				said[what], _, _ = strings.Cut(words, " clip=")
			}
		}
		if !strings.Contains(said[what], "root moved 10.0 mm") || said[what] != said["run"] && said["run"] != "" {
			t.Errorf("whisker %s said %q; run %q", what, said[what], said["run"])
		}
	}
	if o := ok(t, "evaluate", "--policy", "none", "--clip", "stand"); strings.Contains(o.errs, "cleaned") {
		t.Errorf("nothing was cleaned: %s", o.errs)
	}
}
