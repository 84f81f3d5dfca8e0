package emulate

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is a firmware that runs, and our ends of its lines.
type process struct {
	cmd           *exec.Cmd
	serial, qmp   *os.File // sockets
	toIn, fromOut *os.File // the plant's pipes
	said          strings.Builder
	done          chan struct{}
	theirs        []*os.File
}

// lines opens the lines. The child has them as descriptors 3 (serial), 4 and 5
// (plant), 6 (QMP).
func (p *process) lines() error {
	serial, err := socketPair()
	if err != nil {
		return err
	}
	qmp, err := socketPair()
	if err != nil {
		return err
	}
	p.serial, p.qmp = serial[0], qmp[0]
	in, toIn, err := os.Pipe()
	if err != nil {
		return err
	}
	fromOut, out, err := os.Pipe()
	if err != nil {
		return err
	}
	p.toIn, p.fromOut = toIn, fromOut
	p.theirs = []*os.File{serial[1], in, out, qmp[1]}
	return nil
}

func socketPair() ([2]*os.File, error) {
	fd, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return [2]*os.File{}, fmt.Errorf("emulate: socket pair: %w", err)
	}
	return [2]*os.File{os.NewFile(uintptr(fd[0]), "serial"), os.NewFile(uintptr(fd[1]), "serial")}, nil
}

// start runs the command. Its parent-death signal is bound to the thread that
// starts it, so that a thread is kept for the child's life (golang/go#27505).
func start(name string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(name, args...), done: make(chan struct{})}
	if err := p.lines(); err != nil {
		p.closeLines()
		return nil, err
	}
	p.cmd.ExtraFiles = p.theirs
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		_ = p.cmd.Wait() // how it ended, ProcessState tells
		close(p.done)
	}()
	err := <-started
	for _, f := range p.theirs {
		f.Close()
	}
	if err != nil {
		p.closeLines()
		return nil, fmt.Errorf("emulate: %s does not start: %w", name, err)
	}
	return p, nil
}

func (p *process) closeLines() {
	for _, f := range []*os.File{p.serial, p.qmp, p.toIn, p.fromOut} {
		if f != nil {
			f.Close()
		}
	}
}

// kill ends the child at once: QEMU that is blocked in a semihosting call heeds
// no other signal.
func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.done
	p.closeLines()
}

// why says how the child ended when a line to it broke with err.
func (p *process) why(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("emulate: the firmware does not answer: %w", err)
	}
	select {
	case <-p.done:
		return fmt.Errorf("emulate: the firmware ended (%v): %s", p.cmd.ProcessState, strings.TrimSpace(p.said.String()))
	case <-time.After(10 * time.Second): // a child that ends is seen late on a busy machine
		return fmt.Errorf("emulate: the line to the firmware broke: %w", err)
	}
}
