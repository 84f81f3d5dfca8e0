package main

import (
	"bytes"
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

// The command gives a host the bus, takes the torque of one that says nothing more,
// and ends with the line.
func TestAgentOfABus(t *testing.T) {
	t.Setenv(asWhisker, "1") // for its second process
	sim := simulated.NewFeetechs(2)
	line, err := simulated.Open(sim, 1000000)
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	socket := filepath.Join(t.TempDir(), "agent")
	var out, errs bytes.Buffer
	code := make(chan int, 1)
	go func() { code <- run([]string{"agent", "bus", "--port", line.Path, "--listen", socket}, &out, &errs) }()
	var c *agent.Conn
	eventually(t, "an agent that listens", func() bool { c, err = agent.Dial(socket); return err == nil })
	if info, err := os.Stat(socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: want a socket for its owner alone", info.Mode(), err)
	}
	torque := func() (on bool) { line.Do(func() { on = sim.Servos[1].Torque() }); return on }
	if _, err := c.Write(feetech.AppendRequest(nil, feetech.Write, feetech.Range{ID: 2, Addr: 40, Data: []byte{1}})); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 64)
	eventually(t, "the servo's answer", func() bool { n, _ := c.Read(buf); return n > 0 })
	eventually(t, "no torque", func() bool { return !torque() })
	eventually(t, "the end of the line to the host", func() bool {
		_, err := c.Write(nil)
		n, rerr := c.Read(buf)
		return err != nil || n == 0 && errors.Is(rerr, serial.ErrUnplugged)
	})
	line.Close()
	if got := <-code; got != exitFault || !strings.Contains(errs.String(), "no command for 100ms") {
		t.Errorf("exit %d, %s: want a fault, and why the torque went", got, errs.String())
	}
}

// An agent that is killed, and could take no torque any more, has a second process that
// does; one that ends by itself leaves nothing behind.
func TestKilledAgentOfABusLosesTorque(t *testing.T) {
	sim := simulated.NewFeetechs(2)
	line, err := simulated.Open(sim, 1000000)
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	socket := filepath.Join(t.TempDir(), "agent")
	torque := func() (on bool) { line.Do(func() { on = sim.Servos[1].Torque() }); return on }
	start := func() *child { return spawn(t, "agent", "bus", "--port", line.Path, "--listen", socket) }
	a := start()
	a.hears("are behind")
	on := feetech.AppendRequest(nil, feetech.Write, feetech.Range{ID: 2, Addr: 40, Data: []byte{1}})
	// Stopped, it cannot take the torque 100 ms later, as it else would.
	eventually(t, "torque on a stopped agent's bus", func() bool {
		c, err := agent.Dial(socket)
		if err != nil {
			return false
		}
		defer c.Close()
		if _, err := c.Write(on); err != nil {
			return false
		}
		buf := make([]byte, 64)
		for n := 0; n == 0; {
			if n, err = c.Read(buf); err != nil {
				return false
			}
		}
		a.cmd.Process.Signal(syscall.SIGSTOP)
		time.Sleep(200 * time.Millisecond)
		if torque() {
			return true
		}
		a.cmd.Process.Signal(syscall.SIGCONT)
		return false
	})
	if err := a.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "no torque", func() bool { return !torque() })

	eventually(t, "the next agent", func() bool { // once the line is free again
		a = start()
		for !a.said("are behind") {
			select {
			case <-a.done:
				return false
			case <-time.After(5 * time.Millisecond):
			}
		}
		return true
	})
	a.cmd.Process.Signal(syscall.SIGTERM)
	<-a.done
	if a.cmd.ProcessState.ExitCode() != exitDone {
		t.Errorf("told to end: %v\n%s", a.cmd.ProcessState, a.all())
	}
}

// An agent without its second process is none.
func TestAgentOfABusEndsWithItsHeir(t *testing.T) {
	line, err := simulated.Open(simulated.NewFeetechs(2), 1000000)
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	a := spawn(t, "agent", "bus", "--port", line.Path, "--listen", filepath.Join(t.TempDir(), "agent"))
	a.hears("are behind")
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
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-a.done
	if a.cmd.ProcessState.ExitCode() != exitFault || !a.said("second process") {
		t.Errorf("%v\n%s", a.cmd.ProcessState, a.all())
	}
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
