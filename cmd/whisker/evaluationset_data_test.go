//go:build data

package main

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"whisker/hil"
	"whisker/policy/motion"
)

// Limbs of the evaluation set move half to twice as fast as in the recordings, at each quantile.
func TestTheRatsEvaluationSetMovesAsRecordedRatsDo(t *testing.T) {
	b, _, _, made := ratsSample(t)
	k := b.players[0].Kin
	recorded, err := hil.Clips([]string{filepath.Join(os.Getenv("WHISKER_DATA"), "rat", "rat_*_250.csv")}, k)
	if err != nil {
		t.Fatal(err)
	}
	if recorded, err = hil.Clean(recorded, k); err != nil {
		t.Fatal(err)
	}
	limbs := b.robots[0].Body().LimbJoints
	real, ours := jointSpeeds(recorded, limbs), jointSpeeds(made, limbs)
	for _, q := range []float64{0.25, 0.5, 0.75, 0.9, 0.95, 0.99} {
		r, o := real[int(q*float64(len(real)))], ours[int(q*float64(len(ours)))]
		t.Logf("quantile %.2f: recorded %.2f rad/s, synthesised %.2f", q, r, o)
		if o < 0.5*r || o > 2*r {
			t.Errorf("quantile %.2f: joints move at %.2f rad/s, recorded ones at %.2f", q, o, r)
		}
	}
}

// jointSpeeds are all speeds of some joints in clips, sorted, rad/s.
func jointSpeeds(clips []*motion.Clip, joints []int) (speeds []float64) {
	for _, c := range clips {
		for i := range c.Twists {
			for _, j := range joints {
				speeds = append(speeds, math.Abs(c.Twists[i].Qd[j]))
			}
		}
	}
	slices.Sort(speeds)
	return speeds
}
