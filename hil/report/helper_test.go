package report

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"whisker/controller"
	"whisker/controller/record"
	"whisker/hil"
)

// twoJoints is the smallest robot that has all items.
func twoJoints() *controller.Body {
	motor := controller.Actuator{Drive: controller.DriveImpedance, Min: -3, Max: 3, MaxTorque: 10, Kp: 20, Kd: 1}
	b := &controller.Body{Name: "two", Period: 20 * time.Millisecond, Stand: []float64{0, 0}, Measures: controller.Measures{IMU: true, Torque: true}}
	for j, name := range []string{"hip", "knee"} {
		motor.Name, motor.Joint = name, j
		b.Joints = append(b.Joints, controller.Joint{Name: name, Min: -3, Max: 3})
		b.Actuators = append(b.Actuators, motor)
	}
	return b
}

// tape is a recording in the making: passes of so many ticks, which set changes
// before they are written.
type tape struct {
	body   *controller.Body
	robot  string // of the scenario
	more   func(*hil.Scenario)
	policy string // its hash
	clips  []string
	ticks  int
	stood  int // ticks in another mode before each pass
	set    func(pass int, s *controller.Sample)
	skip   func(pass int, tick uint64) bool
	faults map[int]string
}

// command is what every tape is told: two sines, faster from pass to pass.
func command(pass int, tick uint64, joint int) float64 {
	t := float64(tick) * 0.02
	return 0.4 * math.Sin(2*math.Pi*(0.7+0.4*float64(joint)+0.1*float64(pass))*t+float64(joint))
}

func newTape() *tape {
	return &tape{body: twoJoints(), robot: "rat", clips: []string{"walk"}, ticks: 400}
}

// sample is a tick of a robot that is where it was told to be.
func (x *tape) sample(pass int, tick uint64) controller.Sample {
	s := controller.NewSample(x.body)
	s.Tick, s.Mode = tick, controller.ModeTrack
	s.State.Seq, s.State.Time = tick, time.Duration(tick)*x.body.Period
	for j := range s.State.Pos {
		s.Command.Pos[j], s.Command.Kp[j], s.Command.Kd[j] = command(pass, tick, j), 20, 0
		s.State.Pos[j] = s.Command.Pos[j]
		s.State.ActPos[j] = s.State.Pos[j]
		s.State.Torque[j] = math.Sin(float64(tick) / 7)
	}
	return s
}

func (x *tape) write(t *testing.T, name string) string {
	t.Helper()
	s := hilScenario(x.robot)
	s.Clips = x.clips
	if x.more != nil {
		x.more(&s)
	}
	path := filepath.Join(t.TempDir(), name)
	r, err := record.Create(path, record.Header{Body: x.body, Scenario: s.YAML(), Clips: x.clips, Policy: x.policy, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	r.Lossless = true
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	for pass, clip := range x.clips {
		r.Event(record.Event{Kind: record.KindRun, Text: clip})
		for tick := range uint64(x.stood + x.ticks) {
			if x.skip != nil && x.skip(pass, tick) {
				continue
			}
			s := x.sample(pass, tick-min(tick, uint64(x.stood)))
			s.Tick, s.State.Seq, s.State.Time = tick, tick, time.Duration(tick)*x.body.Period
			if tick < uint64(x.stood) {
				s.Mode = controller.ModeStand
			}
			if x.set != nil {
				x.set(pass, &s)
			}
			r.Put(&s, nil, nil, nil)
		}
		if why := x.faults[pass]; why != "" {
			r.Event(record.Event{Kind: "fault", Text: why})
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return path
}

func hilScenario(robot string) hil.Scenario {
	s := hil.DefaultScenario()
	s.Robot = robot
	return s
}

// made is a report of tapes, the first two the pair.
func made(t *testing.T, tapes ...*tape) *Report {
	t.Helper()
	var paths []string
	for i, x := range tapes {
		paths = append(paths, x.write(t, string(rune('a'+i))+".mcap"))
	}
	r, err := Make(t.Context(), Options{First: paths[0], Second: paths[1], More: paths[2:], Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Items) != 14 {
		t.Fatalf("%d items", len(r.Items))
	}
	for i := range r.Items {
		if r.Items[i].Number != i+1 {
			t.Errorf("item %d has number %d", i+1, r.Items[i].Number)
		}
	}
	return r
}

// refused wants one line that holds all of want.
func refused(t *testing.T, err error, want ...string) {
	t.Helper()
	if err == nil || !strings.HasPrefix(err.Error(), "report: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want one line of this package", err)
		return
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("no %q in %v", w, err)
		}
	}
}

func near(t *testing.T, what string, got Number, want, within float64) {
	t.Helper()
	if !(math.Abs(float64(got)-want) <= within) {
		t.Errorf("%s is %v, want %v within %v", what, got, want, within)
	}
}
