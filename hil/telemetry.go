package hil

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"whisker/bridge/mqtt"
	"whisker/bridge/view"
	"whisker/controller"
)

// MQTT is the part of a scenario that says whom to tell what the robot does, and
// from whom to take commands.
type MQTT struct {
	// Broker is mqtt://HOST[:PORT], mqtts://HOST[:PORT], embedded[:ADDRESS], a broker
	// inside of this program, or own[:ADDRESS], a mosquitto that the run starts, so that
	// it can stall; "" is none.
	mqtt.Broker `yaml:",inline"`
	Robot       string  `yaml:"robot"`   // its name in the topics; "" is that of its body
	RateHz      float64 `yaml:"rate_hz"` // of the states
	// AllowanceMs is what the setpoints of a robot behind the broker are good for, see
	// mqtt.DefaultAllowance; 0 is that.
	AllowanceMs float64 `yaml:"allowance_ms"`
}

// embeddedAt is where the embedded broker listens, unless it is told otherwise.
const embeddedAt = "127.0.0.1:1883"

// check reports what no broker can be reached with.
func (m *MQTT) check() error {
	if m.URL == "" {
		return nil
	}
	own, ok := m.own()
	switch {
	case ok:
		if err := checkOwn(own); err != nil {
			return err
		}
	case !strings.HasPrefix(m.URL, "embedded"):
		if err := m.Broker.Check(); err != nil {
			return err
		}
	}
	if m.Robot != "" {
		return mqtt.CheckRobot(m.Robot)
	}
	return nil
}

// openTelemetry opens the way to the broker. It need not be there yet.
func (g *rig) openTelemetry(clips []string, version string) (err error) {
	m := g.scenario.MQTT
	if m.URL == "" {
		return nil
	}
	if where, ok := strings.CutPrefix(m.URL, "embedded"); ok {
		if where = strings.TrimPrefix(where, ":"); where == "" {
			where = embeddedAt
		}
		if g.broker, err = mqtt.NewEmbedded(where); err != nil {
			return err
		}
		m.URL = g.broker.URL()
	}
	if m.Robot == "" {
		m.Robot = g.body.Name
	}
	g.telemetry, err = mqtt.New(mqtt.Options{
		Broker: m.Broker, Robot: m.Robot, Rate: m.RateHz, Body: g.body, Clips: clips, Wishes: wishes{g}, Version: version, Log: g.log,
	})
	if err == nil {
		g.remote.tell = g.tellStopped
	}
	return err
}

// runTelemetry starts what talks to the broker. The embedded one ends last, so that
// it hears the goodbye.
func (g *rig) runTelemetry(ctx context.Context, group *errgroup.Group) {
	if g.telemetry == nil {
		return
	}
	broker, hang := context.WithCancel(context.WithoutCancel(ctx))
	if g.broker != nil {
		group.Go(func() error { return g.broker.Run(broker) })
	}
	group.Go(func() error {
		defer hang()
		return g.telemetry.Run(ctx)
	})
}

// tellStopped tells the broker that somebody stopped the robot, or let it go on.
func (g *rig) tellStopped(stopped bool) {
	g.telemetry.SetStopped(stopped)
	text := "stopped; reset plays on"
	if !stopped {
		text = "reset"
	}
	g.telemetry.Event("stop", text)
}

// wishes are commands that come over the broker.
type wishes struct{ g *rig }

var errStoppedYet = errors.New("the robot is stopped: reset comes first")

// unlessStopped refuses what would move a robot that somebody stopped.
func (w wishes) unlessStopped(f func()) error {
	if w.g.remote.isStopped() {
		return errStoppedYet
	}
	f()
	return nil
}

// Start ends a pause.
func (w wishes) Start() error { return w.unlessStopped(w.g.remote.Resume) }

// Stop damps, until Reset.
func (w wishes) Stop() error { w.g.remote.Stop(); return nil }

// EStop cuts the torque of a robot that can do so, and stops every one.
func (w wishes) EStop() error {
	w.g.remote.Stop()
	if r, ok := w.g.robot.(interface{ EStop() error }); ok {
		return r.EStop()
	}
	return nil
}

// Reset ends what Stop began.
func (w wishes) Reset() error { w.g.remote.Reset(); return nil }

// ChooseClip plays another clip.
func (w wishes) ChooseClip(i int) error {
	return w.unlessStopped(func() { w.g.remote.ChooseClip(i) })
}

// SetGoal aims a policy that has goals.
func (w wishes) SetGoal(goal controller.Goal) error {
	if w.g.foreign == nil {
		return fmt.Errorf("the policy of %s follows clips and takes no goal", w.g.body.Name)
	}
	return w.unlessStopped(func() { w.g.remote.SetGoal(goal) })
}

// show tells view and broker where the pass is, and why it was stopped.
func (p *pass) show(fault string) {
	if p.silent {
		return
	}
	if t := p.rig.telemetry; t != nil {
		t.SetStatus(mqtt.Status{Clip: p.index, Frame: max(0, p.driver.Frame()-1), Frames: p.ref.Len(), Paused: p.paused, Fault: fault})
	}
	if v := p.rig.view; v != nil {
		v.SetStatus(view.Status{
			Clip: p.index, Frame: max(0, p.driver.Frame()-1), Frames: p.ref.Len(), Paused: p.paused, Fault: fault, Note: p.note(),
		})
	}
}
