package serial

import (
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

// look is how often a waiting Read sees whether Close was called.
const look = 50 * time.Millisecond

// Port is an open serial line, raw, 8N1, without flow control. One goroutine may
// read and any may write.
type Port struct {
	dev    string
	port   bug.Port // settings, reading
	file   *os.File // the same line without blocking: lock, writing
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
	port, err := bug.Open(dev, &bug.Mode{BaudRate: o.Baud})
	if err == nil {
		err = errors.Join(selectable(), file.SetWriteDeadline(time.Time{}))
	}
	if err != nil {
		if port != nil {
			port.Close()
		}
		file.Close()
		return nil, openError(dev, err)
	}
	p := &Port{dev: dev, port: port, file: file, limit: o.WriteTimeout, wait: o.ReadTimeout}
	p.try = p.take
	if p.raw, err = file.SyscallConn(); err != nil {
		return nil, openError(dev, errors.Join(err, port.Close(), file.Close()))
	}
	if p.limit == 0 {
		p.limit = 50 * time.Millisecond
	}
	return p, nil
}

// lockDevice opens the device for writing and takes a lock on it. TIOCEXCL, which
// the library sets, does not hold root back.
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

// selectable refuses to go on where the library's select could not see the
// descriptor. The lowest free number is above those just taken.
func selectable() error {
	f, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer f.Close()
	if f.Fd() >= unix.FD_SETSIZE {
		return fmt.Errorf("%d files are open in this program, want fewer than %d", f.Fd(), unix.FD_SETSIZE)
	}
	return nil
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
		slice := look
		if p.wait > 0 {
			slice = min(look, left)
		}
		if err := p.port.SetReadTimeout(slice); err != nil {
			return 0, err
		}
		n, err := p.port.Read(b)
		if err != nil { // the library says "closed" of an unplugged device too
			return 0, fmt.Errorf("%w: %s", ErrUnplugged, p.dev)
		}
		if n > 0 {
			return n, nil
		}
		if left -= slice; p.wait > 0 && left <= 0 {
			return 0, ErrTimeout
		}
	}
	return 0, ErrClosed
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
		_ = p.port.ResetOutputBuffer() // what waited this long must not arrive; where that fails the line is gone
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
		p.cerr = errors.Join(p.port.Close(), p.file.Close())
	})
	return p.cerr
}
