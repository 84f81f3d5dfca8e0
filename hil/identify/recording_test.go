package identify

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"whisker/controller"
	"whisker/controller/profile"
	"whisker/controller/record"
)

// recordedRun writes a recording of the quadruped in the air: a short run, and
// one of 8 s whose commands have gains and torques of their own.
func recordedRun(t *testing.T, v *Values) string {
	t.Helper()
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	b := p.Body(controller.Measures{Torque: true})
	path := filepath.Join(t.TempDir(), "run.mcap")
	rec, err := record.Create(path, record.Header{Body: b})
	if err != nil {
		t.Fatal(err)
	}
	rec.Lossless = true
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { done <- rec.Run(ctx) }()
	for _, ticks := range []int{60, 400} {
		rec.Event(record.Event{Kind: record.KindRun})
		l := commanded(b, ticks)
		for j := range b.Joints {
			tr := newTrack(l, j, nil, 0, 0)
			replay(Impedance, v, tr, l.Position[j], l.Torque[j])
		}
		s := controller.NewSample(b)
		for i := range ticks {
			s.Tick, s.State.Time = uint64(i), time.Duration(l.Time[i]*float64(time.Second))
			for j := range b.Joints {
				s.State.Pos[j], s.State.Torque[j], s.Command.Pos[j] = l.Position[j][i], l.Torque[j][i], l.Command[j][i]
				s.Command.Vel[j], s.Command.Torque[j] = l.Impedance.Velocity[j][i], l.Impedance.Torque[j][i]
				s.Command.Kp[j], s.Command.Kd[j] = l.Impedance.Kp[j][i], l.Impedance.Kd[j][i]
			}
			rec.Put(&s, nil, nil, nil)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return path
}

// commanded is a log at 50 Hz of which only the commands are filled.
func commanded(b *controller.Body, ticks int) *Log {
	l := recorded("plan", b)
	s := controller.NewSample(b)
	for i := range ticks {
		at := float64(i) / 50
		s.State.Time = time.Duration(at * float64(time.Second))
		for j := range b.Joints {
			s.Command.Pos[j] = chirp(8, 0.2, 2.5)(at)
			s.Command.Vel[j], s.Command.Torque[j] = 0.3*math.Cos(5*at), 0.5*math.Sin(3*at)
			s.Command.Kp[j], s.Command.Kd[j] = 20+5*math.Sin(at), 0.5
		}
		l.append(&s)
	}
	return &l
}

// A recording of Whisker's own is read with the gains and torques of every
// command, of its runs the longest, and what moved the joints is found from it.
func TestIdentifiesFromARecording(t *testing.T) {
	t.Parallel()
	v := arm()
	v[Gain] = 0.8
	path := recordedRun(t, &v)
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Time) != 400 || len(l.Joints) != 12 || !near(l.Time[399], 399/50.0) {
		t.Fatalf("%d samples of %d joints to %g s, want the run of 400 ticks", len(l.Time), len(l.Joints), l.Time[len(l.Time)-1])
	}
	p, err := OpenProfile("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	p.Joints = p.Joints[:1] // one is enough
	p.Torque = true
	body := identified(t, p, quick(), l)
	for _, k := range []Param{Armature, Coulomb, Gain} {
		if f := body.Joints[0].Found[k]; !f.Identified || math.Abs(f.Value/v[k]-1) > 0.15 {
			t.Errorf("%s: %+v, want %g", k, f, v[k])
		}
	}
	if s := score(t, body, l); s.Worst > 2e-3 {
		t.Errorf("replayed through its own body: %g rad", s.Worst)
	}
}

// The rat's servos have no impedance commands.
func TestRefusesARecordingOfServos(t *testing.T) {
	b := &controller.Body{
		Name: "rat", Period: 20 * time.Millisecond, Joints: []controller.Joint{{Name: "knee"}},
		Actuators: []controller.Actuator{{Name: "knee", Drive: controller.DrivePosition}},
	}
	path := filepath.Join(t.TempDir(), "rat.mcap")
	rec, err := record.Create(path, record.Header{Body: b})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := rec.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "want an impedance drive at every joint") {
		t.Errorf("error %v", err)
	}
}
