package train

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"whisker/controller"
	"whisker/policy"
	"whisker/policy/motion"
	"whisker/sim"
)

// BenchmarkTraining learns on all cores from 64 rats, in turn with the same rats
// only simulated, on all cores too. ratio is the median, over rounds, of the rate
// of learning by that of simulating, which sim's BenchmarkStep holds against
// MuJoCo's own loop in C. The shares are those of the cores' time.
func BenchmarkTraining(b *testing.B) {
	cores := runtime.GOMAXPROCS(0)
	worlds, refs := rats(b, 64)
	c := NewConfig()
	c.Workers, c.Minibatch = cores, 1024
	l, err := newLearner(&c, worlds, refs)
	if err != nil {
		b.Fatal(err)
	}
	if err := l.calibrate(); err != nil {
		b.Fatal(err)
	}
	commands := standing64(worlds)
	var ratios, rates []float64
	var physics, network, waiting float64
	for b.Loop() {
		for _, w := range worlds { // the learner's episodes go on afterwards
			w.(*timed).spent = 0
		}
		begin := time.Now()
		l.fresh = true
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
		bare := simulate(b, worlds, commands, l.batch.horizon, cores)
		ratios, rates = append(ratios, bare.Seconds()/took.Seconds()), append(rates, float64(l.batch.size())/took.Seconds())
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

// timed counts the time that a robot's physics takes.
type timed struct {
	*sim.Robot
	spent time.Duration
}

func (t *timed) Read(s *controller.State) error {
	begin := time.Now()
	defer func() { t.spent += time.Since(begin) }()
	return t.Robot.Read(s)
}

// rats opens n rats and the reference of walking.
func rats(b *testing.B, n int) ([]World, []*policy.Reference) {
	b.Helper()
	first, err := sim.Open(sim.Options{})
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
	clip, err := motion.Shipped("walk")
	if err != nil {
		b.Fatal(err)
	}
	k := first.Kinematics()
	defer k.Close()
	refs, err := References(first.Body(), k, []*motion.Clip{clip})
	if err != nil {
		b.Fatal(err)
	}
	return worlds, refs
}

// standing64 makes each world a command of its own, near standing.
func standing64(worlds []World) []controller.Command {
	var commands []controller.Command
	for i, w := range worlds {
		c := controller.NewCommand(w.Body())
		copy(c.Pos, w.Body().StandAct)
		for k := range c.Pos {
			c.Pos[k] += 0.02 * float64((i+k)%5-2)
		}
		commands = append(commands, c)
	}
	return commands
}

// simulate moves every world by steps control periods and says how long it took.
func simulate(b *testing.B, worlds []World, commands []controller.Command, steps, cores int) time.Duration {
	begin := time.Now()
	var wg sync.WaitGroup
	for core := range cores {
		wg.Go(func() {
			state := controller.NewState(worlds[0].Body())
			for i := core; i < len(worlds); i += cores {
				if err := worlds[i].Start(); err != nil {
					b.Error(err)
				}
				for range steps {
					if err := worlds[i].Write(&commands[i]); err != nil {
						b.Error(err)
					}
					if err := worlds[i].Read(&state); err != nil {
						b.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	return time.Since(begin)
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
