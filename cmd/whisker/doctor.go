package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"whisker/controller"
	"whisker/policy"
	"whisker/policy/nn"
	"whisker/sim"
)

// doctorCmd says what this machine can do, a line each; what is missing comes
// with how to get it. With a robot it walks from its wiring to its first stand.
type doctorCmd struct {
	Robot string `help:"Look at a robot: PROFILE, or PROFILE@serial:DEVICE." placeholder:"ROBOT"`
	Stand bool   `help:"Have a calibrated robot on a serial line stand up softly for 3 s, after a question and while the space bar is held."`
	Clear string `help:"Clear this fault, or estop, once its cause is gone. It gives no torque." placeholder:"FAULT"`
}

// Run is called by kong.
func (c *doctorCmd) Run(e *env) error {
	switch {
	case c.Robot != "":
		return c.robot(e)
	case c.Stand:
		return usage(errors.New("whisker: --stand is for a robot: name it with --robot PROFILE@serial:DEVICE"))
	case c.Clear != "":
		return usage(errors.New("whisker: --clear is for a robot: name it with --robot PROFILE@serial:DEVICE"))
	}
	t := newTable(e.out)
	line := func(what string, args ...any) { t.line(what, fmt.Sprint(args...)) }
	line("machine", runtime.GOOS, "/", runtime.GOARCH, ", ", runtime.NumCPU(), " cores, ", firstOf("/proc/cpuinfo", "model name"))
	line("kernel", trimmed("/proc/sys/kernel/osrelease"), " ", preemption())
	line("whisker", version(), ", ", runtime.Version())
	line("matrix kernel", nn.Kernel())
	line("simulator", simulator())
	line("policy", shipped())
	realtime(line)
	for _, tool := range []struct{ name, use string }{
		{"chromium", "tests and videos of the live view"}, {"ffmpeg", "videos"}, {"cyclictest", "the lateness benchmark (apt: rt-tests)"},
	} {
		if path, err := exec.LookPath(tool.name); err == nil {
			line(tool.name, path)
		} else {
			line(tool.name, "absent; needed for ", tool.use)
		}
	}
	return t.Flush()
}

func simulator() string {
	r, err := sim.Open(sim.Options{})
	if err != nil {
		return err.Error()
	}
	defer r.Close()
	return fmt.Sprintf("MuJoCo %s, the rat with %d joints and %d actuators", sim.Version(), len(r.Body().Joints), len(r.Body().Actuators))
}

func shipped() string {
	f, err := policy.Rat()
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("the one that ships, for %s at %g Hz, %s", f.Contract.Body, 1/f.Contract.Period.Seconds(), f.Hash()[:12])
}

// realtime asks for real-time rights and gives them back.
func realtime(line func(string, ...any)) {
	p, warnings, err := controller.OpenRealtime(time.Millisecond, controller.RealtimeOptions{})
	if err != nil {
		line("real time", err)
		return
	}
	defer p.Close()
	if len(warnings) == 0 {
		line("real time", "FIFO scheduling, locked memory and timer slack granted")
	}
	for _, w := range warnings {
		line("real time", strings.TrimPrefix(w, "controller: "))
	}
}

// preemption is the kernel's model as its version string has it.
func preemption() string {
	for word := range strings.FieldsSeq(trimmed("/proc/sys/kernel/version")) {
		if strings.HasPrefix(word, "PREEMPT") {
			return word
		}
	}
	return ""
}

func trimmed(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(b))
}

// firstOf is the value of the first line "key : value" of a file.
func firstOf(path, key string) string {
	for line := range strings.Lines(trimmed(path)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return "unknown processor"
}
