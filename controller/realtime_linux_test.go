package controller

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What was granted shows in the kernel, what was refused in a warning, and
// after Close nothing of it is left.
func TestRealtimeScheduling(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	policy := func() (uint32, uint32) {
		a, err := unix.SchedGetAttr(0, 0)
		if err != nil {
			t.Fatal(err)
		}
		return a.Policy, a.Priority
	}
	slack := func() int {
		n, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	policyBefore, _ := policy()
	slackBefore := slack()
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	cpu := 0
	for !set.IsSet(cpu) { // not every machine lends its first one
		cpu++
	}
	p, warnings, err := OpenRealtime(time.Millisecond, RealtimeOptions{Priority: 42, CPUs: []int{cpu}})
	if err != nil {
		t.Fatal(err)
	}
	refused := strings.Contains(strings.Join(warnings, "\n"), "SCHED_FIFO 42")
	if pol, prio := policy(); (pol == unix.SCHED_FIFO && prio == 42) == refused {
		t.Errorf("policy %d, priority %d, warnings %q", pol, prio, warnings)
	}
	if (p.spin > 0) == refused {
		t.Errorf("spins for %v, warnings %q", p.spin, warnings)
	}
	if policyBefore == unix.SCHED_NORMAL && refused && slack() != 1 {
		t.Errorf("timer slack %d", slack())
	}
	if err := unix.SchedGetaffinity(0, &set); err != nil || set.Count() != 1 || !set.IsSet(cpu) {
		t.Errorf("runs on %d CPUs, error %v", set.Count(), err)
	}
	p.Close()
	if pol, _ := policy(); pol != policyBefore || slack() != slackBefore {
		t.Errorf("policy %d and slack %d are left, found %d and %d", pol, slack(), policyBefore, slackBefore)
	}
	if err := unix.SchedGetaffinity(0, &set); err != nil || set.Count() != runtime.NumCPU() {
		t.Errorf("left on %d CPUs of %d, error %v", set.Count(), runtime.NumCPU(), err)
	}
}

// A CPU that does not exist is refused, and is an error when it is required.
func TestRealtimeRequired(t *testing.T) {
	absent := RealtimeOptions{CPUs: []int{1023}}
	p, warnings, err := OpenRealtime(time.Millisecond, absent)
	if err != nil || !strings.Contains(strings.Join(warnings, "\n"), "running on CPUs [1023] only was refused") {
		t.Errorf("warnings %q, error %v", warnings, err)
	}
	p.Close()
	absent.Required = true
	if _, _, err := OpenRealtime(time.Millisecond, absent); err == nil || !strings.HasPrefix(err.Error(), "controller: real time is required, but ") {
		t.Errorf("error %v", err)
	}
}
