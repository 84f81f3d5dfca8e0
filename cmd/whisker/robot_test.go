package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
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
