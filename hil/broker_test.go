package hil

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// What a run only tells to a broker does not matter to its motion.
func TestAStalledBrokerStopsNobodyWhoOnlyTellsIt(t *testing.T) {
	s := trial(t, "sim", "pace: realtime\noverruns: {max: 999, window_ticks: 1000}\nmqtt: {broker: 'own:"+freeAddress(t)+"'}\nfaults:\n  - {at_s: 0.2, fault: broker stall, for_s: 0.7}\n")
	s.Seconds = 1.5
	row, r := only(t, s)
	if row.Injected != 1 || row.By() != "nobody" || row.Recovery != "went on" || row.Verdict != "ok" || !r.Clips[0].Played {
		t.Errorf("%+v, %+v", row, r.Clips[0])
	}
}

// A broker that is stopped answers nobody, goes on where it was, and ends with the
// run also while it is stopped.
func TestOwnBrokerStalls(t *testing.T) {
	b, err := startBroker(freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	o := newOnlooker(t, b.addr)
	b.stall(true)
	k := o.c.Publish("a", 1, false, "x")
	if k.WaitTimeout(300 * time.Millisecond) {
		t.Error("a stopped broker answers")
	}
	b.stall(false)
	if !k.WaitTimeout(time.Minute) || k.Error() != nil {
		t.Errorf("it does not go on: %v", k.Error())
	}
	b.stall(true)
	b.close()
	if _, err := net.Dial("tcp", b.addr); err == nil {
		t.Error("it outlives the run")
	}
}

func TestOwnBrokerIsRefused(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	const stall = "\nfaults: [{fault: broker stall, for_s: 1}]"
	for _, c := range []struct{ text, want string }{
		{"pace: realtime" + stall, "no broker that the harness could stop"},
		{"pace: realtime\nmqtt: {broker: embedded}" + stall, "no broker that the harness could stop"},
		{"mqtt: {broker: own}" + stall, "in lockstep a stall has no length"},
		{"pace: realtime\nmqtt: {broker: own}\nfaults: [{fault: broker stall}]", "broker stall needs for_s"},
		{"pace: realtime\nmqtt: {broker: 'own:" + taken.Addr().String() + "'}", "address already in use"},
		{"mqtt: {broker: 'own:10.0.0.1:1883'}", "expected an address of this machine"},
		{"mqtt: {broker: 'own:localhost'}", "expected an address of this machine"},
	} {
		s, err := ReadTrial(write(t, "robot: quadruped\nclips: [stand]\npolicy: none\n"+c.text), "sim")
		if err == nil {
			_, err = Run(context.Background(), s, "test", zerolog.Nop())
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", c.text, err, c.want)
		}
	}
}
