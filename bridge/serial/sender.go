package serial

import (
	"context"
	"sync"
	"time"
)

// Sender hands frames to a Port from a goroutine of its own. It has two slots: one for
// the newest frame, which replaces the one before, and one for urgent
// frames, which goes first and is not replaced by the other kind.
type Sender struct {
	port *Port
	size int
	work chan struct{}

	mu     sync.Mutex
	idle   bool // Run waits for work
	urgent slot
	newest slot
	old    time.Duration // a newest frame that waited longer is dropped
	stats  SenderStats
	err    error
}

// SenderStats count what became of the frames.
type SenderStats struct {
	Sent     uint64
	Replaced uint64 // by a newer one before they were sent
	Expired  uint64 // too old when the line was free again
	Stuck    uint64 // times that nobody took the bytes
}

type slot struct {
	buf  []byte
	full bool
	at   time.Time
}

func (s *slot) put(b []byte, at time.Time) (replaced bool) {
	replaced = s.full
	s.buf, s.full, s.at = append(s.buf[:0], b...), true, at
	return replaced
}

// NewSender returns a Sender for frames of at most size bytes. A frame given to
// Send that waited longer than old is dropped. Run does the work.
func NewSender(p *Port, size int, old time.Duration) *Sender {
	return &Sender{
		port: p, size: size, work: make(chan struct{}, 1), old: old,
		urgent: slot{buf: make([]byte, 0, size)}, newest: slot{buf: make([]byte, 0, size)},
	}
}

// Send hands a frame to a line that is free, else puts it in the slot of the newest.
// It never waits for the line and allocates nothing. Its error is what ended Run.
func (s *Sender) Send(b []byte) error {
	s.mu.Lock()
	if s.idle && s.port.Offer(b) {
		s.stats.Sent++
		s.mu.Unlock()
		return nil
	}
	if s.newest.put(b, time.Now()) {
		s.stats.Replaced++
	}
	s.idle = false
	err := s.err
	s.mu.Unlock()
	s.wake()
	return err
}

// Urge puts a frame in the urgent slot: it goes out before the newest, whatever
// its age.
func (s *Sender) Urge(b []byte) error {
	s.mu.Lock()
	s.urgent.put(b, time.Now())
	s.idle = false
	err := s.err
	s.mu.Unlock()
	s.wake()
	return err
}

// Drop empties the slot of the newest: nothing more of what was asked for before.
func (s *Sender) Drop() {
	s.mu.Lock()
	s.newest.full = false
	s.mu.Unlock()
}

// Stats are the counts so far.
func (s *Sender) Stats() SenderStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

func (s *Sender) wake() {
	select {
	case s.work <- struct{}{}:
	default:
	}
}

// Run sends until ctx is done or the device is gone. A line that nobody reads
// is no end: it counts, and the newest frame is tried.
func (s *Sender) Run(ctx context.Context) error {
	buf := make([]byte, 0, s.size)
	for {
		s.rest(true)
		select {
		case <-ctx.Done():
			s.rest(false)
			return nil
		case <-s.work:
			s.rest(false)
		}
		for {
			buf = s.next(buf[:0])
			if len(buf) == 0 {
				break
			}
			if err := s.write(buf); err != nil {
				return err
			}
		}
	}
}

// rest notes whether Run waits with both slots empty: then the line is free.
func (s *Sender) rest(idle bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = idle && !s.urgent.full && !s.newest.full
}

func (s *Sender) write(b []byte) error {
	_, err := s.port.Write(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch err {
	case nil:
		s.stats.Sent++
	case ErrStuck:
		s.stats.Stuck++
		err = nil
	default:
		s.err = err
	}
	return err
}

// next takes the frame to send, none when there is none.
func (s *Sender) next(buf []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.urgent.full {
		s.urgent.full = false
		return append(buf, s.urgent.buf...)
	}
	if s.newest.full {
		s.newest.full = false
		if time.Since(s.newest.at) <= s.old {
			return append(buf, s.newest.buf...)
		}
		s.stats.Expired++
	}
	return buf
}
