//go:build browser

package hil

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A film of the rat, and of a quadruped that stands and then follows a rat's clip, has a
// picture for every half of a second of the robot's time. While there is a rat to follow
// the second shows it: a ghost that is blue, as nothing else about the quadruped is.
func TestARunIsFilmed(t *testing.T) {
	for robot, s := range map[string]Scenario{"rat": lockstep("walk"), "quadruped": dog("stand", "walk")} {
		s.Seconds, s.Video, s.VideoFPS = 1, filepath.Join(t.TempDir(), robot+".mp4"), 2
		ticks := mustRun(t, s).Loop.Ticks
		want := (int(ticks) + 24) / 25 // at 50 Hz
		if got := pictures(t, s.Video); got != want {
			t.Errorf("%s: %d pictures of %d ticks: want %d", robot, got, ticks, want)
		}
		if robot == "rat" {
			continue
		}
		b := blue(t, s.Video)
		if first, last := b[0], b[len(b)-1]; first > 0.01 || last < 0.05 {
			t.Errorf("%.1f %% of the first picture is blue and %.1f %% of the last: want a rat's ghost on the last alone", 100*first, 100*last)
		}
	}
}

func pictures(t *testing.T, film string) int {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", film).Output()
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// blue is the share of each of a film's pictures, around the robot, that is.
func blue(t *testing.T, film string) (shares []float64) {
	t.Helper()
	const pixels = 700 * 420
	rgb, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-i", film,
		"-vf", "crop=700:420:100:100", "-f", "rawvideo", "-pix_fmt", "rgb24", "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	for picture := range slices.Chunk(rgb, 3*pixels) {
		n := 0
		for c := range slices.Chunk(picture, 3) {
			if int(c[2]) > int(c[0])+40 {
				n++
			}
		}
		shares = append(shares, float64(n)/pixels)
	}
	return shares
}

// The time of a robot behind its firmware waits for the camera too.
func TestARobotBehindItsFirmwareIsFilmed(t *testing.T) {
	s := emulated("stand")
	s.Seconds, s.Video, s.VideoFPS = 0.1, filepath.Join(t.TempDir(), "emulated.mp4"), 1
	r := mustRun(t, s)
	if r.Emulated == nil || !r.Emulated.Lockstep || r.Clips[0].Fault != "" {
		t.Errorf("%+v, %+v", r.Emulated, r.Clips)
	}
	want := (int(r.Loop.Ticks) + 49) / 50 // at 50 Hz
	if got := pictures(t, s.Video); got != want || want < 2 {
		t.Errorf("%d pictures of %d ticks: want %d", got, r.Loop.Ticks, want)
	}
}
