package controller

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// BenchmarkTick is what the loop itself costs: a robot and a policy that do
// nothing, with as many motors as a quadruped and a rat have.
func BenchmarkTick(b *testing.B) {
	for _, n := range []int{12, 38} {
		b.Run(fmt.Sprintf("%d actuators", n), func(b *testing.B) {
			drives := make([]Drive, n)
			for i := range drives {
				drives[i] = DriveImpedance
			}
			start := time.Now()
			p := newPlant(drives...)
			p.body.StopsTime = true // a busy machine is no fault here
			r, err := newRun(&Loop{Robot: p, Policy: hold, Clock: func() time.Duration { return time.Since(start) }})
			if err != nil {
				b.Fatal(err)
			}
			ctx := context.Background()
			b.ReportAllocs()
			for b.Loop() {
				r.tick(ctx)
			}
			if r.end != nil {
				b.Fatal(r.end)
			}
		})
	}
}
