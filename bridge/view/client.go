package view

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// client is one browser. The sender leaves the newest packet in it and goes on.
type client struct {
	conn *websocket.Conn
	wake chan struct{} // something is pending
	done chan struct{} // closed: send what is pending, then leave

	mu     sync.Mutex // guards what follows
	packet []byte     // the newest, not yet taken by the writer; empty for none
	texts  [][]byte
}

// maxTexts bounds what a client that does not read can pile up.
const maxTexts = 32

func newClient(conn *websocket.Conn) *client {
	return &client{conn: conn, wake: make(chan struct{}, 1), done: make(chan struct{})}
}

// offer replaces the pending packet and appends a text; nil leaves either.
func (c *client) offer(packet, text []byte) {
	c.mu.Lock()
	if packet != nil {
		c.packet = append(c.packet[:0], packet...)
	}
	if text != nil && len(c.texts) < maxTexts {
		c.texts = append(c.texts, text)
	}
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// take returns what is pending; spare becomes the buffer for the next packet.
func (c *client) take(spare []byte) (packet []byte, texts [][]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	packet, c.packet = c.packet, spare[:0]
	texts, c.texts = c.texts, nil
	return packet, texts
}

func (c *client) finish() { close(c.done) }

// stream serves one WebSocket: a writer, a reader and a heartbeat, of which the
// first to fail ends the others.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil) // refuses another site's Origin
	if err != nil {
		s.options.Log.Warn().Err(err).Str("from", r.RemoteAddr).Msg("view: refused")
		return
	}
	defer conn.CloseNow()
	c := newClient(conn)
	if err := s.join(c); err != nil {
		conn.Close(websocket.StatusTryAgainLater, err.Error())
		return
	}
	defer s.leave(c)
	s.options.Log.Info().Str("from", r.RemoteAddr).Msg("view: connected")
	err = s.serve(c)
	s.options.Log.Info().Str("from", r.RemoteAddr).AnErr("why", err).Msg("view: disconnected")
}

// serve returns why the client left; nil when the run ended.
func (s *Server) serve(c *client) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	var group sync.WaitGroup
	group.Go(func() { cancel(s.read(ctx, c)) })
	group.Go(func() { cancel(s.heartbeat(ctx, c)) })
	group.Go(func() { cancel(c.expire(ctx, s.beat/5)) })
	group.Go(func() { cancel(s.write(ctx, c)); c.conn.CloseNow() })
	group.Wait()
	if err := context.Cause(ctx); !errors.Is(err, errEnded) {
		return err
	}
	return nil
}

var errEnded = errors.New("view: the run ended")

// join lets a client in and tells it where things stand.
func (s *Server) join(c *client) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || len(s.clients) >= maxClients {
		return fmt.Errorf("view: %d pages are open, or the run has ended", len(s.clients))
	}
	s.clients[c] = true
	s.serving.Add(1)
	hello := fmt.Appendf(nil, `{"type":"hello","run":%q}`, s.run)
	c.offer(s.packet, hello)
	c.offer(nil, s.text)
	select {
	case s.joined <- struct{}{}:
	default:
	}
	return nil
}

func (s *Server) leave(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clients, c)
	s.serving.Done()
}

// write sends what is pending. A write that takes longer than two beats means a
// browser that does not read: coder/websocket then closes the connection.
func (s *Server) write(ctx context.Context, c *client) error {
	var spare []byte
	for last := false; ; {
		packet, texts := c.take(spare)
		for _, t := range texts {
			if err := c.put(ctx, websocket.MessageText, t, 2*s.beat); err != nil {
				return err
			}
		}
		if len(packet) > 0 {
			if err := c.put(ctx, websocket.MessageBinary, packet, 2*s.beat); err != nil {
				return err
			}
		}
		if last {
			return errEnded
		}
		spare = packet
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.done:
			last = true
		case <-c.wake:
		}
	}
}

func (c *client) put(ctx context.Context, kind websocket.MessageType, b []byte, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return c.conn.Write(ctx, kind, b)
}

// heartbeat notices a browser that is gone without a word.
func (s *Server) heartbeat(ctx context.Context, c *client) error {
	tick := time.NewTicker(2 * s.beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			wait, cancel := context.WithTimeout(ctx, 2*s.beat)
			err := c.conn.Ping(wait)
			cancel()
			if err != nil {
				return fmt.Errorf("view: no answer to a ping: %w", err)
			}
		}
	}
}

// expire gives a client a while to take what is pending when the run ends.
func (c *client) expire(ctx context.Context, while time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.done:
	}
	select {
	case <-ctx.Done():
	case <-time.After(while):
	}
	return errEnded
}

// read takes the onlooker's wishes until the connection ends.
func (s *Server) read(ctx context.Context, c *client) error {
	c.conn.SetReadLimit(1024)
	for {
		_, msg, err := c.conn.Read(ctx)
		if err != nil {
			return err
		}
		ack, err := s.obey(msg)
		if err != nil {
			c.conn.Close(websocket.StatusPolicyViolation, "view: not a wish that this server knows")
			return err
		}
		c.offer(nil, ack)
	}
}

// obey passes one wish on and returns the answer to it.
func (s *Server) obey(msg []byte) ([]byte, error) {
	var wish struct {
		Do   string `json:"do"`
		Clip int    `json:"clip"`
	}
	d := json.NewDecoder(bytes.NewReader(msg))
	d.DisallowUnknownFields()
	if err := d.Decode(&wish); err != nil {
		return nil, fmt.Errorf("view: a wish that is no JSON object of do and clip: %w", err)
	}
	to := s.options.Commands
	if to == nil {
		return nil, errors.New("view: this run cannot be commanded")
	}
	switch wish.Do {
	case "stop":
		to.Stop()
	case "pause":
		to.Pause()
	case "resume":
		to.Resume()
	case "restart":
		to.Restart()
	case "reset":
		to.Reset()
	case "clip":
		if wish.Clip < 0 || wish.Clip >= len(s.options.Clips) {
			return nil, fmt.Errorf("view: clip %d: want 0 to %d", wish.Clip, len(s.options.Clips)-1)
		}
		to.ChooseClip(wish.Clip)
	default:
		return nil, fmt.Errorf("view: unknown wish %q", wish.Do)
	}
	return fmt.Appendf(nil, `{"type":"ack","do":%q}`, wish.Do), nil
}
