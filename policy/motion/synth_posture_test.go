package motion_test

import (
	"math"
	"testing"

	"whisker/policy/motion"
)

// A posture is another way to stand whose standing paws, once cleaned, a floor can
// carry. Swinging ones may brush it by some millimetres.
func TestPosturesAreOthersAndStand(t *testing.T) {
	b, k := openRat(t)
	for _, s := range []motion.Spec{
		{Kind: motion.Stand, Seed: 3, Posture: 1}, {Kind: motion.Walk, Seed: 9, Speed: 0.2, Curvature: 1, Posture: 5}, {Kind: motion.Turn, Seed: 10, TurnRate: -1, Posture: 6},
	} {
		raw, _ := synthesize(t, b, k, s)
		clip, report, err := motion.Clean(raw, k)
		if err != nil {
			t.Fatal(err)
		}
		if a := &report.After; a.ZMPMean > 0.002 || a.Float > 0.001 || a.SlipMean > 0.002 {
			t.Errorf("%v: %v; %+v", s, report, *a)
		}
		straight := s
		straight.Posture = 0
		other, _ := synthesize(t, b, k, straight)
		far, uneven := 0.0, 0.0
		for i, name := range clip.Joints {
			d := math.Abs(clip.Poses[0].Q[i] - other.Poses[0].Q[i])
			far = math.Max(far, d)
			if name == "vertebra_2_bend" || name == "vertebra_5_bend" {
				uneven = math.Max(uneven, d)
			}
		}
		if far < 0.3 || uneven < 0.01 {
			t.Errorf("%v: no joint stands more than %.2f rad from where a straight rat has it, no bend of the spine more than %.2f", s, far, uneven)
		}
	}
}
