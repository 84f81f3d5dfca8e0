package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTrainExportsWhatTheTrainerForGPUsReads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "task")
	if o := ok(t, "train", "--export", dir, "--library", "stand=1", "--shake", "0", "--workers", "1"); !strings.Contains(o.out, "1 clips") {
		t.Errorf("it says %q, want how many clips there are", o.out)
	}
	for _, name := range []string{"model.xml", "task.yaml", "body.json", "contract.json", "clips.npz", "parity.npz"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v, want a file with something in it", name, err)
		}
	}
	if o := whisker("train", "--export", dir, "--out", dir); o.status != exitUsage {
		t.Errorf("--export with --out: status %d, want %d:\n%s", o.status, exitUsage, o.errs)
	}
}
