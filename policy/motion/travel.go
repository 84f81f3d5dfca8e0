package motion

import (
	"fmt"
	"math"

	"whisker/controller"
)

// When a legged robot counts as fallen, and what it must keep of its way to have
// completed a clip. Robots that do not see their own root drift from the clip's
// place, so that a bound on the root error would judge the drift, not the gait.
const (
	fallHeight  = 0.5         // of the standing height
	fallTilt    = math.Pi / 3 // unless the reference tilts as far
	fallLying   = 0.2         // s on anything but the feet
	pathShare   = 0.2         // of the reference's path length
	pathSlack   = 0.1         // m, where the reference hardly moves
	headingGoal = 20.0        // degrees
	strideTime  = 0.5         // s: chords of a path, over which the sway of a gait cancels
)

// TravelScore says how a legged robot went along a clip: whether it fell, how far
// it got and where it headed. Lengths are of the root's way along the ground,
// velocities means over the run in the heading frame.
type TravelScore struct {
	Fell       string  `json:"fell,omitempty"` // why it counts as fallen; empty is standing
	Stood      Measure `json:"stood_s"`
	Path       Measure `json:"path_m"`
	RefPath    Measure `json:"reference_path_m"`
	HeadingErr Measure `json:"heading_err_deg"` // the largest
	JointRMS   Measure `json:"joint_rms_rad"`   // over all frames
	Forward    Measure `json:"forward_m_s"`
	Left       Measure `json:"left_m_s"`
	Turn       Measure `json:"turn_rad_s"`
	RefForward Measure `json:"reference_forward_m_s"`
	RefLeft    Measure `json:"reference_left_m_s"`
	RefTurn    Measure `json:"reference_turn_rad_s"`
	// Lost says why it did not follow the clip as far as it was scored: a fall, heading
	// off by more than 20 degrees, path not 80 to 120 % of the reference's (nor within
	// 100 mm of it). Empty is that it did.
	Lost string `json:"lost,omitempty"`
	// Completed: that, to the clip's end.
	Completed bool `json:"completed"`
}

// Travel scores a legged robot's run, frame by frame. Add does not allocate.
type Travel struct {
	body   *controller.Body
	clip   *Clip
	fell   string
	frames int
	last   int
	lying  float64 // s on the body so far

	way, ref way
	heading  float64 // largest error, rad
	joints   float64 // sum of squares
}

// way sums up one root's motion.
type way struct {
	path     float64
	from     [3]float64 // where the chord began
	velocity [2]float64 // sums, heading frame
	turned   float64    // rad in all
	lastYaw  float64
}

// NewTravel scores against clip, whose joints are the body's in order.
func NewTravel(b *controller.Body, clip *Clip) *Travel {
	if len(clip.Joints) != len(b.Joints) {
		panic("motion: NewTravel: clip " + clip.Name + " is not of body " + b.Name)
	}
	return &Travel{body: b, clip: clip}
}

// Add scores one tick: the root's true state, joints q (rad), and whether
// anything but the feet touches the ground, against frame of the clip. It
// returns false once the robot has fallen.
func (t *Travel) Add(frame int, root *controller.Root, q []float64, onBody bool) (standing bool) {
	if t.fell != "" {
		return false
	}
	ref := &t.clip.Poses[frame]
	dt := 1 / t.clip.Rate
	t.lying += dt
	if !onBody {
		t.lying = 0
	}
	switch {
	case !(root.Pos[2] > fallHeight*t.body.StandHeight):
		t.fell = "low"
	case !(tilt(root.Quat) <= fallTilt) && tilt(ref.Quat) <= fallTilt:
		t.fell = "tilt"
	case t.lying > fallLying:
		t.fell = "on its body"
	}
	if t.fell != "" {
		return false
	}
	t.last = frame
	t.way.add(root.Pos, root.Quat, root.Vel, t.clip.Rate, t.frames)
	t.ref.add(ref.Pos, ref.Quat, t.clip.Twists[frame].Vel, t.clip.Rate, t.frames)
	t.frames++
	// Headings are compared as turned since the start: a robot may start anywhere.
	t.heading = math.Max(t.heading, math.Abs(t.way.turned-t.ref.turned))
	for j := range q {
		d := q[j] - ref.Q[j]
		t.joints += d * d
	}
	return true
}

// tilt is the angle between the body's z and the world's, rad.
func tilt(q [4]float64) float64 {
	return math.Acos(math.Max(-1, math.Min(1, 1-2*(q[1]*q[1]+q[2]*q[2]))))
}

// yaw is the heading of the body's x, rad.
func yaw(q [4]float64) float64 {
	return math.Atan2(2*(q[0]*q[3]+q[1]*q[2]), 1-2*(q[2]*q[2]+q[3]*q[3]))
}

func (w *way) add(pos [3]float64, quat [4]float64, vel [3]float64, rate float64, frame int) {
	y := yaw(quat)
	if frame == 0 {
		w.from, w.lastYaw = pos, y
	}
	w.turned += math.Remainder(y-w.lastYaw, 2*math.Pi)
	w.lastYaw = y
	c, s := math.Cos(y), math.Sin(y)
	w.velocity[0] += c*vel[0] + s*vel[1]
	w.velocity[1] += c*vel[1] - s*vel[0]
	if every := int(math.Round(strideTime * rate)); frame%max(1, every) == 0 {
		w.path += math.Hypot(pos[0]-w.from[0], pos[1]-w.from[1])
		w.from = pos
	}
}

// Score sums up what was added so far.
func (t *Travel) Score() TravelScore {
	n := float64(t.frames) // nothing scored: every mean is 0/0, unknown
	seconds := n / t.clip.Rate
	s := TravelScore{
		Fell: t.fell, Stood: Measure(seconds), Path: Measure(t.way.path), RefPath: Measure(t.ref.path),
		HeadingErr: Measure(180 / math.Pi * t.heading), JointRMS: Measure(math.Sqrt(t.joints / (n * float64(len(t.body.Joints))))),
		Forward: Measure(t.way.velocity[0] / n), Left: Measure(t.way.velocity[1] / n), Turn: Measure(t.way.turned / seconds),
		RefForward: Measure(t.ref.velocity[0] / n), RefLeft: Measure(t.ref.velocity[1] / n), RefTurn: Measure(t.ref.turned / seconds),
	}
	s.Lost = t.lost(float64(s.HeadingErr))
	s.Completed = s.Lost == "" && t.last == len(t.clip.Poses)-1
	return s
}

// lost is TravelScore.Lost for a heading that was so far off, degrees.
func (t *Travel) lost(heading float64) string {
	off := math.Abs(t.way.path - t.ref.path)
	switch {
	case t.fell != "":
		return "fell: " + t.fell
	case t.frames == 0:
		return "nothing was followed"
	case !(heading <= headingGoal):
		return fmt.Sprintf("heading off by %.0f degrees, %g are allowed", heading, headingGoal)
	case !(off <= pathShare*t.ref.path || off <= pathSlack):
		return fmt.Sprintf("path of %.2f m where the clip has %.2f m", t.way.path, t.ref.path)
	}
	return ""
}
