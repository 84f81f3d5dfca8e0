package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"whisker/bridge/agent"
	"whisker/bridge/feetech"
	"whisker/bridge/serial"
	"whisker/bridge/simulated"
)

// torqueOn asks servo 2 for torque.
var torqueOn = feetech.AppendRequest(nil, feetech.Write, feetech.Range{ID: 2, Addr: 40, Data: []byte{1}})

// servos are a simulated bus of two with the socket that an agent listens on.
type servos struct {
	t      *testing.T
	sim    *simulated.Feetechs
	line   *simulated.Line
	device string // its name, which goes with it: the pty's own is another test's next
	socket string
}

func newServos(t *testing.T) *servos {
	t.Helper()
	dir := t.TempDir()
	s := &servos{t: t, sim: simulated.NewFeetechs(2), device: filepath.Join(dir, "bus"), socket: filepath.Join(dir, "agent")}
	var err error
	if s.line, err = simulated.Open(s.sim, 1000000); err == nil {
		err = os.Symlink(s.line.Path, s.device)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.unplug)
	return s
}

// unplug takes the device away: an agent that had torque on leaves an heir that looks for it.
func (s *servos) unplug() {
	os.Remove(s.device)
	s.line.Close()
}

func (s *servos) torque() (on bool) {
	s.line.Do(func() { on = s.sim.Servos[1].Torque() })
	return on
}

// agent starts one that has the line.
func (s *servos) agent() (a *child) {
	s.t.Helper()
	eventually(s.t, "an agent that has the line", func() bool { // once the one before let it go
		a = spawn(s.t, "agent", "bus", "--port", s.device, "--listen", s.socket)
		for !a.said("are behind") {
			select {
			case <-a.done:
				return a.said("are behind")
			case <-time.After(5 * time.Millisecond):
			}
		}
		return true
	})
	return a
}

// drive asks for torque every few milliseconds, as a host does that steers, until the
// agent hangs up; it returns when there is torque. It dials again, for a busy machine is
// a slow host too.
func (s *servos) drive(ctx context.Context) {
	go func() {
		for ctx.Err() == nil {
			time.Sleep(5 * time.Millisecond)
			c, err := agent.Dial(s.socket)
			if err != nil {
				continue
			}
			for err == nil && ctx.Err() == nil {
				_, err = c.Write(torqueOn)
				time.Sleep(5 * time.Millisecond)
			}
			c.Close()
		}
	}()
	eventually(s.t, "torque", s.torque)
}

// unhindered tries again what a machine too busy to run the agent every 80 ms prevents:
// its second process then ends it, as it should.
func (s *servos) unhindered(try func() *child) {
	s.t.Helper()
	for range 20 {
		if a := try(); !a.said("and was ended") {
			return
		}
	}
	s.t.Fatal("the machine never runs the agent every 80 ms")
}

// The command gives a host the bus, takes the torque of one that says nothing more,
// and ends with the line.
func TestAgentOfABus(t *testing.T) {
	s := newServos(t)
	var a *child
	s.unhindered(func() *child {
		a = s.agent()
		if info, err := os.Stat(s.socket); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v: want a socket for its owner alone", info.Mode(), err)
		}
		c, err := agent.Dial(s.socket)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write(torqueOn); err != nil {
			t.Fatal(err)
		}
		buf, answered := make([]byte, 64), false
		eventually(t, "the end of the line to the host", func() bool {
			n, err := c.Read(buf)
			answered = answered || n > 0
			return errors.Is(err, serial.ErrUnplugged)
		})
		if !answered {
			t.Error("the servo's answer does not come to the host")
		}
		eventually(t, "no torque", func() bool { return !s.torque() })
		return a
	})
	s.unplug()
	<-a.done
	if a.cmd.ProcessState.ExitCode() != exitFault || !a.said("no command for 100ms") {
		t.Errorf("%v, %s: want a fault, and why the torque went", a.cmd.ProcessState, a.all())
	}
}

// An agent that is killed while a host steers has a second process that takes the torque;
// one that ends by itself leaves nothing behind.
func TestKilledAgentOfABusLosesTorque(t *testing.T) {
	s := newServos(t)
	s.unhindered(func() *child {
		a := s.agent()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		s.drive(ctx)
		if err := a.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-a.done // the second process too
		if s.torque() || !a.said("its heir took the torque") {
			t.Errorf("torque %v after the agent's death:\n%s", s.torque(), a.all())
		}
		return a
	})
	a := s.agent()
	a.cmd.Process.Signal(syscall.SIGTERM)
	<-a.done
	if a.cmd.ProcessState.ExitCode() != exitDone || a.said("heir") {
		t.Errorf("told to end: %v\n%s", a.cmd.ProcessState, a.all())
	}
}

// An agent that is stopped in the midst of driving cannot take the torque either. Its
// second process ends it, and takes the torque: nothing that the agent had still to pass
// on reaches the servos when somebody wakes it.
func TestStoppedAgentOfABusLosesTorqueAndNeverDrivesAgain(t *testing.T) {
	s := newServos(t)
	a := s.agent()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s.drive(ctx)
	if err := a.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	eventually(t, "no torque", func() bool { return !s.torque() })
	t.Logf("no torque %v after the agent was stopped", time.Since(at))
	a.cmd.Process.Signal(syscall.SIGCONT)
	<-a.done
	if s.torque() || !a.said("said nothing for 80ms with torque on, and was ended; its heir took the torque") {
		t.Errorf("torque %v, and the agent:\n%s", s.torque(), a.all())
	}
	if w, ok := a.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || w.Signal() != syscall.SIGKILL {
		t.Errorf("the agent ended with %v: want it killed", a.cmd.ProcessState)
	}
}

// heirOf is the process number of an agent's second process.
func heirOf(t *testing.T, a *child) int {
	t.Helper()
	var heirs []byte // each thread tells of those that it started
	threads, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(a.cmd.Process.Pid), "task", "*", "children"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range threads {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		heirs = append(heirs, text...)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(heirs)))
	if err != nil {
		t.Fatalf("the agent's children are %q: want one", heirs)
	}
	return pid
}

// An agent without its second process is none.
func TestAgentOfABusEndsWithItsHeir(t *testing.T) {
	a := newServos(t).agent()
	if err := syscall.Kill(heirOf(t, a), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-a.done
	if a.cmd.ProcessState.ExitCode() != exitFault || !a.said("second process") {
		t.Errorf("%v\n%s", a.cmd.ProcessState, a.all())
	}
}

// One whose second process is stopped would be alone as well: it takes the torque and
// ends, and leaves nobody behind.
func TestAgentOfABusEndsWhenItsHeirIsStopped(t *testing.T) {
	s := newServos(t)
	s.unhindered(func() *child {
		a := s.agent()
		heir := heirOf(t, a)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		s.drive(ctx)
		if err := syscall.Kill(heir, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		at := time.Now()
		eventually(t, "no torque", func() bool { return !s.torque() })
		t.Logf("no torque %v after the second process was stopped", time.Since(at))
		<-a.done
		if a.said("and was ended") {
			return a
		}
		if a.cmd.ProcessState.ExitCode() != exitFault || !a.said("its heir does not listen") || s.torque() {
			t.Errorf("%v, torque %v\n%s", a.cmd.ProcessState, s.torque(), a.all())
		}
		if err := syscall.Kill(heir, 0); err != syscall.ESRCH {
			t.Errorf("the second process is left behind: %v", err)
		}
		return a
	})
}

// eventually waits for what a busy machine may take long for.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("a minute without %s", what)
		}
	}
}

func TestAgentOfABusRefuses(t *testing.T) {
	dir := t.TempDir()
	for want, args := range map[string][]string{
		"there is no device": {"--port", filepath.Join(dir, "none"), "--listen", filepath.Join(dir, "a")},
		"missing flags":      {"--port", "/dev/null"},
	} {
		var out, errs bytes.Buffer
		if code := run(append([]string{"agent", "bus"}, args...), &out, &errs); code != exitUsage || !strings.Contains(errs.String(), want) {
			t.Errorf("%v: exit %d, %s: want %q", args, code, errs.String(), want)
		}
	}
}
