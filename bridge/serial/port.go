package serial

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	bug "go.bug.st/serial"
	"golang.org/x/sys/unix"
)

// What a line can end with, besides errors of the system.
var (
	ErrClosed    = errors.New("serial: the port is closed")
	ErrUnplugged = errors.New("serial: the device is gone")
	ErrTimeout   = errors.New("serial: timeout")
	ErrStuck     = errors.New("serial: nobody takes the bytes at the other end")
)

// look is how often a waiting Read sees whether Close was called: the smallest time
// that a terminal's own reads know (VTIME, termios(3)).
const look = 100 * time.Millisecond

// Port is an open serial line, raw, 8N1, without flow control. One goroutine may
// read and any may write.
type Port struct {
	dev    string
	file   *os.File // without blocking: lock, writing
	in     int      // the same line once more: reading
	limit  time.Duration
	wait   time.Duration
	closed atomic.Bool
	once   sync.Once
	cerr   error

	raw     syscall.RawConn // of file
	try     func(fd uintptr) bool
	offered []byte // what Offer writes
	taken   int    // how much of it was taken

	reading sync.Mutex // held inside Read, and by Close when it closes
	writing sync.Mutex // likewise for Write
}

// Options of a line.
type Options struct {
	Baud int
	// WriteTimeout is how long a Write may take; 0 is 50 ms.
	WriteTimeout time.Duration
	// ReadTimeout is how long a Read waits for the first byte; 0 is for ever.
	ReadTimeout time.Duration
}

// Open opens a device, such as /dev/ttyUSB0 or a pty. A device that another
// program has is refused.
func Open(dev string, o Options) (*Port, error) {
	if o.Baud <= 0 {
		return nil, fmt.Errorf("serial: baud is %d, want a rate such as 921600", o.Baud)
	}
	file, err := lockDevice(dev)
	if err != nil {
		return nil, err
	}
	p := &Port{dev: dev, file: file, in: -1, limit: cmp.Or(o.WriteTimeout, 50*time.Millisecond), wait: o.ReadTimeout}
	if err := p.open(o.Baud); err != nil {
		p.release()
		return nil, openError(dev, err)
	}
	return p, nil
}

// open opens a locked line for reading, and sets it up. The descriptor must not wait for
// a carrier before the library has said that there is none.
func (p *Port) open(baud int) (err error) {
	if p.in, err = unix.Open(p.dev, unix.O_RDONLY|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0); err != nil {
		return err
	}
	if err := setUp(p.dev, baud); err != nil {
		return err
	}
	p.try = p.take
	if p.raw, err = p.file.SyscallConn(); err != nil {
		return err
	}
	return errors.Join(p.file.SetWriteDeadline(time.Time{}), p.patience(), unix.IoctlSetInt(p.in, unix.TIOCEXCL, 0))
}

// setUp makes a line raw at a rate. The library's own descriptor, which programs that this
// one starts would inherit, is gone when they can be started.
func setUp(dev string, baud int) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	port, err := bug.Open(dev, &bug.Mode{BaudRate: baud})
	if err != nil {
		return err
	}
	return port.Close()
}

// patience lets a read without a time limit wait in the kernel: of all ways to wait it
// wakes the soonest. With a limit Read waits before it reads.
func (p *Port) patience() error {
	settings, err := unix.IoctlGetTermios(p.in, getTermios)
	if err != nil {
		return err
	}
	settings.Cc[unix.VMIN], settings.Cc[unix.VTIME] = 0, 0
	if p.wait == 0 {
		settings.Cc[unix.VTIME] = uint8(look / (100 * time.Millisecond))
	}
	return errors.Join(unix.IoctlSetTermios(p.in, setTermios, settings), unix.SetNonblock(p.in, false))
}

func (p *Port) release() error {
	err := p.file.Close()
	if p.in >= 0 {
		_ = unix.IoctlSetInt(p.in, unix.TIOCNXCL, 0) // where somebody else keeps the line open
		err = errors.Join(err, unix.Close(p.in))
	}
	return err
}

// lockDevice opens the device for writing and takes a lock on it. TIOCEXCL does
// not hold root back.
func lockDevice(dev string) (*os.File, error) {
	f, err := os.OpenFile(dev, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, openError(dev, err)
	}
	raw, err := f.SyscallConn()
	if err == nil {
		var lerr error
		err = raw.Control(func(fd uintptr) { lerr = unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB) })
		err = errors.Join(err, lerr)
	}
	if err != nil {
		f.Close()
		return nil, openError(dev, err)
	}
	return f, nil
}

// openError says what to do about the usual reasons.
func openError(dev string, err error) error {
	var pe *bug.PortError
	busy := errors.As(err, &pe) && pe.Code() == bug.PortBusy
	denied := errors.As(err, &pe) && pe.Code() == bug.PermissionDenied
	switch {
	case busy, errors.Is(err, syscall.EBUSY), errors.Is(err, unix.EWOULDBLOCK):
		return fmt.Errorf("serial: %s is in use by another program, want it for this one alone", dev)
	case denied, errors.Is(err, os.ErrPermission):
		return fmt.Errorf("serial: %s may not be opened: add yourself to the group dialout", dev)
	case errors.Is(err, os.ErrNotExist), errors.Is(err, unix.ENXIO), errors.Is(err, unix.EIO):
		return fmt.Errorf("serial: there is no device %s: `whisker ports` lists those that are there", dev)
	}
	return fmt.Errorf("serial: %s: %w, want a serial line", dev, err)
}

// Device is the path that was opened.
func (p *Port) Device() string { return p.dev }

// Read waits for bytes and returns those that are there. Its error is ErrClosed,
// ErrUnplugged, or ErrTimeout.
func (p *Port) Read(b []byte) (int, error) {
	p.reading.Lock()
	defer p.reading.Unlock()
	left := p.wait // in whole slices: a pause of this program is one
	for !p.closed.Load() {
		slice := min(look, left)
		if p.wait > 0 {
			p.poll(unix.POLLIN, slice)
		}
		n, err := unix.Read(p.in, b)
		switch {
		case n > 0:
			return n, nil
		case err == unix.EINTR:
			continue
		case err != nil, p.poll(0, 0) != 0: // of a line that hung up a read says 0 bytes too
			return 0, fmt.Errorf("%w: %s", ErrUnplugged, p.dev)
		}
		if left -= slice; p.wait > 0 && left <= 0 {
			return 0, ErrTimeout
		}
	}
	return 0, ErrClosed
}

// poll waits for events and returns those that came, and with them errors of the line.
func (p *Port) poll(events int16, limit time.Duration) int16 {
	fds := [1]unix.PollFd{{Fd: int32(p.in), Events: events}}
	_, _ = unix.Poll(fds[:], int((limit+time.Millisecond-1)/time.Millisecond)) // interrupted is nothing
	return fds[0].Revents
}

// Write sends b, whole. It allocates nothing. Its error is ErrClosed, ErrStuck
// when the line did not take b in time, or ErrUnplugged; then a part of b may
// have been sent. The library's own Write blocks without end, and Close does not
// free it; the descriptor here does neither.
func (p *Port) Write(b []byte) (int, error) {
	p.writing.Lock()
	defer p.writing.Unlock()
	if p.closed.Load() {
		return 0, ErrClosed
	}
	if err := p.file.SetWriteDeadline(time.Now().Add(p.limit)); err != nil {
		return 0, err
	}
	n, err := p.file.Write(b)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		_ = discardOutput(p.in) // what waited this long must not arrive; where that fails the line is gone
		return n, ErrStuck
	}
	return n, ErrUnplugged
}

// Offer writes b if the line takes it whole and at once, and says whether it did.
// It neither waits nor allocates. Of a frame that was taken in part the far end
// makes nothing.
func (p *Port) Offer(b []byte) bool {
	if !p.writing.TryLock() {
		return false
	}
	defer p.writing.Unlock()
	if p.closed.Load() {
		return false
	}
	p.offered, p.taken = b, 0
	if err := p.file.SetWriteDeadline(time.Time{}); err != nil || p.raw.Write(p.try) != nil {
		return false
	}
	return p.taken == len(b)
}

// take is the one try of Offer.
func (p *Port) take(fd uintptr) (done bool) {
	p.taken, _ = unix.Write(int(fd), p.offered)
	return true
}

// Close ends Read and Write and gives the device back, at once to other
// programs. It may be called twice, and by anyone.
func (p *Port) Close() error {
	p.once.Do(func() {
		p.closed.Store(true)
		p.writing.Lock()
		defer p.writing.Unlock()
		p.reading.Lock()
		defer p.reading.Unlock()
		p.cerr = p.release()
	})
	return p.cerr
}
