package policy

import (
	"fmt"
	"math"
	"time"

	"whisker/controller"
	"whisker/policy/motion"
)

// Reference is a clip prepared for one body. All slices have one entry per
// frame of the clip, and it is read-only once made, so that many trackers may
// share it.
type Reference struct {
	Name   string
	Body   *controller.Body
	Poses  []motion.Pose  // joints in the body's order
	Twists []motion.Twist // as Poses
	// Act holds the actuator positions of each pose, rad.
	Act [][]float64
	// Torque holds the actuator torques that the motion needs by inverse
	// dynamics with the stance feet carrying the body, N·m.
	Torque [][]float64
	// Command holds the servo command at each frame, rad: Act plus what the
	// torque deflects the servo by, run backwards through the servo's filter.
	Command [][]float64
	// Stance tells for each foot whether it stands on the ground, Feet where its
	// frame is in the world, m.
	Stance [][]bool
	Feet   [][][3]float64
}

// NewReference prepares clip for body b. k computes actuator positions and
// inverse dynamics; it is used only during the call. The clip must run at the
// body's control rate and hold the body's joints (any order). A motion that the body
// cannot do is an error: see motion.Possible.
func NewReference(b *controller.Body, clip *motion.Clip, k motion.Kinematics) (*Reference, error) {
	if clip.Len() < 2 || len(clip.Twists) != clip.Len() {
		return nil, fmt.Errorf("policy: clip %s has %d poses and %d twists; at least 2 of each and as many are needed", clip.Name, clip.Len(), len(clip.Twists))
	}
	if want := 1 / b.Period.Seconds(); math.Abs(clip.Rate-want) > 1e-6*want {
		return nil, fmt.Errorf("policy: clip %s runs at %g frames/s but %s is controlled at %g Hz; resample the clip", clip.Name, clip.Rate, b.Name, want)
	}
	order, err := jointOrder(b, clip)
	if err != nil {
		return nil, err
	}
	r := &Reference{Name: clip.Name, Body: b}
	for f := range clip.Poses {
		p, w, err := reorder(clip, f, order)
		if err != nil {
			return nil, err
		}
		r.Poses, r.Twists = append(r.Poses, p), append(r.Twists, w)
	}
	own := motion.Clip{Name: clip.Name, Rate: clip.Rate, Joints: k.JointNames(), Poses: r.Poses, Twists: r.Twists}
	if err := motion.Possible(&own, b, k); err != nil {
		return nil, err
	}
	if err := newFeedForward(b, k).prepare(r); err != nil {
		return nil, err
	}
	return r, nil
}

// Len is the number of frames.
func (r *Reference) Len() int { return len(r.Poses) }

// Duration is the time from the first frame to the last.
func (r *Reference) Duration() time.Duration { return time.Duration(r.Len()-1) * r.Body.Period }

// Root is the root state at a frame.
func (r *Reference) Root(frame int) controller.Root {
	p, w := &r.Poses[frame], &r.Twists[frame]
	return controller.Root{Pos: p.Pos, Quat: p.Quat, Vel: w.Vel, AngVel: w.AngVel}
}

// jointOrder finds the body's joints in the clip.
func jointOrder(b *controller.Body, clip *motion.Clip) ([]int, error) {
	at := make(map[string]int, len(clip.Joints))
	for i, n := range clip.Joints {
		at[n] = i
	}
	if len(clip.Joints) != len(b.Joints) {
		return nil, fmt.Errorf("policy: clip %s has %d joints, body %s has %d", clip.Name, len(clip.Joints), b.Name, len(b.Joints))
	}
	order := make([]int, len(b.Joints))
	for j := range b.Joints {
		i, ok := at[b.Joints[j].Name]
		if !ok {
			return nil, fmt.Errorf("policy: clip %s lacks joint %s of body %s", clip.Name, b.Joints[j].Name, b.Name)
		}
		order[j] = i
	}
	return order, nil
}

// reorder copies frame f of the clip into the body's joint order and checks it.
func reorder(clip *motion.Clip, f int, order []int) (motion.Pose, motion.Twist, error) {
	src, vel := &clip.Poses[f], &clip.Twists[f]
	p := motion.Pose{Pos: src.Pos, Quat: src.Quat, Q: make([]float64, len(order))}
	w := motion.Twist{Vel: vel.Vel, AngVel: vel.AngVel, Qd: make([]float64, len(order))}
	if len(src.Q) != len(order) || len(vel.Qd) != len(order) {
		return p, w, fmt.Errorf("policy: clip %s frame %d has %d joint angles and %d velocities, want %d", clip.Name, f, len(src.Q), len(vel.Qd), len(order))
	}
	sum := 0.0
	for j, i := range order {
		p.Q[j], w.Qd[j] = src.Q[i], vel.Qd[i]
		sum += p.Q[j] + w.Qd[j]
	}
	for i := range 3 {
		sum += p.Pos[i] + w.Vel[i] + w.AngVel[i] + p.Quat[i] + p.Quat[3]
	}
	if math.IsNaN(sum) || math.IsInf(sum, 0) {
		return p, w, fmt.Errorf("policy: clip %s frame %d holds a value that is not finite", clip.Name, f)
	}
	return p, w, nil
}
