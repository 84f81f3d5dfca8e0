package mqtt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// Embedded is a broker inside of this program, for a demonstration without a
// server. It lets everybody on this machine do everything, and listens to no
// other. This file alone knows the library, which has no maintainer any more:
// robots get a broker of their own.
type Embedded struct {
	server *mochi.Server
	line   net.Listener
}

// NewEmbedded listens at an address of the loopback; port 0 takes a free one.
func NewEmbedded(addr string) (*Embedded, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil || !local(host) {
		return nil, fmt.Errorf("mqtt: the embedded broker asks for no password: want an address of this machine such as 127.0.0.1:1883 in place of %q", addr)
	}
	capabilities := mochi.NewDefaultServerCapabilities()
	capabilities.MaximumPacketSize = 1 << 20
	s := mochi.New(&mochi.Options{Capabilities: capabilities, Logger: slog.New(slog.DiscardHandler), SysTopicResendInterval: 1 << 30})
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("mqtt: address %s is in use: a broker that runs there already is named mqtt://%s", addr, addr)
	}
	if err != nil {
		return nil, fmt.Errorf("mqtt: %w", err)
	}
	if err := s.AddHook(new(everybody), nil); err != nil {
		l.Close()
		return nil, fmt.Errorf("mqtt: %w", err)
	}
	return &Embedded{s, l}, nil
}

// turn is a client's line. What it reads is worked on before another client's is:
// the library's retained messages are written and read without a lock.
type turn struct {
	net.Conn
	gate *sync.Mutex
	held bool // of the one goroutine that reads
}

func (t *turn) leave() {
	if t.held {
		t.held = false
		t.gate.Unlock()
	}
}

// Read ends the client's turn, and begins the next one with what comes.
func (t *turn) Read(b []byte) (int, error) {
	t.leave()
	n, err := t.Conn.Read(b)
	t.gate.Lock()
	t.held = true
	return n, err
}

// Write gives up a client that does not take what it is sent: others wait.
func (t *turn) Write(b []byte) (int, error) {
	if err := t.Conn.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return 0, err
	}
	return t.Conn.Write(b)
}

// everybody lets everybody do everything.
type everybody struct{ mochi.HookBase }

// Provides says what the hook is asked for.
func (*everybody) Provides(b byte) bool {
	return b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck
}

// OnConnectAuthenticate lets a client in.
func (*everybody) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }

// OnACLCheck lets it read or write a topic.
func (*everybody) OnACLCheck(*mochi.Client, string, bool) bool { return true }

// URL is where the broker is.
func (e *Embedded) URL() string { return "mqtt://" + e.line.Addr().String() }

// closeTime is how long the library may take to end; it has been seen to hang.
const closeTime = 2 * time.Second

// Run serves until ctx is done. It takes connections itself: the library's own
// listeners race with its Close.
func (e *Embedded) Run(ctx context.Context) error {
	if err := e.server.Serve(); err != nil {
		return fmt.Errorf("mqtt: %w", err)
	}
	var clients, accepting sync.WaitGroup
	var gate sync.Mutex
	accepting.Go(func() {
		for {
			c, err := e.line.Accept()
			if err != nil {
				return
			}
			clients.Go(func() {
				t := &turn{Conn: c, gate: &gate}
				_ = e.server.EstablishConnection("tcp", t) // how a client ends is its own affair
				t.leave()
			})
		}
	})
	<-ctx.Done()
	err := e.line.Close()
	accepting.Wait()
	done := make(chan struct{})
	go func() { clients.Wait(); close(done) }()
	for end := time.After(closeTime); ; {
		for _, c := range e.server.Clients.GetAll() { // also one that was just let in
			c.Stop(errors.New("the broker ends"))
		}
		select {
		case <-done:
			return errors.Join(err, e.server.Close())
		case <-end:
			return errors.New("mqtt: the embedded broker does not end")
		case <-time.After(10 * time.Millisecond):
		}
	}
}
