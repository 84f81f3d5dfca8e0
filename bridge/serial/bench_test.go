package serial

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/creack/pty"
)

// The frames of testdata/line.c.
const frameBytes, replyBytes = 145, 208

// BenchmarkRoundTrip measures a command and its answer over a pty, through Sender
// and Port, against a C program with raw termios, in alternating rounds; a C program
// answers both. Ratios are medians over the rounds of ours by C's.
func BenchmarkRoundTrip(b *testing.B) {
	program := filepath.Join(b.TempDir(), "line")
	if text, err := exec.Command("cc", "-O2", "-D_DEFAULT_SOURCE", "-std=c11", "-Wall", "-Wextra", "-Werror", "-include", "stdint.h", "-o", program, "testdata/line.c").CombinedOutput(); err != nil {
		b.Fatalf("cc: %v\n%s", err, text)
	}
	master, slave, err := pty.Open()
	if err != nil {
		b.Fatal(err)
	}
	defer slave.Close() // a master whose slave nobody has open reads EIO
	answer := exec.Command(program, "answer")
	answer.ExtraFiles = []*os.File{master}
	if err := answer.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() { answer.Process.Kill(); answer.Wait(); master.Close() }()
	const n = 1000
	var p50, p99, ours []float64
	for b.Loop() {
		var c [2]float64
		peer := func() {
			out, err := exec.Command(program, "ask", slave.Name(), fmt.Sprint(n)).Output()
			if err != nil {
				b.Fatal(err)
			}
			if _, err := fmt.Sscan(string(out), &c[0], &c[1]); err != nil {
				b.Fatal(err)
			}
		}
		if len(p50)%2 == 1 {
			peer()
		}
		trips := ask(b, slave.Name(), n)
		if c[0] == 0 {
			peer()
		}
		p50 = append(p50, float64(trips[n/2])/c[0])
		p99 = append(p99, float64(trips[n*99/100])/c[1])
		ours = append(ours, float64(trips[n/2])/1e3)
	}
	for name, x := range map[string][]float64{"p50-ratio": p50, "p99-ratio": p99, "us": ours} {
		slices.Sort(x)
		b.ReportMetric(x[len(x)/2], name)
	}
	b.ReportMetric(0, "ns/op")
}

// ask makes n round trips and returns them sorted.
func ask(b *testing.B, device string, n int) []time.Duration {
	p, err := Open(device, Options{Baud: 921600, WriteTimeout: time.Second})
	if err != nil {
		b.Fatal(err)
	}
	s := NewSender(p, replyBytes, time.Second)
	done := make(chan error, 2)
	go func() { done <- s.Run(b.Context()) }()
	came := make(chan time.Time, 1)
	go func() {
		buf := make([]byte, 1024)
		for have := 0; ; {
			k, err := p.Read(buf)
			if err != nil {
				done <- nil
				return
			}
			at := time.Now() // the state is there for whoever asks
			for have += k; have >= replyBytes; have -= replyBytes {
				came <- at
			}
		}
	}()
	frame := make([]byte, frameBytes)
	for i := range frame {
		frame[i] = 1
	}
	trips := make([]time.Duration, n)
	for i := range trips {
		begin := time.Now()
		if err := s.Send(frame); err != nil {
			b.Fatal(err)
		}
		trips[i] = (<-came).Sub(begin)
	}
	p.Close()
	<-done
	slices.Sort(trips)
	return trips
}
