//go:build data

package motion_test

import (
	"math"
	"os"
	"path/filepath"
	"sort"
	"testing"

	"whisker/policy/motion"
)

// limbSpeeds are the sorted speeds (rad/s) of the limbs' joints in the frames in
// which the body moves faster than from (m/s).
func limbSpeeds(c *motion.Clip, limbs []string, from float64) []float64 {
	var speeds []float64
	for i := range c.Twists {
		w := &c.Twists[i]
		if math.Hypot(w.Vel[0], w.Vel[1]) < from {
			continue
		}
		for j, n := range c.Joints {
			for _, limb := range limbs {
				if n == limb {
					speeds = append(speeds, math.Abs(w.Qd[j]))
				}
			}
		}
	}
	sort.Float64s(speeds)
	return speeds
}

func TestJointSpeedsAreThoseOfARealWalk(t *testing.T) {
	data := os.Getenv("WHISKER_DATA")
	if data == "" {
		t.Fatal("WHISKER_DATA is not set; run make test DATA=dir")
	}
	b, k := openRat(t)
	clips, err := motion.ReadFile(filepath.Join(data, "rat", "rat_clip_walk_250.csv"), k)
	if err != nil {
		t.Fatal(err)
	}
	limbs := []string{"hip_L_extend", "hip_R_extend", "knee_L", "knee_R", "shoulder_L", "shoulder_R", "elbow_L", "elbow_R"}
	real := limbSpeeds(clips[0], limbs, 0.15)
	clip, _ := synthesize(t, b, k, motion.Spec{Kind: motion.Walk, Seed: 2, Speed: 0.3, Curvature: -2})
	made := limbSpeeds(clip, limbs, 0.15)
	for _, q := range []float64{0.5, 0.75, 0.9, 0.95} {
		a, s := real[int(q*float64(len(real)))], made[int(q*float64(len(made)))]
		t.Logf("quantile %.2f: real %.1f rad/s, synthesised %.1f", q, a, s)
		if s < 0.5*a || s > 2*a {
			t.Errorf("quantile %.2f: joints move at %.1f rad/s, in a real walk at %.1f", q, s, a)
		}
	}
}
