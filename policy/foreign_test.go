//go:build cgo

package policy_test

import (
	"math"
	"strings"
	"testing"

	"whisker/controller"
	"whisker/controller/profile"
	"whisker/policy"
	"whisker/policy/onnx"
	"whisker/sim"
)

// dog is the reference quadruped.
func dog(t testing.TB) *sim.Robot {
	t.Helper()
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	r, err := sim.Open(sim.Options{Profile: p})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// echo is a network whose n outputs are its inputs.
func echo(t testing.TB, n int) *onnx.Model {
	t.Helper()
	eye := make([]float32, n*n)
	for i := range n {
		eye[i*n+i] = 1
	}
	b := onnx.NewBuilder("echo")
	x := b.Input("obs", 1, n)
	b.Output(b.Node("Gemm", "action", []string{x, b.Tensor("w", eye, n, n)}))
	file, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Read("echo.onnx", file)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// dogLayout lists the quadruped's joints backwards.
func dogLayout(r *sim.Robot, terms ...policy.ForeignTerm) *policy.ForeignLayout {
	l := &policy.ForeignLayout{
		Name: "echo", RateHz: 50, Observation: terms, ActionScale: policy.Numbers{0.1}, Kp: policy.Numbers{20}, Kd: policy.Numbers{0.5}, MaxGoal: [3]float64{1, 0.5, 2},
	}
	b := r.Body()
	for i := range b.Joints {
		j := len(b.Joints) - 1 - i
		l.Joints, l.Default = append(l.Joints, b.Joints[j].Name), append(l.Default, b.Stand[j])
	}
	return l
}

func foreign(t testing.TB, r *sim.Robot, l *policy.ForeignLayout) *policy.Foreign {
	t.Helper()
	k := r.Kinematics()
	t.Cleanup(k.Close)
	f, err := policy.NewForeign(r.Body(), l, echo(t, l.Size()), k)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestForeignPolicySeesAndCommandsWhatItsLayoutSays(t *testing.T) {
	r := dog(t)
	b := r.Body()
	s, c := controller.NewState(b), controller.NewCommand(b)
	for j := range s.Pos {
		s.Pos[j], s.Vel[j] = b.Stand[j]+0.01*float64(j), 0.1*float64(j)
	}
	s.IMU.Gyro = [3]float64{0.5, 0.25, -1}
	s.IMU.Quat = [4]float64{math.Sqrt2 / 2, math.Sqrt2 / 2, 0, 0} // on its right side
	for _, tc := range []struct {
		terms []policy.ForeignTerm
		want  []float64 // the first outputs, per joint of the layout
	}{
		{[]policy.ForeignTerm{{Term: "gyro"}, {Term: "gravity"}, {Term: "goal"}, {Term: "joint_position"}}, []float64{0.5, 0.25, -1, 0, -1, 0, 0.4, -0.5, 1.5, 0.11, 0.10, 0.09}},
		{[]policy.ForeignTerm{{Term: "goal", Scale: policy.Numbers{2, 4, 0}}, {Term: "joint_position"}}, []float64{0.8, -2, 0, 0.11}},
		{[]policy.ForeignTerm{{Term: "joint_velocity", Scale: policy.Numbers{2}}}, []float64{2.2, 2, 1.8, 1.6, 1.4, 1.2, 1, 0.8, 0.6, 0.4, 0.2, 0}},
	} {
		l := dogLayout(r, tc.terms...)
		f := foreign(t, r, l)
		f.Aim(policy.Velocity{Forward: 0.4, Left: -7, Turn: 1.5}) // to the left only 0.5
		if err := f.Act(&s, &c); err != nil {
			t.Fatal(err)
		}
		for i, x := range tc.want {
			j := b.JointIndex(l.Joints[i])
			want := max(b.Joints[j].Min, min(b.Joints[j].Max, b.Stand[j]+0.1*x))
			if math.Abs(c.Pos[j]-want) > 1e-6 || c.Kp[j] != 20 || c.Kd[j] != 0.5 || c.Torque[j] != 0 {
				t.Errorf("%v: joint %s goes to %.4f with kp %g, want %.4f", tc.terms, l.Joints[i], c.Pos[j], c.Kp[j], want)
			}
		}
	}
}

func TestForeignPolicyRemembersItsAction(t *testing.T) {
	r := dog(t)
	b := r.Body()
	s, c := controller.NewState(b), controller.NewCommand(b)
	l := dogLayout(r, policy.ForeignTerm{Term: "goal"}, policy.ForeignTerm{Term: "last_action"})
	f := foreign(t, r, l)
	f.Aim(policy.Velocity{Forward: 1})
	act := func() []float64 {
		if err := f.Act(&s, &c); err != nil {
			t.Fatal(err)
		}
		var out []float64
		for i, name := range l.Joints {
			out = append(out, math.Round((c.Pos[b.JointIndex(name)]-l.Default[i])*1e4)/1e3)
		}
		return out
	}
	first, second := act(), act()
	if first[0] != 1 || first[3] != 0 || second[3] != 1 {
		t.Errorf("actions %v, then %v: the second must hold the first", first, second)
	}
	f.Restart()
	if again := act(); again[3] != 0 {
		t.Errorf("after a restart %v", again)
	}
	if n := testing.AllocsPerRun(20, func() { _ = f.Act(&s, &c) }); n != 0 {
		t.Errorf("a tick allocates %g times", n)
	}
}

// A joint may have a scale and gains of its own, and actions a bound that the network sees.
func TestForeignPolicyScalesEachJoint(t *testing.T) {
	r := dog(t)
	b := r.Body()
	s, c := controller.NewState(b), controller.NewCommand(b)
	l := dogLayout(r, policy.ForeignTerm{Term: "goal", Scale: policy.Numbers{4}}, policy.ForeignTerm{Term: "last_action"})
	l.ActionScale, l.Kp, l.Kd, l.MaxAction = nil, nil, nil, 1.5
	for i := range l.Joints {
		l.ActionScale, l.Kp, l.Kd = append(l.ActionScale, 0.01*float64(1+i)), append(l.Kp, 10+float64(i)), append(l.Kd, 0.1*float64(1+i))
	}
	f := foreign(t, r, l)
	f.Aim(policy.Velocity{Forward: 1, Left: 0.25}) // outputs 4, 1, 0 and the last action
	for range 2 {
		if err := f.Act(&s, &c); err != nil {
			t.Fatal(err)
		}
	}
	for i, action := range []float64{1.5, 1, 0, 1.5, 1} {
		j := b.JointIndex(l.Joints[i])
		if want := b.Stand[j] + 0.01*float64(1+i)*action; math.Abs(c.Pos[j]-want) > 1e-6 || c.Kp[j] != 10+float64(i) || c.Kd[j] != 0.1*float64(1+i) {
			t.Errorf("joint %s goes to %.4f with kp %g, kd %g, want %.4f", l.Joints[i], c.Pos[j], c.Kp[j], c.Kd[j], want)
		}
	}
}

// counter is a network with a memory: its actions are how often it ran, times its first input.
func counter(t *testing.T) *onnx.Model {
	t.Helper()
	b := onnx.NewBuilder("counter")
	x, h := b.Input("obs", 1, 3), b.Input("h_in", 1, 1)
	more := b.Node("Add", "h_out", []string{h, b.Tensor("one", []float32{1}, 1, 1)})
	first := b.Node("Gemm", "first", []string{x, b.Tensor("w", []float32{1, 0, 0}, 3, 1)})
	b.Output(b.Node("Mul", "actions", []string{b.Node("Mul", "m", []string{first, more}), b.Tensor("all", []float32{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 1, 12)}))
	b.Output(more)
	file, err := b.Encode()
	if err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Read("counter.onnx", file)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestForeignPolicyHasAMemory(t *testing.T) {
	r := dog(t)
	b := r.Body()
	s, c := controller.NewState(b), controller.NewCommand(b)
	l := dogLayout(r, policy.ForeignTerm{Term: "goal"})
	l.Input, l.Output = "obs", "actions"
	if _, err := policy.NewForeign(b, l, counter(t), nil); err == nil || !strings.Contains(err.Error(), `nothing feeds the network's input "h_in"`) {
		t.Errorf("without its memory: %v", err)
	}
	l.State = map[string]string{"h_out": "h_now"}
	if _, err := policy.NewForeign(b, l, counter(t), nil); err == nil || !strings.Contains(err.Error(), `no input "h_now"`) {
		t.Errorf("a memory that is not there: %v", err)
	}
	l.State = map[string]string{"h_out": "obs"}
	if _, err := policy.NewForeign(b, l, counter(t), nil); err == nil {
		t.Error("its memory was put where it sees")
	}
	l.State = map[string]string{"h_out": "h_in"}
	f, err := policy.NewForeign(b, l, counter(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	f.Aim(policy.Velocity{Forward: 1})
	act := func() float64 {
		if err := f.Act(&s, &c); err != nil {
			t.Fatal(err)
		}
		j := b.JointIndex(l.Joints[1])
		return math.Round((c.Pos[j] - b.Stand[j]) / 0.1)
	}
	if one, two, three := act(), act(), act(); one != 1 || two != 2 || three != 3 {
		t.Errorf("it counts %g, %g, %g", one, two, three)
	}
	if f.Restart(); act() != 1 {
		t.Error("it remembers what was before the restart")
	}
}

func TestForeignPolicyTurnsToAHeading(t *testing.T) {
	r := dog(t)
	s, c := controller.NewState(r.Body()), controller.NewCommand(r.Body())
	f := foreign(t, r, dogLayout(r, policy.ForeignTerm{Term: "goal"}, policy.ForeignTerm{Term: "last_action"}))
	f.AimAt(controller.Goal{Vel: [2]float64{0.5, 0}, Heading: 3})
	s.IMU.Quat = [4]float64{math.Cos(-1.5), 0, 0, math.Sin(-1.5)} // heading -3: the short way is over pi
	if err := f.Act(&s, &c); err != nil {
		t.Fatal(err)
	}
	if g := f.Goal(); g.Forward != 0.5 || math.Abs(g.Turn-2*(6-2*math.Pi)) > 1e-9 {
		t.Errorf("the goal is %+v", g)
	}
	f.AimAt(controller.Goal{Vel: [2]float64{0.25, 0.125}, Heading: 3, Turn: 0.5, ByTurn: true}) // as a stick asks
	if err := f.Act(&s, &c); err != nil {
		t.Fatal(err)
	}
	if g := f.Goal(); g != (policy.Velocity{Forward: 0.25, Left: 0.125, Turn: 0.5}) {
		t.Errorf("the goal is %+v: want the turn that was asked for", g)
	}
}

func TestForeignPolicyRefusesWhatDoesNotFit(t *testing.T) {
	r := dog(t)
	k := r.Kinematics()
	defer k.Close()
	blind := *r.Body()
	blind.Measures = controller.Measures{}
	gyro := policy.ForeignTerm{Term: "gyro"}
	for _, c := range []struct {
		body   *controller.Body
		change func(*policy.ForeignLayout)
		n      int
		want   string
	}{
		{r.Body(), func(l *policy.ForeignLayout) { l.RateHz = 100 }, 15, "100 Hz"},
		{r.Body(), func(l *policy.ForeignLayout) { l.Joints[3] = "tail" }, 15, "joint tail"},
		{r.Body(), func(l *policy.ForeignLayout) { l.Joints = l.Joints[:11] }, 14, "11 joints"},
		{r.Body(), func(l *policy.ForeignLayout) { l.Kp = policy.Numbers{1000} }, 15, "gains 1000"},
		{r.Body(), func(l *policy.ForeignLayout) { l.Output = "actions" }, 15, `"actions"`},
		{r.Body(), func(*policy.ForeignLayout) {}, 14, "takes 14 numbers"},
		{&blind, func(*policy.ForeignLayout) {}, 15, "sees gyro"},
		{&blind, func(l *policy.ForeignLayout) { l.Observation[0].Term = "base_velocity" }, 15, "sees its velocity"},
	} {
		l := dogLayout(r, gyro, policy.ForeignTerm{Term: "last_action"})
		c.change(l)
		_, err := policy.NewForeign(c.body, l, echo(t, c.n), k)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// The trunk sways over standing feet; what the legs say of it is what it does.
func TestLegOdometryKnowsTheVelocity(t *testing.T) {
	r := dog(t)
	b := r.Body()
	f := foreign(t, r, dogLayout(r, policy.ForeignTerm{Term: "base_velocity"}, policy.ForeignTerm{Term: "last_action"}))
	s, c := controller.NewState(b), controller.NewCommand(b)
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	var truth controller.Truth
	worst, fastest := 0.0, 0.0
	for tick := range 200 {
		if err := r.Read(&s); err != nil {
			t.Fatal(err)
		}
		if err := f.Act(&s, &c); err != nil {
			t.Fatal(err)
		}
		r.Truth(&truth)
		if tick > 25 {
			for a := range 3 {
				worst = max(worst, math.Abs(f.Velocity()[a]-truth.Root.Vel[a])) // it stays level: body axes are the world's
				fastest = max(fastest, math.Abs(truth.Root.Vel[a]))
			}
		}
		b.Neutral(&c)
		for j := range c.Pos {
			c.Pos[j] = b.Stand[j]
			if j%3 == 1 {
				c.Pos[j] += 0.15 * math.Sin(2*math.Pi*float64(tick)/100)
			}
		}
		if err := r.Write(&c); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("up to %.3f m/s, off by at most %.3f m/s", fastest, worst)
	if fastest < 0.1 || worst > 0.25*fastest {
		t.Errorf("up to %.3f m/s, off by up to %.3f m/s", fastest, worst)
	}
}

func TestLayoutsShip(t *testing.T) {
	for _, name := range policy.Layouts() {
		l, err := policy.OpenLayout(name)
		if err != nil {
			t.Fatal(err)
		}
		if name == "go1-joystick" && (l.Size() != 48 || l.Robot != "go1") {
			t.Errorf("%s sees %d numbers on %s", name, l.Size(), l.Robot)
		}
	}
	if _, err := policy.OpenLayout("nowhere.yaml"); err == nil || !strings.Contains(err.Error(), "go1-joystick") {
		t.Errorf("an absent layout: %v", err)
	}
}
