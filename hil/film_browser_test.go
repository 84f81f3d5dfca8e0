//go:build browser

package hil

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A film of half a second of the rat, and of a quadruped that follows a rat's clip, has
// a picture for every fifth of a second of the robot's time.
func TestARunIsFilmed(t *testing.T) {
	for robot, s := range map[string]Scenario{"rat": lockstep("walk"), "quadruped": dog("walk")} {
		s.Seconds, s.Video, s.VideoFPS = 0.5, filepath.Join(t.TempDir(), robot+".mp4"), 5
		ticks := mustRun(t, s).Loop.Ticks
		out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", s.Video).Output()
		if err != nil {
			t.Fatal(err)
		}
		want := (int(ticks) + 9) / 10 // at 50 Hz
		if got := strings.TrimSpace(string(out)); got != strconv.Itoa(want) {
			t.Errorf("%s: %s pictures of %d ticks: want %d", robot, got, ticks, want)
		}
	}
}
