package campaign

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"whisker/policy/motion"
)

//go:embed page.html
var pageHTML string

// Summary is what became of a kind of fault in all rows.
type Summary struct {
	Fault        string
	Rows, Failed int
	By           []string       // who noticed, with how often
	Safe         motion.Measure // the longest, ms
	Motion       motion.Measure // the largest, rad
	Speed        motion.Measure // the largest, rad/s
}

// Summaries are a line per fault, in the order in which they first stand.
func (r *Report) Summaries() (all []*Summary) {
	of, by := map[string]*Summary{}, map[string]map[string]int{}
	none := motion.Measure(math.NaN())
	for _, row := range r.Rows {
		s := of[row.Fault]
		if s == nil {
			s = &Summary{Fault: row.Fault, Safe: none, Motion: none, Speed: none}
			of[row.Fault], by[row.Fault] = s, map[string]int{}
			all = append(all, s)
		}
		if s.Rows++; !row.Pass {
			s.Failed++
		}
		for _, f := range row.Faults {
			by[row.Fault][f.By()]++
			s.Safe, s.Motion, s.Speed = larger(s.Safe, f.Safe), larger(s.Motion, f.Motion), larger(s.Speed, f.Speed)
		}
	}
	for _, s := range all {
		for who, n := range by[s.Fault] {
			s.By = append(s.By, fmt.Sprintf("%s %d", who, n))
		}
		slices.Sort(s.By)
	}
	return all
}

func larger(a, b motion.Measure) motion.Measure {
	if math.IsNaN(float64(a)) || b > a {
		return b
	}
	return a
}

// number prints a measure, or a dash.
func number(m motion.Measure) string {
	if math.IsNaN(float64(m)) {
		return "-"
	}
	return fmt.Sprintf("%.3g", float64(m))
}

// Table prints the summaries.
func (r *Report) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "fault\trows\tfailed\tnoticed by\tsafe ms\tmotion rad\tspeed rad/s")
	for _, s := range r.Summaries() {
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%s\t%s\t%s\n", s.Fault, s.Rows, s.Failed, join(s.By), number(s.Safe), number(s.Motion), number(s.Speed))
	}
	return t.Flush()
}

func join(parts []string) string {
	text := ""
	for i, p := range parts {
		if i > 0 {
			text += "; "
		}
		text += p
	}
	return text
}

// write writes the JSON and the page.
func (r *Report) write(dir string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("campaign: %w", err)
	}
	page, err := template.New("page").Funcs(template.FuncMap{"number": number, "join": join}).Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("campaign: %w", err)
	}
	var html bytes.Buffer
	if err := page.Execute(&html, r); err != nil {
		return fmt.Errorf("campaign: %w", err)
	}
	for name, text := range map[string][]byte{"campaign.json": append(b, '\n'), "campaign.html": html.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return fmt.Errorf("campaign: %w", err)
		}
	}
	return nil
}
