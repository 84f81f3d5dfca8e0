package mqtt

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"whisker/controller"
)

// childEnv makes this program a robot at that broker.
const childEnv = "WHISKER_TEST_MQTT_BROKER"

// hostEnv makes this program a host that drives a robot there.
const hostEnv = "WHISKER_TEST_MQTT_HOST"

func TestMain(m *testing.M) {
	if url := os.Getenv(hostEnv); url != "" {
		if err := drive(url); err != nil {
			panic(err)
		}
	}
	if url := os.Getenv(childEnv); url != "" {
		t, err := New(Options{Broker: Broker{URL: url}, Robot: "child", Body: legs()})
		if err != nil {
			panic(err)
		}
		t.Run(context.Background())
	}
	os.Exit(m.Run())
}

// telemetry runs one until the test ends.
func telemetry(t testing.TB, o Options) (*Telemetry, func()) {
	t.Helper()
	if o.Body == nil {
		o.Body = legs()
	}
	if o.Robot == "" {
		o.Robot = "r1"
	}
	tel, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return tel, start(t, func(done <-chan struct{}) error {
		ctx, cancel := context.WithCancel(context.Background())
		go func() { <-done; cancel() }()
		return tel.Run(ctx)
	})
}

// conforms checks a message against the schema of its topic.
func conforms(t *testing.T, m mail) {
	t.Helper()
	word := m.topic[strings.LastIndexByte(m.topic, '/')+1:]
	raw, err := Schema(word)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(word, doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(word)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(m.payload))
	if err != nil {
		t.Fatalf("%s: %v\n%s", m.topic, err, m.payload)
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("%s: %v\n%s", m.topic, err, m.payload)
	}
}

// tick publishes ticks at the body's period until the test ends.
func tick(t testing.TB, tel *Telemetry, change func(*controller.Sample)) (stop func()) {
	x := controller.NewSample(tel.o.Body)
	return start(t, func(done <-chan struct{}) error {
		beat := time.NewTicker(tel.o.Body.Period)
		defer beat.Stop()
		for {
			select {
			case <-done:
				return nil
			case <-beat.C:
				x.Tick++
				x.State.Pos[0], x.Mode = float64(x.Tick), controller.ModeTrack
				if change != nil {
					change(&x)
				}
				tel.Publish(&x)
			}
		}
	})
}

func TestEveryMessageFollowsItsSchema(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	p := b.peer()
	tel, stop := telemetry(t, Options{Broker: Broker{URL: b.URL()}, Clips: []string{"walk"}, Wishes: &wishes{}, Rate: 50, Version: "v1"})
	p.await("whisker/v1/r1/connection", Online)
	tick(t, tel, func(x *controller.Sample) {
		tel.SetStatus(Status{Clip: 0, Frame: 3, Frames: 9})
		x.State.Vel[1], x.Command.Pos[0], x.State.Voltage = math.NaN(), math.Inf(1), 24.123456789
	})
	tel.Event("clip", "walk begins")
	p.send("whisker/v1/r1/command", []byte(`{"id":"7","kind":"stop"}`), false)
	p.send("whisker/v1/r1/command", []byte(`{"id":"8","kind":"dance"}`), false)
	for word, text := range map[string]string{wordConnection: Online, wordState: `"clip":"walk"`, wordTiming: "late_us", wordEvent: "walk begins", wordAck: Refused} {
		p.await("whisker/v1/r1/"+word, text)
	}
	stop()
	p.await("whisker/v1/r1/connection", Offline)
	for _, word := range Words {
		for _, m := range p.all("whisker/v1/r1/" + word) {
			if word != wordCommand {
				conforms(t, m)
			}
		}
	}
	var s State
	if m := p.await("whisker/v1/r1/state", `"clip":"walk"`); json.Unmarshal(m.payload, &s) != nil || !math.IsNaN(float64(s.JointVel[1])) || float64(*s.Voltage) != 24.1235 || s.Mode != "track" {
		t.Errorf("%s", m.payload)
	}
}

// A schema that accepts everything shows nothing.
func TestSchemasRefuse(t *testing.T) {
	t.Parallel()
	for word, text := range map[string]string{
		wordConnection: `{"status":"here"}`, wordState: `{"mode":"track"}`, wordTiming: `{}`, wordEvent: `{"kind":"fault","text":""}`,
		wordCommand: `{"id":"1","kind":"goal","expires":"2026-01-01T00:00:00Z"}`, wordAck: `{"id":"1","result":"maybe"}`,
	} {
		raw, err := Schema(word)
		if err != nil {
			t.Fatal(err)
		}
		doc, _ := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		c := jsonschema.NewCompiler()
		c.AddResource(word, doc)
		schema, err := c.Compile(word)
		if err != nil {
			t.Fatal(err)
		}
		v, _ := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if schema.Validate(v) == nil {
			t.Errorf("%s accepts %s", word, text)
		}
	}
	if _, err := Schema("weather"); err == nil {
		t.Error("there is a schema of weather")
	}
}

func TestConnectionIsRetainedAndHasALastWill(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childEnv+"="+b.URL())
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait()
	defer child.Process.Kill()
	p := b.peer()
	p.await("whisker/v1/child/connection", Online)
	child.Process.Kill()
	p.await("whisker/v1/child/connection", Lost)
	p.c.Disconnect(0)
	late := b.peer() // learns it from what is retained
	if m := late.await("whisker/v1/child/connection", Lost); !m.retained {
		t.Error("a newcomer does not learn who is lost")
	} else {
		conforms(t, m)
	}
}

// A broker may miss a connection only after the next one is there: its last will then
// says of a robot that is well that it is lost. The robot contradicts.
func TestALateWillIsContradicted(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	type way struct{ robot, broker net.Conn }
	ways := make(chan way, 10)
	go func() { // the network
		for {
			robot, err := l.Accept()
			if err != nil {
				return
			}
			broker, err := net.Dial("tcp", b.Addr())
			if err != nil {
				robot.Close()
				continue
			}
			go io.Copy(broker, robot)
			go io.Copy(robot, broker)
			ways <- way{robot, broker}
		}
	}()
	p := b.peer()
	said := func(want ...string) {
		t.Helper()
		eventually(t, strings.Join(want, ", "), func() bool {
			all := p.all("whisker/v1/r1/connection")
			if len(all) != len(want) {
				return false
			}
			for i, m := range all {
				if !bytes.Contains(m.payload, []byte(`"`+want[i]+`"`)) {
					return false
				}
			}
			return true
		})
	}
	telemetry(t, Options{Broker: Broker{URL: "mqtt://" + l.Addr().String()}})
	said(Online)
	first := <-ways
	first.robot.Close() // the broker hears nothing of that
	said(Online, Online)
	first.broker.Close()
	said(Online, Online, Lost, Online)
	if m := b.peer().await("whisker/v1/r1/connection", Online); !m.retained {
		t.Error("a newcomer does not learn that the robot is there")
	}
}

func TestStateIsTheNewestAtItsRate(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	p := b.peer()
	tel, _ := telemetry(t, Options{Broker: Broker{URL: b.URL()}, Rate: 5})
	p.await("whisker/v1/r1/connection", Online)
	var mu sync.Mutex
	when := map[uint64]time.Time{} // a tick was published
	tick(t, tel, func(x *controller.Sample) { mu.Lock(); defer mu.Unlock(); when[x.Tick] = time.Now() })
	const states = 15
	eventually(t, "some states", func() bool { return len(p.all("whisker/v1/r1/state")) >= states })
	var ticks []uint64
	for _, m := range p.all("whisker/v1/r1/state")[:states] {
		var s State
		if err := json.Unmarshal(m.payload, &s); err != nil {
			t.Fatal(err)
		}
		if float64(s.JointPos[0]) != float64(s.Tick) {
			t.Fatalf("torn: tick %d with joint %v", s.Tick, s.JointPos)
		}
		ticks = append(ticks, s.Tick)
	}
	for i := 1; i < len(ticks); i++ {
		if ticks[i] <= ticks[i-1] {
			t.Errorf("tick %d after %d", ticks[i], ticks[i-1])
		}
	}
	mu.Lock()
	defer mu.Unlock()
	// At 5 Hz 2.8 s, or a bit less where the first one waited for its tick.
	if took := when[ticks[states-1]].Sub(when[ticks[0]]); took < 1400*time.Millisecond {
		t.Errorf("%d states of %v: more than asked for", states, took)
	}
}

func TestPublishAllocatesNothing(t *testing.T) {
	tel, err := New(Options{Broker: Broker{URL: "127.0.0.1:1"}, Robot: "r", Body: legs()})
	if err != nil {
		t.Fatal(err)
	}
	x := controller.NewSample(tel.o.Body)
	if n := testing.AllocsPerRun(1000, func() {
		tel.wantState.Store(true)
		tel.wantSpan.Store(true)
		tel.SetStatus(Status{Clip: 1})
		tel.Publish(&x)
	}); n != 0 {
		t.Errorf("%v allocations a tick", n)
	}
}

func TestBrokerThatComesLaterHearsEventsAndNoOldState(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	b.Kill()
	var j journal
	tel, _ := telemetry(t, Options{Broker: Broker{URL: b.URL()}, Rate: 100, Log: j.log()})
	tick(t, tel, nil)
	tel.Event("fault", "before")
	eventually(t, "the broker is missed", func() bool { return j.count("connection refused") > 0 })
	time.Sleep(time.Second)
	if n := j.count("connection refused"); n != 1 {
		t.Errorf("said %d times, want once:\n%s", n, j.String())
	}
	before := tel.header(wordState).Seq // of the states that nobody heard
	b.Run()
	p := b.peer()
	p.await("whisker/v1/r1/event", "before")
	var s State
	m := p.await("whisker/v1/r1/state", "tick")
	if json.Unmarshal(m.payload, &s); s.Seq <= before {
		t.Errorf("state %d came, %d were made before the broker was there", s.Seq, before)
	}
}

func TestBrokerKilledInFlightIsFoundAgain(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	p := b.peer()
	tel, _ := telemetry(t, Options{Broker: Broker{URL: b.URL()}, Rate: 50})
	tick(t, tel, nil)
	p.await("whisker/v1/r1/state", "tick")
	b.Kill()
	tel.Event("fault", "while it was away")
	b.Run()
	p2 := b.peer()
	p2.await("whisker/v1/r1/connection", Online)
	p2.await("whisker/v1/r1/event", "while it was away")
	p2.await("whisker/v1/r1/state", "tick")
}

// A paused broker takes nothing off the wire: the loop goes on, and what was said
// to it meanwhile is not obeyed afterwards.
func TestPausedBrokerStopsNothingAndOldCommandsExpire(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	p := b.peer()
	w := &wishes{}
	tel, _ := telemetry(t, Options{Broker: Broker{URL: b.URL()}, Rate: 1000, Wishes: w})
	p.await("whisker/v1/r1/connection", Online)
	b.Pause()
	cmd := encode(Command{ID: "late", Kind: KindStart, Expires: time.Now().Add(time.Second)})
	sent := p.c.Publish("whisker/v1/r1/command", 1, false, cmd)
	x := controller.NewSample(tel.o.Body)
	ticks := 0
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		tel.Publish(&x)
		ticks++
	}
	b.Resume()
	if ticks < 30 { // of 3000 on a machine that has nothing else to do
		t.Errorf("%d ticks in 3 s: the loop waited for the broker", ticks)
	}
	if !sent.WaitTimeout(20 * time.Second) {
		t.Fatal("the broker does not go on")
	}
	p.await("whisker/v1/r1/ack", "expired")
	if w.all() != "" {
		t.Errorf("obeyed: %s", w.all())
	}
}

func TestFullBrokerIsToldOfOnceAndEnteredWhenThereIsRoom(t *testing.T) {
	t.Parallel()
	b := newBroker(t, "allow_anonymous true", "max_connections 1")
	p := b.peer()
	var j journal
	telemetry(t, Options{Broker: Broker{URL: b.URL()}, Log: j.log()})
	eventually(t, "it is said", func() bool { return j.count("trying again") > 0 })
	time.Sleep(time.Second)
	if n := j.count("trying again"); n != 1 {
		t.Errorf("said %d times:\n%s", n, j.String())
	}
	p.c.Disconnect(0)
	eventually(t, "it is let in", func() bool { return j.count("connected with") == 1 })
}

func TestTwoRobotsOfOneNameAreToldOf(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	var j journal
	telemetry(t, Options{Broker: Broker{URL: b.URL()}, Log: j.log()})
	eventually(t, "the first is there", func() bool { return j.count("connected") == 1 })
	telemetry(t, Options{Broker: Broker{URL: b.URL()}, Version: "other"})
	eventually(t, "the first is told", func() bool { return j.count("another program says that it is robot r1 (version other") == 1 })
}
