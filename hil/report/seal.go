package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"whisker/controller/record"
)

// side describes a recording, with the hashes that a report is sealed with.
func side(rec *recording) Side {
	h := &rec.header
	return Side{Path: rec.path, Name: rec.name(), Kind: rec.kind, Ticks: rec.ticks(), Passes: len(rec.passes), SHA: rec.sha,
		Firmware: h.Firmware, Model: h.Model, Policy: h.Policy, Scenario: hashOf(h.Scenario), Body: h.Body.Hash(),
		MuJoCo: h.MuJoCo, Version: h.Version, Started: h.Started}
}

func hashOf(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }

// seal is the SHA-256 of the report's JSON without its seal.
func (r *Report) seal() string {
	c := *r
	c.Seal = ""
	b, err := json.Marshal(&c)
	if err != nil {
		panic("report: " + err.Error()) // numbers that are none encode as null
	}
	return hashOf(b)
}

// Where the page keeps the JSON.
var (
	openData  = []byte(`<script type="application/json" id="report">`)
	closeData = []byte(`</script>`)
)

// A page's seal is the SHA-256 of the page with blankSeal in its place.
var (
	blankSeal    = strings.Repeat("0", 64)
	openPageSeal = []byte(`<meta name="seal" content="`)
)

func sealPage(blank []byte) []byte {
	return bytes.Replace(blank, []byte(blankSeal), []byte(hashOf(blank)), 1)
}

// pageHolds says whether a page is as it was sealed.
func pageHolds(page []byte) bool {
	_, after, ok := bytes.Cut(page, openPageSeal)
	if !ok || len(after) < len(blankSeal) {
		return false
	}
	return bytes.Equal(page, sealPage(bytes.Replace(page, after[:len(blankSeal)], []byte(blankSeal), 1)))
}

// Verify reads a report, JSON or page, and checks its seal and, where the
// recordings that it names are still there, that these are the same files. It
// returns what it could not check.
func Verify(file string) (absent []string, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	if _, after, ok := bytes.Cut(text, openData); ok {
		if !pageHolds(text) {
			return nil, fmt.Errorf("report: %s was changed after it was sealed: the page is not the one that its seal is of", file)
		}
		text, _, _ = bytes.Cut(after, closeData)
	}
	var r Report
	if err := json.Unmarshal(text, &r); err != nil || r.Seal == "" {
		return nil, fmt.Errorf("report: %s is no report: expected the JSON or the page that `whisker hil report` writes", file)
	}
	if got := r.seal(); got != r.Seal {
		return nil, fmt.Errorf("report: %s was changed after it was sealed: its content has SHA-256 %.12s…, its seal says %.12s…", file, got, r.Seal)
	}
	for _, s := range append([]Side{r.First, r.Second}, r.More...) {
		sum, err := record.FileHash(s.Path)
		switch {
		case errors.Is(err, os.ErrNotExist):
			absent = append(absent, s.Path)
		case err != nil:
			return nil, fmt.Errorf("report: %w", err)
		case sum != s.SHA:
			return nil, fmt.Errorf("report: %s is not the recording of the report: it has SHA-256 %.12s…, the report says %.12s…", s.Path, sum, s.SHA)
		}
	}
	return absent, nil
}
