package controller

import (
	"testing"
	"time"
)

func TestMergedStatsAreThoseOfOneLongRun(t *testing.T) {
	var a, b, whole Stats
	for i := range 1000 {
		x := &Sample{Timing: Timing{Late: time.Duration(i*i) * time.Nanosecond, Skipped: i % 2, Read: time.Duration(i), Act: 7, Guard: 3, Write: 1}, Clamped: i % 3}
		whole.add(x)
		if i%7 < 3 {
			a.add(x)
		} else {
			b.add(x)
		}
	}
	a.Merge(&b)
	if a != whole {
		t.Errorf("merged %d ticks, p99 %v; whole %d ticks, p99 %v", a.Ticks, a.Late.Quantile(0.99), whole.Ticks, whole.Late.Quantile(0.99))
	}
}
