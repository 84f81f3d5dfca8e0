package identify

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/stat"

	"whisker/policy/train"
)

// How a network is fitted: through replays of a length that begin where the joint
// was measured, so that what it does to later positions counts, and not to
// accelerations, which encoders do not tell.
const (
	windowTime  = 0.6 // s
	windowBatch = 32
	mostWindows = 256
	learnRate   = 2e-3
	heldOut     = 5 // of so many windows, one says when to stop
	leastEpochs = 60
	leastSteps  = 400 // updates, which short logs need more epochs for
)

// Learn gives every joint of a body a network of what its motor does beyond the
// numbers that were found in the same logs. It returns ctx's error when that ends
// first.
func Learn(ctx context.Context, p *Profile, b *Body, logs []*Log, given Options) error {
	o := given.filled()
	if err := p.Suits(logs); err != nil {
		return err
	}
	offset := make([]float64, len(p.Joints))
	for j, name := range p.Joints {
		offset[j] = b.joint(name).values()[Offset]
	}
	hung, err := p.hung(logs, offset)
	if err != nil {
		return err
	}
	done := make(chan int, len(b.Joints))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(o.Workers + 1)
	g.Go(func() error { return report(inner, &o, b, done) })
	for i := range b.Joints {
		g.Go(func() error {
			err := learnJoint(inner, p, b, i, hung, &o)
			done <- i
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("identify: no network: %w", err)
	}
	return b.rescore(logs)
}

func learnJoint(ctx context.Context, p *Profile, b *Body, i int, logs []*Log, o *Options) error {
	j := &b.Joints[i]
	v := j.values()
	s := newSchool(b.Law, &v, j, p, logs, o.Seed+uint64(i))
	if len(s.windows) < 2*heldOut {
		return fmt.Errorf("joint %s: %d stretches of %g s, want at least %d: record for longer", j.Name, len(s.windows), windowTime, 2*heldOut)
	}
	best, least := slices.Clone(s.net.Weights()), s.loss(s.test)
	epochs := o.Epochs
	if epochs == 0 {
		batches := (len(s.fit) + windowBatch - 1) / windowBatch
		epochs = max(leastEpochs, (leastSteps+batches-1)/batches)
	}
	for range epochs {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.random.Shuffle(len(s.fit), func(a, b int) { s.fit[a], s.fit[b] = s.fit[b], s.fit[a] })
		for batch := range slices.Chunk(s.fit, windowBatch) {
			s.run(batch)
			s.learn(len(batch))
		}
		if l := s.loss(s.test); l < least {
			least = l
			copy(best, s.net.Weights())
		}
	}
	s.setWeights(best)
	j.Network = &s.Network
	return s.judge(b, j, logs)
}

// judge replays all logs through a network as a whole.
func (n *Network) judge(b *Body, j *Joint, logs []*Log) error {
	sum, rows := 0.0, 0
	v := j.values()
	for _, l := range logs {
		t := newTrack(l, l.joint(j.Name), j.Coupled, b.ServoKp, b.Volts)
		var err error
		if t.learned, err = n.memory(l); err != nil {
			return err
		}
		out := make([]float64, len(t.time))
		replay(b.Law, &v, t, out, nil)
		for i := scoredFrom(t.time); i < len(out); i++ {
			sum += (out[i] - t.pos[i]) * (out[i] - t.pos[i])
			rows++
		}
	}
	n.RMSE = math.Sqrt(sum / float64(rows))
	return nil
}

// window is where a replay begins: a walk at a sample.
type window struct {
	walk
	at int
}

// school is a network of a joint with what it learns from.
type school struct {
	Network
	net       *train.Regressor
	random    *rand.Rand
	offset    float64
	length    int // intervals of a window
	windows   []window
	fit, test []int
	size      float64 // RMS of the errors without the network, rad

	steps []step // of the last run, from the first
}

// step is one interval of all windows of a batch.
type step struct {
	x []float32 // past, a row a window
	// state holds per window the derivatives of position and speed at the end by
	// position and speed at the beginning, and more those by the torque beyond the law.
	state [][2][2]float64
	more  [][2]float64
	error []float64 // of position at the end, rad
}

func newSchool(law Law, v *Values, j *Joint, p *Profile, logs []*Log, seed uint64) *school {
	s := &school{net: train.NewRegressor(inputs, []int{units, units}, 1, windowBatch, seed), random: rand.New(rand.NewPCG(seed, 13)), offset: v[Offset]}
	var periods, speeds, errs, torques []float64
	var all []window
	for _, l := range logs {
		t := newTrack(l, l.joint(j.Name), j.Coupled, p.ServoKp, p.Volts)
		w := newWalk(law, v, t)
		for i := range t.steps {
			if t.enabled == nil || t.enabled[i] { // the others may be read faster
				periods = append(periods, t.time[i+1]-t.time[i])
			}
			start := window{w, i}
			start.q, start.v = t.pos[i]-v[Offset], slopeAt(t, i)
			all = append(all, start)
			torques = append(torques, w.interval(i, 0))
			errs, speeds = append(errs, t.cmd[i]-t.pos[i]), append(speeds, start.v)
		}
	}
	if len(periods) == 0 {
		return s // nothing can be learned of motors that had no torque
	}
	s.Period = median(periods)
	s.length = max(8, int(math.Round(windowTime/s.Period)))
	rms := func(x []float64) float64 { return max(1e-6, math.Hypot(stat.Mean(x, nil), stat.PopStdDev(x, nil))) }
	s.Error, s.Speed, s.Torque = rms(errs), rms(speeds), rms(torques)
	most := func(x []float64) float64 { return max(slices.Max(x), -slices.Min(x)) }
	s.MostError, s.MostSpeed = most(errs), most(speeds)
	s.choose(all)
	for range s.length {
		s.steps = append(s.steps, step{make([]float32, windowBatch*inputs), make([][2][2]float64, windowBatch), make([][2]float64, windowBatch), make([]float64, windowBatch)})
	}
	s.size = 1
	if l := s.loss(s.fit); l > 0 {
		s.size = math.Sqrt(l)
	}
	return s
}

// choose takes windows from all samples, some of which say when to stop.
func (s *school) choose(all []window) {
	stride := max(s.length/4, len(all)/mostWindows)
	for k := 0; k < len(all); k += stride {
		if w := all[k]; w.at+s.length < len(w.t.time) {
			s.windows = append(s.windows, w)
		}
	}
	for k := range s.windows { // whole blocks apart: neighbours share samples
		if k/4%heldOut == heldOut-1 {
			s.test = append(s.test, k)
		} else {
			s.fit = append(s.fit, k)
		}
	}
}

// slopeAt is the speed about a sample, over 40 ms or two samples.
func slopeAt(t *track, i int) float64 {
	a, b := i, i
	for a > 0 && t.time[i]-t.time[a] < 0.02 {
		a--
	}
	for b+1 < len(t.time) && t.time[b]-t.time[i] < 0.02 {
		b++
	}
	return (t.pos[b] - t.pos[a]) / (t.time[b] - t.time[a])
}

// loss is the mean square of the errors in windows, over size².
func (s *school) loss(which []int) float64 {
	sum, n := 0.0, 0
	for batch := range slices.Chunk(which, windowBatch) {
		s.run(batch)
		for k := range s.steps {
			for _, e := range s.steps[k].error[:len(batch)] {
				sum, n = sum+e*e, n+1
			}
		}
	}
	return sum / float64(max(n, 1)) / max(s.size*s.size, 1e-18)
}

// run replays windows side by side, and keeps what learn needs.
func (s *school) run(batch []int) {
	rows := len(batch)
	at, seen := make([]window, rows), make([]past, rows)
	for r, k := range batch {
		at[r] = s.windows[k]
	}
	for k := range s.steps {
		st := &s.steps[k]
		for r := range at {
			seen[r].see(&s.Network, &at[r].walk, k == 0)
			copy(st.x[r*inputs:], seen[r][:])
		}
		y := s.net.Forward(st.x[:rows*inputs], rows)
		for r := range at {
			w := &at[r]
			st.state[r], st.more[r] = w.derivatives(w.at, s.Torque*float64(y[r]), s.Torque)
			w.interval(w.at, s.Torque*float64(y[r]))
			w.at++
			st.error[r] = w.q + s.offset - w.t.pos[w.at]
		}
	}
}

// derivatives of position and speed at the end of an interval, by differences.
func (w *walk) derivatives(i int, more, scale float64) (state [2][2]float64, by [2]float64) {
	from := *w
	from.interval(i, more)
	for k, h := range [...]float64{1e-4, 1e-3, 1e-3 * scale} {
		to := *w
		switch k {
		case 0:
			to.q += h
			to.interval(i, more)
		case 1:
			to.v += h
			to.interval(i, more)
		default:
			to.interval(i, more+h)
		}
		dq, dv := (to.q-from.q)/h, (to.v-from.v)/h
		if k == 2 {
			by = [2]float64{dq, dv}
		} else {
			state[0][k], state[1][k] = dq, dv
		}
	}
	return state, by
}

// learn goes back through the last run, from each error to all torques before it,
// and moves the network's weights.
func (s *school) learn(rows int) {
	n := len(s.steps)
	by := make([][2]float64, (n+1)*rows) // of the loss by position and speed at each step
	dy := make([]float32, rows)
	unit := 1 / (s.size * s.size * float64(n*rows))
	for k := n - 1; k >= 0; k-- {
		st := &s.steps[k]
		for r := range rows {
			g := &by[(k+1)*rows+r]
			g[0] += unit * st.error[r]
			a, b := &st.state[r], &by[k*rows+r]
			b[0] += g[0]*a[0][0] + g[1]*a[1][0]
			b[1] += g[0]*a[0][1] + g[1]*a[1][1]
			dy[r] = float32(s.Torque * (g[0]*st.more[r][0] + g[1]*st.more[r][1]))
		}
		s.net.Forward(st.x[:rows*inputs], rows)
		dx := s.net.Backward(dy)
		for r := range rows {
			for age := range history {
				b := &by[max(k-age, 0)*rows+r] // the first stands for what was before it
				b[0] -= float64(dx[r*inputs+age]) / s.Error
				b[1] += float64(dx[r*inputs+history+age]) / s.Speed
			}
		}
	}
	s.net.Step(learnRate, 1)
}
