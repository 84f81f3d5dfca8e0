package simulated

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Bus is the devices of a line. A Line calls it under its lock.
type Bus interface {
	// Take gets what has come and was not taken yet. It returns how many bytes are
	// done with, and the answer, which may be nil.
	Take(b []byte, now time.Time) (n int, answer []byte)
}

// Line is a bus on a pty.
type Line struct {
	// Path is the device that a host opens.
	Path string
	bus  Bus
	baud int

	master *os.File
	slave  int
	done   sync.WaitGroup
	once   sync.Once
	mu     sync.Mutex
}

// Open makes a pty with a bus on it that understands one baud rate; at another
// one the devices hear noise. 0 takes any, as a USB device does.
func Open(b Bus, baud int) (*Line, error) {
	l := &Line{bus: b, baud: baud}
	if err := l.open(); err != nil {
		return nil, fmt.Errorf("simulated: pty: %w", err)
	}
	l.done.Go(l.serve)
	return l, nil
}

// open makes the pair. The master does not block, so that closing it ends a read,
// and the slave is held open, so that hosts may come and go.
func (l *Line) open() error {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	l.master = os.NewFile(uintptr(fd), "/dev/ptmx")
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	l.Path = "/dev/pts/" + strconv.Itoa(number)
	if err == nil {
		l.slave, err = unix.Open(l.Path, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	}
	if err == nil {
		err = raw(l.slave)
	}
	if err != nil {
		l.master.Close()
	}
	return err
}

// raw lets bytes pass unchanged until a host sets the line up itself.
func raw(fd int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS2)
	if err != nil {
		return err
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	return unix.IoctlSetTermios(fd, unix.TCSETS2, t)
}

// serve answers until the master is closed.
func (l *Line) serve() {
	in, n := make([]byte, 8192), 0
	for {
		k, err := l.master.Read(in[n:])
		if err != nil {
			return
		}
		n = l.take(in, n+k)
		if n == len(in) {
			n = 0
		}
	}
}

// take hands b[:n] to the bus, writes its answers, and returns what is left.
func (l *Line) take(b []byte, n int) int {
	if l.deaf() {
		return 0
	}
	for n > 0 {
		l.mu.Lock()
		done, answer := l.bus.Take(b[:n], time.Now())
		l.mu.Unlock()
		if len(answer) > 0 {
			if _, err := l.master.Write(answer); err != nil {
				return 0
			}
		}
		if done == 0 {
			break
		}
		n = copy(b, b[done:n])
	}
	return n
}

// deaf says that the host has set the line to another rate.
func (l *Line) deaf() bool {
	if l.baud == 0 {
		return false
	}
	t, err := unix.IoctlGetTermios(l.slave, unix.TCGETS2)
	return err != nil || int(t.Ospeed) != l.baud
}

// Do runs f while no device runs, to look at or change them.
func (l *Line) Do(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

// Close pulls the cable: a host finds its device gone.
func (l *Line) Close() {
	l.once.Do(func() {
		l.master.Close()
		l.done.Wait()
		unix.Close(l.slave)
	})
}

// Say sends bytes that nobody asked for.
func (l *Line) Say(b []byte) error {
	_, err := l.master.Write(b)
	return err
}
