package view

import (
	"testing"
	"time"
)

func TestHistogramEdges(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want int
	}{
		{0, 0}, {1023, 0}, {1024, 1}, {1535, 1}, {1536, 2}, {2048, 3},
		{1 << 20, 21}, {3 << 19, 22}, {time.Hour, bins - 1}, {-time.Second, 0},
	} {
		if got := bin(c.d); got != c.want {
			t.Errorf("%v is counted in bin %d: want %d", c.d, got, c.want)
		}
	}
	var h histogram
	h.add(3 * time.Microsecond)
	h.add(2 * time.Millisecond)
	if h.max != 2*time.Millisecond || h.counts[bin(3000)] != 1 {
		t.Errorf("max %v, counts %v: want 2 ms, and one in bin %d", h.max, h.counts, bin(3000))
	}
}
