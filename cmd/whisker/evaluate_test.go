package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A file that cannot be written is found before the first trial, which may be hours
// before the last.
func TestEvaluateRefusesAFileThatItCannotWrite(t *testing.T) {
	for _, path := range []string{filepath.Join(t.TempDir(), "absent", "e.json"), t.TempDir()} {
		refused(t, whisker("evaluate", "--library", "stand=1", "--json", path), path)
	}
}

// What an older evaluation left stays until the new one is whole, whatever ends it.
func TestEvaluateKeepsAnOldResultUntilThereIsANewOne(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "e.json")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, whisker("evaluate", "--clip", filepath.Join(dir, "absent.csv"), "--json", path), "absent.csv")
	if got := content(t, path); got != "old" {
		t.Errorf("an evaluation that was refused left %q", got)
	}
	table := ok(t, "evaluate", "--policy", "none", "--library", "stand=1", "--json", path).out
	var all []evaluation
	if err := json.Unmarshal([]byte(content(t, path)), &all); err != nil || len(all) != 1 || len(all[0].Trials) != 1 || all[0].Trials[0].ActionJerkUnit != "rad/s³" {
		t.Errorf("%v, %+v", err, all)
	}
	if table == "" {
		t.Error("no table beside the file")
	}
	if names := listed(t, dir); !slices.Equal(names, []string{"e.json"}) {
		t.Errorf("the folder holds %v", names)
	}
}
