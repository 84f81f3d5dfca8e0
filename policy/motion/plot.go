package motion

import (
	"fmt"
	"html"
	"io"
	"math"
	"strings"

	"whisker/controller"
)

// Plot draws a clip as one SVG: the root's path from above, its height and
// speed, the limb joints (left blue, right orange), and the gait diagram, in
// which a bar is a foot on the ground. The clip's joints are those of b, in
// order; k may be nil: the gait is then left out.
func Plot(w io.Writer, c *Clip, b *controller.Body, k Kinematics) error {
	info := Inspect(c, b, k)
	pairs := limbPairs(c, b)
	const left, right, chart, gap = 60.0, 930.0, 110.0, 34.0
	d := &drawing{}
	d.text(left, 30, "title", c.Name)
	d.text(left, 48, "note", fmt.Sprintf("%.2f s at %g Hz, %.2f m at %.2f m/s, from %s", info.Duration, info.Rate, info.Path, info.SpeedMean, c.Source))
	d.path(box{left, 80, 290, 290}, c)
	height, speed := make([]float64, c.Len()), make([]float64, c.Len())
	for f := range c.Poses {
		height[f] = 1000 * c.Poses[f].Pos[2]
		speed[f] = math.Hypot(c.Twists[f].Vel[0], c.Twists[f].Vel[1])
	}
	d.lines(box{430, 80, right - 430, 125}, c.Rate, "root height, mm", []line{{"", height}})
	d.lines(box{430, 245, right - 430, 125}, c.Rate, "speed over the ground, m/s", []line{{"", speed}})
	y, width := 370+gap+16, (right-left-gap-16)/2
	for i, p := range pairs {
		x := left + float64(i%2)*(width+gap+16)
		d.lines(box{x, y, width, chart}, c.Rate, p.name+", rad", p.lines)
		if i%2 == 1 || i == len(pairs)-1 {
			y += chart + gap
		}
	}
	if len(info.Feet) > 0 {
		y = d.gait(box{left + 20, y, right - left - 20, 24 * float64(len(info.Feet))}, c, info.Feet) + gap
	}
	_, err := fmt.Fprintf(w, svgHead, right+30, y, right+30, y, d.b.String())
	return err
}

const svgHead = `<svg xmlns="http://www.w3.org/2000/svg" width="%g" height="%g" viewBox="0 0 %g %g">
<style>
text { font: 12px system-ui, sans-serif; fill: #444 } .title { font-size: 18px; font-weight: 600; fill: #111 } .note { fill: #777 } .num { font-size: 10px; fill: #777 }
.grid { stroke: #e4e4e4 } .line { fill: none; stroke-width: 1.5; stroke-linejoin: round } .l { stroke: #1f77b4 } .r { stroke: #e8833a } .m { stroke: #333 } .bar { fill: #333 } .lane { fill: #f3f3f3 }
</style>
<rect width="100%%" height="100%%" fill="#fff"/>
%s</svg>
`

type box struct{ x, y, w, h float64 }

// line is a curve: its class is l (left), r (right) or "" (neither).
type line struct {
	side   string
	values []float64
}

type pair struct {
	name  string
	lines []line
}

// limbPairs collects the limb joints, left and right of a kind together.
func limbPairs(c *Clip, b *controller.Body) (pairs []pair) {
	at := map[string]int{}
	for _, j := range b.LimbJoints {
		name, side := c.Joints[j], ""
		if other := otherSide(name); other != name {
			side = "l"
			if strings.Contains("_"+name+"_", "_R_") {
				side = "r"
			}
			name = strings.Trim(strings.NewReplacer("_L_", "_", "_R_", "_").Replace("_"+name+"_"), "_")
		}
		v := make([]float64, c.Len())
		for f := range v {
			v[f] = c.Poses[f].Q[j]
		}
		i, ok := at[name]
		if !ok {
			i = len(pairs)
			at[name], pairs = i, append(pairs, pair{name: strings.ReplaceAll(name, "_", " ")})
		}
		pairs[i].lines = append(pairs[i].lines, line{side, v})
	}
	return pairs
}

// drawing collects SVG elements.
type drawing struct{ b strings.Builder }

func (d *drawing) text(x, y float64, class, s string) {
	fmt.Fprintf(&d.b, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">%s</text>\n", x, y, class, html.EscapeString(s))
}

func (d *drawing) anchored(x, y float64, anchor, s string) {
	fmt.Fprintf(&d.b, "<text x=\"%.1f\" y=\"%.1f\" class=\"num\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, html.EscapeString(s))
}

func (d *drawing) grid(x0, y0, x1, y1 float64) {
	fmt.Fprintf(&d.b, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", x0, y0, x1, y1)
}

// curve draws points, given as x and y in turns.
func (d *drawing) curve(side string, n int, at func(i int) (x, y float64)) {
	if side == "" {
		side = "m"
	}
	fmt.Fprintf(&d.b, "<polyline class=\"line %s\" points=\"", side)
	for i := 0; i < n; i++ {
		x, y := at(i)
		fmt.Fprintf(&d.b, "%.1f,%.1f ", x, y)
	}
	d.b.WriteString("\"/>\n")
}

// lines draws curves over time.
func (d *drawing) lines(b box, rate float64, title string, lines []line) {
	lo, hi := math.Inf(1), math.Inf(-1)
	n := 0
	for _, l := range lines {
		for _, v := range l.values {
			lo, hi = math.Min(lo, v), math.Max(hi, v)
		}
		n = len(l.values)
	}
	d.text(b.x, b.y-6, "", title)
	step := tick(hi - lo)
	lo, hi = step*math.Floor(lo/step), step*math.Ceil(hi/step+1e-9)
	if hi <= lo {
		hi = lo + step
	}
	for i := 0; i <= int(math.Round((hi-lo)/step)); i++ {
		v := lo + float64(i)*step
		y := b.y + b.h*(hi-v)/(hi-lo)
		d.grid(b.x, y, b.x+b.w, y)
		d.anchored(b.x-5, y+3, "end", fmt.Sprintf("%.4g", math.Round(v/step)*step))
	}
	d.seconds(b, float64(n-1)/rate)
	for _, l := range lines {
		d.curve(l.side, n, func(i int) (x, y float64) {
			return b.x + b.w*float64(i)/float64(n-1), b.y + b.h*(hi-l.values[i])/(hi-lo)
		})
	}
}

// seconds marks the time along the bottom of b.
func (d *drawing) seconds(b box, span float64) {
	step := tick(span * 0.6)
	for i := 0; float64(i)*step <= span+1e-9; i++ {
		d.anchored(b.x+b.w*float64(i)*step/span, b.y+b.h+13, "middle", fmt.Sprintf("%.4g s", float64(i)*step))
	}
}

// tick is a round step that cuts span into at most six.
func tick(span float64) float64 {
	if !(span > 1e-9) {
		return 0.1
	}
	p := math.Pow(10, math.Floor(math.Log10(span/6)))
	for _, m := range []float64{1, 2, 5} {
		if span <= 6*p*m {
			return p * m
		}
	}
	return 10 * p
}

// path draws the root from above, x to the right, both axes alike, with the
// body's heading every half second and a dot where it starts.
func (d *drawing) path(b box, c *Clip) {
	lo, hi := c.Poses[0].Pos, c.Poses[0].Pos
	for _, p := range c.Poses {
		for a := range lo {
			lo[a], hi[a] = math.Min(lo[a], p.Pos[a]), math.Max(hi[a], p.Pos[a])
		}
	}
	span := max(hi[0]-lo[0], hi[1]-lo[1], 0.1) * 1.15
	at := func(x, y float64) (float64, float64) {
		return b.x + b.w/2 + (x-(lo[0]+hi[0])/2)/span*b.w, b.y + b.h/2 - (y-(lo[1]+hi[1])/2)/span*b.h
	}
	d.text(b.x, b.y-6, "", "path of the root, from above")
	fmt.Fprintf(&d.b, "<rect class=\"lane\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", b.x, b.y, b.w, b.h)
	bar := tick(span)
	d.grid(b.x+10, b.y+b.h-12, b.x+10+bar/span*b.w, b.y+b.h-12)
	fmt.Fprintf(&d.b, "<line class=\"m\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", b.x+10, b.y+b.h-12, b.x+10+bar/span*b.w, b.y+b.h-12)
	d.anchored(b.x+10, b.y+b.h-17, "start", fmt.Sprintf("%.4g mm", 1000*bar))
	for f := 0; f < c.Len(); f += max(1, int(c.Rate/2)) {
		p := &c.Poses[f]
		x0, y0 := at(p.Pos[0], p.Pos[1])
		h := heading(p.Quat)
		fmt.Fprintf(&d.b, "<line class=\"r\" stroke-width=\"1.5\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", x0, y0, x0+22*math.Cos(h), y0-22*math.Sin(h))
	}
	d.curve("m", c.Len(), func(i int) (float64, float64) { return at(c.Poses[i].Pos[0], c.Poses[i].Pos[1]) })
	x, y := at(c.Poses[0].Pos[0], c.Poses[0].Pos[1])
	fmt.Fprintf(&d.b, "<circle class=\"bar\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>\n", x, y)
}

// gait draws a bar for every stance of a foot, and returns where it ends.
func (d *drawing) gait(b box, c *Clip, feet []Foot) float64 {
	d.text(b.x-20, b.y-6, "", "feet on the ground")
	lane := b.h / float64(len(feet))
	for i, foot := range feet {
		y := b.y + float64(i)*lane
		fmt.Fprintf(&d.b, "<rect class=\"lane\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", b.x, y+2, b.w, lane-4)
		d.anchored(b.x-5, y+lane/2+3, "end", foot.Name)
		for f := 0; f < len(foot.Stance); {
			end := f
			for end < len(foot.Stance) && foot.Stance[end] == foot.Stance[f] {
				end++
			}
			if foot.Stance[f] {
				n := float64(len(foot.Stance))
				fmt.Fprintf(&d.b, "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"2\"/>\n", b.x+b.w*float64(f)/n, y+5, b.w*float64(end-f)/n, lane-10)
			}
			f = end
		}
	}
	d.seconds(b, float64(c.Len())/c.Rate)
	return b.y + b.h
}
