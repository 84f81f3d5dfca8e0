//go:build data

package motion

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"whisker/controller/profile"
	"whisker/sim"
)

// froude is the largest v²/(g size) of a clip's root.
func froude(c *Clip, size float64) (most float64) {
	span := int(math.Round(speedSpan * c.Rate))
	for f := span; f < c.Len(); f++ {
		v := length(sub(c.Poses[f].Pos, c.Poses[f-span].Pos)) * c.Rate / float64(span)
		most = max(most, v*v/(gravity*size))
	}
	return most
}

// outside is how far outside its range a joint goes at most, rad.
func outside(c *Clip, k Kinematics) (most float64) {
	for f := range c.Poses {
		for j, q := range c.Poses[f].Q {
			low, high := k.JointRange(j)
			most = max(most, low-q, q-high)
		}
	}
	return most
}

// flight is the longest time without a paw that stands, s.
func (r *rat) flight(c *Clip, size float64) (most float64) {
	stands := r.stands(c, r.observe(c.Poses), size)
	for _, h := range runs(0, c.Len(), func(f int) bool { return !stands(f) }) {
		most = max(most, float64(h.to-h.from)/c.Rate)
	}
	return most
}

// Recorded rats, before and after cleaning, are far away from what is refused.
func TestRecordedRatsAreFarFromImpossible(t *testing.T) {
	r, k := opened(t, sim.Options{})
	rat, err := findRat(k)
	if err != nil {
		t.Fatal(err)
	}
	if err := rat.findStand(); err != nil {
		t.Fatal(err)
	}
	size := rat.size()
	t.Logf("size %.3f m: at most %.2f m/s and %.2f s of flight", size, math.Sqrt(fastest*gravity*size), longestFlight*math.Sqrt(size/gravity))
	for _, name := range []string{"rat_A_clip_250_250.csv", "rat_clip_walk_250.csv", "rat_clip_rear_groom_250.csv", "rat_keypoints_first500_mm.csv"} {
		raw := recording(t, name, k)
		clean, _, err := Clean(raw, k)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []*Clip{raw, clean} {
			if err := Possible(c, r.Body(), k); err != nil {
				t.Error(err)
			}
			out, speed, flight := outside(c, k), froude(c, size), rat.flight(c, size)
			t.Logf("%s (%s): %.4f rad beyond a range, v²/(g size) %.2f, %.2f s without a paw that stands", name, c.Source, out, speed, flight)
			if out > rangeMargin/10 || speed > fastest/10 || flight > 0.1 {
				t.Errorf("%s: too near the limits", name)
			}
		}
	}
}

// The motions made for another robot, too.
func TestMotionsOfLegsAreFarFromImpossible(t *testing.T) {
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	r, k := opened(t, sim.Options{Profile: p})
	q, err := newQuadruped(k, r.Body())
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(os.Getenv("WHISKER_DATA"), "quadruped_motions", "*.txt"))
	if err != nil || len(files) != 4 {
		t.Fatalf("%v, %v: expected four motions", files, err)
	}
	for _, path := range files {
		clips, err := ReadFile(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := newLegCourse(clips[0], q)
		if err != nil {
			t.Fatal(err)
		}
		speed := froude(clips[0], s.hip)
		t.Logf("%s: hip height %.3f m, v²/(g h) %.2f", filepath.Base(path), s.hip, speed)
		if speed > fastest/4 {
			t.Errorf("%s: too near the limits", path)
		}
		out, _, err := RetargetLegs(clips[0], k, r.Body())
		if err != nil {
			t.Fatal(err)
		}
		if err := Possible(out, r.Body(), k); err != nil {
			t.Error(err)
		}
	}
}

// At any frame rate they are kept, and what stands for less than two frames of theirs does not stand.
func TestMotionsOfLegsAreKeptAtAnyRate(t *testing.T) {
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	r, k := opened(t, sim.Options{Profile: p})
	q, err := newQuadruped(k, r.Body())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"runningman", "turn", "sidesteps", "inplace_steps"} {
		clips, err := ReadFile(filepath.Join(os.Getenv("WHISKER_DATA"), "quadruped_motions", name+".txt"), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, rate := range []float64{clips[0].Rate, 60, 100} {
			c := Resample(clips[0], rate)
			s, err := newLegCourse(c, q)
			if err != nil {
				t.Fatal(err)
			}
			for leg := range s.holds {
				for _, h := range s.holds[leg] {
					if d := float64(h.to-h.from) / rate; d < 0.08 {
						t.Errorf("%s at %g Hz: leg %d stands for %.3f s from %.2f s on", name, rate, leg, d, float64(h.from)/rate)
					}
				}
			}
			if _, fid, err := RetargetLegs(c, k, r.Body()); err != nil || !fid.Kept() {
				t.Errorf("%s at %g Hz: %v, %v", name, rate, fid, err)
			}
		}
	}
}

// A robot that is to move as a recorded rat did is kept, and its trunk falls no faster than a stone.
func TestRecordedRatsAreKeptByARobotThatAFloorCarries(t *testing.T) {
	_, rat := opened(t, sim.Options{})
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	r, k := opened(t, sim.Options{Profile: p})
	for _, name := range []string{"rat_A_clip_250_250.csv", "rat_clip_walk_250.csv", "rat_clip_rear_groom_250.csv"} {
		out, fid, err := Retarget(recording(t, name, rat), rat, k, r.Body())
		if err != nil {
			t.Fatal(err)
		}
		falls, rises := 0.0, 0.0
		for f := 1; f+1 < out.Len(); f++ {
			up := (out.Poses[f-1].Pos[2] - 2*out.Poses[f].Pos[2] + out.Poses[f+1].Pos[2]) * out.Rate * out.Rate / gravity
			falls, rises = max(falls, -up), max(rises, up)
		}
		t.Logf("%s: the trunk accelerates down by %.2f g, up by %.2f g at most", name, falls, rises)
		if !fid.Kept() || falls > 0.9 || rises > 1 {
			t.Errorf("%v: %.2f g down and %.2f g up, want at most 0.9 and 1", fid, falls, rises)
		}
	}
}
