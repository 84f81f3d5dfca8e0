package identify

import (
	"context"
	"fmt"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"
)

// carried is what the links of a model do to one joint along a log while all joints
// move as they were measured: that makes a replay of the joint alone one within the
// robot, as cheap as before.
type carried struct {
	pos     []float64 // rad: where the joint was, true
	inertia []float64 // kg·m²: of all that hangs on it
	torque  []float64 // N·m: gravity's, and that of all motions but its own acceleration
	slope   []float64 // N·m/rad: its change with the joint's own position
}

// at is the inertia, and the torque at a position, some part of the way from sample
// i to the next. Without a model both are 0.
func (c *carried) at(i int, part, q float64) (inertia, torque float64) {
	if c == nil {
		return 0, 0
	}
	mix := func(x []float64) float64 { return x[i] + part*(x[i+1]-x[i]) }
	return mix(c.inertia), mix(c.torque) + mix(c.slope)*(q-mix(c.pos))
}

// hung are logs with what the profile's model, if it has one, says of their joints,
// whose encoders say that much too much, rad.
func (p *Profile) hung(logs []*Log, offset []float64) ([]*Log, error) {
	if p.model == nil {
		return logs, nil
	}
	c, err := p.model.chain(p.Name, p.Joints)
	if err != nil {
		return nil, err
	}
	var out []*Log
	for _, l := range logs {
		with := *l
		with.links = c.along(l, p.Joints, offset)
		out = append(out, &with)
	}
	return out, nil
}

// hang finds roughly how far encoders are off, before all else: each turns gravity at
// other joints too, and is found by that at its own. After two rounds what is left is
// less than encoders tell.
func (p *Profile) hang(ctx context.Context, logs []*Log, workers int) ([]*Log, error) {
	offset, at := make([]float64, len(p.Joints)), make([][]float64, len(p.Joints))
	for j, name := range p.Joints {
		offset[j] = p.space(name, false).base[Offset]
	}
	hung, err := p.hung(logs, offset)
	if _, ok := p.Fit[Offset]; !ok || p.model == nil || err != nil {
		return hung, err
	}
	for range 2 {
		g, inner := errgroup.WithContext(ctx)
		g.SetLimit(workers)
		for j, name := range p.Joints {
			g.Go(func() error {
				b := newProblem(inner, p, name, hung)
				at[j] = b.improve(inner, at[j])
				offset[j] = b.space.values(at[j])[Offset]
				return inner.Err()
			})
		}
		if err := g.Wait(); err != nil {
			return nil, fmt.Errorf("identify: stopped: %w", err)
		}
		if hung, err = p.hung(logs, offset); err != nil {
			return nil, err
		}
	}
	return hung, nil
}

// improve refines a point from where it is, or from the beginning of the search.
func (b *problem) improve(ctx context.Context, u []float64) []float64 {
	if u == nil {
		u = slices.Clone(b.space.begin)
		f, rows := b.withPrior(firstPull, nil)
		refine(ctx, f, u, rows, 12)
	}
	f, rows := b.withPrior(b.pull(u), nil)
	refine(ctx, f, u, rows, 12)
	return u
}

// along goes through a log of encoders that say that much too much, rad; the answer is
// in the log's order of joints.
func (c *chain) along(l *Log, joints []string, offset []float64) []*carried {
	n, rows := len(joints), len(l.Time)
	out := make([]*carried, len(l.Joints))
	at := make([]int, n)
	row := func() []float64 { return make([]float64, rows) }
	for j, name := range joints {
		at[j] = l.joint(name)
		out[at[j]] = &carried{row(), row(), row(), row()}
	}
	q, qd, acc := make([]float64, n), make([]float64, n), make([]float64, n)
	mass, bias, moved, other := make([]float64, n*n), make([]float64, n), make([]float64, n), make([]float64, n*n)
	for i := range rows {
		for j := range n {
			x := l.Position[at[j]]
			q[j] = x[i] - offset[j]
			out[at[j]].pos[i] = q[j]
			qd[j], acc[j] = parabola(l.Time, x, i, smoothing)
		}
		c.dynamics(q, qd, mass, bias)
		for j := range n {
			to := out[at[j]]
			to.inertia[i], to.torque[i] = mass[j*n+j], -bias[j]
			for k := range n {
				if k != j {
					to.torque[i] -= mass[j*n+k] * acc[k]
				}
			}
			const h = 1e-3
			q[j] += h
			c.dynamics(q, qd, other, moved)
			q[j] -= h
			to.slope[i] = -(moved[j] - bias[j]) / h
		}
	}
	return out
}

// smoothing is how far to either side of a sample speeds and accelerations look, s:
// at 200 Hz an encoder's 0.1 mrad then leave 0.2 rad/s², and a sine of 5 Hz loses
// one part in ten.
const smoothing = 0.03

// parabola is the speed and the acceleration at sample i of the parabola through
// those that close to it, s (Savitzky and Golay 1964), at least two to either side.
func parabola(time, x []float64, i int, smoothing float64) (v, a float64) {
	from, to := i, i
	for from > 0 && (time[i]-time[from-1] <= smoothing || i-from < 2) {
		from--
	}
	for to < len(time)-1 && (time[to+1]-time[i] <= smoothing || to-i < 2) {
		to++
	}
	n, mid := float64(to-from+1), 0.0
	for _, t := range time[from : to+1] {
		mid += t / n
	}
	s2, s3 := 0.0, 0.0
	for _, t := range time[from : to+1] {
		d := t - mid
		s2, s3 = s2+d*d, s3+d*d*d
	}
	slope, curve, size := 0.0, 0.0, 0.0
	for k := from; k <= to; k++ {
		d := time[k] - mid
		p := d*d - s3/s2*d - s2/n // at right angles to a constant and to d
		slope, curve, size = slope+x[k]*d/s2, curve+x[k]*p, size+p*p
	}
	if curve /= math.Max(size, 1e-300); to-from < 2 {
		curve = 0
	}
	return slope + curve*(2*(time[i]-mid)-s3/s2), 2 * curve
}
