package mqtt

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// in is a time that many seconds ahead, as JSON.
func in(seconds float64) string {
	b, _ := json.Marshal(time.Now().Add(time.Duration(seconds * float64(time.Second))).UTC())
	return string(b)
}

func TestCommandsReachTheLoopAndAreAnswered(t *testing.T) {
	b := newBroker(t)
	p := b.peer()
	w := &wishes{}
	telemetry(t, Options{Broker: Broker{URL: b.URL()}, Clips: []string{"stand", "walk"}, Wishes: w})
	p.await("whisker/v1/r1/connection", Online)
	for i, c := range []struct{ body, wish string }{
		{`"kind":"start","expires":` + in(50), "start"},
		{`"kind":"stop"`, "stop"},
		{`"kind":"estop","expires":` + in(-5), "estop"}, // stops do not expire
		{`"kind":"reset","expires":` + in(50), "reset"},
		{`"kind":"clip","clip":"walk","expires":` + in(50), "clip 1"},
		{`"kind":"goal","goal":{"vel_m_s":[0.5,-0.1],"heading_rad":1.5},"expires":` + in(50), "goal [0.5 -0.1] 1.5"},
	} {
		m := mail{topic: "whisker/v1/r1/command", payload: fmt.Appendf(nil, `{"id":"c%d",%s}`, i, c.body)}
		conforms(t, m)
		p.send(m.topic, m.payload, false)
		ack := p.await("whisker/v1/r1/ack", fmt.Sprintf(`"c%d"`, i))
		if !strings.Contains(string(ack.payload), `"done"`) {
			t.Errorf("%s", ack.payload)
		}
		if !strings.HasSuffix(w.all(), c.wish) {
			t.Errorf("asked for %s, the loop heard %s", c.wish, w.all())
		}
	}
}

func TestCommandsThatAreRefused(t *testing.T) {
	b := newBroker(t)
	p := b.peer()
	w := &wishes{}
	telemetry(t, Options{Broker: Broker{URL: b.URL()}, Clips: []string{"stand", "walk"}, Wishes: w})
	p.await("whisker/v1/r1/connection", Online)
	for i, c := range []struct{ body, why string }{
		{`"kind":"start"`, "without expires"},
		{`"kind":"start","expires":` + in(-1), "expired"},
		{`"kind":"start","expires":` + in(3600), "at most 1m0s"},
		{`"kind":"start","expires":"soon"`, "soon"},
		{`"kind":"dance","expires":` + in(50), "want one of"},
		{`"kind":"start","speed":1,"expires":` + in(50), `unknown field`},
		{`"kind":"clip","clip":"moonwalk","expires":` + in(50), "want one of [stand walk]"},
		{`"kind":"goal","expires":` + in(50), "no goal"},
		{`"kind":"goal","goal":{"vel_m_s":[1e999,0],"heading_rad":0},"expires":` + in(50), "no command"},
		{`"kind":"lease","expires":` + in(50), "this is a loop"},
	} {
		p.send("whisker/v1/r1/command", fmt.Appendf(nil, `{"id":"c%d",%s}`, i, c.body), false)
		m := p.await("whisker/v1/r1/ack", fmt.Sprintf(`"c%d"`, i))
		var a Ack
		if json.Unmarshal(m.payload, &a); a.Result != Refused || !strings.Contains(a.Why, c.why) {
			t.Errorf("%s: %s, want it refused for %q", c.body, m.payload, c.why)
		}
	}
	// What has no id is answered by an event.
	for _, c := range []struct{ text, why string }{
		{"\x00\xff", "no command"},
		{`{"kind":"stop"}`, "an id of 0 characters"},
		{`{"id":"` + strings.Repeat("x", 65) + `","kind":"stop"}`, "an id of 65 characters"},
		{`{"id":"big","kind":"stop","clip":"` + strings.Repeat("x", 5000) + `"}`, "want at most 4096"},
		{`[1,2]`, "no command"},
		{`{"id":"two","kind":"start"}{"id":"three","kind":"start"}`, "follows"},
	} {
		p.send("whisker/v1/r1/command", []byte(c.text), false)
		eventually(t, c.why, func() bool { return p.count("whisker/v1/r1/event", c.why) > 0 })
	}
	if w.all() != "" {
		t.Errorf("the loop heard %s", w.all())
	}
}

func TestRetainedCommandsAreRefused(t *testing.T) {
	b := newBroker(t)
	p := b.peer()
	p.send("whisker/v1/r1/command", []byte(`{"id":"r","kind":"start","expires":`+in(30)+`}`), true)
	w := &wishes{}
	telemetry(t, Options{Broker: Broker{URL: b.URL()}, Wishes: w})
	p.await("whisker/v1/r1/event", "retained")
	if w.all() != "" {
		t.Errorf("the loop heard %s", w.all())
	}
}

func TestDuplicatesAreObeyedAndAnsweredOnce(t *testing.T) {
	b := newBroker(t)
	p := b.peer()
	w := &wishes{}
	telemetry(t, Options{Broker: Broker{URL: b.URL()}, Wishes: w})
	p.await("whisker/v1/r1/connection", Online)
	cmd := []byte(`{"id":"once","kind":"start","expires":` + in(30) + `}`)
	for range 3 {
		p.send("whisker/v1/r1/command", cmd, false)
	}
	p.send("whisker/v1/r1/command", []byte(`{"id":"last","kind":"stop"}`), false)
	p.await("whisker/v1/r1/ack", `"last"`)
	if n := p.count("whisker/v1/r1/ack", `"once"`); n != 1 || w.all() != "start, stop" {
		t.Errorf("%d answers, the loop heard %s", n, w.all())
	}
}

func TestAStopIsObeyedEachTime(t *testing.T) {
	b := newBroker(t)
	p := b.peer()
	w := &wishes{}
	telemetry(t, Options{Broker: Broker{URL: b.URL()}, Wishes: w})
	p.await("whisker/v1/r1/connection", Online)
	for _, kind := range []string{KindStop, KindEStop} {
		for range 2 {
			p.send("whisker/v1/r1/command", fmt.Appendf(nil, `{"id":"same","kind":%q}`, kind), false)
		}
	}
	eventually(t, "the second e-stop", func() bool { return w.all() == "stop, stop, estop, estop" })
}

func TestWhoRefusesSaysWhy(t *testing.T) {
	b := newBroker(t)
	p := b.peer()
	telemetry(t, Options{Broker: Broker{URL: b.URL()}, Wishes: &wishes{no: errNo}})
	telemetry(t, Options{Broker: Broker{URL: b.URL()}, Robot: "deaf"})
	for _, robot := range []string{"r1", "deaf"} {
		p.await("whisker/v1/"+robot+"/connection", Online)
		p.send("whisker/v1/"+robot+"/command", []byte(`{"id":"x","kind":"reset","expires":`+in(50)+`}`), false)
	}
	p.await("whisker/v1/r1/ack", errNo.Error())
	p.await("whisker/v1/deaf/ack", errNobody.Error())
}

// A flood of ids is bounded: nothing but stops is obeyed until the oldest are void.
func TestMemoryOfIdsIsBounded(t *testing.T) {
	j, now := newJudge(), time.Now()
	j.now = func() time.Time { return now }
	cmd := func(id int, kind string) error {
		_, again, err := j.read(encode(Command{ID: fmt.Sprint(id), Kind: kind, Expires: now.Add(time.Second)}), false)
		if again {
			t.Errorf("id %d was never there", id)
		}
		return err
	}
	for i := range maxSeen - 1 {
		if err := cmd(i, KindStart); err != nil {
			t.Fatal(err)
		}
	}
	cmd(maxSeen, KindStart)
	if err := cmd(maxSeen+1, KindStart); err == nil || len(j.seen) > maxSeen {
		t.Errorf("%v, %d remembered", err, len(j.seen))
	}
	if err := cmd(maxSeen+2, KindStop); err != nil {
		t.Errorf("a stop is refused: %v", err)
	}
	now = now.Add(maxAhead + time.Second)
	if err := cmd(maxSeen+3, KindStart); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

func FuzzCommand(f *testing.F) {
	f.Add([]byte(`{"id":"1","kind":"goal","goal":{"vel_m_s":[1,2],"heading_rad":0},"expires":"2026-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, _, err := newJudge().read(b, false)
		if err == nil && (c.ID == "" || c.Kind == "") {
			t.Errorf("%q was taken for %+v", b, c)
		}
	})
}
