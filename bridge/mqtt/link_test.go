package mqtt

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"
)

// The far end of a line takes nothing any more: a write ends, in time. A line that was
// silent for longer than that still works.
func TestWritesHaveATimeLimitOfTheirOwn(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := dial(context.Background(), l.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 2 {
		if _, err := c.Write(make([]byte, 300)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2*writeTime + 100*time.Millisecond)
	}
	stuck := make(chan error, 1)
	go func() {
		for {
			if _, err := c.Write(make([]byte, 1<<20)); err != nil {
				stuck <- err
				return
			}
		}
	}()
	select {
	case err := <-stuck:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v, want a deadline that is exceeded", err)
		}
	case <-time.After(time.Minute):
		t.Error("a write to a line that takes nothing waits for ever")
	}
}

// The library pings from a goroutine of its own while another sends: with the race
// detector this fails if the time limit is not guarded.
func TestPingsAndPacketsAreWrittenAtOnce(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	read := make(chan int64, 1)
	go func() {
		far, err := l.Accept()
		if err != nil {
			return
		}
		n, _ := io.Copy(io.Discard, far)
		read <- n
	}()
	c, err := dial(context.Background(), l.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			for range 100 {
				if _, err := c.Write(make([]byte, 20)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	both.Wait()
	c.Close()
	if n := <-read; n != 4000 {
		t.Errorf("%d bytes of 4000 came through", n)
	}
}
