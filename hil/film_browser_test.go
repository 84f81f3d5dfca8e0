//go:build browser

package hil

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A film of the rat, and of a quadruped that follows a rat's clip, has a picture for
// every half of a second of the robot's time.
func TestARunIsFilmed(t *testing.T) {
	for robot, s := range map[string]Scenario{"rat": lockstep("walk"), "quadruped": dog("walk")} {
		s.Seconds, s.Video, s.VideoFPS = 1, filepath.Join(t.TempDir(), robot+".mp4"), 2
		ticks := mustRun(t, s).Loop.Ticks
		out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", s.Video).Output()
		if err != nil {
			t.Fatal(err)
		}
		want := (int(ticks) + 24) / 25 // at 50 Hz
		if got := strings.TrimSpace(string(out)); got != strconv.Itoa(want) {
			t.Errorf("%s: %s pictures of %d ticks: want %d", robot, got, ticks, want)
		}
	}
}
