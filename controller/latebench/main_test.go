//go:build linux

package main

import (
	"strings"
	"testing"
	"time"

	"whisker/controller"
)

const printed = `# /dev/cpu_dma_latency set to 0us
# Histogram
000000 000000
000025 000600
000080 000395
002500 000004
000001 000000
004100 000001
# Total: 000001000
# Min Latencies: 00025
# Avg Latencies: 00060
# Max Latencies: 04100
# Histogram Overflows: 00000
`

func TestParseHistogram(t *testing.T) {
	r, missed, err := parseHistogram([]byte(printed), time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if r != (row{25, 80, 2500, 4100}) || missed != 4*2+4 {
		t.Errorf("%v, %d missed", r, missed)
	}
	if _, _, err := parseHistogram([]byte("# Unable to change scheduling policy!\n"), time.Millisecond); err == nil || !strings.Contains(err.Error(), "Unable") {
		t.Errorf("error %v; what cyclictest said was expected", err)
	}
}

func TestMedians(t *testing.T) {
	if m := medians([]row{{1, 9}, {3, 5}, {2, 7}}); m != (row{2, 7}) {
		t.Errorf("%v", m)
	}
	if m := medians([]row{{1}, {2}}); m != (row{1.5}) {
		t.Errorf("%v", m)
	}
}

func TestRoundsArePrintedWithTheirMedians(t *testing.T) {
	all := rounds{
		{Loop: row{1, 2, 3, 4}, Cyclictest: row{10, 20, 30, 40}, Ratio: row{0.1, 0.1, 0.1, 0.1}},
		{Loop: row{3, 4, 5, 6}, Cyclictest: row{10, 20, 30, 40}, Ratio: row{0.3, 0.2, 0.5, 0.3}},
	}
	if m := all.medians(); m.Loop != (row{2, 3, 4, 5}) || m.Cyclictest != all[0].Cyclictest {
		t.Errorf("%+v", m)
	}
	var b strings.Builder
	all.print(&b, time.Millisecond)
	if got := strings.Count(b.String(), "\n"); got != 6 || !strings.Contains(b.String(), "0.200    0.150    0.300    0.200") {
		t.Errorf("%d lines:\n%s", got, b.String())
	}
}

func TestMeasureLoop(t *testing.T) {
	r, missed, err := measureLoop(options{period: time.Millisecond, round: 50 * time.Millisecond}, controller.Lockstep{})
	if err != nil || r != (row{}) || missed != 0 {
		t.Errorf("a loop without a clock: %v, %d missed, error %v", r, missed, err)
	}
}

func TestChainIsAsLongAsAsked(t *testing.T) {
	n := 0
	for c := chain(640); c.next != nil; c = c.next {
		n++
	}
	if n != 10 {
		t.Errorf("%d nodes of 64 bytes in 640", n)
	}
}
