package hil

import (
	"math"
	"slices"
	"testing"

	"github.com/rs/zerolog"

	"whisker/policy/motion"
	"whisker/sim"
)

// The rat beside a robot is the one of the clip: as large as the robot, at its Froude
// number, with its trunk over the reference's all the way.
func TestTheRatThatARobotFollows(t *testing.T) {
	g, err := openRig(dog("stand", "walk", "turn"), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	drawn, err := g.drawAnimals()
	if err != nil {
		t.Fatal(err)
	}
	g.drawGhosts()
	rat, err := sim.Open(sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rat.Close()
	k := rat.Kinematics()
	defer k.Close()
	if drawn.Name != "rat" || !slices.Equal(drawn.Frames, rat.Frames()) {
		t.Errorf("%s of %d frames is drawn: want the rat's %d", drawn.Name, len(drawn.Frames), len(rat.Frames()))
	}
	if g.animals[0] != nil {
		t.Error("a robot that stands by itself follows a rat")
	}
	trunk, root := slices.Index(drawn.Frames, rat.Body().Root), slices.Index(g.frames, g.body.Root)
	for i, name := range []string{1: "walk", 2: "turn"} {
		if name == "" {
			continue
		}
		made, err := motion.Shipped(name)
		if err != nil {
			t.Fatal(err)
		}
		if made, err = made.Reorder(k.JointNames()); err != nil {
			t.Fatal(err)
		}
		ref, kept := g.refs[i], g.fidelity[g.clips[i].Name]
		for f := range ref.Len() {
			now := at(g.animals[i], f, ref.Len())
			u := math.Min(float64(f)/g.clips[i].Rate/kept.TimeRatio*made.Rate, float64(made.Len()-1))
			a, b, w := &made.Poses[int(u)], &made.Poses[min(int(u)+1, made.Len()-1)], u-math.Floor(u)
			for j := range 3 {
				want := kept.LengthRatio * (a.Pos[j] + w*(b.Pos[j]-a.Pos[j]))
				if got := float64(now[7*trunk+j]); math.Abs(got-want) > 1e-5 {
					t.Fatalf("%s, frame %d: the rat is at %v along %d, want %v", name, f, got, j, want)
				}
			}
			robot := at(g.ghosts[i], f, ref.Len())
			if d := math.Hypot(float64(now[7*trunk]-robot[7*root]), float64(now[7*trunk+1]-robot[7*root+1])); d > 0.15 {
				t.Fatalf("%s, frame %d: the rat's trunk is %.2f m from the robot's", name, f, d)
			}
		}
	}
}

// The rat's shapes grow with it; the ground is the robot's.
func TestTheRatIsAsLargeAsTheRobot(t *testing.T) {
	rat, err := sim.Open(sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer rat.Close()
	own := rat.Shapes()
	large := grown(own, 2)
	n := 0
	for _, s := range own {
		if s.Kind == "plane" {
			continue
		}
		if l := large[n]; l.Size[0] != 2*s.Size[0] || l.Pos[2] != 2*s.Pos[2] || l.Quat != s.Quat || l.Frame != s.Frame {
			t.Errorf("shape %+v grows to %+v", s, l)
		}
		n++
	}
	if n == len(own) || n != len(large) {
		t.Errorf("%d shapes of %d, of which %d are no ground", len(large), len(own), n)
	}
}
