package train

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"whisker/controller"
	"whisker/controller/profile"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/sim"
)

// BenchmarkTraining learns on all cores, as `whisker train` does on two by default,
// in turn with as many transitions of the same bodies by mj_step alone, a loop in C
// on every core, from the states that learning went through. ratio is the median, over rounds, of the rate of learning by that of
// the loops. The shares are those of the cores' time: waiting is for other workers,
// network all that is neither that nor physics, such as observing.
func BenchmarkTraining(b *testing.B) {
	b.Run("rat", func(b *testing.B) {
		c := NewConfig()
		worlds, refs := rats(b, bodies()+runtime.GOMAXPROCS(0))
		training(b, &c, worlds, refs)
	})
	b.Run("quadruped", func(b *testing.B) {
		c := NewConfig()
		c.Task, c.Gamma, c.Encoder, c.Decoder, c.Critic = QuadrupedTask(), 0.97, []int{128}, []int{128}, []int{64, 64} // as whisker train has them
		worlds, refs := quadrupeds(b, bodies()+runtime.GOMAXPROCS(0))
		training(b, &c, worlds, refs)
	})
}

// bodies is how many learn: 128 on two cores, as many more as there are more cores.
func bodies() int { return 64 * runtime.GOMAXPROCS(0) }

// training learns in all worlds but the last, one per core, which bare has.
func training(b *testing.B, c *Config, worlds []World, refs []*policy.Reference) {
	cores := runtime.GOMAXPROCS(0)
	worlds, rest := worlds[:bodies()], worlds[bodies():]
	c.Workers, c.Minibatch, c.Rate = cores, 512*cores, 1.5e-4
	l, err := newLearner(c, worlds, refs)
	if err != nil {
		b.Fatal(err)
	}
	if err := l.calibrate(); err != nil {
		b.Fatal(err)
	}
	var peers []*sim.Robot
	for _, w := range rest {
		peer := w.(*timed).Robot
		if err := peer.Start(); err != nil {
			b.Fatal(err)
		}
		peers = append(peers, peer)
	}
	var ratios, rates []float64
	var physics, network, waiting float64
	for b.Loop() {
		for _, w := range worlds {
			w.(*timed).spent = 0
		}
		begin := time.Now()
		if err := l.iterate(); err != nil {
			b.Fatal(err)
		}
		took := time.Since(begin)
		all := took.Seconds() * float64(cores)
		var spent, busy time.Duration
		for _, w := range worlds {
			spent += w.(*timed).spent
		}
		for _, w := range l.workers {
			busy += w.busy
		}
		physics, waiting = physics+spent.Seconds()/all, waiting+1-busy.Seconds()/all
		network += (busy - spent).Seconds() / all
		alone := bare(b, l, worlds, peers)
		ratios, rates = append(ratios, alone.Seconds()/took.Seconds()), append(rates, float64(l.batch.size())/took.Seconds())
	}
	slices.Sort(ratios)
	slices.Sort(rates)
	n := float64(len(ratios))
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(rates[len(rates)/2], "transitions/s")
	b.ReportMetric(physics/n, "physics-share")
	b.ReportMetric(network/n, "network-share")
	b.ReportMetric(waiting/n, "waiting-share")
	b.ReportMetric(0, "ns/op")
}

// bare takes as many transitions as a batch has by mj_step alone, with one body a
// core, and says how long that takes. Bodies that nothing controls fall, and steps in
// the air cost less than those on feet: each takes one period only from the state
// of one of those that learn, which it gets off the clock.
func bare(b *testing.B, l *learner, worlds []World, peers []*sim.Robot) time.Duration {
	took := make([]time.Duration, len(peers))
	err := l.together(func(w *worker) error {
		peer, rng := peers[w.index], rand.New(rand.NewPCG(uint64(w.index), uint64(l.s.Update)))
		for range l.batch.size() / len(peers) {
			if err := peer.Adopt(worlds[rng.IntN(len(worlds))].(*timed).Robot); err != nil {
				return err
			}
			begin := time.Now()
			if err := peer.Bare(1); err != nil {
				return err
			}
			took[w.index] += time.Since(begin)
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return slices.Max(took)
}

// timed counts the time that a robot's physics takes.
type timed struct {
	*sim.Robot
	spent time.Duration
}

func (t *timed) Start() error {
	begin := time.Now()
	defer func() { t.spent += time.Since(begin) }()
	return t.Robot.Start()
}

func (t *timed) Read(s *controller.State) error {
	begin := time.Now()
	defer func() { t.spent += time.Since(begin) }()
	return t.Robot.Read(s)
}

// rats opens n rats and the reference of walking.
func rats(b *testing.B, n int) ([]World, []*policy.Reference) {
	b.Helper()
	worlds := copies(b, sim.Options{}, n)
	return worlds, []*policy.Reference{reference(b, worlds[0], shippedWalk(b))}
}

// quadrupeds opens n quadrupeds, randomised as `whisker train` has them, and the
// reference of the rat's walk.
func quadrupeds(b *testing.B, n int) ([]World, []*policy.Reference) {
	b.Helper()
	p, err := profile.Open("quadruped")
	if err != nil {
		b.Fatal(err)
	}
	worlds := copies(b, sim.Options{Profile: p}, n)
	rat := copies(b, sim.Options{}, 1)[0].(*timed).Kinematics()
	defer rat.Close()
	k := worlds[0].(*timed).Kinematics()
	defer k.Close()
	walk, err := shippedWalk(b).Reorder(rat.JointNames())
	if err != nil {
		b.Fatal(err)
	}
	clip, _, err := motion.Retarget(walk, rat, k, worlds[0].Body())
	if err != nil {
		b.Fatal(err)
	}
	for i, w := range worlds {
		if err := w.(*timed).Randomise(sim.DefaultRanges(), uint64(i)); err != nil {
			b.Fatal(err)
		}
	}
	return worlds, []*policy.Reference{reference(b, worlds[0], clip)}
}

// copies opens n robots of one model.
func copies(b *testing.B, o sim.Options, n int) []World {
	b.Helper()
	first, err := sim.Open(o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(first.Close)
	worlds := []World{&timed{Robot: first}}
	for range n - 1 {
		w, err := first.Clone()
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(w.Close)
		worlds = append(worlds, &timed{Robot: w})
	}
	return worlds
}

func shippedWalk(b *testing.B) *motion.Clip {
	b.Helper()
	clip, err := motion.Shipped("walk")
	if err != nil {
		b.Fatal(err)
	}
	return clip
}

func reference(b *testing.B, w World, clip *motion.Clip) *policy.Reference {
	b.Helper()
	k := w.(*timed).Kinematics()
	defer k.Close()
	refs, err := References(w.Body(), k, []*motion.Clip{clip})
	if err != nil {
		b.Fatal(err)
	}
	return refs[0]
}

// BenchmarkObservation is what one observation of the rat costs.
func BenchmarkObservation(b *testing.B) {
	worlds, refs := rats(b, 1)
	c := policy.NewContract(worlds[0].Body())
	e, err := newEnv(worlds[0], &c, refs)
	if err != nil {
		b.Fatal(err)
	}
	e.ref = refs[0]
	x := make([]float32, c.Layout.Size())
	for b.Loop() {
		e.observe(x)
	}
}
