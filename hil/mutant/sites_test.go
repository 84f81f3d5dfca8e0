package mutant

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const cSource = `// a < b in a comment
#include <math.h>
#define LIMIT 5 < 6
static const char *text = "x < 1; y = 2;";
static struct pair p = {1, .b = SAFETY_SPEED};

static int f(const struct state *s, int n)
{
	float x = 1.5e-3f;
	for (int i = 0; i < n; i++)
		if (s->mode == WIRE_MODE_IDLE) return n << 2;
		else n--;
	switch (n) {
	case 'a':
		g(n,
			0x1F);
		break;
	}
	return x >= 0;
}
`

// found lists mutants as "line old>new", the deleted statements with nothing new.
func found(all []Mutant) (names []string) {
	for _, m := range all {
		names = append(names, fmt.Sprintf("%d %s>%s", m.Line, strings.Join(strings.Fields(m.Old), " "), m.New))
	}
	return names
}

func TestSitesOfC(t *testing.T) {
	all, err := CSites("f.c", []byte(cSource))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"5 1>(1 + 1)", "5 1>(1 - 1)", "5 SAFETY_SPEED>(SAFETY_SPEED + 1)", "5 SAFETY_SPEED>(SAFETY_SPEED - 1)",
		"9 1.5e-3f>(1.5e-3f + 1)", "9 1.5e-3f>(1.5e-3f - 1)",
		"10 0>(0 + 1)", "10 0>(0 - 1)", "10 <><=", "10 <>>=",
		"11 ==>!=", "11 WIRE_MODE_IDLE>(WIRE_MODE_IDLE + 1)", "11 WIRE_MODE_IDLE>(WIRE_MODE_IDLE - 1)", "11 2>(2 + 1)", "11 2>(2 - 1)",
		"16 0x1F>(0x1F + 1)", "16 0x1F>(0x1F - 1)", "19 >=>>", "19 >=><", "19 0>(0 + 1)", "19 0>(0 - 1)",
		"11 return n << 2>", "12 n-->", "15 g(n, 0x1F)>", "17 break>", "19 return x >= 0>",
	}
	if got := found(all); !slices.Equal(got, want) {
		t.Errorf("found\n%q, want\n%q", got, want)
	}
	for _, m := range all {
		changed := m.Apply([]byte(cSource))
		if strings.Count(string(changed), "\n") != strings.Count(cSource, "\n") || string(changed) == cSource {
			t.Errorf("%v: %d lines", m, strings.Count(string(changed), "\n"))
		}
	}
	for _, bad := range []string{"/* open", "char *s = \"open\n", "void f(void) { g(;", "void f(void) { g()"} {
		if _, err := CSites("f.c", []byte(bad)); err == nil {
			t.Errorf("%q has sites", bad)
		}
	}
}

const goSource = `package p

import "math"

type t struct{ n [4]int }

func f(x float64, n int) int {
	y := 0.5 // stays
	if x <= y && n != 3 {
		n++
		return n
	}
	for i := range n {
		n = i
		break
	}
	println(math.Pi)
	return 7
}
`

func TestSitesOfGo(t *testing.T) {
	all, err := GoSites("p.go", []byte(goSource))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"8 0.5>(0.5 + 1)", "8 0.5>(0.5 - 1)", "9 <=><", "9 <=>>", "9 !=>==", "9 3>(3 + 1)", "9 3>(3 - 1)", "10 n++>", "11 return n>",
		"14 n = i>", "15 break>", "17 println(math.Pi)>", "18 return 7>", "18 7>(7 + 1)", "18 7>(7 - 1)",
	}
	if got := found(all); !slices.Equal(got, want) {
		t.Errorf("found\n%q, want\n%q", got, want)
	}
	if _, err := GoSites("p.go", []byte("package")); err == nil {
		t.Error("what does not parse has sites")
	}
}

func TestASampleIsTheSameForItsSeed(t *testing.T) {
	all, err := All(absolute(t))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := Sample(all, 30, 1), Sample(all, 30, 1); len(a) != 30 || !slices.Equal(a, b) {
		t.Errorf("%d and %d mutants", len(a), len(b))
	}
	if slices.Equal(Sample(all, 30, 1), Sample(all, 30, 2)) {
		t.Error("two seeds draw the same")
	}
	if n := len(Sample(all, len(all)+1, 1)); n != len(all) || n < 500 {
		t.Errorf("a sample of more than all has %d of %d", n, len(all))
	}
}

// A judgement that fits no mutant is about something that is there no more; one that
// fits several speaks for more than was looked at.
func TestJudgementsAreOfOneMutantEach(t *testing.T) {
	all, err := All(absolute(t))
	if err != nil {
		t.Fatal(err)
	}
	fits := map[string]int{}
	for _, m := range all {
		fits[m.key()]++
	}
	for key := range judgements() {
		if fits[key] != 1 {
			t.Errorf("%d mutants are %q", fits[key], key)
		}
	}
}

func TestTheReportCountsAndNames(t *testing.T) {
	all, err := CSites("f.c", []byte(cSource))
	if err != nil {
		t.Fatal(err)
	}
	all = all[:5]
	r := count(all, []verdict{killed, survived, stillborn, equivalent, killed}, map[string]bool{all[4].key(): true})
	if r.Killed != 1 || r.Stillborn != 1 || r.SameCode != 1 || r.Judged != 1 || len(r.Survivors) != 1 || r.Score() != 0.5 {
		t.Errorf("%+v", r)
	}
	if s := r.String(); !strings.Contains(s, "1 found by the unit tests, 1 not: 50.0 %") || !strings.Contains(s, "f.c:5: `1` becomes `(1 - 1)`") {
		t.Error(s)
	}
}
