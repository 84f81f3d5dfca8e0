package identify

import "math"

// robot is a replay of all joints of a body together, in its model: what each does
// moves the others.
type robot struct {
	walks             []walk
	chain             *chain
	q, v, mass, bias  []float64
	impulse, friction []float64 // N·m·s of a substep: all but dry friction; the most of that
}

// together replays a log's commands through all joints of a body in its model, open
// loop. Where they are at every sample is stored in out, a row a joint, rad.
func (b *Body) together(tracks []*track, out [][]float64) error {
	c, err := b.Model.chain(b.Robot, b.names())
	if err != nil {
		return err
	}
	n := len(tracks)
	row := func() []float64 { return make([]float64, n) }
	r := robot{chain: c, q: row(), v: row(), mass: make([]float64, n*n), bias: row(), impulse: row(), friction: row()}
	values, more := make([]Values, n), row()
	for j, t := range tracks {
		values[j] = b.Joints[j].values()
		r.walks = append(r.walks, newWalk(b.Law, &values[j], t))
		out[j][0] = t.pos[0]
	}
	time := tracks[0].time
	for i, steps := range tracks[0].steps {
		for j, t := range tracks {
			if t.learned != nil {
				more[j] = t.learned.torque(&r.walks[j], i)
			}
		}
		h := (time[i+1] - time[i]) / float64(steps)
		for k := range steps {
			r.step(i, time[i]+float64(k+1)*h, h, more)
		}
		for j := range r.walks {
			out[j][i+1] = r.walks[j].q + values[j][Offset]
		}
	}
	return nil
}

// step is one substep of length h, until time t, between sample i and the next: that
// of a single joint, with the links' inertia in place of a number.
func (r *robot) step(i int, t, h float64, more []float64) {
	n := len(r.walks)
	for j := range r.walks {
		w := &r.walks[j]
		w.q += h / 2 * w.v
		r.q[j], r.v[j] = w.q, w.v
	}
	r.chain.dynamics(r.q, r.v, r.mass, r.bias)
	for j := range r.walks {
		w, m := &r.walks[j], r.mass[j*n:(j+1)*n]
		a := w.act(i, t, h, more[j], -r.bias[j])
		m[j] += w.inertia
		r.impulse[j], r.friction[j] = h*(a.torque-a.damping*w.v/2), h*a.friction
		for k := range m {
			r.impulse[j] += m[k] * r.walks[k].v
		}
		m[j] += h / 2 * a.damping
	}
	r.settle(h)
	for j := range r.walks {
		w := &r.walks[j]
		w.v = r.v[j]
		w.q += h / 2 * w.v
	}
}

// settle finds the speeds after a substep of length h at which dry friction holds what
// it can and slows the rest: joint after joint until none changes, which converges
// because inertia is positive definite.
func (r *robot) settle(h float64) {
	n := len(r.v)
	for range 1000 {
		change := 0.0
		for j := range r.v {
			m, x := r.mass[j*n:(j+1)*n], r.impulse[j]
			for k := range m {
				if k != j {
					x -= m[k] * r.v[k]
				}
			}
			w, v := &r.walks[j], x/m[j]
			v += grip(w.p, w.v, v, h, r.friction[j]/m[j])
			change = max(change, math.Abs(v-r.v[j]))
			r.v[j] = v
		}
		if change < 1e-9 {
			return
		}
	}
}
