package policy

import (
	"fmt"
	"slices"
	"strings"

	"whisker/controller"
)

// Term is one named part of an observation.
type Term struct {
	Name string `json:"name"`
	Size int    `json:"size"`
}

// Layout says what an observation holds and in which order. It is part of a
// policy's contract. Proprioception comes first; the reference window, seen
// from the current body, follows.
type Layout struct {
	// Joints are the joints that the policy sees.
	Joints []string `json:"joints"`
	// Frames are the reference frames of the window, counted from the current.
	Frames []int `json:"frames"`
	// Root: the policy sees its root pose and velocity. Without it, orientation
	// and angular velocity come from the IMU, and the reference's velocity is seen
	// from its own root; only its orientation is compared with the body's.
	Root bool `json:"root"`
	// Activation and FootForce: the policy sees the servo filters and the feet.
	Activation bool `json:"activation"`
	FootForce  bool `json:"foot_force"`
	// Actuators and Feet are the body's counts.
	Actuators int `json:"actuators"`
	Feet      int `json:"feet"`
	// Proprioception and Reference are the resulting terms, in order.
	Proprioception []Term `json:"proprioception"`
	Reference      []Term `json:"reference"`
}

// NewLayout is the usual layout for body b: every joint but the tail's, five
// future frames, and all that the body measures. Of a physical robot that is
// joints, commands and IMU: not its feet, whose sensors wear and differ most.
func NewLayout(b *controller.Body) Layout {
	l := Layout{
		Frames: []int{1, 2, 3, 4, 5}, Root: b.Measures.Root, Activation: b.Measures.Activation,
		FootForce: b.Measures.Root && b.Measures.FootForce, Actuators: len(b.Actuators), Feet: len(b.Feet),
	}
	for _, j := range b.Joints {
		if !isTail(j.Name) {
			l.Joints = append(l.Joints, j.Name)
		}
	}
	l.Proprioception, l.Reference = l.terms()
	return l
}

// Looking is l with another window: the reference frames, counted from the current.
func (l Layout) Looking(frames []int) Layout {
	l.Frames = slices.Clone(frames)
	l.Proprioception, l.Reference = l.terms()
	return l
}

// isTail tells the caudal joints of the rat: vertebra_C1_bend to vertebra_C29_bend.
func isTail(joint string) bool {
	rest, ok := strings.CutPrefix(joint, "vertebra_C")
	return ok && rest != "" && rest[0] >= '0' && rest[0] <= '9'
}

func (l *Layout) terms() (body, reference []Term) {
	n, m, w := len(l.Joints), l.Actuators, len(l.Frames)
	body = []Term{{"joints_pos", n}, {"joints_vel", n}, {"previous_command", m}, {"gravity", 3}, {"gyro", 3}}
	if l.Activation {
		body = append(body, Term{"activation", m})
	}
	if l.Root {
		body = append(body, Term{"root_velocity", 3}, Term{"height", 1})
	}
	if l.FootForce {
		body = append(body, Term{"foot_force", l.Feet})
	}
	if l.Root {
		reference = []Term{{"root_position", 3 * w}, {"root_orientation", 3 * w}}
	} else {
		reference = []Term{{"reference_velocity", 3 * w}, {"root_orientation", 3 * w}}
	}
	reference = append(reference, Term{"joints_difference", n * w}, Term{"stance", l.Feet * (w + 1)})
	return body, reference
}

func sizeOf(terms []Term) int {
	n := 0
	for _, t := range terms {
		n += t.Size
	}
	return n
}

// BodySize is the length of the proprioceptive part.
func (l *Layout) BodySize() int { return sizeOf(l.Proprioception) }

// Size is the length of the whole observation.
func (l *Layout) Size() int { return sizeOf(l.Proprioception) + sizeOf(l.Reference) }

// Observation computes observation vectors for one body. It holds no state of
// its own and may be shared.
type Observation struct {
	layout Layout
	joints []int // of the body, per layout joint
}

// NewObservation binds a layout to a body.
func NewObservation(l Layout, b *controller.Body) (*Observation, error) {
	switch {
	case l.Root && !b.Measures.Root:
		return nil, fmt.Errorf("policy: the policy sees its root pose, which %s cannot measure; use a policy trained without root terms", b.Name)
	case !l.Root && !b.Measures.IMU && !b.Measures.Root:
		return nil, fmt.Errorf("policy: the policy needs an IMU, which %s lacks", b.Name)
	case l.Activation && !b.Measures.Activation:
		return nil, fmt.Errorf("policy: the policy sees the servo filters, which %s does not measure", b.Name)
	case l.FootForce && !b.Measures.FootForce:
		return nil, fmt.Errorf("policy: the policy sees foot forces, which %s does not measure", b.Name)
	case l.Actuators != len(b.Actuators) || l.Feet != len(b.Feet):
		return nil, fmt.Errorf("policy: the policy is for %d actuators and %d feet, %s has %d and %d", l.Actuators, l.Feet, b.Name, len(b.Actuators), len(b.Feet))
	}
	body, reference := l.terms()
	if !slices.Equal(body, l.Proprioception) || !slices.Equal(reference, l.Reference) {
		return nil, fmt.Errorf("policy: observation terms %v and %v, but this version computes %v and %v", l.Proprioception, l.Reference, body, reference)
	}
	o := &Observation{layout: l}
	for _, name := range l.Joints {
		j := b.JointIndex(name)
		if j < 0 {
			return nil, fmt.Errorf("policy: the policy sees joint %s, which %s lacks", name, b.Name)
		}
		o.joints = append(o.joints, j)
	}
	return o, nil
}

// Layout is what the observation holds.
func (o *Observation) Layout() *Layout { return &o.layout }

// Fill computes the observation of state s at a frame of r into dst (Size
// numbers, SI units). previous is the command of the tick before, per actuator,
// rad (N·m for a torque drive). Frames beyond the end of r are its last frame. It does not allocate.
func (o *Observation) Fill(dst []float32, s *controller.State, r *Reference, frame int, previous []float64) {
	if len(dst) != o.layout.Size() || len(previous) != o.layout.Actuators {
		panic(fmt.Sprintf("policy: observation of %d into %d numbers, previous command of %d for %d actuators", o.layout.Size(), len(dst), len(previous), o.layout.Actuators))
	}
	w := writer{dst}
	o.fillBody(&w, s, previous)
	if o.layout.Root {
		o.fillRelative(&w, s, r, frame)
	} else {
		o.fillOwn(&w, s, r, frame)
	}
	for _, step := range o.layout.Frames {
		ref := r.Poses[r.clamp(frame+step)].Q
		for _, j := range o.joints {
			w.add(ref[j] - s.Pos[j])
		}
	}
	o.fillStance(&w, r, frame)
}

// writer appends to a vector of fixed length.
type writer struct{ rest []float32 }

func (w *writer) add(v float64) { w.rest[0], w.rest = float32(v), w.rest[1:] }

func (w *writer) vec(v [3]float64) { w.add(v[0]); w.add(v[1]); w.add(v[2]) }

func (w *writer) all(v []float64) {
	for _, x := range v {
		w.add(x)
	}
}

func (r *Reference) clamp(frame int) int { return max(0, min(frame, len(r.Poses)-1)) }

func (o *Observation) fillBody(w *writer, s *controller.State, previous []float64) {
	for _, j := range o.joints {
		w.add(s.Pos[j])
	}
	for _, j := range o.joints {
		w.add(s.Vel[j])
	}
	w.all(previous)
	quat, gyro := s.IMU.Quat, s.IMU.Gyro
	if o.layout.Root {
		quat, gyro = s.Root.Quat, s.Root.AngVel
	}
	w.vec(rotate(conj(quat), [3]float64{0, 0, -1}))
	w.vec(gyro)
	if o.layout.Activation {
		w.all(s.Activation)
	}
	if o.layout.Root {
		w.vec(rotate(conj(quat), s.Root.Vel))
		w.add(s.Root.Pos[2])
	}
	if o.layout.FootForce {
		w.all(s.FootForce)
	}
}

// fillRelative writes where the reference root will be, seen from the body now.
func (o *Observation) fillRelative(w *writer, s *controller.State, r *Reference, frame int) {
	inv := conj(s.Root.Quat)
	for _, step := range o.layout.Frames {
		w.vec(rotate(inv, sub(r.Poses[r.clamp(frame+step)].Pos, s.Root.Pos)))
	}
	for _, step := range o.layout.Frames {
		w.vec(rotvec(mul(inv, r.Poses[r.clamp(frame+step)].Quat)))
	}
}

// fillOwn writes how the reference will move, seen from its own root, and how
// it will be turned against the body.
func (o *Observation) fillOwn(w *writer, s *controller.State, r *Reference, frame int) {
	for _, step := range o.layout.Frames {
		f := r.clamp(frame + step)
		w.vec(rotate(conj(r.Poses[f].Quat), r.Twists[f].Vel))
	}
	for _, step := range o.layout.Frames {
		w.vec(rotvec(mul(conj(s.IMU.Quat), r.Poses[r.clamp(frame+step)].Quat)))
	}
}

func (o *Observation) fillStance(w *writer, r *Reference, frame int) {
	for i := range len(o.layout.Frames) + 1 {
		f := frame
		if i > 0 {
			f += o.layout.Frames[i-1]
		}
		for _, down := range r.Stance[r.clamp(f)] {
			v := 0.0
			if down {
				v = 1
			}
			w.add(v)
		}
	}
}
