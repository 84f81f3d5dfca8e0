//go:build data

package motion_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"whisker/policy/motion"
)

func realKeyPoints(t testing.TB) *motion.KeyPoints {
	t.Helper()
	dir := os.Getenv("WHISKER_DATA")
	if dir == "" {
		t.Fatal("WHISKER_DATA is not set; expected the folder of outside data")
	}
	f, err := os.Open(filepath.Join(dir, "rat", "rat_keypoints_first500_mm.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	kp, err := motion.ReadKeyPointsCSV(f, "rat_keypoints_first500_mm.csv")
	if err != nil {
		t.Fatal(err)
	}
	return kp
}

func TestFitRealKeyPoints(t *testing.T) {
	k, kp := ratKinematics(t), realKeyPoints(t)
	began := time.Now()
	fit, err := motion.FitKeyPoints(kp, k)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d frames: mean error %.2f mm, worst frame %.2f mm, scale %.3f, %.1f times real time here and now", fit.Clip.Len(),
		1000*fit.MeanError, 1000*fit.WorstFrame, fit.Scale, float64(fit.Clip.Len())/fit.Clip.Rate/time.Since(began).Seconds())
	if fit.Clip.Len() != 500 || fit.MeanError > 0.002 {
		t.Errorf("%d frames, mean error %.2f mm; expected 500, at most 2 mm", fit.Clip.Len(), 1000*fit.MeanError)
	}
	// The rat of this recording stands almost still, on all fours.
	for _, paw := range []string{"hand_L", "hand_R", "foot_L", "foot_R"} {
		id, _ := k.BodyID(paw)
		var low []float64
		for _, p := range fit.Clip.Poses {
			k.SetPose(p.Pos, p.Quat, p.Q)
			low = append(low, k.LowestPoint(id))
		}
		slices.Sort(low)
		t.Logf("%s: lowest point %.1f mm (5 %%), %.1f mm (median), %.1f mm (95 %%)", paw, 1000*low[25], 1000*low[250], 1000*low[475])
		if m := low[250]; math.Abs(m) > 0.010 {
			t.Errorf("%s stands %.1f mm above the floor, expected within 10 mm", paw, 1000*m)
		}
	}
}

func BenchmarkFitRealKeyPoints(b *testing.B) {
	k, kp := ratKinematics(b), realKeyPoints(b)
	for b.Loop() {
		if _, err := motion.FitKeyPoints(kp, k); err != nil {
			b.Fatal(err)
		}
	}
	seconds := float64(len(kp.Frames)) / kp.Rate * float64(b.N)
	b.ReportMetric(seconds/b.Elapsed().Seconds(), "x_realtime")
}
