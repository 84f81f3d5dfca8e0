package report

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"

	"whisker/controller"
	"whisker/controller/profile"
	"whisker/sim"
)

// Difference is what makes two recordings differ, as far as replays through the
// simulator tell.
type Difference struct {
	// Words is the answer in a sentence or two.
	Words string `json:"words"`
	// Named are the causes that the recordings prove, the largest first; empty with
	// Known means that nothing differs by more than the floor.
	Known bool        `json:"known"`
	Named []Candidate `json:"named"`
	// Singles and Pairs are refits of one cause and of two, the best first.
	Singles []Candidate `json:"singles"`
	Pairs   []Candidate `json:"pairs"`
	// Parameters are the fits of both recordings, cause by cause.
	Parameters []Parameter `json:"parameters"`
	// Sensors are what the second's sensors say of each other and the first's do not;
	// measured, not fitted: in rad/s, a factor less 1, or rad.
	Sensors []Candidate `json:"sensors"`
	// StopsAt is the share of their largest torque at which motors of either stop although
	// more is asked of them; 0 where none does. It is measured, not fitted.
	StopsAt [2]Number `json:"stops_at"`
	// Settings are differences that the recordings state themselves.
	Settings []string `json:"settings"`
	// Replay errors of joint positions in windows, RMS, rad: of the second under the
	// model that explains the first, and of the first under it, which is the floor.
	Error  Number `json:"replay_error_rad"`
	Floor  Number `json:"replay_floor_rad"`
	Chi    Number `json:"chi_square"`
	Window [2]int `json:"windows"`
	// HeldOut says how the named causes do on a pass that they were not fitted to.
	HeldOut string `json:"held_out"`

	proven []int     // the causes that are named
	speeds []float64 // per joint: measured over replayed, of the second over the first
}

// Candidate is a set of causes with the values that explain most.
type Candidate struct {
	Causes []string `json:"causes"`
	Kinds  []string `json:"kinds"`
	Values []Number `json:"values"` // s, rad, or a factor less 1
	Say    string   `json:"say"`
	// Explained is the share of chi square that goes with them, and Error the replay
	// error that is left, rad; null where it was not replayed.
	Explained Number `json:"explained"`
	Error     Number `json:"replay_error_rad"`
}

// Parameter is one cause as both recordings give it.
type Parameter struct {
	Name       string `json:"name"`
	Unit       string `json:"unit"`
	First      Number `json:"first"`
	Second     Number `json:"second"`
	Difference Number `json:"difference"`
	Deviation  Number `json:"deviation"` // of the difference
	CV         Number `json:"cv"`        // of the second's factor; null for what is no factor
	AtBound    bool   `json:"at_bound"`
	InRange    bool   `json:"in_training_range"` // of sim's default randomisation
}

// windowStride is from one window to the next: none overlaps another's scored part.
const windowStride = 20

// mostWindows bounds the time of a fit; of longer recordings every so many are taken.
const mostWindows = 110

// windowsOf cuts the passes that are shared into windows in which no tick is
// missing and the robot is on its feet.
func windowsOf(rec *recording, passes []int) (ws []window) {
	n := 1 + warmTicks + scoredTicks
	for at, i := range passes {
		s := rec.passes[i].samples
		for k := 0; k+n <= len(s); k += windowStride {
			if w := s[k : k+n]; unbroken(w) {
				ws = append(ws, window{samples: w, pass: at})
			}
		}
	}
	if len(ws) > mostWindows {
		kept := make([]window, mostWindows)
		for i := range kept {
			kept[i] = ws[i*len(ws)/mostWindows]
		}
		ws = kept
	}
	return ws
}

func unbroken(s []controller.Sample) bool {
	for i := range s {
		if tilt(&s[i]) > fallTilt*3/4 || i > 0 && (s[i].Tick != s[i-1].Tick+1 || s[i].Timing.Skipped > 0) {
			return false
		}
	}
	return true
}

// bench is a fitter on robots of its own.
type bench struct{ fitter }

// openBench opens simulated robots as the scenario of a recording describes them.
func openBench(rec *recording, saturates bool) (*bench, error) {
	name, _, _ := strings.Cut(rec.scenario.Robot, "@")
	if name == "rat" {
		return nil, errors.New("the rat has no profile whose parameters could be fitted")
	}
	p, err := profile.Open(name)
	if err != nil {
		return nil, fmt.Errorf("the robot's profile is needed: %w", err)
	}
	step := time.Duration(rec.scenario.Physics.TimestepMs * float64(time.Millisecond))
	base, err := sim.Open(sim.Options{Profile: p, Model: rec.scenario.Model, Timestep: step})
	if err != nil {
		return nil, err
	}
	defer base.Close()
	b := &bench{fitter{body: base.Body(), causes: causesOf(base.Body(), step, saturates)}}
	for range runtime.NumCPU() {
		r, err := base.Clone()
		if err != nil {
			b.close()
			return nil, err
		}
		held := rec.scenario.Physics.Held
		b.workers = append(b.workers, newReplayer(r, held))
		if !held {
			continue
		}
		if err := r.Hold(); err != nil {
			b.close()
			return nil, err
		}
	}
	return b, nil
}

func (b *bench) close() {
	for _, w := range b.workers {
		w.close()
	}
}

// Explain says what most likely makes the second of two recordings differ from
// the first: the part of a report that needs the simulator.
func Explain(ctx context.Context, first, second string) (*Difference, error) {
	c, err := newComparison(Options{First: first, Second: second})
	if err != nil {
		return nil, err
	}
	return explain(ctx, c)
}

// explain fits both recordings and names what differs. Where that cannot be done
// the answer says why.
func explain(ctx context.Context, c *comparison) (*Difference, error) {
	unknown := func(err error) *Difference {
		why := strings.TrimPrefix(err.Error(), "report: ")
		d := &Difference{Words: "What differs is not known: " + why + ".", Settings: c.settings(), Error: missing, Floor: missing, Chi: missing}
		d.tellSettings()
		return d
	}
	if c.a.scenario.Physics.Held != c.b.scenario.Physics.Held {
		return unknown(errors.New("one of the two hangs on a stand")), nil
	}
	if !c.a.header.Body.Measures.IMU || !c.b.header.Body.Measures.IMU {
		return unknown(errors.New("one of the two does not measure its orientation, from which a replay begins")), nil
	}
	tops := [2]float64{c.flatTop(first), c.flatTop(second)}
	b, err := openBench(c.a, tops != [2]float64{})
	if err != nil {
		return unknown(err), nil
	}
	defer b.close()
	if len(b.body.Joints) != len(c.body.Joints) || b.body.Period != c.body.Period {
		return unknown(fmt.Errorf("the profile %s has changed since the recording", b.body.Name)), nil
	}
	var at [2][]int
	for _, s := range c.stretches {
		at[0], at[1] = append(at[0], s.pass[0]), append(at[1], s.pass[1])
	}
	ws := [2][]window{windowsOf(c.a, at[0]), windowsOf(c.b, at[1])}
	k, err := b.compare(ctx, ws, tops)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return unknown(err), nil
	}
	d := &Difference{Known: true, Window: [2]int{len(ws[0]), len(ws[1])}, Chi: Number(k.total)}
	d.Parameters = k.parameters(c.body)
	if err := d.rank(ctx, b, k, ws); err != nil {
		return nil, err
	}
	d.Sensors, d.Settings = c.sensors(d.speeds), c.settings()
	d.StopsAt = [2]Number{Number(tops[0]), Number(tops[1])}
	if err := d.holdOut(ctx, b, k, ws, c.stretches); err != nil {
		return nil, err
	}
	d.say(c)
	return d, nil
}

// compare fits the windows of two recordings and contrasts the estimates. tops
// are where their motors stop, as flatTop says.
func (f *fitter) compare(ctx context.Context, ws [2][]window, tops [2]float64) (*contrast, error) {
	f.scale = nil
	a, err := f.fit(ctx, ws[0], tops[0])
	if err != nil {
		return nil, err
	}
	b, err := f.fit(ctx, ws[1], tops[1])
	if err != nil {
		return nil, err
	}
	c, err := newContrast(f.causes, a, b)
	if err == nil && stopApart(tops) {
		c.seen = []int{slices.IndexFunc(f.causes, func(k cause) bool { return k.kind == KindCeiling })}
		c.by = []float64{stopOf(tops[1]) - stopOf(tops[0])}
	}
	return c, err
}

// stopOf is where motors stop that were not seen to: at their largest torque.
func stopOf(top float64) float64 {
	if top == 0 {
		return 1
	}
	return top
}

// stopApart says whether the motors of two robots stop at different torques; tops
// are where they do, 0 for those that do not.
func stopApart(tops [2]float64) bool {
	low, high := min(tops[0], tops[1]), max(tops[0], tops[1])
	return high > 0 && (low == 0 || low*nearFloor < high)
}

// parameters lists both fits.
func (c *contrast) parameters(body *controller.Body) (list []Parameter) {
	ranges := sim.DefaultRanges()
	for k := range c.causes {
		u := &c.causes[k]
		p := Parameter{Name: u.name(), Unit: u.unit, First: Number(c.a.x[k]), Second: Number(c.b.x[k]),
			Difference: Number(c.x.AtVec(k)), Deviation: Number(c.sd[k]), CV: missing,
			AtBound: c.b.x[k] <= u.low || c.b.x[k] >= u.high}
		x, sd := c.x.AtVec(k), c.sd[k]
		in := func(r sim.Range, v float64) bool { return v >= r[0]-2*sd && v <= r[1]+2*sd }
		switch u.kind {
		case KindDelay:
			p.InRange = x >= ranges.DelayMs[0]/1000-2*sd && x <= ranges.DelayMs[1]/1000
		case KindCoulomb:
			p.InRange = in(ranges.Coulomb, 1+x)
		case KindArmature:
			p.InRange = in(ranges.Armature, 1+x)
		case KindStrength, KindCeiling:
			p.InRange = in(ranges.Strength, 1+x)
		case KindOffset:
			p.InRange = in(ranges.JointOffset, x)
		}
		if u.unit == factorUnit {
			p.CV = Number(math.Sqrt(c.b.cov.At(k, k)) / math.Max(0.05, 1+c.b.x[k]))
		}
		list = append(list, p)
	}
	return list
}

func (c *contrast) candidate(set []int) Candidate {
	chi, x := c.explained(set)
	k := Candidate{Explained: Number(chi / math.Max(c.total, 1e-9)), Error: missing}
	var say []string
	order := make([]int, len(set))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return int(math.Copysign(1, math.Abs(x[j])/c.causes[set[j]].step-math.Abs(x[i])/c.causes[set[i]].step))
	})
	for _, i := range order {
		u := &c.causes[set[i]]
		k.Causes, k.Kinds, k.Values = append(k.Causes, u.name()), append(k.Kinds, u.kind), append(k.Values, Number(x[i]))
		say = append(say, u.name()+" "+u.say(x[i]))
	}
	k.Say = strings.Join(say, " and ")
	return k
}
