package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
)

//go:embed page.html
var pageHTML string

// Page writes the report as one HTML file that needs no other. The JSON is in it, and a
// seal of all that is there to be read.
func (r *Report) Page(w io.Writer) error {
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		panic(err) // embedded above
	}
	var b bytes.Buffer
	if err := t.Execute(&b, page{r}); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if _, err := w.Write(sealPage(b.Bytes())); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// page is a report as its template sees it.
type page struct{ *Report }

// Blank is where the page's seal goes.
func (p page) Blank() string { return blankSeal }

// Count is how many items have a verdict.
func (p page) Count(v Verdict) (n int) {
	for i := range p.Items {
		if p.Items[i].Verdict == v {
			n++
		}
	}
	return n
}

// Drawings are those of a part of the page.
func (p page) Drawings(part string) (list []plot) {
	for _, d := range p.plots {
		if d.part == part {
			list = append(list, d)
		}
	}
	return list
}

// Sides are all recordings.
func (p page) Sides() []Side { return append([]Side{p.First, p.Second}, p.More...) }

// Data is the report as JSON, for programs and for Verify.
func (p page) Data() (template.HTML, error) {
	b, err := json.Marshal(p.Report) // it escapes <, > and &
	return template.HTML(string(openData) + string(b) + string(closeData)), err
}

// Bound is the gate with its direction.
func (it Item) Bound() string {
	switch {
	case it.Gate.String() == missing.String():
		return it.Gate.String()
	case it.AtLeast:
		return "≥ " + it.Gate.String()
	}
	return "≤ " + it.Gate.String()
}
