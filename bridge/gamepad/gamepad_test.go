package gamepad

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// rig is a pad whose device is a pipe, into which a test writes what the kernel would.
type rig struct {
	*Pad
	device *os.File
	stop   func() error
	mu     sync.Mutex
	aims   [][3]float64
	during []bool // whether the switch was held when each was told
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	g := &rig{device: w}
	full := axis{-32768, 32767}
	if g.Pad, err = newPad(r, [4]axis{full, full, {0, 255}, full}, Options{Forward: 0.5, Left: 0.25, Turn: 2, Aim: g.aim}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	g.stop = sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() {
		if err := g.stop(); err != nil {
			t.Error(err)
		}
		g.Close()
		w.Close()
	})
	return g
}

func (g *rig) aim(forward, left, turn float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.aims = append(g.aims, [3]float64{forward, left, turn})
	g.during = append(g.during, g.Held())
}

func (g *rig) newest() (aim [3]float64, n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n = len(g.aims); n > 0 {
		aim = g.aims[n-1]
	}
	return aim, n
}

// event is one struct input_event.
type event struct {
	kind, code uint16
	value      int32
}

var report = event{evSyn, 0, 0}

func (e event) record() []byte {
	b := make([]byte, 16, eventSize)
	b = binary.NativeEndian.AppendUint16(b, e.kind)
	b = binary.NativeEndian.AppendUint16(b, e.code)
	return binary.NativeEndian.AppendUint32(b, uint32(e.value))
}

// send writes events in pieces that do not end where events do.
func (g *rig) send(t *testing.T, events ...event) {
	t.Helper()
	var b []byte
	for _, e := range events {
		b = append(b, e.record()...)
	}
	for len(b) > 0 {
		n := min(len(b), 7)
		if _, err := g.device.Write(b[:n]); err != nil {
			t.Fatal(err)
		}
		b = b[n:]
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("30 s without %s", what)
		}
	}
}

func (g *rig) held(t *testing.T, want bool) {
	t.Helper()
	eventually(t, fmt.Sprintf("a switch that is held: %v", want), func() bool { return g.Held() == want })
}

func TestShoulderButtonsAreTheSwitch(t *testing.T) {
	g := newRig(t)
	if g.Held() {
		t.Error("held before anything was pressed")
	}
	g.send(t, event{evKey, buttonTL, 1}, report)
	g.held(t, true)
	g.send(t, event{evKey, buttonTL, 2}, event{evKey, buttonTR, 1}, report, event{evKey, buttonTL, 0}, report)
	time.Sleep(20 * time.Millisecond)
	g.held(t, true) // by the right one
	g.send(t, event{evKey, buttonTR, 0}, report)
	g.held(t, false)
	g.send(t, event{evKey, 0x130, 1}, report, event{evAbs, 1, -32768}, report) // another button, a stick
	g.send(t, event{evKey, buttonTR, 1}, report)
	g.held(t, true)
	if aim, _ := g.newest(); aim != [3]float64{0.5, 0, 0} {
		t.Errorf("the switch is held, and the goal is %v: want all forward", aim)
	}
}

// Nobody sees a switch that is held with the goal of an earlier moment: a press
// tells the goal first, a release ends it last.
func TestGoalIsToldWhileTheSwitchIsReleased(t *testing.T) {
	g := newRig(t)
	g.send(t, event{evAbs, 1, -32768}, event{evKey, buttonTL, 1}, report)
	g.held(t, true)
	g.send(t, event{evKey, buttonTL, 0}, report)
	eventually(t, "the end of the goal", func() bool { _, n := g.newest(); return n == 2 })
	g.send(t, event{evKey, buttonTL, 1}, report)
	g.held(t, true)
	g.send(t, event{evAbs, 1, 0}, report)
	eventually(t, "another goal", func() bool { _, n := g.newest(); return n == 4 })
	g.mu.Lock()
	defer g.mu.Unlock()
	if want := []bool{false, false, false, true}; !slices.Equal(g.during, want) {
		t.Errorf("goals %v were told while the switch was held: %v, want %v", g.aims, g.during, want)
	}
}

// A button that was held before has no press: only its release, or nothing, comes.
func TestHeldBeforeIsNotHeld(t *testing.T) {
	g := newRig(t)
	g.send(t, event{evKey, buttonTL, 2}, report, event{evAbs, 0, 1000}, report)
	g.send(t, event{evKey, buttonTL, 0}, report)
	time.Sleep(50 * time.Millisecond)
	if g.Held() {
		t.Error("held without a press")
	}
}

// Events that the kernel dropped may have been releases.
func TestLostEventsRelease(t *testing.T) {
	g := newRig(t)
	g.send(t, event{evKey, buttonTL, 1}, report)
	g.held(t, true)
	g.send(t, event{evSyn, synDrop, 0}, report)
	g.held(t, false)
	g.send(t, event{evKey, buttonTL, 2}, report)
	time.Sleep(20 * time.Millisecond)
	g.held(t, false)
	g.send(t, event{evKey, buttonTL, 1}, report)
	g.held(t, true)
}

func TestDeviceThatIsGoneReleases(t *testing.T) {
	g := newRig(t)
	g.send(t, event{evAbs, 1, -32768}, event{evKey, buttonTL, 1}, report)
	g.held(t, true)
	g.device.Close()
	g.held(t, false)
	eventually(t, "no goal", func() bool { aim, n := g.newest(); return n > 1 && aim == [3]float64{} })
}

func TestEndReleases(t *testing.T) {
	g := newRig(t)
	g.send(t, event{evKey, buttonTL, 1}, report)
	g.held(t, true)
	if err := g.stop(); err != nil {
		t.Error(err)
	}
	if g.Held() {
		t.Error("held after Run")
	}
}

func TestSticks(t *testing.T) {
	g := newRig(t)
	g.send(t, event{evKey, buttonTL, 1}, report)
	for _, c := range []struct {
		events []event
		want   [3]float64
	}{
		{[]event{{evAbs, 0, -32768}, {evAbs, 1, 32767}, {evAbs, 3, 255}}, [3]float64{-0.5, 0.25, -2}},
		{[]event{{evAbs, 0, 0}, {evAbs, 1, 0}, {evAbs, 3, 0}}, [3]float64{0, 0, 2}},
		{[]event{{evAbs, 3, 127}, {evAbs, 1, -18350}}, [3]float64{0.25, 0, 0}},          // half of what is left beyond the dead zone
		{[]event{{evAbs, 0, 3000}, {evAbs, 1, -3000}, {evAbs, 4, 32767}}, [3]float64{}}, // within it, and an axis without a use
	} {
		g.send(t, append(c.events, report)...)
		eventually(t, fmt.Sprint(c.want), func() bool {
			aim, n := g.newest()
			for i := range aim {
				if math.Abs(aim[i]-c.want[i]) > 1e-3 {
					return false
				}
			}
			return n > 0
		})
	}
	_, before := g.newest()
	g.send(t, event{evAbs, 0, 3001}, report, event{evKey, buttonTL, 0}, report)
	g.held(t, false)
	if err := g.stop(); err != nil { // nothing more is told
		t.Error(err)
	}
	if _, n := g.newest(); n != before {
		t.Errorf("told %d times more of a goal that is the same", n-before)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{filepath.Join(dir, "none"): "want a game controller", plain: "is no input device", "/dev/null": "is no input device"} {
		if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v: want an error about %q", path, err, want)
		}
	}
}

func TestHeldAllocatesNothing(t *testing.T) {
	g := newRig(t)
	if n := testing.AllocsPerRun(100, func() { g.Held() }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}
