package main

import (
	"bufio"
	"encoding/json"
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

	"whisker/bridge/mqtt/mqtttest"
)

// lab is a broker, and what hangs on it.
type lab struct {
	*mqtttest.Broker
	t       *testing.T
	profile string
}

// newLab starts a broker and writes a profile of the quadruped with limits on age
// that a machine with other work keeps.
func newLab(t *testing.T) *lab {
	t.Helper()
	yaml := content(t, "../../controller/profile/quadruped.yaml")
	for _, key := range []string{"state_age_ms: 40", "command_age_ms: 40"} {
		yaml = swap(t, yaml, key, strings.TrimSuffix(key, "40")+"900")
	}
	return &lab{mqtttest.Start(t), t, file(t, "dog.yaml", yaml)}
}

// undisturbed tries until ok, again only where this machine paused meanwhile: for
// longer than a third of what host and agent bear.
func undisturbed(t *testing.T, try func() (ok bool, said string)) {
	t.Helper()
	for n := range 20 {
		stop, longest := make(chan struct{}), make(chan time.Duration)
		go func() {
			var most time.Duration
			for last := time.Now(); ; last = time.Now() {
				select {
				case <-stop:
					longest <- most
					return
				case <-time.After(5 * time.Millisecond):
					most = max(most, time.Since(last))
				}
			}
		}()
		ok, said := try()
		close(stop)
		switch pause := <-longest; {
		case ok:
			return
		case pause < 300*time.Millisecond || n == 19:
			t.Fatal(said)
		default:
			t.Logf("try %d: this machine paused for %v:\n%s", n, pause, said)
		}
	}
}

// within waits for something, at most three minutes.
func within(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited three minutes in vain: %s", what)
		}
	}
}

// child is whisker in a process of its own.
type child struct {
	t    *testing.T
	cmd  *exec.Cmd
	mu   sync.Mutex
	text strings.Builder
	done chan struct{}
}

func spawn(t *testing.T, args ...string) *child {
	t.Helper()
	c := &child{t: t, cmd: exec.Command(os.Args[0], args...), done: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), asWhisker+"=1")
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := c.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.cmd.Stdout = c.cmd.Stderr
	runtime.LockOSThread()
	err = c.cmd.Start()
	runtime.UnlockOSThread()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.done)
		for s := bufio.NewScanner(out); s.Scan(); {
			c.mu.Lock()
			fmt.Fprintln(&c.text, s.Text())
			c.mu.Unlock()
		}
		c.cmd.Wait()
	}()
	t.Cleanup(func() { c.cmd.Process.Kill(); <-c.done })
	return c
}

func (c *child) said(text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Contains(c.text.String(), text)
}

// ended says that the process is over.
func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// hears waits until the process says something.
func (c *child) hears(text string) {
	c.t.Helper()
	within(c.t, "it says "+text, func() bool {
		if !c.said(text) && c.ended() && !c.said(text) {
			c.t.Fatalf("it ended without saying %s:\n%s", text, c.all())
		}
		return c.said(text)
	})
}

func (c *child) all() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// agent lends the emulated robot as dog. Its time waits for the program, so that no
// watchdog bites because this machine has other work.
func (b *lab) agent() *child {
	return spawn(b.t, "agent", "--robot", b.profile+"@emulated", "--board", "host", "--lockstep", "--mqtt", b.Addr(), "--mqtt-robot", "dog")
}

// host are the arguments that drive it.
func (b *lab) host(more ...string) []string {
	scenario := filepath.Join(b.t.TempDir(), "host.yaml")
	if err := os.WriteFile(scenario, []byte("dead_man: 'off'\nmqtt: {allowance_ms: 900}\noverruns: {max: 900, window_ticks: 1000}\n"), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return append([]string{"run", "--scenario", scenario, "--robot", b.profile + "@mqtt:" + b.Addr() + "/dog"}, more...)
}

func TestRobotIsDrivenOverABroker(t *testing.T) {
	b := newLab(t)
	agent := b.agent()
	agent.hears("connected")
	rec := filepath.Join(t.TempDir(), "run.mcap")
	var o outcome
	undisturbed(t, func() (bool, string) {
		o = whisker(b.host("--clip", "stand", "--seconds", "1", "--json", "-", "--record", rec)...)
		return o.status == exitDone, fmt.Sprintf("status %d\n%s\nagent:\n%s", o.status, o.errs, agent.all())
	})
	r := parse(t, o.out)
	if len(r.Clips) != 1 || r.Clips[0].Fault != "" || !strings.HasPrefix(r.Clips[0].Clip, "stand") {
		t.Errorf("%+v", r.Clips)
	}
	agent.hears("it gave the robot back")
	within(t, "the fleet lists it", func() bool {
		return strings.Contains(whisker("fleet", "--mqtt", b.Addr()).out, "dog    online  agent  quadruped")
	})

	// A host that holds the robot keeps others out, and loses it when it dies.
	undisturbed(t, func() (bool, string) {
		first := spawn(t, b.host("--clip", "stand", "--hold")...)
		defer func() { first.cmd.Process.Kill() }()
		within(t, "the first host drives", func() bool { return b.mode() == "track" || first.ended() })
		o := whisker(b.host("--clip", "stand", "--seconds", "1")...)
		return o.status == exitFault && strings.Contains(o.errs, "has the robot"), fmt.Sprintf("a second host: status %d\n%s\nthe first:\n%s", o.status, o.errs, first.all())
	})
	agent.hears("setpoints ran out")
	if agent.said("(halt)") {
		t.Errorf("the firmware did not confirm that the motors are free:\n%s", agent.all())
	}

	// Whoever stops it keeps everybody out until a reset.
	within(t, "the fleet stops it", func() bool {
		o := whisker("fleet", "stop", "--mqtt", b.Addr(), "--all")
		return o.status == exitDone && o.out == "dog is stopped\n"
	})
	if o := whisker(b.host("--clip", "stand", "--seconds", "1")...); o.status == exitDone || !strings.Contains(o.errs, "reset comes first") {
		t.Errorf("a stopped robot: status %d\n%s", o.status, o.errs)
	}
}

// mode is what the robot does, as the fleet tells it.
func (b *lab) mode() string {
	var list []struct {
		State *struct {
			Mode string `json:"mode"`
		} `json:"state"`
	}
	o := whisker("fleet", "--mqtt", b.Addr(), "--seconds", "0.5", "--json", "-")
	if json.Unmarshal([]byte(o.out), &list) != nil || len(list) != 1 || list[0].State == nil {
		return "none"
	}
	return list[0].State.Mode
}

// A broker that pauses, goes away and comes back damps the robot, and nothing that
// was said before moves it afterwards.
func TestBrokerThatFailsDampsTheRobot(t *testing.T) {
	b := newLab(t)
	agent := b.agent()
	agent.hears("connected")
	for i, ways := range [][2]func(){{b.Pause, b.Resume}, {b.Kill, b.Run}} {
		rec := filepath.Join(t.TempDir(), "run.mcap")
		host := spawn(t, b.host("--clip", "stand", "--hold", "--record", rec)...)
		within(t, "the host asks for it", func() bool { return strings.Count(agent.all(), "asks for the robot") == i+1 })
		within(t, "the host drives", func() bool { return b.mode() == "track" || host.ended() })
		ways[0]()
		within(t, "the agent takes the robot back", func() bool { return strings.Count(agent.all(), "setpoints ran out") == i+1 })
		ways[1]()
		<-host.done
		if host.cmd.ProcessState.ExitCode() != exitFault || !host.said("state age") && !host.said("setpoints ran out") {
			t.Errorf("the host:\n%s", host.all())
		}
		if agent.said("(halt)") {
			t.Errorf("the firmware did not confirm that the motors are free:\n%s", agent.all())
		}
	}
	if strings.Count(agent.all(), "asks for the robot") != 2 {
		t.Errorf("the agent:\n%s", agent.all())
	}
}

func TestBrokerThatIsNotThere(t *testing.T) {
	b := newLab(t)
	b.Kill()
	if o := whisker(b.host("--clip", "stand")...); o.status != exitUsage || !strings.Contains(o.errs, "is not reached within") {
		t.Errorf("status %d\n%s", o.status, o.errs)
	}
	if o := whisker("fleet", "--mqtt", b.Addr()); o.status != exitFault || !strings.Contains(o.errs, "is not reached within") {
		t.Errorf("status %d\n%s", o.status, o.errs)
	}
	agent := b.agent() // waits for it
	agent.hears("trying again")
	b.Run()
	agent.hears("connected")
	undisturbed(t, func() (bool, string) {
		o := whisker(b.host("--clip", "stand", "--seconds", "0.5")...)
		return o.status == exitDone, fmt.Sprintf("status %d\n%s\n%s", o.status, o.errs, agent.all())
	})
}

func TestBadWordsAboutBrokers(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"run", "--mqtt", "http://lab"}, "want mqtt://HOST"},
		{[]string{"run", "--mqtt", "lab", "--mqtt-robot", "a/b"}, `robot "a/b"`},
		{[]string{"run", "--mqtt", "lab", "--mqtt-ca", "ca.pem"}, "want mqtts://lab"},
		{[]string{"run", "--robot", "quadruped@mqtt:lab"}, "PROFILE@mqtt:BROKER/ROBOT"},
		{[]string{"run", "--robot", "quadruped@mqtt:lab/dog", "--mqtt", "lab", "--mqtt-robot", "dog"}, "expected another one"},
		{[]string{"agent", "--robot", "quadruped", "--mqtt", "lab", "--mqtt-robot", "dog"}, "to lend it"},
		{[]string{"agent", "--robot", "quadruped@serial:/dev/absent", "--mqtt", "lab", "--mqtt-robot", "dog"}, "/dev/absent"},
		{[]string{"agent", "--robot", "quadruped@serial:/dev/absent", "--mqtt", "lab"}, "--mqtt-robot"},
		{[]string{"agent", "--robot", "quadruped@emulated", "--mqtt", "lab", "--mqtt-robot", "dog", "--rate", "-1"}, "--rate"},
		{[]string{"fleet"}, "--mqtt"},
		{[]string{"fleet", "stop", "--mqtt", "lab"}, "names of robots, or --all"},
		{[]string{"fleet", "stop", "--mqtt", "lab", "a/b"}, `robot "a/b"`},
		{[]string{"fleet", "--mqtt", "mqtt://u:swordfish@lab"}, "user and password_file"},
	} {
		if o := whisker(c.args...); o.status != exitUsage || !strings.Contains(o.errs, c.want) || strings.Contains(o.errs, "swordfish") {
			t.Errorf("%v: status %d, %s, want %q", c.args, o.status, o.errs, c.want)
		}
	}
}

func TestSupervisorIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", "240000000")
	s, err := newSupervisor()
	if err != nil {
		t.Fatal(err)
	}
	read := func() string {
		l.SetReadDeadline(time.Now().Add(20 * time.Second))
		b := make([]byte, 100)
		n, err := l.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	s.alive()
	s.alive() // soon again: not told
	if got := read(); got != "READY=1\nWATCHDOG=1" {
		t.Errorf("%q", got)
	}
	if s.every != time.Minute {
		t.Errorf("tells every %v: want a quarter of what systemd asks for", s.every)
	}
	s.every = time.Millisecond
	time.Sleep(2 * time.Millisecond)
	s.alive()
	s.close()
	if got := read() + " " + read(); got != "WATCHDOG=1 STOPPING=1" {
		t.Errorf("%q", got)
	}
	t.Setenv("NOTIFY_SOCKET", "")
	if s, err = newSupervisor(); err != nil {
		t.Fatal(err)
	}
	s.alive()
	s.close()
}

// TestUnitStartsTheAgent reads the unit that ships: its command has to be one.
func TestUnitStartsTheAgent(t *testing.T) {
	unit := content(t, "../../bridge/mqtt/systemd/whisker-agent.service")
	_, line, ok := strings.Cut(unit, "\nExecStart=/usr/local/bin/whisker ")
	if !ok {
		t.Fatal("no ExecStart")
	}
	line, _, _ = strings.Cut(line, "\n")
	line = strings.NewReplacer("${ROBOT}", "quadruped@serial:/dev/absent", "${BROKER}", "mqtts://127.0.0.1", "${NAME}", "dog-1", "/etc/whisker", t.TempDir()).Replace(line)
	if strings.Contains(line, "$") {
		t.Fatalf("something of the environment is left: %s", line)
	}
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("swordfish\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("WHISKER_MQTT_PASSWORD_FILE", password)
	o := whisker(strings.Fields(line)...)
	if o.status != exitUsage || !strings.Contains(o.errs, "ca.pem") || strings.Contains(o.errs, "swordfish") { // all but the certificate is there
		t.Errorf("status %d: %s", o.status, o.errs)
	}
}
