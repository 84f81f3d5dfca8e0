package hil

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// ownBroker is a mosquitto that a run starts for itself, which it alone may stop
// and let go on. It lets everybody on this machine do everything, and listens to
// no other.
type ownBroker struct {
	addr    string
	cmd     *exec.Cmd
	done    chan struct{} // closed when it has ended
	stalled bool
}

// brokerTime is how long mosquitto may take to listen.
const brokerTime = 30 * time.Second

// own is where the scenario's own broker listens, and whether there is one.
func (m *MQTT) own() (addr string, ok bool) {
	addr, ok = strings.CutPrefix(m.URL, "own:")
	if m.URL == "own" {
		return embeddedAt, true
	}
	return addr, ok
}

// checkOwn wants an address of this machine.
func checkOwn(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && !(ip != nil && ip.IsLoopback()) {
		return fmt.Errorf("hil: scenario: mqtt.broker is own:%s, expected an address of this machine such as own:127.0.0.1:1883: it asks for no password", addr)
	}
	return nil
}

// openBroker starts the scenario's own broker.
func (g *rig) openBroker() (err error) {
	addr, ok := g.scenario.MQTT.own()
	if !ok || g.recorded != nil {
		return nil
	}
	if g.own, err = startBroker(addr); err != nil {
		return err
	}
	g.closers = append(g.closers, g.own.close)
	g.scenario.MQTT.URL = "mqtt://" + g.own.addr
	return nil
}

// startBroker starts mosquitto and waits until it listens; port 0 takes a free one.
func startBroker(addr string) (*ownBroker, error) {
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		program = "/usr/sbin/mosquitto" // outside of a user's PATH
	}
	if _, err := os.Stat(program); err != nil {
		return nil, errors.New("hil: mqtt.broker own needs mosquitto, which is not installed: apt install mosquitto")
	}
	free, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("hil: mqtt.broker: %w: a broker that runs there already cannot be stopped by a run", err)
	}
	b := &ownBroker{addr: free.Addr().String(), done: make(chan struct{})}
	free.Close()
	dir, err := os.MkdirTemp("", "whisker")
	if err != nil {
		return nil, fmt.Errorf("hil: %w", err)
	}
	defer os.RemoveAll(dir) // it is read before it listens
	host, port, _ := net.SplitHostPort(b.addr)
	conf := filepath.Join(dir, "mosquitto.conf")
	// A mosquitto that left root would lose the signal that ends it with this program.
	text := fmt.Sprintf("listener %s %s\nuser root\nset_tcp_nodelay true\nallow_anonymous true\n", port, host)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("hil: %w", err)
	}
	b.cmd = exec.Command(program, "-c", conf)
	if err := b.start(); err != nil {
		return nil, err
	}
	return b, nil
}

// start runs the command on a thread that stays as long as it: its death signal
// is that thread's.
func (b *ownBroker) start() error {
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := b.cmd.Start()
		started <- err
		if err == nil {
			_ = b.cmd.Wait() // how it ends is seen by who talks to it
			close(b.done)
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("hil: mosquitto does not start: %w", err)
	}
	for end := time.Now().Add(brokerTime); time.Now().Before(end); {
		if c, err := net.Dial("tcp", b.addr); err == nil {
			return c.Close()
		}
		select {
		case <-b.done:
			return fmt.Errorf("hil: mosquitto ended at once (%v)", b.cmd.ProcessState)
		case <-time.After(5 * time.Millisecond):
		}
	}
	b.close()
	return fmt.Errorf("hil: mosquitto does not listen at %s within %v", b.addr, brokerTime)
}

// stall stops the broker's process, or lets it go on.
func (b *ownBroker) stall(on bool) {
	sig := syscall.SIGCONT
	if on {
		sig = syscall.SIGSTOP
	}
	if b.stalled != on && b.cmd.Process.Signal(sig) == nil {
		b.stalled = on
	}
}

// close ends it, stopped or not.
func (b *ownBroker) close() {
	b.cmd.Process.Kill()
	<-b.done
}

// brokerFault says why no broker on the way can be stopped.
func (g *rig) brokerFault() string {
	switch _, own := g.scenario.MQTT.own(); {
	case !own:
		return "it has no broker that the harness could stop: say mqtt: {broker: 'own:ADDRESS'} for one that it starts"
	case g.lockstep() != nil || g.scenario.Pace == "lockstep":
		return "in lockstep a stall has no length: say pace: realtime"
	}
	return ""
}

// behind says that the robot itself is reached through the run's own broker.
func (g *rig) behind() bool {
	_, transport, where := g.scenario.names()
	at, _, _ := strings.Cut(strings.TrimPrefix(where, "mqtt://"), "/")
	if _, _, err := net.SplitHostPort(at); err != nil {
		at = net.JoinHostPort(at, "1883")
	}
	return transport == "mqtt" && g.own != nil && at == g.own.addr
}
