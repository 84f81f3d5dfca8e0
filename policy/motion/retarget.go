package motion

import (
	"fmt"
	"math"

	"whisker/controller"
)

// Retargeting keeps what makes a gait the same gait on another body: animals of
// any size that walk at the same Froude number v²/(g h), h the height of the hip,
// use the same strides per hip height (Alexander & Jayes 1983, J Zool 201:135). So
// lengths grow by the ratio of hip heights and times by its square root, and
// when which foot stands comes from the rat.
const (
	retargetPasses = 4
	swingHeight    = 0.05  // m, of a robot's foot in mid-swing, per 0.3 m of hip height
	pitchLinear    = 0.7   // share of the reach up to which pitch is the rat's own
	liftTime       = 0.2   // s, of a swing that is as high as that; quicker ones are lower
	rollLimit      = 0.2   // rad
	longestSwing   = 0.13  // s of the rat: a paw that is up for longer is a gesture, or a landing seen late
	footWidth      = 0.025 // m, by which a point foot is a support
	robotMargin    = 0.02  // m, of the zero moment point inside the feet
	robotShy       = 0.3   // see shiftWeight
	shiftLimit     = 0.15  // hip heights that the trunk may go aside to balance
	drawnLimit     = 0.3   // the same for motions that people drew, which brake faster than feet can
)

// Retarget makes of a rat's clip one of a four-legged robot: b, whose kinematics
// are robot. rat are the kinematics that c's joints belong to. The clip runs at
// the robot's control rate. What the robot cannot keep of the rat's motion stands
// in the Fidelity, not in the error: that one is for what is no rat or no robot
// with four legs of three joints each.
func Retarget(c *Clip, rat, robot Kinematics, b *controller.Body) (*Clip, *Fidelity, error) {
	clean, report, err := Clean(c, rat)
	if err != nil {
		return nil, nil, err
	}
	if report.Changed() {
		clean.Repairs = append(clean.Repairs, report.String())
	}
	src, err := newRatCourse(clean, rat)
	if err != nil {
		return nil, nil, err
	}
	q, err := newQuadruped(robot, b)
	if err != nil {
		return nil, nil, fmt.Errorf("motion: clip %s: %w", c.Name, err)
	}
	return retarget(clean, src, q)
}

// RetargetLegs makes of a motion that ReadLegs read one of the four-legged robot b,
// whose kinematics are robot, as Retarget does of a rat's: by its trunk and by when
// which foot stands.
func RetargetLegs(c *Clip, robot Kinematics, b *controller.Body) (*Clip, *Fidelity, error) {
	q, err := newQuadruped(robot, b)
	if err != nil {
		return nil, nil, fmt.Errorf("motion: clip %s: %w", c.Name, err)
	}
	src, err := newLegCourse(c, q)
	if err != nil {
		return nil, nil, err
	}
	return retarget(c, src, q)
}

// retargeted is an attempt that was made.
type retargeted struct {
	clip *Clip
	fid  *Fidelity
	off  float64 // of zero moment points outside the feet, on average, m
}

// retarget keeps the attempt that misses least; of what people drew that which is carried, unless
// a floor clearly bears it better as it is.
func retarget(c *Clip, src *trunkCourse, q *quadruped) (*Clip, *Fidelity, error) {
	const clearly = 0.001 // m
	best, err := attemptAll(c, src, q, src.drawn)
	if err != nil {
		return nil, nil, err
	}
	if src.drawn {
		plain, err := attemptAll(c, src, q, false)
		if err != nil {
			return nil, nil, err
		}
		if more := len(best.fid.Missed) - len(plain.fid.Missed); more > 0 || more == 0 && plain.off < best.off-clearly {
			best = plain
		}
	}
	best.clip.Repairs = append(best.clip.Repairs, best.fid.String())
	return best.clip, best.fid, nil
}

// attemptAll makes attempts, carried or not, until one is kept; the one that misses least.
func attemptAll(c *Clip, src *trunkCourse, q *quadruped, carried bool) (best retargeted, err error) {
	for _, a := range attempts {
		w := newRetargeter(src, q, a)
		w.carried = carried
		out, fid, err := w.run(c)
		if err != nil {
			return best, err
		}
		if best.fid == nil || len(fid.Missed) < len(best.fid.Missed) {
			best = retargeted{out, fid, w.off}
		}
		if fid.Kept() {
			break
		}
	}
	return best, nil
}

// attempt is how much of the scaled path is asked for, how much of the legs' reach
// feet may use to stand longer than the rat's, and how much to stand at all.
type attempt struct{ path, stride, stance float64 }

// attempts are tried in turn until legs reach and motors suffice: who rears steps
// along with his trunk; a dash may need a little less way, and other steps.
// What an attempt keeps, those after it do not change: new ones go last, so that evaluated clips stay.
var attempts = [...]attempt{{1, 0.8, 1}, {1, 0.8, 0.5}, {0.98, 0.7, 1}, {0.96, 1, 1}, {0.96, 0.7, 1}, {0.92, 1, 1}, {0.9, 1, 1}}

func newRetargeter(src *trunkCourse, q *quadruped, a attempt) *retargeter {
	w := &retargeter{q: q, src: src, rate: 1 / q.b.Period.Seconds(), ratio: q.hip / src.hip, attempt: a}
	w.time = math.Sqrt(w.ratio)
	return w
}

// run makes the clip.
func (w *retargeter) run(from *Clip) (*Clip, *Fidelity, error) {
	w.sketch()
	w.plan()
	w.fitAll()
	out := &Clip{
		Name: from.Name + "_" + w.q.b.Name, Rate: w.rate, Joints: append([]string(nil), w.q.joints...), Poses: w.poses,
		Source:  fmt.Sprintf("%s, retargeted to %s: lengths by %.2f, times by %.2f", from.Source, w.q.b.Name, w.ratio, w.time),
		Repairs: append([]string(nil), from.Repairs...),
	}
	if err := out.finish(); err != nil {
		return nil, nil, err
	}
	return out, w.fidelity(out), nil
}

// retargeter holds a clip on its way from rat to robot.
type retargeter struct {
	q           *quadruped
	src         *trunkCourse
	rate        float64 // frames per second
	ratio, time float64 // of lengths and of times, robot over rat
	attempt     attempt
	carried     bool    // feet leave and land so that the floor carries the trunk
	moved       float64 // s, that a foot leaves or lands earlier or later for that, at most
	off         float64 // of zero moment points outside the feet, on average, m
	trunk       []frame // x, y, height, yaw, pitch, roll; height of the root
	steps       [4][]stance
	landings    []landing
	extra       int // steps that the rat did not make
	feet        [4][]footing
	poses       []Pose
	lowered     []float64 // by how much the trunk had to come down to reach, m
	eased       []float64 // share of pitch and roll that it had to give up
	raised      []float64 // as eased, for knees too near the floor
}

// sketch lays the trunk's course: the rat's, larger and slower.
func (w *retargeter) sketch() {
	n := int(math.Floor(w.src.seconds()*w.time*w.rate+1e-9)) + 1
	s := w.src
	for i := 0; i < n; i++ {
		t := math.Min(float64(i)/w.rate/w.time, s.seconds())
		f := frame{
			x: w.attempt.path * w.ratio * s.x.Predict(t), y: w.attempt.path * w.ratio * s.y.Predict(t), yaw: s.yaw.Predict(t),
			pitch: w.q.reachable(s.pitch.Predict(t)), roll: rollLimit * math.Tanh(s.roll.Predict(t)/rollLimit),
		}
		f.height = w.q.stand.Pos[2] + softly(w.ratio*s.z.Predict(t), 0.3*w.q.hip, 0.05*w.q.hip)
		w.trunk = append(w.trunk, f)
	}
	w.lowered, w.eased, w.raised = make([]float64, n), make([]float64, n), make([]float64, n)
}

// softly bends v so that it stays between -down and up.
func softly(v, down, up float64) float64 {
	if v < 0 {
		return -down * math.Tanh(-v/down)
	}
	return up * math.Tanh(v/up)
}

// at is the trunk at a time of the robot, s.
func (w *retargeter) at(t float64) *frame {
	return &w.trunk[min(max(int(math.Round(t*w.rate)), 0), len(w.trunk)-1)]
}

// home is where a leg's foot belongs under a trunk.
func (w *retargeter) home(leg int, f *frame) [2]float64 {
	s, c := math.Sincos(f.yaw)
	h := w.q.legs[leg].home
	return [2]float64{f.x + c*h[0] - s*h[1], f.y + s*h[0] + c*h[1]}
}

// plan places the feet: each stands as long as the rat's, where its home is on
// average meanwhile, so that it moves as far ahead of the hip as behind.
func (w *retargeter) plan() {
	end := float64(len(w.trunk)-1) / w.rate
	swing := longestSwing * w.time
	var all [4][]stance
	var first [4]int
	for leg := range all {
		all[leg], first[leg] = w.outer(w.stances(leg, swing), end, swing)
	}
	if w.carried {
		w.carry(&all)
	}
	for leg := range all {
		for i, h := range w.src.holds[leg] {
			if got := all[leg][first[leg]+i].from; h.from > 0 && got > 0 {
				w.landings = append(w.landings, landing{rat: float64(h.from) / w.src.rate * w.time, robot: got})
			}
		}
		for _, s := range all[leg] {
			w.steps[leg] = append(w.steps[leg], w.within(leg, s, 0.45*swing)...)
		}
		w.foot(leg)
	}
}

// stances are the rat's of one leg, in the robot's time. After a stance that ends
// long before the next landing the foot stays where it is, if it can reach: the
// more feet stand, the better.
func (w *retargeter) stances(leg int, swing float64) []stance {
	var all []stance
	for _, h := range w.src.holds[leg] {
		s := stance{from: float64(h.from) / w.src.rate * w.time, to: float64(h.to-1) / w.src.rate * w.time}
		if n := len(all); n > 0 {
			last := &all[n-1]
			for last.to+1/w.rate < s.from-swing {
				longer := *last
				longer.to += 1 / w.rate
				if _, far := w.place(leg, longer); far > w.attempt.stride*w.q.legs[leg].stride {
					break
				}
				last.to = longer.to
			}
		}
		all = append(all, s)
	}
	return all
}

// landing is one touchdown: when the rat makes it, in the robot's time, and when
// the robot does, s.
type landing struct{ rat, robot float64 }

// outer lets the feet stand before the first and after the last swing; first is
// where the stances that were there begin.
func (w *retargeter) outer(all []stance, end, swing float64) (out []stance, first int) {
	const enough = 0.1 // s
	if len(all) == 0 {
		return []stance{{from: 0, to: end}}, 0
	}
	if from := all[0].from; from <= swing/2 {
		all[0].from = 0
	} else {
		all = append([]stance{{from: 0, to: math.Max(from-swing, enough/2)}}, all...)
		all[1].from = math.Max(from, all[0].to+enough)
		first = 1
	}
	if last := all[len(all)-1].to; end-last <= swing/2 {
		all[len(all)-1].to = end
	} else {
		all = append(all, stance{from: math.Min(last+swing, end-enough/2), to: end})
	}
	return all, first
}

// within cuts a stance in two, with a swing between, where the trunk goes further
// than the leg reaches; it places what is left.
func (w *retargeter) within(leg int, s stance, swing float64) []stance {
	at, far := w.place(leg, s)
	s.x, s.y = at[0], at[1]
	if far <= w.attempt.stance*w.q.legs[leg].stride || s.to-s.from < 4*swing {
		return []stance{s}
	}
	w.extra++
	mid := (s.from + s.to) / 2
	a, b := s, s
	a.to, b.from = mid-swing/2, mid+swing/2
	return append(w.within(leg, a, swing), w.within(leg, b, swing)...)
}

// place is where a foot stands best in a stance, m, and how far from home it is
// there at most.
func (w *retargeter) place(leg int, s stance) (at [2]float64, far float64) {
	n := 0.0
	for t := s.from; t <= s.to+1e-9; t += 1 / w.rate {
		h := w.home(leg, w.at(t))
		at[0], at[1], n = at[0]+h[0], at[1]+h[1], n+1
	}
	at[0], at[1] = at[0]/n, at[1]/n
	for t := s.from; t <= s.to+1e-9; t += 1 / w.rate {
		h := w.home(leg, w.at(t))
		far = math.Max(far, math.Hypot(h[0]-at[0], h[1]-at[1]))
	}
	return at, far
}

// foot lays the path of one foot's centre through its stances.
func (w *retargeter) foot(leg int) {
	l := &w.q.legs[leg]
	steps := w.steps[leg]
	top := swingHeight / 0.3 * w.q.hip
	k := 0
	for i := range w.trunk {
		t := float64(i) / w.rate
		for k+1 < len(steps) && t >= steps[k+1].from-1e-9 {
			k++
		}
		s := steps[k]
		f := footing{pad: [3]float64{s.x, s.y, l.radius}, down: true}
		if t > s.to+1e-9 && k+1 < len(steps) {
			next := steps[k+1]
			long := next.from - s.to
			p := (t - s.to) / long
			g := smoothStep(p)
			f.lift, f.down = top*math.Min(1, long/liftTime)*16*sq(p*(1-p)), false
			f.pad = [3]float64{s.x + g*(next.x-s.x), s.y + g*(next.y-s.y), l.radius + f.lift}
		}
		w.feet[leg] = append(w.feet[leg], f)
	}
}
