package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"whisker/bridge/bus"
	"whisker/bridge/serial"
)

// Timeout is how long an agent waits for a command before it takes the torque.
const Timeout = 100 * time.Millisecond

// check is how often it looks, and the time between requests without a host.
const check = 5 * time.Millisecond

// repeat is how often torque is taken while there is no host.
const repeat = 200 * time.Millisecond

// Protocol follows what a host asks for; see feetech.Watch.
type Protocol interface {
	// Next gives the first whole request in b and how many bytes are done with;
	// none and 0 when more are needed. moves says that it gives torque or a goal.
	Next(b []byte) (request []byte, n int, moves bool)
	// Holds says that an actuator may have torque.
	Holds() bool
	// Release appends the request that takes all torque.
	Release(dst []byte) []byte
}

// Agent is the watchdog. Its fields are set before Run.
type Agent struct {
	Port     bus.Port
	Protocol Protocol
	// After is how long it waits for a command: 0 is Timeout.
	After time.Duration
	// OnRelease, if not nil, is told why the torque was taken.
	OnRelease func(why string)
	// Heir, if not nil, is the pipe to a process that runs Heir. It must take what it is
	// told at once: an agent whose heir does not ends.
	Heir io.Writer

	mu      sync.Mutex // guards what follows, Protocol, and writes to Port
	host    net.Conn
	last    time.Time // the last command
	said    time.Time // the last release
	told    bool      // the heir was told last that there may be torque
	over    bool      // nothing more is passed on
	scratch []byte
	err     error
}

// Run serves one host at a time until ctx is done or the line is gone. It takes
// the torque when it begins and before it returns, and closes listener and port. Its
// heir hears Farewell only when the bus took that: else the heir tries on.
func (a *Agent) Run(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if a.After == 0 {
		a.After = Timeout
	}
	a.mu.Lock()
	_ = a.release("the agent starts") // watch repeats it
	a.mu.Unlock()
	var all sync.WaitGroup
	for _, part := range []func(context.Context){a.answers, a.watch, func(context.Context) { a.accept(l) }} {
		all.Go(func() {
			defer cancel()
			part(ctx)
		})
	}
	<-ctx.Done()
	lerr := l.Close()
	err := a.end()
	all.Wait()
	if a.err != nil {
		return errors.Join(a.err, err)
	}
	if errors.Is(lerr, net.ErrClosed) {
		lerr = nil
	}
	return errors.Join(lerr, err)
}

// end takes the torque and closes the line before anybody else has it.
func (a *Agent) end() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.over = true
	err := a.release("the agent ends")
	if err != nil {
		err = fmt.Errorf("agent: torque may be on: %w", err)
	} else if a.Heir != nil {
		_, err = io.WriteString(a.Heir, Farewell)
	}
	if a.host != nil {
		a.host.Close()
		a.host = nil
	}
	return errors.Join(err, a.Port.Close())
}

// accept takes hosts; while there is one, others are sent away.
func (a *Agent) accept(l net.Listener) {
	var hosts sync.WaitGroup
	defer hosts.Wait()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		a.mu.Lock()
		busy := a.host != nil || a.over
		if !busy {
			a.host = c
		}
		a.mu.Unlock()
		if busy {
			fmt.Fprintf(c, greeting+busyWord+"\n")
			c.Close()
			continue
		}
		hosts.Go(func() { a.serve(c) })
	}
}

// serve passes one host's requests on.
func (a *Agent) serve(c net.Conn) {
	why := "the host is gone"
	if _, err := fmt.Fprintf(c, greeting+"%d\n", a.After.Milliseconds()); err == nil {
		b, n := make([]byte, 4096), 0
		for {
			k, err := c.Read(b[n:])
			if err != nil {
				break
			}
			if n, err = a.pass(c, b, n+k); err != nil {
				why = err.Error()
				break
			}
			if n == len(b) {
				why = "the host sends what is no request"
				break
			}
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.host == c {
		a.hangUp(why)
	}
}

// pass writes the whole requests of b[:n], which c sent, to the line and returns what is
// left. Of a host that was hung up on meanwhile nothing is passed on.
func (a *Agent) pass(c net.Conn, b []byte, n int) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.host != c {
		return 0, net.ErrClosed
	}
	at := 0
	for at < n {
		request, k, moves := a.Protocol.Next(b[at:n])
		if k == 0 {
			break
		}
		at += k
		if moves {
			a.last = time.Now()
			if err := a.tell(true); err != nil { // before there is any
				return 0, err
			}
		}
		if len(request) == 0 {
			continue
		}
		if _, err := a.Port.Write(request); err != nil {
			return 0, fmt.Errorf("agent: the bus does not take a request: %w", err)
		}
	}
	return copy(b, b[at:n]), nil
}

// watch takes the torque when commands stop.
func (a *Agent) watch(ctx context.Context) {
	t := time.NewTicker(check)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			a.mu.Lock()
			_ = a.tell(a.Protocol.Holds())
			switch {
			case a.err != nil:
				a.mu.Unlock()
				return
			case a.host != nil && a.Protocol.Holds() && now.Sub(a.last) > a.After:
				a.hangUp(fmt.Sprintf("no command for %v", a.After))
			case a.host == nil && now.Sub(a.said) > repeat:
				_ = a.release("")
			}
			a.mu.Unlock()
		}
	}
}

// tell tells the heir that the agent lives and whether there may be torque; that there
// is none, once. mu is held.
func (a *Agent) tell(torque bool) error {
	if a.Heir == nil || !torque && !a.told {
		return nil
	}
	word := idle
	if torque {
		word = alive
	}
	a.told = torque
	if _, err := io.WriteString(a.Heir, word); err != nil {
		a.err = fmt.Errorf("agent: its heir does not listen: %w", err) // watch ends the agent
	}
	return a.err
}

// hangUp takes the torque and ends the host's connection; mu is held.
func (a *Agent) hangUp(why string) {
	_ = a.release(why) // watch repeats it
	a.host.Close()
	a.host = nil
}

// release takes the torque; mu is held. A line that does not take the request
// gets it again from watch.
func (a *Agent) release(why string) error {
	a.scratch = a.Protocol.Release(a.scratch[:0])
	_, err := a.Port.Write(a.scratch)
	a.said = time.Now()
	if err == nil {
		_ = a.tell(false)
	}
	if a.OnRelease != nil && why != "" {
		if err != nil {
			why += fmt.Sprintf("; the bus did not take it: %v", err)
		}
		a.OnRelease(why)
	}
	return err
}

// answers passes what the bus says to the host, if there is one.
func (a *Agent) answers(ctx context.Context) {
	b := make([]byte, 4096)
	for ctx.Err() == nil {
		n, err := a.Port.Read(b)
		if err != nil && !errors.Is(err, serial.ErrTimeout) {
			a.mu.Lock()
			defer a.mu.Unlock()
			if ctx.Err() == nil {
				a.err = fmt.Errorf("agent: bus: %w", err)
			}
			if a.host != nil {
				a.hangUp("the bus is gone")
			}
			return
		}
		a.mu.Lock()
		c := a.host
		a.mu.Unlock()
		if n > 0 && c != nil {
			c.SetWriteDeadline(time.Now().Add(Timeout))
			if _, err := c.Write(b[:n]); err != nil && !errors.Is(err, io.ErrClosedPipe) {
				c.Close() // its reader sees that, and hangs up
			}
		}
	}
}
