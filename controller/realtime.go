package controller

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"
)

// RealtimeOptions ask the operating system for real time. The zero value asks
// for everything and goes on with what it gets.
type RealtimeOptions struct {
	// Required makes each refusal an error in place of a warning.
	Required bool
	// Priority is the loop thread's SCHED_FIFO priority; 0 means 80.
	Priority int
	// Background is the SCHED_FIFO priority of all other threads of the process;
	// 0 means 10. They need one: the loop can wait for a lock of the Go runtime
	// that another thread holds, and a busy neighbour would starve that thread.
	Background int
	// CPUs are those that the loop's thread may run on; nil means all.
	CPUs []int
}

// Realtime is a Pacer with absolute deadlines on the monotonic clock. A tick
// that comes late by whole periods skips them: the loop never catches up with a
// burst. Its goroutine is locked to its thread.
type Realtime struct {
	period time.Duration
	spin   time.Duration // awake before the deadline
	start  time.Time
	epoch  time.Duration // the kernel's monotonic clock at start
	next   time.Duration // the last deadline, after start; 0 before the first tick
	undo   []func()
}

// fifoSpin is how long before its deadline a FIFO thread wakes up to spin. It
// covers the wake-up latency of most ticks (30 us here, 60 at worst in 95 %)
// and costs 6 % of a core at 1 kHz.
const fifoSpin = 60 * time.Microsecond

// step is one thing asked of the system; it returns how to take it back.
type step struct {
	what string
	do   func() (undo func(), err error)
}

// OpenRealtime prepares the calling goroutine, its thread and the process for
// a loop of that period. Call it in the goroutine that calls Loop.Run, and
// Close after it. Each thing that the system refuses is one warning, which says
// what to do about it.
func OpenRealtime(period time.Duration, o RealtimeOptions) (p *Realtime, warnings []string, err error) {
	if period <= 0 {
		return nil, nil, fmt.Errorf("controller: real time with a period of %v; a positive one is expected", period)
	}
	if o.Priority == 0 {
		o.Priority = 80
	}
	if o.Background == 0 {
		o.Background = 10
	}
	runtime.LockOSThread()
	p = &Realtime{period: period, undo: []func(){runtime.UnlockOSThread}}
	warnings, err = p.ask(append(systemSteps(p, o), runtimeStep()), o.Required)
	if err != nil {
		return nil, nil, err
	}
	p.start, p.epoch = time.Now(), kernelTime()
	return p, warnings, nil
}

// ask takes the steps in order and keeps how to take them back. When all are
// required, the first refusal takes back what came before it.
func (p *Realtime) ask(steps []step, required bool) (warnings []string, err error) {
	for _, s := range steps {
		undo, err := s.do()
		switch {
		case err == nil:
			p.undo = append(p.undo, undo)
		case required:
			p.Close()
			return nil, fmt.Errorf("controller: real time is required, but %s: %w", s.what, err)
		default:
			warnings = append(warnings, fmt.Sprintf("controller: %s: %v", s.what, err))
		}
	}
	return warnings, nil
}

// runtimeStep gives the Go scheduler two more processors than there are, so
// that the loop finds an idle one when it wakes up, and the collector less to do.
func runtimeStep() step {
	return step{"the Go runtime", func() (func(), error) {
		procs := runtime.GOMAXPROCS(max(runtime.GOMAXPROCS(0), runtime.NumCPU()+2))
		percent := debug.SetGCPercent(400)
		return func() {
			debug.SetGCPercent(percent)
			runtime.GOMAXPROCS(procs)
		}, nil
	}}
}

// Close gives back what OpenRealtime was granted. Call it in the same goroutine.
func (p *Realtime) Close() {
	for len(p.undo) > 0 {
		last := len(p.undo) - 1
		p.undo[last]()
		p.undo = p.undo[:last]
	}
}

// Clock is the monotonic time since OpenRealtime, for Loop.Clock.
func (p *Realtime) Clock() time.Duration { return time.Since(p.start) }

// Reset makes the next tick due at once, after a pause of the loop.
func (p *Realtime) Reset() { p.next = 0 }

// Wait sleeps until shortly before the next deadline and spins over the rest.
// The lateness is against the first deadline missed, as cyclictest counts it.
func (p *Realtime) Wait(ctx context.Context) (late time.Duration, skipped int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	now := p.Clock()
	if p.next == 0 {
		p.next = now
		return 0, 0, nil
	}
	p.next += p.period
	if p.next-now > p.spin {
		if err := p.sleepUntil(p.next - p.spin); err != nil {
			return 0, 0, fmt.Errorf("controller: sleeping until the next tick: %w", err)
		}
	}
	for now = p.Clock(); now < p.next; now = p.Clock() {
	}
	late, skipped = p.miss(now)
	return late, skipped, ctx.Err()
}

// miss returns how late now is and moves the deadline on by the whole periods
// that are lost.
func (p *Realtime) miss(now time.Duration) (late time.Duration, skipped int) {
	late = now - p.next
	skipped = int(late / p.period)
	p.next += time.Duration(skipped) * p.period
	return late, skipped
}
