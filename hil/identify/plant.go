package identify

import "math"

// substep bounds the integration step, s: a tenth of the fastest time constant
// seen (armature over damping of a small servo, 15 ms).
const substep = 2.5e-3

// track is one joint's part of a Log, ready to be replayed many times.
type track struct {
	time, cmd, pos   []float64
	torque           []float64 // measured, or nil
	vel, tau, kp, kd []float64 // of each impedance command, or nil
	enabled          []bool
	kpScale, voltage float64     // of the servo's gain and of the supply in this log
	coupled          [][]float64 // commands of the joints whose pose turns gravity at this one
	load             Load
	links            *carried  // of a model; nil for none
	v0               float64   // speed at the first sample, rad/s
	steps            []int     // substeps per interval
	learned          *memory   // of a network beside the law; nil for none
	anew             []float64 // speed at each sample where a replay begins anew, as measured, else NaN; nil for nowhere
}

// newTrack prepares joint j of a log, and what the joints are told that it is
// coupled to. The start speed is the slope of the first
// samples, as many as make 20 ms.
func newTrack(l *Log, j int, coupled []string, kp, volts float64) *track {
	t := &track{time: l.Time, cmd: l.Command[j], pos: l.Position[j], enabled: l.Enabled, kpScale: 1, voltage: 1, load: l.Load}
	for _, name := range coupled {
		t.coupled = append(t.coupled, l.Command[l.joint(name)])
	}
	if l.Torque != nil {
		t.torque = l.Torque[j]
	}
	if l.links != nil {
		t.links = l.links[j]
	}
	if m := l.Impedance; m != nil {
		t.vel, t.tau, t.kp, t.kd = m.Velocity[j], m.Torque[j], m.Kp[j], m.Kd[j]
	}
	if l.Kp != 0 && kp != 0 {
		t.kpScale = l.Kp / kp
	}
	if l.Volts != 0 && volts != 0 {
		t.voltage = l.Volts / volts
	}
	n := 1
	for n+1 < len(t.time) && t.time[n]-t.time[0] < 0.02 {
		n++
	}
	t.v0 = (t.pos[n] - t.pos[0]) / (t.time[n] - t.time[0])
	for i := range len(t.time) - 1 {
		t.steps = append(t.steps, int(math.Ceil((t.time[i+1]-t.time[i])/substep)))
	}
	return t
}

// hold reads a command that is held between samples, through a delay, as its
// mean over a substep: smooth in the delay, which a search needs.
type hold struct {
	time, cmd []float64
	i         int     // the sample whose command was the last to arrive
	area      float64 // integral of the command from time[0] to time[i]
	last      float64 // integral up to the end of the last mean
}

// upTo is the integral of the command to time t; t never decreases.
func (h *hold) upTo(t float64) float64 {
	for h.i+1 < len(h.time) && h.time[h.i+1] <= t {
		h.area += h.cmd[h.i] * (h.time[h.i+1] - h.time[h.i])
		h.i++
	}
	return h.area + h.cmd[h.i]*(t-h.time[h.i])
}

// mean is that of the command over the step of length h that ends at t.
func (h *hold) mean(t, step float64) float64 {
	upTo := h.upTo(t)
	m := (upTo - h.last) / step
	h.last = upTo
	return m
}

// walk is a replay on its way: a joint, at a sample of its track.
type walk struct {
	p       *Values
	t       *track
	q, v    float64 // rad from the joint's own zero, rad/s
	inertia float64 // of the rotor and the load, kg·m²
	cmd     hold
	servo   servo
}

// newWalk is at the first sample, where the joint was measured.
func newWalk(law Law, p *Values, t *track) walk {
	w := walk{p: p, t: t, q: t.pos[0] - p[Offset], v: t.v0, cmd: hold{time: t.time, cmd: t.cmd}, servo: newServo(law, p, t)}
	w.inertia = p[Armature] + t.load.Inertia()
	w.cmd.last = w.cmd.upTo(t.time[0] - p[Delay])
	return w
}

// acting is what acts on a joint in a substep.
type acting struct {
	motor, slowing  float64 // of the motor: N·m, less N·m·s/rad times the speed
	torque, damping float64 // of all, dry friction aside
	friction        float64 // N·m at most
}

// act is what acts in the substep of length h that ends at time t, between sample i
// and the next, while the motor gives more than its law says and links pull, N·m.
func (w *walk) act(i int, t, h, more, links float64) (a acting) {
	p := w.p
	c := w.cmd.mean(t-p[Delay], h)
	if w.t.enabled == nil || w.t.enabled[i] {
		w.servo.obey(w.cmd.i)
		a.motor, a.slowing = w.servo.torque(p[RestGain]*c+p[RestOffset]-w.q-p[Offset], w.v)
		if w.servo.kp > 0 {
			a.motor += more
		}
	}
	gravity := gravityAt(p, &w.t.load, w.q) - w.t.coupling(p, w.cmd.i) + links
	a.torque, a.damping = a.motor+gravity, a.slowing+p[Viscous]
	a.friction = dry(p, w.q, w.v, a.motor-a.slowing*w.v-gravity)
	return a
}

// interval goes on from sample i to the next, while the motor gives that much more
// than its law says, N·m, and returns what it gave in the last substep.
func (w *walk) interval(i int, more float64) float64 {
	t, steps := w.t, float64(w.t.steps[i])
	h := (t.time[i+1] - t.time[i]) / steps
	var a acting
	for k := range w.t.steps[i] {
		w.q += h / 2 * w.v
		inertia, links := t.links.at(i, (float64(k)+0.5)/steps, w.q)
		a = w.act(i, t.time[i]+float64(k+1)*h, h, more, links)
		w.v = advance(w.p, w.v, h, w.inertia+inertia, a.torque, a.damping, a.friction)
		w.q += h / 2 * w.v
	}
	return a.motor - a.slowing*w.v
}

// instant is how far a measured torque looks back, s: within it a command takes over
// from the one before, as smoothly as a search needs.
const instant = 2e-4

// gives is what the motor gives at the end of interval i, N·m: by the command that has
// arrived by then, not by the mean of those that did within a substep.
func (w *walk) gives(i int, more float64) float64 {
	if w.t.enabled != nil && !w.t.enabled[i] {
		return 0
	}
	by := func(told int) float64 {
		w.servo.obey(told)
		torque, damping := w.servo.torque(w.p[RestGain]*w.t.cmd[told]+w.p[RestOffset]-w.q-w.p[Offset], w.v)
		if w.servo.kp > 0 {
			torque += more
		}
		return torque - damping*w.v
	}
	told := w.cmd.i
	torque := by(told)
	if since := w.t.time[i+1] - w.p[Delay] - w.t.time[told]; since < instant && told > 0 {
		torque += (1 - max(since, 0)/instant) * (by(told-1) - torque)
	}
	return torque
}

// replay runs a joint open loop under the recorded commands, from the first
// recorded position, and stores in out the position at every sample, rad, and in
// torque, unless it is nil, what the motor gave just before it, N·m.
func replay(law Law, p *Values, t *track, out, torque []float64) {
	w := newWalk(law, p, t)
	out[0] = t.pos[0]
	for i := range t.steps {
		if t.anew != nil && !math.IsNaN(t.anew[i]) {
			w.q, w.v = t.pos[i]-p[Offset], t.anew[i]
		}
		more := 0.0
		if t.learned != nil {
			more = t.learned.torque(&w, i)
		}
		w.interval(i, more)
		out[i+1] = w.q + p[Offset]
		if torque != nil {
			torque[i+1] = w.gives(i, more)
		}
	}
}

// gravityAt is the torque of gravity at a position, N·m.
func gravityAt(p *Values, load *Load, q float64) float64 {
	sin, cos := math.Sincos(q)
	return -(p[GravitySine]+load.Gravity())*sin - p[GravityCosine]*cos
}

// coupling is the torque of gravity by which other joints' poses differ from 0,
// at the command that was the last to arrive. What they are told stands for where
// they are, which a replay of one joint does not know.
func (t *track) coupling(p *Values, i int) (torque float64) {
	for k, cmd := range t.coupled {
		torque += p[Coupling1+Param(k)] * cmd[i]
	}
	return torque
}

// dry is the most that dry friction can hold at a position and speed under a
// transmitted torque, N·m. Beyond the range that the logs visited, its change
// with the position ends: nothing is known there.
func dry(p *Values, q, v, transmitted float64) float64 {
	x := min(max(q-p[Centre], -p[Reach]), p[Reach])
	f, load := max(p[Coulomb]+x*(p[CoulombSlope]+x*p[CoulombCurve]), 0), p[LoadFriction]
	if p[Stribeck]+p[LoadStribeck] != 0 {
		slow := math.Exp(-(v * v) / (p[StribeckSpeed] * p[StribeckSpeed]))
		f, load = f+slow*p[Stribeck], load+slow*p[LoadStribeck]
	}
	return f + load*math.Abs(transmitted)
}

// advance is one step of I dv/dt = torque - damping v - friction sign(v), with
// damping by the trapezoidal rule and dry friction as the impulse that holds the
// joint if it can: no chatter at rest, at any step. With the position moved half a
// step before and half a step after, that is of second order.
func advance(p *Values, v, h, inertia, torque, damping, friction float64) float64 {
	m := inertia + h/2*damping
	free := ((inertia-h/2*damping)*v + h*torque) / m
	return free + grip(p, v, free, h, h*friction/m)
}

// grip is how far dry friction, which can change a speed by most, takes it from what
// it would be without, a step after it was v: to rest, or on the way there. In that
// time what gives way in a gear lets a part of the acceleration pass. So it is in
// MuJoCo too, whose friction is a soft constraint with
// stop = dmax timeconst / (2 - 2 yield) and yield = 1 - d0 of solreffriction and
// solimpfriction, 0.0106 s and 0.1 where a model says nothing.
func grip(p *Values, v, free, h, most float64) float64 {
	held := 0.0
	if stop := p[StopTime]; stop > 0 {
		keep := math.Exp(-h / stop)
		held = keep*v + p[StopYield]*(free-v)/h*stop*(1-keep)
	}
	return min(max(held-free, -most), most)
}
