//go:build data

package motion

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"whisker/sim"
)

// ratFile is a file of the rat recordings in the folder of outside data.
func ratFile(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("WHISKER_DATA")
	if dir == "" {
		t.Fatal("WHISKER_DATA is not set; expected the folder of outside data")
	}
	return filepath.Join(dir, "rat", name)
}

// opened is a robot and its geometry, until the test ends.
func opened(t testing.TB, o sim.Options) (*sim.Robot, *sim.Kinematics) {
	t.Helper()
	r, err := sim.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	k := r.Kinematics()
	t.Cleanup(func() { k.Close(); r.Close() })
	return r, k
}

// recording is the first clip of a file of the rat recordings, for the body of k.
func recording(t testing.TB, name string, k Kinematics) *Clip {
	t.Helper()
	clips, err := ReadFile(ratFile(t, name), k)
	if err != nil {
		t.Fatal(err)
	}
	return clips[0]
}

func TestReadRealClips(t *testing.T) {
	for file, path := range map[string]float64{"rat_clip_walk_250.csv": 1.15, "rat_clip_rear_groom_250.csv": 0, "rat_A_clip_250_250.csv": 0} {
		clips, err := ReadFile(ratFile(t, file), nil)
		if err != nil {
			t.Fatal(err)
		}
		c := clips[0]
		if c.Len() != 250 || c.Rate != 50 || len(c.Joints) != 67 {
			t.Errorf("%s: %d frames at %g Hz, %d joints; expected 250 at 50, 67", file, c.Len(), c.Rate, len(c.Joints))
		}
		long := 0.0
		for f := 1; f < c.Len(); f++ {
			d := sub(c.Poses[f].Pos, c.Poses[f-1].Pos)
			long += math.Hypot(d[0], d[1])
		}
		if path > 0 && math.Abs(long-path) > 0.05 {
			t.Errorf("%s: path of %.3f m, expected %.2f", file, long, path)
		}
		if _, err := Mirror(c); err != nil {
			t.Error(err)
		}
	}
}

func TestRepairsOfRealClips(t *testing.T) {
	// The almost standing rat has no glitch; the walk has one in the left ankle
	// (0.25, 0.66, 0.42 rad) and one in the right hip (-0.03, 0.14, -0.09 rad).
	for file, want := range map[string]string{
		"rat_A_clip_250_250.csv": "",
		"rat_clip_walk_250.csv":  "frame 143: joint ankle_L, frame 72: joint hip_R_extend",
	} {
		clips, err := ReadFile(ratFile(t, file), nil)
		if err != nil {
			t.Fatal(err)
		}
		clips[0].Repair()
		var got []string
		for _, r := range clips[0].Repairs {
			got = append(got, strings.SplitN(r, " was", 2)[0])
		}
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%s: repaired %q, want %q", file, s, want)
		}
	}
}
