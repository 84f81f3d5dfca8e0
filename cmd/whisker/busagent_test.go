package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
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

// eventually waits for what a busy machine may take long for.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("20 s without %s", what)
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
