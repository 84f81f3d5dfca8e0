package hil

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"whisker/controller"
	"whisker/controller/record"
	"whisker/policy/motion"
	"whisker/policy/train"
	"whisker/sim"
)

// What sim offers is what the others ask for.
var (
	_ motion.Kinematics = (*sim.Kinematics)(nil)
	_ controller.Robot  = (*sim.Robot)(nil)
	_ train.World       = (*sim.Robot)(nil)
)

// lockstep is a scenario that runs as fast as it can.
func lockstep(clips ...string) Scenario {
	s := DefaultScenario()
	s.Pace, s.Clips = "lockstep", clips
	return s
}

func mustRun(t *testing.T, s Scenario) *Result {
	t.Helper()
	r, err := Run(context.Background(), s, "test", zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestShippedPolicyCompletesStandAndTurn(t *testing.T) {
	r := mustRun(t, lockstep("stand", "turn"))
	for _, row := range r.Clips {
		if !row.Completed || row.Survival != 5 || row.Controller != "policy" {
			t.Errorf("%+v", row)
		}
	}
	if r.Loop.Ticks != 500 || r.Loop.Overruns != 0 {
		t.Errorf("loop %d ticks, %d overruns", r.Loop.Ticks, r.Loop.Overruns)
	}
}

func TestResultHasTheDocumentedKeys(t *testing.T) {
	s := lockstep("stand")
	s.Seconds, s.Baseline = 0.5, true
	b, err := json.Marshal(mustRun(t, s))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Clips []map[string]any
		Loop  map[string]any
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Clips) != 2 || got.Clips[0]["controller"] != "policy" || got.Clips[1]["controller"] != "open loop" {
		t.Fatalf("rows %v", got.Clips)
	}
	for _, key := range strings.Fields("clip frames completed survival_s root_err_mm rot_err_deg limb_joint_rms_rad paw_head_err_mm action_jerk") {
		if _, ok := got.Clips[0][key]; !ok {
			t.Errorf("no key %s in %v", key, got.Clips[0])
		}
	}
	for _, key := range strings.Fields("ticks overruns period_us late_us stage_us") {
		if _, ok := got.Loop[key]; !ok {
			t.Errorf("no key %s in %v", key, got.Loop)
		}
	}
	if late := got.Loop["late_us"].(map[string]any); late["p50"] == nil || late["p99"] == nil || late["p999"] == nil || late["max"] == nil {
		t.Errorf("late_us %v", late)
	}
}

func TestSecondsAndStartFrameBoundAPass(t *testing.T) {
	s := lockstep("stand")
	s.StartFrame, s.Seconds = 100, 1
	row := mustRun(t, s).Clips[0]
	if row.Frames != 50 || row.Survival != 1 || row.Completed {
		t.Errorf("%+v, expected 50 frames of a clip that goes on", row)
	}
	s.Seconds = 0
	if row := mustRun(t, s).Clips[0]; row.Frames != 150 || !row.Completed {
		t.Errorf("%+v, expected the last 150 frames", row)
	}
}

// The spring carries a body through a clip that it falls in by itself, and all that
// people look at says so.
func TestAssistHelpsAndSaysSo(t *testing.T) {
	s := lockstep("walk")
	s.Policy = OpenLoop
	alone := mustRun(t, s).Clips[0]
	s.Physics.Assist = 30
	r := mustRun(t, s)
	helped := r.Clips[0]
	if alone.Completed || alone.Help != nil || !helped.Completed {
		t.Errorf("completed alone %v (help %v), helped %v: want only the second", alone.Completed, alone.Help, helped.Completed)
	}
	if helped.Assist != 30 || helped.Help == nil || !(*helped.Help > 0.01 && *helped.Help < 2.4) {
		t.Errorf("assist %g N/m, %v N: want 30 N/m and less than the body's weight", helped.Assist, helped.Help)
	}
	var table bytes.Buffer
	if err := r.Table(&table); err != nil || !strings.Contains(table.String(), "root assist of 30 N/m") {
		t.Errorf("%v: the table does not tell of the assist:\n%s", err, &table)
	}
	g, err := openRig(s, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	p, err := g.newPass(0, false)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.note(), "root assist 30 N/m") {
		t.Errorf("the view says %q", p.note())
	}
}

// samplesOf are the samples of a recording.
func samplesOf(t *testing.T, path string) (all []controller.Sample) {
	t.Helper()
	r, err := record.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for {
		m, err := r.Next()
		if err != nil {
			return all
		}
		if m.Topic != record.TopicSample {
			continue
		}
		x := controller.NewSample(r.Header.Body)
		if err := r.Sample(m, &x); err != nil {
			t.Fatal(err)
		}
		all = append(all, x)
	}
}

func TestLockstepRecordingsRepeat(t *testing.T) {
	dir := t.TempDir()
	samples := func(name string) []controller.Sample {
		s := lockstep("walk")
		s.Seconds, s.Record, s.Seed = 1, filepath.Join(dir, name), 3
		mustRun(t, s)
		return samplesOf(t, s.Record)
	}
	a, b := samples("a.mcap"), samples("b.mcap")
	if len(a) < 25 || !reflect.DeepEqual(a, b) {
		t.Errorf("two runs of %d and %d samples differ", len(a), len(b))
	}
}

func TestReplayGivesTheSameCommands(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.mcap")
	s := lockstep("walk", "turn")
	s.Record, s.Seed, s.Activate, s.StartFrame = path, 5, true, 20
	mustRun(t, s)
	passes, same, err := Replay(context.Background(), path, "", true, zerolog.Nop())
	if err != nil || !same || len(passes) != 2 {
		t.Fatal(passes, same, err)
	}
	for _, p := range passes {
		if !p.Equal(true) || p.Commands.Ticks < 25 || *p.StateMaxAbs != 0 {
			t.Errorf("%+v, states %g", p, *p.StateMaxAbs)
		}
	}
}

// A replay that compared nothing would pass on any recording.
func TestReplayTellsAnotherPolicyApart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.mcap")
	s := lockstep("turn")
	s.Record, s.Seconds, s.Policy = path, 1, OpenLoop
	mustRun(t, s)
	if _, _, err := Replay(context.Background(), path, "../policy/rat.policy", false, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "policy") {
		t.Errorf("a replay with another policy: %v", err)
	}
	if err := os.WriteFile(path, []byte("not a recording"), 0o644); err != nil {
		t.Fatal(err)
	}
	var open *OpenError
	if _, _, err := Replay(context.Background(), path, "", false, zerolog.Nop()); !errors.As(err, &open) || !strings.Contains(err.Error(), path) {
		t.Errorf("a replay of a text file: %v", err)
	}
}

func TestRealTimeKeepsThePeriod(t *testing.T) {
	s := busy("stand")
	s.Seconds = 0.5
	began := time.Now()
	r := mustRun(t, s)
	if d := time.Since(began); d < 480*time.Millisecond {
		t.Errorf("0.5 s of real time took %v", d)
	}
	if r.Loop.Ticks+r.Loop.Skipped < 25 || r.Loop.Read.Max() == 0 {
		t.Errorf("%d ticks, %d periods skipped, read stage %v", r.Loop.Ticks, r.Loop.Skipped, r.Loop.Read.Max())
	}
}

func TestBadScenariosMoveNothing(t *testing.T) {
	csv := filepath.Join(t.TempDir(), "clip.csv")
	if err := os.WriteFile(csv, []byte("t,root_x\n0,1\n.02,1\n.04,1\n.06,1\n.08,1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what string
		mend func(*Scenario)
		want string
	}{
		{"no clip", func(s *Scenario) { s.Clips = nil }, "no clip"},
		{"absent clip", func(s *Scenario) { s.Clips = []string{"absent.csv"} }, "absent.csv"},
		{"empty glob", func(s *Scenario) { s.Clips = []string{t.TempDir() + "/*.csv"} }, "matches no file"},
		{"clip with missing columns", func(s *Scenario) { s.Clips = []string{csv} }, "root_y"},
		{"start beyond the clip", func(s *Scenario) { s.StartFrame = 250 }, "start_frame"},
		{"absent line", func(s *Scenario) { s.Robot, s.DeadMan, s.Pace = "quadruped@serial:/dev/absent", "off", "realtime" }, "/dev/absent"},
		{"unknown transport", func(s *Scenario) { s.Robot, s.Pace = "quadruped@pigeon:1", "realtime" }, "quadruped@pigeon:1"},
		{"no transport", func(s *Scenario) { s.Robot = "quadruped@" }, "quadruped@"},
		{"transport without a place", func(s *Scenario) { s.Robot, s.Pace = "quadruped@serial", "realtime" }, "serial:DEVICE"},
		{"rat on a line", func(s *Scenario) { s.Robot, s.Pace = "rat@serial:/dev/absent", "realtime" }, "rat"},
		{"assist on a line", func(s *Scenario) { s.Robot, s.Physics.Assist = "quadruped@emulated", 30 }, "assist_n_per_m"},
		{"assist that pushes away", func(s *Scenario) { s.Physics.Assist = -1 }, "assist_n_per_m"},
		{"baseline on a line", func(s *Scenario) { s.Robot, s.Baseline = "quadruped@emulated", true }, "baseline"},
		{"absent gamepad", func(s *Scenario) { s.Gamepad = "/dev/input/absent" }, "gamepad: open /dev/input/absent"},
		{"two switches", func(s *Scenario) { s.Gamepad, s.DeadMan = "/dev/input/event5", "off" }, "dead_man"},
		{"a line that has to wait", func(s *Scenario) { s.Robot = "quadruped@serial:/dev/absent" }, "pace"},
		{"randomised on a line", func(s *Scenario) {
			s.Robot, s.Pace, s.Physics.Randomise = "quadruped@serial:/dev/absent", "realtime", "default"
		}, "randomise"},
		{"torque actuators on a line", func(s *Scenario) { s.Robot, s.Physics.Torque = "quadruped@emulated", true }, "torque_actuators"},
		{"calibration of a simulated robot", func(s *Scenario) { s.Calibration = "c.json" }, "calibration"},
		{"unknown switch", func(s *Scenario) { s.DeadMan = "foot" }, "dead_man"},
		{"cut of what is not emulated", func(s *Scenario) { s.Emulation.CutAfter = 1 }, "cut_after_s"},
		{"unknown board", func(s *Scenario) { s.Emulation.Board = "arduino" }, "emulation.board"},
		{"absent model", func(s *Scenario) { s.Model = "absent.xml" }, "absent.xml"},
		{"model without the joints", func(s *Scenario) { s.Model = "../sim/testdata/pendulum.xml" }, "joint"},
		{"absent policy", func(s *Scenario) { s.Policy = "absent.policy" }, "absent.policy"},
		{"policy file that is none", func(s *Scenario) { s.Policy = csv }, "policy"},
		{"policy for other actuators", func(s *Scenario) { s.Physics.Torque, s.Policy = true, "../policy/rat.policy" }, "drive"},
		{"period that is no multiple", func(s *Scenario) { s.Physics.TimestepMs = 3 }, "multiple"},
		{"period of another rate", func(s *Scenario) { s.Physics.PeriodMs = 40 }, "period"},
		{"view open to all", func(s *Scenario) { s.View = "0.0.0.0:0" }, "token"},
	} {
		s := lockstep("stand")
		s.Record = filepath.Join(t.TempDir(), "never.mcap")
		c.mend(&s)
		_, err := Run(context.Background(), s, "test", zerolog.Nop())
		var open *OpenError
		if !errors.As(err, &open) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, expected one line with %q", c.what, err, c.want)
		}
		if _, err := os.Stat(s.Record); err == nil {
			t.Errorf("%s: a recording was made", c.what)
		}
	}
}

func TestInterruptEndsARunWithWhatItHas(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	s := busy("stand")
	s.Hold = true
	r, err := Run(ctx, s, "test", zerolog.Nop())
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	for _, row := range r.Clips {
		if row.Completed || row.Fault != "" {
			t.Errorf("%+v, expected an incomplete row without a fault", row)
		}
	}
}

func TestTableShowsEveryRow(t *testing.T) {
	s := lockstep("stand")
	s.Seconds, s.Baseline = 0.2, true
	var b bytes.Buffer
	if err := mustRun(t, s).Table(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"stand", "policy", "open loop", "10 ticks of 20ms"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
