package serial

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

func TestSecondProgramIsRefused(t *testing.T) {
	p, _ := line(t, Options{})
	_, err := Open(p.Device(), Options{Baud: 921600})
	if err == nil || !strings.Contains(err.Error(), "in use by another program") {
		t.Errorf("second open: %v", err)
	}
	p.Close()
	again, err := Open(p.Device(), Options{Baud: 921600})
	if err != nil {
		t.Fatalf("after close: %v", err)
	}
	again.Close()
}

// A program that is started while the line is open does not keep it open.
func TestChildrenInheritNoLine(t *testing.T) {
	p, _ := line(t, Options{})
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { child.Process.Kill(); child.Wait() }()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", child.Process.Pid))
	if err != nil || len(files) < 3 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		if to, _ := os.Readlink(f); to == p.Device() {
			t.Errorf("the child has %s as %s", to, filepath.Base(f))
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dev  string
		baud int
		want string
	}{
		{"/dev/no-such-line", 9600, "there is no device /dev/no-such-line"},
		{file, 9600, "want a serial line"},
		{"/dev/ptmx", 0, "baud is 0, want"},
	} {
		if _, err := Open(c.dev, Options{Baud: c.baud}); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "serial: ") {
			t.Errorf("%s: %v, want %q", c.dev, err, c.want)
		}
	}
}

// The library waits with select, which knows 1024 descriptors; a Port does not.
func TestAProgramWithManyFilesReadsItsLine(t *testing.T) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Cur < 1100 {
		limit.Cur = min(4096, limit.Max)
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
			t.Fatal(err)
		}
	}
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer slave.Close()
	for range 1024 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
	}
	p, err := Open(slave.Name(), Options{Baud: 9600})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := master.Write([]byte("state")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 5)
	if _, err := io.ReadFull(p, b); err != nil || string(b) != "state" {
		t.Errorf("read %q, %v", b, err)
	}
}
