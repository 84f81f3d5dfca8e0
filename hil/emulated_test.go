package hil

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"whisker/controller/record"
)

// emulated is a lockstep scenario of the reference quadruped behind its firmware,
// built for this machine.
func emulated(clips ...string) Scenario {
	s := dog(clips...)
	s.Robot, s.Emulation.Board = "quadruped@emulated", "host"
	return s
}

func TestFirmwareDrivesTheQuadrupedAlongARatsClip(t *testing.T) {
	s := emulated("walk")
	s.Seconds, s.Record = 2, filepath.Join(t.TempDir(), "dog.mcap")
	r := mustRun(t, s)
	row := r.Clips[0]
	if row.Fault != "" || row.Travel.Fell != "" || row.Travel.Stood != 2 || row.Travel.JointRMS > 0.15 || row.Retargeting == nil {
		t.Errorf("%+v, %+v", row, *row.Travel)
	}
	if r.Emulated == nil || !r.Emulated.Lockstep || r.Emulated.Factor <= 0 || r.Emulated.Cut != nil {
		t.Errorf("%+v", r.Emulated)
	}
	var table strings.Builder
	if err := r.Table(&table); err != nil || !strings.Contains(table.String(), "firmware on host, in lockstep: ") {
		t.Errorf("%s %v", table.String(), err)
	}
	if rec, err := record.Open(s.Record); err != nil || len(rec.Header.Model) != 64 || len(rec.Header.Firmware) != 64 {
		t.Errorf("the recording tells neither model nor firmware: %v", err)
	} else {
		rec.Close()
	}
	modes := modesOf(t, s.Record)
	if got := strings.Join(modes, " "); got != "stand track lie idle" {
		t.Errorf("the robot went through %s", got)
	}
	passes, _, err := Replay(context.Background(), s.Record, "", false, zerolog.Nop())
	if err != nil || len(passes) != 1 || !passes[0].Equal(true) {
		t.Errorf("replayed: %+v, %v", passes, err)
	}
	if _, _, err := Replay(context.Background(), s.Record, "", true, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "was not in the simulator") {
		t.Errorf("simulated again: %v", err)
	}
}

// modesOf are the operating states that a recorded run went through.
func modesOf(t *testing.T, path string) (modes []string) {
	t.Helper()
	for _, x := range samplesOf(t, path) {
		if name := x.Mode.String(); len(modes) == 0 || modes[len(modes)-1] != name {
			modes = append(modes, name)
		}
	}
	return modes
}

func TestCutLineDampsTheEmulatedRobot(t *testing.T) {
	s := emulated("stand")
	s.Emulation.CutAfter = 0.5
	r, err := Run(context.Background(), s, "test", zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	cut := r.Emulated.Cut
	if cut == nil || !(cut.Damped >= 80 && cut.Damped <= 102) || !(cut.Motion > 0 && cut.Motion < 2) {
		t.Errorf("cut: %+v, want damped within 100 ms and a tick", cut)
	}
	if row := r.Clips[0]; row.Completed || !strings.Contains(row.Fault, "state age") || math.Abs(float64(row.Travel.Stood)-0.5) > 0.1 {
		t.Errorf("%+v, %+v", row, *row.Travel)
	}
	var table strings.Builder
	if err := r.Table(&table); err != nil || !strings.Contains(table.String(), "line cut: damped after ") {
		t.Errorf("%s %v", table.String(), err)
	}
}

// In real time the emulated firmware is behind a serial line. A machine that pauses
// for longer than a command holds is given other chances.
func TestEmulatedInRealTimeIsBehindALine(t *testing.T) {
	t.Parallel()
	s := emulated("stand")
	s.Robot, s.Pace, s.Seconds = patient12(t)+"@emulated", "realtime", 0.5
	s.Emulation.CutAfter = 0.3
	s.Overruns = Overruns{Max: 240, Window: 250}
	for try := 0; ; try++ {
		g, err := (&rig{scenario: s, log: zerolog.Nop(), rate: 50}).ready() // not in lockstep, however slow
		if err != nil {
			t.Fatal(err)
		}
		r, err := g.run(context.Background(), "test")
		g.close()
		if try < 10 && (err != nil || r.Emulated.Cut == nil) {
			t.Logf("try %d: %v, %+v", try, err, r)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		e := r.Emulated
		if e.Lockstep || !(e.Factor > 0 && e.Factor < 1.5) || e.Cut == nil || !(e.Cut.Damped > 0 && e.Cut.Damped <= 102) {
			t.Errorf("%+v, cut %+v", e, e.Cut)
		}
		if row := r.Clips[0]; !strings.Contains(row.Fault, "robot fault") && !strings.Contains(row.Fault, "state age") && !strings.Contains(row.Fault, "halt") {
			t.Errorf("%+v", row)
		}
		return
	}
}

// A body that is too slow to simulate has no real time: its firmware runs in lockstep, no
// faster than the clock, and the log says how fast; so does the result of every run.
func TestEmulatedThatIsSlowSaysItsFactor(t *testing.T) {
	text, err := os.ReadFile("../sim/quadruped.xml")
	if err != nil {
		t.Fatal(err)
	}
	const rays = 5000 // some milliseconds for every 2
	slow := strings.Replace(string(text), "</worldbody>", `<site name="eye" pos="0 0 2" zaxis="0 0 -1"/></worldbody><sensor>`+strings.Repeat(`<rangefinder site="eye"/>`, rays)+`</sensor>`, 1)
	s := emulated("stand")
	s.Pace, s.Model = "realtime", filepath.Join(t.TempDir(), "slow.xml")
	if err := os.WriteFile(s.Model, []byte(slow), 0o644); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	g, err := openRig(s, zerolog.New(&log))
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	if !regexp.MustCompile(`the emulated robot (runs at [01]\.\d times real time alone|keeps \d+ % of real time), .*: it runs in lockstep`).MatchString(log.String()) {
		t.Errorf("the log says\n%s\nwant how fast the emulation runs, and that it runs in lockstep", log.String())
	}
	pacer, err := g.openPacer()
	if err != nil {
		t.Fatal(err)
	}
	defer pacer.close()
	if _, waits := pacer.Pacer.(*patient); !waits || !g.emulation.result().Lockstep {
		t.Errorf("paced by %T, %+v: want lockstep that does not outrun the clock", pacer.Pacer, g.emulation.result())
	}
}
