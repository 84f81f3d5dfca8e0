// Package keyboard is a dead man's switch: the space bar of a terminal.
//
//	terminal ──► Run ──► time of the newest key ──► Held ──► controller.Loop.Held
//
// A terminal tells that a key was pressed, not that it was released. While a key
// is held it repeats; Held says whether the newest repetition is young enough. The
// first press counts for longer, for repetitions begin after a pause. Any other
// key is a release. Ctrl-C and the rest of the terminal's signals go on working.
// A terminal that ends, or a reader that is stuck, reads as released.
package keyboard

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A held key begins to repeat within 660 ms (X11's delay; consoles and Wayland
// have 250 to 600), and then every 40 ms or less; terminals over a network add
// their jitter.
const (
	first = 700 * time.Millisecond
	next  = 200 * time.Millisecond
)

// Key is the space bar. Open makes it, Run reads it, Close gives the terminal back.
type Key struct {
	tty    *os.File
	before unix.Termios
	ended  *os.File     // a pipe that ends Run's wait
	end    *os.File     // its other end
	until  atomic.Int64 // monotonic ns up to which the key counts as held; 0 is released
	clock  func() time.Duration
	typed  chan byte
}

// Open takes over a terminal: keys come one by one, and are not shown.
func Open(tty *os.File) (*Key, error) {
	t, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		return nil, fmt.Errorf("keyboard: %s is no terminal: expected one in which somebody holds the space bar while the robot moves", tty.Name())
	}
	begin := time.Now()
	k := &Key{tty: tty, before: *t, typed: make(chan byte, 16), clock: func() time.Duration { return 1 + time.Since(begin) }}
	if k.ended, k.end, err = os.Pipe(); err != nil {
		return nil, fmt.Errorf("keyboard: %w", err)
	}
	t.Lflag &^= unix.ICANON | unix.ECHO
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETSF, t); err != nil { // what was typed before does not count
		return nil, errors.Join(fmt.Errorf("keyboard: %s: %w", tty.Name(), err), k.closePipe())
	}
	return k, nil
}

// Close gives the terminal back as it was. Run has to be over.
func (k *Key) Close() error {
	k.until.Store(0)
	return errors.Join(unix.IoctlSetTermios(int(k.tty.Fd()), unix.TCSETSF, &k.before), k.closePipe())
}

func (k *Key) closePipe() error { return errors.Join(k.end.Close(), k.ended.Close()) }

// Held says whether the space bar is held now. It neither waits nor allocates.
func (k *Key) Held() bool { return int64(k.clock()) < k.until.Load() }

// Typed gives the other keys, each a release of the space bar. What nobody takes is
// dropped when 16 have come together.
func (k *Key) Typed() <-chan byte { return k.typed }

// Run follows the keys until ctx is done, or the terminal is gone: then the key is
// released for good, which is no error.
func (k *Key) Run(ctx context.Context) error {
	defer k.until.Store(0)
	defer context.AfterFunc(ctx, func() { k.end.Write([]byte{0}) })()
	fds := []unix.PollFd{{Fd: int32(k.tty.Fd()), Events: unix.POLLIN}, {Fd: int32(k.ended.Fd()), Events: unix.POLLIN}}
	buf := make([]byte, 64)
	for ctx.Err() == nil {
		if _, err := unix.Poll(fds, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("keyboard: %w", err)
		}
		switch {
		case fds[0].Revents&unix.POLLIN != 0:
			n, err := unix.Read(int(fds[0].Fd), buf)
			if n <= 0 && !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EAGAIN) {
				return nil
			}
			k.press(buf[:max(0, n)])
		case fds[0].Revents&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) != 0:
			return nil
		}
	}
	return nil
}

// press takes keys that came together.
func (k *Key) press(keys []byte) {
	for _, b := range keys {
		now := k.clock()
		switch {
		case b != ' ':
			k.until.Store(0)
			select {
			case k.typed <- b:
			default:
			}
		case int64(now) < k.until.Load():
			k.until.Store(int64(now + next)) // it repeats
		default:
			k.until.Store(int64(now + first))
		}
	}
}
