package keyboard

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// switched is a Key on a pty, with a clock that the test sets.
type switched struct {
	*Key
	t      *testing.T
	master *os.File
	slave  *os.File
	now    atomic.Int64 // ns
	end    context.CancelFunc
	done   chan error
}

func newSwitch(t *testing.T) *switched {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	s := &switched{t: t, master: master, slave: slave, done: make(chan error, 1)}
	if s.Key, err = Open(slave); err != nil {
		t.Fatal(err)
	}
	s.now.Store(1)
	s.clock = func() time.Duration { return time.Duration(s.now.Load()) }
	ctx, cancel := context.WithCancel(context.Background())
	s.end = cancel
	over := make(chan struct{})
	go func() { defer close(over); s.done <- s.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-over; master.Close(); slave.Close() })
	return s
}

// keys types, and waits until Held is as wanted, which it has to be within seconds.
func (s *switched) keys(text string, held bool) {
	s.t.Helper()
	if _, err := s.master.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
	s.eventually(held)
}

func (s *switched) eventually(held bool) {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); s.Held() != held; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("held is %v, want %v", !held, held)
		}
	}
}

func (s *switched) pass(d time.Duration) { s.now.Add(int64(d)) }

func TestHeldWhileTheKeyRepeats(t *testing.T) {
	s := newSwitch(t)
	if s.Held() {
		t.Error("held before any key")
	}
	s.keys(" ", true)
	if s.pass(first - 1); !s.Held() {
		t.Error("released in the pause before the first repetition")
	}
	before := s.until.Load()
	for range 20 {
		if _, err := s.master.WriteString(" "); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(20 * time.Second); s.until.Load() == before && time.Now().Before(end); time.Sleep(time.Millisecond) {
		}
		before = s.until.Load()
		if s.pass(next - 1); !s.Held() {
			t.Fatal("released between two repetitions")
		}
	}
	if s.pass(1); s.Held() {
		t.Errorf("still held %v after the last repetition", next)
	}
}

// A tap does not count as holding for longer than the pause before repetitions.
func TestTapIsReleasedByTime(t *testing.T) {
	s := newSwitch(t)
	s.keys(" ", true)
	if s.pass(first); s.Held() {
		t.Errorf("held %v after a tap", first)
	}
}

func TestAnotherKeyReleases(t *testing.T) {
	s := newSwitch(t)
	s.keys(" ", true)
	s.keys("x", false)
	if b := <-s.Typed(); b != 'x' {
		t.Errorf("typed %q, want x", b)
	}
	s.keys(" ", true)
	s.keys("\r", false)
}

func TestTerminalThatEndsReleases(t *testing.T) {
	s := newSwitch(t)
	s.keys(" ", true)
	s.master.Close()
	if err := <-s.done; err != nil || s.Held() {
		t.Errorf("Run: %v, held %v", err, s.Held())
	}
}

func TestEndReleasesAndGivesTheTerminalBack(t *testing.T) {
	s := newSwitch(t)
	if e := echoes(t, s.slave); e {
		t.Error("the terminal shows what is typed")
	}
	s.keys(" ", true)
	s.end()
	if err := <-s.done; err != nil || s.Held() {
		t.Errorf("Run: %v, held %v", err, s.Held())
	}
	if err := s.Close(); err != nil || !echoes(t, s.slave) {
		t.Errorf("Close: %v, echo %v", err, echoes(t, s.slave))
	}
}

// echoes tells whether a terminal shows what is typed, and still has Ctrl-C.
func echoes(t *testing.T, f *os.File) bool {
	t.Helper()
	m, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	if m.Lflag&unix.ISIG == 0 {
		t.Error("Ctrl-C is no signal")
	}
	return m.Lflag&unix.ECHO != 0
}

func TestOnlyATerminalWillDo(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := Open(f); err == nil || !strings.Contains(err.Error(), "is no terminal") {
		t.Errorf("a file: %v", err)
	}
}

func TestHeldAllocatesNothing(t *testing.T) {
	s := newSwitch(t)
	if n := testing.AllocsPerRun(100, func() { s.Held() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
