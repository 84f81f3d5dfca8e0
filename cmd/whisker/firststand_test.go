package main

import (
	"bytes"
	"math"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"whisker/controller"
	"whisker/sim"
)

// seen is a simulated body whose joints another goroutine may look at.
type seen struct {
	*sim.Robot
	mu sync.Mutex
	q  []float64
}

func (s *seen) Read(st *controller.State) error {
	err := s.Robot.Read(st)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.q = append(s.q[:0], st.Pos...)
	return err
}

// from is how far the joint that moved most is from where it was, rad.
func (s *seen) from(q []float64) (most float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range q {
		most = math.Max(most, math.Abs(s.q[i]-q[i]))
	}
	return most
}

func (s *seen) joints() []float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]float64(nil), s.q...)
}

// screen is what a command prints while it runs.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// patientProfile is the reference quadruped's, whose ages a loaded machine keeps.
func patientProfile(t *testing.T) string {
	t.Helper()
	text := content(t, "../../controller/profile/quadruped.yaml")
	return file(t, "quadruped.yaml", strings.NewReplacer("state_age_ms: 40", "state_age_ms: 4000", "command_age_ms: 40", "command_age_ms: 4000").Replace(text))
}

// typist sits at standard input, which it makes a terminal.
func typist(t *testing.T) (keys *os.File) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	stdin := os.Stdin
	os.Stdin = slave
	t.Cleanup(func() { os.Stdin = stdin; master.Close(); slave.Close() })
	return master
}

// At a terminal: a question, a yes, and nothing moves; the robot, which hangs, stands up
// while the space bar repeats, stops when it is let go, goes on when it is held again,
// and is at rest at the end.
func TestDoctorPerformsTheFirstStandAtATerminal(t *testing.T) {
	body := &seen{}
	device := ownedAs(t, func(r *sim.Robot) controller.Robot {
		if err := r.Hold(); err != nil {
			t.Fatal(err)
		}
		b := r.Body()
		r.Place(controller.Root{Pos: [3]float64{0, 0, 2 * b.StandHeight}, Quat: [4]float64{1}}, b.LieAct, make([]float64, len(b.LieAct)))
		body.Robot = r
		return body
	})
	calibrate(t, device)
	keys := typist(t)
	var out screen
	code := make(chan int, 1)
	go func() {
		code <- run([]string{"doctor", "--stand", "--robot", patientProfile(t) + "@serial:" + device}, &out, &out)
	}()
	says := func(text string) {
		t.Helper()
		within(t, "it says "+text, func() bool {
			if len(code) > 0 && !strings.Contains(out.String(), text) {
				t.Fatalf("it ended without saying %s:\n%s", text, out.String())
			}
			return strings.Contains(out.String(), text)
		})
	}
	hold := func(until func() bool) {
		for end := time.Now().Add(2 * time.Minute); !until(); time.Sleep(20 * time.Millisecond) {
			if _, err := keys.WriteString(" "); err != nil || time.Now().After(end) {
				t.Fatalf("two minutes of holding the space bar, %v:\n%s", err, out.String())
			}
		}
	}
	says("[y/n]")
	lying := body.joints()
	keys.WriteString("y")
	says("hold the space bar")
	time.Sleep(1500 * time.Millisecond)
	if d := body.from(lying); d > 0.05 {
		t.Errorf("nobody held the space bar, and a joint moved by %.2f rad", d)
	}
	hold(func() bool { return body.from(lying) > 0.3 })
	keys.WriteString("x") // let go
	time.Sleep(300 * time.Millisecond)
	there := body.joints()
	time.Sleep(300 * time.Millisecond)
	if d := body.from(there); d > 0.2 {
		t.Errorf("the space bar was let go, and a joint moved on by %.2f rad", d)
	}
	hold(func() bool { return len(code) > 0 })
	if status := <-code; status != exitDone || !strings.Contains(out.String(), "stood; ") {
		t.Errorf("exit status %d:\n%s", status, out.String())
	}
	if o := ok(t, "doctor", "--robot", "quadruped@serial:"+device); !strings.Contains(o.out, "idle, fault none") {
		t.Errorf("the robot is not at rest:\n%s", o.out)
	}
}
