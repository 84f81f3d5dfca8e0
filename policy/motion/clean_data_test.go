//go:build data

package motion

import (
	"testing"

	"whisker/sim"
)

// What the floor had to carry in recorded rats, and has to after cleaning.
func TestCleaningOfRealClips(t *testing.T) {
	_, k := opened(t, sim.Options{})
	for _, name := range []string{"rat_A_clip_250_250.csv", "rat_clip_walk_250.csv", "rat_clip_rear_groom_250.csv", "rat_keypoints_first500_mm.csv"} {
		out, report, err := Clean(recording(t, name, k), k)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %v\nbefore %+v\nafter  %+v", name, report, report.Before, report.After)
		before, after := report.Before, report.After
		// After cleaning only what touches the floor counts; before, what hovers by 12 mm does too.
		if after.ZMPOutside > 0.6*before.ZMPOutside || after.ZMPMean > 0.15*before.ZMPMean || after.ZMPMean > 0.0015 {
			t.Errorf("%s: zero moment point outside in %.0f %% of frames by %.1f mm, before in %.0f %% by %.1f", name, 100*after.ZMPOutside, 1e3*after.ZMPMean, 100*before.ZMPOutside, 1e3*before.ZMPMean)
		}
		if after.Float > 0.0005 || after.SlipMean > 0.001 || after.Sink > 0.0015 {
			t.Errorf("%s: after cleaning %+v", name, after)
		}
		if after.Overlapping > 0.15*before.Overlapping || after.Overlap > 0.004 {
			t.Errorf("%s: in itself in %.0f %% of frames by %.1f mm at most, before in %.0f %%", name, 100*after.Overlapping, 1e3*after.Overlap, 100*before.Overlapping)
		}
		// Ankles and toes turn until the feet are flat: up to 1 rad in these fits. The rearing rat's
		// fore paws come down with its heels, by 12 mm for a second.
		if report.Root.Mean > 0.013 || report.Paws.Mean > 0.0135 || report.Joints.Mean > 0.13 {
			t.Errorf("%s: moved too far: root %.1f mm, paws %.1f mm, joints %.3f rad", name, 1e3*report.Root.Mean, 1e3*report.Paws.Mean, report.Joints.Mean)
		}
		for f := range out.Poses {
			for j, q := range out.Poses[f].Q {
				if lo, hi := k.JointRange(j); q < lo-1e-9 || q > hi+1e-9 {
					t.Fatalf("%s, frame %d: %s is %.3f, range %.3f to %.3f", name, f, out.Joints[j], q, lo, hi)
				}
			}
		}
	}
}

// The rearing rat stands on its toes for a second, which on the model is the tips of two
// feet; with its heels down its centre of mass is well inside its soles.
func TestARecordedRearStandsOnItsSoles(t *testing.T) {
	_, k := opened(t, sim.Options{})
	out, _, err := Clean(recording(t, "rat_clip_rear_groom_250.csv", k), k)
	if err != nil {
		t.Fatal(err)
	}
	rat, err := findRat(k)
	if err != nil {
		t.Fatal(err)
	}
	up := frame{}
	up.paws[leftHind].down, up.paws[rightHind].down = true, true
	for f := 150; f < 230; f++ {
		p := &out.Poses[f]
		k.SetPose(p.Pos, p.Quat, p.Q)
		com, soles := k.CenterOfMass(), rat.planted(&up)
		if len(soles) < 3 || soles.outside([2]float64{com[0], com[1]}) > -0.004 {
			t.Errorf("frame %d: the centre of mass is less than 4 mm inside the soles %v", f, soles)
		}
	}
}

func BenchmarkCleanRealWalk(b *testing.B) {
	_, k := opened(b, sim.Options{})
	walk := recording(b, "rat_clip_walk_250.csv", k)
	for b.Loop() {
		if _, _, err := Clean(walk, k); err != nil {
			b.Fatal(err)
		}
	}
}
