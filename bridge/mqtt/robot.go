package mqtt

import (
	"context"
	"crypto/rand"
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
	start   time.Time
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
	r := &Robot{
		o: o, body: &b, start: time.Now(), fresh: make(chan struct{}, 1), changed: make(chan struct{}, 1), asked: map[string]*Ack{},
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

func (r *Robot) clock() time.Duration { return time.Since(r.start) }

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

// Connect waits for the robot's agent and makes sure that it lends the robot of
// the profile. Nothing moves.
func (r *Robot) Connect() error {
	err := r.until(findTime, func() bool { return r.link.client.Load() != nil && r.agent != nil && r.agent.Status == Online })
	r.mu.Lock()
	c := r.agent
	r.mu.Unlock()
	switch {
	case r.link.client.Load() == nil:
		return fmt.Errorf("mqtt: broker %s is not reached within %v", r.o.Broker.URL, findTime)
	case c == nil:
		return fmt.Errorf("mqtt: broker %s knows no robot %s: `whisker fleet` lists those it knows, `whisker agent` on the robot makes it known", r.o.Broker.URL, r.o.Name)
	case err != nil:
		return fmt.Errorf("mqtt: robot %s is %s since %s", r.o.Name, c.Status, c.Time.Format(time.RFC3339))
	case c.Role != "agent":
		return fmt.Errorf("mqtt: %s is a %s and drives its robot itself, want an agent", r.o.Name, c.Role)
	case c.BodyHash != bodyHash(r.body):
		return fmt.Errorf("mqtt: robot %s is a %s of hash %s, the profile here has %s: want the same profile on both sides", r.o.Name, c.Body, c.BodyHash, bodyHash(r.body))
	}
	return nil
}

// Start asks for the robot and waits until it has torque and tells its state.
func (r *Robot) Start() error {
	if err := r.Connect(); err != nil {
		return err
	}
	r.mu.Lock()
	r.lease, r.ended, r.heard = 0, "", 0
	r.mu.Unlock()
	r.have, r.seq = nil, 0
	ack, err := r.ask(Command{Kind: KindLease, Holder: r.holder, Body: bodyHash(r.body)}, leaseTime)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.lease = ack.Lease
	r.mu.Unlock()
	return r.until(findTime, func() bool { return r.heard != 0 || r.ended != "" })
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

// Halt gives the robot back and waits until it rests. It is safe at any time and
// twice. An error says that this was not confirmed: then the agent brings the robot
// to rest by itself, for no setpoint follows.
func (r *Robot) Halt() error {
	r.mu.Lock()
	lease := r.lease
	over := lease == 0 || r.ended != ""
	r.lease = 0
	r.mu.Unlock()
	if over {
		return nil
	}
	if _, err := r.ask(Command{Kind: KindRelease, Lease: lease}, restTime); err != nil {
		return fmt.Errorf("%w; no setpoint follows, and the agent brings the robot to rest within %v", err, r.o.Allowance)
	}
	return nil
}

// EStop cuts torque at once, whoever has the robot.
func (r *Robot) EStop() error {
	_, err := r.ask(Command{Kind: KindEStop}, restTime)
	return err
}

// ask sends a command and waits for its answer.
func (r *Robot) ask(c Command, limit time.Duration) (Ack, error) {
	c.ID, c.Expires = rand.Text(), time.Now().Add(limit).UTC()
	r.mu.Lock()
	r.asked[c.ID] = nil
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.asked, c.ID)
		r.mu.Unlock()
	}()
	err := r.link.post(letter{topic: topic(r.o.Name, wordCommand), payload: encode(c), qos: 1})
	if err == nil {
		err = r.until(limit, func() bool { return r.asked[c.ID] != nil })
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch a := r.asked[c.ID]; {
	case err != nil:
		return Ack{}, fmt.Errorf("mqtt: robot %s, %s: %w", r.o.Name, c.Kind, err)
	case a.Result == Refused:
		return *a, fmt.Errorf("mqtt: robot %s refuses %s: %s", r.o.Name, c.Kind, a.Why)
	default:
		return *a, nil
	}
}

// until waits for something; done is called with mu held.
func (r *Robot) until(limit time.Duration, done func() bool) error {
	end := time.NewTimer(limit)
	defer end.Stop()
	for {
		r.mu.Lock()
		ok := done()
		r.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-r.changed:
		case <-end.C:
			return fmt.Errorf("no answer within %v", limit)
		}
	}
}

var _ controller.Robot = (*Robot)(nil)
