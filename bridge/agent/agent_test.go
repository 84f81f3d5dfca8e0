package agent_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"whisker/bridge/agent"
	"whisker/bridge/bus"
	"whisker/bridge/bus/bustest"
	"whisker/bridge/feetech"
	"whisker/bridge/simulated"
	"whisker/controller"
)

// hostEnv makes this program a host of the agent at that socket.
const hostEnv = "WHISKER_TEST_AGENT_HOST"

func TestMain(m *testing.M) {
	if path := os.Getenv(hostEnv); path != "" {
		if err := steer(path); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func robot(path string) (*bus.Robot, error) {
	c, err := agent.Dial(path)
	if err != nil {
		return nil, err
	}
	d, err := feetech.New(c, feetech.Options{Baud: 1000000, Model: 777, IDs: bustest.IDs(12), Slack: 500 * time.Millisecond})
	if err != nil {
		return nil, err
	}
	return bus.New(bustest.Legs(12, controller.Actuator{Drive: controller.DrivePosition}, controller.Measures{}), d, bus.Options{Timeout: bustest.Patient})
}

// steer moves the robot until it is killed.
func steer(path string) error {
	r, err := robot(path)
	if err != nil {
		return err
	}
	if err := r.Start(); err != nil {
		return err
	}
	c := controller.NewCommand(r.Body())
	for i := 0; ; i++ {
		for j := range c.Pos {
			c.Pos[j] = 0.3
		}
		if err := r.Write(&c); err != nil {
			return err
		}
		if i == 10 {
			fmt.Println("steering")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// rig is an agent before a simulated bus.
type rig struct {
	path string
	line *simulated.Line
	sim  *simulated.Feetechs
	mu   sync.Mutex
	whys []string
	done chan error
	stop context.CancelFunc
}

// newRig is patient with a host on a busy test machine.
func newRig(t *testing.T) *rig { return newRigAfter(t, 3*time.Second) }

func newRigAfter(t *testing.T, after time.Duration) *rig { return newRigHeir(t, after, nil) }

// newRigHeir is one whose agent tells an heir, nil for none.
func newRigHeir(t *testing.T, after time.Duration, heir io.Writer) *rig {
	t.Helper()
	g := &rig{path: filepath.Join(t.TempDir(), "agent"), sim: simulated.NewFeetechs(12), done: make(chan error, 1)}
	line, port := bustest.Open(t, g.sim, 1000000, 1000000)
	g.line = line
	l, err := net.Listen("unix", g.path)
	if err != nil {
		t.Fatal(err)
	}
	a := &agent.Agent{Port: port, Protocol: &feetech.Watch{}, After: after, Heir: heir, OnRelease: func(why string) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.whys = append(g.whys, why)
	}}
	ctx, cancel := context.WithCancel(context.Background())
	g.stop = cancel
	go func() { g.done <- a.Run(ctx, l) }()
	t.Cleanup(func() { cancel(); <-g.done })
	return g
}

func (g *rig) torques() (n int) {
	g.line.Do(func() {
		for _, s := range g.sim.Servos {
			if s.Torque() {
				n++
			}
		}
	})
	return n
}

// released waits for all torque to be gone and says how long that took.
func (g *rig) released(t *testing.T) time.Duration {
	t.Helper()
	from := time.Now()
	for g.torques() > 0 {
		if time.Since(from) > 30*time.Second {
			t.Fatalf("%d servos have torque after 30 s", g.torques())
		}
		time.Sleep(time.Millisecond)
	}
	return time.Since(from)
}

func (g *rig) told(what string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return strings.Contains(strings.Join(g.whys, "\n"), what)
}

// tells waits for a reason of a release.
func (g *rig) tells(t *testing.T, what string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !g.told(what); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			g.mu.Lock()
			defer g.mu.Unlock()
			t.Fatalf("the agent said %q, want %s", g.whys, what)
		}
	}
}

// host starts a process that steers, and waits until it does.
func (g *rig) host(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), hostEnv+"="+g.path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if text, err := bufio.NewReader(out).ReadString('\n'); text != "steering\n" {
		t.Fatalf("the host says %q, %v", text, err)
	}
	if n := g.torques(); n != 12 {
		t.Fatalf("%d servos have torque: want 12", n)
	}
	return cmd
}

func TestKilledHostLosesTorque(t *testing.T) {
	g := newRig(t)
	if err := g.host(t).Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	t.Logf("torque gone %v after kill -9", g.released(t))
	g.host(t) // another one may start
}

func TestStoppedHostLosesTorque(t *testing.T) {
	g := newRig(t)
	h := g.host(t)
	if err := h.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Logf("torque gone %v after SIGSTOP", g.released(t))
	g.tells(t, "no command for 3s")
	// Awake again, the host has no line any more: nothing moves by itself.
	if err := h.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := h.Wait(); err == nil {
		t.Error("the host went on")
	}
	if n := g.torques(); n != 0 {
		t.Errorf("%d servos have torque", n)
	}
}

// Questions keep no torque.
func TestLookingIsNotSteering(t *testing.T) {
	g := newRigAfter(t, 0)
	c, err := agent.Dial(g.path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	on := feetech.AppendRequest(nil, feetech.Write, feetech.Range{ID: 3, Addr: 40, Data: []byte{1}})
	if _, err := c.Write(on); err != nil {
		t.Fatal(err)
	}
	ask := feetech.AppendRequest(nil, feetech.Read, feetech.Range{ID: 3, Addr: 56, Len: 2})
	for end := time.Now().Add(30 * time.Second); !g.told("no command for 100ms"); {
		if _, err := c.Write(ask); err != nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("30 s of questions, and the agent waits")
		}
		time.Sleep(5 * time.Millisecond)
	}
	g.released(t)
}

func TestSecondHostIsRefused(t *testing.T) {
	g := newRig(t)
	c, err := agent.Dial(g.path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := agent.Dial(g.path); err == nil || !strings.Contains(err.Error(), "another host") {
		t.Errorf("%v: want it to say that another host has the bus", err)
	}
	c.Close()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		if c, err := agent.Dial(g.path); err == nil {
			c.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatal("no new host is taken after the first one left")
		}
	}
}

// Half a request never reaches the bus, and torque that was on before the agent
// came is taken; a servo that missed it loses it a little later.
func TestAgentTakesWhatItFinds(t *testing.T) {
	g := newRig(t)
	g.line.Do(func() { g.sim.Servos[6].Table[40] = 1 })
	g.released(t)
	c, err := agent.Dial(g.path)
	if err != nil {
		t.Fatal(err)
	}
	on := feetech.AppendRequest(nil, feetech.Write, feetech.Range{ID: 3, Addr: 40, Data: []byte{1}})
	if _, err := c.Write(on[:len(on)-1]); err != nil {
		t.Fatal(err)
	}
	c.Close()
	g.tells(t, "the host is gone")
	if n := g.torques(); n != 0 {
		t.Errorf("%d servos have torque", n)
	}
}

func TestAgentEndsWithTheLine(t *testing.T) {
	g := newRig(t)
	g.host(t)
	g.line.Close()
	err := <-g.done
	g.done <- err
	if err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("%v: want it to say that the line is gone", err)
	}
}

func TestStoppedAgentTakesTorque(t *testing.T) {
	g := newRig(t)
	g.host(t)
	g.stop()
	err := <-g.done
	g.done <- err
	if err != nil {
		t.Error(err)
	}
	g.released(t)
}

func TestDialSaysWhatIsWrong(t *testing.T) {
	if _, err := agent.Dial(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "whisker agent") {
		t.Errorf("%v: want it to name `whisker agent`", err)
	}
	path := filepath.Join(t.TempDir(), "other")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			fmt.Fprintln(c, "220 smtp ready")
			c.Close()
		}
	}()
	if _, err := agent.Dial(path); err == nil || !strings.Contains(err.Error(), "greets") {
		t.Errorf("%v: want it to show the greeting", err)
	}
}
