package board

import (
	"errors"
	"testing"

	"whisker/bridge/wire"
	"whisker/controller"
)

func TestUnplugAndReplug(t *testing.T) {
	g, r := enabled(t)
	g.unplug()
	g.eventually("the word of it", func() bool { return g.said("was unplugged") == 1 })
	c, s := controller.NewCommand(r.Body()), controller.NewState(r.Body())
	if err := errors.Join(r.Write(&c), r.Read(&s)); err != nil {
		t.Errorf("a tick without a line: %v; the age of the state is for the guard", err)
	}
	g.plug()
	g.eventually("the return", func() bool { return g.said("is back at") == 1 })
	g.eventually("the firmware's own stop", func() bool { return r.ClearFault() == nil })
	if m := r.newest().Mode; !torque(m) {
		t.Errorf("mode %v after a person cleared it", m)
	}
}

// A brown-out resets the board in motion. It has forgotten the session, and
// stays without torque until a person has seen it.
func TestBrownOutInMotion(t *testing.T) {
	g, r := enabled(t)
	g.unplug()
	g.off()
	g.power("--reset", "4")
	g.plug()
	g.eventually("a new session", func() bool { return r.Start() != nil && g.said("is back at") > 0 && r.newest().Mode == wire.ModeFault })
	if err := r.Start(); err == nil || !contains(err, "has latched brown_out") {
		t.Fatalf("start: %v", err)
	}
	if err := r.ClearFault(); err != nil {
		t.Fatalf("after a person saw it: %v", err)
	}
}

// The firmware restarts behind an adapter that stays plugged in. It has forgotten the
// session and is silent: what the host goes on to send moves nothing, and the state of
// before ages for the guard. What happened is said when a person clears it.
func TestRestartBehindAnAdapter(t *testing.T) {
	g, r := enabled(t)
	g.restart("--reset", "4")
	s := controller.NewState(r.Body())
	g.eventually("an old state", func() bool {
		if err := r.Read(&s); err != nil {
			t.Fatal(err)
		}
		return s.Age > held
	})
	g.eventually("a new session", func() bool { _, err := r.Greet(); return err == nil })
	if m := r.newest().Mode; torque(m) {
		t.Fatalf("mode %v: want no torque", m)
	}
	g.eventually("torque", func() bool { return r.ClearFault() == nil })
	if m := r.newest().Mode; !torque(m) || g.said("had latched brown_out") != 1 {
		t.Errorf("mode %v after a person cleared it, said %q", m, g.notes)
	}
}
