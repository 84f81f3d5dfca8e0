package report

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"whisker/controller"
	"whisker/hil"
)

// change is a tape whose samples are changed.
func change(f func(s *controller.Sample)) *tape {
	x := newTape()
	x.set = func(_ int, s *controller.Sample) { f(s) }
	return x
}

func TestPositionErrors(t *testing.T) {
	r := made(t, newTape(), change(func(s *controller.Sample) { s.State.Pos[1] += 0.02 * float64(1-2*int(s.Tick%2)) }))
	rmse, mae := r.item(1), r.item(2)
	near(t, "RMSE", rmse.Value, 0.01, 1e-9)
	near(t, "RMSE of the knee", rmse.Joints[1], 0.02, 1e-9)
	near(t, "RMSE of the hip", rmse.Joints[0], 0, 1e-9)
	near(t, "MAE", mae.Value, 0.01, 1e-9)
	if rmse.Verdict != Fail || !strings.Contains(rmse.Note, "knee with 0.0200 rad") || !strings.Contains(rmse.Note, "commands are the same") {
		t.Errorf("%s: %s", rmse.Verdict, rmse.Note)
	}
	r = made(t, newTape(), change(func(s *controller.Sample) { s.Command.Pos[0] += 0.3 }))
	if note := r.item(1).Note; !strings.Contains(note, "commands differ by up to 0.300 rad") {
		t.Error(note)
	}
}

// The worst joint has a gate of its own, which a mean over many could hide.
func TestOneBadJointFails(t *testing.T) {
	g := DefaultGates()
	g.RMSE = 1
	c := &comparison{shared: &shared{body: twoJoints()}, gates: g}
	it := Item{Value: 0.002, Floor: missing, Joints: []Number{0.001, 2.9}}
	if c.judgeRMSE(&it); it.Verdict != Pass {
		t.Error("below three times the mean's gate, and failed")
	}
	it.Joints[1] = 3.1
	if c.judgeRMSE(&it); it.Verdict != Fail || !strings.Contains(it.Note, "knee") {
		t.Errorf("%+v", it)
	}
}

func TestTorques(t *testing.T) {
	r := made(t, newTape(), change(func(s *controller.Sample) {
		for j := range s.State.Torque {
			s.State.Torque[j] *= 2
		}
	}))
	near(t, "torque RMSE over RMS", r.item(3).Value, 0.5, 1e-9)
	obeys := change(func(s *controller.Sample) {
		for j := range s.State.ActPos { // a joint that is where the tick before told it to go, less what the motor needs
			s.State.ActPos[j] = 0.1 * math.Sin(float64(s.Tick)/9)
			s.State.Torque[j] = 0.3
			if s.Tick > 0 {
				s.State.Torque[j] += 0.8 * 20 * (command(0, s.Tick-1, j) - s.State.ActPos[j])
			}
		}
	})
	obeys.skip = func(_ int, tick uint64) bool { return tick%10 == 5 } // what a lost tick commanded is not known
	it := made(t, newTape(), obeys).item(4)
	near(t, "slope's error", it.Value, 0.2, 1e-6)
	if it.Verdict != Fail || !strings.Contains(it.Note, "slope 0.800 (95 % from 0.800 to 0.800), offset +0.300") {
		t.Errorf("%s: %s", it.Verdict, it.Note)
	}
	if again := made(t, newTape(), obeys, obeys).item(4); again.Verdict != Fail || again.Gate != it.Gate {
		t.Errorf("a repetition of the second made its estimator better: %+v", again)
	}
	blind := newTape()
	blind.body.Measures.Torque = false
	r = made(t, newTape(), blind)
	for _, n := range []int{3, 4} {
		if it := r.item(n); it.Verdict != Unknown || !strings.Contains(it.Note, "not measure torque") {
			t.Errorf("%+v", it)
		}
	}
}

// follows is a tape whose joints follow their commands late and less.
func follows(ticks uint64, gain float64) *tape {
	return change(func(s *controller.Sample) {
		for j := range s.State.Pos {
			s.State.Pos[j] = gain * command(0, s.Tick-min(ticks, s.Tick), j)
		}
	})
}

func TestLagIsThatOfTheJointBehindItsCommand(t *testing.T) {
	it := made(t, follows(1, 1), follows(4, 1)).item(6)
	near(t, "difference of lags", it.Value, 3, 0.02)
	if it.Verdict != Fail || !strings.Contains(it.Note, "20.0 ms and 80.0 ms") {
		t.Errorf("%s: %s", it.Verdict, it.Note)
	}
	offset := follows(4, 1)
	plain := offset.set
	offset.set = func(p int, s *controller.Sample) { plain(p, s); s.State.Pos[0] += 1 }
	near(t, "with an offset", made(t, follows(4, 1), offset).item(6).Value, 0, 1e-6)
}

// Where nothing is told nothing follows: neither a lag nor a response is known.
func TestStillCommandsTellNothing(t *testing.T) {
	still := func(seed uint64) *tape {
		rng := rand.New(rand.NewPCG(seed, 0))
		return change(func(s *controller.Sample) {
			for j := range s.State.Pos {
				s.Command.Pos[j], s.State.Pos[j] = 0, 0.01*rng.NormFloat64()
			}
		})
	}
	r := made(t, still(1), still(2))
	if it := r.item(6); it.Verdict != Unknown || !strings.Contains(it.Note, "no command swings") {
		t.Errorf("%+v", it)
	}
	if it := r.item(7); it.Verdict != Unknown || !strings.Contains(it.Note, "nowhere is the coherence") {
		t.Errorf("%s: %s", it.Verdict, it.Note)
	}
	if it := made(t, follows(18, 1), follows(20, 1)).item(6); it.Verdict != Unknown {
		t.Errorf("joints that both are later than any lag that is tried: %+v", it)
	}
	if it := made(t, follows(1, 1), follows(20, 1)).item(6); it.Verdict != Fail {
		t.Errorf("joints that are later than any lag that is tried: %+v", it)
	}
}

func TestFrequencyResponse(t *testing.T) {
	noisy := func(gain float64, ticks int) *tape { // excites all frequencies
		rng := rand.New(rand.NewPCG(1, 1))
		var told [][2]float64
		for range 900 {
			told = append(told, [2]float64{rng.NormFloat64(), rng.NormFloat64()})
		}
		x := change(func(s *controller.Sample) {
			for j := range s.State.Pos {
				s.Command.Pos[j] = told[s.Tick][j]
				s.State.Pos[j] = gain * told[int(s.Tick)-min(ticks, int(s.Tick))][j]
			}
		})
		x.ticks = 900
		return x
	}
	it := made(t, noisy(1, 0), noisy(0.5, 0)).item(7)
	near(t, "gain", it.Value, 6.02, 0.01)
	it = made(t, noisy(1, 0), noisy(1, 1)).item(7)
	// A period of 20 ms turns 25 Hz, the highest frequency, by 180 degrees.
	top := it.Rows[len(it.Rows)-1].Value
	near(t, "phase at the top", top[4]-top[3], -180*float64(top[0])/25, 8)
	if it.Verdict != Fail || !strings.Contains(it.Note, "phase is the worse") {
		t.Errorf("%s: %s", it.Verdict, it.Note)
	}
	short := newTape()
	short.ticks = 100
	if it := made(t, short, short).item(7); it.Verdict != Unknown || !strings.Contains(it.Note, "record for longer") {
		t.Errorf("%s: %s", it.Verdict, it.Note)
	}
}

func TestDistributions(t *testing.T) {
	if it := made(t, newTape(), follows(5, 1)).item(8); it.Verdict != Pass || it.Value < 0.3 {
		t.Errorf("the same states at other times: p = %v", it.Value)
	}
	it := made(t, newTape(), change(func(s *controller.Sample) { s.State.Pos[0] += 0.5 })).item(8)
	near(t, "Wasserstein distance", it.Joints[0], 0.5, 1e-9)
	if it.Verdict != Fail || it.Value > 0.01 {
		t.Errorf("states that are elsewhere: p = %v", it.Value)
	}
}

func TestFloorLiftsGates(t *testing.T) {
	shake := func(seed uint64) *tape {
		rng := rand.New(rand.NewPCG(seed, 0))
		return change(func(s *controller.Sample) {
			for j := range s.State.Pos {
				s.State.Pos[j] += 0.02 * rng.NormFloat64()
			}
		})
	}
	if it := made(t, shake(1), shake(2)).item(1); it.Verdict != Fail || it.Floor.String() != missing.String() {
		t.Errorf("%+v", it)
	}
	r := made(t, shake(1), shake(2), shake(3), shake(4))
	it := r.item(1)
	near(t, "floor", it.Floor, 0.02*math.Sqrt2, 0.001)
	near(t, "gate", it.Gate, 1.5*float64(it.Floor), 1e-9)
	if it.Verdict != Pass || r.item(9).Verdict != Pass || len(r.More) != 2 {
		t.Errorf("%s, item 9 %s", it.Verdict, r.item(9).Verdict)
	}
	near(t, "item 9", r.item(9).Value, float64(it.Floor), 0)
}

// What was played by another drawn robot, policy or scenario is no repetition of the second:
// it is named, and the floor is what it is without.
func TestFloorIsOfRepetitionsOnly(t *testing.T) {
	drawn := func(seed uint64, by float64) *tape {
		x := change(func(s *controller.Sample) { s.State.Pos[0] += by * float64(1-2*int(s.Tick%2)) })
		x.more = func(s *hil.Scenario) { s.Physics.Randomise, s.Physics.RandomSeed = "default", seed }
		return x
	}
	again := drawn(1, 0.011)
	watched := again.more
	again.more = func(s *hil.Scenario) {
		watched(s)
		s.Record, s.View, s.Policy, s.Gates.SafeMs = "again.mcap", "127.0.0.1:1", "copy.policy", 7
	}
	want := made(t, drawn(1, 0), drawn(1, 0.01), again).item(1)
	near(t, "floor", want.Floor, 0.0005, 1e-9)
	other := map[string]*tape{
		"physics.randomise_seed (1 and 2)": drawn(2, 0.3),
		"the policy (none and abcdef01)":   drawn(1, 0.3),
		"seconds (0 and 2)":                drawn(1, 0.3),
	}
	other["the policy (none and abcdef01)"].policy = "abcdef0123"
	of := other["seconds (0 and 2)"].more
	other["seconds (0 and 2)"].more = func(s *hil.Scenario) { of(s); s.Seconds = 2 }
	for why, x := range other {
		r := made(t, drawn(1, 0), drawn(1, 0.01), again, x)
		say := "d.mcap: not a repetition: " + why
		if it := r.item(1); it.Floor != want.Floor || it.Gate != want.Gate || r.Repetitions() != 1 || !strings.Contains(r.item(9).Note, "1 more runs") {
			t.Errorf("%s: %+v, %d repetitions", why, it, r.Repetitions())
		}
		var table, page strings.Builder
		if err := errors.Join(r.Table(&table), r.Page(&page)); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(table.String(), say+"\n") || !strings.Contains(page.String(), `<div class="facts">`+say) || !strings.Contains(r.item(9).Note, say) {
			t.Errorf("no %q in\n%s", say, table.String())
		}
		r = made(t, drawn(1, 0), drawn(1, 0.01), x)
		if it := r.item(9); it.Verdict != Unknown || !strings.Contains(it.Note, "no repetition of the second was given") || r.item(1).Floor.String() != missing.String() {
			t.Errorf("%s alone: %+v", why, it)
		}
	}
}

func TestARecordingIsNoRepetitionOfItself(t *testing.T) {
	first, second := newTape().write(t, "a.mcap"), newTape().write(t, "b.mcap")
	for _, again := range []string{first, second} {
		r, err := Make(t.Context(), Options{First: first, Second: second, More: []string{again}})
		if err != nil {
			t.Fatal(err)
		}
		if it := r.item(9); it.Verdict != Unknown || !strings.Contains(it.Note, "not a repetition: it is "+again+" once more") {
			t.Errorf("%+v", it)
		}
	}
}

func TestPredictivityAndOutcomes(t *testing.T) {
	clips := []string{"a", "b", "c", "d", "e", "f"}
	behind := func(by ...float64) *tape {
		x := newTape()
		x.clips, x.ticks = clips, 60
		x.set = func(p int, s *controller.Sample) {
			s.State.Pos[0] -= by[p]
			s.State.Pos[1] -= by[p]
		}
		return x
	}
	good := made(t, behind(1, 2, 3, 4, 5, 6), behind(2, 3, 4, 5, 6, 8)).item(10)
	if good.Verdict != Pass || !strings.Contains(good.Note, "Spearman 1.000") || !strings.Contains(good.Note, "wrong ranking 0 rad") {
		t.Errorf("%+v", good)
	}
	bad := made(t, behind(1, 2, 3, 4, 5, 6), behind(6, 5, 4, 3, 2, 1)).item(10)
	near(t, "correlation", bad.Value, -1, 1e-6)
	if bad.Verdict != Fail {
		t.Errorf("%+v", bad)
	}
	falls := behind(1, 1, 1, 1, 1, 1)
	was := falls.set
	falls.set = func(p int, s *controller.Sample) {
		if was(p, s); p == 2 && s.Tick >= 30 {
			s.State.IMU.Quat = [4]float64{math.Cos(0.6), math.Sin(0.6), 0, 0} // 69 degrees
		}
	}
	falls.faults = map[int]string{4: "a fault"}
	it := made(t, behind(1, 1, 1, 1, 1, 1), falls).item(11)
	near(t, "passes that end otherwise", it.Value, 2, 0)
	near(t, "seconds until the fall", it.Rows[2].Value[1], 0.6, 1e-9)
	if it.Verdict != Fail || it.Rows[2].Text != "done / fell" || it.Rows[4].Text != "done / fault" || it.Rows[0].Text != "done / done" {
		t.Errorf("%+v", it)
	}
	if it := made(t, newTape(), newTape()).item(10); it.Verdict != Unknown || !strings.Contains(it.Note, "1 passes in common, 5 are needed") {
		t.Errorf("%+v", it)
	}
}

// A pass that lost its clip is shorter, which the ticks that both have do not show.
func TestAPassThatEndsEarlyEndsOtherwise(t *testing.T) {
	played := func(ticks int) *tape {
		x := newTape()
		x.clips, x.ticks = []string{`{"clip": "walk", "start_frame": 10, "last_frame": 409}`}, ticks
		return x
	}
	it := made(t, played(400), played(150)).item(11)
	if near(t, "passes that end otherwise", it.Value, 1, 0); it.Verdict != Fail || it.Rows[0].Text != "done / ended early" {
		t.Errorf("%+v", it)
	}
	near(t, "seconds of the first", it.Rows[0].Value[0], 8, 1e-9)
	near(t, "seconds of the second", it.Rows[0].Value[1], 3, 1e-9)
	if it := made(t, played(400), played(397)).item(11); it.Verdict != Pass {
		t.Errorf("three ticks were lost: %+v", it)
	}
}

func TestCoverage(t *testing.T) {
	still := func(s *controller.Sample) {
		for j := range s.State.ActPos {
			s.State.ActPos[j], s.State.Torque[j] = 0, 0
		}
	}
	half := change(func(s *controller.Sample) {
		still(s)
		s.State.ActPos[0] = float64(s.Tick%200) / 400
	})
	whole := change(func(s *controller.Sample) {
		still(s)
		s.State.ActPos[0] = float64(s.Tick) / 400
	})
	it := made(t, half, whole).item(12)
	// Three of six cells and the neighbour are covered of the hip, all of the knee.
	near(t, "of the hip", it.Joints[0], 4.0/6, 0.01)
	near(t, "of the knee", it.Joints[1], 1, 0)
	if it.Verdict != Fail {
		t.Error(it.Verdict)
	}
	full := change(func(s *controller.Sample) {
		s.State.Torque[0] = 1
		if s.Tick%4 == 0 {
			s.State.Torque[0] = -9.9
		}
	})
	if note := made(t, newTape(), full).item(12).Note; !strings.Contains(note, "bound 0.00 % and 12.50 % of the time") {
		t.Error(note)
	}
}

func TestTimingIsThatOfTheSecond(t *testing.T) {
	jitter := func(s *controller.Sample) {
		if s.Tick%10 == 0 {
			s.State.Time += 2 * time.Millisecond
		}
	}
	it := made(t, newTape(), change(jitter)).item(13)
	near(t, "99 % of periods", it.Value, 0.1, 1e-9)
	if it.Verdict != Fail || !strings.Contains(it.Note, "22.000 ms at most") {
		t.Errorf("%+v", it)
	}
	if it := made(t, change(jitter), newTape()).item(13); it.Verdict != Pass {
		t.Errorf("the first's timing counted: %+v", it)
	}
	missed := change(func(s *controller.Sample) {
		if s.Tick == 50 {
			s.Timing.Skipped = 3
		}
		if s.Tick >= 100 {
			s.State.Seq--
		}
	})
	if it := made(t, newTape(), missed).item(13); it.Verdict != Fail || !strings.Contains(it.Note, "3 periods missed of 400, 1 states used twice") {
		t.Errorf("%+v", it)
	}
}

func TestHeldOutRules(t *testing.T) {
	x := newTape()
	x.clips = []string{"walk", "chirp"}
	x.set = func(p int, s *controller.Sample) {
		if p == 1 {
			for j := range s.Command.Pos {
				s.Command.Pos[j], s.Command.Kp[j] = 0.5*math.Sin(float64(s.Tick*s.Tick)/2000), 10
			}
		}
	}
	it := made(t, x, x).item(14)
	near(t, "rules", it.Value, 4, 0)
	if it.Verdict != Pass || !strings.Contains(it.Note, "other signal, amplitude, phase, gains") {
		t.Errorf("%+v", it)
	}
	y := newTape()
	y.clips = []string{"walk", "walk"}
	y.set = func(p int, s *controller.Sample) {
		for j := range s.Command.Pos {
			s.Command.Pos[j] = command(0, s.Tick, j)
		}
	}
	if it := made(t, y, y).item(14); it.Verdict != Fail || it.Value != 0 || !strings.Contains(it.Note, "the same signal, amplitude, phase, gains") {
		t.Errorf("%+v", it)
	}
}

func TestSensors(t *testing.T) {
	swing := func(s *controller.Sample) {
		for j := range s.State.Pos {
			s.State.Pos[j], s.State.Vel[j] = 0.3*math.Sin(0.2*float64(s.Tick)), 3*math.Cos(0.2*float64(s.Tick))
		}
	}
	quiet := change(swing)
	rng := rand.New(rand.NewPCG(3, 0))
	bad := change(func(s *controller.Sample) {
		swing(s)
		s.State.Vel[0] *= 1.3
		s.State.Pos[1] += 0.01 * rng.NormFloat64()
		// It turns by 1 rad/s about x and says 1.1.
		half := 0.5 * 0.02 * float64(s.Tick)
		s.State.IMU.Quat = [4]float64{math.Cos(half), math.Sin(half), 0, 0}
		s.State.IMU.Gyro[0] = 1.1
	})
	c, err := newComparison(Options{First: quiet.write(t, "a.mcap"), Second: bad.write(t, "b.mcap")})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, k := range c.sensors([]float64{1.3, 1.4}) { // of the knee the replay says so alone
		got += k.Causes[0] + " " + k.Say + "; "
	}
	for _, want := range []string{"gyroscope of the second is biased by +0.100 rad/s about x", "position of knee has a noise of 0.0", "speed of hip is measured x1.30"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if strings.Contains(got, "about y") || strings.Contains(got, "position of hip") || strings.Contains(got, "speed of knee") {
		t.Error(got)
	}
}

// What all joints have in common is no sensor's; one that stands out is, and so are all
// where the common factor is far from 1.
func TestSpeedsAreComparedWithThoseOfOtherJoints(t *testing.T) {
	told := func(factors ...float64) (names string) {
		tape := func(factors []float64) *tape {
			x := newTape()
			for len(x.body.Joints) < len(factors) {
				name, motor := string(rune('a'+len(x.body.Joints))), x.body.Actuators[0]
				motor.Name, motor.Joint = name, len(x.body.Joints)
				x.body.Joints = append(x.body.Joints, controller.Joint{Name: name, Min: -3, Max: 3})
				x.body.Actuators = append(x.body.Actuators, motor)
			}
			x.body.Stand = make([]float64, len(factors))
			x.set = func(_ int, s *controller.Sample) {
				for j, f := range factors {
					s.State.Pos[j], s.State.Vel[j] = 0.3*math.Sin(0.2*float64(s.Tick)), f*3*math.Cos(0.2*float64(s.Tick))
				}
			}
			return x
		}
		c, err := newComparison(Options{First: tape(slices.Repeat([]float64{1}, len(factors))).write(t, "a.mcap"), Second: tape(factors).write(t, "b.mcap")})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range c.sensors(factors) {
			names += strings.TrimPrefix(k.Causes[0], "sensor of the speed of ") + " "
		}
		return names
	}
	for _, c := range []struct {
		factors []float64
		want    string
	}{
		{[]float64{0.9, 0.88, 0.83, 0.9, 1}, ""},
		{[]float64{0.9, 0.88, 0.6, 0.9, 1}, "c "},
		{[]float64{0.8, 0.8, 0.8, 0.8, 0.8}, "hip knee c d e "},
		{[]float64{1, 1.3, 1, 1, 1}, "knee "},
	} {
		if got := told(c.factors...); got != c.want {
			t.Errorf("factors %v: told of %q, want %q", c.factors, got, c.want)
		}
	}
}

func TestFactorsThatDisagreeAreNone(t *testing.T) {
	for _, c := range [][3]float64{{1.2, 1.5, 1.2}, {0.7, 0.9, 0.9}, {1.3, 0.8, 1}, {0.8, 1.3, 1}, {1, 2, 1}} {
		if got := nearest(c[0], c[1]); got != c[2] {
			t.Errorf("of %g and %g %g is nearest to 1, got %g", c[0], c[1], c[2], got)
		}
	}
}

func TestRecordingsSayThemselvesWhatDiffers(t *testing.T) {
	c, err := newComparison(Options{First: newTape().write(t, "a.mcap"), Second: newTape().write(t, "b.mcap")})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.settings(); len(got) != 0 {
		t.Errorf("equal recordings: %v", got)
	}
	c.b.scenario.Physics.TimestepMs, c.b.scenario.Physics.Randomise = 2, "default"
	c.a.header.MuJoCo, c.b.header.MuJoCo = "3.9", "3.17.0"
	c.a.header.Policy, c.b.header.Policy = "0123456789", "abcdef0123"
	c.b.header.Firmware = "of one alone"
	want := "the physics step, ms (4 and 2), the MuJoCo version (3.9 and 3.17.0), the policy (01234567 and abcdef01), the randomisation (none and default)"
	if got := strings.Join(c.settings(), ", "); got != want {
		t.Errorf("%s", got)
	}
	c.b.header.Policy = "" // open loop
	if got := strings.Join(c.settings(), ", "); !strings.Contains(got, "the policy (01234567 and none)") {
		t.Errorf("%s", got)
	}
}

// A motor stops at its bound only where more is asked of it.
func TestFlatTops(t *testing.T) {
	tops := func(bound, gain float64) float64 {
		x := change(func(s *controller.Sample) {
			for j := range s.State.Torque {
				s.State.ActPos[j] = 0
				want := 0.0
				if s.Tick > 0 {
					want = gain * 20 * command(0, s.Tick-1, j)
				}
				s.State.Torque[j] = math.Max(-bound, math.Min(bound, want))
			}
		})
		c, err := newComparison(Options{First: x.write(t, "a.mcap"), Second: newTape().write(t, "b.mcap")})
		if err != nil {
			t.Fatal(err)
		}
		return c.flatTop(first)
	}
	near(t, "stops at 4 of 10 N·m", Number(tops(4, 1)), 0.4, 1e-9)
	near(t, "never stops", Number(tops(100, 1)), 0, 0)
	near(t, "weak, but never stops", Number(tops(100, 0.5)), 0, 0)
}
