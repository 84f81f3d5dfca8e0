package mqtt

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"whisker/controller"
)

// benchSeconds is how long each client sends, each round.
const benchSeconds = 3

// median of values in µs.
func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}

// cPeer compiles libmosquitto's client.
func cPeer(b *testing.B) string {
	b.Helper()
	out := filepath.Join(b.TempDir(), "peer")
	if text, err := exec.Command("cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", out, "testdata/peer.c", "-lmosquitto").CombinedOutput(); err != nil {
		b.Fatalf("cc (Debian: libmosquitto-dev): %v\n%s", err, text)
	}
	return out
}

// peerTrips are the round trips of that client.
func peerTrips(b *testing.B, program string, port, rate, qos int) (us []float64) {
	b.Helper()
	out, err := exec.Command(program, "127.0.0.1", fmt.Sprint(port), fmt.Sprint(rate), fmt.Sprint(qos), fmt.Sprint(benchSeconds)).Output()
	if err != nil {
		b.Fatal(err)
	}
	for _, line := range strings.Fields(string(out)) {
		var v float64
		fmt.Sscan(line, &v)
		us = append(us, v)
	}
	return us
}

// ownTrips are ours, through a link as it is used for robots.
func ownTrips(b *testing.B, broker *mosquitto, rate, qos int) []float64 {
	b.Helper()
	var mu sync.Mutex
	var us []float64
	begin := time.Now()
	up := make(chan struct{}, 1)
	l := &link{broker: &Broker{URL: broker.URL()}, robot: "bench", log: zerolog.Nop(), up: func(context.Context) { up <- struct{}{} }}
	l.subs = []subscription{{"bench/own", byte(qos), func(p []byte, _ bool, _ string) {
		took := time.Since(begin) - time.Duration(le.Uint64(p))
		mu.Lock()
		us = append(us, float64(took)/1e3)
		mu.Unlock()
	}}}
	stop := start(b, func(done <-chan struct{}) error {
		ctx, cancel := context.WithCancel(context.Background())
		go func() { <-done; cancel() }()
		return l.Run(ctx)
	})
	defer stop()
	<-up
	n := rate * benchSeconds
	c := *l.client.Load()
	var next unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &next)
	for range n {
		next = unix.NsecToTimespec(next.Nano() + int64(time.Second)/int64(rate))
		unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &next, nil)
		payload := make([]byte, 300)
		le.PutUint64(payload, uint64(time.Since(begin)))
		c.Publish("bench/own", byte(qos), false, payload)
	}
	eventually(b, "all come back", func() bool { mu.Lock(); defer mu.Unlock(); return len(us) == n })
	return us
}

// BenchmarkRoundTrip is the median round trip through mosquitto and back, beside
// that of libmosquitto's client in C, in turns.
func BenchmarkRoundTrip(b *testing.B) {
	program := cPeer(b)
	broker := newBroker(b, "allow_anonymous true", "max_inflight_messages 0", "max_queued_messages 0")
	for _, rate := range []int{200, 1000} {
		for qos := range 2 {
			b.Run(fmt.Sprintf("rate=%d/qos=%d", rate, qos), func(b *testing.B) {
				var ours, theirs []float64
				for b.Loop() {
					theirs = append(theirs, median(peerTrips(b, program, broker.Port, rate, qos)))
					ours = append(ours, median(ownTrips(b, broker, rate, qos)))
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(median(ours), "us")
				b.ReportMetric(median(theirs), "peer-us")
				b.ReportMetric(median(ours)/median(theirs), "ratio")
			})
		}
	}
}

// lateness runs a loop at 1 kHz that publishes, while something happens, and
// returns its lateness.
func lateness(b *testing.B, tel *Telemetry, happen func()) *controller.Histogram {
	b.Helper()
	pacer, _, err := controller.OpenRealtime(time.Millisecond, controller.RealtimeOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer pacer.Close()
	over := make(chan struct{})
	go func() { defer close(over); happen() }()
	h := new(controller.Histogram)
	x := controller.NewSample(legs())
	for {
		select {
		case <-over:
			return h
		default:
		}
		late, skipped, err := pacer.Wait(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		h.Add(late)
		x.Timing.Late, x.Timing.Skipped = late, skipped
		x.Tick++
		if tel != nil {
			tel.Publish(&x)
		}
	}
}

// BenchmarkStall is the lateness of a loop at 1 kHz while its broker stalls for
// 3 s, dies and comes back, beside that of one that tells nobody.
func BenchmarkStall(b *testing.B) {
	var ours, bare []float64
	for b.Loop() {
		h := lateness(b, nil, func() { time.Sleep(6 * time.Second) })
		bare = append(bare, float64(h.Quantile(0.99))/1e3)
		broker := newBroker(b)
		tel, stop := telemetry(b, Options{Broker: Broker{URL: broker.URL()}, Rate: 100})
		eventually(b, "the broker", func() bool { return tel.link.client.Load() != nil })
		h = lateness(b, tel, func() {
			broker.Pause()
			time.Sleep(3 * time.Second)
			broker.Resume()
			time.Sleep(time.Second)
			broker.Kill()
			time.Sleep(500 * time.Millisecond)
			broker.Run()
			time.Sleep(1500 * time.Millisecond)
		})
		ours = append(ours, float64(h.Quantile(0.99))/1e3)
		stop()
		broker.Kill()
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(ours), "us")
	b.ReportMetric(median(bare), "peer-us")
	b.ReportMetric(median(ours)/median(bare), "ratio")
}

// BenchmarkPublish is what a tick costs the loop.
func BenchmarkPublish(b *testing.B) {
	tel, err := New(Options{Broker: Broker{URL: "127.0.0.1:1"}, Robot: "r", Body: legs()})
	if err != nil {
		b.Fatal(err)
	}
	x := controller.NewSample(tel.o.Body)
	for n := 0; b.Loop(); n++ {
		if n%100 == 0 { // a loop at 1 kHz, 10 states a second
			tel.wantState.Store(true)
		}
		tel.Publish(&x)
	}
}
