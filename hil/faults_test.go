package hil

import (
	"context"
	"encoding/json"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"whisker/controller"
	"whisker/controller/profile"
	"whisker/hil/fault"
)

// trial is a scenario of the reference quadruped for a target of the harness.
func trial(t *testing.T, target, text string) Scenario {
	t.Helper()
	s, err := ReadTrial(write(t, "robot: quadruped\nclips: [stand]\npolicy: none\nseconds: 3\n"+text), target)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const onHost = "emulation: {board: host}\n"

// only is the row of a trial with one fault.
func only(t *testing.T, s Scenario) (fault.Row, *Result) {
	t.Helper()
	r := mustRun(t, s)
	if len(r.Faults) != 1 {
		t.Fatalf("%d rows", len(r.Faults))
	}
	return r.Faults[0], r
}

func TestACutLineIsMadeSafeAndClearedTheSameInEveryRun(t *testing.T) {
	s := trial(t, "emulated", onHost+"faults:\n  - {at_s: 1, fault: link cut, for_s: 0.4}\n  - {at_s: 1, fault: bit errors, target: up, magnitude: 0.0002, seed: 5}\n")
	var first []byte
	for range 2 {
		r := mustRun(t, s)
		if why := r.Failures(&s); len(why) > 0 {
			t.Errorf("%q", why)
		}
		row := r.Faults[0]
		if row.By() != "guard, firmware" || row.Guard != "state age" || row.Firmware != "expired" || row.Safe > 102 || row.Detected > row.Safe || row.Injected == 0 || !strings.HasPrefix(row.Recovery, "cleared") {
			t.Errorf("%+v", row)
		}
		r.PeakRSS, r.Emulated.Factor = 0, 0
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && string(b) != string(first) {
			t.Errorf("two runs:\n%s\n%s", first, b)
		}
		first = b
	}
}

func TestARobotInTheAirStopsWhereItIs(t *testing.T) {
	for _, f := range []string{"link cut", "half-open link, target: up", "host pause, for_s: 0.3", "encoder dropout, target: FL_calf_joint", "motor hot, target: FL_calf_joint, magnitude: 95", "brown-out"} {
		s := trial(t, "emulated", onHost+"physics: {held: true}\ngates: {safe_ms: 102, motion_rad: 0.1}\nfaults:\n  - {at_s: 1, fault: "+f+"}\n")
		row, r := only(t, s)
		if why := r.Failures(&s); len(why) > 0 || row.By() == "nobody" || row.Safe > 102 || !(row.Motion < 0.1) {
			t.Errorf("%s: %q, %+v", f, why, row)
		}
	}
}

func TestQEMUSuffersAndItsFirmwareComesBack(t *testing.T) {
	row, r := only(t, trial(t, "emulated", "faults:\n  - {at_s: 0.5, fault: mcu reset}\n"))
	if row.Verdict != "ok" || row.Guard != "state age" || row.Safe > 102 || !strings.HasPrefix(row.Recovery, "cleared") || r.Emulated.Board != "mps2" {
		t.Errorf("%+v", row)
	}
}

func TestTheSimulatedBodyIsHarmed(t *testing.T) {
	row, _ := only(t, trial(t, "sim", "faults:\n  - {at_s: 0.5, fault: encoder jump, target: FL_calf_joint, magnitude: 2, for_s: 1}\n"))
	if row.By() != "guard" || row.Guard != "joint limit" && row.Guard != "following error" || row.Verdict != "ok" {
		t.Errorf("an encoder that jumps by 2 rad: %+v", row)
	}
	row, _ = only(t, trial(t, "sim", "faults:\n  - {at_s: 0.5, fault: payload, magnitude: 1}\n"))
	if row.By() != "nobody" || row.Verdict != "ok" || row.Recovery != "went on" {
		t.Errorf("a payload of 1 kg: %+v", row)
	}
}

// Whatever can be wrong with a body changes its motion, or what it measures, from then
// on and not before, as the kind says.
func TestEveryFaultOfTheBodyActs(t *testing.T) {
	const at = 0.4
	play := func(fault string) []controller.Sample {
		s := trial(t, "sim", "faults:\n  - {at_s: 0.4, fault: "+fault+"}\n")
		s.Clips, s.Seconds, s.Record = []string{"walk"}, 0.8, filepath.Join(t.TempDir(), "run.mcap")
		mustRun(t, s)
		return samplesOf(t, s.Record)
	}
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	knee := slices.IndexFunc(p.Joints, func(j profile.Joint) bool { return j.Name == "FL_calf_joint" })
	sound := play("motor limited, target: FL_calf_joint, magnitude: 100")
	moved := func(all []controller.Sample) (most float64) {
		for _, x := range all {
			most = max(most, math.Abs(x.State.Pos[knee]-all[0].State.Pos[knee]))
		}
		return most
	}
	for fault, as := range map[string]func(after []controller.Sample) bool{
		"joint stuck, target: FL_calf_joint":                    func(after []controller.Sample) bool { return moved(after[:5]) < 1e-3 },
		"motor weak, target: FL_calf_joint, magnitude: 0.5":     nil,
		"motor dead, target: FL_calf_joint":                     func(after []controller.Sample) bool { return after[2].State.Torque[knee] == 0 },
		"motor limited, target: FL_calf_joint, magnitude: 0.5":  func(after []controller.Sample) bool { return math.Abs(after[2].State.Torque[knee]) <= 0.5 },
		"foot slip, magnitude: 1":                               nil,
		"push, target: y, magnitude: 30, for_s: 0.1":            nil,
		"payload, magnitude: 2":                                 nil,
		"encoder offset, target: FL_calf_joint, magnitude: 0.2": nil,
		"encoder jump, target: FL_calf_joint, magnitude: 0.1":   nil,
		"encoder noise, target: FL_calf_joint, magnitude: 0.01": nil,
		"imu bias, target: z, magnitude: 0.5":                   func(after []controller.Sample) bool { return after[1].State.IMU.Gyro[2] > 0.2 },
		"imu saturation, magnitude: 0.0001":                     func(after []controller.Sample) bool { return math.Abs(after[1].State.IMU.Gyro[1]) <= 0.0001 },
	} {
		harmed := play(fault)
		n := 0
		for n < min(len(sound), len(harmed)) && slices.Equal(sound[n].State.Pos, harmed[n].State.Pos) && sound[n].State.IMU == harmed[n].State.IMU {
			n++
		}
		if n == len(sound) || math.Abs(sound[n].State.Time.Seconds()-at) > 0.08 {
			t.Errorf("%s at %g s: the first difference is at sample %d of %d", fault, at, n, len(sound))
		} else if as != nil && !as(harmed[n:]) {
			t.Errorf("%s: after it the knee is at %v, its torque %v, the gyro %v", fault, harmed[n].State.Pos[knee], harmed[n].State.Torque[knee], harmed[n].State.IMU.Gyro)
		}
	}
}

func TestATargetRefusesWhatItCannotHave(t *testing.T) {
	for _, c := range []struct{ target, text, want string }{
		{"sim", "faults: [{fault: link cut}]", "link cut is refused for target sim: it has no line"},
		{"sim", "faults: [{fault: motor hot, target: FR_hip_joint, magnitude: 90}]", "no motor bus"},
		{"sim", "faults: [{fault: host pause, for_s: 1}]", "its time stops with the host"},
		{"sim", "faults: [{fault: disk full}]", "not recorded"},
		{"sim", "pace: realtime\nrecord: run.mcap\nfaults: [{fault: disk full, for_s: 0.5}]", "would not notice in 0.5 s"},
		{"emulated", onHost + "faults: [{fault: mcu hang}]", "board host has neither watchdog"},
		{"emulated", "faults: [{fault: brown-out}]", "board mps2 has no supply"},
		{"emulated", "faults: [{fault: broker stall, for_s: 1}]", "no broker"},
		{"emulated", "faults: [{fault: joint stuck, target: tail}]", `line 5, faults[0]: target of joint stuck is "tail"`},
	} {
		_, err := Run(context.Background(), trial(t, c.target, c.text), "test", zerolog.Nop())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.text, err, c.want)
		}
	}
	for _, c := range []struct{ robot, target, want string }{
		{"quadruped", "moon", "expected sim, emulated, serial:DEV or mqtt:BROKER/ID"},
		{"quadruped", "serial:", "expected sim"},
		{"quadruped@emulated", "sim", "expected a name without @"},
	} {
		s := DefaultScenario()
		s.Robot = c.robot
		if err := s.aim(c.target); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s for %s: %v", c.robot, c.target, err)
		}
	}
}

func TestAFullDiskEndsTheRecordingAndNotTheMotion(t *testing.T) {
	s := trial(t, "emulated", onHost+"faults:\n  - {at_s: 0.5, fault: disk full}\n")
	s.Record = filepath.Join(t.TempDir(), "run.mcap")
	r, err := Run(context.Background(), s, "test", zerolog.Nop())
	if err != nil || len(r.Faults) != 1 || !strings.HasPrefix(r.Faults[0].Recovery, "went on; the recording ended: ") || !strings.Contains(r.Faults[0].Recovery, "no space left") || r.Clips[0].Fault != "" || r.Clips[0].Survival < 2.9 {
		t.Errorf("%+v, %v", r, err)
	}
}

// In lockstep half a second is over before a recorder would look: the disk is full for
// what the robot does meanwhile all the same, and one that is full while nothing is to be
// written is not said to have been.
func TestAFullDiskActsInItsWindow(t *testing.T) {
	for _, target := range []string{"sim", "emulated"} {
		s := trial(t, target, onHost+"faults:\n  - {at_s: 0.3, fault: disk full, for_s: 0.5}\n")
		s.Record = filepath.Join(t.TempDir(), "run.mcap")
		row, r := only(t, s)
		if why := r.Failures(&s); len(why) > 0 || row.Injected != 1 || !strings.HasPrefix(row.Recovery, "went on; the recording ended: ") || r.Clips[0].Survival < 2.9 {
			t.Errorf("%s: %q, %+v", target, why, row)
		}
		tracked := 0
		for _, x := range samplesOf(t, s.Record) {
			if x.Mode == controller.ModeTrack {
				tracked++
			}
		}
		if tracked < 14 || tracked > 16 { // of 20 ms each
			t.Errorf("%s: %d ticks of 0.3 s are in the recording", target, tracked)
		}
	}
	s := trial(t, "emulated", onHost+"faults:\n  - {at_s: 0.302, fault: disk full, for_s: 0.004}\n")
	s.Record = filepath.Join(t.TempDir(), "run.mcap")
	row, _ := only(t, s)
	if all := samplesOf(t, s.Record); row.Injected != 0 || row.Verdict != "not injected: nothing was written meanwhile" || len(all) < 150 {
		t.Errorf("between two ticks: %d in the recording, %+v", len(all), row)
	}
}

// A robot on the floor that nothing is broken in has to follow its clip, to where the
// scenario cuts it: one that slides falls short though it stands to the end. On a stand
// there is no way to be followed, and with a fault its row judges.
func TestAClipThatIsNotFollowedFails(t *testing.T) {
	ice := write(t, "foot_friction: [0.02, 0.02]\n")
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"physics: {randomise: " + ice + "}\n", "walk_quadruped: path of "},
		{"physics: {randomise: " + ice + ", held: true}\n", ""},
		{"physics: {randomise: " + ice + "}\nfaults:\n  - {at_s: 1, fault: payload, magnitude: 0.01}\n", ""},
	} {
		s := trial(t, "sim", c.text)
		s.Clips, s.Seconds = []string{"walk"}, 5
		r := mustRun(t, s)
		if why := strings.Join(r.Failures(&s), "; "); !r.Clips[0].Played || (why == "") != (c.want == "") || !strings.HasPrefix(why, c.want) {
			t.Errorf("%q: played %v, %q, want %q", c.text, r.Clips[0].Played, why, c.want)
		}
	}
}

func TestLatencyIsMeasuredAndHasAGate(t *testing.T) {
	s := trial(t, "emulated", onHost+"gates: {latency_max_ms: 40}\n")
	r := mustRun(t, s)
	if why := r.Failures(&s); len(why) > 0 || r.Latency == nil || r.Latency.Total.Max <= 0 || r.Latency.Command.Max > r.Latency.Total.Max || r.Latency.Echo != nil {
		t.Fatalf("%q, %+v", why, r.Latency)
	}
	s = trial(t, "emulated", onHost+"gates: {latency_max_ms: 40}\nfaults:\n  - {at_s: 1, fault: delay, target: up, magnitude: 60, for_s: 1}\n")
	late := mustRun(t, s)
	why := strings.Join(late.Failures(&s), " ")
	if late.Latency.Total.Max < r.Latency.Total.Max+59 || !strings.Contains(why, "gates.latency_max_ms") {
		t.Errorf("60 ms more on the line: %v ms before, %v after; %q", r.Latency.Total.Max, late.Latency.Total.Max, why)
	}
}

func TestBuildsOfTheFirmwareAgree(t *testing.T) {
	s := trial(t, "emulated", "")
	s.Seconds = 1
	a, err := Agree(context.Background(), s, "test", zerolog.Nop())
	if err != nil || a.Ticks < 500 || a.Torque > 0.1 || a.Each != [2]int{a.Ticks, a.Ticks} {
		t.Errorf("%+v, %v", a, err)
	}
	differs := compare(&trace{told: []uint64{1, 2, 3}, torque: []float64{0, 0, 0}}, &trace{told: []uint64{1, 2, 4}, torque: []float64{0, 0, 0.5}})
	if differs.First != 2 || differs.Torque != 0.5 || !strings.Contains(differs.String(), "from tick 2 of 3 on (0.004 s): the control law by 0.5") {
		t.Errorf("%v", differs)
	}
	for want, a := range map[string]*Agreement{
		"differ from tick 2 of 3 on":                                differs,
		"QEMU told the motors for 3 ticks and the host build for 2": compare(&trace{told: []uint64{1, 2, 3}}, &trace{told: []uint64{1, 2}}),
		"neither": compare(&trace{}, &trace{}),
	} {
		if err := a.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if err := compare(&trace{told: []uint64{1, 2}}, &trace{told: []uint64{1, 2}}).Err(); err != nil {
		t.Error(err)
	}
}

func TestFaultsArePrinted(t *testing.T) {
	r := mustRun(t, trial(t, "emulated", onHost+"faults:\n  - {at_s: 1, fault: drop, magnitude: 0.2, for_s: 1}\n"))
	var b strings.Builder
	if err := r.Table(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"drop 0.2 share of frames", "nobody", "went on", "altered frames accepted: 0", "state to motor"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, b.String())
		}
	}
}
