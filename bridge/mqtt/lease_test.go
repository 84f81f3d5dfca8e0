package mqtt

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"whisker/controller"
)

func TestHostDrivesTheRobotAndGivesItBack(t *testing.T) {
	t.Parallel()
	b, p := newBroker(t), newPlant()
	onlooker := b.peer()
	var j journal
	agent(t, b, p, &j)
	r := remote(t, b.URL(), p)
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
	if err := steer(r, 0.5, func() bool { return onlooker.count("whisker/v1/dog/state", `"mode":"track"`) > 0 }); err != nil {
		t.Fatal(err)
	}
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
	r := remote(t, b.URL(), p)
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
	t.Parallel()
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
	second := remote(t, b.URL(), p)
	if err := second.Start(); err != nil {
		t.Errorf("the next host: %v", err)
	}
	second.Halt()
}

func TestBrokerGoneInFlightDampsOnBothSides(t *testing.T) {
	t.Parallel()
	b, p, _, r := lostHost(t, func(b *mosquitto, r *Robot) { b.Kill() })
	if err := steer(r, 0.9, never); err == nil || !strings.Contains(err.Error(), "old") {
		t.Errorf("the host went on: %v", err)
	}
	eventually(t, "the robot rests", p.rests)
	if err := r.Halt(); err == nil || !strings.Contains(err.Error(), "the agent brings the robot to rest") {
		t.Errorf("Halt without a broker: %v", err)
	}
	at := p.at(0)
	b.Run()
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
	t.Parallel()
	b, p, j, r := lostHost(t, func(b *mosquitto, r *Robot) { b.Pause() })
	c := controller.NewCommand(r.Body())
	eventually(t, "the robot rests without a setpoint", func() bool { // the host does not even look
		r.Body().Neutral(&c)
		c.Pos[0] = 0.9
		r.Write(&c)
		time.Sleep(r.Body().Period)
		return p.rests()
	})
	at := p.at(0)
	b.Resume()
	eventually(t, "the agent tells how it went", func() bool { return j.count("setpoints ran out") > 0 })
	s := controller.NewState(r.Body())
	eventually(t, "the host learns it", func() bool { return r.Read(&s) != nil })
	time.Sleep(300 * time.Millisecond) // whatever waited has come
	if p.at(0) != at || !p.rests() {
		t.Error("what waited in the broker moved the robot")
	}
}

func TestKilledHostIsDamped(t *testing.T) {
	t.Parallel()
	b, p := newBroker(t), newPlant()
	var j journal
	agent(t, b, p, &j)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), hostEnv+"="+b.URL())
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
	var busy patience
	r.clock = busy.clock
	go busy.run(nil)
	go r.Run(context.Background())
	if err := r.Start(); err != nil {
		return err
	}
	return steer(r, 0.3, never)
}

func TestSecondHostIsRefusedWhileTheFirstHolds(t *testing.T) {
	t.Parallel()
	b, p, _, first := lostHost(t, func(*mosquitto, *Robot) {})
	second := remote(t, b.URL(), p)
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
	t.Parallel()
	b, p := newBroker(t), newPlant()
	who := b.peer()
	agent(t, b, p, &journal{})
	r := remote(t, b.URL(), p)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	if err := steer(r, 0.3, func() bool { return p.at(0) > 0.2 }); err != nil {
		t.Fatal(err)
	}
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
	who.send("whisker/v1/dog/command", []byte(`{"id":"g","kind":"start","expires":`+in(50)+`}`), false)
	who.await("whisker/v1/dog/ack", errHosts.Error())
	who.send("whisker/v1/dog/command", []byte(`{"id":"r","kind":"reset","expires":`+in(50)+`}`), false)
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
	t.Parallel()
	b, p := newBroker(t), newPlant()
	var j journal
	_, stop := agent(t, b, p, &j)
	r := remote(t, b.URL(), p)
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
	t.Parallel()
	b, p := newBroker(t), newPlant()
	fails := func(r *Robot, want string) {
		t.Helper()
		if err := r.Start(); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "mqtt: ") {
			t.Errorf("%v: want %q", err, want)
		}
	}
	r := remote(t, b.URL(), p)
	eventually(t, "the broker", func() bool { return r.link.client.Load() != nil })
	fails(r, "knows no robot dog")
	fails(remote(t, "127.0.0.1:1", p), "is not reached")
	telemetry(t, Options{Broker: Broker{URL: b.URL()}, Robot: "dog"})
	eventually(t, "a loop of that name", func() bool { r.mu.Lock(); defer r.mu.Unlock(); return r.agent != nil })
	fails(r, "want an agent")

	b2 := newBroker(t)
	var j journal
	agent(t, b2, p, &j)
	other := newPlant()
	other.body.Joints[0].Max = 2
	fails(remote(t, b2.URL(), other), "want the same profile on both sides")
	onlooker := b2.peer() // asks without looking
	onlooker.await("whisker/v1/dog/connection", Online)
	onlooker.send("whisker/v1/dog/command", []byte(`{"id":"blind","kind":"lease","holder":"me","body_hash":"0123456789abcdef","expires":`+in(50)+`}`), false)
	if ack := onlooker.await("whisker/v1/dog/ack", `"blind"`); !strings.Contains(string(ack.payload), "want the same profile on both sides") || !p.rests() {
		t.Errorf("%s", ack.payload)
	}
	p.no = errors.New("no battery")
	fails(remote(t, b2.URL(), p), "no battery")
}
