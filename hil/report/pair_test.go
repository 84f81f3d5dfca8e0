package report

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"whisker/controller"
)

func TestEqualRecordingsDoNotDiffer(t *testing.T) {
	r := made(t, newTape(), newTape(), newTape())
	for _, n := range []int{1, 2, 3, 6, 7, 9, 11, 13} {
		it := r.item(n)
		near(t, it.Name, it.Value, 0, 1e-9)
		if it.Verdict != Pass {
			t.Errorf("%s: %s", it.Name, it.Verdict)
		}
	}
	if r.Gaps != [2]int{} || r.Cut != 0 || r.Ticks != 400 || len(r.Unmatched) != 0 {
		t.Errorf("%+v", r)
	}
	if len(r.Difference.Settings) != 0 || strings.Contains(r.Difference.Words, "themselves") {
		t.Errorf("%+v", r.Difference)
	}
	if r.Difference.Known || !strings.Contains(r.Difference.Words, "the rat has no profile") {
		t.Errorf("%+v", r.Difference)
	}
}

// Ticks are matched by their number: a hole in one recording moves nothing.
func TestGapsAreCountedAndShiftNothing(t *testing.T) {
	holes := newTape()
	holes.skip = func(_ int, tick uint64) bool { return tick >= 100 && tick < 117 || tick == 300 }
	r := made(t, newTape(), holes)
	near(t, "RMSE", r.Items[0].Value, 0, 1e-9)
	if r.Gaps != [2]int{0, 18} || r.Ticks != 382 {
		t.Errorf("gaps %v, %d ticks", r.Gaps, r.Ticks)
	}
	if note := r.item(13).Note; !strings.Contains(note, "18 ticks lost in recording") {
		t.Error(note)
	}
}

// Of a recording that lost every other tick nothing is said that needs two in a row.
func TestOneTickInTwo(t *testing.T) {
	sparse := newTape()
	sparse.skip = func(_ int, tick uint64) bool { return tick%2 == 1 }
	r := made(t, sparse, sparse)
	if r.Gaps != [2]int{199, 199} {
		t.Errorf("gaps %v", r.Gaps)
	}
	near(t, "RMSE", r.Items[0].Value, 0, 1e-9)
	for _, n := range []int{6, 7, 13} {
		if it := r.item(n); it.Verdict != Unknown {
			t.Errorf("%s: %s, %s", it.Name, it.Verdict, it.Note)
		}
	}
	still := newTape()
	still.body.Joints, still.body.Actuators = nil, nil
	path := still.write(t, "still.mcap")
	_, err := Make(t.Context(), Options{First: path, Second: path})
	refused(t, err, "no joint to compare")
}

func TestUnequalLengthsAreComparedWhereBothAre(t *testing.T) {
	short := newTape()
	short.ticks = 250
	r := made(t, newTape(), short)
	near(t, "RMSE", r.Items[0].Value, 0, 1e-9)
	if r.Cut != 150 || r.Ticks != 250 {
		t.Errorf("cut %d, %d ticks", r.Cut, r.Ticks)
	}
}

// A robot that stands up first begins its clip at a later tick.
func TestPassesAreMatchedFromWhereThePolicyTakesOver(t *testing.T) {
	late := newTape()
	late.stood = 60
	for _, r := range []*Report{made(t, newTape(), late), made(t, late, newTape())} {
		near(t, "RMSE", r.Items[0].Value, 0, 1e-9)
		if r.Ticks != 400 || r.Cut != 0 {
			t.Errorf("%d ticks, cut %d", r.Ticks, r.Cut)
		}
	}
}

func TestPassesAreMatchedByClip(t *testing.T) {
	two, other := newTape(), newTape()
	two.clips = []string{"walk", "trot", "walk"}
	other.clips = []string{"turn", "walk", "walk"}
	other.set = func(pass int, s *controller.Sample) { // the passes of walk are the first's 0 and 2
		from := []int{0, 0, 2}[pass]
		for j := range s.State.Pos {
			s.State.Pos[j], s.Command.Pos[j] = command(from, s.Tick, j), command(from, s.Tick, j)
		}
	}
	r := made(t, two, other)
	near(t, "RMSE", r.Items[0].Value, 0, 1e-9)
	if got := strings.Join(r.Unmatched, "; "); got != "trot is only in a.mcap; turn is only in b.mcap" || r.Ticks != 800 {
		t.Errorf("%s, %d ticks", got, r.Ticks)
	}
}

func TestBadRecordingsAreToldOfInOneLine(t *testing.T) {
	good := newTape().write(t, "good.mcap")
	with := func(change func(*tape)) string {
		x := newTape()
		change(x)
		return x.write(t, "bad.mcap")
	}
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name string, b []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		path string
		want []string
	}{
		{with(func(x *tape) { x.clips = []string{"trot"} }), []string{"no tick in common", "walk (ticks 0 to 399)", "trot (ticks 0 to 399)"}},
		{with(func(x *tape) { x.ticks, x.skip = 900, func(_ int, tick uint64) bool { return tick < 450 } }), []string{"no tick in common", "walk (ticks 450 to 899)"}},
		{with(func(x *tape) { x.body.Name = "three" }), []string{"different bodies", "two and three"}},
		{with(func(x *tape) { x.body.Period = 10 * time.Millisecond }), []string{"different bodies", "20ms and 10ms"}},
		{with(func(x *tape) { x.body.Joints[1].Name = "ankle" }), []string{"different bodies", "joint 1 is knee and ankle"}},
		{with(func(x *tape) { x.body.Actuators[1].Name = "tendon" }), []string{"different bodies", "actuator 1 is knee (of joint 1) and tendon (of joint 1)"}},
		{with(func(x *tape) { x.body.Actuators = append(x.body.Actuators, x.body.Actuators[0]) }), []string{"different bodies", "2 and 3 actuators"}},
		{with(func(x *tape) {
			x.set = func(_ int, s *controller.Sample) {
				if s.Tick == 5 {
					s.State.IMU.Quat[2] = math.Inf(1)
				}
			}
		}), []string{"bad.mcap", "tick 5", "orientation's part 2 is +Inf"}},
		{with(func(x *tape) { x.set = func(_ int, s *controller.Sample) { s.Command.Kp[1] = math.NaN() } }), []string{"tick 0", "kp of actuator 1 is NaN"}},
		{with(func(x *tape) {
			x.set = func(_ int, s *controller.Sample) {
				if s.Tick == 37 {
					s.State.Pos[1] = math.NaN()
				}
			}
		}), []string{"bad.mcap", "tick 37", "position of joint 1 is NaN"}},
		{with(func(x *tape) { x.ticks, x.stood = 0, 50 }), []string{"bad.mcap", "no tick of a policy"}},
		{file("cut.mcap", text[:len(text)*2/3]), []string{"cut.mcap", "whisker record repair"}},
		{file("notes.mcap", []byte("no recording")), []string{"notes.mcap"}},
		{"absent.mcap", []string{"absent.mcap"}},
	} {
		_, err := Make(t.Context(), Options{First: good, Second: c.path})
		refused(t, err, c.want...)
	}
	_, err = Make(t.Context(), Options{First: good, Second: good, More: []string{with(func(x *tape) { x.body.Name = "three" })}})
	refused(t, err, "different bodies")
}

// Nothing is called what it is not.
func TestRecordingsAreCalledWhatTheyAre(t *testing.T) {
	for robot, want := range map[string]string{
		"quadruped": "simulation", "quadruped@emulated": "emulated firmware", "quadruped@serial:/dev/ttyUSB0": "board", "quadruped@mqtt:broker/7": "remote robot",
	} {
		x := newTape()
		x.robot = robot
		r := made(t, newTape(), x)
		if r.Second.Kind != want || !strings.Contains(r.Title, "b.mcap ("+want+")") {
			t.Errorf("%s is called %s in %q", robot, r.Second.Kind, r.Title)
		}
	}
	s := hilScenario("quadruped@emulated")
	if s.Emulation.Board = "host"; kindOf(&s) != "firmware built for this machine" {
		t.Errorf("the host's build is called %s", kindOf(&s))
	}
}
