package mqtt

import (
	"bytes"
	"math"
	"reflect"
	"testing"
	"time"

	"whisker/controller"
)

// offline is a Robot that has a lease and hears a state, without a broker.
func offline(t *testing.T) *Robot {
	t.Helper()
	r, err := NewRobot(RobotOptions{Broker: Broker{URL: "127.0.0.1:1"}, Name: "dog", Body: legs()})
	if err != nil {
		t.Fatal(err)
	}
	r.lease = 7
	r.hearMeasured(appendMeasured(nil, &measured{lease: 7, seq: 1, at: time.Second, state: controller.NewState(r.body)}), false, "")
	return r
}

func TestHostTicksAllocateNothing(t *testing.T) {
	r := offline(t)
	s, c := controller.NewState(r.body), controller.NewCommand(r.body)
	if n := testing.AllocsPerRun(1000, func() {
		if r.Read(&s) != nil || r.Write(&c) != nil {
			t.Fatal("no state")
		}
	}); n != 0 {
		t.Errorf("%v allocations a tick", n)
	}
}

// No state is taken for younger than it is, whatever the two clocks say and
// however long the ways are.
func TestAgeIsNeverLessThanTheTruth(t *testing.T) {
	r := offline(t)
	now := r.clock()
	// A setpoint was sent 90 ms ago and heard 30 ms later, when the agent's clock was
	// at 5 s; the state was measured 20 ms after that and is 40 ms old.
	m := measured{lease: 7, seq: 2, echo: 1, sent: now - 90*time.Millisecond, heard: 5 * time.Second, at: 5*time.Second + 20*time.Millisecond, state: controller.NewState(r.body)}
	r.hearMeasured(appendMeasured(nil, &m), false, "")
	s := controller.NewState(r.body)
	if err := r.Read(&s); err != nil || s.Age < 70*time.Millisecond || s.Age > 70*time.Millisecond+r.clock()-now+time.Millisecond {
		t.Errorf("age %v, %v: want 70 ms, the truth of 40 and the way there", s.Age, err)
	}
	// An older state, one of another lease and one that is retained change nothing.
	for _, bad := range []measured{{lease: 7, seq: 1}, {lease: 8, seq: 9}, {seq: 9}} {
		bad.state = controller.NewState(r.body)
		r.hearMeasured(appendMeasured(nil, &bad), false, "")
	}
	m.seq = 9
	r.hearMeasured(appendMeasured(nil, &m), true, "")
	r.hearMeasured([]byte("junk"), false, "")
	if n := r.Stats(); n.States != 2 || n.Stale != 1 || n.Refused != 4 {
		t.Errorf("%+v", n)
	}
}

// What an agent refuses to obey, it counts.
func TestSetpointsThatAreRefused(t *testing.T) {
	p := newPlant()
	a, err := NewAgent(AgentOptions{Broker: Broker{URL: "127.0.0.1:1"}, Name: "dog", Robot: p})
	if err != nil {
		t.Fatal(err)
	}
	a.clock = func() time.Duration { return time.Minute }
	a.lease.Store(7)
	good := func() setpoint {
		return setpoint{lease: 7, seq: 5, deadline: a.clock() + 100*time.Millisecond, command: controller.NewCommand(p.body)}
	}
	hear := func(s setpoint) { a.hearSetpoint(appendSetpoint(nil, &s, 2), false, "") }
	for name, bad := range map[string]func(s *setpoint){
		"another lease": func(s *setpoint) { s.lease = 8 },
		"no lease":      func(s *setpoint) { s.lease = 0 },
		"good for ever": func(s *setpoint) { s.deadline = time.Hour },
		"not a number":  func(s *setpoint) { s.command.Pos[0] = math.NaN() },
		"infinite":      func(s *setpoint) { s.command.Kp[1] = math.Inf(1) },
		"too many joints": func(s *setpoint) {
			s.command = controller.Command{Pos: make([]float64, 3), Vel: make([]float64, 3), Torque: make([]float64, 3), Kp: make([]float64, 3), Kd: make([]float64, 3)}
		},
	} {
		before := a.counts()
		s := good()
		bad(&s)
		hear(s)
		if n := a.counts(); n.Refused != before.Refused+1 || n.Accepted != 0 {
			t.Errorf("%s: %+v", name, n)
		}
	}
	for _, b := range [][]byte{nil, {1}, make([]byte, 1<<20), appendSetpoint(nil, &setpoint{lease: 7, command: controller.NewCommand(p.body)}, 2)[:40]} {
		a.hearSetpoint(b, false, "")
	}
	s := good()
	a.hearSetpoint(appendSetpoint(nil, &s, 2), true, "") // retained
	if n := a.counts(); n.Refused != 11 || n.Accepted != 0 {
		t.Fatalf("%+v", n)
	}
	hear(good()) // of sequence 5: four before it never came
	s = good()
	hear(s) // again
	s.seq = 4
	hear(s) // behind a newer one
	s.seq, s.deadline = 6, a.clock()-time.Millisecond
	hear(s)
	if n := a.counts(); n != (SetpointCounts{Accepted: 1, Lost: 4, Late: 3, Refused: 11}) {
		t.Errorf("%+v", n)
	}
}

func FuzzBinary(f *testing.F) {
	b := legs()
	f.Add(appendSetpoint(nil, &setpoint{lease: 1, seq: 2, command: controller.NewCommand(b)}, 2))
	f.Add(appendMeasured(nil, &measured{lease: 1, seq: 2, state: controller.NewState(b)}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := setpoint{command: controller.NewCommand(b)}
		if readSetpoint(raw, &s, 2) == nil && !bytes.Equal(appendSetpoint(nil, &s, 2), raw) {
			t.Errorf("%x is read as %+v", raw, s)
		}
		m := measured{state: controller.NewState(b)}
		if readMeasured(raw, &m) == nil && len(appendMeasured(nil, &m)) != len(raw) {
			t.Errorf("%x is read as %+v", raw, m)
		}
	})
}

func TestBinaryRoundTrip(t *testing.T) {
	b := legs()
	m := measured{lease: 1, seq: 2, at: 3 * time.Second, sent: -time.Second, echo: 4, heard: 5 * time.Microsecond, mode: controller.ModeDamp, fault: controller.FaultTilt,
		counts: SetpointCounts{1, 2, 3, 4}, state: controller.NewState(b)}
	s := &m.state
	s.Faults, s.Seq, s.Voltage, s.IMU.Quat, s.IMU.Gyro, s.IMU.Acc = 1<<63, 9, 24.5, [4]float64{0, 1, 0, 0}, [3]float64{1, 2, 3}, [3]float64{4, 5, 6}
	for i, v := range [][]float64{s.Pos, s.Vel, s.ActPos, s.ActVel, s.Activation, s.Torque, s.Current, s.Temperature, s.FootForce} {
		for k := range v {
			v[k] = float64(10*i + k)
		}
	}
	got := measured{state: controller.NewState(b)}
	if err := readMeasured(appendMeasured(nil, &m), &got); err != nil || !reflect.DeepEqual(got, m) {
		t.Errorf("%v\n%+v\n%+v", err, got, m)
	}
}
