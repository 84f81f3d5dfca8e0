package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// plot is one drawing of the page.
type plot struct {
	Title, Caption string
	SVG            template.HTML
	Wide           bool
	part           string   // of the page: causes, errors, joints
	Legend         []string // names of the series, by their class: s0, s1, ...
}

// chart is a drawing in the making: axes in data coordinates, marks in SVG whose
// colours are classes of the page, so that it is as good on dark as on light.
type chart struct {
	w, h                     float64
	left, right, top, bottom float64 // margins
	x0, x1, y0, y1           float64 // data
	b                        strings.Builder
}

func newChart(w, h, x0, x1, y0, y1 float64) *chart {
	if !(x1 > x0) {
		x0, x1 = x0-1, x0+1
	}
	if !(y1 > y0) {
		y0, y1 = y0-0.5, y0+0.5
	}
	return &chart{w: w, h: h, left: 46, right: 16, top: 20, bottom: 26, x0: x0, x1: x1, y0: y0, y1: y1}
}

func (c *chart) x(v float64) float64 {
	return c.left + (v-c.x0)/(c.x1-c.x0)*(c.w-c.left-c.right)
}

func (c *chart) y(v float64) float64 {
	return c.h - c.bottom - (v-c.y0)/(c.y1-c.y0)*(c.h-c.top-c.bottom)
}

func num(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// nice are about n round numbers from low to high.
func nice(low, high float64, n int) (ticks []float64) {
	raw := (high - low) / float64(n)
	if !(raw > 0) {
		return nil
	}
	p := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * p
	for _, m := range []float64{1, 2, 5} {
		if m*p >= raw {
			step = m * p
			break
		}
	}
	for i := math.Ceil(low/step - 1e-9); i*step <= high+1e-9*step; i++ {
		ticks = append(ticks, i*step)
	}
	return ticks
}

// grid draws both axes with their units.
func (c *chart) grid(nx, ny int, xUnit, yUnit string) {
	for _, v := range nice(c.y0, c.y1, ny) {
		fmt.Fprintf(&c.b, `<line class="grid" x1="%s" x2="%s" y1="%s" y2="%[3]s"/>`, num(c.left), num(c.w-c.right), num(c.y(v)))
		c.text(c.left-6, c.y(v)+3.5, "end", "tick", short(v))
	}
	c.xAxis(nx, xUnit)
	c.text(4, c.top-7, "start", "unit", yUnit)
}

func (c *chart) xAxis(n int, unit string) {
	bottom := c.h - c.bottom
	fmt.Fprintf(&c.b, `<line class="axis" x1="%s" x2="%s" y1="%s" y2="%[3]s"/>`, num(c.left), num(c.w-c.right), num(bottom))
	ticks := nice(c.x0, c.x1, n)
	for i, v := range ticks {
		fmt.Fprintf(&c.b, `<line class="axis" x1="%s" x2="%[1]s" y1="%s" y2="%s"/>`, num(c.x(v)), num(bottom), num(bottom+4))
		label := short(v)
		if i == len(ticks)-1 {
			label += " " + unit
		}
		c.text(c.x(v), bottom+16, "middle", "tick", label)
	}
}

func short(v float64) string {
	if math.Abs(v) < 1e-12 {
		return "0"
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

func (c *chart) text(x, y float64, anchor, class, s string) {
	fmt.Fprintf(&c.b, `<text x="%s" y="%s" text-anchor="%s" class="%s">%s</text>`, num(x), num(y), anchor, class, html.EscapeString(s))
}

// line draws a series; a NaN breaks it.
func (c *chart) line(class string, x, y []float64) {
	var d strings.Builder
	pen := "M"
	for i := range x {
		if math.IsNaN(y[i]) || math.IsInf(y[i], 0) {
			pen = "M"
			continue
		}
		fmt.Fprintf(&d, "%s%s %s", pen, num(c.x(x[i])), num(math.Max(-1e4, math.Min(1e4, c.y(y[i])))))
		pen = "L"
	}
	fmt.Fprintf(&c.b, `<path class="%s" d="%s"/>`, class, d.String())
}

// level is a line across, such as a gate.
func (c *chart) level(class string, y float64, label string) {
	if math.IsNaN(y) || y < c.y0 || y > c.y1 {
		return
	}
	fmt.Fprintf(&c.b, `<line class="%s" x1="%s" x2="%s" y1="%s" y2="%[4]s"/>`, class, num(c.left), num(c.w-c.right), num(c.y(y)))
	c.text(c.w-c.right, c.y(y)-4, "end", "unit", label)
}

// bar fills from one corner in data coordinates to the other.
func (c *chart) bar(class string, xa, ya, xb, yb float64, title string) {
	x, w := c.x(math.Min(xa, xb)), math.Abs(c.x(xb)-c.x(xa))
	y, h := c.y(math.Max(ya, yb)), math.Abs(c.y(yb)-c.y(ya))
	fmt.Fprintf(&c.b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="2"><title>%s</title></rect>`,
		class, num(x), num(y), num(w), num(h), html.EscapeString(title))
}

func (c *chart) svg(label string) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %s %s" role="img" aria-label="%s">%s</svg>`, num(c.w), num(c.h), html.EscapeString(label), c.b.String()))
}
