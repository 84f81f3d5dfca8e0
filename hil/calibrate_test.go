package hil

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"whisker/bridge/board"
	"whisker/controller/profile"
)

// observer is a person who looks at the joints and answers as they turned.
type observer struct {
	b     *bench
	deny  string // a question with this is answered no
	asked []string
}

func (o *observer) Tell(string) { o.b.watch() }
func (o *observer) Held() bool  { return true }

func (o *observer) Confirm(_ context.Context, question string) (bool, error) {
	o.asked = append(o.asked, question)
	if o.deny != "" && strings.Contains(question, o.deny) {
		return false, nil
	}
	var joint int
	if _, where, turn := strings.Cut(question, "so that joint "); turn {
		fmt.Sscan(where, &joint)
		return o.b.turned()[joint] > 0, nil
	}
	return true, nil
}

// calibrated calibrates, again where this machine paused for longer than the
// firmware or the host bears.
func calibrated(r *board.Robot, o *observer, pose board.Pose) (c *board.Calibration, err error) {
	for range 8 {
		c, err = r.Calibrate(o.b.t.Context(), o, pose)
		if err == nil || !strings.Contains(err.Error(), "did not answer") && !strings.Contains(err.Error(), "fault bits") && !strings.Contains(err.Error(), "expired") {
			return c, err
		}
		o.b.t.Logf("this machine paused: %v", err)
	}
	return c, err
}

// wiredOtherwise exchanges signs and shifts encoders.
func wiredOtherwise(p *profile.Profile) {
	for i := range p.Joints {
		p.Joints[i].Offset = 0.3 - 0.11*float64(i)
		if i%3 == 1 || i == 5 {
			p.Joints[i].Sign = -1
		}
	}
}

// owner is a program of the robot's owner, connected to the bench.
func (b *bench) owner() *board.Robot {
	b.t.Helper()
	p, err := profile.Open(b.profile)
	if err != nil {
		b.t.Fatal(err)
	}
	r, err := board.New(board.Options{Profile: p, Device: b.device})
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	b.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			b.t.Error(err)
		}
	})
	return r
}

// lies is the pose in which the bench starts.
func lies(p *profile.Profile) board.Pose {
	return board.Pose{Name: "lie", Q: p.Body(p.Measured()).LieAct, Turns: func(i int) string { return fmt.Sprintf("joint %d turns up", i) }}
}

// Signs and offsets that are wrong are found, by turns that an onlooker sees, and
// the robot then says where its joints are.
func TestCalibrationFindsSignsAndOffsets(t *testing.T) {
	t.Parallel()
	b := newBenchWith(t, wiredOtherwise, nil)
	b.hasty = true
	b.slowDown()
	p, err := profile.Open(b.profile)
	if err != nil {
		t.Fatal(err)
	}
	r := b.owner()
	c, err := calibrated(r, &observer{b: b}, lies(p))
	if err != nil {
		t.Fatal(err)
	}
	wired := *p
	wired.Joints = append([]profile.Joint(nil), p.Joints...)
	wiredOtherwise(&wired)
	for i, j := range c.Joints {
		if want := wired.Joints[i]; j.Name != want.Name || j.Sign != want.Sign || math.Abs(j.Offset-want.Offset) > 0.03 {
			t.Errorf("%s: sign %d, offset %.3f rad; it is wired with %d, %.3f", j.Name, j.Sign, j.Offset, want.Sign, want.Offset)
		}
	}
	id, err := r.Greet()
	if err != nil {
		t.Fatal(err)
	}
	_, _, truth := b.look()
	for i := range truth {
		if d := id.State.Joint[i].Pos - truth[i]; math.Abs(d) > 0.05 {
			t.Errorf("joint %d is said to be %.3f rad off", i, d)
		}
	}
	file := filepath.Join(t.TempDir(), "calibration.json")
	if text, err := json.Marshal(c); err != nil || os.WriteFile(file, text, 0o600) != nil {
		t.Fatal(err)
	}
	if again, err := board.ReadCalibration(file); err != nil || again.Joints[4] != c.Joints[4] {
		t.Errorf("read again: %v", err)
	}
}

// What the encoders show to be wired wrongly ends the calibration with its name.
func TestCalibrationSeesWrongWiring(t *testing.T) {
	for _, c := range []struct {
		want  string
		wrong func(*bench)
	}{
		{"FR_hip_joint: controller: fault 33 (start) at tick 0: board: the firmware refuses torque: fault motor_link is latched", func(b *bench) { b.e.World.Silent[0] = true }},
		{"FR_hip_joint: it was told to turn by 0.1 rad and turned by 0.0", func(b *bench) { b.plant.stuck = true }},
		{"FR_hip_joint: FR_thigh_joint moved with it, by 0.", func(b *bench) { b.plant.linked = true }},
	} {
		b := newBenchWith(t, nil, c.wrong)
		b.hasty = true
		b.slowDown()
		p, err := profile.Open(b.profile)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := calibrated(b.owner(), &observer{b: b}, lies(p)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

func TestCalibrationThatIsGivenUpLeavesNone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p, err := profile.Open(b.profile)
	if err != nil {
		t.Fatal(err)
	}
	r := b.owner()
	if _, err := r.Calibrate(t.Context(), &observer{b: b, deny: "pose"}, lies(p)); err == nil || !strings.Contains(err.Error(), "given up") {
		t.Errorf("%v", err)
	}
	if err := r.Start(); err == nil || !strings.Contains(err.Error(), "has no calibration") {
		t.Errorf("torque without a calibration: %v", err)
	}
}
