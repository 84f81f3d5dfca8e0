package mqtt

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/rs/zerolog"
)

// How long the network may take.
const (
	dialTime  = 3 * time.Second        // to reach the broker and be let in
	writeTime = 500 * time.Millisecond // for a packet to leave; then the connection is given up
	tokenTime = 2 * time.Second        // for the broker to acknowledge
	keepAlive = 5 * time.Second        // of silence; then a ping, which has as long
	retryMin  = 100 * time.Millisecond // between attempts to connect
	retryMax  = 2 * time.Second
)

var errAway = errors.New("mqtt: the broker is away")

// link is the way to the broker, made again whenever it breaks. Each connection
// is a client of its own: one that the library mends itself would send again
// what waited in it, whatever its age.
type link struct {
	broker *Broker
	robot  string
	will   *letter // what the broker says for us when we are gone
	subs   []subscription
	up     func(context.Context) // is called on each new connection, from Run's goroutine
	log    zerolog.Logger

	client atomic.Pointer[paho.Client]
	outage map[string]bool // what was logged since the last connection that worked
}

// subscription is a topic that is listened to. take is called from the library's
// goroutine: it stores and returns.
type subscription struct {
	topic string
	qos   byte
	take  func(payload []byte, retained bool, topic string)
}

// letter is a message to be sent.
type letter struct {
	topic    string
	payload  []byte
	qos      byte
	retained bool
	until    time.Time // it is not sent later
}

// Run keeps a connection until ctx is done.
func (l *link) Run(ctx context.Context) error {
	wait := retryMin
	l.outage = map[string]bool{}
	for ctx.Err() == nil {
		began := time.Now()
		err := l.session(ctx)
		if ctx.Err() != nil {
			break
		}
		if text := l.trouble(err); !l.outage[text] {
			l.outage[text] = true
			l.log.Warn().Msg(text)
		}
		if time.Since(began) > dialTime {
			wait = retryMin
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, retryMax)
	}
	return nil
}

// session is one connection, from its making to its end.
func (l *link) session(ctx context.Context) error {
	lost := make(chan error, 1)
	o, err := l.options(ctx, lost)
	if err != nil {
		return err
	}
	c := paho.NewClient(o)
	defer c.Disconnect(0)
	if t := c.Connect(); !t.WaitTimeout(dialTime + time.Second) {
		return errors.New("no answer to connect")
	} else if t.Error() != nil {
		return t.Error()
	}
	if err := l.subscribe(c); err != nil {
		return err
	}
	l.client.Store(&c)
	defer l.client.Store(nil)
	l.log.Info().Msgf("mqtt: connected with %s as robot %s", l.broker.URL, l.robot)
	clear(l.outage)
	if l.up != nil {
		l.up(ctx)
	}
	select {
	case err := <-lost:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// options are made anew for each connection, from the files as they are.
func (l *link) options(ctx context.Context, lost chan<- error) (*paho.ClientOptions, error) {
	u, err := l.broker.url()
	if err != nil {
		return nil, err
	}
	secure, err := l.broker.tls(u)
	if err != nil {
		return nil, err
	}
	password, err := l.broker.password()
	if err != nil {
		return nil, err
	}
	o := paho.NewClientOptions().SetClientID("whisker-" + l.robot + "-" + rand.Text()[:8]).
		SetProtocolVersion(4).SetAutoReconnect(false).SetConnectTimeout(dialTime).SetWriteTimeout(writeTime).
		SetKeepAlive(keepAlive).SetPingTimeout(keepAlive).
		SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) { return dial(ctx, u.Host, secure) }).
		SetConnectionLostHandler(func(_ paho.Client, err error) { lost <- err })
	o.Servers = []*url.URL{u}
	if l.broker.User != "" {
		o.SetUsername(l.broker.User).SetPassword(password)
	}
	if l.will != nil {
		o.SetBinaryWill(l.will.topic, l.will.payload, 1, true)
	}
	return o, nil
}

// conn reads ahead: the library asks for the first byte, the length and the rest
// of a packet one by one. And it has its own time limit for writing: the library's is set
// and taken back for each packet, which wakes another thread each time. Two
// goroutines of the library write: one packets, one pings.
type conn struct {
	net.Conn
	ahead *bufio.Reader

	mu    sync.Mutex
	until time.Time // when the limit set last is over
}

func (c *conn) Read(b []byte) (int, error) { return c.ahead.Read(b) }

// Write has writeTime at least, and twice that at most.
func (c *conn) Write(b []byte) (int, error) {
	if err := c.renew(time.Now()); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

func (c *conn) renew(now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.until.Sub(now) >= writeTime {
		return nil
	}
	c.until = now.Add(2 * writeTime)
	return c.Conn.SetWriteDeadline(c.until)
}

func (c *conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

func (c *conn) SetWriteDeadline(time.Time) error { return nil }

// dial opens a line that ends with ctx.
func dial(ctx context.Context, host string, secure *tls.Config) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTime}
	c, err := d.DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	if secure != nil {
		t := tls.Client(c, secure)
		shake, cancel := context.WithTimeout(ctx, dialTime)
		defer cancel()
		if err := t.HandshakeContext(shake); err != nil {
			c.Close()
			return nil, err
		}
		c = t
	}
	return &conn{Conn: c, ahead: bufio.NewReaderSize(c, 16<<10)}, nil
}

// refused is the code in a SUBACK that says no.
const refused = 0x80

func (l *link) subscribe(c paho.Client) error {
	for _, s := range l.subs {
		t := c.Subscribe(s.topic, s.qos, func(_ paho.Client, m paho.Message) { s.take(m.Payload(), m.Retained(), m.Topic()) })
		if !t.WaitTimeout(tokenTime) {
			return fmt.Errorf("no answer to subscribe %s", s.topic)
		}
		if code := t.(*paho.SubscribeToken).Result()[s.topic]; code == refused {
			return fmt.Errorf("the broker's access list does not let %s read %s", l.who(), s.topic)
		}
		if t.Error() != nil {
			return t.Error()
		}
	}
	return nil
}

func (l *link) who() string {
	switch {
	case l.broker.User != "":
		return "user " + l.broker.User
	case l.broker.Cert != "":
		return "the bearer of " + l.broker.Cert
	}
	return "anonymous clients"
}

// trouble puts the end of a connection into one line.
func (l *link) trouble(err error) string {
	text := err.Error()
	if after, ok := strings.CutPrefix(text, "network Error : "); ok {
		text = after
	}
	hint := ""
	var late net.Error
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		text = "it hung up: it ends, has no room for another client, or is no MQTT broker"
	case errors.As(err, &late) && late.Timeout():
		text = "it does not answer"
	case strings.Contains(text, "bad user name or password"), strings.Contains(text, "not Authorized"):
		hint = fmt.Sprintf(": want a user and a password that it knows (%s came)", l.who())
	case strings.Contains(text, "remote error: tls"), strings.Contains(text, "x509:"):
		hint = fmt.Sprintf(" (ca_file %q, cert_file %q)", l.broker.CA, l.broker.Cert)
	}
	return fmt.Sprintf("mqtt: broker %s: %s%s; trying again", l.broker.URL, strings.TrimPrefix(text, "mqtt: "), hint)
}

// post sends a letter. With QoS 0 it returns when the library took it, with QoS 1
// when the broker did.
func (l *link) post(m letter) error {
	c := l.client.Load()
	if c == nil {
		return errAway
	}
	t := (*c).Publish(m.topic, m.qos, m.retained, m.payload)
	if m.qos > 0 && !t.WaitTimeout(tokenTime) {
		return errors.New("mqtt: the broker does not acknowledge")
	}
	select {
	case <-t.Done():
		return t.Error()
	default:
		return nil
	}
}
