package motion_test

import (
	"path/filepath"
	"strings"
	"testing"

	"whisker/policy/motion"
)

// changed is a copy of c with every pose changed.
func changed(c *motion.Clip, change func(frame int, p *motion.Pose)) *motion.Clip {
	out := *c
	out.Poses = nil
	for f, p := range c.Poses {
		p.Q = append([]float64(nil), p.Q...)
		change(f, &p)
		out.Poses = append(out.Poses, p)
	}
	out.Differentiate()
	return &out
}

// What no rat can do is refused when the clip is read, or prepared to be played, in a line
// that names clip, frame and quantity.
func TestImpossibleMotionsAreRefused(t *testing.T) {
	b, k := openRat(t)
	walk, err := motion.Shipped("walk")
	if err != nil {
		t.Fatal(err)
	}
	if walk, err = walk.Reorder(k.JointNames()); err != nil {
		t.Fatal(err)
	}
	knee := 0
	for walk.Joints[knee] != "knee_L" {
		knee++
	}
	faster := func(times float64) func(int, *motion.Pose) {
		return func(_ int, p *motion.Pose) { p.Pos[0], p.Pos[1] = times*p.Pos[0], times*p.Pos[1] }
	}
	for _, c := range []struct {
		what    string
		change  func(int, *motion.Pose)
		want    string
		sliding bool // only who knows paws can tell
	}{
		{"too fast", faster(40), "the root goes at 7.5", false},
		{"sliding paws", faster(10), "no foot stands on the floor", true},
		{"a jump of two fits' places", func(f int, p *motion.Pose) {
			if f >= 100 {
				p.Pos[0] += 1
			}
		}, ": the root goes at 10.", false},
		{"a joint", func(f int, p *motion.Pose) {
			if f >= 7 {
				p.Q[knee] += 6
			}
		}, ": joint knee_L is at 7.", false},
		{"in the air", func(_ int, p *motion.Pose) { p.Pos[2]++ }, "frame 0 (0.00 s): for 5.00 s from here on no foot stands on the floor, expected at most 0.", false},
	} {
		clip := changed(walk, c.change)
		path := filepath.Join(t.TempDir(), "walk.csv")
		if err := motion.WriteFile(path, clip); err != nil {
			t.Fatal(err)
		}
		_, reading := motion.ReadFile(path, k)
		checks := []error{reading}
		if !c.sliding {
			checks = append(checks, motion.Possible(clip, b, k))
		}
		for _, err := range checks {
			if err == nil || !strings.Contains(err.Error(), "clip walk, frame ") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v, want %q", c.what, err, c.want)
			}
		}
	}
}

// What a rat can do is not: clips that ship, and quick ones that are synthesised; a
// tracked floor may be off by centimetres.
func TestPossibleMotionsAreAccepted(t *testing.T) {
	b, k := openRat(t)
	var clips []*motion.Clip
	for _, name := range motion.ShippedNames() {
		c, err := motion.Shipped(name)
		if err != nil {
			t.Fatal(err)
		}
		if c, err = c.Reorder(k.JointNames()); err != nil {
			t.Fatal(err)
		}
		clips = append(clips, c)
	}
	for _, kind := range []motion.Kind{motion.Dash, motion.Rear, motion.Lunge} {
		c, _ := synthesize(t, b, k, motion.RandomSpec(kind, 3))
		clips = append(clips, c)
	}
	clips = append(clips, changed(clips[2], func(_ int, p *motion.Pose) { p.Pos[2] += 0.02 }))
	for _, c := range clips {
		if err := motion.Possible(c, b, k); err != nil {
			t.Error(err)
		}
		path := filepath.Join(t.TempDir(), "clip.csv")
		if err := motion.WriteFile(path, c); err != nil {
			t.Fatal(err)
		}
		if _, err := motion.ReadFile(path, k); err != nil {
			t.Error(err)
		}
	}
}

// Where a dash is in the air balancing says little: it does not throw the trunk. These
// seeds once went at 3 to 24 m/s.
func TestDashesAreNotThrown(t *testing.T) {
	b, k := openRat(t)
	for _, seed := range []uint64{310003, 410014, 60025} {
		c, _ := synthesize(t, b, k, motion.RandomSpec(motion.Dash, seed))
		if i := motion.Inspect(c, b, k); i.SpeedPeak > 1.2 {
			t.Errorf("%s goes at %.1f m/s", c.Source, i.SpeedPeak)
		}
	}
}
