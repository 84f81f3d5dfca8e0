package emulate

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// line carries the serial line between the firmware and a pty, and can be cut.
type line struct {
	master, slave *os.File // slave stays open: without it the master reads EIO
	cut           atomic.Bool
	wg            sync.WaitGroup
}

// Pty puts a pty at the end of the serial line, for hosts that open a device, and
// returns its path.
func (e *Emulator) Pty() (path string, err error) {
	if e.line != nil {
		return e.line.slave.Name(), nil
	}
	l := new(line)
	if l.master, l.slave, err = pty.Open(); err != nil {
		return "", fmt.Errorf("emulate: pty: %w", err)
	}
	if err := errors.Join(raw(l.slave), l.unblock()); err != nil {
		l.close()
		return "", err
	}
	l.wg.Add(2)
	go l.carry(e.proc.serial, l.master)
	go l.carry(l.master, e.proc.serial)
	e.line = l
	return l.slave.Name(), nil
}

// unblock makes the master one whose deadlines hold: pty.Open leaves it in blocking
// mode, where a write that nobody reads waits for ever.
func (l *line) unblock() error {
	fd, err := unix.FcntlInt(l.master.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		return fmt.Errorf("emulate: pty: %w", err)
	}
	l.master.Close()
	l.master = os.NewFile(uintptr(fd), "pty")
	return nil
}

// raw makes the terminal pass bytes as they are, without echo: termios(3), cfmakeraw.
func raw(f *os.File) error {
	t, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		return fmt.Errorf("emulate: pty: %w", err)
	}
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	if err := unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, t); err != nil {
		return fmt.Errorf("emulate: pty: %w", err)
	}
	return nil
}

// carry moves bytes one way. What finds no reader in time is lost, as on a
// UART without flow control: a host that does not read stops nothing.
func (l *line) carry(to, from *os.File) {
	defer l.wg.Done()
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if l.cut.Load() {
			continue
		}
		if err := to.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			if errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrClosed) || errors.Is(err, unix.EPIPE) {
				return
			}
		}
	}
}

// Cut breaks the serial line in both directions, or mends it: bytes that are on
// their way while it is cut are lost.
func (e *Emulator) Cut(cut bool) {
	if e.line != nil {
		e.line.cut.Store(cut)
	}
}

// close ends the pty. The firmware's end of the line is closed before.
func (l *line) close() {
	l.master.Close()
	l.slave.Close()
}
