package prove

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"whisker/controller"
	"whisker/hil/report"
	"whisker/sim"
)

// once retargets for all tests, which takes longer than most of them.
var once = sync.OnceValues(openPlants)

func shared(t *testing.T) *plants {
	t.Helper()
	ps, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

// A small proof on a physics that is the real one: one cause, two, none, and motors
// that stop at a quarter of their torque.
func TestReportNamesWhatWasSeeded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "draws.jsonl")
	ps := shared(t)
	draws, err := ps.run(t.Context(), Options{Draws: 4, Seed: 1, Seconds: 7, File: file})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range draws {
		t.Log(d)
		if !d.Right() {
			t.Errorf("%s\n%s", d, d.Words)
		}
		for i, name := range d.Named {
			if k := slices.Index(d.Causes, name); k >= 0 && math.Abs(d.Values[i]/d.Sizes[k]-1) > 0.4 {
				t.Errorf("%s is %.3g, found %.3g", name, d.Sizes[k], d.Values[i])
			}
		}
	}
	if r := Count(draws); r != (Rates{Rate{1, 1}, Rate{1, 1}, Rate{0, 1}, Rate{1, 1}}) || r.Met() != nil {
		t.Errorf("%+v", r)
	}
	// A proof that was stopped goes on from its file, whose last line may be cut.
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(text, `{"index":4,"see`...), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := ps.run(t.Context(), Options{Draws: 4, Seed: 1, File: file})
	if err != nil || len(again) != 4 || again[1].String() != draws[1].String() {
		t.Errorf("%v, %v", again, err)
	}
	if _, err := ps.run(t.Context(), Options{Draws: 4, Seed: 2, File: file}); err == nil || !strings.Contains(err.Error(), "draws.jsonl:1: a draw of seed 1, expected 2") {
		t.Error(err)
	}
}

// Sensors that err are named, each with what it is of, and nothing else is.
func TestSensorsThatErrAreNamed(t *testing.T) {
	ps, dir := shared(t), t.TempDir()
	ps.seconds = 7
	b := ps.robot.Body()
	first, second := filepath.Join(dir, "a.mcap"), filepath.Join(dir, "b.mcap")
	if err := ps.record(t.Context(), first, []int{0, 1}, sim.Nominal(len(b.Joints)), right, 0); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	errs := func(s *controller.State) {
		s.IMU.Gyro[1] -= 0.08
		s.Vel[4] *= 1.4
		s.Pos[8] += 0.008 * rng.NormFloat64()
	}
	if err := ps.record(t.Context(), second, []int{0, 1}, sim.Nominal(len(b.Joints)), errs, 1); err != nil {
		t.Fatal(err)
	}
	found, err := report.Explain(t.Context(), first, second)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, k := range slices.Concat(found.Named, found.Sensors) {
		names = append(names, k.Causes[0])
	}
	if want := []string{"sensor of the gyroscope about y", "sensor of the speed of " + b.Joints[4].Name, "sensor of the position of " + b.Joints[8].Name}; !slices.Equal(names, want) || !strings.Contains(found.Words, "by sensors: the gyroscope") {
		t.Errorf("named %q, want %q: %s", names, want, found.Words)
	}
}

func TestDrawsComeEvenlyAndWithinTheirSizes(t *testing.T) {
	b := shared(t).robot.Body()
	count, pairs, seen := map[string]int{}, map[string]int{}, map[string]int{}
	for i := range 120 {
		d := newDraw(b, i, 5)
		switch want := []int{1, 2, 0, 1}[i%4]; {
		case len(d.Causes) != want:
			t.Fatalf("draw %d: %v", i, d.Causes)
		case i%4 == 3:
			what, _, _ := strings.Cut(d.Causes[0], "_")
			seen[strings.TrimRight(what, "FRLxyz")]++
			continue
		case want == 2:
			kinds := []string{kindOf(d.Causes[0]), kindOf(d.Causes[1])}
			slices.Sort(kinds)
			pairs[strings.Join(kinds, "+")]++
		case want == 1:
			count[kindOf(d.Causes[0])]++
		}
		dev := d.deviations(b)
		changed := 0
		for j := range dev {
			if dev[j].Offset != 0 {
				changed++
			}
		}
		for k, name := range d.Causes {
			size := math.Abs(d.Sizes[k])
			if mid := map[string]float64{report.KindDelay: 0.015, report.KindCoulomb: 1, report.KindArmature: 0.5, report.KindOffset: 0.05, report.KindStrength: 0.2}[kindOf(name)]; size < mid/2 || size > mid*1.5 {
				t.Errorf("%s of %g", name, size)
			}
			if kindOf(name) == report.KindOffset && changed != 1 || kindOf(name) == report.KindStrength && math.Abs(dev[0].Strength-1+size) > 1e-12 {
				t.Errorf("%s: %+v", name, dev)
			}
		}
	}
	if len(count) != 5 || len(pairs) != 10 || len(seen) != 4 {
		t.Errorf("kinds %v, pairs %v, seen %v", count, pairs, seen)
	}
	for _, n := range count {
		if n != 6 {
			t.Errorf("kinds come unevenly: %v", count)
		}
	}
	for _, n := range pairs {
		if n != 3 {
			t.Errorf("pairs come unevenly: %v", pairs)
		}
	}
}

func kindOf(name string) string {
	kind, _, _ := strings.Cut(name, " of ")
	return kind
}

func TestBarsThatAreMissedAreNamed(t *testing.T) {
	good := Rates{Rate{9, 10}, Rate{3, 4}, Rate{1, 20}, Rate{9, 10}}
	if err := good.Met(); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		r    Rates
		want string
	}{
		{Rates{Rate{8, 10}, Rate{3, 4}, Rate{1, 20}, Rate{9, 10}}, "single causes"},
		{Rates{Rate{9, 10}, Rate{2, 4}, Rate{1, 20}, Rate{9, 10}}, "pairs"},
		{Rates{Rate{9, 10}, Rate{3, 4}, Rate{2, 20}, Rate{9, 10}}, "identical robots"},
		{Rates{Rate{9, 10}, Rate{3, 4}, Rate{1, 20}, Rate{8, 10}}, "saturation and sensors"},
	} {
		if err := c.r.Met(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.r, err)
		}
	}
}
