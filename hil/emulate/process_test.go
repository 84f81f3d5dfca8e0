package emulate

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"whisker/bridge/wire"
	"whisker/controller"
)

// TestMain lets the test binary be the parent that is killed.
func TestMain(m *testing.M) {
	if os.Getenv("EMULATE_PARENT") == "" {
		os.Exit(m.Run())
	}
	testing.Init()
	plant := newPendulums(new(testing.T))
	e, err := Start(Options{Board: os.Getenv("EMULATE_PARENT"), Profile: plant.p, Plant: plant})
	if err == nil {
		err = e.Step(1)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(e.Pid())
	select {}
}

// gone says whether the process ended; a zombie of somebody else did.
func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}

func TestTheChildDiesWithItsKilledParent(t *testing.T) {
	for _, board := range boards {
		t.Run(board, func(t *testing.T) {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "EMULATE_PARENT="+board)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line, _ := bufio.NewReader(out).ReadString('\n')
			var pid int
			if _, err := fmt.Sscan(line, &pid); err != nil || gone(pid) {
				t.Fatalf("the parent said %q, and its child %d is gone: %v", line, pid, gone(pid))
			}
			cmd.Process.Signal(syscall.SIGKILL)
			cmd.Wait()
			for end := time.Now().Add(30 * time.Second); !gone(pid); time.Sleep(5 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("child %d outlives its parent by 30 s", pid)
				}
			}
		})
	}
}

// reopened is the session after the firmware started again, torque or not.
func reopened(t *testing.T, r *Robot) *session {
	t.Helper()
	s := newSession(r.e)
	if err := r.e.Step(20); err != nil {
		t.Fatal(err)
	}
	if err := s.ask(&wire.Hello{Schema: wire.SchemaHash()}, func() bool { return s.welcome.Schema != 0 }); err != nil {
		t.Fatal(err)
	}
	for s.heard == 0 {
		if err := s.step(5); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func limp(e *Emulator) bool {
	for i := range e.Told().Kp {
		if e.Told().Kp[i] != 0 || e.Told().Kd[i] != 0 || e.Told().Torque[i] != 0 {
			return false
		}
	}
	return true
}

func TestAHangIsEndedByTheWatchdogAndDamped(t *testing.T) {
	r := lockstep(t, "mps2")
	play(t, r, 10)
	if err := r.e.Hang(); err != nil {
		t.Fatal(err)
	}
	r.e.opts.Plant.Start() // the joints stand where they are; the session before is lost
	s := reopened(t, r)
	if s.welcome.ResetCause != wire.ResetWatchdog || s.welcome.Boots != 2 {
		t.Errorf("reset cause %d in boot %d, want the watchdog's in boot 2", s.welcome.ResetCause, s.welcome.Boots)
	}
	if s.state.Mode != wire.ModeFault || s.state.Fault != wire.FaultWatchdog || !damped(r.e) {
		t.Errorf("the firmware is %v, fault %v, told %+v", s.state.Mode, s.state.Fault, r.e.Told())
	}
}

func TestAResetInMotionDampsForAWhileAndKeepsTheCalibration(t *testing.T) {
	r := lockstep(t, "mps2")
	play(t, r, 10)
	if err := r.e.Reset(); err != nil {
		t.Fatal(err)
	}
	s := reopened(t, r)
	if s.welcome.Boots != 2 || s.state.Mode != wire.ModeDamped || !damped(r.e) {
		t.Errorf("boot %d, %v, told %+v", s.welcome.Boots, s.state.Mode, r.e.Told())
	}
	if err := s.step(1510); err != nil || s.state.Mode != wire.ModeIdle || !limp(r.e) {
		t.Errorf("3 s later it is %v, told %+v, error %v", s.state.Mode, r.e.Told(), err)
	}
	if err := s.ask(&wire.Query{}, func() bool { return s.info.Joints != 0 }); err != nil {
		t.Fatal(err)
	}
	if want := calibration(r.opts.Profile).ID; s.info.Calibration != want {
		t.Errorf("calibration %x, want %x", s.info.Calibration, want)
	}
}

func TestABrownOutInMotionIsAFault(t *testing.T) {
	flash := t.TempDir() + "/flash"
	play(t, lockstep(t, "host", "--flash", flash), 5) // power is cut in motion
	plant := newPendulums(t)
	r, err := New(Options{Board: "host", Profile: plant.p, Plant: plant, Args: []string{"--flash", flash, "--reset", "4"}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	err = r.Start()
	if err == nil || !strings.Contains(err.Error(), "fault") {
		t.Fatalf("start after a brown-out: %v, want a refusal that names the fault", err)
	}
}

// TestACutLineDampsOnAPty runs the firmware at its own clock with a host on a pty,
// and cuts the line.
func TestACutLineDampsOnAPty(t *testing.T) {
	for _, board := range boards {
		t.Run(board, func(t *testing.T) {
			r := lockstep(t, board)
			play(t, r, 10)
			e := r.e
			path, err := e.Pty()
			if err != nil {
				t.Fatal(err)
			}
			device, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOCTTY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer device.Close()
			e.Cut(true)
			// The host goes on talking into the cut line.
			c := wire.Command{ValidMs: validMs}
			if _, err := device.Write(wire.Append(nil, wire.Header{Session: sessionID, Seq: r.s.seq + 1, TimeUs: r.s.timeUs}, &c)); err != nil {
				t.Fatal(err)
			}
			from := e.Time()
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			for !damped(e) && e.Time()-from < time.Second {
				if err := e.tick(flagPaced); err != nil {
					t.Fatal(err)
				}
			}
			if took := e.Time() - from; took > 102*time.Millisecond {
				t.Errorf("damped %v after the cut, want 100 ms and a tick", took)
			}
			if err := e.Pace(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	plant := newPendulums(t)
	plant.body.Period = 4 * time.Millisecond
	_, err := Start(Options{Board: "host", Profile: plant.p, Plant: plant})
	if err == nil || !strings.Contains(err.Error(), "2ms") {
		t.Errorf("a plant of 4 ms: %v", err)
	}
	plant.body.Period = Tick
	for file, want := range map[string]string{"/nonexistent": "does not start", "/bin/false": "ended"} {
		e, err := Start(Options{Board: "host", Firmware: file, Profile: plant.p, Plant: plant})
		if err == nil {
			err = e.Step(1)
			e.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("firmware %s: %v, want %q", file, err, want)
		}
	}
	if _, err := Start(Options{Board: "arduino", Profile: plant.p, Plant: plant}); err == nil || !strings.Contains(err.Error(), "mps2") {
		t.Errorf("another board: %v", err)
	}
}

// A host that does not read its pty stops neither the firmware nor the end of it.
func TestNobodyReadsThePty(t *testing.T) {
	r := lockstep(t, "host")
	play(t, r, 2)
	if _, err := r.e.Pty(); err != nil {
		t.Fatal(err)
	}
	if err := r.e.Step(1000); err != nil { // 40 kB of states, and a pty holds some 4
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	go func() { closed <- r.e.Close() }()
	select {
	case err := <-closed:
		if r.e = nil; err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the emulator does not close while nobody reads")
	}
}

func TestWithoutQEMUItSaysWhatToInstall(t *testing.T) {
	plant := newPendulums(t)
	file := t.TempDir() + "/whisker.elf"
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", "")
	_, err := Start(Options{Board: "mps2", Firmware: file, Profile: plant.p, Plant: plant})
	if err == nil || !strings.Contains(err.Error(), "apt install qemu-system-arm") {
		t.Errorf("%v", err)
	}
}

// A file in the firmware's place that cannot run is named, and halting the robot that
// never was is nothing.
func TestAFirmwareThatDoesNotStartIsNamed(t *testing.T) {
	for content, want := range map[string]string{
		"junk":                            " does not start: ",
		"#!/bin/sh\necho no such board\n": "the firmware ended (exit status 0): no such board",
	} {
		file := filepath.Join(t.TempDir(), "whisker")
		if err := os.WriteFile(file, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
		plant := newPendulums(t)
		r, err := New(Options{Board: "host", Firmware: file, Profile: plant.p, Plant: plant})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Start(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", content, err, want)
		}
		if err := r.Halt(); err != nil {
			t.Errorf("%q: halted: %v", content, err)
		}
		if s := controller.NewState(r.Body()); r.Read(&s) == nil {
			t.Errorf("%q: a robot that did not start is read", content)
		}
	}
}
