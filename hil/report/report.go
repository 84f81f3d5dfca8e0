package report

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Options say what to compare.
type Options struct {
	First, Second string   // recordings
	More          []string // repetitions of the second; what is none is named in the report
	Gates         *Gates   // nil for the default ones
	Version       string   // of Whisker
}

// Report is everything that was found.
type Report struct {
	Title  string `json:"title"` // names the pair as what it is
	First  Side   `json:"first"`
	Second Side   `json:"second"`
	More   []Side `json:"more"`
	Body   string `json:"body"`
	// Ticks in common; Gaps are ticks missing inside of each's passes, Cut those at
	// the ends that one pass has and the other lacks.
	Ticks     int      `json:"ticks"`
	Gaps      [2]int   `json:"gaps"`
	Cut       int      `json:"cut"`
	Unmatched []string `json:"unmatched"`

	Verdict    Verdict     `json:"verdict"` // fail if any item fails
	Items      []Item      `json:"items"`
	Difference *Difference `json:"difference"`
	Gates      *Gates      `json:"gates"`
	Version    string      `json:"version"`
	Seal       string      `json:"seal"` // SHA-256 over all of the above and the hashes in Side

	plots []plot
}

// Side is one recording of a report. Hashes are SHA-256, hex; one that the
// recording does not hold is empty.
type Side struct {
	Path     string `json:"path"`
	Name     string `json:"name"`
	Kind     string `json:"kind"` // simulation, emulated firmware, board, remote robot
	Ticks    int    `json:"ticks"`
	Passes   int    `json:"passes"`
	SHA      string `json:"sha256"`
	Firmware string `json:"firmware_sha256"`
	Model    string `json:"model_sha256"`
	Policy   string `json:"policy_sha256"`
	Scenario string `json:"scenario_sha256"`
	Body     string `json:"body_sha256"`
	MuJoCo   string `json:"mujoco"`
	Version  string `json:"version"`
	Started  string `json:"started"`
	// Unlike says why a further recording is not a repetition of the second and does not
	// count for the floor.
	Unlike string `json:"not_a_repetition,omitempty"`
}

// Make compares two recordings. Its errors are of what was asked for.
func Make(ctx context.Context, o Options) (*Report, error) {
	c, err := newComparison(o)
	if err != nil {
		return nil, err
	}
	var more []*comparison // the second against its repetitions
	r := &Report{Gates: c.gates, Version: o.Version, More: []Side{}}
	seen := []string{o.First, o.Second}
	for _, path := range o.More {
		rec, err := load(path)
		if err != nil {
			return nil, err
		}
		s, err := align(c.b, rec)
		if err != nil {
			return nil, err
		}
		of := side(rec)
		if of.Unlike = unlike(c.b, rec); slices.Contains(seen, path) {
			of.Unlike = "it is " + path + " once more"
		}
		if seen = append(seen, path); of.Unlike == "" {
			more = append(more, &comparison{shared: s, a: c.b, b: rec, gates: c.gates})
		}
		r.More = append(r.More, of)
	}
	if c.difference, err = explain(ctx, c); err != nil {
		return nil, err
	}
	r.describe(c)
	r.fill(c, more)
	r.plots = plotsOf(c, r)
	r.Seal = r.seal()
	return r, nil
}

func newComparison(o Options) (*comparison, error) {
	a, err := load(o.First)
	if err != nil {
		return nil, err
	}
	b, err := load(o.Second)
	if err != nil {
		return nil, err
	}
	s, err := align(a, b)
	if err != nil {
		return nil, err
	}
	c := &comparison{shared: s, a: a, b: b, gates: o.Gates}
	if c.gates == nil {
		c.gates = DefaultGates()
	}
	return c, nil
}

func (r *Report) describe(c *comparison) {
	r.Title = fmt.Sprintf("%s against %s", c.first(), c.second())
	r.First, r.Second, r.Body = side(c.a), side(c.b), c.body.Name
	r.Ticks, r.Gaps, r.Cut, r.Unmatched = c.ticks(), c.gaps, c.cut, c.unmatched
	r.Difference = c.difference
}

// Repetitions counts the further recordings that are ones of the second.
func (r *Report) Repetitions() int { return len(r.More) - len(r.Others()) }

// Others names the further recordings that are none, each with what differs.
func (r *Report) Others() (say []string) {
	for _, s := range r.More {
		if s.Unlike != "" {
			say = append(say, fmt.Sprintf("%s: not a repetition: %s", s.Name, s.Unlike))
		}
	}
	return say
}

// fill computes the items, their floors and verdicts.
func (r *Report) fill(c *comparison, more []*comparison) {
	g := c.gates
	floor := func(it *Item, f func(*comparison) Item) {
		it.Floor = missing
		var v []float64
		for _, m := range more {
			if x := float64(f(m).Value); !math.IsNaN(x) {
				v = append(v, x)
			}
		}
		if len(v) > 0 {
			it.Floor = Number(mean(v))
		}
	}
	add := func(f func(*comparison) Item, gate float64, floored bool) {
		it := f(c)
		it.Floor = missing
		if floored {
			floor(&it, f)
		}
		it.judge(gate, g.FloorFactor)
		if it.Number == 1 {
			c.judgeRMSE(&it)
		}
		r.Items = append(r.Items, it)
	}
	add((*comparison).rmse, g.RMSE, true)
	add((*comparison).mae, g.MAE, true)
	add((*comparison).torqueRMSE, g.Torque, true)
	add((*comparison).estimator, g.TorqueSlope, false) // of the second alone: a repetition says nothing of it
	add((*comparison).identified, g.CV, false)
	add((*comparison).lag, g.Lag, true)
	add((*comparison).frequency, g.Gain, true)
	add((*comparison).distribution, g.Distribution, true)
	r.Items = append(r.Items, r.floors(len(more)))
	add((*comparison).predictivity, g.Predictivity, true)
	add((*comparison).task, g.Outcomes, true)
	add((*comparison).coverage, g.Coverage, false)
	add((*comparison).timing, g.Period, false)
	add((*comparison).heldOut, g.HeldOut, false)
	r.judgeMissed()
	r.Verdict = Pass
	for i := range r.Items {
		if r.Items[i].Verdict == Fail {
			r.Verdict = Fail
		}
	}
}

// judgeMissed holds item 13 to a second gate.
func (r *Report) judgeMissed() {
	for i := range r.Items {
		it := &r.Items[i]
		if it.Number == 13 && float64(it.Rows[0].Value[0]) > r.Gates.Missed {
			it.Verdict = Fail
			it.Note += fmt.Sprintf("; more than %.2g %% of periods are missed", 100*r.Gates.Missed)
		}
	}
}

// floors is item 9: what a repetition of the second differs by.
func (r *Report) floors(runs int) Item {
	it := Item{Number: 9, Name: "Repeatability floor: joint position RMSE", Unit: "rad", Value: r.Items[0].Floor, Gate: missing, Floor: missing}
	if runs == 0 {
		it.Verdict, it.Note = Unknown, "no repetition of the second was given: gates are those of the file, whatever the robot repeats to"
		it.Note += r.othersNote()
		return it
	}
	it.Verdict = Pass
	it.Note = fmt.Sprintf("%d more runs; every gate is at least %g times the floor", runs, r.Gates.FloorFactor) + r.othersNote()
	for i := range r.Items {
		if f := r.Items[i].Floor; !math.IsNaN(float64(f)) {
			it.Rows = append(it.Rows, Row{Name: r.Items[i].Name, Value: []Number{f}})
		}
	}
	return it
}

func (r *Report) othersNote() string {
	if len(r.Others()) == 0 {
		return ""
	}
	return "; " + strings.Join(r.Others(), "; ")
}

// identified is item 5: how well the parameters are known.
func (c *comparison) identified() Item {
	it := Item{Number: 5, Name: "Identified parameters: largest coefficient of variation", Unit: "", Value: missing}
	d := c.difference
	if d == nil || !d.Known {
		it.Note = "nothing could be fitted"
		if d != nil {
			it.Note = d.Words
		}
		return it
	}
	var bound, outside []string
	for i := range d.Parameters {
		p := &d.Parameters[i]
		if !math.IsNaN(float64(p.CV)) && !(p.CV <= it.Value) {
			it.Value = p.CV
		}
		if p.AtBound {
			bound = append(bound, p.Name)
		}
		if !p.InRange {
			outside = append(outside, p.Name)
		}
		it.Rows = append(it.Rows, Row{Name: p.Name, Text: p.Unit, Value: []Number{p.First, p.Second, p.Difference, p.Deviation, p.CV}})
	}
	it.Note = fmt.Sprintf("over %d and %d windows; at a bound: %s; outside of what training draws: %s", d.Window[0], d.Window[1], listed(bound), listed(outside))
	if len(bound) > 0 {
		it.Value = Number(math.Inf(1))
	}
	return it
}

func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	s := names[0]
	for _, n := range names[1:] {
		s += ", " + n
	}
	return s
}
