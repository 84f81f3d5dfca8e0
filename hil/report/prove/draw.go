package prove

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
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
	Sizes  []float64 `json:"sizes"`  // s, rad, rad/s, or a factor less 1
	Named  []string  `json:"named"`
	Values []float64 `json:"values"`
	Words  string    `json:"words"`

	joint int // of the offset, of the sensor
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

// seen are what a report measures without a fit: where motors stop, and what a sensor
// says of another. at names what of the robot it is about, of is its sensor.
var seen = []struct {
	kind     string
	low, top float64
	at       string
}{
	{report.KindCeiling, -0.75, -0.68, ""},
	{report.KindSensor, 0.05, 0.15, "the gyroscope about "},
	{report.KindSensor, 0.25, 0.6, "the speed of "},
	{report.KindSensor, 0.005, 0.015, "the position of "},
}

// newDraw draws trial number index: in turn one cause, two, none, and one of what
// is seen, so that every cause and every pair comes as often as any other.
func newDraw(b *controller.Body, index int, seed uint64) *Draw {
	rng := rand.New(rand.NewPCG(seed, uint64(index)))
	d := &Draw{Index: index, Seed: seed, Causes: []string{}, Named: []string{}, joint: rng.IntN(len(b.Joints))}
	var chosen []int
	switch turn := index / 4; index % 4 {
	case 0:
		chosen = []int{turn % len(kinds)}
	case 1:
		chosen = pair(turn)
	case 3:
		d.see(b, turn, rng)
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

// seen says that the draw's cause is one of those.
func (d *Draw) seen() bool { return d.Index%4 == 3 }

// see seeds the n-th of what is seen.
func (d *Draw) see(b *controller.Body, n int, rng *rand.Rand) {
	k := &seen[n%len(seen)]
	name := k.kind
	switch {
	case strings.HasPrefix(k.at, "the gyroscope"):
		d.joint = rng.IntN(3)
		name += " of " + k.at + axes[d.joint]
	case k.at != "":
		name += " of " + k.at + b.Joints[d.joint].Name
	}
	d.Causes, d.Sizes = []string{name}, []float64{k.low + (k.top-k.low)*rng.Float64()}
}

var axes = [3]string{"x", "y", "z"}

// sense is what the second robot's sensors make of a state.
func (d *Draw) sense(rng *rand.Rand) func(*controller.State) {
	if !d.seen() || d.Causes[0] == report.KindCeiling {
		return right
	}
	j, x := d.joint, d.Sizes[0]
	switch d.Index / 4 % len(seen) {
	case 1:
		return func(s *controller.State) { s.IMU.Gyro[j] += x }
	case 2:
		return func(s *controller.State) { s.Vel[j] *= 1 + x }
	}
	return func(s *controller.State) { s.Pos[j] += x * rng.NormFloat64() }
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
			case report.KindCeiling:
				all[j].Ceiling += size
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
