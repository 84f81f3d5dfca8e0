//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// measureCyclictest runs one round of it, on a thread of its own.
func measureCyclictest(o options) (row, uint64, error) {
	type result struct {
		out []byte
		err error
	}
	done := make(chan result)
	go func() {
		out, err := exec.Command("cyclictest", "--quiet", "--mlockall", "--histogram=100000",
			fmt.Sprintf("--priority=%d", o.priority),
			fmt.Sprintf("--interval=%d", o.period.Microseconds()),
			fmt.Sprintf("--loops=%d", o.round/o.period)).Output()
		done <- result{out, err}
	}()
	r := <-done
	if r.err != nil {
		return row{}, 0, fmt.Errorf("latebench: cyclictest: %w", r.err)
	}
	return parseHistogram(r.out, o.period)
}

// parseHistogram reads lines of "latency count" in µs; the rest are comments.
// Latencies past the histogram are in "# Max Latencies" only. A tick that was
// late by whole periods missed as many.
func parseHistogram(out []byte, period time.Duration) (r row, missed uint64, err error) {
	var at, count []uint64
	var total, most uint64
	for sc := bufio.NewScanner(bytes.NewReader(out)); sc.Scan(); {
		line := sc.Text()
		if rest, ok := strings.CutPrefix(line, "# Max Latencies:"); ok {
			if most, err = strconv.ParseUint(strings.TrimSpace(rest), 10, 64); err != nil {
				return r, 0, fmt.Errorf("latebench: cyclictest's %q: %w", line, err)
			}
			continue
		}
		f := strings.Fields(line)
		if len(f) != 2 || strings.HasPrefix(line, "#") {
			continue
		}
		us, err1 := strconv.ParseUint(f[0], 10, 64)
		n, err2 := strconv.ParseUint(f[1], 10, 64)
		if err1 != nil || err2 != nil || n == 0 {
			continue
		}
		at, count, total = append(at, us), append(count, n), total+n
		missed += n * (us / uint64(period.Microseconds()))
	}
	if total == 0 {
		return r, 0, fmt.Errorf("latebench: cyclictest printed no histogram:\n%s", out)
	}
	for i, q := range []float64{0.5, 0.99, 0.999} {
		var seen uint64
		for j := range at {
			if seen += count[j]; float64(seen) >= q*float64(total) {
				r[i] = float64(at[j])
				break
			}
		}
	}
	r[3] = float64(most)
	return r, missed, nil
}
