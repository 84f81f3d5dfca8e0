package agent_test

import (
	"bytes"
	"context"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"whisker/bridge/agent"
	"whisker/bridge/feetech"
	"whisker/bridge/serial"
)

// bottleneck is a line whose writes can be held up, or stuck.
type bottleneck struct {
	mu     sync.Mutex
	wrote  [][]byte
	hold   chan struct{} // the next write waits for it, if it is there
	waits  chan struct{} // the next write does
	stuck  bool
	closed bool
}

func (p *bottleneck) Write(b []byte) (int, error) {
	p.mu.Lock()
	hold := p.hold
	p.hold = nil
	p.mu.Unlock()
	if hold != nil {
		p.waits <- struct{}{}
		<-hold
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return 0, serial.ErrClosed
	case p.stuck:
		return 0, serial.ErrStuck
	}
	p.wrote = append(p.wrote, bytes.Clone(b))
	return len(b), nil
}

func (p *bottleneck) Read([]byte) (int, error) {
	time.Sleep(time.Millisecond)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, serial.ErrClosed
	}
	return 0, serial.ErrTimeout
}

func (p *bottleneck) Close() error {
	time.Sleep(20 * time.Millisecond) // what slips in behind the last release has time to
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	return nil
}

func (p *bottleneck) do(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// begin runs an agent of a line, and gives how it is ended and with what.
func begin(t *testing.T, p *bottleneck, after time.Duration, heir *ear) (path string, end func() error) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- (&agent.Agent{Port: p, Protocol: &feetech.Watch{}, After: after, Heir: heir}).Run(ctx, l)
	}()
	return path, func() error { cancel(); return <-done }
}

// What a host sends while its torque is being taken comes too late: nothing follows the
// request that takes the torque, neither when commands stop nor when the agent ends.
func TestNothingFollowsARelease(t *testing.T) {
	goal := feetech.AppendRequest(nil, feetech.Write, feetech.Range{ID: 3, Addr: 40, Data: []byte{1, 0, 0x34, 0x12}})
	for name, after := range map[string]time.Duration{"commands stop": 50 * time.Millisecond, "the agent ends": time.Hour} {
		t.Run(name, func(t *testing.T) {
			p := &bottleneck{waits: make(chan struct{})}
			path, end := begin(t, p, after, &ear{})
			c, err := agent.Dial(path)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := c.Write(goal); err != nil {
				t.Fatal(err)
			}
			for came := false; !came; time.Sleep(time.Millisecond) {
				p.do(func() { came = len(p.wrote) > 0 && bytes.Equal(p.wrote[len(p.wrote)-1], goal) })
			}
			hold := make(chan struct{})
			p.do(func() { p.hold = hold })
			ended := make(chan error, 1)
			if after == time.Hour {
				go func() { ended <- end() }()
			}
			<-p.waits // the torque is being taken
			if _, err := c.Write(goal); err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond) // the agent has it
			close(hold)
			if after == time.Hour {
				if err := <-ended; err != nil {
					t.Error(err)
				}
			} else if _, err := c.Write(goal); err == nil { // until the agent has hung up
				for err == nil {
					time.Sleep(time.Millisecond)
					_, err = c.Write(goal)
				}
			}
			p.do(func() {
				for i, b := range p.wrote[2:] { // after the release of the start and the first goal
					if !bytes.Equal(b, feetech.AppendRelease(nil)) {
						t.Errorf("request %d on the line is % x: want the torque taken, and nothing else", i+2, b)
					}
				}
			})
			if after != time.Hour {
				if err := end(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// An agent whose line does not take the last request says so, and leaves it to its heir.
func TestAgentThatCannotTakeTheTorque(t *testing.T) {
	for _, stuck := range []bool{false, true} {
		p, e := &bottleneck{}, &ear{}
		_, end := begin(t, p, time.Hour, e)
		for began := false; !began; time.Sleep(time.Millisecond) {
			p.do(func() { began = len(p.wrote) > 0 })
		}
		p.do(func() { p.stuck = stuck })
		err := end()
		if told := strings.Contains(e.text(), agent.Farewell); told == stuck {
			t.Errorf("stuck %v: that the heir hears farewell is %v", stuck, told)
		}
		if stuck != (err != nil) || stuck && !strings.Contains(err.Error(), "torque may be on") {
			t.Errorf("stuck %v: %v", stuck, err)
		}
	}
}
