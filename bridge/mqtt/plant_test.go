package mqtt

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"whisker/controller"
)

// plant is a robot of servos that remembers what it was told.
type plant struct {
	body *controller.Body

	mu    sync.Mutex
	on    bool // has torque
	told  controller.Command
	pos   [2]float64
	seq   uint64
	no    error // Start fails
	begin time.Time
}

func newPlant() *plant {
	p := &plant{body: legs(), begin: time.Now()}
	p.body.Measures.Root = false
	p.body.Limits.MaxStateAge, p.body.Limits.MaxCommandAge = time.Minute, time.Minute // of a machine with other work
	p.told = controller.NewCommand(p.body)
	return p
}

func (p *plant) Body() *controller.Body { return p.body }

func (p *plant) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.on = p.no == nil
	return p.no
}

func (p *plant) Read(s *controller.State) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seq++
	s.Seq, s.Time, s.IMU.Quat, s.Voltage = p.seq, time.Since(p.begin), [4]float64{1}, 24
	for i := range p.pos {
		if p.on && p.told.Kp[i] > 0 {
			p.pos[i] += 0.5 * (p.told.Pos[i] - p.pos[i])
		}
		s.Pos[i], s.ActPos[i] = p.pos[i], p.pos[i]
	}
	return nil
}

func (p *plant) Write(c *controller.Command) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told.CopyFrom(c)
	return nil
}

func (p *plant) Halt() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.on = false
	return nil
}

func (p *plant) rests() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.on
}

// damped says that the last command resists motion and holds nothing.
func (p *plant) damped() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.told.Kp[0] == 0 && p.told.Kp[1] == 0 && p.told.Kd[0] > 0 && p.told.Kd[1] > 0
}

func (p *plant) at(i int) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pos[i]
}

// patience is a clock for which a pause of this program lasts no longer than few. run
// drives it.
type patience struct{ now atomic.Int64 }

func (p *patience) clock() time.Duration { return time.Duration(p.now.Load()) }

func (p *patience) run(done <-chan struct{}) error {
	const few = 20 * time.Millisecond
	beat := time.NewTicker(time.Millisecond)
	defer beat.Stop()
	for last := time.Now(); ; {
		select {
		case <-done:
			return nil
		case <-beat.C:
			now := time.Now()
			p.now.Add(int64(min(few, now.Sub(last))))
			last = now
		}
	}
}

// patient is that clock until the test ends.
func patient(t testing.TB) func() time.Duration {
	p := new(patience)
	start(t, p.run)
	return p.clock
}

// agent lends a plant until the test ends.
func agent(t testing.TB, b *mosquitto, p *plant, j *journal) (*Agent, func()) {
	t.Helper()
	a, err := NewAgent(AgentOptions{
		Broker: Broker{URL: b.URL()}, Name: "dog", Robot: p, Version: "agent 1", Log: j.log(),
		Overruns: controller.Overruns{Max: 1000, Window: 1001},
	})
	if err != nil {
		t.Fatal(err)
	}
	a.clock = patient(t)
	return a, start(t, func(done <-chan struct{}) error {
		ctx, cancel := context.WithCancel(context.Background())
		go func() { <-done; cancel() }()
		return a.Run(ctx)
	})
}

// remote is that plant through the broker.
func remote(t testing.TB, url string, p *plant) *Robot {
	t.Helper()
	r, err := NewRobot(RobotOptions{Broker: Broker{URL: url}, Name: "dog", Body: p.body, Allowance: 800 * time.Millisecond, Log: (&journal{}).log()})
	if err != nil {
		t.Fatal(err)
	}
	r.clock = patient(t)
	start(t, func(done <-chan struct{}) error {
		ctx, cancel := context.WithCancel(context.Background())
		go func() { <-done; cancel() }()
		return r.Run(ctx)
	})
	return r
}

// steer commands a pose until something fails or until is true.
func steer(r *Robot, pos float64, until func() bool) error {
	s, c := controller.NewState(r.Body()), controller.NewCommand(r.Body())
	for !until() {
		if err := r.Read(&s); err != nil {
			return err
		}
		if s.Age > r.o.Allowance {
			return errors.New("the state is old")
		}
		r.Body().Neutral(&c)
		c.Pos[0], c.Pos[1] = pos, -pos
		if err := r.Write(&c); err != nil {
			return err
		}
		time.Sleep(r.Body().Period)
	}
	return nil
}

func never() bool { return false }
