package board

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"whisker/controller"
	"whisker/controller/profile"
)

// rig is the firmware, a real pty, and a cable between them that can be cut.
type rig struct {
	t      *testing.T
	dir    string
	link   string // the device's name; it leads to the pty of the moment
	master *os.File
	slave  *os.File // kept open: a master whose slave nobody has open reads EIO
	cmd    *exec.Cmd
	board  *os.File // our end of the firmware's line
	cables sync.WaitGroup
	halt   func() // ends the firmware's clock

	toBoard, toHost atomic.Pointer[func([]byte) []byte] // what the cable does to bytes
	deaf            atomic.Bool                         // nobody reads what the host writes

	mu    sync.Mutex
	notes []string
}

func newRig(t *testing.T, args ...string) *rig {
	t.Helper()
	g := &rig{t: t, dir: t.TempDir()}
	g.link = filepath.Join(g.dir, "robot")
	g.power(args...)
	g.plug()
	t.Cleanup(func() { g.unplug(); g.off() })
	return g
}

// power starts the firmware. Its flash and its clock are the rig's.
func (g *rig) power(args ...string) {
	g.t.Helper()
	program, err := image()
	if err != nil {
		g.t.Fatal(err)
	}
	fd, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		g.t.Fatal(err)
	}
	theirs := os.NewFile(uintptr(fd[1]), "board")
	defer theirs.Close()
	g.board = os.NewFile(uintptr(fd[0]), "line")
	g.cmd = exec.Command(program, append([]string{"--bench", "--flash", filepath.Join(g.dir, "flash")}, args...)...)
	clock, write, err := os.Pipe()
	if err != nil {
		g.t.Fatal(err)
	}
	defer clock.Close()
	g.cmd.ExtraFiles, g.cmd.Stderr = []*os.File{theirs, clock}, os.Stderr
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread() // the death signal is the thread's
	defer runtime.UnlockOSThread()
	if err := g.cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	stop := make(chan struct{})
	var ticks sync.WaitGroup
	ticks.Go(func() { tick(write, stop) })
	g.halt = func() { close(stop); ticks.Wait(); write.Close() }
}

// tick lets the firmware's time pass while this program runs and the firmware keeps
// up: of a pause of either no more than few ticks are made up for.
func tick(clock *os.File, stop <-chan struct{}) {
	const few = 5
	fd, due := int(clock.Fd()), time.Now()
	for {
		select {
		case <-stop:
			return
		case <-time.After(firmwareTick):
		}
		if oldest := time.Now().Add(-few * firmwareTick); due.Before(oldest) {
			due = oldest
		}
		for ; !due.After(time.Now()); due = due.Add(firmwareTick) {
			if n, err := unix.IoctlGetInt(fd, unix.TIOCINQ); err != nil || n < few {
				clock.Write([]byte{0})
			}
		}
	}
}

// off takes the power away.
func (g *rig) off() {
	g.cmd.Process.Kill()
	g.cmd.Wait()
	g.board.Close()
	g.halt()
}

// plug connects the firmware to a new pty.
func (g *rig) plug() {
	g.t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		g.t.Fatal(err)
	}
	os.Remove(g.link)
	if err := os.Symlink(slave.Name(), g.link); err != nil {
		g.t.Fatal(err)
	}
	g.master, g.slave = master, slave
	g.connect()
}

func (g *rig) connect() {
	board, master := g.board, g.master
	g.cables.Go(func() { g.cable(board, master, &g.toBoard, true) })
	g.cables.Go(func() { g.cable(master, board, &g.toHost, false) })
}

// restart takes the firmware's power away for a moment, and not its adapter's. A piece of
// what the host says may go astray.
func (g *rig) restart(args ...string) {
	g.off()
	g.power(args...)
	g.connect()
}

// unplug takes the device away. The name stays until it leads elsewhere.
func (g *rig) unplug() {
	os.Remove(g.link)
	g.master.Close()
	g.slave.Close()
	g.board.SetReadDeadline(time.Now())
	g.cables.Wait()
	g.board.SetReadDeadline(time.Time{})
}

// cable copies bytes until an end is gone.
func (g *rig) cable(to, from *os.File, through *atomic.Pointer[func([]byte) []byte], out bool) {
	for buf := make([]byte, 4096); ; {
		for out && g.deaf.Load() {
			time.Sleep(time.Millisecond)
		}
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		b := buf[:n]
		if f := through.Load(); f != nil {
			b = (*f)(b)
		}
		if _, err := to.Write(b); err != nil {
			return
		}
	}
}

func cut([]byte) []byte { return nil }

func (g *rig) do(cable *atomic.Pointer[func([]byte) []byte], f func([]byte) []byte) { cable.Store(&f) }

func (g *rig) note(s string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.notes = append(g.notes, s)
}

func (g *rig) said(part string) (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.notes {
		n += strings.Count(s, part)
	}
	return n
}

// quadruped is the profile, with ages that a machine under load keeps.
func quadruped(t *testing.T) *profile.Profile {
	t.Helper()
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	p.Limits.StateAgeMs, p.Limits.CommandAgeMs = 20000, 20000
	return p
}

// robot is a Robot on the rig's line that runs until the test ends.
func (g *rig) robot(p *profile.Profile) *Robot {
	g.t.Helper()
	r, err := New(Options{Profile: p, Device: g.link, Version: "test", Note: g.note})
	if err != nil {
		g.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	g.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			g.t.Errorf("Run: %v", err)
		}
	})
	return r
}

// time is the firmware's, of the newest state.
func (r *Robot) time() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.in.clock
}

// refusal is why a robot does not start, once the firmware has missed the host before
// it, which takes a second of its time.
func (g *rig) refusal(r *Robot) (err error) {
	g.eventually("the end of an earlier session", func() bool {
		err = r.Start()
		return err == nil || !contains(err, "another program has the robot")
	})
	return err
}

// calibrate stores what the profile says.
func (g *rig) calibrate(r *Robot) *Calibration {
	g.t.Helper()
	id, err := r.Greet()
	if err != nil {
		g.t.Fatal(err)
	}
	c := &Calibration{Robot: "quadruped", UID: fmt.Sprintf("%x", id.Welcome.UID)}
	for _, j := range r.body.Joints {
		c.Joints = append(c.Joints, JointCalibration{Name: j.Name, Sign: 1})
	}
	if err := r.Store(c); err != nil {
		g.t.Fatal(err)
	}
	return c
}

// eventually waits for something, at most half a minute.
func (g *rig) eventually(what string, ok func() bool) {
	g.t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			g.t.Fatalf("%s did not come about; said: %q", what, g.notes)
		}
	}
}

// hold commands the measured pose until the context ends.
func hold(ctx context.Context, r *Robot) {
	s, c := controller.NewState(r.Body()), controller.NewCommand(r.Body())
	for first := true; ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
		if r.Read(&s) != nil {
			continue
		}
		if first {
			copy(c.Pos, s.ActPos)
			first = false
		}
		r.Body().Neutral(&c)
		r.Write(&c)
	}
}
