package hil

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

// Nothing moves, and no file is touched, where no film can be taken.
func TestNoFilmNoRun(t *testing.T) {
	for what, c := range map[string]struct {
		mend func(*Scenario)
		want string
	}{
		"no chromium and no ffmpeg": {func(*Scenario) { t.Setenv("PATH", t.TempDir()); t.Setenv("CHROMIUM", "") }, "apt-get install chromium ffmpeg"},
		"another kind of file":      {func(s *Scenario) { s.Video = "film.avi" }, ".mp4"},
		"in real time":              {func(s *Scenario) { s.Pace = "realtime" }, "pace is realtime, expected lockstep"},
		"of a robot":                {func(s *Scenario) { s.Robot = "quadruped@serial:/dev/absent" }, "video is"},
		"no pictures":               {func(s *Scenario) { s.VideoFPS = 0 }, "video_fps is 0"},
	} {
		dir := t.TempDir()
		s := lockstep("stand")
		s.Video, s.Record = filepath.Join(dir, "film.mp4"), filepath.Join(dir, "run.mcap")
		c.mend(&s)
		_, err := Run(t.Context(), s, "test", zerolog.Nop())
		var open *OpenError
		if !errors.As(err, &open) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v: want one line with %q", what, err, c.want)
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("%s: %v was written", what, left)
		}
	}
}
