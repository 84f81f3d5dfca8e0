package motion

import (
	"fmt"
	"math"
	"math/rand/v2"

	"whisker/controller"
)

// Kind is a kind of synthesised motion.
type Kind string

const (
	Stand    Kind = "stand"    // breathing and swaying over planted feet
	HeadTurn Kind = "headturn" // looking left, right, up and down
	Turn     Kind = "turn"     // turning on the spot
	Walk     Kind = "walk"     // lateral-sequence walk, 0.05 to 0.4 m/s
	Trot     Kind = "trot"     // diagonal trot, 0.25 to 0.6 m/s
	Rear     Kind = "rear"     // up past 70 degrees, and down again
	Lunge    Kind = "lunge"    // a quick reach forward over planted feet
	Groom    Kind = "groom"    // sitting back, forepaws stroking the face
	Roam     Kind = "roam"     // stop and go on winding ways, looking about, steps out of time
	Dash     Kind = "dash"     // a roam in bounds and gallops, to 0.8 m/s
	Crab     Kind = "crab"     // a roam whose way is at any angle to the body: sideways, backward, aslant
	Whirl    Kind = "whirl"    // a roam with sudden turns, to 6 rad/s
	Upright  Kind = "upright"  // a rear with a stretched back, from a stand or out of a walk, held and swaying
	Legs     Kind = "legs"     // no rat's: gaits, side steps and turns of a robot with four legs (SynthesizeLegs)
	Leaps    Kind = "leaps"    // as legs: leaps aside and ahead and pivots, on fewer feet than can balance
)

// Kinds lists all kinds.
func Kinds() []Kind {
	return []Kind{Stand, HeadTurn, Turn, Walk, Trot, Rear, Lunge, Groom, Roam, Dash, Crab, Whirl, Upright, Legs, Leaps}
}

// OfLegs says that a kind is of robots with four legs, not of the rat.
func (k Kind) OfLegs() bool { return k == Legs || k == Leaps }

// Spec says what to synthesise. What a kind has no use for is ignored.
type Spec struct {
	Kind      Kind
	Seed      uint64
	Seconds   float64 // 5 where 0
	Speed     float64 // m/s, mean between start and stop: walk and trot; the highest of a roam, dash, crab or whirl
	Curvature float64 // 1/m, positive to the left: walk and trot
	TurnRate  float64 // rad/s, positive to the left: turn
	// Posture is the seed of how the body stands: crouched, bent and unevenly, as
	// recorded rats do, out of their legs' reach at times: Clean mends what stands,
	// swinging paws may brush the floor. 0 stands straight.
	Posture uint64
}

// String is the spec as Clip.Source carries it.
func (s Spec) String() string {
	text := fmt.Sprintf("synthesised %s seed %d, %.3g s", s.Kind, s.Seed, s.Seconds)
	switch s.Kind {
	case Walk, Trot:
		text += fmt.Sprintf(", %.3g m/s, curvature %.3g 1/m", s.Speed, s.Curvature)
	case Turn:
		text += fmt.Sprintf(", %.3g rad/s", s.TurnRate)
	case Roam, Dash, Crab, Whirl:
		text += fmt.Sprintf(", to %.3g m/s", s.Speed)
	}
	if s.Posture != 0 {
		text += fmt.Sprintf(", posture %d", s.Posture)
	}
	return text
}

const (
	clipRate    = 50.0 // frames per second
	clipSeconds = 5.0
	legSeconds  = 8.0 // of a robot
)

// Synthesize makes a clip of the rat at 50 Hz that starts and ends standing. The
// same spec gives the same clip; k is left at an arbitrary pose.
func Synthesize(k Kinematics, b *controller.Body, spec Spec) (*Clip, error) {
	r, err := newRat(k, b, spec.Posture)
	if err != nil {
		return nil, err
	}
	clip, _, err := r.synthesize(spec)
	return clip, err
}

// synthesize sketches the frames, makes poses of them, and shifts the trunk until
// the feet can carry the motion.
func (r *rat) synthesize(spec Spec) (*Clip, []frame, error) {
	if spec.Seconds == 0 {
		spec.Seconds = clipSeconds
	}
	if err := spec.check(); err != nil {
		return nil, nil, err
	}
	frames := r.sketch(spec)
	poses := make([]Pose, len(frames))
	for i := range poses {
		poses[i].Q = make([]float64, len(r.joints))
	}
	r.realiseAll(frames, poses)
	bal := newBalance(r.k, r.stand, len(frames), clipRate)
	bal.flight = spec.Kind == Dash
	if bal.flight {
		frames, poses = r.balanceFlight(bal, frames, poses)
	} else {
		for range balancePasses {
			bal.shift(r, frames, poses)
			r.realiseAll(frames, poses)
		}
	}
	clip := &Clip{Name: fmt.Sprintf("%s-%d", spec.Kind, spec.Seed), Rate: clipRate, Joints: r.joints, Poses: poses, Source: spec.String()}
	if spec.Kind == Whirl { // paws that step as quickly would flip from frame to frame
		clip = Smear(clip, 1)
	}
	return clip, frames, clip.finish()
}

// balanceFlight balances a motion in which the floor carries little at times: there a
// pass may throw the trunk, so that the best of them counts.
func (r *rat) balanceFlight(bal *balance, frames []frame, poses []Pose) (best []frame, of []Pose) {
	least := math.Inf(1)
	for pass := 0; ; pass++ {
		bal.measure(r, frames, poses)
		if out := bal.outside(); out < least {
			least, best, of = out, append([]frame(nil), frames...), copyPoses(poses)
		}
		if pass == balancePasses {
			return best, of
		}
		bal.shiftMeasured(frames)
		r.realiseAll(frames, poses)
	}
}

func (s Spec) check() error {
	if err := s.inside("seconds", s.Seconds, 2, 60); err != nil {
		return err
	}
	switch s.Kind {
	case Stand, HeadTurn, Rear, Upright, Lunge, Groom:
		return nil
	case Turn:
		return s.inside("turn rate", s.TurnRate, -2, 2)
	case Walk, Trot:
		if err := s.inside("speed", s.Speed, 0.03, 0.7); err != nil {
			return err
		}
		return s.inside("curvature", s.Curvature, -5, 5)
	case Roam, Dash, Crab, Whirl:
		return s.inside("speed", s.Speed, 0.1, 0.8)
	}
	if s.Kind.OfLegs() {
		return fmt.Errorf("motion: synthesis: kind %q is of robots with four legs, not of the rat", s.Kind)
	}
	return fmt.Errorf("motion: synthesis: kind %q, expected one of %v", s.Kind, Kinds())
}

func (s Spec) inside(name string, v, lo, hi float64) error {
	if !(v >= lo && v <= hi) {
		return fmt.Errorf("motion: synthesis of %s: %s is %g, expected %g to %g", s.Kind, name, v, lo, hi)
	}
	return nil
}

// realiseAll fits poses to the frames, each from the one before.
func (r *rat) realiseAll(frames []frame, poses []Pose) {
	last := &r.stand
	for i := range frames {
		copy(poses[i].Q, last.Q)
		r.realise(&frames[i], &poses[i])
		last = &poses[i]
	}
}

// sketch draws the frames of a spec.
func (r *rat) sketch(spec Spec) []frame {
	rng := rand.New(rand.NewPCG(spec.Seed, 0x5eed))
	n := int(math.Round(spec.Seconds * clipRate))
	switch spec.Kind {
	case Turn:
		return r.sketchWalk(n, newCourse(spec.Seconds, 0, 0, spec.TurnRate, r.posture, rng), false, rng)
	case Walk, Trot:
		return r.sketchWalk(n, newCourse(spec.Seconds, spec.Speed, spec.Curvature, 0, r.posture, rng), spec.Kind == Trot, rng)
	case Roam, Crab, Whirl:
		frames := r.sketchWalk(n, newRoam(spec.Kind, spec.Seconds, spec.Speed, rng), rng.Float64() < 0.5, rng)
		sketchHeadTurn(frames, rng)
		return frames
	case Dash:
		c := newRoam(spec.Kind, spec.Seconds, spec.Speed, rng)
		c.bound = newBound(rng)
		frames := r.sketchWalk(n, c, true, rng)
		c.bound.pitchBounds(frames)
		sketchHeadTurn(frames, rng)
		return frames
	case Upright:
		return r.sketchUpright(n, rng)
	}
	frames := r.sketchStand(n, rng)
	switch spec.Kind {
	case HeadTurn:
		sketchHeadTurn(frames, rng)
	case Lunge:
		sketchLunge(frames, rng)
	case Rear:
		r.sketchRear(frames, rng)
	case Groom:
		r.sketchGroom(frames, rng)
	}
	return frames
}

// sketchStand breathes and sways over planted feet.
func (r *rat) sketchStand(n int, rng *rand.Rand) []frame {
	frames := make([]frame, n)
	for i := range frames {
		frames[i] = r.standFrame()
	}
	addSway(frames, 1, rng)
	return frames
}

// sketchWalk draws a walk, trot or turn along a course.
func (r *rat) sketchWalk(n int, c *course, trot bool, rng *rand.Rand) []frame {
	var homes [4][2]float64
	for leg := range homes {
		homes[leg] = r.paws[leg].home
		homes[leg][0] += pivot
	}
	falls := planFootfalls(c, homes, trot)
	frames := make([]frame, n)
	for i := range frames {
		t := float64(i) / clipRate
		f := r.standFrame()
		f.x, f.y, f.yaw = c.at(t)
		sin, cos := math.Sincos(f.yaw)
		f.x, f.y = f.x+pivot*cos, f.y+pivot*sin
		v, w := c.speed(t)
		if bent := w * 0.06 / math.Max(math.Abs(v)+turnRadius*math.Abs(w), 0.05); v != 0 || w != 0 {
			f.bend, f.look = 0.5*bent, 0.5*bent // follow the curve with the spine
		}
		for leg := range f.paws {
			h := falls.at(leg, t)
			// Behind its home a foot rolls over its toes.
			back := r.paws[leg].home[0] - cos*(h.x-f.x) - sin*(h.y-f.y)
			h.pitch = rollOver * smoothStep(back/0.045)
			h.yaw += r.paws[leg].yaw
			f.paws[leg] = h
		}
		frames[i] = f
	}
	smoothBends(frames)
	addSway(frames, 0.5, rng)
	return frames
}

// pivot is how far the centre of mass, which follows the course, is behind the
// torso's frame, m; rollOver the pitch of a foot far behind the body, rad.
const (
	pivot    = 0.030
	rollOver = 0.6
)

// clearance is how high the lowest point of a swinging paw rises, m.
const clearance = 0.010

// at is where a leg's paw is at time t.
func (f *footfalls) at(leg int, t float64) foothold {
	for i, s := range f[leg] {
		if t <= s.to || i == len(f[leg])-1 {
			return foothold{x: s.x, y: s.y, yaw: s.yaw, down: true}
		}
		next := f[leg][i+1]
		if t >= next.from {
			continue
		}
		p := (t - s.to) / (next.from - s.to)
		k := smoothStep(p)
		return foothold{x: s.x + k*(next.x-s.x), y: s.y + k*(next.y-s.y), yaw: s.yaw + k*(next.yaw-s.yaw),
			lift: clearance * 16 * p * p * (1 - p) * (1 - p)}
	}
	panic("motion: a leg without stances")
}

// addSway adds slow sums of sines, no two seeds alike: breathing (about 1.5 Hz,
// a fraction of a millimetre) and swaying of the trunk and the head.
func addSway(frames []frame, size float64, rng *rand.Rand) {
	wave := func(lo, hi, amplitude float64) func(t float64) float64 {
		f, p := lo+(hi-lo)*rng.Float64(), 2*math.Pi*rng.Float64()
		a := amplitude * (0.5 + rng.Float64())
		return func(t float64) float64 { return a * math.Sin(2*math.Pi*f*t+p) }
	}
	x, y, z := wave(.1, .4, .002), wave(.1, .4, .002), wave(1.2, 1.8, .0004)
	pitch, roll, yaw := wave(.1, .5, .015), wave(.1, .5, .01), wave(.1, .4, .015)
	neck, look, arch := wave(.1, .5, .03), wave(.1, .5, .04), wave(.1, .4, .01)
	for i := range frames {
		t := float64(i) / clipRate
		end := float64(len(frames)-1) / clipRate
		k := size * smoothStep(t/0.6) * smoothStep((end-t)/0.6)
		f := &frames[i]
		co, s := math.Cos(f.yaw), math.Sin(f.yaw)
		dx, dy := k*x(t), k*y(t)
		f.x, f.y, f.height = f.x+co*dx-s*dy, f.y+s*dx+co*dy, f.height+k*z(t)
		f.pitch, f.roll, f.yaw = f.pitch+k*pitch(t), f.roll+k*roll(t), f.yaw+k*yaw(t)
		f.neck, f.look, f.arch = f.neck+k*neck(t), f.look+k*look(t), f.arch+k*arch(t)
	}
}

// smoothBends takes the edges off the bends of the spine.
func smoothBends(frames []frame) {
	for pass := 0; pass < 6; pass++ {
		last := frames[0]
		for i := 1; i < len(frames)-1; i++ {
			now := frames[i]
			frames[i].bend = (last.bend + 2*now.bend + frames[i+1].bend) / 4
			frames[i].look = (last.look + 2*now.look + frames[i+1].look) / 4
			last = now
		}
	}
}
