// Package newest hands the newest value of something from one goroutine to one
// other, and neither ever waits: how a loop's ticks reach its onlookers, and what
// comes from outside reaches a loop. Older values that nobody read are lost.
package newest

import "sync/atomic"

// Slot holds values of a type. Of three buffers the writer owns one, the reader
// another, and the third changes hands by an atomic swap.
type Slot[T any] struct {
	bufs  [3]T
	mid   atomic.Uint32 // index of the buffer in the middle, and fresh
	back  uint32        // the writer's
	front uint32        // the reader's
}

const fresh = 4 // set in Slot.mid while the middle holds what the reader has not seen

// Init makes the slot ready, before its first use; f, if not nil, prepares each
// of the buffers.
func (s *Slot[T]) Init(f func(*T)) {
	s.back, s.front = 0, 1
	s.mid.Store(2)
	for i := range s.bufs {
		if f != nil {
			f(&s.bufs[i])
		}
	}
}

// Write returns the buffer to fill; Send hands it over.
func (s *Slot[T]) Write() *T { return &s.bufs[s.back] }

// Send hands over what Write's buffer holds.
func (s *Slot[T]) Send() { s.back = s.mid.Swap(s.back|fresh) &^ fresh }

// Read returns the newest value and whether it is another than last time. It is
// the reader's until the next Read.
func (s *Slot[T]) Read() (*T, bool) {
	if s.mid.Load()&fresh == 0 {
		return &s.bufs[s.front], false
	}
	s.front = s.mid.Swap(s.front) &^ fresh
	return &s.bufs[s.front], true
}
