package report

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"whisker/controller"
	"whisker/controller/record"
)

// written is a report as JSON and as a page, with the paths of its recordings.
func written(t *testing.T) (text, page []byte, first, second string) {
	t.Helper()
	first = newTape().write(t, "first<&>.mcap")
	second = change(func(s *controller.Sample) { s.State.Pos[0] += 0.1 }).write(t, "second.mcap")
	r, err := Make(t.Context(), Options{First: first, Second: second, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if text, err = json.MarshalIndent(r, "", "  "); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.Page(&b); err != nil {
		t.Fatal(err)
	}
	return text, b.Bytes(), first, second
}

func TestSealHoldsUntilSomethingIsChanged(t *testing.T) {
	text, page, first, second := written(t)
	verify := func(b []byte) ([]string, error) {
		path := filepath.Join(t.TempDir(), "report")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return Verify(path)
	}
	for _, b := range [][]byte{text, page} {
		if absent, err := verify(b); err != nil || len(absent) != 0 {
			t.Errorf("untouched: %v, %v", absent, err)
		}
		for _, change := range [][2]string{{`"fail"`, `"pass"`}, {"second.mcap", "third.mcap"}, {"mean absolute difference", "no difference"}, {`"ticks"`, `"tick"`}} {
			if !bytes.Contains(b, []byte(change[0])) {
				t.Fatalf("no %s to change", change[0])
			}
			if _, err := verify(bytes.ReplaceAll(b, []byte(change[0]), []byte(change[1]))); err == nil {
				t.Errorf("%s made %s: not noticed", change[0], change[1])
			}
		}
	}
	// What is there to be read counts too, not only what programs read.
	for _, change := range [][2]string{{">fail<", ">pass<"}, {`<meta name="seal" content="`, `<meta name="seal" content="00`}, {`<meta name="seal"`, `<meta name="none"`}, {"<h1>", "<h1> "}} {
		if !bytes.Contains(page, []byte(change[0])) {
			t.Fatalf("no %s to change", change[0])
		}
		if _, err := verify(bytes.ReplaceAll(page, []byte(change[0]), []byte(change[1]))); err == nil {
			t.Errorf("%s made %s on the page: not noticed", change[0], change[1])
		}
	}
	_, err := verify([]byte("{}"))
	refused(t, err, "no report")
	if err := os.Remove(first); err != nil {
		t.Fatal(err)
	}
	if absent, err := verify(text); err != nil || len(absent) != 1 || absent[0] != first {
		t.Errorf("with one recording gone: %v, %v", absent, err)
	}
	if err := os.WriteFile(second, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = verify(text)
	refused(t, err, "second.mcap is not the recording of the report")
}

func TestSealNamesWhatWasRecorded(t *testing.T) {
	text, _, first, _ := written(t)
	var r Report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	sum, err := record.FileHash(first)
	if err != nil || r.First.SHA != sum || len(r.First.Scenario) != 64 || r.First.Body != twoJoints().Hash() || r.First.Path != first {
		t.Errorf("%+v, %v", r.First, err)
	}
}

// The page is one file: it fetches nothing, and shows every item and drawing.
func TestPageNeedsNothingElse(t *testing.T) {
	_, page, _, _ := written(t)
	if found := regexp.MustCompile(`(?i)\s(src|href)=|@import|url\(|https?://`).Find(page); found != nil {
		t.Errorf("the page fetches: %s", found)
	}
	s := string(page)
	for _, want := range []string{"Joint position RMSE", "Held-out rules met", "first&lt;&amp;&gt;.mcap", "<svg", "prefers-color-scheme: dark", "the rat has no profile"} {
		if !strings.Contains(s, want) {
			t.Errorf("no %q in the page", want)
		}
	}
	if strings.Contains(s, "first<&>") || strings.Contains(s, "NaN") || strings.Contains(s, "Inf") || strings.Contains(s, "ZgotmplZ") {
		t.Error("the page holds text that is not escaped, or numbers that are none")
	}
	if n := strings.Count(s, "<figure"); n < 5 {
		t.Errorf("%d drawings", n)
	}
}
