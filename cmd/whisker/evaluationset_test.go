package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"whisker/hil"
	"whisker/policy/motion"
	"whisker/sim"
)

// The evaluation sets that README's tables are of: the hash that stands there, and that of
// a sample, which takes seconds. Policies are trained and compared with the generator
// as it makes these; those that ship are from before Clean took bodies out of themselves.
var evaluationSets = []struct {
	robot, rule, readme, sample string
}{
	{"rat", `LIBRARY := --library '([^']+)' --shake (\S+) --brisk (\S+)`, "0e50b309bb64", "3493aabfd2fa"},
	{"quadruped", `evaluate --robot quadruped --perturb --library '([^']+)'`, "e24c09769f02", "eb617c805c57"},
}

// evaluationSpecs are the clips that `make evaluate` synthesises, and what it makes of each.
func evaluationSpecs(t *testing.T, rule string) (list []motion.Spec, v variety) {
	t.Helper()
	found := regexp.MustCompile(rule).FindStringSubmatch(content(t, "../../Makefile"))
	if found == nil {
		t.Fatalf("Makefile: no %s", rule)
	}
	library := map[string]int{}
	for part := range strings.SplitSeq(found[1], ";") {
		kind, count, _ := strings.Cut(part, "=")
		n, err := strconv.Atoi(count)
		if err != nil {
			t.Fatal(err)
		}
		library[kind] = n
	}
	list, err := specs(library, 900000) // the default of --seed
	if err != nil {
		t.Fatal(err)
	}
	if len(found) > 2 {
		v = variety{Shake: number(t, found[2]), Brisk: number(t, found[3])}
	}
	return list, v
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// everyFourth is the sample of specs that is synthesised.
func everyFourth(list []motion.Spec) (some []motion.Spec) {
	for i := 0; i < len(list); i += 4 {
		some = append(some, list[i])
	}
	return some
}

// fingerprint is the hash of specs and of poses to a millionth: the last digits
// depend on the processor.
func fingerprint(t *testing.T, list []motion.Spec, clips []*motion.Clip) string {
	t.Helper()
	sum := sha256.New()
	for _, s := range list {
		sum.Write([]byte(s.String()))
	}
	for _, c := range clips {
		for i := range c.Poses {
			p := &c.Poses[i]
			for _, v := range slices.Concat(p.Pos[:], p.Quat[:], p.Q) {
				if err := binary.Write(sum, binary.LittleEndian, int64(math.Round(1e6*v))); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}

// firsts are the first spec of each kind.
func firsts(list []motion.Spec) (some []motion.Spec) {
	for i, s := range list {
		if i == 0 || s.Kind != list[i-1].Kind {
			some = append(some, s)
		}
	}
	return some
}

// ratsSample are the rat's evaluation set, every fourth spec of it with the clips made of those, and the bench that made them.
func ratsSample(t *testing.T) (b *bench, list, some []motion.Spec, clips []*motion.Clip) {
	t.Helper()
	b, err := newBench(sim.Options{}, 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	list, v := evaluationSpecs(t, evaluationSets[0].rule)
	some = everyFourth(list)
	if clips, err = b.synthesise(t.Context(), some, v); err != nil {
		t.Fatal(err)
	}
	return b, list, some, clips
}

// The generator makes the evaluation set that README's tables are of, and that holds
// enough of what is hard: 25 % walk or trot at 0.25 to 0.6 m/s over half a metre or more, 15 % rear past 70
// degrees, 15 % turn by 90 degrees or more on the spot. Every fourth is made, and its copy that drifts.
func TestTheRatsEvaluationSet(t *testing.T) {
	b, list, some, clips := ratsSample(t)
	isFrozen(t, 0, fingerprint(t, list, clips))
	walks, rears, turns := 0, 0, 0
	for i, c := range clips {
		switch kind := some[i*len(some)/len(clips)].Kind; {
		case (kind == motion.Walk || kind == motion.Trot) && strides(c):
			walks++
		case kind == motion.Rear && steepest(c) > 70:
			rears++
		case kind == motion.Turn && math.Abs(motion.Inspect(c, b.robots[0].Body(), nil).Turn) >= math.Pi/2:
			turns++
		}
	}
	t.Logf("of %d clips %d stride, %d rear, %d turn", len(clips), walks, rears, turns)
	for _, part := range []struct {
		what  string
		n     int
		least float64
	}{{"walk or trot at 0.25 to 0.6 m/s over 0.5 m", walks, 0.25}, {"rear past 70 degrees", rears, 0.15}, {"turn by 90 degrees", turns, 0.15}} {
		if share := float64(part.n) / float64(len(clips)); share < part.least {
			t.Errorf("%.0f %% of the evaluation set %s, expected at least %.0f", 100*share, part.what, 100*part.least)
		}
	}
}

// The quadruped's evaluation set, of which the first clip of each kind is made.
func TestTheQuadrupedsEvaluationSet(t *testing.T) {
	s := hil.DefaultScenario()
	s.Robot = "quadruped"
	b, err := newLeggedBench(s, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	list, _ := evaluationSpecs(t, evaluationSets[1].rule)
	rats, err := b.synthesise(t.Context(), firsts(list), variety{})
	if err != nil {
		t.Fatal(err)
	}
	clips, _, err := b.retarget(t.Context(), rats)
	if err != nil {
		t.Fatal(err)
	}
	isFrozen(t, 1, fingerprint(t, list, clips))
}

// isFrozen compares a sample's hash, and README's table, with what they were.
func isFrozen(t *testing.T, set int, sample string) {
	t.Helper()
	s := &evaluationSets[set]
	if sample != s.sample {
		t.Errorf("the sample of the %s's evaluation set is %s, was %s: the generator, or retargeting, makes other clips. README's table `evaluate %s` is of the "+
			"old ones (synthesised clips %s): undo the change, or make evaluate and make readme, then put the new hashes here", s.robot, sample, s.sample, s.robot, s.readme)
	}
	_, table, _ := strings.Cut(content(t, "../../README.md"), "<!-- evaluate "+s.robot+" -->")
	if table, _, _ = strings.Cut(table, "<!-- end -->"); !strings.Contains(table, "synthesised clips "+s.readme) {
		t.Errorf("README's table `evaluate %s` is not of the evaluation set %s: make readme, or put its hash here", s.robot, s.readme)
	}
}

// strides tells whether a clip goes at 0.25 to 0.6 m/s over some half metre of its way, in chords
// of a tenth of a second.
func strides(c *motion.Clip) bool {
	const chord = 5
	for from := range c.Poses {
		way := 0.0
		for f := from + chord; f < c.Len() && way < 0.5; f += chord {
			a, b := &c.Poses[f-chord].Pos, &c.Poses[f].Pos
			way += math.Hypot(b[0]-a[0], b[1]-a[1])
			if v := way * c.Rate / float64(f-from); way >= 0.5 && v >= 0.25 && v <= 0.6 {
				return true
			}
		}
	}
	return false
}

// steepest is how far the trunk points up at most, degrees.
func steepest(c *motion.Clip) float64 {
	most := -1.0
	for i := range c.Poses {
		q := &c.Poses[i].Quat
		most = max(most, 2*(q[1]*q[3]-q[0]*q[2])) // of the trunk's x axis
	}
	return math.Asin(min(1, most)) * 180 / math.Pi
}
