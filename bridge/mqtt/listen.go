package mqtt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"whisker/controller"
)

// echoTime is how long the broker may take to give our own word back to us.
const echoTime = 3 * time.Second

// greet is called on each new connection.
func (t *Telemetry) greet(ctx context.Context) {
	select {
	case <-t.echoed:
	default:
	}
	_ = t.link.post(t.online())
	t.out.knock()
	if t.o.up != nil {
		t.o.up(ctx)
	}
	select {
	case <-t.echoed:
	case <-ctx.Done():
	case <-time.After(echoTime):
		t.unheard()
	}
}

func (t *Telemetry) online() letter {
	return letter{topic: t.topic(wordConnection), payload: encode(t.connection(Online)), qos: 1, retained: true}
}

// unheard says, once, that the broker takes our word and gives it to nobody: MQTT
// 3.1.1 acknowledges what an access list forbids.
func (t *Telemetry) unheard() {
	if !t.told {
		t.told = true
		t.o.Log.Warn().Msgf("mqtt: broker %s takes what %s says on %s and passes it to nobody: its access list forbids it", t.o.Broker.URL, t.link.who(), t.topic(wordConnection))
	}
}

// hearConnection is called from the library's goroutine.
func (t *Telemetry) hearConnection(payload []byte, retained bool, _ string) {
	var c Connection
	if retained || decode(payload, &c, false) != nil {
		return
	}
	switch {
	case c.Boot == t.boot && c.Status == Lost: // by the will of a connection before this one, which the broker missed only now
		m := t.online()
		m.until = time.Now().Add(eventTime)
		t.out.put(m)
	case c.Boot == t.boot:
		select {
		case t.echoed <- struct{}{}:
		default:
		}
	case c.Status == Online:
		t.o.Log.Error().Msgf("mqtt: another program says that it is robot %s (version %s, %s): want another name for one of the two", t.o.Robot, c.Version, c.Role)
	}
}

// hearCommand is called from the library's goroutine: it stores.
func (t *Telemetry) hearCommand(payload []byte, retained bool, _ string) {
	if len(payload) > maxCommand {
		payload = payload[:maxCommand+1] // enough to be refused for its size
	}
	select {
	case t.raw <- incoming{payload, retained}:
	default:
		t.dropped.Add(1)
	}
}

// listen judges commands and has them obeyed.
func (t *Telemetry) listen(ctx context.Context) error {
	j := newJudge()
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-t.raw:
			t.command(j, m)
		}
	}
}

var errNobody = errors.New("nobody obeys commands here")

func (t *Telemetry) command(j *judge, m incoming) {
	c, again, err := j.read(m.payload, m.retained)
	switch {
	case again:
		t.count(func(n *counts) { n.Duplicate++ })
		return
	case err != nil:
	case t.o.own != nil && t.o.own(c):
		t.count(func(n *counts) { n.Obeyed++ })
		return
	case t.o.Wishes == nil:
		err = errNobody
	default:
		err = obey(t.o.Wishes, &c, t.o.Clips)
	}
	t.answer(&c, 0, err)
	if err != nil {
		t.count(func(n *counts) { n.Refused++ })
		t.Event("refused", fmt.Sprintf("command %q %s: %v", c.ID, c.Kind, err))
		return
	}
	t.count(func(n *counts) { n.Obeyed++ })
}

func (t *Telemetry) count(f func(*counts)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f(&t.counts)
}

// answer acknowledges a command that has an ID.
func (t *Telemetry) answer(c *Command, lease uint32, err error) {
	a := Ack{ID: c.ID, Kind: c.Kind, Result: Done, Lease: lease}
	if err != nil {
		a.Result, a.Why = Refused, err.Error()
	}
	t.acknowledge(a)
}

// end says how a lease that was granted ended.
func (t *Telemetry) end(c *Command, lease uint32, why string) {
	t.acknowledge(Ack{ID: c.ID, Kind: c.Kind, Result: Ended, Why: why, Lease: lease})
}

func (t *Telemetry) acknowledge(a Ack) {
	if a.ID == "" {
		return
	}
	a.Header = t.header(wordAck)
	t.out.put(letter{topic: t.topic(wordAck), payload: encode(a), until: time.Now().Add(maxAhead)})
}

// bodyHash identifies what two programs must agree on to drive a robot: all of its
// body but period and ages, which are each one's own.
func bodyHash(b *controller.Body) string {
	same := *b
	same.Period, same.Limits.MaxStateAge, same.Limits.MaxCommandAge, same.StopsTime = 0, 0, 0, false
	return same.Hash()[:16]
}
