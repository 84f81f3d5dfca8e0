package hil

import (
	"math"
	"sync"
	"time"

	"whisker/controller"
	"whisker/hil/emulate"
	"whisker/hil/fault"
	"whisker/policy/motion"
	"whisker/sim"
)

// plant is the body behind an emulated firmware. The emulator's goroutine steps
// it while the loop's looks.
type plant struct {
	*sim.Robot

	mu    sync.Mutex
	ticks int
	last  time.Time     // of a tick
	pause time.Duration // the longest between two
	q     []float64     // joints now, rad
	cut   *Cut          // since the line was cut, else nil
	cutAt int           // tick
	from  []float64     // joints then, rad

	inj   *fault.Injector // what breaks in it; nil for nothing
	alone bool            // no firmware is between it and the loop
	qd    []float64       // rad/s
	trace *trace          // nil for nobody
	safe  bool            // no motor can do more than resist
}

// Cut is what a robot did when its serial line was cut.
type Cut struct {
	// Damped is from the cut to the first tick in which no motor was told any
	// stiffness or torque, ms; null when that never came.
	Damped motion.Measure `json:"to_damped_ms"`
	// Motion is the furthest that a joint came from where the cut found it, rad.
	Motion motion.Measure `json:"largest_joint_motion_rad"`
}

func newPlant(r *sim.Robot) *plant {
	n := len(r.Body().Joints)
	return &plant{Robot: r, q: make([]float64, n), from: make([]float64, n), qd: make([]float64, n)}
}

// Start puts the body where Place said.
func (p *plant) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Robot.Start()
}

// Place sets where the next Start begins.
func (p *plant) Place(root controller.Root, q, qd []float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Robot.Place(root, q, qd)
}

// Read advances a tick of the firmware.
func (p *plant) Read(s *controller.State) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inj != nil && p.alone {
		if err := p.inj.Tick(p.time()); err != nil {
			return err
		}
	}
	p.ticks++
	now := time.Now()
	p.pause, p.last = max(p.pause, now.Sub(p.last)), now
	err := p.Robot.Read(s)
	p.Joints(p.q, p.qd)
	if p.inj != nil {
		p.inj.Watch(p.time(), p.q, p.qd, p.safe)
		p.inj.Sense(p.time(), s)
	}
	if p.cut != nil {
		for i, q := range p.q {
			p.cut.Motion = max(p.cut.Motion, motion.Measure(math.Abs(q-p.from[i])))
		}
	}
	return err
}

// pauses begins to measure the longest pause between two ticks, and gives the one
// until now.
func (p *plant) pauses() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	pause := max(p.pause, time.Since(p.last))
	p.pause, p.last = 0, time.Now()
	return pause
}

// Write takes what the firmware tells the motors.
func (p *plant) Write(c *controller.Command) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut != nil && math.IsNaN(float64(p.cut.Damped)) && damps(c) {
		p.cut.Damped = motion.Measure(float64(p.ticks-p.cutAt) * emulate.Tick.Seconds() * 1000)
	}
	p.safe = damps(c)
	if p.trace != nil {
		p.trace.add(c, p.q, p.qd)
	}
	return p.Robot.Write(c)
}

// time is the plant's: of the ticks that it was read.
func (p *plant) time() time.Duration { return time.Duration(p.ticks) * p.Body().Period }

// damps says that no motor can do more than resist.
func damps(c *controller.Command) bool {
	for i := range c.Kp {
		if c.Kp[i] != 0 || math.Abs(c.Torque[i]) > torqueStep {
			return false
		}
	}
	return true
}

// torqueStep is what the motors' frames cannot resolve, N·m: no torque in them is
// up to one of 4095 steps of 36 N·m, times the belt's ratio.
const torqueStep = 0.03

// begin notes that the line is cut now.
func (p *plant) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut, p.cutAt = &Cut{Damped: motion.Measure(math.NaN())}, p.ticks
	copy(p.from, p.q)
}

// end is what happened since begin, nil before it.
func (p *plant) end() *Cut {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut == nil {
		return nil
	}
	c := *p.cut
	return &c
}

// Truth is what only the simulator knows.
func (p *plant) Truth(t *controller.Truth) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Robot.Truth(t)
}

// OnBody tells whether anything but the feet touches the ground.
func (p *plant) OnBody() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Robot.OnBody()
}

// Unlearned is Robot's.
func (p *plant) Unlearned() []float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Robot.Unlearned()
}

// FramePoses fills out with the live poses.
func (p *plant) FramePoses(out []float32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Robot.FramePoses(out)
}

// tracked says that the robot goes where its clip does, and somebody knows where
// that is.
func (g *rig) tracked() bool { return g.world != nil && !g.scenario.Physics.Held }

// hold hangs the body on a stand where the scenario wants it.
func (s *Scenario) hold(r *sim.Robot) error {
	if !s.Physics.Held {
		return nil
	}
	return r.Hold()
}

// hangs is how high above the ground a held robot hangs, m.
const hangs = 0.3
