package hil

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"whisker/policy/motion"
)

// Clips reads what a scenario's clips name: shipped clips, files, and globs of
// files, in that order of preference. Key-point files are fitted to the body of
// k on the way.
func Clips(names []string, k motion.Kinematics) ([]*motion.Clip, error) {
	var clips []*motion.Clip
	for _, name := range names {
		if slices.Contains(motion.ShippedNames(), name) {
			c, err := motion.Shipped(name)
			if err != nil {
				return nil, err
			}
			clips = append(clips, c)
			continue
		}
		files, err := expand(name)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			c, err := motion.ReadFile(f, k)
			if err != nil {
				return nil, err
			}
			clips = append(clips, c...)
		}
	}
	if len(clips) == 0 {
		return nil, fmt.Errorf("hil: no clip: name a file, a glob or one of %s", strings.Join(motion.ShippedNames(), ", "))
	}
	return clips, nil
}

// Clean makes of clips that were read what a rat on a floor can follow, and tells
// of each in its Repairs what that changed. On another body than the rat they
// stay as they are.
func Clean(clips []*motion.Clip, k motion.Kinematics) ([]*motion.Clip, error) {
	if !motion.IsRat(k) {
		return clips, nil
	}
	out := make([]*motion.Clip, len(clips))
	for i, c := range clips {
		c, err := c.Reorder(k.JointNames())
		if err != nil {
			return nil, err
		}
		c, report, err := motion.Clean(c, k)
		if err != nil {
			return nil, err
		}
		if report.Changed() {
			c.Repairs = append(c.Repairs, report.String())
		}
		out[i] = c
	}
	return out, nil
}

// atRate gives a clip at the rate of the control loop, and says so where that
// is not its own: a person who brings a clip of a camera wants it played.
func atRate(c *motion.Clip, period time.Duration) *motion.Clip {
	rate := 1 / period.Seconds()
	if math.Abs(c.Rate-rate) <= 1e-6*rate {
		return c
	}
	r := motion.Resample(c, rate)
	r.Repairs = append(r.Repairs, fmt.Sprintf("resampled from %.6g to %.6g frames/s: %d frames", c.Rate, rate, r.Len()))
	return r
}

func expand(name string) ([]string, error) {
	if !strings.ContainsAny(name, "*?[") {
		return []string{name}, nil
	}
	files, err := filepath.Glob(name)
	if err != nil {
		return nil, fmt.Errorf("hil: clip %q is no valid glob: %w", name, err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("hil: clip %q matches no file", name)
	}
	return files, nil
}

// WriteClips writes the clips that a scenario names as its robot would play them,
// retargeted and at its rate, to files in dir, which is made, and returns their
// paths. A scenario that names those is quicker to begin.
func WriteClips(s Scenario, dir string, log zerolog.Logger) (paths []string, err error) {
	s.Record, s.View = "", ""
	g, err := openRig(s, log)
	if err != nil {
		return nil, &OpenError{err}
	}
	defer g.close()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("hil: %w", err)
	}
	for _, c := range g.clips {
		path := filepath.Join(dir, c.Name+".csv")
		for n := 2; slices.Contains(paths, path); n++ { // clips of two folders may share a name
			path = filepath.Join(dir, fmt.Sprintf("%s_%d.csv", c.Name, n))
		}
		if err := motion.WriteFile(path, c); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// LogRepairs says what was mended in clips on the way to here, a line each.
func LogRepairs(log zerolog.Logger, clips ...*motion.Clip) {
	for _, c := range clips {
		for _, r := range c.Repairs {
			log.Info().Str("clip", c.Name).Msg(r)
		}
	}
}
