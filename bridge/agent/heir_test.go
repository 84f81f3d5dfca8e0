package agent_test

import (
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"whisker/bridge/agent"
	"whisker/bridge/bus"
	"whisker/bridge/feetech"
	"whisker/bridge/serial"
	"whisker/bridge/simulated"
)

// bequest is an heir at the end of a pipe, and a bus whose servos have torque.
type bequest struct {
	life  *os.File // the agent's end
	sim   *simulated.Feetechs
	line  *simulated.Line
	kills chan bool
	did   chan string
	err   chan error
}

func newBequest(t *testing.T) *bequest {
	t.Helper()
	b := &bequest{sim: simulated.NewFeetechs(3), kills: make(chan bool, 9), did: make(chan string, 1), err: make(chan error, 1)}
	for _, s := range b.sim.Servos {
		s.Table[40] = 1
	}
	var err error
	if b.line, err = simulated.Open(b.sim, 1000000); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.line.Close)
	end, life, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	b.life = life
	t.Cleanup(func() { life.Close(); end.Close() })
	open := func() (bus.Port, error) { return serial.Open(b.line.Path, serial.Options{Baud: 1000000}) }
	go func() {
		did, err := agent.Heir(end, func() error { b.kills <- true; return nil }, open, &feetech.Watch{})
		b.did <- did
		b.err <- err
	}()
	return b
}

func (b *bequest) torques() (n int) {
	b.line.Do(func() {
		for _, s := range b.sim.Servos {
			if s.Torque() {
				n++
			}
		}
	})
	return n
}

// say is the agent.
func (b *bequest) say(t *testing.T, text string) {
	t.Helper()
	if _, err := b.life.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// ends waits for the heir: what it says it did, how often it ended the agent, and how
// many servos have torque.
func (b *bequest) ends(t *testing.T, did string, kills, torques int) {
	t.Helper()
	select {
	case got := <-b.did:
		if err := <-b.err; err != nil || (did == "") != (got == "") || !strings.Contains(got, did) {
			t.Errorf("the heir says %q, %v: want %q", got, err, did)
		}
	case <-time.After(time.Minute):
		t.Fatal("the heir waits a minute")
	}
	if len(b.kills) != kills || b.torques() != torques {
		t.Errorf("the agent was ended %d times, %d servos have torque: want %d and %d", len(b.kills), b.torques(), kills, torques)
	}
}

func TestHeirOfAnAgentThatHangs(t *testing.T) {
	b := newBequest(t)
	b.say(t, "++") // and then never again
	b.ends(t, "said nothing for 80ms with torque on", 1, 0)
}

func TestHeirOfAKilledAgent(t *testing.T) {
	b := newBequest(t)
	b.say(t, "+")
	b.life.Close()
	b.ends(t, "was killed", 0, 0)
}

// Without torque an agent may be silent for as long as it likes, and one that has said
// Farewell leaves nothing to do.
func TestHeirWaitsWhileThereIsNoTorque(t *testing.T) {
	b := newBequest(t)
	b.say(t, "+-")
	select {
	case did := <-b.did:
		t.Fatalf("the heir of an agent that took the torque says %q", did)
	case <-time.After(3 * agent.Silence):
	}
	b.say(t, agent.Farewell)
	b.life.Close()
	b.ends(t, "", 0, 3)
}

// Who writes something else to the pipe is no agent.
func TestHeirRefusesAnotherPipe(t *testing.T) {
	b := newBequest(t)
	b.say(t, strings.Repeat("moo ", 20))
	<-b.did
	if err := <-b.err; err == nil || !strings.Contains(err.Error(), "moo moo") {
		t.Errorf("%v: want what it said", err)
	}
}

// ear is the pipe to an heir.
type ear struct {
	mu    sync.Mutex
	heard strings.Builder
	deaf  error
}

func (e *ear) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard.Write(b)
	return len(b), e.deaf
}

func (e *ear) text() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.heard.String()
}

// An heir hears of torque before the bus does, again while there is some, and once when
// there is none any more; one that hears nothing ends the agent, and nothing moves.
func TestAgentTellsItsHeir(t *testing.T) {
	on := feetech.AppendRequest(nil, feetech.Write, feetech.Range{ID: 3, Addr: 40, Data: []byte{1, 0, 0x34, 0x12}}) // and a goal
	e := &ear{}
	g := newRigHeir(t, time.Second, e)
	c, err := agent.Dial(g.path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if e.text() != "" {
		t.Errorf("without torque the heir hears %q", e.text())
	}
	if _, err := c.Write(on); err != nil {
		t.Fatal(err)
	}
	g.tells(t, "no command for 1s")
	g.released(t)
	if text := e.text(); !strings.HasPrefix(text, "++") || strings.Trim(text, "+") != "-" || !strings.HasSuffix(text, "-") {
		t.Errorf("the heir hears %q: want + again and again, then - once", text)
	}

	g = newRigHeir(t, time.Second, &ear{deaf: syscall.EPIPE})
	if c, err = agent.Dial(g.path); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write(on); err != nil {
		t.Fatal(err)
	}
	err = <-g.done
	g.done <- err
	if err == nil || !strings.Contains(err.Error(), "its heir does not listen") {
		t.Errorf("without an heir the agent ends with %v", err)
	}
	g.line.Do(func() {
		if goal := g.sim.Servos[2].Table[42:44]; goal[0] == 0x34 && goal[1] == 0x12 {
			t.Error("a goal that no heir heard of came to the servo")
		}
	})
}
