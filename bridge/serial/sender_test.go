package serial

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

// run starts a Sender and joins it.
func run(t *testing.T, p *Port, old time.Duration) *Sender {
	t.Helper()
	s := NewSender(p, 300, old)
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		if err := s.Run(ctx); err != nil && !errors.Is(err, ErrUnplugged) {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); group.Wait() })
	return s
}

func TestSenderKeepsTheNewest(t *testing.T) {
	p, master := line(t, Options{WriteTimeout: 20 * time.Millisecond})
	s := run(t, p, time.Hour)
	frame := make([]byte, 200)
	for i := range 3000 { // nobody reads: the line fills up
		frame[0] = byte(i)
		if err := s.Send(frame); err != nil {
			t.Fatal(err)
		}
		if i%100 == 0 {
			time.Sleep(2 * time.Millisecond)
		}
	}
	last := []byte("the newest")
	if err := s.Send(last); err != nil {
		t.Fatal(err)
	}
	read, again := make(chan struct{}), sync.WaitGroup{}
	again.Go(func() { // what nobody read in time was thrown away
		for {
			select {
			case <-read:
				return
			case <-time.After(100 * time.Millisecond):
				s.Send(last)
			}
		}
	})
	defer again.Wait()
	defer close(read)
	got := ""
	for buf := make([]byte, 1<<16); !strings.HasSuffix(got, string(last)); {
		n, err := master.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got += string(buf[:n])
	}
	if st := s.Stats(); st.Replaced == 0 || len(got) > 100*200 {
		t.Errorf("%+v; %d bytes arrived: want old frames replaced, not queued", st, len(got))
	}
}

// A free line takes a frame in Send itself.
func TestFreeLineTakesAFrameAtOnce(t *testing.T) {
	p, master := line(t, Options{})
	s := run(t, p, time.Hour)
	free := func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.idle
	}
	for end := time.Now().Add(30 * time.Second); !free(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the line is never free")
		}
	}
	for i := range 20 {
		if err := s.Send([]byte("move")); err != nil {
			t.Fatal(err)
		}
		if n := s.Stats().Sent; n != uint64(i+1) {
			t.Fatalf("%d frames sent, want %d", n, i+1)
		}
	}
	got := make([]byte, 80)
	if _, err := io.ReadFull(master, got); err != nil || string(got) != strings.Repeat("move", 20) {
		t.Errorf("%q, %v", got, err)
	}
}

// A frame that waits is replaced by the next one and not overtaken by it, also where the
// line has become free before Run has noticed that there is work.
func TestNoFrameOvertakesAnother(t *testing.T) {
	p, _ := line(t, Options{})
	s := NewSender(p, 300, time.Hour)
	s.rest(true) // as Run leaves it
	for waits := false; !waits; waits = s.newest.full {
		if err := s.Send(make([]byte, 300)); err != nil {
			t.Fatal(err)
		}
	}
	if err := discardOutput(p.in); err != nil { // the line is free again
		t.Fatal(err)
	}
	if err := s.Send([]byte("newest")); err != nil {
		t.Fatal(err)
	}
	if b := s.next(nil); string(b) != "newest" {
		t.Errorf("%d bytes are sent last, %q: want the newest frame", len(b), b)
	}
}

func TestUrgentGoesFirst(t *testing.T) {
	p, master := line(t, Options{})
	s := NewSender(p, 300, time.Hour)
	if err := errors.Join(s.Send([]byte("move")), s.Urge([]byte("stop")), s.Send([]byte("MOVE"))); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	got := ""
	for buf := make([]byte, 64); len(got) < 8; {
		n, err := master.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got += string(buf[:n])
	}
	cancel()
	if err := <-done; err != nil || got != "stopMOVE" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestSenderDropsWhatIsOld(t *testing.T) {
	p, _ := line(t, Options{})
	s := NewSender(p, 300, time.Millisecond)
	if err := s.Send([]byte("old")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond)
	if b := s.next(nil); len(b) != 0 || s.Stats().Expired != 1 {
		t.Errorf("%q is sent, %+v", b, s.Stats())
	}
	s.Send([]byte("move"))
	s.Drop()
	if b := s.next(nil); len(b) != 0 {
		t.Errorf("%q is sent after Drop", b)
	}
}

func TestSenderTellsOfUnplugging(t *testing.T) {
	p, master := line(t, Options{})
	s := run(t, p, time.Hour)
	master.Close()
	end := time.Now().Add(30 * time.Second)
	for s.Send([]byte("move")) == nil {
		if time.Now().After(end) {
			t.Fatal("Send never said so")
		}
		time.Sleep(time.Millisecond)
	}
}
