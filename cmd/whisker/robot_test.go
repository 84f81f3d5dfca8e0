package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"whisker/bridge/board"
	"whisker/controller"
	"whisker/controller/profile"
	"whisker/hil/emulate"
	"whisker/sim"
)

// The demonstration in short: a rat's clip on the quadruped behind its firmware in
// QEMU, with the live view; then the line is cut, and the robot damps.
func TestDemoOfTheRobot(t *testing.T) {
	o := ok(t, "run", "--robot", "quadruped@emulated", "--clip", "walk", "--pace", "lockstep", "--view", "127.0.0.1:0",
		"--record", filepath.Join(t.TempDir(), "robot.mcap"), "--cut-after", "0.5")
	if !strings.Contains(o.errs, "live view: http://") {
		t.Errorf("no live view:\n%s", o.errs)
	}
	m := regexp.MustCompile(`firmware on mps2, in lockstep: ([\d.]+) times real time\nline cut: damped after (\d+) ms; joints moved by ([\d.]+) rad`).FindStringSubmatch(o.out)
	if m == nil {
		t.Fatalf("no figures:\n%s", o.out)
	}
	if ms, _ := strconv.Atoi(m[2]); ms > 102 {
		t.Errorf("damped after %d ms, want 100 and a tick", ms)
	}
	if left := children(t); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// children are the command lines of this process's children.
func children(t *testing.T) (lines []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		stat, err := os.ReadFile(f)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		if p := strings.Fields(rest); len(p) < 2 || p[1] != strconv.Itoa(os.Getpid()) {
			continue
		}
		line, _ := os.ReadFile(filepath.Join(filepath.Dir(f), "cmdline"))
		lines = append(lines, strings.ReplaceAll(string(line), "\x00", " "))
	}
	return lines
}

// owned is a robot on a pty: firmware with a body that lies.
func owned(t *testing.T) (device string) {
	return ownedAs(t, func(r *sim.Robot) controller.Robot { return r })
}

// ownedAs is one whose firmware has what plant makes of that body.
func ownedAs(t *testing.T, plant func(*sim.Robot) controller.Robot) (device string) {
	t.Helper()
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	quick := *p
	quick.RateHz = 1 / emulate.Tick.Seconds()
	body, err := sim.Open(sim.Options{Profile: &quick, Timestep: emulate.Tick})
	if err != nil {
		t.Fatal(err)
	}
	e, err := emulate.Start(emulate.Options{Board: "host", Profile: p, Plant: plant(body)})
	if err != nil {
		t.Fatal(err)
	}
	if device, err = e.Pty(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Pace(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		e.Close()
		body.Close()
	})
	return device
}

func TestDoctorWalksToTheFirstStand(t *testing.T) {
	o := ok(t, "doctor", "--robot", "quadruped")
	for _, want := range []string{"bus 1, ids", "FL_thigh_joint 2", "-2.6 to 2.6 rad", "sign +1", "commands take 8 %", "whisker ports"} {
		if !strings.Contains(o.out, want) {
			t.Errorf("no %q in\n%s", want, o.out)
		}
	}
	if o := whisker("doctor", "--robot", "quadruped@serial:/dev/absent"); o.status != exitUsage || !strings.Contains(o.errs, "/dev/absent") || !strings.Contains(o.out, "bus 1, ids") {
		t.Errorf("%+v", o)
	}
	device := owned(t)
	robot := "quadruped@serial:" + device
	o = ok(t, "doctor", "--robot", robot)
	for _, want := range []string{`of robot "quadruped"`, "idle, fault none", "V", "whisker calibrate --robot " + robot} {
		if !strings.Contains(o.out, want) {
			t.Errorf("no %q in\n%s", want, o.out)
		}
	}
	if o := whisker("doctor", "--robot", robot, "--clear", "tilt"); o.status != exitFault || !strings.Contains(o.errs, "nothing is latched") {
		t.Errorf("%+v", o)
	}
}

// answering makes standard input a terminal at which somebody types the same again and
// again, until the function it returns is called.
func answering(t *testing.T, keys string) (end func()) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	stdin := os.Stdin
	os.Stdin = slave
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case <-done:
				return
			case <-time.After(50 * time.Millisecond):
				master.WriteString(keys)
			}
		}
	}()
	return func() {
		close(done)
		<-over
		os.Stdin = stdin
		master.Close()
		slave.Close()
	}
}

// The first stand wants a robot that is there and calibrated, a terminal, and a yes.
func TestDoctorStandsOnlyWhenToldTo(t *testing.T) {
	refused(t, whisker("doctor", "--stand"), "--robot PROFILE@serial:DEVICE")
	refused(t, whisker("doctor", "--stand", "--robot", "quadruped"), "quadruped@serial:DEVICE")
	device := owned(t)
	robot := "quadruped@serial:" + device
	if o := whisker("doctor", "--stand", "--robot", robot); o.status != exitUsage || !strings.Contains(o.errs, "is no terminal") {
		t.Errorf("%+v", o)
	}
	defer answering(t, "n")()
	if o := whisker("doctor", "--stand", "--robot", robot); o.status != exitFault || !strings.Contains(o.errs, "before it is calibrated") {
		t.Errorf("%+v", o)
	}
	calibrate(t, device)
	if o := whisker("doctor", "--stand", "--robot", robot); o.status != exitFault || !strings.Contains(o.errs, "given up: nothing has moved") || !strings.Contains(o.out, "half of its stiffness") {
		t.Errorf("%+v", o)
	}
	if o := ok(t, "doctor", "--robot", robot); !strings.Contains(o.out, "idle, fault none") || !strings.Contains(o.out, "--stand`") {
		t.Errorf("the robot is not at rest, or nobody says what comes next:\n%s", o.out)
	}
}

// calibrate gives the robot at a device the calibration of the profile.
func calibrate(t *testing.T, device string) {
	t.Helper()
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	e := &env{ctx: t.Context(), log: console(t.Output())}
	err = withRobot(e, p, device, func(_ context.Context, r *board.Robot) error {
		id, err := r.Greet()
		if err != nil {
			return err
		}
		c := &board.Calibration{Robot: p.Name, UID: fmt.Sprintf("%x", id.Welcome.UID)}
		for _, j := range p.Joints {
			c.Joints = append(c.Joints, board.JointCalibration{Name: j.Name, Sign: j.Sign, Offset: j.Offset})
		}
		return r.Store(c)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Somebody who says no to the first question has a robot that did not move.
func TestCalibrateAsksFirst(t *testing.T) {
	device := owned(t)
	refused(t, whisker("calibrate", "--robot", "quadruped@serial:"+device), "is no terminal")
	defer answering(t, "n")()
	dir := t.TempDir()
	refused(t, whisker("calibrate", "--robot", "quadruped@serial:"+device, "--out", filepath.Join(dir, "absent", "c.json")), "cannot be written")
	o := whisker("calibrate", "--robot", "quadruped@serial:"+device, "--out", filepath.Join(dir, "c.json"))
	if o.status != exitFault || !strings.Contains(o.errs, "given up") || !strings.Contains(o.out, "forgets its calibration") {
		t.Errorf("%+v", o)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("a calibration that was given up left %v, %v", left, err)
	}
	if o := ok(t, "doctor", "--robot", "quadruped@serial:"+device); !strings.Contains(o.out, "idle, fault none") {
		t.Errorf("the robot is not at rest:\n%s", o.out)
	}
}
