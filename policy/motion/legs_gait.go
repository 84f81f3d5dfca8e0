package motion

import (
	"fmt"
	"math"
	"math/rand/v2"

	"whisker/controller"
)

// What a robot with four legs is asked to do and no rat shows: to trot, pace and walk
// forward, backward, sideways and turning, to step aside at once, to step in place.
// Times are of a robot whose hips are legHip high and grow with the square root of
// its size; speeds are shares of sqrt(g h), with h the height of its hips.
const (
	legHip  = 0.28  // m
	legRate = 100.0 // frames per second of the sketch
)

// legGait is when the feet swing, in the order of the rat's paws.
type legGait struct {
	phase   [4]float64 // of a stride, when each swing begins
	period  [2]float64 // s, least and most, of a stride
	swing   [2]float64 // share of the stride, least and most
	speed   [2]float64 // most, ahead and aside, share of sqrt(g h)
	turn    float64    // most, rad/s
	spot    float64    // share of goes that turn on the spot
	strides [2]float64 // least and most, in one go
	bounce  float64    // most, of the trunk twice a stride, hip heights
	share   float64    // of all goes
}

var legGaits = []legGait{
	// Trot.
	{phase: [4]float64{0, 0.5, 0.5, 0}, period: [2]float64{0.34, 0.62}, swing: [2]float64{0.36, 0.5}, speed: [2]float64{0.55, 0.35}, turn: 2.5, spot: 0.2, strides: [2]float64{2, 10}, bounce: 0.04, share: 0.45},
	// Pace.
	{phase: [4]float64{0, 0.5, 0, 0.5}, period: [2]float64{0.34, 0.62}, swing: [2]float64{0.3, 0.46}, speed: [2]float64{0.4, 0.3}, turn: 1, spot: 0.1, strides: [2]float64{2, 8}, bounce: 0.04, share: 0.1},
	// Walk, in lateral sequence.
	{phase: [4]float64{0, 0.5, 0.25, 0.75}, period: [2]float64{0.5, 1.1}, swing: [2]float64{0.16, 0.24}, speed: [2]float64{0.25, 0.15}, turn: 0.8, spot: 0.15, strides: [2]float64{2, 6}, bounce: 0.02, share: 0.15},
	// A side step: the legs of one side, then those of the other.
	{phase: [4]float64{0, 0.5, 0, 0.5}, period: [2]float64{0.45, 0.8}, swing: [2]float64{0.3, 0.46}, speed: [2]float64{0.15, 0.9}, turn: 0.3, strides: [2]float64{1, 2}, bounce: 0.12, share: 0.15},
	// A turn at once.
	{phase: [4]float64{0, 0.5, 0.5, 0}, period: [2]float64{0.4, 0.7}, swing: [2]float64{0.36, 0.5}, speed: [2]float64{0.15, 0.15}, turn: 4.5, spot: 0.8, strides: [2]float64{1, 3}, bounce: 0.12, share: 0.15},
}

// SynthesizeLegs makes a clip of b, whose kinematics are robot, as Retarget does: of a
// Spec of kind Legs or Leaps. It starts and ends standing.
func SynthesizeLegs(robot Kinematics, b *controller.Body, spec Spec) (*Clip, *Fidelity, error) {
	if spec.Seconds == 0 {
		spec.Seconds = legSeconds
	}
	if !spec.Kind.OfLegs() {
		return nil, nil, fmt.Errorf("motion: kind %q is the rat's, expected %s or %s", spec.Kind, Legs, Leaps)
	}
	if err := spec.inside("seconds", spec.Seconds, 2, 60); err != nil {
		return nil, nil, err
	}
	q, err := newQuadruped(robot, b)
	if err != nil {
		return nil, nil, err
	}
	sketch := newLegSketch
	if spec.Kind == Leaps {
		sketch = newLeapSketch
	}
	src, err := sketch(q, spec)
	if err != nil {
		return nil, nil, err
	}
	return retarget(&Clip{Name: fmt.Sprintf("%s-%d", spec.Kind, spec.Seed), Source: spec.String()}, src, q)
}

// legMove is one go of a gait.
type legMove struct {
	start, end   float64 // s
	ramp         float64 // s, at either end
	stride       float64 // s
	velocity     [3]float64
	dip, bounce  float64    // m, of the trunk
	sway, swings [3]float64 // of y (m), pitch and roll (rad) at the rhythm of the strides; their phases
}

// newLegSketch draws moves and pauses until the time is over.
func newLegSketch(q *quadruped, spec Spec) (*trunkCourse, error) {
	r := rand.New(rand.NewPCG(spec.Seed, 0x1e65))
	unit, radius := math.Sqrt(q.hip/legHip), 0.0
	for i := range q.legs {
		radius = math.Max(radius, math.Hypot(q.legs[i].home[0], q.legs[i].home[1]))
	}
	n := int(math.Round(spec.Seconds*legRate)) + 1
	feet := newLegFeet(n)
	var moves []legMove
	for t := within(r, 0.3, 0.6) * unit; ; {
		g := drawShare(r, legGaits, func(g *legGait) float64 { return g.share })
		m, swing := g.move(r, q, t, unit, radius)
		if m.end > spec.Seconds-0.4*unit {
			break
		}
		strides := int(math.Round((m.end - t) / m.stride))
		shift := float64(r.IntN(2)) / 2 // which side is first
		for leg := range feet {
			for k := range strides {
				at := t + (float64(k)+math.Mod(g.phase[leg]+shift, 1))*m.stride
				feet.swing(leg, at, swing)
			}
		}
		moves = append(moves, m)
		t = m.end
		if r.Float64() < 0.6 {
			t += within(r, 0.05, 0.7) * unit
		}
	}
	return feet.course(q, legTrunk(moves, n))
}

// legFeet says of each foot in which frames it is on the floor.
type legFeet [4][]bool

func newLegFeet(n int) (feet legFeet) {
	for leg := range feet {
		feet[leg] = make([]bool, n)
		for f := range feet[leg] {
			feet[leg][f] = true
		}
	}
	return feet
}

// swing takes a foot off the floor at a time, for so long, s.
func (feet *legFeet) swing(leg int, at, long float64) {
	for f := int(math.Round(at * legRate)); f < int(math.Round((at+long)*legRate)) && f < len(feet[leg]); f++ {
		feet[leg][f] = false
	}
}

// course is that of a trunk in frames over these feet.
func (feet *legFeet) course(q *quadruped, poses []trunkPose) (*trunkCourse, error) {
	s := &trunkCourse{rate: legRate, frames: len(poses), hip: q.hip}
	for leg := range feet {
		s.holds[leg] = runs(0, len(poses), func(f int) bool { return feet[leg][f] })
	}
	return s, s.fit(poses, courseSmoothing)
}

// drawShare draws one of all, whose shares add up to one.
func drawShare[T any](r *rand.Rand, all []T, share func(*T) float64) *T {
	at := r.Float64()
	for i := range all {
		if at -= share(&all[i]); at < 0 {
			return &all[i]
		}
	}
	return &all[0]
}

// move draws one go of g that begins at t (s), no faster than legs reach, and how
// long its swings take, s.
func (g *legGait) move(r *rand.Rand, q *quadruped, t, unit, radius float64) (m legMove, swing float64) {
	m = legMove{start: t, stride: unit * within(r, g.period[0], g.period[1])}
	swing = m.stride * within(r, g.swing[0], g.swing[1])
	m.end = t + m.stride*math.Round(within(r, g.strides[0]-0.49, g.strides[1]+0.49))
	m.ramp = math.Min(0.35*unit, 0.45*(m.end-t))
	v := math.Sqrt(9.81 * q.hip)
	switch at := r.Float64(); {
	case at < g.spot:
		m.velocity[2] = within(r, -g.turn, g.turn) / unit
	case at < g.spot+0.1: // in place
	default:
		sin, cos := math.Sincos(within(r, -math.Pi, math.Pi))
		if r.Float64() < 0.5 { // straight ahead, back or aside
			sin, cos = math.Round(sin), math.Round(cos)
		}
		k := v * math.Sqrt(r.Float64())
		m.velocity = [3]float64{k * g.speed[0] * cos, k * g.speed[1] * sin, 0}
		if r.Float64() < 0.4 {
			m.velocity[2] = 0.5 * within(r, -g.turn, g.turn) / unit
		}
	}
	stride := math.Inf(1)
	for i := range q.legs {
		stride = math.Min(stride, q.legs[i].stride)
	}
	// The trunk goes over a standing foot by half of what it goes in a stance, to either side.
	far := (math.Hypot(m.velocity[0], m.velocity[1]) + radius*math.Abs(m.velocity[2])) * (m.stride - swing) / 2
	for i := range m.velocity {
		m.velocity[i] *= math.Min(1, stride/far)
	}
	m.dip, m.bounce = q.hip*within(r, 0, 0.12), q.hip*within(r, 0, g.bounce)
	for i, most := range [3]float64{0.06 * q.hip, 0.04, 0.05} {
		m.sway[i], m.swings[i] = within(r, 0, most), within(r, -math.Pi, math.Pi)
	}
	return m, swing
}

// legTrunk lays the trunk's course along the moves.
func legTrunk(moves []legMove, n int) []trunkPose {
	poses := make([]trunkPose, n)
	var at trunkPose
	for f, i := 0, 0; f < n; f++ {
		t := float64(f) / legRate
		for i < len(moves) && t > moves[i].end {
			i++
		}
		poses[f] = at
		if i == len(moves) || t < moves[i].start {
			continue
		}
		m := &moves[i]
		k := smoothStep((t-m.start)/m.ramp) * smoothStep((m.end-t)/m.ramp)
		rhythm := 2 * math.Pi * (t - m.start) / m.stride
		sin, cos := math.Sincos(at[3])
		aside := k * m.sway[0] * math.Sin(rhythm+m.swings[0])
		poses[f][0], poses[f][1] = at[0]-sin*aside, at[1]+cos*aside
		poses[f][2] = -k * (m.dip + m.bounce*math.Cos(2*rhythm))
		poses[f][4], poses[f][5] = k*m.sway[1]*math.Sin(rhythm+m.swings[1]), k*m.sway[2]*math.Sin(rhythm+m.swings[2])
		at[0] += k * (cos*m.velocity[0] - sin*m.velocity[1]) / legRate
		at[1] += k * (sin*m.velocity[0] + cos*m.velocity[1]) / legRate
		at[3] += k * m.velocity[2] / legRate
	}
	return poses
}
