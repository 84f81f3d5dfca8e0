//go:build data

package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"whisker/hil/identify"
)

// The published models are replayed as their authors meant them: each predicts
// the bench's logs far better than the command does.
func TestPublishedModelsPredictTheirBench(t *testing.T) {
	dir := filepath.Join(os.Getenv("WHISKER_DATA"), "robot_logs")
	kinds, order, err := benchLogs(filepath.Join(dir, "bam_xl330"))
	if err != nil {
		t.Fatal(err)
	}
	if len(order) != 4 {
		t.Errorf("kinds of trajectory: %v, want 4", order)
	}
	best, err := bestPublished(filepath.Join(dir, "bam_params", "params", "xl330"), kinds, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("best published model: %.4f rad", best)
	command := 0.0
	for _, logs := range kinds {
		for _, l := range logs {
			idle := &identify.Body{Robot: "xl330", Law: identify.Impedance, Joints: []identify.Joint{{Name: "xl330"}}}
			s, err := identify.Check(idle, l)
			if err != nil {
				t.Fatal(err)
			}
			command += s.CommandMean / float64(len(logs)) / float64(len(kinds))
		}
	}
	if best > 0.2*command {
		t.Errorf("best published model %.4f rad, the command itself %.4f", best, command)
	}
}
