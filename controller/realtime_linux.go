package controller

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// kernelTime reads the clock that sleepUntil sleeps by; Go's own monotonic
// clock runs at the same rate from another start.
func kernelTime() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		panic("controller: no monotonic clock: " + err.Error())
	}
	return time.Duration(ts.Nano())
}

// sleepUntil sleeps to a time of p.Clock. The signals by which Go pre-empts
// goroutines end the system call early; it then goes on.
func (p *Realtime) sleepUntil(t time.Duration) error {
	ts := unix.NsecToTimespec(int64(p.epoch + t))
	for {
		err := unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &ts, nil)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// systemSteps are what a real-time loop asks of Linux. FIFO comes after the
// background priority, which covers the loop's thread too.
func systemSteps(p *Realtime, o RealtimeOptions) []step {
	steps := []step{
		{"timer slack of 1 ns was refused", timerSlack},
		{"locking memory was refused (raise the memlock limit or grant CAP_IPC_LOCK)", lockMemory},
		{fmt.Sprintf("SCHED_FIFO %d for the process was refused (run as root, grant CAP_SYS_NICE, or set an rtprio limit)", o.Background),
			func() (func(), error) { return processFIFO(o.Background) }},
		{fmt.Sprintf("SCHED_FIFO %d for the loop was refused (run as root, grant CAP_SYS_NICE, or set an rtprio limit)", o.Priority),
			func() (func(), error) { return loopFIFO(p, o.Priority) }},
	}
	if o.CPUs != nil {
		steps = append(steps, step{fmt.Sprintf("running on CPUs %v only was refused", o.CPUs), func() (func(), error) { return affinity(o.CPUs) }})
	}
	return steps
}

func timerSlack() (func(), error) {
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0); err != nil {
		return nil, err
	}
	return func() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0) }, nil // 0 is the default
}

// lockMemory keeps touched pages in memory. Under a limit it does not try: the
// lock would hold, and a later growth of the Go heap would end the process.
func lockMemory() (func(), error) {
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &lim); err != nil {
		return nil, err
	}
	if lim.Cur != unix.RLIM_INFINITY && !capable(unix.CAP_IPC_LOCK) {
		return nil, fmt.Errorf("the limit is %d bytes", lim.Cur)
	}
	if err := unix.Mlockall(unix.MCL_CURRENT | unix.MCL_FUTURE | unix.MCL_ONFAULT); err != nil {
		return nil, err
	}
	return func() { _ = unix.Munlockall() }, nil
}

func capable(c uint) bool {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	return unix.Capget(&head, &data[0]) == nil && data[c/32].Effective&(1<<(c%32)) != 0
}

// processFIFO gives every thread the low priority. Threads made later inherit
// it; a second pass catches those made meanwhile.
func processFIFO(priority int) (func(), error) {
	before, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		return nil, err
	}
	undo := func() { _ = eachThread(before) }
	for range 2 {
		if err := eachThread(fifo(priority)); err != nil {
			undo()
			return nil, err
		}
	}
	return undo, nil
}

func loopFIFO(p *Realtime, priority int) (func(), error) {
	before, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.SchedSetAttr(0, fifo(priority), 0); err != nil {
		return nil, err
	}
	p.spin = fifoSpin
	return func() { _ = unix.SchedSetAttr(0, before, 0) }, nil
}

func fifo(priority int) *unix.SchedAttr {
	return &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: uint32(priority)}
}

// eachThread sets the scheduling of all threads of the process. One that ended
// meanwhile does not matter.
func eachThread(attr *unix.SchedAttr) error {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, t := range tasks {
		tid, err := strconv.Atoi(t.Name())
		if err != nil {
			return err
		}
		if err := unix.SchedSetAttr(tid, attr, 0); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	return nil
}

func affinity(cpus []int) (func(), error) {
	var before, set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return nil, err
	}
	for _, c := range cpus {
		set.Set(c)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return nil, err
	}
	return func() { _ = unix.SchedSetaffinity(0, &before) }, nil
}
