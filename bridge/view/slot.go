package view

import "sync/atomic"

// slot hands the newest value from one goroutine to one other. Neither ever
// waits: of three buffers the writer owns one, the reader another, and the
// third changes hands by an atomic swap.
type slot[T any] struct {
	bufs  [3]T
	mid   atomic.Uint32 // index of the buffer in the middle, and fresh
	back  uint32        // the writer's
	front uint32        // the reader's
}

const fresh = 4 // set in slot.mid while the middle holds what the reader has not seen

func (s *slot[T]) init() {
	s.back, s.front = 0, 1
	s.mid.Store(2)
}

// write returns the buffer to fill; send hands it over.
func (s *slot[T]) write() *T { return &s.bufs[s.back] }

func (s *slot[T]) send() { s.back = s.mid.Swap(s.back|fresh) &^ fresh }

// read returns the newest value and whether it is another than last time. It is
// the reader's until the next read.
func (s *slot[T]) read() (*T, bool) {
	if s.mid.Load()&fresh == 0 {
		return &s.bufs[s.front], false
	}
	s.front = s.mid.Swap(s.front) &^ fresh
	return &s.bufs[s.front], true
}
