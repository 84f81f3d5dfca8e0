//go:build linux

// Latebench measures how late the loop's ticks begin against cyclictest, the
// kernel's own wake-up limit: at the same priority, in alternating rounds, with
// garbage and a heap of pointers in this process and a busy loop beside it.
// Out flows a table of µs and the medians of the rounds and of their ratios;
// below 1 the loop is better than cyclictest. With -json they are one object.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"whisker/controller"
)

type options struct {
	period   time.Duration
	round    time.Duration
	rounds   int
	priority int
	garbage  int // MB/s
	heap     int // MB
	hog      bool
	json     bool
}

func main() {
	var o options
	flag.DurationVar(&o.period, "period", time.Millisecond, "period of the loop")
	flag.DurationVar(&o.round, "round", 5*time.Second, "length of each round, one of the loop and one of cyclictest")
	flag.IntVar(&o.rounds, "rounds", 2, "how many pairs of rounds")
	flag.IntVar(&o.priority, "priority", 80, "SCHED_FIFO priority of both")
	flag.IntVar(&o.garbage, "garbage", 200, "garbage made in this process, MB/s")
	flag.IntVar(&o.heap, "heap", 100, "live heap of pointers in this process, MB")
	flag.BoolVar(&o.json, "json", false, "print the medians as JSON in place of the table")
	flag.BoolVar(&o.hog, "hog", false, "only keep a CPU busy, until killed")
	flag.Parse()
	if o.hog {
		for {
			_ = o
		}
	}
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(o options) error {
	if _, err := exec.LookPath("cyclictest"); err != nil {
		return errors.New("latebench: cyclictest is missing; apt-get install rt-tests")
	}
	hog := exec.Command("/proc/self/exe", "-hog")
	hog.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := hog.Start(); err != nil {
		return fmt.Errorf("latebench: the busy neighbour: %w", err)
	}
	defer func() {
		_ = hog.Process.Kill()
		_ = hog.Wait()
	}()
	pacer, warnings, err := controller.OpenRealtime(o.period, controller.RealtimeOptions{Priority: o.priority})
	if err != nil {
		return err
	}
	defer pacer.Close()
	for _, w := range warnings {
		fmt.Fprintln(os.Stderr, w)
	}
	stop := litter(o.heap, o.garbage)
	defer stop()
	rounds, err := compare(o, pacer)
	if err != nil {
		return err
	}
	if o.json {
		return json.NewEncoder(os.Stdout).Encode(rounds.medians())
	}
	rounds.print(os.Stdout, o.period)
	return nil
}

// rounds are what was measured, in order.
type rounds []round

// round is one round of each side, and ours by theirs; times in µs.
type round struct {
	Loop       row `json:"loop_us"`
	Cyclictest row `json:"cyclictest_us"`
	Ratio      row `json:"ratio"`
}

// compare alternates between the two sides.
func compare(o options, pacer controller.Pacer) (all rounds, err error) {
	for range o.rounds {
		var r round
		var missed, missedToo uint64
		if r.Loop, missed, err = measureLoop(o, pacer); err != nil {
			return nil, err
		}
		if r.Cyclictest, missedToo, err = measureCyclictest(o); err != nil {
			return nil, err
		}
		if missed+missedToo > 0 {
			fmt.Fprintf(os.Stderr, "periods missed: loop %d, cyclictest %d\n", missed, missedToo)
		}
		for i := range r.Ratio {
			r.Ratio[i] = r.Loop[i] / max(r.Cyclictest[i], 1) // cyclictest counts in whole µs
		}
		all = append(all, r)
	}
	return all, nil
}

// print writes every round, then the medians of the ratios.
func (all rounds) print(w io.Writer, period time.Duration) {
	fmt.Fprintf(w, "lateness at %v, µs     p50      p99    p99.9      max\n", period)
	for _, r := range all {
		fmt.Fprintf(w, "  loop             %v\n  cyclictest       %v\n", r.Loop, r.Cyclictest)
	}
	fmt.Fprintf(w, "ratio, median      %v\n", all.medians().Ratio)
}

func (all rounds) medians() round {
	of := func(side func(round) row) row {
		var rows []row
		for _, r := range all {
			rows = append(rows, side(r))
		}
		return medians(rows)
	}
	return round{
		of(func(r round) row { return r.Loop }),
		of(func(r round) row { return r.Cyclictest }),
		of(func(r round) row { return r.Ratio }),
	}
}

// row holds p50, p99, p99.9 and the maximum.
type row [4]float64

func (r row) String() string { return fmt.Sprintf("%8.3f %8.3f %8.3f %8.3f", r[0], r[1], r[2], r[3]) }

func medians(rows []row) (m row) {
	for i := range m {
		var x []float64
		for _, r := range rows {
			x = append(x, r[i])
		}
		slices.Sort(x)
		m[i] = (x[(len(x)-1)/2] + x[len(x)/2]) / 2
	}
	return m
}

// measureLoop runs a real Loop on a robot of twelve motors that does nothing.
func measureLoop(o options, pacer controller.Pacer) (row, uint64, error) {
	ticks := int(o.round / o.period)
	l := controller.Loop{Robot: newStill(o.period), Policy: &countdown{ticks}, Pacer: pacer,
		Overruns: controller.Overruns{Max: ticks, Window: ticks}}
	if err := l.Run(context.Background()); err != nil {
		return row{}, 0, err
	}
	s := l.Stats()
	us := func(d time.Duration) float64 { return float64(d) / 1e3 }
	return row{us(s.Late.Quantile(0.5)), us(s.Late.Quantile(0.99)), us(s.Late.Quantile(0.999)), us(s.Late.Max())}, s.Skipped, nil
}
