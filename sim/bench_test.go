//go:build cgo

package sim

import (
	"math"
	"slices"
	"testing"
	"time"
)

// BenchmarkStep measures control steps through the Robot against a plain C loop of
// mj_step on the same model under the same controls, in alternating rounds of one
// run. ratio is the median over rounds of the Robot's rate by the loop's.
func BenchmarkStep(b *testing.B) {
	through, bare := start(b, open(b, Options{})), start(b, open(b, Options{}))
	const ticks = 50
	n := through.opts.substeps()
	targets := make([][]float64, ticks)
	for k := range targets {
		for i, a := range through.Body().Actuators {
			targets[k] = append(targets[k], through.c.Pos[i]+0.05*(a.Max-a.Min)*math.Sin(float64(k)/4+float64(i)))
		}
	}
	robot := func() time.Duration {
		begin := time.Now()
		for k := range ticks {
			copy(through.c.Pos, targets[k])
			through.tick(1)
		}
		return time.Since(begin)
	}
	loop := func() time.Duration {
		controls := make([][]float64, ticks)
		for k := range targets {
			for i := range bare.drives {
				controls[k] = append(controls[k], bare.drives[i].scale*targets[k][i]+bare.drives[i].offset)
			}
		}
		begin := time.Now()
		for k := range ticks {
			copy(bare.world.ctrl, controls[k])
			if err := bare.world.loop(n); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(begin)
	}
	var ratios, rates []float64
	for b.Loop() {
		if err := through.Start(); err != nil {
			b.Fatal(err)
		}
		if err := bare.Start(); err != nil {
			b.Fatal(err)
		}
		first, second := robot, loop
		if len(ratios)%2 == 1 {
			first, second = loop, robot
		}
		x, y := first(), second()
		if len(ratios)%2 == 1 {
			x, y = y, x
		}
		ratios, rates = append(ratios, float64(y)/float64(x)), append(rates, ticks/x.Seconds())
	}
	for i := range through.world.qpos {
		if d := math.Abs(through.world.qpos[i] - bare.world.qpos[i]); d > 1e-9 {
			b.Fatalf("coordinate %d differs by %g: the two do not run the same physics", i, d)
		}
	}
	slices.Sort(ratios)
	slices.Sort(rates)
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(rates[len(rates)/2], "steps/s")
	b.ReportMetric(0, "ns/op")
}
