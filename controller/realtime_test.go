package controller

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

func TestRealtimeKeepsToItsDeadlines(t *testing.T) {
	const period = 2 * time.Millisecond
	p, _, err := OpenRealtime(period, RealtimeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ctx := context.Background()
	if late, skipped, err := p.Wait(ctx); late != 0 || skipped != 0 || err != nil {
		t.Errorf("the first tick is due at once: late %v, skipped %d, error %v", late, skipped, err)
	}
	first, due := p.next, p.next
	for range 40 {
		late, skipped, err := p.Wait(ctx)
		now := p.Clock()
		due += time.Duration(1+skipped) * period
		if err != nil || p.next != due || now < due || late < time.Duration(skipped)*period || late > now-due+time.Duration(skipped)*period {
			t.Fatalf("at %v: due %v, expected %v, late %v, skipped %d, error %v", now-first, p.next-first, due-first, late, skipped, err)
		}
	}
}

func TestRealtimeSkipsWholePeriods(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		now, late, next time.Duration
		skipped         int
	}{
		{100 * ms, 0, 100 * ms, 0},
		{119 * ms, 19 * ms, 100 * ms, 0},
		{120 * ms, 20 * ms, 120 * ms, 1},
		{175 * ms, 75 * ms, 160 * ms, 3},
	} {
		p := Realtime{period: 20 * ms, next: 100 * ms}
		late, skipped := p.miss(c.now)
		if late != c.late || skipped != c.skipped || p.next != c.next {
			t.Errorf("at %v: late %v, skipped %d, next %v; expected %v, %d, %v", c.now, late, skipped, p.next, c.late, c.skipped, c.next)
		}
	}
}

// A stalled tick is one overrun with the periods it cost, in the samples too.
func TestRealtimeOverrunInTheLoop(t *testing.T) {
	p := newPlant()
	p.body.Period = 5 * time.Millisecond
	p.body.Limits.MaxCommandAge = time.Minute
	rt, _, err := OpenRealtime(p.body.Period, RealtimeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	n := 0
	all, err := record(t, &Loop{Robot: p, Pacer: rt, Clock: rt.Clock, Policy: until(8, func(*State, *Command) error {
		if n++; n == 4 {
			time.Sleep(23 * time.Millisecond)
		}
		return nil
	})})
	if err != nil {
		t.Fatal(err)
	}
	if x := all[4].Timing; x.Skipped < 3 || x.Late < 15*time.Millisecond {
		t.Errorf("after a stall of 23 ms at 5 ms: late %v, skipped %d", x.Late, x.Skipped)
	}
	if x := all[3].Timing; x.Act < 23*time.Millisecond {
		t.Errorf("acting for 23 ms was timed as %v", x.Act)
	}
}

func TestRealtimeRefusals(t *testing.T) {
	refused := errors.New("not today")
	p := &Realtime{}
	var order []string
	note := func(s string) func() { return func() { order = append(order, s) } }
	steps := []step{
		{"one", func() (func(), error) { return note("undo one"), nil }},
		{"two was refused", func() (func(), error) { return nil, refused }},
		{"three", func() (func(), error) { return note("undo three"), nil }},
	}
	warnings, err := p.ask(steps, false)
	if err != nil || len(warnings) != 1 || warnings[0] != "controller: two was refused: not today" {
		t.Errorf("warnings %q, error %v", warnings, err)
	}
	p.Close()
	if got := strings.Join(order, ", "); got != "undo three, undo one" {
		t.Errorf("closed by %q", got)
	}
	order = nil
	if _, err := p.ask(steps, true); !errors.Is(err, refused) || !strings.HasPrefix(err.Error(), "controller: real time is required, but two was refused") {
		t.Errorf("error %v", err)
	}
	if got := strings.Join(order, ", "); got != "undo one" {
		t.Errorf("a refusal left %q", got)
	}
	if _, _, err := OpenRealtime(0, RealtimeOptions{}); err == nil {
		t.Error("a period of 0 was taken")
	}
}

func TestRealtimeGivesBackTheRuntime(t *testing.T) {
	procs, percent := runtime.GOMAXPROCS(0), debug.SetGCPercent(123)
	defer debug.SetGCPercent(percent)
	p, _, err := OpenRealtime(time.Millisecond, RealtimeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if n := runtime.GOMAXPROCS(0); n < runtime.NumCPU()+2 {
		t.Errorf("%d processors of the Go scheduler for %d CPUs", n, runtime.NumCPU())
	}
	p.Close()
	if n, g := runtime.GOMAXPROCS(0), debug.SetGCPercent(123); n != procs || g != 123 {
		t.Errorf("left GOMAXPROCS %d and GOGC %d, found %d and 123", n, g, procs)
	}
}

func TestRealtimeStopsWaitingWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p := &Realtime{period: time.Hour, next: 1}
	if _, _, err := p.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// A pacer that served one run begins the next without lateness, however long
// lay between them; so does the loop after a pause.
func TestRealtimeBeginsAnew(t *testing.T) {
	rt, _, err := OpenRealtime(10*time.Millisecond, RealtimeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	p, in := newPlant(), new(Input)
	p.body.StopsTime, p.body.Limits.MaxCommandAge = true, time.Minute
	for range 2 {
		l := &Loop{Robot: p, Pacer: rt, Policy: until(3, hold), Input: in, Mode: ModeTrack}
		at(l, 1, in.Pause)
		atPause(l, func() { time.AfterFunc(35*time.Millisecond, in.Resume) })
		all, err := record(t, l)
		if err != nil {
			t.Fatal(err)
		}
		if all[0].Timing.Late != 0 || all[2].Timing.Late != 0 {
			t.Errorf("late by %v at the start and %v after a pause", all[0].Timing.Late, all[2].Timing.Late)
		}
		in = new(Input)
		time.Sleep(25 * time.Millisecond)
	}
}
