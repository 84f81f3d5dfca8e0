package policy

import (
	"fmt"
	"math"
	"math/rand/v2"

	"whisker/controller"
)

// Tracker follows a Reference: a controller.Policy. With a File it runs the
// network; without one it plays the reference's own command (open loop).
type Tracker struct {
	body   *controller.Body
	action Action
	ref    *Reference
	start  int
	frame  int
	prev   []float64
	align  [4]float64 // turns the IMU's heading into the clip's; zero before the first Act

	obs  *Observation
	net  *Inference
	x    []float32
	eps  []float32
	seed uint64
	pcg  *rand.PCG
	rng  *rand.Rand
}

// NewTracker binds a policy file to a body and a reference. It fails when the
// body does not meet the policy's contract.
func NewTracker(b *controller.Body, f *File, r *Reference) (*Tracker, error) {
	if err := f.Check(b); err != nil {
		return nil, err
	}
	obs, err := NewObservation(f.Contract.Layout, b)
	if err != nil {
		return nil, err
	}
	net, err := NewInference(&f.Network, obs.layout.BodySize())
	if err != nil {
		return nil, err
	}
	t := &Tracker{
		body: b, action: f.Contract.Action, prev: make([]float64, len(b.Actuators)),
		obs: obs, net: net, x: make([]float32, obs.layout.Size()), eps: make([]float32, f.Network.Latent), pcg: rand.NewPCG(0, 0),
	}
	t.rng = rand.New(t.pcg)
	return t, t.Switch(r, 0)
}

// OpenLoop plays the reference command without a network: the baseline.
func OpenLoop(b *controller.Body, r *Reference) (*Tracker, error) {
	t := &Tracker{body: b, action: NewAction(b), prev: make([]float64, len(b.Actuators))}
	t.action.Residual = true
	return t, t.Switch(r, 0)
}

// Switch follows r from a frame on, and Restart returns to that frame.
func (t *Tracker) Switch(r *Reference, frame int) error {
	if r.Body.Name != t.body.Name || len(r.Body.Joints) != len(t.body.Joints) || len(r.Body.Actuators) != len(t.body.Actuators) {
		return fmt.Errorf("policy: reference %s was prepared for %s, not for %s", r.Name, r.Body.Name, t.body.Name)
	}
	if frame < 0 || frame >= r.Len() {
		return fmt.Errorf("policy: start frame %d of %s, which has frames 0 to %d", frame, r.Name, r.Len()-1)
	}
	t.ref, t.start = r, frame
	t.Restart()
	return nil
}

// Restart returns to the start frame, and to the same latent noise.
func (t *Tracker) Restart() {
	t.frame, t.align = t.start, [4]float64{}
	t.action.Begin(t.prev, t.ref, t.frame)
	if t.net != nil {
		t.net.Reset()
		t.pcg.Seed(t.seed, 0)
	}
}

// Seed makes the latent noise a function of seed; 0, the default, is no noise.
// It restarts the tracker.
func (t *Tracker) Seed(seed uint64) {
	t.seed = seed
	t.Restart()
}

// Frame is the frame that the next Act follows.
func (t *Tracker) Frame() int { return t.frame }

// Reference is what the tracker follows.
func (t *Tracker) Reference() *Reference { return t.ref }

// Network is the running network, for its activations and lesions; nil in open
// loop.
func (t *Tracker) Network() *Inference { return t.net }

// Act fills cmd for the current frame and steps to the next; after the last
// frame it returns controller.ErrDone.
func (t *Tracker) Act(s *controller.State, cmd *controller.Command) error {
	if t.frame >= t.ref.Len() {
		return controller.ErrDone
	}
	var out []float32
	if t.net != nil {
		aligned := t.aligned(s)
		t.obs.Fill(t.x, &aligned, t.ref, t.frame, t.prev)
		out = t.net.Run(t.x, t.noise())
	}
	t.action.Fill(cmd, t.ref, t.frame, out)
	copy(t.prev, t.action.Sent(cmd))
	t.frame++
	return nil
}

// aligned is the state with the IMU's heading, which counts from where the robot
// was switched on, made that of the clip: at the first tick they are equal. A
// policy that sees its root has the clip's heading already.
func (t *Tracker) aligned(s *controller.State) controller.State {
	out := *s
	if t.obs.layout.Root {
		return out
	}
	if t.align == [4]float64{} {
		ref, q := t.ref.Poses[t.frame].Quat, s.IMU.Quat
		half := (heading(ref) - heading(q)) / 2
		t.align = [4]float64{math.Cos(half), 0, 0, math.Sin(half)}
	}
	out.IMU.Quat = mul(t.align, s.IMU.Quat)
	return out
}

func (t *Tracker) noise() []float32 {
	if t.seed == 0 {
		return nil
	}
	for i := range t.eps {
		t.eps[i] = float32(t.rng.NormFloat64())
	}
	return t.eps
}
