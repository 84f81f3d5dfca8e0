package mqtt

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// Member is what a broker tells of one robot.
type Member struct {
	Connection Connection `json:"connection"`
	State      *State     `json:"state,omitempty"` // the newest that came while listening
	Last       string     `json:"last,omitempty"`  // event, likewise
}

// Fleet listens to all robots of a broker and commands them. Run has to be running.
type Fleet struct {
	link  *link
	ready chan struct{} // closed when the broker is there
	once  sync.Once

	mu      sync.Mutex // guards what follows
	members map[string]*Member
	acks    map[string]*Ack // by id; nil until it is answered
}

// NewFleet checks the options. The broker may be away.
func NewFleet(b Broker, log zerolog.Logger) (*Fleet, error) {
	if err := b.Check(); err != nil {
		return nil, err
	}
	f := &Fleet{ready: make(chan struct{}), members: map[string]*Member{}, acks: map[string]*Ack{}}
	f.link = &link{broker: &b, robot: "fleet", log: log, up: func(context.Context) { f.once.Do(func() { close(f.ready) }) }}
	for _, word := range []string{wordConnection, wordState, wordEvent, wordAck} {
		f.link.subs = append(f.link.subs, subscription{Root + "+/" + word, 1, f.hear})
	}
	return f, nil
}

// Run talks to the broker until ctx is done.
func (f *Fleet) Run(ctx context.Context) error { return f.link.Run(ctx) }

// hear is called from the library's goroutine: it stores.
func (f *Fleet) hear(payload []byte, _ bool, topic string) {
	robot, word, _ := strings.Cut(strings.TrimPrefix(topic, Root), "/")
	f.mu.Lock()
	defer f.mu.Unlock()
	if CheckRobot(robot) != nil {
		return
	}
	m := f.members[robot]
	if m == nil {
		m = &Member{Connection: Connection{Header: Header{Robot: robot}}}
	}
	switch word {
	case wordConnection:
		var c Connection
		if decode(payload, &c, false) != nil {
			return
		}
		c.Robot = robot // whoever may write its topic, and nobody else
		m.Connection = c
	case wordState:
		s := new(State)
		if decode(payload, s, false) != nil {
			return
		}
		m.State = s
	case wordEvent:
		var e Event
		if decode(payload, &e, false) != nil {
			return
		}
		m.Last = e.Kind + ": " + e.Text
	case wordAck:
		a := new(Ack)
		if decode(payload, a, false) == nil {
			if old, mine := f.acks[a.ID]; mine && old == nil {
				f.acks[a.ID] = a
			}
		}
		return
	}
	f.members[robot] = m
}

// await waits for the broker.
func (f *Fleet) await(ctx context.Context) error {
	select {
	case <-f.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(findTime):
		return fmt.Errorf("mqtt: broker %s is not reached within %v", f.link.broker.URL, findTime)
	}
}

// List listens for a while and returns who is known, by name.
func (f *Fleet) List(ctx context.Context, listen time.Duration) ([]Member, error) {
	if err := f.await(ctx); err != nil {
		return nil, err
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(listen):
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	list := []Member{}
	for _, m := range f.members {
		list = append(list, *m)
	}
	slices.SortFunc(list, func(a, b Member) int { return strings.Compare(a.Connection.Robot, b.Connection.Robot) })
	return list, nil
}

// stopEvery is how often a stop is repeated until it is answered.
const stopEvery = 500 * time.Millisecond

// Stop stops a robot and returns when it says that it obeys; within limit, or it
// is an error. The command is sent again and again under one ID.
func (f *Fleet) Stop(ctx context.Context, robot string, limit time.Duration) error {
	if err := CheckRobot(robot); err != nil {
		return err
	}
	if err := f.await(ctx); err != nil {
		return err
	}
	c := Command{ID: rand.Text(), Kind: KindStop}
	f.mu.Lock()
	f.acks[c.ID] = nil
	f.mu.Unlock()
	end, again, look := time.After(limit), time.NewTimer(0), time.NewTicker(5*time.Millisecond)
	defer again.Stop()
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-end:
			return fmt.Errorf("mqtt: robot %s did not answer stop within %v: it may still move", robot, limit)
		case <-again.C:
			_ = f.link.post(letter{topic: topic(robot, wordCommand), payload: encode(c)}) // again soon
			again.Reset(stopEvery)
		case <-look.C:
			f.mu.Lock()
			a := f.acks[c.ID]
			f.mu.Unlock()
			if a != nil && a.Result == Refused {
				return fmt.Errorf("mqtt: robot %s refuses stop: %s", robot, a.Why)
			}
			if a != nil {
				return nil
			}
		}
	}
}
