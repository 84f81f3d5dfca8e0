package main

import (
	"bytes"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"whisker/policy/motion"
	"whisker/policy/train"
)

// inReadme puts evaluations into a README as make readme does, and returns the words of
// its table, a line each.
func inReadme(t *testing.T, files ...[]evaluation) (table [][]string, said string) {
	t.Helper()
	dir := t.TempDir()
	args := []string{script(t, "tables.py"), "the rat"}
	for i, all := range files {
		path := filepath.Join(dir, string(rune('a'+i))+".json")
		if err := writeJSON(path, nil, all); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	readme := filepath.Join(dir, "README.md")
	if err := os.WriteFile(readme, []byte("before\n<!-- evaluate -->\nold\n<!-- end -->\nafter\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var complaint bytes.Buffer
	tables := exec.CommandContext(t.Context(), "python3", args...)
	tables.Stderr = &complaint
	text, err := tables.Output()
	if err != nil {
		return nil, complaint.String()
	}
	fill := exec.CommandContext(t.Context(), "python3", script(t, "readme.py"), "evaluate")
	fill.Dir, fill.Stdin = dir, bytes.NewReader(text)
	if out, err := fill.CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	page, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	inner, ok := strings.CutPrefix(string(page), "before\n<!-- evaluate -->\n```\n")
	inner, rest, ended := strings.Cut(inner, "\n```\n<!-- end -->\nafter\n")
	if !ok || !ended || rest != "" {
		t.Fatalf("%s", page)
	}
	for l := range strings.Lines(inner) {
		table = append(table, strings.Fields(l))
	}
	return table, ""
}

func script(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", ".ci", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEvaluationsOfTheRatStandInTheReadme(t *testing.T) {
	row := train.Row{Clip: "walk", Trials: 50, Completed: 0.944, Survived: 0.97, RootErr: 5.04, PawHead: 7.26, Limbs: 0.0512, OpenCompleted: 0.1, OpenSurvived: 0.4}
	lost := row
	lost.Clip, lost.RootErr = "rat_clip_walk", motion.Measure(math.NaN())
	at := func(assist float64, condition string, r train.Row) evaluation {
		return evaluation{Policy: "rat", Hash: strings.Repeat("ab", 32), Library: strings.Repeat("cd", 32), Assist: assist, Condition: condition, Rows: []train.Row{r}}
	}
	other := row
	other.Completed = 1
	lighter, late := other, other
	lighter.Completed, late.Survived = 0.8, 0.2
	table, _ := inReadme(t, []evaluation{at(0, "nominal", row), at(20, "nominal", other)}, []evaluation{at(0, "nominal", lost), at(0, "nominal", other)},
		[]evaluation{at(0, "10 % heavier", other), at(0, "10 % lighter", lighter), at(0, "20 ms more delay", late)})
	if len(table) != 4 || strings.Join(table[0], " ") != "the rat: policy abababababab; synthesised clips cdcdcdcdcdcd" {
		t.Fatalf("%q", table)
	}
	for i, want := range []string{"walk 50 94 97 5.0 7.3 0.051 10 40 90 97 20", "rat_clip_walk 50 94 97 - 7.3 0.051 10 40 - - -"} {
		if got := strings.Join(table[2+i], " "); got != want {
			t.Errorf("row %q: want %q", got, want)
		}
	}
	if _, said := inReadme(t, []evaluation{at(20, "nominal", row)}); !strings.Contains(said, "without assist") {
		t.Errorf("helped trials only: %q", said)
	}
	stranger := at(0, "nominal", row)
	stranger.Hash = strings.Repeat("ef", 32)
	if _, said := inReadme(t, []evaluation{at(0, "nominal", row), stranger}); !strings.Contains(said, "of one policy") {
		t.Errorf("two policies in one table: %q", said)
	}
}

func TestEvaluationsOfTheQuadrupedStandInTheReadme(t *testing.T) {
	row := train.TravelRow{Clip: "walk", Trials: 40, Completed: 0.96, Stood: 0.99, Joints: 0.104, OpenCompleted: 0.59}
	drawn := row
	drawn.Completed, drawn.Stood, drawn.Joints, drawn.OpenCompleted = 0.93, 0.98, 0.12, 0.63
	all := []evaluation{
		{Policy: "of the quadruped", Hash: strings.Repeat("12", 32), Condition: "nominal", Travel: []train.TravelRow{row}},
		{Policy: "of the quadruped", Hash: strings.Repeat("12", 32), Condition: "randomised by default ranges, another robot in every trial", Travel: []train.TravelRow{drawn}},
	}
	again := slices.Clone(all) // rows of another file that stand in the first already
	again[0].Travel, again[1].Travel = []train.TravelRow{drawn}, []train.TravelRow{row}
	table, said := inReadme(t, all, again)
	if len(table) != 3 || strings.Join(table[2], " ") != "walk 40 96 99 0.104 59 93 98 0.120 63" {
		t.Errorf("%q %s", table, said)
	}
}
