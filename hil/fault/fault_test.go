package fault

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"whisker/controller"
	"whisker/controller/profile"
	"whisker/sim"
)

func body(t *testing.T) *controller.Body {
	t.Helper()
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	return p.Body(p.Measured())
}

func read(t *testing.T, text string) []Fault {
	t.Helper()
	var s struct {
		Clips  []string
		Faults []Fault
	}
	if err := yaml.NewDecoder(bytes.NewReader([]byte(text)), yaml.Strict()).Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s.Faults
}

func anything(Place, float64) string { return "" }

func TestEveryKindIsRead(t *testing.T) {
	text := "clips: [a]\nfaults:\n"
	for _, k := range kinds {
		target := map[aim]string{atJoint: "FR_hip_joint", atOneWay: "up", atAxis: "x"}[k.aim]
		text += "  - {at_s: 1, fault: " + k.name + ", target: '" + target + "'"
		if k.unit != "" {
			text += ", magnitude: 0.1"
		}
		if k.lasting {
			text += ", for_s: 2"
		}
		text += "}\n"
	}
	list := read(t, text)
	if err := Check(list, Target{Name: "bench", Body: body(t), Not: anything}); err != nil {
		t.Error(err)
	}
	if len(list) != len(kinds) || list[3].line != 6 {
		t.Errorf("%d faults, the fourth in line %d", len(list), list[3].line)
	}
}

func TestWhatNamesNothingIsRefusedWithItsLine(t *testing.T) {
	for bad, want := range map[string]string{
		"fault: explosion":                                               `"explosion" is no fault, expected one of bit errors`,
		"fault: joint stuck":                                             "expected a joint of quadruped, such as FR_hip_joint",
		"fault: joint stuck, target: tail":                               `"tail"`,
		"fault: half-open link":                                          "expected up or down",
		"fault: push, magnitude: 3":                                      "expected x, y or z",
		"fault: drop":                                                    "magnitude of drop is 0",
		"fault: drop, magnitude: 1.5":                                    "expected 0 to 1 share of frames",
		"fault: link cut, magnitude: 1":                                  "has no magnitude",
		"fault: mcu reset, for_s: 1":                                     "is over at once",
		"fault: host pause":                                              "needs for_s",
		"fault: broker stall":                                            "needs for_s",
		"fault: link cut, at_s: -1":                                      "at_s is -1",
		"fault: link cut, at_s: .nan":                                    "at_s is NaN",
		"fault: payload, magnitude: .inf":                                "magnitude of payload is +Inf",
		"fault: clock drift, magnitude: 1":                               "-0.2 to 0.2 ratio",
		"fault: push, target: x, magnitude: 5, seed: 1, for_s: -3":       "for_s is -3",
		"fault: encoder jump, target: FR_hip_joint, magnitude: 0":        "and not 0",
		"fault: bit errors, target: sideways, magnitude: 0.001, seed: 4": "up, down or none",
	} {
		list := read(t, "clips: [a]\n\nfaults:\n  - {fault: link cut}\n  - {"+bad+"}\n")
		err := Check(list, Target{Name: "bench", Body: body(t), Not: anything})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "line 5, faults[1]") {
			t.Errorf("{%s}: %v, want %q with line 5", bad, err, want)
		}
	}
	var s struct{ Faults []Fault }
	err := yaml.NewDecoder(strings.NewReader("faults:\n  - {fault: drop, magnitud: 0.5}\n"), yaml.Strict()).Decode(&s)
	if err == nil || !strings.Contains(err.Error(), "magnitud") || !strings.Contains(err.Error(), "2:") {
		t.Errorf("a key that is none: %v", err)
	}
}

func TestWhatTheTargetCannotHaveIsRefusedByName(t *testing.T) {
	list := read(t, "faults:\n  - {fault: mcu hang}\n")
	err := Check(list, Target{Name: "sim", Body: body(t), Not: func(p Place, _ float64) string {
		if p == Watchdog {
			return "it has no microcontroller"
		}
		return ""
	}})
	if err == nil || !strings.Contains(err.Error(), "mcu hang is refused for target sim: it has no microcontroller") {
		t.Error(err)
	}
}

const tick = 2 * time.Millisecond

// send puts numbered frames on a line, one a tick, and says what came when.
func send(l *Lines, n int, up bool) (got []string, at []time.Duration) {
	for i := range n + 100 {
		now := time.Duration(i) * tick
		if i < n {
			l.Send(now, up, []byte{byte(i), byte(i), 'f', 'r', 'a', 'm', 'e', 0})
		}
		if b := l.Due(now, up, nil); len(b) > 0 {
			for f := range strings.SplitSeq(string(b), "frame\x00") {
				if f != "" {
					got, at = append(got, f), append(at, now)
				}
			}
		}
	}
	return got, at
}

func lined(f Fault) (*Lines, *int) {
	l, n := &Lines{}, new(int)
	l.begin(&f, n)
	return l, n
}

func TestLinesLoseDoubleHoldAndTurnFramesAround(t *testing.T) {
	l, n := lined(Fault{Kind: "drop", Magnitude: 0.3, Seed: 1})
	if got, _ := send(l, 200, true); len(got)+*n != 200 || *n < 40 || *n > 80 {
		t.Errorf("drop: %d came, %d were dropped of 200", len(got), *n)
	}
	l, n = lined(Fault{Kind: "duplicate", Magnitude: 0.5, Seed: 1})
	if got, _ := send(l, 200, true); len(got) != 200+*n || *n < 70 || *n > 130 {
		t.Errorf("duplicate: %d came, %d twice", len(got), *n)
	}
	l, _ = lined(Fault{Kind: "delay", Magnitude: 10})
	if _, at := send(l, 3, true); len(at) != 3 || at[0] != 10*time.Millisecond || at[2] != 14*time.Millisecond {
		t.Errorf("delay: came at %v", at)
	}
	l, _ = lined(Fault{Kind: "jitter", Magnitude: 10, Seed: 2})
	got, at := send(l, 100, false)
	if len(got) != 100 || !slices.IsSorted(got) || !slices.IsSorted(at) || at[99] > 99*tick+12*time.Millisecond {
		t.Errorf("jitter: %d came, the last at %v", len(got), at[len(at)-1])
	}
	l, n = lined(Fault{Kind: "reorder", Magnitude: 0.3, Seed: 2})
	got, _ = send(l, 100, false)
	if len(got) != 100 || slices.IsSorted(got) || *n < 10 {
		t.Errorf("reorder: %d came, %d turned around", len(got), *n)
	}
}

func TestACutLineCarriesNothingUntilItIsMended(t *testing.T) {
	f := Fault{Kind: "half-open link", Target: "up"}
	l, n := &Lines{}, new(int)
	l.Send(0, true, []byte("on its way"))
	l.begin(&f, n)
	l.Send(0, true, []byte("lost"))
	l.Send(0, false, []byte("back"))
	if up, down := l.Due(tick, true, nil), l.Due(tick, false, nil); len(up) > 0 || string(down) != "back" || *n != 1 {
		t.Errorf("up %q, down %q, %d lost", up, down, *n)
	}
	l.end(&f)
	l.Send(tick, true, []byte("mended"))
	if up := l.Due(tick, true, nil); string(up) != "mended" {
		t.Errorf("after it was mended: %q", up)
	}
}

func TestBitErrorsComeAtTheirRateAndByTheirSeed(t *testing.T) {
	errors := func(seed uint64) (flipped int, bytes []byte) {
		l, n := lined(Fault{Kind: "bit errors", Magnitude: 1e-3, Seed: seed})
		for i := range 500 {
			l.Send(time.Duration(i)*tick, true, make([]byte, 200))
			bytes = l.Due(time.Duration(i)*tick, true, bytes)
		}
		for _, b := range bytes {
			for ; b != 0; b &= b - 1 {
				flipped++
			}
		}
		if flipped != *n {
			t.Errorf("%d bits are flipped, %d were counted", flipped, *n)
		}
		return flipped, bytes
	}
	n, first := errors(1)
	if want := 500 * 200 * 8 * 1e-3; math.Abs(float64(n)-want) > 5*math.Sqrt(want) {
		t.Errorf("%d bits of %d, want about %.0f", n, 8*len(first), want)
	}
	if _, again := errors(1); !slices.Equal(first, again) {
		t.Error("the same seed flips other bits")
	}
	if _, other := errors(2); slices.Equal(first, other) {
		t.Error("another seed flips the same bits")
	}
}

// patient is a body that suffers.
type patient struct {
	harm  sim.Harm
	force [3]float64
}

func (p *patient) Harm(h *sim.Harm) error   { p.harm = *h; return nil }
func (p *patient) Perturb(force [3]float64) { p.force = force }

func TestSensorsSayWhatTheirFaultsAdd(t *testing.T) {
	b := body(t)
	list := []Fault{
		{Kind: "encoder jump", Target: "FR_thigh_joint", Magnitude: 0.5, At: 1, For: 1},
		{Kind: "encoder offset", Target: "FR_calf_joint", Magnitude: -0.2, At: 1, For: 1},
		{Kind: "encoder noise", Target: "FL_hip_joint", Magnitude: 0.1, At: 1, For: 1},
		{Kind: "imu bias", Target: "y", Magnitude: 2, At: 1, For: 1},
		{Kind: "imu saturation", Magnitude: 1, At: 1, For: 1},
		{Kind: "motor dead", Target: "RL_calf_joint", At: 1, For: 1},
		{Kind: "push", Target: "y", Magnitude: -7, At: 1, For: 1},
	}
	p := &patient{}
	in := NewInjector(list, Bench{Body: b, Plant: p})
	in.Begin(0)
	at := func(now time.Duration) controller.State {
		s := controller.NewState(b)
		s.IMU.Gyro = [3]float64{0, 0, -5}
		if err := in.Tick(now); err != nil {
			t.Fatal(err)
		}
		in.Sense(now, &s)
		return s
	}
	if s := at(999 * time.Millisecond); s.Pos[1] != 0 || s.IMU.Gyro[2] != -5 || p.harm.Missing != nil || p.force[1] != 0 {
		t.Errorf("before: %+v", s)
	}
	at(time.Second)
	s := at(1100 * time.Millisecond)
	if s.Pos[1] != 0.5 || s.ActPos[1] != 0.5 || math.Abs(s.Pos[2]+0.1) > 1e-9 || s.Pos[3] == 0 || s.IMU.Gyro != [3]float64{0, 1, -1} || p.harm.Missing[11] != 1 || p.force[1] != -7 {
		t.Errorf("meanwhile: %+v, %+v", s, p)
	}
	if s = at(1900 * time.Millisecond); math.Abs(s.Pos[2]+0.2) > 1e-9 {
		t.Errorf("an offset of -0.2 became %g", s.Pos[2])
	}
	p.force = [3]float64{}
	if s = at(2 * time.Second); s.Pos[1] != 0 || s.Pos[2] != 0 || s.IMU.Gyro[2] != -5 || p.harm.Missing[11] != 0 || p.force[1] != 0 {
		t.Errorf("after: %+v, %+v", s, p)
	}
}

func TestRowsAreJudged(t *testing.T) {
	limits := Limits{Safe: 102 * time.Millisecond, Motion: 0.1, Speed: 3, Allowance: 200 * time.Millisecond}
	for _, c := range []struct {
		name      string
		fault     Fault
		play      func(in *Injector)
		completed bool
		want      string
		by, how   string
	}{
		{"held", Fault{Kind: "link cut", For: 1}, func(in *Injector) {
			in.Guard(60*time.Millisecond, "state age")
			in.Watch(100*time.Millisecond, []float64{1}, []float64{2}, true)
			in.Watch(200*time.Millisecond, []float64{1.05}, []float64{1}, true)
			in.Recovered("cleared")
		}, false, "ok", "guard", "cleared"},
		{"late", Fault{Kind: "link cut", For: 1}, func(in *Injector) {
			in.Firmware(60*time.Millisecond, "expired")
			in.Watch(104*time.Millisecond, []float64{1}, []float64{0}, true)
		}, false, "safe only after 104 ms", "firmware", "none before the end"},
		{"moved", Fault{Kind: "mcu reset"}, func(in *Injector) {
			in.Firmware(10*time.Millisecond, "x")
			in.Guard(20*time.Millisecond, "state age")
			in.Watch(20*time.Millisecond, []float64{1}, []float64{0}, true)
			in.Watch(30*time.Millisecond, []float64{1.2}, []float64{0}, true)
		}, false, "a joint moved by 0.200 rad", "guard, firmware", "none before the end"},
		{"fast", Fault{Kind: "mcu reset"}, func(in *Injector) {
			in.Firmware(10*time.Millisecond, "x")
			in.Watch(20*time.Millisecond, []float64{1}, []float64{-4}, true)
		}, false, "a joint turned at 4.00 rad/s", "firmware", "none before the end"},
		{"awake by itself", Fault{Kind: "mcu reset"}, func(in *Injector) {
			in.Firmware(10*time.Millisecond, "x")
			in.Watch(20*time.Millisecond, []float64{1}, []float64{0}, true)
			in.Watch(30*time.Millisecond, []float64{1}, []float64{0}, false)
			in.Recovered("cleared")
		}, false, "motors got torque again, and nobody had asked for it", "firmware", "cleared"},
		{"awake when asked", Fault{Kind: "mcu reset"}, func(in *Injector) {
			in.Firmware(10*time.Millisecond, "x")
			in.Watch(20*time.Millisecond, []float64{1}, []float64{0}, true)
			in.Revives(true)
			in.Watch(30*time.Millisecond, []float64{1}, []float64{0}, false)
			in.Revives(false)
			in.Recovered("cleared")
		}, false, "ok", "firmware", "cleared"},
		{"unsafe", Fault{Kind: "mcu reset"}, func(in *Injector) { in.Firmware(10*time.Millisecond, "x") }, false, "never seen safe", "firmware", "none before the end"},
		{"unseen", Fault{Kind: "link cut", For: 1}, func(*Injector) {}, true, "nobody noticed", "nobody", "went on"},
		{"too short to matter", Fault{Kind: "link cut", For: 0.05}, func(*Injector) {}, true, "ok", "nobody", "went on"},
		{"borne", Fault{Kind: "payload", Magnitude: 1}, func(*Injector) {}, true, "ok", "nobody", "went on"},
		{"fell", Fault{Kind: "payload", Magnitude: 1}, func(*Injector) {}, false, "lost the clip, and nobody noticed", "nobody", "lost the clip"},
		{"taken back", Fault{Kind: "broker stall", For: 1}, func(in *Injector) {
			in.Guard(250*time.Millisecond, "state age")
			in.Agent(240*time.Millisecond, "policy", 0.05, 2)
			in.Recovered("cleared")
		}, false, "ok", "guard, agent", "none: the agent took the robot back"},
		{"taken back late", Fault{Kind: "broker stall", For: 1}, func(in *Injector) {
			in.Agent(310*time.Millisecond, "policy", 0.05, 2)
		}, false, "safe only after 310 ms, 302ms is allowed", "agent", "none: the agent took the robot back"},
		{"taken back and moved", Fault{Kind: "broker stall", For: 1}, func(in *Injector) {
			in.Agent(210*time.Millisecond, "policy", 0.2, 2)
		}, false, "a joint moved by 0.200 rad", "agent", "none: the agent took the robot back"},
		{"stopped before", Fault{Kind: "broker stall", For: 1}, func(in *Injector) {
			in.Agent(-time.Millisecond, "policy", 0.05, 2)
		}, true, "nobody noticed", "nobody", "went on"},
		{"driven on without the broker", Fault{Kind: "broker stall", For: 1}, func(*Injector) {}, true, "nobody noticed", "nobody", "went on"},
		{"short stall", Fault{Kind: "broker stall", For: 0.3}, func(*Injector) {}, true, "ok", "nobody", "went on"},
		{"no room for what nobody wrote", Fault{Kind: "disk full"}, func(*Injector) {}, true, "not injected: nothing was written meanwhile", "nobody", "went on"},
		{"no room", Fault{Kind: "disk full"}, func(in *Injector) { in.NoRoom() }, true, "ok", "nobody", "went on"},
		{"within a stop", Fault{Kind: "link cut", For: 1, At: 0.1}, func(in *Injector) {
			in.Watch(50*time.Millisecond, []float64{1}, []float64{0}, true)
			if err := in.Tick(100 * time.Millisecond); err != nil {
				t.Fatal(err)
			}
			in.bench.Lines.Send(100*time.Millisecond, true, []byte("lost"))
			in.Firmware(120*time.Millisecond, "motor_link")
			in.Watch(120*time.Millisecond, []float64{1}, []float64{0}, true)
			in.Recovered("cleared")
		}, false, "not judged: the robot was stopped before it began", "nobody", "began while the robot was stopped"},
		{"nothing to saturate", Fault{Kind: "imu saturation", Magnitude: 40}, func(in *Injector) {
			s := controller.NewState(in.bench.Body)
			in.Sense(0, &s)
		}, true, "not injected: it changed nothing", "nobody", "went on"},
		{"no bit met", Fault{Kind: "bit errors", Magnitude: 1e-9}, func(*Injector) {}, true, "not injected: it changed nothing", "nobody", "went on"},
		{"never", Fault{Kind: "payload", Magnitude: 1, At: 9}, func(*Injector) {}, true, "not injected", "nobody", "never began: the clip ended before"},
	} {
		in := NewInjector([]Fault{c.fault}, Bench{Body: body(t), Lines: &Lines{}, Board: board{}, Broker: func(bool) {}, Disk: func(bool) error { return nil }})
		in.Begin(0)
		if err := in.Tick(0); err != nil {
			t.Fatal(err)
		}
		in.bench.Lines.Send(0, true, []byte("frame"))
		c.play(in)
		r := in.Rows("clip", c.completed, limits)[0]
		if !strings.HasPrefix(r.Verdict, c.want) || r.By() != c.by || r.Recovery != c.how {
			t.Errorf("%s: %q by %q, %q", c.name, r.Verdict, r.By(), r.Recovery)
		}
	}
}

type board struct{}

func (board) HangUp() error            { return nil }
func (board) Restart() error           { return nil }
func (board) BrownOut() error          { return nil }
func (board) SetDrift(float64)         {}
func (board) Motor(int, float64, bool) {}
