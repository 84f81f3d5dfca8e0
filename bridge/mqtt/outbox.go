package mqtt

import (
	"context"
	"sync"
	"time"
)

// outboxSize is how many letters may wait for the broker; then the oldest goes.
const outboxSize = 256

// outbox holds what has to arrive: events and answers. Each is sent until the
// broker has it, on as many connections as that takes, or until it is too old.
type outbox struct {
	link *link
	wake chan struct{}

	mu      sync.Mutex
	letters []letter
	dropped uint64 // for want of room, or of age
}

func newOutbox(l *link) *outbox { return &outbox{link: l, wake: make(chan struct{}, 1)} }

// put never waits. Any goroutine may call it.
func (o *outbox) put(m letter) {
	m.qos = 1
	o.mu.Lock()
	if len(o.letters) == outboxSize {
		o.letters = o.letters[1:]
		o.dropped++
	}
	o.letters = append(o.letters, m)
	o.mu.Unlock()
	o.knock()
}

// knock makes Run look, as when the broker is back.
func (o *outbox) knock() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// lost is how many letters were never sent.
func (o *outbox) lost() uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.dropped
}

// Run sends until ctx is done, and then what the broker takes at once.
func (o *outbox) Run(ctx context.Context) error {
	for {
		for {
			m, ok := o.first()
			if !ok || o.link.post(m) != nil {
				break
			}
			o.remove(m)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-o.wake:
		case <-time.After(time.Second):
		}
	}
}

// first is the oldest letter that is still worth sending.
func (o *outbox) first() (letter, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	for len(o.letters) > 0 && now.After(o.letters[0].until) {
		o.letters = o.letters[1:]
		o.dropped++
	}
	if len(o.letters) == 0 {
		return letter{}, false
	}
	return o.letters[0], true
}

// remove takes the letter that was sent, unless it went for want of room.
func (o *outbox) remove(sent letter) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.letters) > 0 && &o.letters[0].payload[0] == &sent.payload[0] {
		o.letters = o.letters[1:]
	}
}
