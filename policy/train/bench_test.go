package train

import (
	"testing"
	"time"

	"whisker/policy"
	"whisker/policy/motion"
	"whisker/sim"
)

// BenchmarkTraining learns on one core from 16 rats and reports transitions a
// second and which share of the time physics takes.
func BenchmarkTraining(b *testing.B) {
	first, err := sim.Open(sim.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer first.Close()
	worlds := []World{first}
	for range 15 {
		w, err := first.Clone()
		if err != nil {
			b.Fatal(err)
		}
		defer w.Close()
		worlds = append(worlds, w)
	}
	clip, err := motion.Shipped("walk")
	if err != nil {
		b.Fatal(err)
	}
	refs, err := References(first.Body(), first.Kinematics(), []*motion.Clip{clip})
	if err != nil {
		b.Fatal(err)
	}
	c := NewConfig()
	l, err := newLearner(&c, worlds, refs)
	if err != nil {
		b.Fatal(err)
	}
	if err := l.calibrate(); err != nil {
		b.Fatal(err)
	}
	var rollout, learn time.Duration
	for b.Loop() {
		if err := l.iterate(); err != nil {
			b.Fatal(err)
		}
		rollout, learn = rollout+l.stats.simTime, learn+l.stats.learnTime
	}
	b.ReportMetric(float64(l.s.Transitions)/(rollout+learn).Seconds(), "transitions/s")
	b.ReportMetric(rollout.Seconds()/(rollout+learn).Seconds(), "rollout-share")
}

// BenchmarkObservation is what one observation of the rat costs.
func BenchmarkObservation(b *testing.B) {
	robot, err := sim.Open(sim.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer robot.Close()
	clip, err := motion.Shipped("walk")
	if err != nil {
		b.Fatal(err)
	}
	ref, err := policy.NewReference(robot.Body(), clip, robot.Kinematics())
	if err != nil {
		b.Fatal(err)
	}
	c := policy.NewContract(robot.Body())
	e, err := newEnv(robot, &c, []*policy.Reference{ref})
	if err != nil {
		b.Fatal(err)
	}
	e.ref = ref
	x := make([]float32, c.Layout.Size())
	for b.Loop() {
		e.observe(x)
	}
}
