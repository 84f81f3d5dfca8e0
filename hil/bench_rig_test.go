package hil

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"whisker/bridge/board"
	"whisker/controller"
	"whisker/controller/profile"
	"whisker/hil/emulate"
)

// hung is a robot that hangs from a stand with free legs: each joint is a rod with
// friction.
type hung struct {
	body  *controller.Body
	state controller.State
	told  controller.Command

	stuck  bool // no joint turns
	linked bool // the second joint goes with the first
}

func (r *hung) Body() *controller.Body { return r.body }
func (r *hung) Halt() error            { return nil }

func (r *hung) Start() error {
	copy(r.state.ActPos, r.body.LieAct)
	r.state.IMU.Acc[2] = 9.81
	return nil
}

func (r *hung) Write(c *controller.Command) error {
	r.told.CopyFrom(c)
	return nil
}

func (r *hung) Read(s *controller.State) error {
	const steps, inertia, friction = 8, 0.02, 0.1 // kg·m², N·m·s/rad
	dt := emulate.Tick.Seconds() / steps
	for range steps {
		for i := range r.told.Pos {
			p, v, c := r.state.ActPos[i], r.state.ActVel[i], &r.told
			torque := c.Kp[i]*(c.Pos[i]-p) + c.Kd[i]*(c.Vel[i]-v) + c.Torque[i]
			if math.Abs(torque) > 0.2 || math.Abs(v) > 0.05 { // else it sticks, as gears do
				v += dt * (torque - friction*v) / inertia
			} else {
				v = 0
			}
			r.state.ActPos[i], r.state.ActVel[i] = p+dt*v, v
		}
	}
	if r.stuck {
		copy(r.state.ActPos, r.body.LieAct)
		clear(r.state.ActVel)
	}
	if r.linked {
		r.state.ActPos[1] = r.body.LieAct[1] + r.state.ActPos[0] - r.body.LieAct[0]
	}
	copy(r.state.Pos, r.state.ActPos)
	copy(r.state.Vel, r.state.ActVel)
	s.CopyFrom(&r.state)
	return nil
}

// bench is a physical robot as far as the program can see: firmware on a pty. Its
// time goes slowly, so that a machine that pauses for a while is no cause to stop.
type bench struct {
	t       *testing.T
	e       *emulate.Emulator
	plant   *hung
	profile string // its file
	device  string

	mu      sync.Mutex // between ticks
	slow    bool
	hasty   bool // time is not slow while it damps after motion
	went    bool // it moved since it last was without torque
	moves   bool // a motor is told stiffness or torque
	resists bool // and no motor is, but they damp
	q       []float64
	base    []float64 // joints when the watch began
	peak    []float64 // the furthest from there, with its sign
}

func newBench(t *testing.T) *bench { return newBenchWith(t, nil, nil) }

// newBenchWith is one whose motors are wired differently from what the profile
// says, or on which something is wrong from the start.
func newBenchWith(t *testing.T, wired func(*profile.Profile), wrong func(*bench)) *bench {
	t.Helper()
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	if wired != nil {
		wired(p)
	}
	body := p.Body(controller.Measures{IMU: true, Torque: true})
	body.Period = emulate.Tick
	plant := &hung{body: body, state: controller.NewState(body), told: controller.NewCommand(body)}
	e, err := emulate.Start(emulate.Options{Board: "host", Profile: p, Plant: plant})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, e: e, plant: plant, q: make([]float64, 12), base: make([]float64, 12), peak: make([]float64, 12), profile: patient12(t)}
	if wrong != nil {
		wrong(b)
	}
	if b.device, err = e.Pty(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var ticking sync.WaitGroup
	ticking.Go(func() { b.tick(ctx) })
	t.Cleanup(func() { cancel(); ticking.Wait(); e.Close() })
	return b
}

// patient12 is the reference quadruped's profile, whose ages a loaded machine keeps.
func patient12(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../controller/profile/quadruped.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "quadruped.yaml")
	old := strings.NewReplacer("state_age_ms: 40", "state_age_ms: 4000", "command_age_ms: 40", "command_age_ms: 4000").Replace(string(text))
	if err := os.WriteFile(file, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// tick lets time pass until ctx ends.
func (b *bench) tick(ctx context.Context) {
	for ctx.Err() == nil {
		b.mu.Lock()
		if err := b.e.Hold(); err == nil {
			err = b.e.Step(1)
			if err != nil {
				b.t.Error(err)
				b.mu.Unlock()
				return
			}
		}
		c := b.e.Told()
		b.moves, b.resists = !damps(c), damps(c) && c.Kd[0] > 0
		copy(b.q, b.e.State().Pos)
		for i, q := range b.q {
			if d := q - b.base[i]; math.Abs(d) > math.Abs(b.peak[i]) {
				b.peak[i] = d
			}
		}
		b.went = (b.went || b.moves) && b.e.Moving()
		slow := b.slow && !(b.hasty && b.went && b.resists)
		b.mu.Unlock()
		if slow {
			time.Sleep(2 * time.Millisecond)
		}
	}
}

// look copies what the bench sees between two ticks.
func (b *bench) look() (moves, resists bool, q []float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.moves, b.resists, append([]float64(nil), b.q...)
}

// watch begins to follow how far joints turn.
func (b *bench) watch() {
	b.mu.Lock()
	defer b.mu.Unlock()
	copy(b.base, b.q)
	clear(b.peak)
}

// turned are the furthest turns since watch.
func (b *bench) turned() []float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]float64(nil), b.peak...)
}

// torque says whether the motors have any.
func (b *bench) torque() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.e.Moving()
}

// time is the robot's.
func (b *bench) time() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.e.Time()
}

// calibrate stores the profile's calibration, and waits until the firmware has
// forgotten who did that.
func (b *bench) calibrate() {
	b.t.Helper()
	p, err := profile.Open(b.profile)
	if err != nil {
		b.t.Fatal(err)
	}
	r, err := board.New(board.Options{Profile: p, Device: b.device})
	if err != nil {
		b.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- r.Run(b.t.Context()) }()
	id, err := r.Greet()
	if err != nil {
		b.t.Fatal(err)
	}
	c := &board.Calibration{Robot: p.Name, UID: fmt.Sprintf("%x", id.Welcome.UID)}
	for _, j := range p.Joints {
		c.Joints = append(c.Joints, board.JointCalibration{Name: j.Name, Sign: j.Sign, Offset: j.Offset})
	}
	if err := r.Store(c); err != nil {
		b.t.Fatal(err)
	}
	r.Close()
	if err := <-done; err != nil {
		b.t.Error(err)
	}
	at := b.time()
	b.eventually("the end of the session", func() bool { return b.time()-at > 1200*time.Millisecond })
	b.slowDown()
}

// slowDown makes the robot's time slow from now on.
func (b *bench) slowDown() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.slow = true
}

// eventually waits for something, a minute at most.
func (b *bench) eventually(what string, ok func() bool) {
	b.t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("%s did not come about", what)
		}
	}
}
