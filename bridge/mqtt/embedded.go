package mqtt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"syscall"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

// Embedded is a broker inside of this program, for a demonstration without a
// server. It lets everybody on this machine do everything, and listens to no
// other. This file alone knows the library, which has no maintainer any more:
// robots get a broker of their own.
type Embedded struct {
	server *mochi.Server
	addr   string
}

// NewEmbedded listens at an address of the loopback; port 0 takes a free one.
func NewEmbedded(addr string) (*Embedded, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil || !local(host) {
		return nil, fmt.Errorf("mqtt: the embedded broker asks for no password: want an address of this machine such as 127.0.0.1:1883 in place of %q", addr)
	}
	capabilities := mochi.NewDefaultServerCapabilities()
	capabilities.MaximumPacketSize = 1 << 20
	s := mochi.New(&mochi.Options{Capabilities: capabilities, Logger: slog.New(slog.DiscardHandler)})
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("mqtt: address %s is in use: a broker that runs there already is named mqtt://%s", addr, addr)
	}
	if err != nil {
		return nil, fmt.Errorf("mqtt: %w", err)
	}
	if err := errors.Join(s.AddHook(new(everybody), nil), s.AddListener(listeners.NewNet("tcp", l))); err != nil {
		l.Close()
		return nil, fmt.Errorf("mqtt: %w", err)
	}
	return &Embedded{s, l.Addr().String()}, nil
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
func (e *Embedded) URL() string { return "mqtt://" + e.addr }

// closeTime is how long the library may take to end; it has been seen to hang.
const closeTime = 2 * time.Second

// Run serves until ctx is done.
func (e *Embedded) Run(ctx context.Context) error {
	if err := e.server.Serve(); err != nil {
		return fmt.Errorf("mqtt: %w", err)
	}
	<-ctx.Done()
	for _, c := range e.server.Clients.GetAll() {
		c.Stop(errors.New("the broker ends"))
	}
	done := make(chan error, 1)
	go func() { done <- e.server.Close() }()
	select {
	case err := <-done:
		return err
	case <-time.After(closeTime):
		return errors.New("mqtt: the embedded broker does not end")
	}
}
