package motion

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"whisker/controller"
)

// A run fails at any of these, or at a value that is not a number.
const (
	failRootError  = 0.100         // m
	tightRootError = 0.050         // m, for Score.Survival50
	failRotation   = math.Pi / 3.0 // rad
)

// Measure is a number that may be unknown: NaN, which JSON shows as null.
type Measure float64

// Text prints m with so many digits after the point, or a dash where it is unknown.
func (m Measure) Text(digits int) string {
	if math.IsNaN(float64(m)) || math.IsInf(float64(m), 0) {
		return "-"
	}
	return strconv.FormatFloat(float64(m), 'f', digits, 64)
}

// MarshalJSON prints null for an unknown measure.
func (m Measure) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(m)) || math.IsInf(float64(m), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(m))
}

// UnmarshalJSON reads null as unknown.
func (m *Measure) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*m = Measure(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(m))
}

// Score says how well a body tracked a clip. Errors are means over the surviving
// frames (LimbJointRMS a root mean square); what cannot be known without the
// root's true pose is null.
type Score struct {
	Clip      string `json:"clip"`
	Frames    int    `json:"frames"`    // scored, failing frame included
	Completed bool   `json:"completed"` // survived to the clip's last frame
	// Survival ends at a root error over 100 mm, a rotation over 60 degrees, or
	// NaN; Survival50 at a root error over 50 mm as well.
	Survival   Measure `json:"survival_s"`
	Survival50 Measure `json:"survival50_s"`
	RootErr    Measure `json:"root_err_mm"`
	RotErr     Measure `json:"rot_err_deg"`
	// LimbJointRMS is over Body.LimbJoints.
	LimbJointRMS Measure `json:"limb_joint_rms_rad"`
	// PawHeadErr is the mean distance of Body.Feet and Body.Head from where the
	// reference has them, in the world.
	PawHeadErr Measure `json:"paw_head_err_mm"`
	// ActionJerk is the root mean square, over actuators and time, of the third
	// difference of the command over the cubed period, in ActionJerkUnit: rad/s³, or
	// N·m/s³ where actuators obey torque alone.
	ActionJerk     Measure `json:"action_jerk"`
	ActionJerkUnit string  `json:"action_jerk_unit"`
}

// Scorer compares a run with its clip, frame by frame. It neither keeps nor
// changes what it is given, and Add does not allocate.
type Scorer struct {
	body   *controller.Body
	clip   *Clip
	kin    Kinematics
	points []int // bodies of paws and head

	frames, alive, tight, last int
	dead, truth                bool
	root, rot, limb, paw       float64 // sums over surviving frames
	want                       [][3]float64
	past                       [3][]float64 // the last three commands, newest first
	commands                   int
	jerk                       float64
	jerks                      int
}

// NewScorer scores against clip, whose joints must be the body's in order. k may
// be nil: paw and head errors are then unknown. It panics where clip, body and k
// disagree.
func NewScorer(b *controller.Body, clip *Clip, k Kinematics) *Scorer {
	if len(clip.Joints) != len(b.Joints) {
		panic(fmt.Sprintf("motion: NewScorer: clip %s has %d joints, body %s has %d", clip.Name, len(clip.Joints), b.Name, len(b.Joints)))
	}
	s := &Scorer{body: b, clip: clip, kin: k, truth: true}
	if k != nil {
		for _, n := range append(append([]string{}, b.Feet...), b.Head) {
			id, ok := k.BodyID(n)
			if !ok && n != "" {
				panic(fmt.Sprintf("motion: NewScorer: the model of %s has no body %q", b.Name, n))
			}
			if ok {
				s.points = append(s.points, id)
			}
		}
	}
	s.want = make([][3]float64, len(s.points))
	for i := range s.past {
		s.past[i] = make([]float64, len(b.Actuators))
	}
	return s
}

// Add scores one tick: the body's root (nil: unknown) and joints q, rad, against
// frame of the clip, and the command of the same tick (nil: none). It returns
// false once the run has failed; later ticks do not count.
func (s *Scorer) Add(frame int, root *controller.Root, q []float64, cmd *controller.Command) (alive bool) {
	if s.dead {
		return false
	}
	s.frames++
	ref := &s.clip.Poses[frame]
	root1, rot, ok := s.rootError(ref, root, q)
	if !ok {
		s.dead = true
		return false
	}
	if s.tight == s.alive && !(root1 > tightRootError) {
		s.tight++
	}
	s.alive++
	s.last = frame
	s.root += root1
	s.rot += rot
	for _, j := range s.body.LimbJoints {
		d := q[j] - ref.Q[j]
		s.limb += d * d
	}
	if root != nil {
		s.paw += s.pawError(ref, root, q)
	}
	s.addCommand(cmd)
	return true
}

// rootError measures position (m) and rotation (rad), and says whether the run
// still stands.
func (s *Scorer) rootError(ref *Pose, root *controller.Root, q []float64) (pos, rot float64, ok bool) {
	sum := 0.0
	for _, v := range q {
		sum += v
	}
	if root == nil {
		s.truth = false
	} else {
		pos, rot = length(sub(root.Pos, ref.Pos)), quatAngle(ref.Quat, quatUnit(root.Quat))
	}
	return pos, rot, pos <= failRootError && rot <= failRotation && !math.IsNaN(sum) && !math.IsInf(sum, 0)
}

// pawError is the mean distance of paws and head from the reference's, m.
func (s *Scorer) pawError(ref *Pose, root *controller.Root, q []float64) float64 {
	if len(s.points) == 0 {
		return math.NaN()
	}
	s.kin.SetPose(ref.Pos, ref.Quat, ref.Q)
	for i, p := range s.points {
		s.want[i], _ = s.kin.BodyPose(p)
	}
	s.kin.SetPose(root.Pos, root.Quat, q)
	sum := 0.0
	for i, p := range s.points {
		got, _ := s.kin.BodyPose(p)
		sum += length(sub(got, s.want[i]))
	}
	return sum / float64(len(s.points))
}

// addCommand takes the third difference of what each actuator obeys.
func (s *Scorer) addCommand(cmd *controller.Command) {
	if cmd == nil {
		return
	}
	oldest := s.past[2]
	for i, a := range s.body.Actuators {
		c := cmd.Pos[i]
		if a.Drive == controller.DriveTorque {
			c = cmd.Torque[i]
		}
		if s.commands >= 3 {
			d := c - 3*s.past[0][i] + 3*s.past[1][i] - oldest[i]
			s.jerk += d * d
			s.jerks++
		}
		oldest[i] = c
	}
	s.past[0], s.past[1], s.past[2] = oldest, s.past[0], s.past[1]
	s.commands++
}

// Score sums up what was added so far.
func (s *Scorer) Score() Score {
	n := float64(s.alive) // no surviving frame: every mean is 0/0, unknown
	known := 1.0
	if !s.truth {
		known = math.NaN()
	}
	return Score{
		Clip: s.clip.Name, Frames: s.frames,
		Completed:    !s.dead && s.alive > 0 && s.last == len(s.clip.Poses)-1,
		Survival:     Measure(known * n / s.clip.Rate),
		Survival50:   Measure(known * float64(s.tight) / s.clip.Rate),
		RootErr:      Measure(known * 1000 * s.root / n),
		RotErr:       Measure(known * 180 / math.Pi * s.rot / n),
		LimbJointRMS: Measure(math.Sqrt(s.limb / (n * float64(len(s.body.LimbJoints))))),
		PawHeadErr:   Measure(known * 1000 * s.paw / n),
		ActionJerk:   Measure(math.Sqrt(s.jerk/float64(s.jerks)) / math.Pow(s.body.Period.Seconds(), 3)),

		ActionJerkUnit: s.unit(),
	}
}

// unit is that of the commands' third derivative.
func (s *Scorer) unit() string {
	if a := s.body.Actuators; len(a) > 0 && a[0].Drive == controller.DriveTorque {
		return "N·m/s³"
	}
	return "rad/s³"
}
