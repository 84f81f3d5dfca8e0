package mqtt

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"sync"
	"syscall"
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
	p.body.Limits.MaxStateAge, p.body.Limits.MaxCommandAge = time.Second, time.Second // of a machine with other work
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

// agent lends a plant until the test ends.
func agent(t testing.TB, b *mosquitto, p *plant, j *journal) (*Agent, func()) {
	t.Helper()
	a, err := NewAgent(AgentOptions{
		Broker: Broker{URL: b.url()}, Name: "dog", Robot: p, Version: "agent 1", Log: j.log(),
		Overruns: controller.Overruns{Max: 1000, Window: 1001},
	})
	if err != nil {
		t.Fatal(err)
	}
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

func TestHostDrivesTheRobotAndGivesItBack(t *testing.T) {
	b, p := newBroker(t), newPlant()
	onlooker := b.peer()
	var j journal
	agent(t, b, p, &j)
	r := remote(t, b.url(), p)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	if err := steer(r, 0.5, func() bool { return math.Abs(p.at(0)-0.5) < 0.01 && math.Abs(p.at(1)+0.5) < 0.01 }); err != nil {
		t.Fatal(err)
	}
	s := controller.NewState(r.Body())
	if err := steer(r, 0.5, func() bool { return r.Read(&s) == nil && math.Abs(s.Pos[1]+0.5) < 0.01 }); err != nil || s.IMU.Quat[0] != 1 || s.Voltage != 24 {
		t.Fatalf("%v, state %+v", err, s)
	}
	onlooker.await("whisker/v1/dog/state", `"mode":"track"`)
	for range 2 {
		if err := r.Halt(); err != nil {
			t.Fatal(err)
		}
	}
	if !p.rests() || !p.damped() {
		t.Error("the robot was given back and is not damped and at rest")
	}
	if r.Stats().Robot.Accepted == 0 || r.Stats().Robot.Refused != 0 {
		t.Errorf("%+v", r.Stats())
	}
	onlooker.await("whisker/v1/dog/event", "it gave the robot back")
	for _, word := range []string{wordConnection, wordState, wordAck, wordEvent} {
		for _, m := range onlooker.all("whisker/v1/dog/" + word) {
			conforms(t, m)
		}
	}
	for _, m := range onlooker.all("whisker/v1/dog/command") {
		conforms(t, m)
	}
	if err := r.Start(); err != nil { // and may be had again
		t.Fatal(err)
	}
	if err := r.Halt(); err != nil {
		t.Fatal(err)
	}
}

// lostHost starts a robot, steers it, and then does what ends it without a word.
func lostHost(t *testing.T, end func(b *mosquitto, r *Robot)) (*mosquitto, *plant, *journal, *Robot) {
	t.Helper()
	b, p, j := newBroker(t), newPlant(), &journal{}
	agent(t, b, p, j)
	r := remote(t, b.url(), p)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	if err := steer(r, 0.3, func() bool { return p.at(0) > 0.2 }); err != nil {
		t.Fatal(err)
	}
	if p.rests() || p.damped() {
		t.Fatal("the robot does not move")
	}
	end(b, r)
	return b, p, j, r
}

func TestSilentHostIsDampedAndLosesTheRobot(t *testing.T) {
	b, p, j, r := lostHost(t, func(*mosquitto, *Robot) {})
	eventually(t, "the robot rests", p.rests)
	if !p.damped() {
		t.Errorf("the last command was %+v", p.told)
	}
	eventually(t, "it is said why", func() bool { return j.count("setpoints ran out") > 0 })
	s := controller.NewState(r.Body())
	eventually(t, "the host learns it", func() bool {
		err := r.Read(&s)
		return err != nil && strings.Contains(err.Error(), "setpoints ran out")
	})
	if err := r.Halt(); err != nil {
		t.Error(err)
	}
	second := remote(t, b.url(), p)
	if err := second.Start(); err != nil {
		t.Errorf("the next host: %v", err)
	}
	second.Halt()
}

func TestBrokerGoneInFlightDampsOnBothSides(t *testing.T) {
	b, p, _, r := lostHost(t, func(b *mosquitto, r *Robot) { b.stop() })
	if err := steer(r, 0.9, never); err == nil || !strings.Contains(err.Error(), "old") {
		t.Errorf("the host went on: %v", err)
	}
	eventually(t, "the robot rests", p.rests)
	if err := r.Halt(); err == nil || !strings.Contains(err.Error(), "the agent brings the robot to rest") {
		t.Errorf("Halt without a broker: %v", err)
	}
	at := p.at(0)
	b.start()
	eventually(t, "the broker is back", func() bool { return r.link.client.Load() != nil })
	eventually(t, "the robot can be had", func() bool {
		if r.Start() != nil {
			return false
		}
		return r.Halt() == nil
	})
	if math.Abs(p.at(0)-at) > 0.1 {
		t.Errorf("the robot was at %g and is at %g", at, p.at(0))
	}
}

// A broker that was paused delivers afterwards what was sent meanwhile.
func TestPausedBrokerDampsAndWhatWaitedIsLate(t *testing.T) {
	b, p, j, r := lostHost(t, func(b *mosquitto, r *Robot) { b.signal(syscall.SIGSTOP) })
	defer b.signal(syscall.SIGCONT)
	end := time.Now().Add(3 * time.Second)
	c := controller.NewCommand(r.Body())
	for time.Now().Before(end) { // the host does not even look
		c.Pos[0] = 0.9
		r.Body().Neutral(&c)
		r.Write(&c)
		time.Sleep(r.Body().Period)
	}
	if !p.rests() {
		t.Error("the robot has torque after 3 s without a setpoint")
	}
	at := p.at(0)
	b.signal(syscall.SIGCONT)
	eventually(t, "the agent tells how it went", func() bool { return j.count("setpoints ran out") > 0 })
	s := controller.NewState(r.Body())
	eventually(t, "the host learns it", func() bool { return r.Read(&s) != nil })
	time.Sleep(300 * time.Millisecond) // whatever waited has come
	if p.at(0) != at || !p.rests() {
		t.Error("what waited in the broker moved the robot")
	}
}

func TestKilledHostIsDamped(t *testing.T) {
	b, p := newBroker(t), newPlant()
	var j journal
	agent(t, b, p, &j)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), hostEnv+"="+b.url())
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait()
	defer child.Process.Kill()
	eventually(t, "the child drives", func() bool { return p.at(0) > 0.2 })
	child.Process.Kill()
	eventually(t, "the robot rests", p.rests)
	if !p.damped() {
		t.Errorf("the last command was %+v", p.told)
	}
}

// drive is what the child does: see TestMain.
func drive(url string) error {
	p := newPlant()
	r, err := NewRobot(RobotOptions{Broker: Broker{URL: url}, Name: "dog", Body: p.body, Allowance: 800 * time.Millisecond})
	if err != nil {
		return err
	}
	go r.Run(context.Background())
	if err := r.Start(); err != nil {
		return err
	}
	return steer(r, 0.3, never)
}

func TestSecondHostIsRefusedWhileTheFirstHolds(t *testing.T) {
	b, p, _, first := lostHost(t, func(*mosquitto, *Robot) {})
	second := remote(t, b.url(), p)
	over := make(chan error, 1)
	done := make(chan struct{})
	go func() {
		over <- steer(first, 0.3, func() bool {
			select {
			case <-done:
				return true
			default:
				return false
			}
		})
	}()
	if err := second.Start(); err == nil || !strings.Contains(err.Error(), first.holder+" has the robot") {
		t.Errorf("%v: want it to say who has the robot", err)
	}
	// A setpoint of somebody without the lease moves nothing.
	second.have, second.lease = &arrival{measured: measured{at: time.Hour}}, 12345
	before := first.Stats().Robot.Refused
	c := controller.NewCommand(p.body)
	second.Write(&c)
	eventually(t, "it is counted", func() bool { return first.Stats().Robot.Refused > before })
	close(done)
	if err := <-over; err != nil {
		t.Errorf("the first host: %v", err)
	}
	if err := first.Halt(); err != nil {
		t.Error(err)
	}
	if err := second.Start(); err != nil {
		t.Errorf("the robot is free: %v", err)
	}
	second.Halt()
}

func TestAnybodyStopsARobotUntilReset(t *testing.T) {
	b, p, _, r := lostHost(t, func(*mosquitto, *Robot) {})
	who := b.peer()
	who.send("whisker/v1/dog/command", []byte(`{"id":"s","kind":"stop"}`), false)
	if err := steer(r, 0.3, never); err == nil || !strings.Contains(err.Error(), "somebody stopped the robot") {
		t.Errorf("%v", err)
	}
	eventually(t, "the robot rests", p.rests)
	if !p.damped() {
		t.Errorf("the last command was %+v", p.told)
	}
	if err := r.Start(); err == nil || !strings.Contains(err.Error(), "reset comes first") {
		t.Errorf("%v", err)
	}
	who.send("whisker/v1/dog/command", []byte(`{"id":"g","kind":"start","expires":`+in(9)+`}`), false)
	who.await("whisker/v1/dog/ack", errHosts.Error())
	who.send("whisker/v1/dog/command", []byte(`{"id":"r","kind":"reset","expires":`+in(9)+`}`), false)
	who.await("whisker/v1/dog/ack", `"r","kind":"reset","result":"done"`)
	if err := r.Start(); err != nil {
		t.Error(err)
	}
	if err := r.EStop(); err != nil {
		t.Error(err)
	}
	eventually(t, "the robot rests", p.rests)
}

func TestAgentThatEndsBringsTheRobotToRest(t *testing.T) {
	b, p := newBroker(t), newPlant()
	var j journal
	_, stop := agent(t, b, p, &j)
	r := remote(t, b.url(), p)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	if err := steer(r, 0.3, func() bool { return p.at(0) > 0.2 }); err != nil {
		t.Fatal(err)
	}
	stop()
	if !p.rests() || !p.damped() {
		t.Errorf("the agent ended, and the last command was %+v", p.told)
	}
	s := controller.NewState(r.Body())
	eventually(t, "the host learns it", func() bool { return r.Read(&s) != nil })
}

func TestRobotsThatCannotBeHad(t *testing.T) {
	b, p := newBroker(t), newPlant()
	fails := func(r *Robot, want string) {
		t.Helper()
		if err := r.Start(); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "mqtt: ") {
			t.Errorf("%v: want %q", err, want)
		}
	}
	r := remote(t, b.url(), p)
	eventually(t, "the broker", func() bool { return r.link.client.Load() != nil })
	fails(r, "knows no robot dog")
	fails(remote(t, "127.0.0.1:1", p), "is not reached")
	telemetry(t, Options{Broker: Broker{URL: b.url()}, Robot: "dog"})
	eventually(t, "a loop of that name", func() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.agent != nil })
	fails(r, "want an agent")

	b2 := newBroker(t)
	var j journal
	agent(t, b2, p, &j)
	other := newPlant()
	other.body.Joints[0].Max = 2
	fails(remote(t, b2.url(), other), "want the same profile on both sides")
	p.no = errors.New("no battery")
	fails(remote(t, b2.url(), p), "no battery")
}

// offline is a Robot that has a lease and hears a state, without a broker.
func offline(t *testing.T) *Robot {
	t.Helper()
	r, err := NewRobot(RobotOptions{Broker: Broker{URL: "127.0.0.1:1"}, Name: "dog", Body: legs()})
	if err != nil {
		t.Fatal(err)
	}
	r.lease = 7
	r.hearMeasured(appendMeasured(nil, &measured{lease: 7, seq: 1, at: time.Second, state: controller.NewState(r.body)}), false, "")
	return r
}

func TestHostTicksAllocateNothing(t *testing.T) {
	r := offline(t)
	s, c := controller.NewState(r.body), controller.NewCommand(r.body)
	if n := testing.AllocsPerRun(1000, func() {
		if r.Read(&s) != nil || r.Write(&c) != nil {
			t.Fatal("no state")
		}
	}); n != 0 {
		t.Errorf("%v allocations a tick", n)
	}
}

// No state is taken for younger than it is, whatever the two clocks say and
// however long the ways are.
func TestAgeIsNeverLessThanTheTruth(t *testing.T) {
	r := offline(t)
	now := r.clock()
	// A setpoint was sent 90 ms ago and heard 30 ms later, when the agent's clock was
	// at 5 s; the state was measured 20 ms after that and is 40 ms old.
	m := measured{lease: 7, seq: 2, echo: 1, sent: now - 90*time.Millisecond, heard: 5 * time.Second, at: 5*time.Second + 20*time.Millisecond, state: controller.NewState(r.body)}
	r.hearMeasured(appendMeasured(nil, &m), false, "")
	s := controller.NewState(r.body)
	if err := r.Read(&s); err != nil || s.Age < 70*time.Millisecond || s.Age > 70*time.Millisecond+r.clock()-now+time.Millisecond {
		t.Errorf("age %v, %v: want 70 ms, the truth of 40 and the way there", s.Age, err)
	}
	// An older state, one of another lease and one that is retained change nothing.
	for _, bad := range []measured{{lease: 7, seq: 1}, {lease: 8, seq: 9}, {seq: 9}} {
		bad.state = controller.NewState(r.body)
		r.hearMeasured(appendMeasured(nil, &bad), false, "")
	}
	m.seq = 9
	r.hearMeasured(appendMeasured(nil, &m), true, "")
	r.hearMeasured([]byte("junk"), false, "")
	if n := r.Stats(); n.States != 2 || n.Stale != 1 || n.Refused != 4 {
		t.Errorf("%+v", n)
	}
}

// What an agent refuses to obey, it counts.
func TestSetpointsThatAreRefused(t *testing.T) {
	p := newPlant()
	a, err := NewAgent(AgentOptions{Broker: Broker{URL: "127.0.0.1:1"}, Name: "dog", Robot: p})
	if err != nil {
		t.Fatal(err)
	}
	a.lease.Store(7)
	good := func() setpoint {
		return setpoint{lease: 7, seq: 5, deadline: a.clock() + 100*time.Millisecond, command: controller.NewCommand(p.body)}
	}
	hear := func(s setpoint) { a.hearSetpoint(appendSetpoint(nil, &s, 2), false, "") }
	for name, bad := range map[string]func(s *setpoint){
		"another lease": func(s *setpoint) { s.lease = 8 },
		"no lease":      func(s *setpoint) { s.lease = 0 },
		"good for ever": func(s *setpoint) { s.deadline = time.Hour },
		"not a number":  func(s *setpoint) { s.command.Pos[0] = math.NaN() },
		"infinite":      func(s *setpoint) { s.command.Kp[1] = math.Inf(1) },
		"too many joints": func(s *setpoint) {
			s.command = controller.Command{Pos: make([]float64, 3), Vel: make([]float64, 3), Torque: make([]float64, 3), Kp: make([]float64, 3), Kd: make([]float64, 3)}
		},
	} {
		before := a.counts()
		s := good()
		bad(&s)
		hear(s)
		if n := a.counts(); n.Refused != before.Refused+1 || n.Accepted != 0 {
			t.Errorf("%s: %+v", name, n)
		}
	}
	for _, b := range [][]byte{nil, {1}, make([]byte, 1<<20), appendSetpoint(nil, &setpoint{lease: 7, command: controller.NewCommand(p.body)}, 2)[:40]} {
		a.hearSetpoint(b, false, "")
	}
	s := good()
	a.hearSetpoint(appendSetpoint(nil, &s, 2), true, "") // retained
	if n := a.counts(); n.Refused != 11 || n.Accepted != 0 {
		t.Fatalf("%+v", n)
	}
	hear(good()) // of sequence 5: four before it never came
	s = good()
	hear(s) // again
	s.seq = 4
	hear(s) // behind a newer one
	s.seq, s.deadline = 6, a.clock()-time.Millisecond
	hear(s)
	if n := a.counts(); n != (SetpointCounts{Accepted: 1, Lost: 4, Late: 3, Refused: 11}) {
		t.Errorf("%+v", n)
	}
}

func FuzzBinary(f *testing.F) {
	b := legs()
	f.Add(appendSetpoint(nil, &setpoint{lease: 1, seq: 2, command: controller.NewCommand(b)}, 2))
	f.Add(appendMeasured(nil, &measured{lease: 1, seq: 2, state: controller.NewState(b)}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := setpoint{command: controller.NewCommand(b)}
		if readSetpoint(raw, &s, 2) == nil && !bytes.Equal(appendSetpoint(nil, &s, 2), raw) {
			t.Errorf("%x is read as %+v", raw, s)
		}
		m := measured{state: controller.NewState(b)}
		if readMeasured(raw, &m) == nil && len(appendMeasured(nil, &m)) != len(raw) {
			t.Errorf("%x is read as %+v", raw, m)
		}
	})
}

func TestBinaryRoundTrip(t *testing.T) {
	b := legs()
	m := measured{lease: 1, seq: 2, at: 3 * time.Second, sent: -time.Second, echo: 4, heard: 5 * time.Microsecond, mode: controller.ModeDamp, fault: controller.FaultTilt,
		counts: SetpointCounts{1, 2, 3, 4}, state: controller.NewState(b)}
	s := &m.state
	s.Faults, s.Seq, s.Voltage, s.IMU.Quat, s.IMU.Gyro, s.IMU.Acc = 1<<63, 9, 24.5, [4]float64{0, 1, 0, 0}, [3]float64{1, 2, 3}, [3]float64{4, 5, 6}
	for i, v := range [][]float64{s.Pos, s.Vel, s.ActPos, s.ActVel, s.Activation, s.Torque, s.Current, s.Temperature, s.FootForce} {
		for k := range v {
			v[k] = float64(10*i + k)
		}
	}
	got := measured{state: controller.NewState(b)}
	if err := readMeasured(appendMeasured(nil, &m), &got); err != nil || !reflect.DeepEqual(got, m) {
		t.Errorf("%v\n%+v\n%+v", err, got, m)
	}
}
