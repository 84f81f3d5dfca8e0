package report

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
)

const (
	replayedSingles = 6 // of the ranking, the ones whose error is replayed
	replayedPairs   = 3
)

// rank fills in the refits of single causes and of pairs, and what the recordings
// prove, and replays the second recording under the best of them.
func (d *Difference) rank(ctx context.Context, b *bench, c *contrast, ws [2][]window) error {
	n := len(c.causes)
	var singles, pairs [][]int
	for i := range n {
		singles = append(singles, []int{i})
		for j := range i {
			pairs = append(pairs, []int{j, i})
		}
	}
	best := func(sets [][]int) {
		slices.SortStableFunc(sets, func(x, y []int) int {
			a, _ := c.explained(x)
			b, _ := c.explained(y)
			return int(math.Copysign(1, b-a))
		})
	}
	best(singles)
	best(pairs)
	pairs = pairs[:min(len(pairs), 2*replayedPairs)]
	named, values, err := b.proven(ctx, ws[1], c)
	if err != nil {
		return err
	}
	d.proven = named
	var replay [][]float64
	for _, s := range slices.Concat(singles[:min(n, replayedSingles)], pairs[:min(len(pairs), replayedPairs)], [][]int{nil}) {
		replay = append(replay, c.best(s))
	}
	replay = append(replay, c.point(named, values))
	left, err := b.errorsUnder(ctx, ws[1], replay)
	if err != nil {
		return err
	}
	floor, err := b.errorsUnder(ctx, ws[0], [][]float64{c.best(nil)})
	if err != nil {
		return err
	}
	d.Floor = Number(floor[0])
	own, err := b.speedsUnder(ctx, ws[0], c.a.x, c.best(nil))
	if err != nil {
		return err
	}
	speeds, err := b.speedsUnder(ctx, ws[1], c.b.x, c.point(named, values))
	if err != nil {
		return err
	}
	for j := range own[0] {
		d.speeds = append(d.speeds, nearest(speeds[0][j]/own[0][j], speeds[1][j]/own[1][j]))
	}
	for i, s := range singles {
		k := c.candidate(s)
		if i < replayedSingles {
			k.Error = Number(left[i])
		}
		d.Singles = append(d.Singles, k)
	}
	at := min(n, replayedSingles)
	for i, s := range pairs {
		k := c.candidate(s)
		if i < replayedPairs {
			k.Error = Number(left[at+i])
		}
		d.Pairs = append(d.Pairs, k)
	}
	at += min(len(pairs), replayedPairs)
	d.Error = Number(left[at])
	d.name(c, named, values, left[at+1])
	return nil
}

// proven are the causes that are named, and their values: those chosen, unless replays
// with them err no less than with what was seen alone. What a linear fit makes of windows
// that went differently by chance is a cause that explains nothing.
func (b *bench) proven(ctx context.Context, ws []window, c *contrast) (set []int, values []float64, err error) {
	set = c.choose()
	if len(set) == len(c.seen) {
		return c.seen, c.by, nil
	}
	if values, err = b.refine(ctx, ws, c, set); err != nil {
		return nil, nil, err
	}
	pred, err := b.replay(ctx, ws, [][]float64{c.point(c.seen, c.by), c.point(set, values)})
	if err != nil {
		return nil, nil, err
	}
	if seen := b.observe(ws); b.cost(seen, pred[1]) >= b.cost(seen, pred[0]) {
		return c.seen, c.by, nil
	}
	return set, values, nil
}

// name lists what is proven, the largest first. What they explain, and the error
// that is left, are those of all together.
func (d *Difference) name(c *contrast, set []int, values []float64, left float64) {
	chi, _ := c.explained(set)
	for i, k := range set {
		u := &c.causes[k]
		d.Named = append(d.Named, Candidate{Causes: []string{u.name()}, Kinds: []string{u.kind}, Values: []Number{Number(values[i])},
			Say: u.name() + " " + u.say(values[i]), Explained: Number(chi / math.Max(c.total, 1e-9)), Error: Number(left)})
	}
	size := func(k Candidate) float64 {
		for i := range c.causes {
			if c.causes[i].name() == k.Causes[0] {
				return math.Abs(float64(k.Values[0])) / c.causes[i].step
			}
		}
		return 0
	}
	slices.SortStableFunc(d.Named, func(a, b Candidate) int { return cmp.Compare(size(b), size(a)) })
}

// stretched are the multiples of an estimate that are tried: a linear fit with
// noise in its derivatives finds too little, never too much.
var stretched = []float64{0.7, 0.85, 1, 1.15, 1.3, 1.5, 1.75}

// refine improves the values of a set of causes by replays, one cause after the
// other, twice: the multiple that leaves the least, between those tried by a parabola.
// What was seen keeps its value.
func (f *fitter) refine(ctx context.Context, ws []window, c *contrast, set []int) ([]float64, error) {
	_, v := c.explained(set)
	v = slices.Clone(v)
	for i, k := range set {
		if n := slices.Index(c.seen, k); n >= 0 {
			v[i] = c.by[n]
		}
	}
	seen := f.observe(ws)
	for turn := range 2 * len(set) {
		if len(set) == 1 && turn > 0 { // nothing else has changed
			break
		}
		i := turn % len(set)
		if slices.Contains(c.seen, set[i]) {
			continue
		}
		var xs [][]float64
		for _, k := range stretched {
			w := slices.Clone(v)
			w[i] *= k
			xs = append(xs, c.point(set, w))
		}
		pred, err := f.replay(ctx, ws, xs)
		if err != nil {
			return nil, err
		}
		cost := make([]float64, len(xs))
		for k := range xs {
			cost[k] = f.cost(seen, pred[k])
		}
		v[i] *= lowest(stretched, cost)
	}
	return v, nil
}

// lowest is where y is least, by the parabola through the least and its neighbours.
func lowest(x, y []float64) float64 {
	k := slices.Index(y, slices.Min(y))
	if k == 0 || k == len(x)-1 {
		return x[k]
	}
	a, b := x[k]-x[k-1], x[k]-x[k+1]
	p, q := a*a*(y[k]-y[k+1]), b*b*(y[k]-y[k-1])
	if d := a*(y[k]-y[k+1]) - b*(y[k]-y[k-1]); d != 0 {
		return x[k] - (p-q)/d/2
	}
	return x[k]
}

// point is the model that explains the first recording, with a set of causes
// changed by values; best takes those that explain most.
func (c *contrast) point(set []int, values []float64) []float64 {
	x := c.baseline()
	for i, k := range set {
		x[k] = math.Max(c.causes[k].low, math.Min(c.causes[k].high, x[k]+values[i]))
	}
	return x
}

func (c *contrast) best(set []int) []float64 {
	_, v := c.explained(set)
	return c.point(set, v)
}

// errorsUnder replays windows under models: RMS of joint positions, rad.
func (f *fitter) errorsUnder(ctx context.Context, ws []window, xs [][]float64) (rms []float64, err error) {
	pred, err := f.replay(ctx, ws, xs)
	if err != nil {
		return nil, err
	}
	seen := f.observe(ws)
	for i := range xs {
		rms = append(rms, f.positionRMS(seen, pred[i]))
	}
	return rms, nil
}

// speedsUnder replays windows under models, and gives the factors of speeds of each:
// under their own fit, and under what was named. Speeds ring for some milliseconds
// after each command, and no single model of that is to be trusted.
func (f *fitter) speedsUnder(ctx context.Context, ws []window, xs ...[]float64) (out [][]float64, err error) {
	pred, err := f.replay(ctx, ws, xs)
	if err != nil {
		return nil, err
	}
	seen := f.observe(ws)
	for _, p := range pred {
		out = append(out, f.speedsOf(seen, p))
	}
	return out, nil
}

// nearest is the factor that is nearer to 1; 1 where they are on both sides of it.
func nearest(x, y float64) float64 { return math.Max(math.Min(x, y), math.Min(math.Max(x, y), 1)) }

// baseline is the model that explains the first recording: the profile's, but for
// what the first's own fit proves.
func (c *contrast) baseline() []float64 {
	x := make([]float64, len(c.causes))
	for k := range x {
		sd := math.Hypot(math.Sqrt(c.a.cov.At(k, k)), c.causes[k].least)
		if math.Abs(c.a.x[k]) > 4*sd {
			x[k] = c.a.x[k]
		}
	}
	return x
}

// holdOut fits again without the last pass, and replays that under what was found.
func (d *Difference) holdOut(ctx context.Context, f *bench, c *contrast, ws [2][]window, stretches []stretch) error {
	last := len(stretches) - 1
	if len(d.Named) == 0 || last < 1 {
		return nil
	}
	var fits [2]*estimate
	for i, e := range []*estimate{c.a, c.b} {
		var err error
		if fits[i], err = e.sys.only(func(w int) bool { return ws[i][w].pass != last }).solve(); err != nil {
			return nil
		}
	}
	fitted, err := newContrast(c.causes, fits[0], fits[1])
	if err != nil {
		return nil
	}
	fitted.seen, fitted.by = c.seen, c.by
	var held []window
	for _, w := range ws[1] {
		if w.pass == last {
			held = append(held, w)
		}
	}
	if len(held) == 0 {
		return nil
	}
	e, err := f.errorsUnder(ctx, held, [][]float64{fitted.best(nil), fitted.best(d.proven)})
	if err == nil {
		d.HeldOut = fmt.Sprintf("fitted without %s, the named causes take its replay error from %.4f to %.4f rad", stretches[last].clip, e[0], e[1])
	}
	return err
}
