package hil

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"whisker/controller"
	"whisker/hil/identify"
	"whisker/sim"
)

// shipped is the reference quadruped, as a file, with some of its text changed.
func shipped(t *testing.T, changes ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "sim", "quadruped.xml"))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(string(text), changes[i]) {
			t.Fatalf("no %q in the model", changes[i])
		}
	}
	file := filepath.Join(t.TempDir(), "robot.xml")
	if err := os.WriteFile(file, []byte(strings.NewReplacer(changes...).Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// onStand is a log of the quadruped on a stand, all of whose joints swing at once, each
// in its own way: the rotors, friction and what else changes are the model's, and
// commands arrive two samples late.
func onStand(t *testing.T, seconds float64, changes ...string) *identify.Log {
	t.Helper()
	changes = append(changes, `<freejoint name="root"/>`, "", `<body name="trunk" pos="0 0 0.285">`, `<body name="trunk" pos="0 0 2">`,
		`<joint axis="0 1 0"/>`, `<joint axis="0 1 0" armature="0.02" damping="0.4"/>`)
	r, err := sim.Open(sim.Options{Model: shipped(t, changes...), Timestep: time.Millisecond, Period: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b := r.Body()
	n := len(b.Joints)
	stand := make([]float64, n)
	for j := range b.Joints {
		switch {
		case strings.Contains(b.Joints[j].Name, "thigh"):
			stand[j] = 0.8
		case strings.Contains(b.Joints[j].Name, "calf"):
			stand[j] = -1.6
		}
	}
	r.Place(controller.Root{}, stand, make([]float64, n))
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	rows := func() [][]float64 { return make([][]float64, n) }
	l := &identify.Log{Name: "simulated", Command: rows(), Position: rows(), Impedance: &identify.Series{Velocity: rows(), Torque: rows(), Kp: rows(), Kd: rows()}}
	state, c := controller.NewState(b), controller.NewCommand(b)
	for i := range int(seconds / b.Period.Seconds()) {
		if err := r.Read(&state); err != nil {
			t.Fatal(err)
		}
		at := state.Time.Seconds()
		l.Time = append(l.Time, at)
		for j := range n {
			told := stand[j] + 0.4*math.Sin((1.5+0.2*float64(j)+0.8*at)*at+float64(j)) - 0.4*math.Sin(float64(j))
			for k, x := range [...]float64{told, state.Pos[j], 0, 0, 60, 1.5} {
				to := [...][][]float64{l.Command, l.Position, l.Impedance.Velocity, l.Impedance.Torque, l.Impedance.Kp, l.Impedance.Kd}[k]
				to[j] = append(to[j], x)
			}
			c.Pos[j], c.Kp[j], c.Kd[j] = l.Command[j][max(i-2, 0)], 60, 1.5
		}
		if err := r.Write(&c); err != nil {
			t.Fatal(err)
		}
	}
	for j := range b.Joints {
		l.Joints = append(l.Joints, b.Joints[j].Name)
	}
	return l
}

// modelled is the quadruped's profile with what its model says.
func modelled(t *testing.T) *identify.Profile {
	t.Helper()
	r, err := sim.Open(sim.Options{Model: shipped(t)})
	if err != nil {
		t.Fatal(err)
	}
	k := r.Kinematics()
	t.Cleanup(func() { k.Close(); r.Close() })
	p, err := identify.OpenProfile("quadruped")
	if err == nil {
		p, err = p.WithModel(identify.NewModel("quadruped.xml", r.ModelHash(), k))
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// found identifies a log within the quadruped's model.
func found(t *testing.T, l *identify.Log) *identify.Body {
	t.Helper()
	b, err := identify.Identify(t.Context(), modelled(t), []*identify.Log{l}, identify.Options{Evaluations: 60, Restarts: 1, Draws: 2})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What the simulator was told of motors is found in a log of its motion, with gravity
// and the links from the model: two plants that share no code agree. The body that is
// found replays another motion of all joints together.
func TestIdentifiesTheSimulatedRobot(t *testing.T) {
	b := found(t, onStand(t, 5))
	// The simulator's motor looks once a step of 1 ms, and obeys that half a step later
	// than one that always looks: some damping and delay change places.
	want := map[identify.Param]float64{identify.Armature: 0.02, identify.Viscous: 0.4, identify.Gain: 1, identify.Delay: 0.0095}
	for i := range b.Joints {
		j := &b.Joints[i]
		for k, x := range want {
			if f := j.Found[k]; !f.Identified || math.Abs(f.Value/x-1) > 0.05 {
				t.Errorf("%s of %s: %+v, want %g", k, j.Name, f, x)
			}
		}
		for _, k := range j.Params() {
			if _, ok := want[k]; !ok && k != identify.Coulomb && k != identify.Offset {
				t.Errorf("%s of %s was searched for", k, j.Name)
			}
		}
		if f := j.Found[identify.Coulomb]; f.Value > 0.01 || j.Beyond != nil {
			t.Errorf("%s: dry friction %+v, gravity beyond the model's %+v, want none", j.Name, f, j.Beyond)
		}
	}
	s, err := identify.Check(b, onStand(t, 3))
	if err != nil {
		t.Fatal(err)
	}
	if !(s.Worst < 1e-4 && s.CommandMean > 0.05) {
		t.Errorf("another motion is replayed to %g rad, the command itself is %g away", s.Worst, s.CommandMean)
	}
}

// A weight that hangs from a shank, and is not in the model, is noticed in that leg's
// joints and in no other.
func TestNoticesAPayloadThatTheModelLacks(t *testing.T) {
	const shank = `<geom name="FR_calf" class="shank"/>`
	b := found(t, onStand(t, 5, shank, shank+`<body name="load" pos="0 0 -0.15"><inertial pos="0 0 0" mass="0.4" diaginertia="1e-5 1e-5 1e-5"/></body>`))
	for i := range b.Joints {
		j := &b.Joints[i]
		if loaded := strings.HasPrefix(j.Name, "FR"); loaded != (j.Beyond != nil) {
			t.Errorf("%s: %+v beyond the model's gravity", j.Name, j.Beyond)
		}
	}
}
