package view

import (
	"sync"
	"testing"
	"time"
)

func TestSlotHandsOverTheNewestAndOnce(t *testing.T) {
	var s slot[int]
	s.init()
	if _, ok := s.read(); ok {
		t.Fatal("an empty slot says that it holds something new")
	}
	for v := 1; v <= 5; v++ {
		*s.write() = v
		s.send()
	}
	if v, ok := s.read(); *v != 5 || !ok {
		t.Fatalf("read %d, new %v: want the newest, 5", *v, ok)
	}
	if v, ok := s.read(); *v != 5 || ok {
		t.Fatalf("second read %d, new %v: want 5 again, not new", *v, ok)
	}
}

// A value is wide enough that a torn one would show.
func TestSlotNeverTearsNorGoesBack(t *testing.T) {
	var s slot[[64]int]
	s.init()
	const last = 20000
	var group sync.WaitGroup
	group.Go(func() {
		for v := 1; v <= last; v++ {
			w := s.write()
			for i := range w {
				w[i] = v
			}
			s.send()
		}
	})
	for seen := 0; seen < last; {
		v, ok := s.read()
		if !ok {
			continue
		}
		if v[0] <= seen {
			t.Fatalf("value %d after %d", v[0], seen)
		}
		seen = v[0]
		for i := range v {
			if v[i] != seen {
				t.Fatalf("torn: element %d is %d, the first is %d", i, v[i], seen)
			}
		}
	}
	group.Wait()
}

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
