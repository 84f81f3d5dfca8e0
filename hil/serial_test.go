package hil

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/rs/zerolog"

	"whisker/controller/record"
)

// terminal makes standard input a pty on which the space bar is held while space
// is true.
func terminal(t *testing.T) (space *atomic.Bool) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	stdin := os.Stdin
	os.Stdin = slave
	space = new(atomic.Bool)
	end, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case <-end:
				return
			case <-time.After(25 * time.Millisecond):
				if space.Load() {
					master.WriteString(" ")
				}
			}
		}
	}()
	t.Cleanup(func() {
		close(end)
		<-over
		os.Stdin = stdin
		master.Close()
		slave.Close()
	})
	return space
}

// A physical robot: nothing moves before somebody holds the space bar, it damps
// when that is released, and goes on when it is held again. Nobody knows where its
// root is, so that the score does not say.
func TestPhysicalRobotMovesOnlyWhileTheSpaceBarIsHeld(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.calibrate()
	space := terminal(t)
	s := dog("stand")
	s.Robot, s.Pace, s.Seconds = b.profile+"@serial:"+b.device, "realtime", 0.5
	s.Record = filepath.Join(t.TempDir(), "dog.mcap")
	s.Overruns = Overruns{Max: 240, Window: 250}
	var r *Result
	var err error
	done := make(chan struct{})
	go func() {
		r, err = Run(context.Background(), s, "test", zerolog.New(zerolog.NewTestWriter(t)))
		close(done)
	}()
	b.eventually("torque", b.torque)
	_, _, from := b.look()
	time.Sleep(500 * time.Millisecond)
	if moves, _, q := b.look(); moves || distance(q, from) > 0.05 { // motors cannot be told exactly no torque
		t.Errorf("nobody held the space bar, and joints moved by %g rad", distance(q, from))
	}
	space.Store(true)
	b.eventually("motion", func() bool { _, _, q := b.look(); return distance(q, from) > 0.3 })
	space.Store(false)
	b.eventually("damping", func() bool { moves, resists, _ := b.look(); return !moves && resists })
	for end := time.Now().Add(500 * time.Millisecond); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if moves, _, _ := b.look(); moves {
			t.Fatal("motors are told to move after the space bar was released")
		}
	}
	space.Store(true)
	select {
	case <-done:
	case <-time.After(5 * time.Minute):
		t.Fatal("the run does not end")
	}
	if err != nil {
		t.Fatal(err)
	}
	row := r.Clips[0]
	if row.Fault != "" || row.Frames != 25 || row.Travel != nil || !math.IsNaN(float64(row.RootErr)) || !(row.LimbJointRMS < 0.2) {
		t.Errorf("%+v", row)
	}
	if moves, _, _ := b.look(); moves || b.torque() {
		t.Error("the robot has torque after the run")
	}
	// A machine that leaves the key's repetitions out for a while adds damping.
	way := modesOf(t, s.Record)
	next := 0
	for _, m := range way {
		if want := []string{"idle", "stand", "damp", "stand", "track", "lie", "idle"}; next < len(want) && m == want[next] {
			next++
		}
	}
	if next < 7 || way[0] != "idle" || way[len(way)-1] != "idle" {
		t.Errorf("the robot went through %s", way)
	}
	measuredIsDrawn(t, s.Record)
	passes, _, err := Replay(context.Background(), s.Record, "", false, zerolog.Nop())
	if err != nil || len(passes) != 1 || !passes[0].Equal(true) {
		t.Errorf("replayed without the robot: %+v, %v", passes, err)
	}
}

// distance is the largest between two sets of joints, rad.
func distance(a, b []float64) (d float64) {
	for i := range a {
		d = math.Max(d, math.Abs(a[i]-b[i]))
	}
	return d
}

// measuredIsDrawn checks that the last recorded frames lie on the ground, and that
// no truth was made up.
func measuredIsDrawn(t *testing.T, path string) {
	t.Helper()
	rec, err := record.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	frames := 0
	for {
		m, err := rec.Next()
		if err != nil {
			break
		}
		if m.Topic == record.TopicTruth {
			t.Fatal("the recording says where the robot was")
		}
		if m.Topic == record.TopicFrames {
			frames++
		}
	}
	if frames == 0 {
		t.Error("the measured body is not in the recording")
	}
}

func TestPhysicalRobotNeedsATerminalOrAWord(t *testing.T) {
	b := newBench(t)
	s := dog("stand")
	s.Robot, s.Pace = b.profile+"@serial:"+b.device, "realtime"
	if _, err := Run(context.Background(), s, "test", zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "is no terminal") {
		t.Errorf("without a terminal: %v", err)
	}
	s.DeadMan = "off"
	if _, err := Run(context.Background(), s, "test", zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "has no calibration") {
		t.Errorf("without a calibration: %v", err)
	}
}

// A trial on a serial line: the firmware's latency is measured, what the target
// can have is injected, and what it cannot have is refused.
func TestATrialRunsOnASerialLine(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.calibrate()
	s := trial(t, "serial:"+b.device, "dead_man: 'off'\noverruns: {max: 240, window_ticks: 250}\nfaults:\n  - {at_s: 0.2, fault: disk full}\n")
	s.Robot, s.Seconds, s.Record = b.profile+"@serial:"+b.device, 0.6, filepath.Join(t.TempDir(), "run.mcap")
	r, err := Run(context.Background(), s, "test", zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Faults) != 1 || r.Faults[0].Injected != 1 || r.Faults[0].Verdict != "ok" || r.Clips[0].Frames != 30 || len(r.Failures(&s)) > 0 {
		t.Errorf("%+v, %+v", r.Faults, r.Clips)
	}
	if l := r.Latency; l == nil || !(l.Total.Max > 0) || l.Command.P50 > l.Total.P50 || l.Command.Max > l.Total.Max || l.Echo == nil || !(l.Echo.P50 > 0) {
		t.Errorf("latency %+v, want stages that are parts of the total, and an echo", l)
	}
	for text, want := range map[string]string{
		"faults: [{fault: link cut}]":                      "link cut is refused for target serial: it has no line",
		"faults: [{fault: push, target: x, magnitude: 3}]": "the harness cannot break a physical robot",
		"faults: [{fault: mcu hang}]":                      "refused for target serial",
		"faults: [{fault: host pause, for_s: 1}]":          "refused for target serial",
		"physics: {randomise: default}":                    "physics.randomise is default",
	} {
		s, err := ReadTrial(write(t, "robot: quadruped\nclips: [stand]\npolicy: none\ndead_man: 'off'\n"+text), "serial:"+b.device)
		if err == nil {
			_, err = Run(context.Background(), s, "test", zerolog.Nop())
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
