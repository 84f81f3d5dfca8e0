package identify

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// Options are how much work a fit may be. The zero value takes the defaults.
type Options struct {
	Seed        uint64 // the same seed and logs give the same body
	Evaluations int    // replays of the global search per joint; 0 is 400
	Restarts    int    // refinements from around the best point; 0 is 2
	Draws       int    // bootstrap refits; 0 is 24
	Epochs      int    // of Learn, through all windows; 0 is 60, more where logs are short
	ValuesOnly  bool   // leaves out what the logs say of each value
	Workers     int    // joints at a time; 0 is one per core
	// Progress hears of every joint that is done, in the order of being done; nil
	// for nobody.
	Progress func(done, total int, joint string, rmse float64)
}

func (o Options) filled() Options {
	def := func(x *int, v int) {
		if *x == 0 {
			*x = v
		}
	}
	def(&o.Evaluations, 400)
	def(&o.Restarts, 2)
	def(&o.Draws, 24)
	def(&o.Workers, runtime.GOMAXPROCS(0))
	return o
}

// Identify finds the numbers of p for every joint from all logs together. It
// returns ctx's error when that ends first, and an error when a log lacks one of
// the profile's joints.
func Identify(ctx context.Context, p *Profile, logs []*Log, given Options) (*Body, error) {
	o := given.filled()
	if err := p.Suits(logs); err != nil {
		return nil, err
	}
	hung, err := p.hang(ctx, logs, o.Workers)
	if err != nil {
		return nil, err
	}
	body := &Body{Robot: p.Name, Law: p.Law, Seed: o.Seed, Model: p.model, ServoKp: p.ServoKp, Volts: p.Volts, Joints: make([]Joint, len(p.Joints))}
	for _, l := range logs {
		body.Logs = append(body.Logs, l.Name)
	}
	done := make(chan int, len(p.Joints))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(o.Workers + 1) // and the one that hears of progress
	g.Go(func() error { return report(inner, &o, body, done) })
	for i, name := range p.Joints {
		g.Go(func() error {
			body.Joints[i] = identifyJoint(inner, p, name, hung, &o, o.Seed+uint64(i)*1000)
			done <- i
			return inner.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("identify: stopped: %w", err)
	}
	body.Mirrors = mirrors(p, body)
	return body, body.rescore(logs)
}

// report hands the joints that are done to Options.Progress, until all are.
func report(ctx context.Context, o *Options, body *Body, done <-chan int) error {
	for n := range body.Joints {
		select {
		case i := <-done:
			if o.Progress != nil && ctx.Err() == nil {
				o.Progress(n+1, len(body.Joints), body.Joints[i].Name, body.Joints[i].replayed())
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func identifyJoint(ctx context.Context, p *Profile, name string, logs []*Log, o *Options, seed uint64) Joint {
	b := newProblem(ctx, p, name, logs)
	u, pull := b.space.begin, 0.0
	if !b.still() {
		if u, pull = b.solve(ctx, o, seed); b.reached {
			u, pull = b.widen(ctx, u, pull)
		}
	}
	j := Joint{Name: name, Coupled: p.Couple[name], RMSE: b.rmse(u), Known: map[Param]float64{}, Found: map[Param]Found{}}
	for k, x := range b.space.base {
		if x != params[k].neutral {
			j.Known[Param(k)] = x
		}
	}
	for i, k := range b.space.param {
		delete(j.Known, k)
		j.Found[k] = Found{Value: b.space.at(i, u[i])}
	}
	if b.whole != nil && !b.reached {
		for i, k := range b.whole.param {
			if b.whole.limit(k) {
				delete(j.Known, k)
				j.Found[k] = b.whole.unknown(i, b.whole.begin)
			}
		}
	}
	if o.ValuesOnly {
		return j
	}
	if b.travel() < leastTravel {
		for i, k := range b.space.param {
			j.Found[k] = b.space.unknown(i, u)
		}
		return j
	}
	if p.model != nil {
		j.Beyond = b.beyond(ctx, u, pull)
	}
	draws, limit := b.bootstrap(ctx, u, pull, o.Draws, seed), b.information(u)
	for i, k := range b.space.param {
		lo, hi := b.interval(ctx, u, pull, i, limit[i])
		j.Found[k] = b.space.found(i, u, draws[i], limit[i], lo, hi)
	}
	return j
}
