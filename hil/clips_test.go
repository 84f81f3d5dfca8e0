package hil

import (
	"math"
	"strings"
	"testing"

	"whisker/policy/motion"
	"whisker/sim"
)

// Clips that come from outside are cleaned on the way to the robot, and say what
// that changed; shipped ones have nothing to clean.
func TestClipsFromOutsideAreCleaned(t *testing.T) {
	r, err := sim.Open(sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	k := r.Kinematics()
	defer k.Close()
	shipped, err := Clips([]string{"walk"}, k)
	if err != nil {
		t.Fatal(err)
	}
	hovering := *shipped[0]
	hovering.Poses = append([]motion.Pose(nil), hovering.Poses...)
	for i := range hovering.Poses {
		hovering.Poses[i].Pos[2] += 0.006
	}
	clips, err := Clean([]*motion.Clip{shipped[0], &hovering}, k)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(clips[0].Repairs); n != 0 {
		t.Errorf("the shipped walk was changed: %v", clips[0].Repairs)
	}
	if s := strings.Join(clips[1].Repairs, "\n"); !strings.Contains(s, "cleaned: root moved") {
		t.Errorf("a hovering walk was not cleaned: %q", s)
	}
	for i, p := range clips[1].Poses {
		if d := p.Pos[2] - shipped[0].Poses[i].Pos[2]; math.Abs(d) > 0.003 {
			t.Fatalf("frame %d: the cleaned walk is %.1f mm higher than it was before it hovered", i, 1e3*d)
		}
	}
}
