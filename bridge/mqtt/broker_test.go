package mqtt

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/rs/zerolog"

	"whisker/bridge/mqtt/mqtttest"
	"whisker/controller"
)

// mosquitto is a broker of the test's own.
type mosquitto struct {
	*mqtttest.Broker
	t testing.TB
}

func newBroker(t testing.TB, more ...string) *mosquitto {
	t.Helper()
	return &mosquitto{mqtttest.Start(t, more...), t}
}

// eventually waits for something, at most a minute.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited a minute in vain: %s", what)
		}
	}
}

// peer is another client of the broker, one that hears everything.
type peer struct {
	t    testing.TB
	c    paho.Client
	mu   sync.Mutex
	mail []mail
}

type mail struct {
	topic    string
	payload  []byte
	retained bool
}

func (b *mosquitto) peer() *peer { return dialPeer(b.t, b.URL()) }

func dialPeer(t testing.TB, url string) *peer {
	t.Helper()
	// Each has a name of its own and stays away once it was sent away: two of one name
	// would push each other out for ever.
	p := &peer{t: t, c: paho.NewClient(paho.NewClientOptions().AddBroker(url).SetClientID(rand.Text()).SetAutoReconnect(false))}
	if k := p.c.Connect(); !k.WaitTimeout(time.Minute) || k.Error() != nil {
		t.Fatalf("peer: %v", k.Error())
	}
	t.Cleanup(func() { p.c.Disconnect(0) })
	k := p.c.Subscribe(Root+"#", 1, func(_ paho.Client, m paho.Message) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.mail = append(p.mail, mail{m.Topic(), m.Payload(), m.Retained()})
	})
	if !k.WaitTimeout(time.Minute) || k.Error() != nil {
		t.Fatalf("peer: %v", k.Error())
	}
	return p
}

// all are the messages of a topic so far.
func (p *peer) all(topic string) (all []mail) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.mail {
		if m.topic == topic {
			all = append(all, m)
		}
	}
	return all
}

// send publishes with QoS 1.
func (p *peer) send(topic string, payload []byte, retained bool) {
	p.t.Helper()
	if k := p.c.Publish(topic, 1, retained, payload); !k.WaitTimeout(time.Minute) || k.Error() != nil {
		p.t.Fatalf("publish: %v", k.Error())
	}
}

// count is how many messages of a topic hold a text.
func (p *peer) count(topic, text string) (n int) {
	for _, m := range p.all(topic) {
		if bytes.Contains(m.payload, []byte(text)) {
			n++
		}
	}
	return n
}

// await waits for a message of a topic with a text in it.
func (p *peer) await(topic, text string) mail {
	p.t.Helper()
	var got mail
	eventually(p.t, topic+" with "+text, func() bool {
		for _, m := range p.all(topic) {
			if bytes.Contains(m.payload, []byte(text)) {
				got = m
				return true
			}
		}
		return false
	})
	return got
}

// journal is a log that a test reads.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) count(part string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.text.String(), part)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) log() zerolog.Logger { return zerolog.New(j) }

// wishes notes what is asked for.
type wishes struct {
	mu   sync.Mutex
	list []string
	no   error
}

func (w *wishes) note(format string, a ...any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.no == nil {
		w.list = append(w.list, fmt.Sprintf(format, a...))
	}
	return w.no
}

func (w *wishes) Start() error                    { return w.note("start") }
func (w *wishes) Stop() error                     { return w.note("stop") }
func (w *wishes) EStop() error                    { return w.note("estop") }
func (w *wishes) Reset() error                    { return w.note("reset") }
func (w *wishes) ChooseClip(i int) error          { return w.note("clip %d", i) }
func (w *wishes) SetGoal(g controller.Goal) error { return w.note("goal %v %v", g.Vel, g.Heading) }

func (w *wishes) all() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.list, ", ")
}

// legs is a body with two joints.
func legs() *controller.Body {
	b := &controller.Body{Name: "legs", Period: 10 * time.Millisecond, Feet: []string{"foot"}}
	for i, name := range []string{"hip", "knee"} {
		b.Joints = append(b.Joints, controller.Joint{Name: name, Min: -1, Max: 1})
		b.Actuators = append(b.Actuators, controller.Actuator{Name: name, Joint: i, Drive: controller.DriveImpedance, Min: -1, Max: 1, MaxRate: 20, MaxTorque: 10, Kp: 50, Kd: 1})
	}
	b.Measures = controller.Measures{IMU: true, Root: true, Torque: true, Current: true, Temperature: true, Voltage: true}
	return b
}

// start runs something until the test ends, and returns what ends it early.
func start(t testing.TB, run func(done <-chan struct{}) error) (stop func()) {
	t.Helper()
	quit, over := make(chan struct{}), make(chan error, 1)
	go func() { over <- run(quit) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			close(quit)
			select {
			case err := <-over:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(time.Minute):
				t.Error("it does not end")
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

var errNo = errors.New("not now")
