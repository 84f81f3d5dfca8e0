package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"whisker/controller"
)

// plotsOf draws what the page shows.
func plotsOf(c *comparison, r *Report) []plot {
	list := []plot{c.overTime(r), c.perJoint(r)}
	if d := r.Difference; d != nil && d.Known {
		list = append(list, d.ranking(), d.forest())
	}
	if p, ok := frequencyPlot(r); ok {
		list = append(list, p)
	}
	if p, ok := c.torques(); ok {
		list = append(list, p)
	}
	return append(list, c.traces()...)
}

func (r *Report) item(number int) *Item {
	for i := range r.Items {
		if r.Items[i].Number == number {
			return &r.Items[i]
		}
	}
	return nil
}

// overTime draws how far the joints are apart, tick by tick.
func (c *comparison) overTime(r *Report) plot {
	var at, e, marks []float64
	var names []string
	now := 0.0
	for i := range c.stretches {
		s := &c.stretches[i]
		marks, names = append(marks, now), append(names, s.clip)
		for k := range s.a {
			sum := 0.0
			for j := range c.body.Joints {
				d := s.a[k].State.Pos[j] - s.b[k].State.Pos[j]
				sum += d * d
			}
			at, e = append(at, now), append(e, math.Sqrt(sum/float64(len(c.body.Joints))))
			now += c.body.Period.Seconds()
		}
		at, e = append(at, now), append(e, math.NaN())
	}
	sorted := slices.DeleteFunc(slices.Clone(e), math.IsNaN)
	ch := newChart(940, 210, 0, now, 0, 1.15*math.Max(quantile(sorted, 0.999), float64(r.item(1).Gate)))
	ch.grid(10, 4, "s", "rad")
	ch.line("s1", at, e)
	for i, m := range marks {
		ch.text(ch.x(m)+5, ch.top+6, "start", "unit", names[i])
		if i > 0 {
			fmt.Fprintf(&ch.b, `<line class="axis" x1="%s" x2="%[1]s" y1="%s" y2="%s"/>`, num(ch.x(m)), num(ch.top), num(ch.h-ch.bottom))
		}
	}
	ch.level("gate", float64(r.item(1).Gate), "gate")
	ch.level("floor", float64(r.item(1).Floor), "floor")
	return plot{Title: "How far apart, over time", Caption: "RMS over joints of the difference of positions, tick by tick, pass after pass.", SVG: ch.svg("difference of joint positions over time"), Wide: true, part: "errors"}
}

// perJoint draws items 1 and 2 joint by joint.
func (c *comparison) perJoint(r *Report) plot {
	n := len(c.body.Joints)
	it := r.item(1)
	most := float64(it.Gate)
	for _, v := range it.Joints {
		most = math.Max(most, float64(v))
	}
	ch := newChart(460, 22*float64(min(n, 40))+40, 0, 1.1*most, 0, float64(n))
	ch.left = 110
	for j := range min(n, 40) {
		y := float64(n - j)
		ch.bar("f1", 0, y-0.82, float64(it.Joints[j]), y-0.18, fmt.Sprintf("%.4f rad", float64(it.Joints[j])))
		ch.text(ch.left-6, ch.y(y-0.5)+4, "end", "tick", c.body.Joints[j].Name)
	}
	ch.xAxis(5, "rad")
	ch.upright("gate", float64(it.Gate))
	return plot{Title: "Joint by joint", Caption: "RMSE of joint positions; the dashed line is the gate of the mean.", SVG: ch.svg("RMSE per joint"), part: "errors"}
}

// upright is a line up, such as a gate.
func (c *chart) upright(class string, x float64) {
	if x >= c.x0 && x <= c.x1 {
		fmt.Fprintf(&c.b, `<line class="%s" x1="%s" x2="%[2]s" y1="%s" y2="%s"/>`, class, num(c.x(x)), num(c.top), num(c.h-c.bottom))
	}
}

// ranking draws what single causes explain.
func (d *Difference) ranking() plot {
	n := min(len(d.Singles), 24)
	ch := newChart(460, 22*float64(n)+40, 0, 1, 0, float64(n))
	ch.left = 236
	for i, k := range d.Singles[:n] {
		y, class := float64(n-i), "f0"
		for _, m := range d.Named {
			if m.Causes[0] == k.Causes[0] {
				class = "f2"
			}
		}
		ch.bar(class, 0, y-0.82, math.Max(0.002, float64(k.Explained)), y-0.18, k.Say)
		ch.text(ch.left-6, ch.y(y-0.5)+4, "end", "tick", strings.Replace(k.Say, KindOffset+" of", "offset of", 1))
	}
	ch.xAxis(5, "")
	return plot{Title: "One cause at a time", SVG: ch.svg("what single causes explain"), part: "causes",
		Caption: fmt.Sprintf("Share of the difference (χ² %s) that goes when one cause alone is refitted. Filled in strong colour: named.", d.Chi)}
}

// forest draws the difference of every parameter in its deviations.
func (d *Difference) forest() plot {
	n := len(d.Parameters)
	most := 6.0
	z := make([]float64, n)
	for i, p := range d.Parameters {
		z[i] = float64(p.Difference) / float64(p.Deviation)
		most = math.Max(most, math.Abs(z[i])+3)
	}
	ch := newChart(460, 22*float64(n)+40, -most, most, 0, float64(n))
	ch.left = 150
	ch.bar("band", -2, 0, 2, float64(n), "within two deviations of no difference")
	for i, p := range d.Parameters {
		y, class := float64(n-i)-0.5, "s0"
		if math.Abs(z[i]) > 4 {
			class = "s2"
		}
		ch.line(class, []float64{z[i] - 2, z[i] + 2}, []float64{y, y})
		fmt.Fprintf(&ch.b, `<circle class="f%s" cx="%s" cy="%s" r="3.5"><title>%s ± %s</title></circle>`, class[1:], num(ch.x(z[i])), num(ch.y(y)), p.Difference, p.Deviation)
		ch.text(ch.left-6, ch.y(y)+4, "end", "tick", strings.Replace(p.Name, KindOffset+" of", "offset of", 1))
	}
	ch.xAxis(6, "")
	return plot{Title: "All parameters at once", Caption: "Second less first, both fitted, in standard deviations; grey: no difference.", SVG: ch.svg("differences of parameters"), part: "causes"}
}

func frequencyPlot(r *Report) (plot, bool) {
	rows := r.item(7).Rows
	if len(rows) == 0 {
		return plot{}, false
	}
	var hz []float64
	series := make([][]float64, 4) // gains, phases
	for _, row := range rows {
		if math.Min(float64(row.Value[5]), float64(row.Value[6])) < 0.5 {
			continue
		}
		hz = append(hz, float64(row.Value[0]))
		for k := range series {
			series[k] = append(series[k], float64(row.Value[1+k]))
		}
	}
	if len(hz) < 2 {
		return plot{}, false
	}
	low, high := slices.Min(append(slices.Clone(series[0]), series[1]...)), slices.Max(append(slices.Clone(series[0]), series[1]...))
	top := newChart(460, 150, hz[0], hz[len(hz)-1], low-1, high+1)
	top.grid(6, 4, "", "dB")
	top.line("s0", hz, series[0])
	top.line("s1", hz, series[1])
	low, high = slices.Min(append(slices.Clone(series[2]), series[3]...)), slices.Max(append(slices.Clone(series[2]), series[3]...))
	under := newChart(460, 160, hz[0], hz[len(hz)-1], low-5, high+5)
	under.grid(6, 4, "Hz", "degrees")
	under.line("s0", hz, series[2])
	under.line("s1", hz, series[3])
	return plot{Title: "From command to joint", Caption: "Gain and phase of the frequency response over all joints, where the coherence of both is above 0.5.",
		SVG: top.svg("gain") + under.svg("phase"), Legend: []string{"first", "second"}, part: "errors"}, true
}

// torques draws the torque of the joint whose torques differ most.
func (c *comparison) torques() (plot, bool) {
	if !c.a.header.Body.Measures.Torque || !c.b.header.Body.Measures.Torque {
		return plot{}, false
	}
	sum := make([]float64, len(c.body.Actuators))
	c.each(func(x, y *controller.Sample) {
		for i := range sum {
			sum[i] += math.Pow(x.State.Torque[i]-y.State.Torque[i], 2)
		}
	})
	i := slices.Index(sum, slices.Max(sum))
	ch := c.trace(940, 220, "N·m", func(s *controller.Sample) float64 { return s.State.Torque[i] }, nil)
	return plot{Title: "Torque of " + c.body.Actuators[i].Name, Caption: "Measured torques, N·m, of the motor whose torques differ most.", SVG: ch.svg("torque"), Legend: []string{"first", "second"}, part: "errors", Wide: true}, true
}

// traceSeconds is how much of a pass is drawn.
const traceSeconds = 3

// traces draws every joint of a part of the first pass, command and both.
func (c *comparison) traces() (list []plot) {
	for j := range min(len(c.body.Joints), 12) {
		var command func(*controller.Sample) float64
		if slices.Contains(c.actuated(), j) {
			command = func(s *controller.Sample) float64 { return s.Command.Pos[j] }
		}
		ch := c.trace(310, 140, "rad", func(s *controller.Sample) float64 { return s.State.Pos[j] }, command)
		list = append(list, plot{Title: c.body.Joints[j].Name, SVG: ch.svg(c.body.Joints[j].Name), part: "joints"})
	}
	return list
}

func (c *comparison) trace(w, h float64, unit string, value, command func(*controller.Sample) float64) *chart {
	s := &c.stretches[0]
	n := min(len(s.a), int(traceSeconds/c.body.Period.Seconds()))
	from := min(len(s.a)-n, len(s.a)/3)
	series := make([][]float64, 3)
	var at []float64
	for k := from; k < from+n; k++ {
		at = append(at, float64(s.a[k].Tick-s.a[0].Tick)*c.body.Period.Seconds())
		series[0], series[1] = append(series[0], value(s.a[k])), append(series[1], value(s.b[k]))
		if command != nil {
			series[2] = append(series[2], command(s.b[k]))
		}
	}
	all := slices.Concat(series...)
	low, high := slices.Min(all), slices.Max(all)
	ch := newChart(w, h, at[0], at[len(at)-1], low-0.06*(high-low), high+0.12*(high-low))
	ch.grid(5, 4, "s", unit)
	if command != nil {
		ch.line("s3", at, series[2])
	}
	ch.line("s0", at, series[0])
	ch.line("s1", at, series[1])
	return ch
}
