package mqtt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"whisker/bridge/internal/newest"
	"whisker/controller"
)

// DefaultAllowance is what a setpoint is good for beyond the state that it was
// made from. It covers the way of the state here, a period, and the way of the
// setpoint back; what takes longer is late.
const DefaultAllowance = 200 * time.Millisecond

// How long an agent may take to answer.
const (
	findTime  = 5 * time.Second  // to be there at all
	leaseTime = 10 * time.Second // to check its robot and give it torque
	restTime  = 5 * time.Second  // to bring it to rest
)

// RobotOptions say which robot, and how to reach its agent.
type RobotOptions struct {
	Broker Broker
	// Name is the robot's in the topics.
	Name string
	// Body is the robot's, of the same profile as the agent's. Its period is the
	// host's own.
	Body *controller.Body
	// Allowance is what setpoints are good for; 0 is DefaultAllowance. No state that
	// is older is acted on, here or there.
	Allowance time.Duration
	Log       zerolog.Logger
}

// Robot is an agent's robot as a controller.Robot. One goroutine calls Read and
// Write; Stats is for any.
type Robot struct {
	o       RobotOptions
	body    *controller.Body
	link    *link
	start   time.Time            // of the clock
	clock   func() time.Duration // since New
	holder  string
	states  newest.Slot[arrival]
	points  newest.Slot[setpoint]
	fresh   chan struct{} // points has a new one
	changed chan struct{} // something that is waited for came
	hear    sync.Mutex    // one state at a time, also while a connection follows another

	// Of the loop's goroutine.
	seq  uint32
	have *arrival // the newest state of this lease

	mu    sync.Mutex // guards what follows
	away  away
	agent *Connection
	asked map[string]*Ack // by id, nil until it is answered
	ended string          // why the lease is over, when not by Halt
	lease uint32
	heard uint32 // sequence of the newest state
	stats RobotStats
}

// arrival is a state and when it came.
type arrival struct {
	measured
	came time.Duration
}

// RobotStats count what went over the broker since New.
type RobotStats struct {
	Sent    uint64         // setpoints
	States  uint64         // that came
	Stale   uint64         // of them, behind a newer one
	Refused uint64         // not well formed, or of another lease
	Robot   SetpointCounts // what the agent says of our setpoints
	Stop    AgentStop      // of the lease before now
}

// NewRobot checks the options. The broker may be away.
func NewRobot(o RobotOptions) (*Robot, error) {
	if err := o.Broker.Check(); err != nil {
		return nil, err
	}
	if err := CheckRobot(o.Name); err != nil {
		return nil, err
	}
	if o.Allowance == 0 {
		o.Allowance = DefaultAllowance
	}
	if o.Allowance < 2*o.Body.Period || o.Allowance > maxAllowance {
		return nil, fmt.Errorf("mqtt: allowance is %v, want two periods (%v) or more and at most %v", o.Allowance, 2*o.Body.Period, maxAllowance)
	}
	b := *o.Body
	b.Limits.MaxStateAge, b.Limits.MaxCommandAge = o.Allowance, o.Allowance
	start := time.Now()
	r := &Robot{
		o: o, body: &b, start: start, clock: func() time.Duration { return time.Since(start) }, fresh: make(chan struct{}, 1), changed: make(chan struct{}, 1), asked: map[string]*Ack{},
	}
	r.holder, _ = os.Hostname()
	r.holder = fmt.Sprintf("%s (%d)", r.holder, os.Getpid())
	r.states.Init(func(m *arrival) { m.state = controller.NewState(&b) })
	r.points.Init(func(p *setpoint) { p.command = controller.NewCommand(&b) })
	r.link = &link{broker: &r.o.Broker, robot: o.Name, log: o.Log, up: func(context.Context) { r.tell() }, subs: []subscription{
		{topic(o.Name, wordConnection), 1, r.hearConnection},
		{topic(o.Name, wordAck), 1, r.hearAck},
		{topic(o.Name, wordMeasured), 0, r.hearMeasured},
	}}
	return r, nil
}

// Body describes the robot; the same pointer on every call.
func (r *Robot) Body() *controller.Body { return r.body }

// Stats are the counts so far.
func (r *Robot) Stats() RobotStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stats
}

// Run talks to the broker until ctx is done.
func (r *Robot) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return r.link.Run(ctx) })
	group.Go(func() error { return r.send(ctx) })
	return group.Wait()
}

// send sends setpoints. The newest counts.
func (r *Robot) send(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.fresh:
			p, ok := r.points.Read()
			if !ok {
				continue
			}
			b := appendSetpoint(nil, p, len(r.body.Joints))
			if r.link.post(letter{topic: topic(r.o.Name, wordSetpoint), payload: b}) == nil {
				r.mu.Lock()
				r.stats.Sent++
				r.mu.Unlock()
			}
		}
	}
}

var errNoState = errors.New("mqtt: no state yet: call Start first")

// Read stores the newest state. It neither waits nor allocates, unless the lease
// is over.
func (r *Robot) Read(s *controller.State) error {
	r.mu.Lock()
	ended, lease := r.ended, r.lease
	r.mu.Unlock()
	if ended != "" {
		return fmt.Errorf("mqtt: robot %s: the agent ended it: %s", r.o.Name, ended)
	}
	if m, ok := r.states.Read(); ok && m.lease == lease {
		r.have = m
	}
	if r.have == nil {
		return errNoState
	}
	m := r.have
	s.CopyFrom(&m.state)
	s.Time, s.Age = m.at, r.age(m)
	return nil
}

// age bounds how old a state is: the setpoint that it echoes was not heard before
// it was sent. Before the first echo nothing moves, and the age is since it came.
func (r *Robot) age(m *arrival) time.Duration {
	if m.echo == 0 {
		return r.clock() - m.came
	}
	return r.clock() - m.sent - (m.at - m.heard)
}

// Write gives the command to the newest-setpoint slot. It neither waits nor
// allocates. That the broker is away is no error here: no state comes either.
func (r *Robot) Write(c *controller.Command) error {
	r.mu.Lock()
	lease := r.lease
	r.mu.Unlock()
	if lease == 0 || r.have == nil {
		return nil
	}
	r.seq++
	p := r.points.Write()
	p.lease, p.seq, p.sent, p.deadline = lease, r.seq, r.clock(), r.have.at+r.o.Allowance
	p.command.CopyFrom(c)
	r.points.Send()
	select {
	case r.fresh <- struct{}{}:
	default:
	}
	return nil
}

var _ controller.Robot = (*Robot)(nil)
