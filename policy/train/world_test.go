package train

import (
	"testing"

	"whisker/policy"
	"whisker/policy/motion"
	"whisker/sim"
)

var (
	_ World = (*sim.Robot)(nil)
	_ Twin  = (*sim.Robot)(nil)
)

// balancers opens n worlds of a trunk that an ankle has to keep upright, and the
// reference of standing still for two seconds.
func balancers(t testing.TB, n int) ([]World, []*policy.Reference) {
	t.Helper()
	return balancersOf(t, n, "testdata/balancer.xml")
}

func balancersOf(t testing.TB, n int, model string) ([]World, []*policy.Reference) {
	t.Helper()
	first, err := sim.Open(sim.Options{Model: model})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(first.Close)
	worlds := []World{first}
	for range n - 1 {
		c, err := first.Clone()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		worlds = append(worlds, c)
	}
	b := first.Body()
	clip := &motion.Clip{Name: "upright", Rate: 50}
	for _, j := range b.Joints {
		clip.Joints = append(clip.Joints, j.Name)
	}
	for range 100 {
		clip.Poses = append(clip.Poses, motion.Pose{Pos: [3]float64{0, 0, 0.32}, Quat: [4]float64{1, 0, 0, 0}, Q: make([]float64, len(b.Joints))})
		clip.Twists = append(clip.Twists, motion.Twist{Qd: make([]float64, len(b.Joints))})
	}
	ref, err := policy.NewReference(b, clip, first.Kinematics())
	if err != nil {
		t.Fatal(err)
	}
	return worlds, []*policy.Reference{ref}
}

// quick is a configuration for the balancer that learns in seconds.
func quick() Config {
	c := NewConfig()
	c.Latent, c.Encoder, c.Decoder, c.Critic = 4, []int{32}, []int{32}, []int{32}
	c.Transitions, c.Workers, c.Horizon, c.Minibatch, c.NormaliseOver = 16*32*4, 2, 32, 128, 500
	c.Rate, c.RateMax, c.NoiseStart, c.NoiseEnd = 1e-3, 3e-3, 0.4, 0.2
	c.Task.Start = Start{Joints: 0.02, JointRates: 0.3, RootVelocity: 0.03, RootRotationRate: 0.3}
	return c
}
