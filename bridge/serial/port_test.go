package serial

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// line is a real pty with a Port on its slave side.
func line(t *testing.T, o Options) (*Port, *os.File) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	if o.Baud == 0 {
		o.Baud = 921600
	}
	p, err := Open(slave.Name(), o)
	if err != nil {
		t.Fatal(err)
	}
	slave.Close()
	t.Cleanup(func() { p.Close() })
	return p, master
}

func TestBytesPassUnchanged(t *testing.T) {
	p, master := line(t, Options{})
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	buf := make([]byte, 512)
	if _, err := p.Write(all); err != nil {
		t.Fatal(err)
	}
	if n, err := io.ReadFull(master, buf[:len(all)]); err != nil || string(buf[:n]) != string(all) {
		t.Errorf("out: %x, %v", buf[:n], err)
	}
	if _, err := master.Write(all); err != nil {
		t.Fatal(err)
	}
	var got []byte
	for len(got) < len(all) {
		n, err := p.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, buf[:n]...)
	}
	if string(got) != string(all) {
		t.Errorf("in: %x", got)
	}
}

// A descriptor that was closed gets another file; what is written to the port
// after that must not arrive there.
func TestWriteAfterCloseReachesNoOtherFile(t *testing.T) {
	p, _ := line(t, Options{})
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	var files []*os.File // take every number that became free
	for range 16 {
		f, err := os.Create(filepath.Join(t.TempDir(), "f"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files = append(files, f)
	}
	if _, err := p.Write([]byte("torque")); !errors.Is(err, ErrClosed) {
		t.Errorf("write after close: %v, want ErrClosed", err)
	}
	if _, err := p.Read(make([]byte, 9)); !errors.Is(err, ErrClosed) {
		t.Errorf("read after close: %v, want ErrClosed", err)
	}
	for _, f := range files {
		if s, err := f.Stat(); err != nil || s.Size() != 0 {
			t.Errorf("%s has %d bytes", f.Name(), s.Size())
		}
	}
	if err := p.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

// Nobody reads: Write comes back, again and again, and what was not taken does
// not arrive when somebody reads at last.
func TestNobodyReads(t *testing.T) {
	p, master := line(t, Options{WriteTimeout: 20 * time.Millisecond})
	var err error
	writes := 0
	for ; err == nil && writes < 10000; writes++ {
		_, err = p.Write(make([]byte, 100))
	}
	if !errors.Is(err, ErrStuck) {
		t.Fatalf("after %d writes: %v, want ErrStuck", writes, err)
	}
	done := make(chan error)
	go func() { done <- p.Close() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("Close waits for a writer that waits for ever")
	}
	_ = master
}

func TestStuckBytesAreThrownAway(t *testing.T) {
	p, master := line(t, Options{WriteTimeout: 20 * time.Millisecond})
	old := []byte(strings.Repeat("o", 100))
	for range 10000 {
		if _, err := p.Write(old); err != nil {
			break
		}
	}
	_, err := p.Write([]byte("new!"))
	for n := 0; err == ErrStuck && n < 100; n++ { // this program was stopped meanwhile
		_, err = p.Write([]byte("new!"))
	}
	if err != nil {
		t.Fatalf("after the line was cleared: %v", err)
	}
	got := ""
	for buf := make([]byte, 1<<16); !strings.HasSuffix(got, "new!"); {
		n, err := master.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got += string(buf[:n])
	}
	if len(got) > 8192 {
		t.Errorf("%d bytes of what had expired still arrived", len(got)-4)
	}
}

func TestUnpluggedIsNotClosed(t *testing.T) {
	for _, wait := range []time.Duration{0, 20 * time.Millisecond} {
		p, master := line(t, Options{ReadTimeout: wait})
		read := make(chan error)
		go func() {
			err := ErrTimeout
			for errors.Is(err, ErrTimeout) {
				_, err = p.Read(make([]byte, 9))
			}
			read <- err
		}()
		time.Sleep(10 * time.Millisecond)
		master.Close()
		if err := <-read; !errors.Is(err, ErrUnplugged) || errors.Is(err, ErrClosed) {
			t.Errorf("read: %v, want ErrUnplugged", err)
		}
		if _, err := p.Write([]byte("x")); !errors.Is(err, ErrUnplugged) {
			t.Errorf("write: %v, want ErrUnplugged", err)
		}
		name := p.Device()
		if err := p.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if _, err := Open(name, Options{Baud: 9600}); err == nil || !strings.Contains(err.Error(), "there is no device "+name) {
			t.Errorf("open again: %v", err)
		}
	}
}

func TestCloseEndsRead(t *testing.T) {
	p, _ := line(t, Options{})
	read := make(chan error)
	go func() {
		_, err := p.Read(make([]byte, 9))
		read <- err
	}()
	time.Sleep(10 * time.Millisecond)
	p.Close()
	if err := <-read; !errors.Is(err, ErrClosed) {
		t.Errorf("read: %v, want ErrClosed", err)
	}
}

func TestReadTimeoutIsAnError(t *testing.T) {
	p, master := line(t, Options{ReadTimeout: 5 * time.Millisecond})
	if n, err := p.Read(make([]byte, 9)); n != 0 || !errors.Is(err, ErrTimeout) {
		t.Errorf("read %d bytes, %v, want ErrTimeout", n, err)
	}
	if _, err := master.Write([]byte("ab")); err != nil {
		t.Fatal(err)
	}
	got := ""
	for end, buf := time.Now().Add(30*time.Second), make([]byte, 9); got != "ab" && time.Now().Before(end); {
		n, err := p.Read(buf) // the kernel passes bytes on when it gets to it
		if err != nil && !errors.Is(err, ErrTimeout) {
			t.Fatal(err)
		}
		got += string(buf[:n])
	}
	if got != "ab" {
		t.Errorf("after it: %q came", got)
	}
}

// A Read that waits does so to the end, and leaves the processor to others.
func TestReadWaitsWithoutWork(t *testing.T) {
	const wait = 400 * time.Millisecond
	timed, _ := line(t, Options{ReadTimeout: wait})
	endless, _ := line(t, Options{})
	begin, before := time.Now(), processor(t)
	if _, err := timed.Read(make([]byte, 9)); !errors.Is(err, ErrTimeout) || time.Since(begin) < wait {
		t.Errorf("%v after %v, want ErrTimeout after %v", err, time.Since(begin), wait)
	}
	time.AfterFunc(wait, func() { endless.Close() })
	if _, err := endless.Read(make([]byte, 9)); !errors.Is(err, ErrClosed) {
		t.Errorf("read: %v, want ErrClosed", err)
	}
	if used := processor(t) - before; used > wait/8 {
		t.Errorf("waiting for %v took %v of the processor", time.Since(begin), used)
	}
}

// processor is what this program has used of the processor.
func processor(t *testing.T) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestWriteAllocatesNothing(t *testing.T) {
	p, master := line(t, Options{WriteTimeout: time.Minute}) // of a reader on a busy machine
	go func() {
		for buf := make([]byte, 4096); ; {
			if _, err := master.Read(buf); err != nil {
				return
			}
		}
	}()
	b := make([]byte, 150)
	if n := testing.AllocsPerRun(200, func() {
		if _, err := p.Write(b); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a write", n)
	}
}
