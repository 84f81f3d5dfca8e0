package main

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"whisker/controller/record"
	"whisker/hil"
)

func TestJSONIsOneObject(t *testing.T) {
	r := play(t, "--clip", "stand", "--seconds", "0.5")
	if len(r.Clips) != 1 || r.Clips[0].Clip != "stand" || r.Clips[0].Frames != 25 || r.Clips[0].Survival != 0.5 {
		t.Errorf("clips %+v", r.Clips)
	}
	if r.Loop.Ticks != 25 || r.Loop.PeriodUs != 20000 {
		t.Errorf("loop %+v", r.Loop)
	}
	if r.PeakRSS < 10 || r.PeakRSS > 4000 {
		t.Errorf("%g MB resident", r.PeakRSS)
	}
	path := filepath.Join(t.TempDir(), "result.json")
	if o := ok(t, "run", "--pace", "lockstep", "--clip", "stand", "--seconds", "0.5", "--json", path); o.out != "" {
		t.Errorf("standard output has %q beside the file", o.out)
	}
	if again := parse(t, content(t, path)); again.Clips[0] != r.Clips[0] {
		t.Errorf("the file has %+v, standard output had %+v", again.Clips, r.Clips)
	}
}

func TestTableIsForPeople(t *testing.T) {
	o := ok(t, "run", "--pace", "lockstep", "--clip", "stand", "--seconds", "0.2", "--baseline")
	for _, want := range []string{"survival s", "jerk rad/s³", "policy", "open loop", "memory: ", "10 ticks of 20ms"} {
		if !strings.Contains(o.out, want) {
			t.Errorf("no %q in\n%s", want, o.out)
		}
	}
	if strings.Contains(o.out, "lateness") {
		t.Errorf("lockstep has no clock, yet prints\n%s", o.out)
	}
	if o := ok(t, "run", "--clip", "stand", "--seconds", "0.2"); !strings.Contains(o.out, "lateness") || strings.Contains(o.errs, "\x1b") {
		t.Errorf("want a table of lateness, and no colours where there is no terminal\n%s%s", o.out, o.errs)
	}
}

func TestClipsByNameFileAndGlob(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b-turn.csv", "a-stand.npz"} {
		ok(t, "clip", "convert", strings.TrimSuffix(name[2:], filepath.Ext(name)), "--out", filepath.Join(dir, name))
	}
	r := play(t, "--seconds", "0.1", "--clip", "walk", "--clip", filepath.Join(dir, "b-turn.csv"), "--clip", filepath.Join(dir, "*-*"))
	var names []string
	for _, c := range r.Clips {
		names = append(names, c.Clip)
	}
	if got := strings.Join(names, " "); got != "walk b-turn a-stand b-turn" {
		t.Errorf("played %s", got)
	}
}

func TestFlagsOverrideTheScenario(t *testing.T) {
	scenario := file(t, "s.yaml", "clips: [walk]\npace: realtime\nseed: 4\nseconds: 3\nphysics: {timestep_ms: 2}\n")
	rec := filepath.Join(t.TempDir(), "r.mcap")
	r := play(t, "--scenario", scenario, "--seconds", "0.2", "--seed", "5", "--start-frame", "20", "--record", rec)
	if len(r.Clips) != 1 || r.Clips[0].Clip != "walk" || r.Clips[0].Frames != 10 {
		t.Errorf("%+v", r.Clips)
	}
	f, err := record.Open(rec)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := hil.ParseScenario(f.Header.Scenario)
	if err != nil {
		t.Fatal(err)
	}
	if s.Seed != 5 || s.Seconds != 0.2 || s.StartFrame != 20 || s.Pace != "lockstep" || s.Physics.TimestepMs != 2 {
		t.Errorf("the recording was made by %+v", s)
	}
}

func TestStartFrameAndSecondsCutTheClip(t *testing.T) {
	if c := play(t, "--clip", "stand", "--start-frame", "240").Clips[0]; c.Frames != 10 || !c.Completed {
		t.Errorf("%+v, want the last 10 frames of 250", c)
	}
	if c := play(t, "--clip", "stand", "--seconds", "0.58").Clips[0]; c.Frames != 29 || c.Completed {
		t.Errorf("%+v, want 29 frames of a clip that goes on", c)
	}
	if c := play(t, "--clip", "stand", "--seconds", "1e-6").Clips[0]; c.Frames != 1 {
		t.Errorf("%+v, want one frame", c)
	}
}

func TestSeedDecidesTheNoise(t *testing.T) {
	err := func(seed string) float64 {
		return play(t, "--clip", "walk", "--seconds", "0.5", "--seed", seed).Clips[0].RootErr
	}
	mean, first, again, second := err("0"), err("1"), err("1"), err("2")
	if first != again || first == second || first == mean {
		t.Errorf("root error %g for seed 0, %g and %g for seed 1, %g for seed 2", mean, first, again, second)
	}
}

func TestBaselineIsASecondRow(t *testing.T) {
	r := play(t, "--clip", "stand", "--clip", "turn", "--seconds", "0.2", "--baseline")
	var rows []string
	for _, c := range r.Clips {
		rows = append(rows, c.Clip+" "+c.Controller)
	}
	if got := strings.Join(rows, ", "); got != "stand policy, stand open loop, turn policy, turn open loop" {
		t.Errorf("rows: %s", got)
	}
	alone := play(t, "--clip", "turn", "--seconds", "0.2", "--policy", hil.OpenLoop)
	if alone.Clips[0].Controller != "open loop" || alone.Clips[0].RootErr != r.Clips[3].RootErr {
		t.Errorf("open loop alone %+v, as baseline %+v", alone.Clips[0], r.Clips[3])
	}
}

func TestRobotsThatAreNotThereAreRefused(t *testing.T) {
	for robot, want := range map[string]string{
		"quadruped@serial:/dev/absent": "/dev/absent", "quadruped@serial": "serial:DEVICE", "quadruped@pigeon": "quadruped@pigeon",
		"arm.yaml@serial:/dev/absent": "arm.yaml", "arm.yaml@emulated": "arm.yaml", "rat@emulated": "rat",
	} {
		refused(t, whisker("run", "--clip", "stand", "--robot", robot), want)
	}
	refused(t, whisker("run", "--clip", "stand", "--robot", "arm.yaml"), "arm.yaml", "no such file")
}

// A camera's clip need not be at the rate of the loop.
func TestClipOfAnotherRateIsResampled(t *testing.T) {
	rows := strings.Split(strings.TrimSpace(converted(t, "stand")), "\n")
	slow := rows[:1]
	for i := 1; i < len(rows); i += 2 {
		slow = append(slow, rows[i])
	}
	path := file(t, "slow.csv", strings.Join(slow, "\n")+"\n")
	o := ok(t, "run", "--pace", "lockstep", "--clip", path, "--json", "-")
	if n := strings.Count(o.errs, "resampled from 25 to 50 frames/s"); n != 1 {
		t.Errorf("resampling is said %d times in\n%s", n, o.errs)
	}
	c := parse(t, o.out).Clips[0]
	own := play(t, "--clip", "stand").Clips[0]
	if c.Frames != 249 || !c.Completed || math.Abs(c.RootErr-own.RootErr) > 1 {
		t.Errorf("%+v, want the 249 frames that 125 make, tracked as well as %+v", c, own)
	}
}

func TestRecordingReplays(t *testing.T) {
	rec := filepath.Join(t.TempDir(), "new folder", "r.mcap")
	play(t, "--clip", "turn", "--seconds", "0.5", "--seed", "3", "--record", rec, "--record-activations")
	if o := ok(t, "replay", rec, "--resimulate"); !strings.Contains(o.out, "turn") {
		t.Errorf("%s", o.out)
	}
	if o := ok(t, "record", "info", rec); !strings.Contains(o.out, "/activations") {
		t.Errorf("%s", o.out)
	}
}

// More than a tick's work in every tick: the loop gives up, and the user gets
// what there is, with exit status 1.
func TestOverrunsAreAFault(t *testing.T) {
	scenario := file(t, "s.yaml", "clips: [stand]\nphysics: {timestep_ms: 0.02}\noverruns: {max: 1, window_ticks: 50}\n")
	o := whisker("run", "--scenario", scenario, "--json", "-")
	if o.status != exitFault || !strings.Contains(o.errs, "overrun") {
		t.Errorf("exit status %d: %s", o.status, o.errs)
	}
	r := parse(t, o.out)
	if len(r.Clips) != 1 || r.Clips[0].Completed || !strings.Contains(r.Clips[0].Fault, "overrun") {
		t.Errorf("%+v", r.Clips)
	}
}

func TestInterruptEndsAHeldRunWell(t *testing.T) {
	rec := filepath.Join(t.TempDir(), "r.mcap")
	scenario := file(t, "s.yaml", "clips: [stand]\noverruns: {max: 999, window_ticks: 1000}\n") // of a machine with other work
	cmd := program(t, "true", "run", "--scenario", scenario, "--hold", "--record", rec)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(3 * time.Minute); !recorded(rec); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no tick was recorded in three minutes\n%s", errs.String())
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), "ticks of 20ms") {
		t.Errorf("%v\n%s%s", err, out.String(), errs.String())
	}
	ok(t, "replay", rec)
}

// recorded says that the file holds more than its header.
func recorded(path string) bool {
	f, err := record.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	for {
		m, err := f.Next()
		if err != nil {
			return false
		}
		if m.Topic == record.TopicSample {
			return true
		}
	}
}
