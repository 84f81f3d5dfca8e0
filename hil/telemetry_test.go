package hil

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/rs/zerolog"

	"whisker/bridge/mqtt"
	"whisker/bridge/mqtt/mqtttest"
)

// onlooker is a client of the broker that hears all and asks for things.
type onlooker struct {
	t    *testing.T
	c    paho.Client
	mu   sync.Mutex
	mail []string // topic, a space, payload
	ids  int
}

func newOnlooker(t *testing.T, addr string) *onlooker {
	t.Helper()
	o := &onlooker{t: t, c: paho.NewClient(paho.NewClientOptions().AddBroker("mqtt://" + addr).SetClientID("onlooker"))}
	eventually(t, "the broker", func() bool {
		k := o.c.Connect()
		return k.WaitTimeout(5*time.Second) && k.Error() == nil
	})
	t.Cleanup(func() { o.c.Disconnect(0) })
	k := o.c.Subscribe(mqtt.Root+"#", 1, func(_ paho.Client, m paho.Message) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.mail = append(o.mail, m.Topic()+" "+string(m.Payload()))
	})
	if !k.WaitTimeout(time.Minute) || k.Error() != nil {
		t.Fatalf("onlooker: %v", k.Error())
	}
	return o
}

func (o *onlooker) heard(topic, text string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range o.mail {
		if strings.HasPrefix(m, topic+" ") && strings.Contains(m, text) {
			return true
		}
	}
	return false
}

// ask sends a command and waits for a text in its answer.
func (o *onlooker) ask(robot, answer string, c mqtt.Command) {
	o.t.Helper()
	o.ids++
	c.ID, c.Expires = fmt.Sprint("ask", o.ids), time.Now().Add(50*time.Second)
	b, err := json.Marshal(c)
	if err != nil {
		o.t.Fatal(err)
	}
	o.c.Publish(mqtt.Root+robot+"/command", 1, false, b)
	eventually(o.t, c.Kind+" is answered with "+answer, func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		for _, m := range o.mail {
			if strings.HasPrefix(m, mqtt.Root+robot+"/ack ") && strings.Contains(m, c.ID) && strings.Contains(m, answer) {
				return true
			}
		}
		return false
	})
}

func freeAddress(t *testing.T) string { return fmt.Sprintf("127.0.0.1:%d", mqtttest.Port(t)) }

func TestARunIsWatchedAndSteeredOverABroker(t *testing.T) {
	addr := freeAddress(t)
	s := busy("stand", "turn")
	s.Hold, s.MQTT.URL, s.MQTT.Robot, s.MQTT.RateHz = true, "embedded:"+addr, "lab-rat", 50
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := Run(ctx, s, "v7", zerolog.Nop())
		done <- err
	}()
	o := newOnlooker(t, addr)
	const at = mqtt.Root + "lab-rat/"
	eventually(t, "the run is there", func() bool {
		return o.heard(at+"connection", `"version":"v7"`) && o.heard(at+"state", `"clip":"stand"`)
	})
	o.ask("lab-rat", mqtt.Done, mqtt.Command{Kind: mqtt.KindClip, Clip: "turn"})
	eventually(t, "turn plays", func() bool { return o.heard(at+"state", `"clip":"turn"`) && o.heard(at+"event", "turn, policy") })
	o.ask("lab-rat", "takes no goal", mqtt.Command{Kind: mqtt.KindGoal, Goal: &mqtt.Goal{}})
	o.ask("lab-rat", mqtt.Done, mqtt.Command{Kind: mqtt.KindStop})
	eventually(t, "it is damped", func() bool { return o.heard(at+"state", `"mode":"damp"`) && o.heard(at+"state", `"stopped":true`) })
	o.ask("lab-rat", errStoppedYet.Error(), mqtt.Command{Kind: mqtt.KindStart})
	o.ask("lab-rat", errStoppedYet.Error(), mqtt.Command{Kind: mqtt.KindClip, Clip: "turn"})
	o.mu.Lock()
	o.mail = nil
	o.mu.Unlock()
	o.ask("lab-rat", mqtt.Done, mqtt.Command{Kind: mqtt.KindReset})
	eventually(t, "it plays on", func() bool { return o.heard(at+"state", `"mode":"track"`) })
	o.ask("lab-rat", mqtt.Done, mqtt.Command{Kind: mqtt.KindEStop}) // of a simulated body: a stop
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestScenarioOfABroker(t *testing.T) {
	s, err := ParseScenario([]byte("mqtt: {broker: 'mqtts://lab', robot: a, rate_hz: 20, ca_file: ca.pem, user: u, password_file: p}"))
	if err != nil || s.MQTT.URL != "mqtts://lab" || s.MQTT.RateHz != 20 || s.MQTT.CA != "ca.pem" || s.MQTT.User != "u" {
		t.Fatalf("%+v, %v", s.MQTT, err)
	}
	s.MQTT.Password = "swordfish"
	if bytes.Contains(s.YAML(), []byte("swordfish")) {
		t.Error("the stored scenario holds the password")
	}
	for text, want := range map[string]string{
		"mqtt: {broker: lab, brokr: x}":    "brokr",
		"mqtt: {broker: lab, password: x}": "password",
	} {
		if _, err := ParseScenario([]byte(text)); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "1:") {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, c := range []struct {
		m    MQTT
		want string
	}{
		{MQTT{Robot: "a/b", Broker: mqtt.Broker{URL: "lab"}}, `robot "a/b"`},
		{MQTT{Broker: mqtt.Broker{URL: "mqtt://u:swordfish@lab"}}, "do not belong into the address"},
	} {
		s := DefaultScenario()
		s.MQTT = c.m
		err := s.Check()
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "swordfish") {
			t.Errorf("%+v: %v, want %q", c.m, err, c.want)
		}
	}
}
