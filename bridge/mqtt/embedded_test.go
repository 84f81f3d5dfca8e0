package mqtt

import (
	"context"
	"strings"
	"testing"
)

// embedded runs a broker in this program.
func embedded(t testing.TB) (*Embedded, func()) {
	t.Helper()
	e, err := NewEmbedded("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return e, start(t, func(done <-chan struct{}) error {
		ctx, cancel := context.WithCancel(context.Background())
		go func() { <-done; cancel() }()
		return e.Run(ctx)
	})
}

func TestEmbeddedBrokerServesAndEnds(t *testing.T) {
	e, stop := embedded(t)
	p := dialPeer(t, e.URL())
	w := &wishes{}
	tel, _ := telemetry(t, Options{Broker: Broker{URL: e.URL()}, Wishes: w})
	tick(t, tel, nil)
	p.await("whisker/v1/r1/connection", Online)
	p.await("whisker/v1/r1/state", "tick")
	p.send("whisker/v1/r1/command", []byte(`{"id":"1","kind":"stop"}`), false)
	p.await("whisker/v1/r1/ack", `"done"`)
	if w.all() != "stop" {
		t.Errorf("the loop heard %q", w.all())
	}
	stop()
}

func TestEmbeddedBrokerListensToThisMachineAlone(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":1883", "192.0.2.1:1883", "here"} {
		if _, err := NewEmbedded(addr); err == nil || !strings.Contains(err.Error(), "of this machine") {
			t.Errorf("%s: %v", addr, err)
		}
	}
	e, _ := embedded(t)
	if _, err := NewEmbedded(e.line.Addr().String()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("twice at %s: %v", e.line.Addr(), err)
	}
}
