package mqtt

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"whisker/bridge/internal/newest"
	"whisker/controller"
)

// AgentOptions say which robot is lent to hosts, and where they ask for it.
type AgentOptions struct {
	Broker Broker
	// Name is the robot's in the topics.
	Name string
	// Robot moves. Whatever it needs to run is run by the caller. Its body's period is
	// the agent's own: a host's setpoints may come at another rate.
	Robot    controller.Robot
	Realtime controller.RealtimeOptions
	Overruns controller.Overruns
	Version  string
	// Alive is called while the agent does what it should, at least every 0.2 s: for a
	// watchdog. It must not block. nil is for nobody.
	Alive func()
	Log   zerolog.Logger
}

// Agent lends a robot to one host at a time. The host's setpoints run through a
// Loop of the agent's own, guard and all, on the robot: that Loop damps and halts
// the robot when they stay away, and when anybody asks for it.
type Agent struct {
	o     AgentOptions
	body  *controller.Body
	tel   *Telemetry
	clock func() time.Duration // in which deadlines are
	asked chan Command         // for the robot

	points newest.Slot[setpoint]
	states newest.Slot[measured]
	fresh  chan struct{} // states has a new one

	// Of the loop's goroutine.
	began  time.Duration
	readAt time.Duration
	seq    uint32
	moved  bool // a setpoint of this lease came

	mu       sync.Mutex // guards what follows
	host     *host      // who has the robot; nil for nobody
	stopped  bool       // by a person, until reset
	hear     sync.Mutex // one setpoint at a time, also while a connection follows another
	lastSeq  uint32
	echo     atomic.Pointer[echo]
	accepted atomic.Uint32
	lost     atomic.Uint32
	late     atomic.Uint32
	refused  atomic.Uint32
	lease    atomic.Uint32
}

// host is who has the robot.
type host struct {
	request  Command
	input    *controller.Input
	why      string   // its lease ends, when not by a fault
	released *Command // it gave the robot back, and waits for it to rest
}

// echo is the newest setpoint that was heard.
type echo struct {
	seq         uint32
	sent, heard time.Duration
}

// NewAgent checks the options. The broker may be away.
func NewAgent(o AgentOptions) (*Agent, error) {
	start := time.Now()
	a := &Agent{o: o, body: o.Robot.Body(), clock: func() time.Duration { return time.Since(start) }, asked: make(chan Command, 1), fresh: make(chan struct{}, 1)}
	if o.Alive == nil {
		a.o.Alive = func() {}
	}
	a.points.Init(func(p *setpoint) { p.command = controller.NewCommand(a.body) })
	a.states.Init(func(m *measured) { m.state = controller.NewState(a.body) })
	a.echo.Store(&echo{})
	var err error
	a.tel, err = New(Options{
		Broker: o.Broker, Robot: o.Name, Body: a.body, Wishes: agentWishes{a}, Version: o.Version, Log: o.Log,
		role: "agent", own: a.own, more: []subscription{{topic(o.Name, wordSetpoint), 0, a.hearSetpoint}},
	})
	if err != nil {
		return nil, err
	}
	a.tel.measure = func(m *Timing) { n := a.counts(); m.Setpoints = &n }
	return a, nil
}

func (a *Agent) counts() SetpointCounts {
	return SetpointCounts{a.accepted.Load(), a.lost.Load(), a.late.Load(), a.refused.Load()}
}

// Run lends the robot until ctx is done; it comes to rest before Run returns.
func (a *Agent) Run(ctx context.Context) error {
	talk, hush := context.WithCancel(context.WithoutCancel(ctx))
	defer hush()
	group, talk := errgroup.WithContext(talk)
	group.Go(func() error { return a.tel.Run(talk) })
	group.Go(func() error { return a.send(talk) })
	group.Go(func() error { // the loop's goroutine
		defer hush()
		return a.serve(ctx)
	})
	return group.Wait()
}

// serve lends the robot, again and again.
func (a *Agent) serve(ctx context.Context) error {
	pacer, warnings, err := controller.OpenRealtime(a.body.Period, a.o.Realtime)
	if err != nil {
		return err
	}
	defer pacer.Close()
	for _, w := range warnings {
		a.o.Log.Warn().Msg(w)
	}
	idle := time.NewTicker(100 * time.Millisecond)
	defer idle.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-idle.C:
			a.o.Alive()
		case c := <-a.asked:
			a.lend(ctx, c, pacer)
		}
	}
}

// lend gives the robot to who asked for it, from Start to rest.
func (a *Agent) lend(ctx context.Context, c Command, pacer *controller.Realtime) {
	h := &host{request: c, input: new(controller.Input)}
	if err := a.admit(h); err != nil {
		a.tel.answer(&c, 0, err)
		return
	}
	a.o.Log.Info().Msgf("mqtt: %s asks for the robot", c.Holder)
	a.tel.Event("session", c.Holder+" asks for the robot")
	l := &controller.Loop{
		Robot: &lent{a.o.Robot, a, h}, Policy: a, Pacer: pacer, Clock: pacer.Clock, OnSample: a.onSample,
		Input: h.input, Mode: controller.ModeTrack, Overruns: a.o.Overruns,
	}
	a.dismiss(h, l.Run(ctx))
}

// admit begins a lease, unless there is a reason not to.
func (a *Agent) admit(h *host) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.stopped:
		return errStopped
	case h.request.Body != bodyHash(a.body):
		return fmt.Errorf("the robot is a %s of hash %s, the host drives one of %s: want the same profile on both sides", a.body.Name, bodyHash(a.body), h.request.Body)
	case time.Now().After(h.request.Expires): // the loop before it took long to end
		return errors.New("expired while the robot came to rest")
	}
	a.host = h
	a.hear.Lock()
	defer a.hear.Unlock()
	a.lastSeq, a.moved = 0, false
	a.echo.Store(&echo{})
	for _, n := range []*atomic.Uint32{&a.accepted, &a.lost, &a.late, &a.refused} {
		n.Store(0)
	}
	a.lease.Store(newLease())
	return nil
}

// dismiss ends a lease and tells the host how.
func (a *Agent) dismiss(h *host, err error) {
	a.mu.Lock()
	lease := a.lease.Swap(0)
	a.host = nil
	why, released := h.why, h.released
	a.mu.Unlock()
	n := a.counts()
	switch {
	case err != nil:
		why = err.Error()
	case why == "":
		why = "the agent ends"
	}
	var f *controller.Fault
	if errors.As(err, &f) && f.Code == controller.FaultStart {
		a.tel.answer(&h.request, 0, f.Err)
	} else {
		a.tel.end(&h.request, lease, why)
	}
	if released != nil {
		a.tel.answer(released, 0, err)
	}
	text := fmt.Sprintf("%s had the robot: %s; %d setpoints were obeyed, %d lost, %d late, %d refused", h.request.Holder, why, n.Accepted, n.Lost, n.Late, n.Refused)
	a.o.Log.Info().Msg("mqtt: " + text)
	a.tel.Event("session", text)
}

// newLease is any number but 0.
func newLease() uint32 {
	var b [4]byte
	for {
		rand.Read(b[:])
		if n := le.Uint32(b[:]); n != 0 {
			return n
		}
	}
}
