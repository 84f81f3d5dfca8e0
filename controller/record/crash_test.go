package record

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMain is the tests, or the process that one of them kills or starves.
func TestMain(m *testing.M) {
	path := os.Getenv("RECORD_CHILD")
	switch {
	case path == "":
		os.Exit(m.Run())
	case os.Getenv("RECORD_LIMIT") == "":
		recordForEver(path)
	default:
		recordIntoFullDisk(path)
	}
}

// child is this test binary in another role.
func child(t *testing.T, path, limit string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "RECORD_CHILD="+path, "RECORD_LIMIT="+limit)
	return cmd
}

const childPeriod = 5 * time.Millisecond

// recordForEver records ticks in real time and prints each number after Put.
func recordForEver(path string) {
	h := testHeader()
	r, err := Create(path, h)
	if err != nil {
		panic(err)
	}
	start(r)
	t := ticks(&h, 1)[0]
	clock := time.NewTicker(childPeriod)
	for n := uint64(0); ; n++ {
		<-clock.C
		t.sample.Tick, t.sample.State.Time = n, time.Duration(n)*childPeriod
		r.Put(&t.sample, &t.truth, t.frames, t.activations)
		fmt.Println(n)
	}
}

// killed records in another process, kills that, and returns the recording and
// the last tick known to have been put.
func killed(t *testing.T) (path string, last uint64) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "run.mcap")
	cmd := child(t, path, "")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if last, err = strconv.ParseUint(lines.Text(), 10, 64); err != nil {
			t.Fatal(err)
		}
		if last == 450 {
			if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || last < 450 {
		t.Fatalf("the recording process ended at tick %d: %v", last, err)
	}
	return path, last
}

func TestKilledProcessLosesLessThanASecond(t *testing.T) {
	path, last := killed(t)
	r := open(t, path)
	got, _, err := readTicks(t, r)
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), path+": offset ") {
		t.Errorf("the recording ends with %v", err)
	}
	for i := range got {
		if got[i].sample.Tick != uint64(i) {
			t.Fatalf("tick %d at place %d", got[i].sample.Tick, i)
		}
	}
	if lost := time.Duration(int(last)+1-len(got)) * childPeriod; lost > time.Second {
		t.Errorf("%v of %d ticks lost", lost, last)
	}
	if _, err := r.Contents(); !errors.Is(err, ErrDamaged) {
		t.Errorf("contents without an index: %v", err)
	}

	fixed, err := Repair(path, "")
	if err != nil || fixed.Ticks != uint64(len(got)) || fixed.Whole || fixed.Lost != 0 {
		t.Fatalf("%+v, %v: want %d ticks", fixed, err, len(got))
	}
	again, _, err := readTicks(t, open(t, path))
	if err != io.EOF || len(again) != len(got) {
		t.Errorf("%d ticks after the repair, want %d; %v", len(again), len(got), err)
	}
	if f := agree(t, path); f.Indexed[TopicSample].Count != uint64(len(got)) {
		t.Errorf("another reader sees %d ticks, want %d", f.Indexed[TopicSample].Count, len(got))
	}
	if fixed, err := Repair(path, ""); err != nil || !fixed.Whole {
		t.Errorf("a second repair: %+v, %v", fixed, err)
	}
}

const starvedTicks = 3000

// recordIntoFullDisk records while files may not grow beyond a limit. It prints
// how many ticks were dropped, and the error.
func recordIntoFullDisk(path string) {
	signal.Ignore(syscall.SIGXFSZ)
	limit, err := strconv.ParseUint(os.Getenv("RECORD_LIMIT"), 10, 64)
	if err != nil {
		panic(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		panic(err)
	}
	h := testHeader()
	r, err := Create(path, h)
	if err != nil {
		panic(err)
	}
	r.Lossless = true
	stop := start(r)
	all := ticks(&h, starvedTicks)
	for i := range all {
		r.Put(&all[i].sample, &all[i].truth, all[i].frames, all[i].activations)
	}
	for r.Err() == nil { // known before the end, so that somebody can be warned
		time.Sleep(time.Millisecond)
	}
	err = stop()
	fmt.Printf("%d\n%v\n", r.Dropped(), err)
}

func TestFullDiskLeavesAReadableRecording(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.mcap")
	var out bytes.Buffer
	cmd := child(t, path, "1000000")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	dropped, message, _ := strings.Cut(strings.TrimSpace(out.String()), "\n")
	got, _, err := readTicks(t, open(t, path))
	if err != io.EOF && !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
	if len(got) == 0 || dropped != strconv.Itoa(starvedTicks-len(got)) {
		t.Errorf("%d ticks read, %s dropped, of %d", len(got), dropped, starvedTicks)
	}
	want := fmt.Sprintf("record: %s: recording stopped after %d ticks", path, len(got))
	if !strings.HasPrefix(message, want) || !strings.HasSuffix(message, ": file too large") || strings.Contains(message, "\n") {
		t.Errorf("error %q, want one line that begins %q", message, want)
	}
	if st, err := os.Stat(path); err != nil || st.Size() > 1000000 {
		t.Errorf("%v, %v", st, err)
	}
}

func TestNoRoomFromTheStart(t *testing.T) {
	if _, err := Create("/dev/full", testHeader()); !errors.Is(err, syscall.ENOSPC) || !strings.HasPrefix(err.Error(), "record: ") {
		t.Errorf("recording to /dev/full: %v", err)
	}
}

func TestRecordingInProgressIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.mcap")
	r, err := Create(path, testHeader())
	if err != nil {
		t.Fatal(err)
	}
	stop := start(r)
	if _, err := Repair(path, ""); err == nil || !strings.Contains(err.Error(), "still being recorded") {
		t.Errorf("repairing it: %v", err)
	}
	if _, err := Create(path, testHeader()); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("recording over it: %v", err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := readTicks(t, open(t, path)); err != io.EOF {
		t.Error(err)
	}
}
