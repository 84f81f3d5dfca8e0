package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// supervisor tells systemd that this program works: sd_notify(3), without which
// WatchdogSec kills it and starts it anew.
type supervisor struct {
	conn  *net.UnixConn // nil where nobody asked
	every time.Duration
	last  atomic.Int64 // ns of the monotonic clock since begin
	begin time.Time
}

// newSupervisor finds in the environment whom to tell, and how often.
func newSupervisor() (*supervisor, error) {
	s := &supervisor{begin: time.Now(), every: time.Second}
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return s, nil
	}
	if us, err := strconv.Atoi(os.Getenv("WATCHDOG_USEC")); err == nil && us > 0 {
		s.every = time.Duration(us) * time.Microsecond / 4
	}
	if path[0] == '@' { // an abstract socket
		path = "\x00" + path[1:]
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, fmt.Errorf("whisker: NOTIFY_SOCKET: %w", err)
	}
	s.conn = c
	s.last.Store(-int64(s.every))
	return s, nil
}

// alive is called by who does the work, as often as it likes. A full socket does
// not hold it up: what it does not take is told at the next call.
func (s *supervisor) alive() {
	now := time.Since(s.begin)
	last := time.Duration(s.last.Load())
	if s.conn == nil || now-last < s.every {
		return
	}
	text := "WATCHDOG=1"
	if last < 0 {
		text = "READY=1\n" + text
	}
	if s.offer(text) {
		s.last.Store(int64(now))
	}
}

// offer sends what the socket takes at once, and says whether it did.
func (s *supervisor) offer(text string) bool {
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return false
	}
	var n int
	err = raw.Write(func(fd uintptr) bool {
		n, _ = unix.Write(int(fd), []byte(text))
		return true // one try
	})
	return err == nil && n == len(text)
}

// close says goodbye.
func (s *supervisor) close() {
	if s.conn != nil {
		_, _ = s.conn.Write([]byte("STOPPING=1"))
		s.conn.Close()
	}
}
