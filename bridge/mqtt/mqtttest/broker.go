// Package mqtttest starts brokers for tests: mosquitto as a process of the test's own,
// on a port of the loopback that no other test takes.
//
//	b := mqtttest.Start(t)          // everybody may do everything
//	b.URL(), b.Addr()               // where it is
//	b.Pause(), b.Resume()           // SIGSTOP and SIGCONT
//	b.Kill(), b.Run()               // gone, and back at the same port
//
// The broker ends with the test, and with the test's process.
package mqtttest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Broker is a mosquitto.
type Broker struct {
	Dir  string // of its files
	Port int
	t    testing.TB
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	said *journal
}

// Start starts mosquitto with more lines of configuration; without any everybody may
// do everything.
func Start(t testing.TB, more ...string) *Broker {
	t.Helper()
	b := &Broker{t: t, Dir: t.TempDir(), Port: Port(t)}
	if more == nil {
		more = []string{"allow_anonymous true"}
	}
	b.Configure(more...)
	b.Run()
	t.Cleanup(b.Kill)
	return b
}

// Addr is HOST:PORT.
func (b *Broker) Addr() string { return fmt.Sprintf("127.0.0.1:%d", b.Port) }

// URL is for clients without TLS.
func (b *Broker) URL() string { return "mqtt://" + b.Addr() }

// Configure takes effect with the next Run. The user is for root alone, whom
// mosquitto would leave for one who cannot read the test's files.
func (b *Broker) Configure(more ...string) {
	conf := fmt.Sprintf("listener %d 127.0.0.1\nuser root\nset_tcp_nodelay true\n%s\n", b.Port, strings.Join(more, "\n"))
	b.File("mosquitto.conf", conf)
}

// File writes a file beside the broker's configuration and returns its path.
func (b *Broker) File(name, content string) string {
	path := filepath.Join(b.Dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// program is where Debian puts it, outside of a user's PATH.
func program() string {
	if p, err := exec.LookPath("mosquitto"); err == nil {
		return p
	}
	return "/usr/sbin/mosquitto"
}

// Run starts a broker that was killed, and waits until it listens.
func (b *Broker) Run() {
	b.t.Helper()
	b.cmd = exec.Command(program(), "-c", filepath.Join(b.Dir, "mosquitto.conf"))
	b.said = &journal{}
	b.cmd.Stdout, b.cmd.Stderr = b.said, b.said
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	b.done = make(chan struct{})
	if err := start(b.cmd, b.done); err != nil {
		b.t.Fatalf("mosquitto (Debian: apt install mosquitto): %v", err)
	}
	b.until("mosquitto does not run", func() bool { return strings.Contains(b.said.text(), " running") })
}

// start runs a command on a thread that stays as long as it: its death signal is that
// thread's.
func start(cmd *exec.Cmd, done chan<- struct{}) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ends is seen by who talks to it
			close(done)
		}
	}()
	return <-started
}

// Kill ends the broker without a word to its clients.
func (b *Broker) Kill() {
	if b.cmd == nil {
		return
	}
	b.cmd.Process.Kill()
	<-b.done
	b.cmd = nil
}

// Pause stops the broker's process: connections stay, and nothing comes through.
func (b *Broker) Pause() {
	b.t.Helper()
	b.signal(syscall.SIGSTOP)
	stat := fmt.Sprintf("/proc/%d/stat", b.cmd.Process.Pid)
	b.until("mosquitto does not stop", func() bool {
		text, _ := os.ReadFile(stat)
		return bytes.Contains(text, []byte(") T "))
	})
}

// Resume lets a paused broker go on.
func (b *Broker) Resume() {
	b.t.Helper()
	b.signal(syscall.SIGCONT)
}

func (b *Broker) signal(s os.Signal) {
	b.t.Helper()
	if err := b.cmd.Process.Signal(s); err != nil {
		b.t.Fatal(err)
	}
}

// until waits a minute at most.
func (b *Broker) until(not string, ok func() bool) {
	b.t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("%s; it said\n%s", not, b.said.text())
		}
	}
}

// Port is a TCP port of the loopback that is the test's until it ends, whoever
// listens there, and however often: it is below those that the system gives to
// connections, and the UDP port of that number, which nobody uses, is held so that
// another test finds it taken.
func Port(t testing.TB) int {
	t.Helper()
	const low, high = 20000, 32768 // Linux gives connections 32768 and up
	for n := range high - low {
		port := low + (os.Getpid()*61+n)%(high-low)
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		held, err := net.ListenPacket("udp", addr)
		if err != nil {
			continue
		}
		l, err := net.Listen("tcp", addr)
		if err != nil {
			held.Close()
			continue
		}
		l.Close()
		t.Cleanup(func() { held.Close() })
		return port
	}
	t.Fatal("no port is free")
	return 0
}

// journal is what a process said.
type journal struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all.Write(b)
}

func (j *journal) text() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all.String()
}
