package controller

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A quantile is never below the true one, and at most 1/32 above it.
func TestHistogramQuantiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Magnitudes spread evenly over the octaves, from ns to hours.
		exp := rapid.SliceOfN(rapid.Float64Range(0, 43), 1, 300).Draw(t, "log2 ns")
		q := rapid.Float64Range(0.001, 1).Draw(t, "q")
		var h Histogram
		all := make([]time.Duration, len(exp))
		for i, e := range exp {
			all[i] = time.Duration(math.Exp2(e))
			h.Add(all[i])
		}
		slices.Sort(all)
		want := all[max(1, int(math.Ceil(q*float64(len(all)))))-1]
		got := h.Quantile(q)
		if got < want || float64(got) > float64(want)*(1+1./32) {
			t.Fatalf("quantile %v is %v, expected %v and at most 1/32 more", q, got, want)
		}
		if h.Max() != all[len(all)-1] || h.Quantile(1) != h.Max() || h.Count() != uint64(len(all)) {
			t.Fatalf("max %v, quantile 1 %v, count %d", h.Max(), h.Quantile(1), h.Count())
		}
	})
}

func TestHistogramEdges(t *testing.T) {
	var h Histogram
	if h.Quantile(0.5) != 0 || h.Max() != 0 {
		t.Error("an empty histogram has a quantile")
	}
	h.Add(-time.Second)
	if h.Quantile(1) != 0 {
		t.Errorf("a negative duration counts as %v", h.Quantile(1))
	}
	h.Add(math.MaxInt64)
	if h.Quantile(1) != math.MaxInt64 {
		t.Errorf("the longest duration counts as %v", h.Quantile(1))
	}
	if n := testing.AllocsPerRun(100, func() { h.Add(time.Millisecond) }); n != 0 {
		t.Errorf("Add allocates %v times", n)
	}
}

func TestStatsJSON(t *testing.T) {
	s := newStats(20 * time.Millisecond)
	for i := range 1000 {
		s.add(&Sample{Clamped: 2, Timing: Timing{Late: time.Duration(i) * time.Microsecond, Skipped: i / 999 * 3,
			Read: 100, Act: 200, Guard: 300, Write: 400}})
	}
	text, err := json.Marshal(&s)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Ticks, Overruns, Skipped, Clamped uint64
		PeriodUs                          float64              `json:"period_us"`
		Late                              map[string]float64   `json:"late_us"`
		Stage                             map[string]quantiles `json:"stage_us"`
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Ticks != 1000 || got.Overruns != 1 || got.Skipped != 3 || got.Clamped != 2000 || got.PeriodUs != 20000 {
		t.Errorf("%s", text)
	}
	for key, want := range map[string]float64{"p50": 499, "p99": 989, "p999": 998, "max": 999} {
		if v, ok := got.Late[key]; !ok || v < want || v > want*33/32 {
			t.Errorf("late_us.%s is %v, expected %v to 3 %%", key, v, want)
		}
	}
	if st := got.Stage; st["read"].P50 != 0.1 || st["act"].P99 != 0.2 || st["guard"].P999 != 0.3 || st["write"].Max != 0.4 {
		t.Errorf("%s", text)
	}
}
