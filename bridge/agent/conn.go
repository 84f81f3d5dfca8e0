package agent

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"whisker/bridge/serial"
)

// The agent's first line: its version, and its timeout in ms or that it is taken.
const (
	greeting = "whisker-agent 1 "
	busyWord = "busy"
)

// Conn is a host's line to an agent, a bus.Watched.
type Conn struct {
	c     net.Conn
	watch time.Duration
}

// patience is for an agent on a busy machine to take a host; wait is how long a Read
// waits, and late how long a Write may take.
const (
	patience = 5 * time.Second
	wait     = 5 * time.Millisecond
	late     = 50 * time.Millisecond
)

// Dial connects to the agent at a Unix socket.
func Dial(path string) (*Conn, error) {
	c, err := net.DialTimeout("unix", path, patience)
	if err != nil {
		return nil, fmt.Errorf("agent: %w: want `whisker agent bus` to listen there", err)
	}
	// The agent sends nothing of its own after the greeting, so that no byte of an
	// answer is buffered here.
	c.SetReadDeadline(time.Now().Add(patience))
	text, err := bufio.NewReaderSize(c, 64).ReadString('\n')
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), greeting)
	ms, perr := strconv.Atoi(rest)
	switch {
	case err == nil && ok && rest == busyWord:
		err = fmt.Errorf("agent: another host has the bus at %s", path)
	case err != nil || !ok || perr != nil || ms <= 0:
		err = fmt.Errorf("agent: %s greets with %q: want %q and a time", path, text, greeting)
	default:
		return &Conn{c, time.Duration(ms) * time.Millisecond}, nil
	}
	c.Close()
	return nil, err
}

// Watchdog is after how long without a command the agent takes the torque.
func (c *Conn) Watchdog() time.Duration { return c.watch }

// Read waits a few milliseconds; its errors are those of serial.Port.
func (c *Conn) Read(b []byte) (int, error) {
	if err := c.c.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return 0, c.gone(err)
	}
	n, err := c.c.Read(b)
	return n, c.gone(err)
}

// Write sends b, whole.
func (c *Conn) Write(b []byte) (int, error) {
	if err := c.c.SetWriteDeadline(time.Now().Add(late)); err != nil {
		return 0, c.gone(err)
	}
	n, err := c.c.Write(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return n, serial.ErrStuck
	}
	return n, c.gone(err)
}

func (c *Conn) gone(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return serial.ErrTimeout
	case errors.Is(err, net.ErrClosed):
		return serial.ErrClosed
	}
	return fmt.Errorf("agent: the agent hung up, it took the torque: %w", serial.ErrUnplugged)
}

// Close hangs up; the agent takes what torque is left.
func (c *Conn) Close() error { return c.c.Close() }
