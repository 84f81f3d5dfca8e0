package mqtt

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"whisker/bridge/internal/newest"
	"whisker/controller"
)

// Options say what to tell whom.
type Options struct {
	Broker Broker
	// Robot is the name in the topics.
	Robot string
	// Rate is how many states go out, 1/s; 0 is 10.
	Rate float64
	// Body is what the samples are of; Clips are what may be chosen.
	Body  *controller.Body
	Clips []string
	// Wishes obeys commands; nil refuses them all.
	Wishes Wishes
	// Version of this program.
	Version string
	Log     zerolog.Logger

	role string
	own  func(Command) bool // takes over a command and its answer
	more []subscription
	up   func(context.Context)
}

// timingEvery is how often Timing goes out.
const timingEvery = time.Second

// maxRate bounds Options.Rate: this is for people, a recording has every tick.
const maxRate = 1000

// Status is what a Sample does not say.
type Status struct {
	Clip   int // index into Options.Clips; -1 for none
	Frame  int
	Frames int
	Paused bool
	Fault  string
}

// snapshot is what one Publish leaves.
type snapshot struct {
	sample controller.Sample
	status Status
}

// span is how the loop kept its period since the last Timing.
type span struct {
	ticks, overruns, skipped, clamped uint64
	late, work                        controller.Histogram
}

// counts of commands since the start.
type counts struct {
	Obeyed    uint64 `json:"obeyed"`
	Refused   uint64 `json:"refused"`
	Duplicate uint64 `json:"duplicate"`
	Dropped   uint64 `json:"dropped"` // came faster than they could be read
}

// Telemetry tells a broker what a loop does, and a loop what comes from there.
type Telemetry struct {
	o    Options
	boot string
	link *link
	out  *outbox
	raw  chan incoming
	told bool // that nobody hears us; the link's goroutine

	status    Status // the loop's
	state     newest.Slot[snapshot]
	timing    newest.Slot[span]
	wantState atomic.Bool // the sender asks for the next tick
	wantSpan  atomic.Bool

	dropped atomic.Uint64
	stopped atomic.Bool
	measure func(*Timing) // adds what an agent counts

	mu     sync.Mutex // guards what follows
	counts counts
	seq    map[string]uint64
	echoed chan struct{} // our own connection message came back
}

// incoming is a command as it came.
type incoming struct {
	payload  []byte
	retained bool
}

// New checks the options. The broker may be away; Run looks for it.
func New(o Options) (*Telemetry, error) {
	if err := o.Broker.Check(); err != nil {
		return nil, err
	}
	if err := CheckRobot(o.Robot); err != nil {
		return nil, err
	}
	switch {
	case o.Rate == 0:
		o.Rate = 10
	case !(o.Rate > 0 && o.Rate <= maxRate):
		return nil, fmt.Errorf("mqtt: rate_hz is %g, want more than 0 and at most %d", o.Rate, maxRate)
	}
	if o.role == "" {
		o.role = "loop"
	}
	t := &Telemetry{o: o, boot: rand.Text()[:10], raw: make(chan incoming, 64), seq: map[string]uint64{}, echoed: make(chan struct{}, 1)}
	t.state.Init(func(s *snapshot) { s.sample = controller.NewSample(o.Body) })
	t.timing.Init(nil)
	t.status.Clip = -1
	t.link = &link{
		broker: &t.o.Broker, robot: o.Robot, log: o.Log, up: t.greet,
		will: &letter{topic: t.topic(wordConnection), payload: encode(t.connection(Lost))},
		subs: append([]subscription{
			{t.topic(wordConnection), 1, t.hearConnection},
			{t.topic(wordCommand), 1, t.hearCommand},
		}, o.more...),
	}
	t.out = newOutbox(t.link)
	return t, nil
}

func (t *Telemetry) topic(word string) string { return topic(t.o.Robot, word) }

// Publish shows a tick. It copies what the next messages need, never blocks and
// allocates nothing. Only the loop's goroutine calls it.
func (t *Telemetry) Publish(x *controller.Sample) {
	s := t.timing.Write()
	s.ticks++
	s.clamped += uint64(x.Clamped)
	if n := x.Timing.Skipped; n > 0 {
		s.overruns++
		s.skipped += uint64(n)
	}
	s.late.Add(x.Timing.Late)
	s.work.Add(x.Timing.Read + x.Timing.Act + x.Timing.Guard + x.Timing.Write)
	if t.wantSpan.Load() {
		t.wantSpan.Store(false)
		t.timing.Send()
	}
	if t.wantState.Load() {
		t.wantState.Store(false)
		to := t.state.Write()
		to.sample.CopyFrom(x)
		to.status = t.status
		t.state.Send()
	}
}

// SetStatus says where the run is, from the next tick on. Only the loop's
// goroutine calls it.
func (t *Telemetry) SetStatus(s Status) { t.status = s }

// SetStopped says that nothing moves until a reset. Any goroutine calls it.
func (t *Telemetry) SetStopped(stopped bool) { t.stopped.Store(stopped) }

// Event tells what happened. It never waits; any goroutine calls it, but not in
// every tick.
func (t *Telemetry) Event(kind, text string) {
	t.out.put(letter{topic: t.topic(wordEvent), payload: encode(Event{t.header(wordEvent), kind, text}), until: time.Now().Add(eventTime)})
}

// Run talks to the broker until ctx is done, however often it goes away.
func (t *Telemetry) Run(ctx context.Context) error {
	link, hang := context.WithCancel(context.WithoutCancel(ctx))
	defer hang()
	var line errgroup.Group
	line.Go(func() error { return t.link.Run(link) })
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return t.out.Run(ctx) })
	group.Go(func() error { return t.send(ctx) })
	group.Go(func() error { return t.listen(ctx) })
	err := group.Wait()
	t.leave()
	hang()
	line.Wait()
	return err
}

// leave says goodbye, where the broker is there to hear it.
func (t *Telemetry) leave() {
	for m, ok := t.out.first(); ok && t.link.post(m) == nil; m, ok = t.out.first() {
		t.out.remove(m)
	}
	_ = t.link.post(letter{topic: t.topic(wordConnection), payload: encode(t.connection(Offline)), qos: 1, retained: true})
}

// header counts a message of a topic.
func (t *Telemetry) header(word string) Header {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seq[word]++
	return Header{t.o.Robot, t.boot, t.seq[word], time.Now().UTC().Truncate(time.Millisecond)}
}

// lookEvery is how often the sender looks for what it asked the loop for.
const lookEvery = 5 * time.Millisecond

// send asks the loop for states and timings at their rates, and sends them.
func (t *Telemetry) send(ctx context.Context) error {
	states, spans, look := time.NewTicker(time.Duration(float64(time.Second)/t.o.Rate)), time.NewTicker(timingEvery), time.NewTicker(lookEvery)
	defer states.Stop()
	defer spans.Stop()
	defer look.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-states.C:
			t.wantState.Store(true)
		case <-spans.C:
			t.wantSpan.Store(true)
		case now := <-look.C:
			if s, ok := t.state.Read(); ok { // one that does not leave is followed by a newer one
				_ = t.link.post(letter{topic: t.topic(wordState), payload: encode(t.stateOf(s))})
			}
			if s, ok := t.timing.Read(); ok {
				_ = t.link.post(letter{topic: t.topic(wordTiming), payload: encode(t.timingOf(s, now.Sub(last)))})
				*s, last = span{}, now // the loop gets it back
			}
		}
	}
}
