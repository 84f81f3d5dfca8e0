package prove

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"whisker/controller"
	"whisker/hil/report"
	"whisker/sim"
)

// Draw is one trial: what was seeded and what the report said.
type Draw struct {
	Index  int       `json:"index"`
	Seed   uint64    `json:"seed"`
	Clips  []string  `json:"clips"`
	Causes []string  `json:"causes"` // seeded, by the report's names
	Sizes  []float64 `json:"sizes"`  // s, rad, or a factor less 1
	Named  []string  `json:"named"`
	Values []float64 `json:"values"`
	Words  string    `json:"words"`

	joint int // of the offset
}

// Right says that exactly what was seeded was named.
func (d *Draw) Right() bool {
	a, b := slices.Clone(d.Causes), slices.Clone(d.Named)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// kinds are what can be seeded, with the size around which draws lie.
var kinds = []struct {
	kind string
	size float64
}{
	{report.KindDelay, 0.015}, {report.KindCoulomb, 1}, {report.KindArmature, 0.5}, {report.KindOffset, 0.05}, {report.KindStrength, -0.2},
}

// newDraw draws trial number index: in turn one cause, two and none, so that
// every cause and every pair comes as often as any other.
func newDraw(b *controller.Body, index int, seed uint64) *Draw {
	rng := rand.New(rand.NewPCG(seed, uint64(index)))
	d := &Draw{Index: index, Seed: seed, Causes: []string{}, Named: []string{}, joint: rng.IntN(len(b.Joints))}
	var chosen []int
	switch turn := index / 3; index % 3 {
	case 0:
		chosen = []int{turn % len(kinds)}
	case 1:
		chosen = pair(turn)
	}
	for _, k := range chosen {
		size := kinds[k].size * (0.5 + rng.Float64())
		name := kinds[k].kind
		if name == report.KindOffset {
			name += " of " + b.Joints[d.joint].Name
			size *= float64(1 - 2*rng.IntN(2))
		}
		d.Causes, d.Sizes = append(d.Causes, name), append(d.Sizes, size)
	}
	return d
}

// pair is the n-th pair of kinds.
func pair(n int) []int {
	var all [][]int
	for step := 1; step <= len(kinds)/2; step++ {
		for k := range kinds {
			all = append(all, []int{k, (k + step) % len(kinds)})
		}
	}
	return all[n%len(all)]
}

// deviations are those of the second robot.
func (d *Draw) deviations(b *controller.Body) []sim.Deviation {
	all := sim.Nominal(len(b.Joints))
	for i, size := range d.Sizes {
		for j := range all {
			switch d.Causes[i] {
			case report.KindDelay:
				all[j].Delay = time.Duration(size * float64(time.Second))
			case report.KindCoulomb:
				all[j].Coulomb += size
			case report.KindArmature:
				all[j].Armature += size
			case report.KindStrength:
				all[j].Strength += size
			case report.KindOffset + " of " + b.Joints[j].Name:
				all[j].Offset = size
			}
		}
	}
	return all
}

// String is a line about the draw.
func (d *Draw) String() string {
	right := "right"
	if !d.Right() {
		right = "WRONG"
	}
	return fmt.Sprintf("%3d %s: seeded %q %.3v, named %q %.3v", d.Index, right, d.Causes, d.Sizes, d.Named, d.Values)
}
