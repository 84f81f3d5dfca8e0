package bus

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"whisker/controller"
)

// Joint ties an actuator of the body to a device:
// joint = Sign * device / Ratio + Offset.
type Joint struct {
	Sign   float64 // 1 or -1
	Offset float64 // rad
	Ratio  float64 // device turns per joint turn
}

// Options of a Robot. Zero values mean what is said.
type Options struct {
	// Joints are in the order of the body's actuators; nil is a sign of 1, no
	// offset and a ratio of 1.
	Joints []Joint
	// Refresh is the time between readings: a quarter of the period.
	Refresh time.Duration
	// Timeout is how old the newest command may get before the torque is taken
	// away: 100 ms.
	Timeout time.Duration
	// Misses is how many cycles in a row may fail: 2.
	Misses int
	// IMU is an inertial unit beside the bus, such as witmotion.Unit: nil is none.
	IMU Inertial
}

// Inertial is an inertial unit. Latest is its newest sample in the body's frame, and
// when it came, or why there is none; it does not wait.
type Inertial interface {
	Latest() (controller.IMU, time.Time, error)
}

// Robot is a controller.Robot of a Driver. Read and Write return at once.
type Robot struct {
	body    *controller.Body
	driver  Driver
	opt     Options
	clock   func() time.Time
	started time.Time

	wake chan struct{} // a command is new
	stop chan struct{}
	done sync.WaitGroup
	live bool // the goroutine runs
	held bool // torque was given and not surely taken

	mu      sync.Mutex
	latest  []Reading // the newest reading
	at      time.Time // when it was measured
	seq     uint64
	targets []Target // the newest command
	told    time.Time
	fresh   bool
	err     error // why the goroutine ended
	missed  uint64

	readings []Reading // of the goroutine
	sending  []Target  // likewise
}

// New makes a robot. A body that does not go with opt or that has no joint for
// an actuator is an error.
func New(body *controller.Body, d Driver, opt Options) (*Robot, error) {
	n := len(body.Actuators)
	if opt.Joints == nil {
		opt.Joints = make([]Joint, n)
		for i := range opt.Joints {
			opt.Joints[i] = Joint{Sign: 1, Ratio: 1}
		}
	}
	if len(opt.Joints) != n || len(body.Joints) != n {
		return nil, fmt.Errorf("bus: %d devices for %d actuators and %d joints: want one each", len(opt.Joints), n, len(body.Joints))
	}
	used := make([]bool, n)
	for i, j := range opt.Joints {
		a := &body.Actuators[i]
		if j.Sign != 1 && j.Sign != -1 || !(j.Ratio > 0) {
			return nil, fmt.Errorf("bus: actuator %s: sign %v, ratio %v: want 1 or -1, and a positive ratio", a.Name, j.Sign, j.Ratio)
		}
		if a.Joint < 0 || used[a.Joint] {
			return nil, fmt.Errorf("bus: actuator %s: joint is %d: want a joint of its own", a.Name, a.Joint)
		}
		used[a.Joint] = true
	}
	if opt.Refresh == 0 {
		opt.Refresh = body.Period / 4
	}
	if opt.Timeout == 0 {
		opt.Timeout = 100 * time.Millisecond
	}
	if opt.Misses == 0 {
		opt.Misses = 2
	}
	return &Robot{
		body: body, driver: d, opt: opt, clock: time.Now, wake: make(chan struct{}, 1),
		latest: make([]Reading, n), readings: make([]Reading, n), targets: make([]Target, n), sending: make([]Target, n),
	}, nil
}

// Body returns the body that New was given.
func (r *Robot) Body() *controller.Body { return r.body }

// Start identifies the devices, refuses what they or the bus cannot do, and
// gives them torque where they stand. Nothing has torque after an error.
func (r *Robot) Start() error {
	if r.live {
		return errors.New("bus: Start of a robot that runs: want Halt first")
	}
	if err := r.prepare(); err != nil {
		return err
	}
	r.held = true
	if err := r.driver.Enable(r.opt.Timeout); err != nil {
		return errors.Join(err, r.release())
	}
	now := r.clock()
	r.mu.Lock()
	r.err, r.fresh, r.told, r.started = nil, false, now, now
	r.store(now)
	r.mu.Unlock()
	r.stop, r.live = make(chan struct{}), true
	r.done.Go(func() { r.run(r.stop) })
	return nil
}

// prepare does everything before torque.
func (r *Robot) prepare() error {
	if err := r.checkMeasures(); err != nil {
		return err
	}
	if err := r.driver.Check(r.spans()); err != nil {
		return err
	}
	if err := r.driver.Identify(); err != nil {
		return err
	}
	if err := r.driver.Cycle().Check(r.body.Period); err != nil {
		return err
	}
	if err := r.driver.Read(r.readings); err != nil {
		return err
	}
	if r.opt.IMU != nil {
		if _, _, err := r.opt.IMU.Latest(); err != nil {
			return err
		}
	}
	return r.checkPlace()
}

// Read stores the newest reading. Its error is why the bus was given up.
func (r *Robot) Read(s *controller.State) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	if !r.live {
		return errors.New("bus: Read of a robot that is not started: want Start first")
	}
	r.fill(s)
	if r.opt.IMU == nil {
		return nil
	}
	sample, at, err := r.opt.IMU.Latest()
	s.IMU, s.Age = sample, max(s.Age, r.clock().Sub(at)) // a state is as old as its oldest part
	return err
}

// Write makes c the newest command. Its error is why the bus was given up.
func (r *Robot) Write(c *controller.Command) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	if !r.live {
		return errors.New("bus: Write to a robot that is not started: want Start first")
	}
	r.aim(c)
	r.fresh, r.told = true, r.clock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
	return nil
}

// Halt takes the torque away. Its error says that this is not certain.
func (r *Robot) Halt() error {
	if r.live {
		close(r.stop)
		r.done.Wait()
		r.mu.Lock()
		r.live = false
		r.mu.Unlock()
	}
	if !r.held {
		return nil
	}
	return r.release()
}

func (r *Robot) release() error {
	err := r.driver.Release()
	r.held = err != nil
	return err
}

// Close halts the robot and closes its line.
func (r *Robot) Close() error { return errors.Join(r.Halt(), r.driver.Close()) }

// Missed counts the cycles that failed since New.
func (r *Robot) Missed() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.missed
}
