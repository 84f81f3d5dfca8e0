package train

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"html/template"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
)

//go:embed page.html
var pageHTML string

// curve is one metric over the transitions, as an SVG path.
type curve struct {
	Name, Path       string
	Low, High, Value string
}

// Width and height of a curve's drawing, px.
const (
	curveWidth  = 560
	curveHeight = 150
	curvePoints = 500 // at most; each is a mean
)

// page writes the curves of a metrics file as one HTML page that needs nothing
// else.
func page(w io.Writer, metrics io.Reader, title string) error {
	r := csv.NewReader(metrics)
	r.FieldsPerRecord = -1 // a killed run leaves half a line
	rows, err := r.ReadAll()
	if err != nil {
		return fmt.Errorf("train: metrics: %w", err)
	}
	if len(rows) < 2 {
		return nil
	}
	at, columns := columnsOf(rows)
	if len(at) == 0 {
		return nil
	}
	var curves []curve
	for i, name := range rows[0] {
		if name != "update" && name != "transitions" {
			curves = append(curves, draw(name, at, columns[i]))
		}
	}
	t := template.Must(template.New("page").Parse(pageHTML))
	return t.Execute(w, map[string]any{
		"Title": title, "Curves": curves, "Width": curveWidth, "Height": curveHeight, "Last": short(at[len(at)-1]),
	})
}

// columnsOf turns whole rows into numbers by column; at are the transitions.
func columnsOf(rows [][]string) (at []float64, columns [][]float64) {
	columns = make([][]float64, len(rows[0]))
	for _, row := range rows[1:] {
		if len(row) != len(rows[0]) {
			continue
		}
		for i, text := range row {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				v = math.NaN()
			}
			columns[i] = append(columns[i], v)
			if rows[0][i] == "transitions" {
				at = append(at, v)
			}
		}
	}
	return at, columns
}

// draw makes a path of means over stretches of equal length.
func draw(name string, at, v []float64) curve {
	step := (len(v) + curvePoints - 1) / curvePoints
	var x, y []float64
	low, high := math.Inf(1), math.Inf(-1)
	for i := 0; i < len(v); i += step {
		sum, n := 0.0, 0.0
		for _, k := range v[i:min(i+step, len(v))] {
			if !math.IsNaN(k) && !math.IsInf(k, 0) {
				sum, n = sum+k, n+1
			}
		}
		if n > 0 {
			x, y = append(x, at[i]), append(y, sum/n)
			low, high = min(low, sum/n), max(high, sum/n)
		}
	}
	if len(y) == 0 {
		return curve{Name: name, Low: "-", High: "-", Value: "-"}
	}
	span, most := max(high-low, 1e-12), max(at[len(at)-1], 1)
	var path strings.Builder
	for i := range x {
		fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(i, 1)], curveWidth*x[i]/most, curveHeight*(1-(y[i]-low)/span))
	}
	return curve{Name: name, Path: path.String(), Low: short(low), High: short(high), Value: short(y[len(y)-1])}
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// savePage writes the page beside the metrics.
func (l *learner) savePage() error {
	if l.c.Metrics == "" {
		return nil
	}
	f, err := os.Open(l.c.Metrics)
	if err != nil {
		return fmt.Errorf("train: metrics: %w", err)
	}
	defer f.Close()
	path := strings.TrimSuffix(l.c.Metrics, ".csv") + ".html"
	return replace(path, func(out io.Writer) error { return page(out, f, l.c.Command) })
}
