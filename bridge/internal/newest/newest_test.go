package newest

import (
	"sync"
	"testing"
)

func TestSlotHandsOverTheNewestAndOnce(t *testing.T) {
	var s Slot[int]
	s.Init(nil)
	if _, ok := s.Read(); ok {
		t.Fatal("an empty slot says that it holds something new")
	}
	for v := 1; v <= 5; v++ {
		*s.Write() = v
		s.Send()
	}
	if v, ok := s.Read(); *v != 5 || !ok {
		t.Fatalf("read %d, new %v: want the newest, 5", *v, ok)
	}
	if v, ok := s.Read(); *v != 5 || ok {
		t.Fatalf("second read %d, new %v: want 5 again, not new", *v, ok)
	}
}

// A value is wide enough that a torn one would show.
func TestSlotNeverTearsNorGoesBack(t *testing.T) {
	var s Slot[[64]int]
	s.Init(nil)
	const last = 20000
	var group sync.WaitGroup
	group.Go(func() {
		for v := 1; v <= last; v++ {
			w := s.Write()
			for i := range w {
				w[i] = v
			}
			s.Send()
		}
	})
	for seen := 0; seen < last; {
		v, ok := s.Read()
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
