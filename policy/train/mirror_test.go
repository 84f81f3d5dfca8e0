package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"whisker/controller"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/sim"
)

// The mirrored body, following the mirrored clip, observes what the reflection
// says; and with mirrored commands it lives the mirrored life.
func TestMirroredTransitionsAreTrue(t *testing.T) {
	robot, err := sim.Open(sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer robot.Close()
	b, k := robot.Body(), robot.Kinematics()
	clip, err := motion.Synthesize(k, b, motion.Spec{Kind: motion.Walk, Seed: 4, Seconds: 2, Speed: 0.2, Curvature: 2})
	if err != nil {
		t.Fatal(err)
	}
	other, err := motion.Mirror(clip)
	if err != nil {
		t.Fatal(err)
	}
	var refs []*policy.Reference
	for _, c := range []*motion.Clip{clip, other} {
		r, err := policy.NewReference(b, c, k)
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, r)
	}
	c := policy.NewContract(b)
	m := newMirror(&c, b.Feet)
	if m == nil {
		t.Fatal("the rat has no mirror image")
	}
	rng := rand.New(rand.NewPCG(1, 1))
	out := noise(rng, 2*len(b.Actuators))
	for i := range out {
		out[i] *= 0.2
	}
	play := func(r *policy.Reference, ticks int, mirrored bool) []float32 {
		return observed(t, robot, &c, r, 30, ticks, func(tick int) []float32 {
			x := slices.Clone(out[tick*len(b.Actuators):][:len(b.Actuators)])
			if mirrored {
				m.act.apply(x, out[tick*len(b.Actuators):][:len(b.Actuators)])
			}
			return x
		})
	}
	mapped := make([]float32, c.Layout.Size())
	m.obs.apply(mapped, play(refs[0], 0, false))
	for i, v := range play(refs[1], 0, true) {
		if math.Abs(float64(mapped[i]-v)) > 1e-3 {
			t.Errorf("entry %d is %g by reflection, %g in the mirrored clip", i, mapped[i], v)
		}
	}
	m.obs.apply(mapped, play(refs[0], 2, false))
	// The model's left and right differ a little, in masses and contacts.
	if d := distance(mapped, play(refs[1], 2, true)); d > 0.05 {
		t.Errorf("two ticks later the reflection is off by %.3f of the observation's length", d)
	}
	if d := distance(mapped, play(refs[1], 2, false)); d < 0.1 {
		t.Errorf("commands that are not mirrored lead to the same: %.3f", d)
	}
}

// distance is |a - b| / |b|.
func distance(a, b []float32) float64 {
	d, n := 0.0, 0.0
	for i := range a {
		d += square(float64(a[i] - b[i]))
		n += square(float64(b[i]))
	}
	return math.Sqrt(d / n)
}

// observed plays some ticks from a frame of r and observes.
func observed(t *testing.T, w World, c *policy.Contract, r *policy.Reference, frame, ticks int, out func(tick int) []float32) []float32 {
	t.Helper()
	e, err := newEnv(w, c, []*policy.Reference{r})
	if err != nil {
		t.Fatal(err)
	}
	still := Config{MaxSteps: 100, Task: RatTask()}
	still.Task.Start = Start{}
	still.Task.Termination.RootPosition, still.Task.Termination.RootRotation = 1, 3
	if err := e.reset(&still, 0, 0, frame, rand.New(rand.NewPCG(1, 1))); err != nil {
		t.Fatal(err)
	}
	for tick := range ticks {
		if o := e.step(&still, out(tick)); o.failed {
			t.Fatal("the rat fell at once")
		}
	}
	x := make([]float32, c.Layout.Size())
	e.observe(x)
	return x
}

func TestABodyWithoutPartnersHasNoMirrorImage(t *testing.T) {
	b := controller.Body{Joints: []controller.Joint{{Name: "knee_L"}}, Measures: controller.Measures{IMU: true}}
	c := policy.NewContract(&b)
	if newMirror(&c, nil) != nil {
		t.Error("a one-legged body is mirrored")
	}
}

func TestSamplerDrawsFailuresAtMostThreeTimesAsOftenAndNoFlight(t *testing.T) {
	r := &policy.Reference{Poses: make([]motion.Pose, 41)}
	for f := range r.Poses {
		r.Stance = append(r.Stance, []bool{true, f%4 != 3 || f >= 20}) // one foot up in some frames
	}
	s := newSampler([]*policy.Reference{r}, 3)
	for range 100 {
		s.learn(0, 1, 100) // always falls
		s.learn(2, 100, 100)
	}
	s.prepare()
	rng := rand.New(rand.NewPCG(1, 1))
	count := make([]float64, len(s.starts))
	for range 40000 {
		at, _, frame := s.draw(rng)
		count[at]++
		if !standing(r.Stance[frame]) {
			t.Fatalf("frame %d, on one foot, was drawn", frame)
		}
	}
	if ratio := count[0] / count[2]; ratio < 2.7 || ratio > 3.3 {
		t.Errorf("a failing start is drawn %.2f times as often as one that never fails, want 3", ratio)
	}
}
