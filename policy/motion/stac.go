package motion

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// marker is a key point of a rat and where it starts on the body: pairs and
// offsets as in the rodent configuration of stac-mjx (Talmo Lab, BSD-3), except
// the head's, which start at snout and ears of the model's skull. Offsets are for
// the model in its own size, m; stiff is how many frames' worth of trust the
// starting offset has, in shares of the frames that the offsets are fitted to.
type marker struct {
	point, body string
	offset      [3]float64
	stiff       float64
	twin        int // index of the marker on the other side, or its own
}

// ratMarkers lists the left side and the midline; the right side is its mirror.
func ratMarkers() []marker {
	m := []marker{
		{"Snout", "skull", [3]float64{0.033, 0, -0.008}, 0.02, 0},
		{"SpineF", "vertebra_cervical_5", [3]float64{-0.015, 0, 0}, 0.1, 1},
		{"SpineM", "vertebra_1", [3]float64{}, 0.1, 2},
		{"SpineL", "pelvis", [3]float64{}, 0.1, 3},
		{"TailBase", "pelvis", [3]float64{}, 0.02, 4},
	}
	for _, l := range []marker{
		{"EarL", "skull", [3]float64{-0.02, 0.014, 0.012}, 0.02, 0},
		{"ShoulderL", "scapula_L", [3]float64{0.0287, 0.00984, -0.02542}, 0.02, 0},
		{"ElbowL", "upper_arm_L", [3]float64{-0.01593, 0.01036, -0.0223}, 0.1, 0},
		{"WristL", "lower_arm_L", [3]float64{0.0216, 0.0126, -0.0198}, 0.1, 0},
		{"HandL", "hand_L", [3]float64{0.00303, 0.00152, -0.00834}, 0.1, 0},
		{"HipL", "pelvis", [3]float64{-0.015, 0.015, 0}, 0.02, 0},
		{"KneeL", "upper_leg_L", [3]float64{0.01542, 0.01748, -0.0257}, 0.1, 0},
		{"AnkleL", "lower_leg_L", [3]float64{-0.0323, -0.00473, -0.02206}, 0.1, 0},
		{"FootL", "foot_L", [3]float64{0.0211, 0.00761, -0.00275}, 0.1, 0},
	} {
		r := l
		r.point = l.point[:len(l.point)-1] + "R"
		r.offset[1] = -r.offset[1]
		if l.body != "skull" && l.body != "pelvis" {
			r.body = l.body[:len(l.body)-1] + "R"
		}
		l.twin, r.twin = len(m)+1, len(m)
		m = append(m, l, r)
	}
	return m
}

// ratPaws are the bodies whose lowest points make the floor.
func ratPaws() []string { return []string{"hand_L", "hand_R", "foot_L", "foot_R"} }

// Weights of the pose fit against squared distance in m².
const (
	fitRest     = 2e-6 // of a joint's angle from zero, m²/rad²
	fitKeep     = 5e-6 // of a joint's move from the frame before, m²/rad²
	fitSamples  = 40   // frames that the offsets are fitted to
	fitRounds   = 6    // alternations of pose and offsets
	scaleRounds = 2    // of these, the first ones, which fit the scale only
	modelScale  = 0.9  // of our rat against the model that the offsets are for
)

// Fit is what fitting a body to key points found.
type Fit struct {
	Clip *Clip
	// MeanError is the mean distance of a key point from its place on the body,
	// m; PointErrors has it per point, WorstFrame is the worst frame's mean.
	MeanError, WorstFrame float64
	// Points names the points in the order of PointErrors and Offsets.
	Points      []string
	PointErrors []float64
	// Offsets are the places on the body, m in its frames, per point.
	Offsets [][3]float64
	// Scale multiplies the animal to the size of the body; Floor is the height
	// that its paws stand at in the recording, m after scaling.
	Scale, Floor float64
}

// Fprint writes f for people.
func (f *Fit) Fprint(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d frames, mean marker error %.2f mm, worst frame %.2f mm, scale %.3f, floor at %.1f mm\n",
		f.Clip.Len(), 1000*f.MeanError, 1000*f.WorstFrame, f.Scale, 1000*f.Floor)
	for i, name := range f.Points {
		fmt.Fprintf(&b, "  %-10s %.2f mm\n", name, 1000*f.PointErrors[i])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// FitKeyPoints finds the motion of a rat body that follows key points: poses and
// the places of the points on the body in turns (STAC, Wu et al. 2013), and the
// animal's size. The lowest points of the paws then stand on the floor.
func FitKeyPoints(kp *KeyPoints, k Kinematics) (*Fit, error) {
	f, err := newFitter(kp, k)
	if err != nil {
		return nil, err
	}
	f.fitOffsets()
	c, fit := f.fitAll()
	fit.Floor = paveFloor(c, k)
	c.Source = fmt.Sprintf("%s, fitted to %d key points (mean error %.2f mm, scale %.3f)", kp.Source, len(f.bodies), 1000*fit.MeanError, f.scale)
	c.Differentiate()
	return fit, c.Validate()
}

// fitter holds the state of a fit. Its points are those of the table that the
// recording has.
type fitter struct {
	kp         *KeyPoints
	k          Kinematics
	ik         *IK
	whole      []int // frames that show enough points to begin at
	points     []string
	column     []int // of the recording, per point
	bodies     []int
	twins      []int        // the point on the other side, or the point itself
	start      [][3]float64 // offsets to begin with, and to be drawn to
	offsets    [][3]float64
	stiff      []float64
	targets    []Target
	scale      float64
	restPoints [][3]float64 // the offsets' places in the zero pose
}

func newFitter(kp *KeyPoints, k Kinematics) (*fitter, error) {
	f := &fitter{kp: kp, k: k, ik: NewIK(k), scale: 1}
	for _, m := range ratMarkers() {
		col := slices.Index(kp.Points, m.point)
		if col < 0 {
			return nil, fmt.Errorf("motion: %s: no point %s, expected the points %v", kp.Source, m.point, danncePoints)
		}
		body, ok := k.BodyID(m.body)
		if !ok {
			return nil, fmt.Errorf("motion: %s: the body has no %s: key points can be fitted to the rat only", kp.Source, m.body)
		}
		for i := range m.offset {
			m.offset[i] *= modelScale
		}
		f.points, f.column, f.bodies, f.twins = append(f.points, m.point), append(f.column, col), append(f.bodies, body), append(f.twins, m.twin)
		f.start, f.stiff = append(f.start, m.offset), append(f.stiff, m.stiff)
	}
	if f.whole = f.wholeFrames(); f.whole == nil {
		return nil, fmt.Errorf("motion: %s: no frame shows %d of the key points together", kp.Source, enoughSeen)
	}
	f.offsets = slices.Clone(f.start)
	f.targets = make([]Target, len(f.bodies))
	n := len(k.JointNames())
	f.ik.Tolerance = 3e-3
	f.ik.Rest, f.ik.RestWeight = make([]float64, n), make([]float64, n)
	for j := range f.ik.RestWeight {
		f.ik.RestWeight[j] = fitRest
	}
	zero := f.zeroPose()
	k.SetPose(zero.Pos, zero.Quat, zero.Q)
	for i := range f.bodies {
		f.restPoints = append(f.restPoints, f.place(i))
	}
	f.ik.SetFree(f.movable())
	return f, nil
}

func (f *fitter) zeroPose() Pose {
	p := Pose{Quat: [4]float64{1, 0, 0, 0}, Q: make([]float64, len(f.k.JointNames()))}
	for j := range p.Q {
		lo, hi := f.k.JointRange(j)
		p.Q[j] = min(max(0, lo), hi)
	}
	return p
}

// movable lists the velocity coordinates that move a point: the root's, and the
// joints above the bodies that carry points.
func (f *fitter) movable() (coords []int) {
	nv := 6 + len(f.k.JointNames())
	jac, moves := make([]float64, 3*nv), make([]bool, nv)
	for i, b := range f.bodies {
		// A second place off the first finds joints whose axis goes through it.
		for _, x := range [][3]float64{f.restPoints[i], add(f.restPoints[i], [3]float64{0.01, 0.01, 0.01})} {
			f.k.PointJacobian(b, x, jac)
			for c, v := range jac {
				moves[c%nv] = moves[c%nv] || math.Abs(v) > 1e-9
			}
		}
	}
	for c, m := range moves {
		if m {
			coords = append(coords, c)
		}
	}
	return coords
}

// place is where the body has point i now, m, world.
func (f *fitter) place(i int) [3]float64 {
	pos, q := f.k.BodyPose(f.bodies[i])
	return add(pos, quatRotate(q, f.offsets[i]))
}

// seen is where the recording has point i in a frame, in the size of the body.
func (f *fitter) seen(frame, i int) (p [3]float64, ok bool) {
	p = f.kp.Frames[frame][f.column[i]]
	for a := range p {
		p[a] *= f.scale
	}
	return p, !math.IsNaN(p[0] + p[1] + p[2])
}

// aim makes the recording's frame the target of the solver.
func (f *fitter) aim(frame int) {
	for i := range f.targets {
		t := &f.targets[i]
		p, ok := f.seen(frame, i)
		*t = Target{Body: f.bodies[i], Offset: f.offsets[i], Pos: p, Weight: 1}
		if !ok {
			t.Pos, t.Weight = [3]float64{}, 0
		}
	}
}
