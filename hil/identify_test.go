package hil

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
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

// drive is one motor and its encoder.
type drive struct{ armature, viscous, coulomb, strength, offset float64 }

// alike are the motors of a robot that has no dry friction.
func alike() []drive { return slices.Repeat([]drive{{0.02, 0.4, 0, 1, 0}}, 12) }

// drawn are motors with dry friction, each another: half to twice what is usual, a
// fifth weaker or stronger, with encoders that are up to 20 mrad off.
func drawn(seed uint64) []drive {
	random := rand.New(rand.NewPCG(seed, 1))
	about := func(x float64) float64 { return x * math.Exp2(2*random.Float64()-1) }
	out := alike()
	for j := range out {
		out[j] = drive{about(0.02), about(0.4), about(0.2), 0.8 + 0.4*random.Float64(), 0.04*random.Float64() - 0.02}
	}
	return out
}

// stand is the quadruped on a stand with those motors, and what else changes.
func stand(t *testing.T, drives []drive, changes []string) *sim.Robot {
	t.Helper()
	changes = append(changes, `<freejoint name="root"/>`, "", `<body name="trunk" pos="0 0 0.285">`, `<body name="trunk" pos="0 0 2">`)
	for j, name := range joints(t) {
		joint := `<joint name="` + name + `"`
		changes = append(changes, joint, fmt.Sprintf(`%s actuatorfrcrange="-1000 1000" armature="%g" damping="%g" frictionloss="%g"`, joint, drives[j].armature, drives[j].viscous, drives[j].coulomb))
	}
	r, err := sim.Open(sim.Options{Model: shipped(t, changes...), Timestep: time.Millisecond / 4, Period: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// joints are the quadruped's, in its model's order.
func joints(t *testing.T) (names []string) {
	t.Helper()
	p, err := identify.OpenProfile("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	return p.Joints
}

// chirp is a motion of joint j, rad about where it stands: all swing at once, each in
// its own way, at up to 0.4 rad.
type chirp struct{ from, rise float64 } // rad/s, rad/s²

func (c chirp) of(j int, t float64) float64 {
	return 0.4*math.Sin((c.from+0.2*float64(j)+c.rise*t)*t+float64(j)) - 0.4*math.Sin(float64(j))
}

var slowly, quickly = chirp{0.5, 0.3}, chirp{1.5, 0.8}

// onStand is a log of a quadruped on a stand: commands arrive two samples late, and
// encoders have that much noise, rad.
func onStand(t *testing.T, seconds float64, drives []drive, c chirp, noise float64, changes ...string) *identify.Log {
	t.Helper()
	r := stand(t, drives, changes)
	defer r.Close()
	b := r.Body()
	n := len(b.Joints)
	rest := make([]float64, n)
	for j := range b.Joints {
		switch {
		case strings.Contains(b.Joints[j].Name, "thigh"):
			rest[j] = 0.8
		case strings.Contains(b.Joints[j].Name, "calf"):
			rest[j] = -1.6
		}
	}
	r.Place(controller.Root{}, rest, make([]float64, n))
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	rows := func() [][]float64 { return make([][]float64, n) }
	l := &identify.Log{Name: "simulated", Command: rows(), Position: rows(), Impedance: &identify.Series{Velocity: rows(), Torque: rows(), Kp: rows(), Kd: rows()}}
	state, now := controller.NewState(b), controller.NewCommand(b)
	random := rand.New(rand.NewPCG(math.Float64bits(drives[0].offset), 2))
	for i := range int(seconds / b.Period.Seconds()) {
		if err := r.Read(&state); err != nil {
			t.Fatal(err)
		}
		at := state.Time.Seconds()
		l.Time = append(l.Time, at)
		for j, d := range drives {
			for k, x := range [...]float64{rest[j] + c.of(j, at), state.Pos[j] + d.offset + noise*random.NormFloat64(), 0, 0, 60, 1.5} {
				to := [...][][]float64{l.Command, l.Position, l.Impedance.Velocity, l.Impedance.Torque, l.Impedance.Kp, l.Impedance.Kd}[k]
				to[j] = append(to[j], x)
			}
			now.Pos[j], now.Kp[j], now.Kd[j] = l.Command[j][max(i-2, 0)]-d.offset, 60*d.strength, 1.5*d.strength
		}
		if err := r.Write(&now); err != nil {
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

// late is the delay of commands on the stand, s: two periods. The simulator's motor
// obeys what it sees at the beginning of its step of 0.25 ms, one that always looks what
// it saw half a step ago on average.
const late = 0.010 - 0.000125

// What the simulator was told of motors is found in a log of its motion, with gravity
// and the links from the model: two plants that share no code agree. The body that is
// found replays another motion of all joints together.
func TestIdentifiesTheSimulatedRobot(t *testing.T) {
	b := found(t, onStand(t, 4, alike(), quickly, 0))
	want := map[identify.Param]float64{identify.Armature: 0.02, identify.Viscous: 0.4, identify.Gain: 1, identify.Delay: late}
	for i := range b.Joints {
		j := &b.Joints[i]
		for k, x := range want {
			if f := j.Found[k]; !f.Identified || math.Abs(f.Value/x-1) > 0.05 {
				t.Errorf("%s of %s: %+v, want %g", k, j.Name, f, x)
			}
		}
		if j.Found[identify.StopTime].Identified || j.Found[identify.StopYield].Identified {
			t.Errorf("%s: how its dry friction holds is said to be known, and it has none", j.Name)
		}
		if f := j.Found[identify.Coulomb]; f.Value > 0.01 || j.Beyond != nil {
			t.Errorf("%s: dry friction %+v, gravity beyond the model's %+v, want none", j.Name, f, j.Beyond)
		}
		if _, ok := j.Found[identify.GravitySine]; ok {
			t.Errorf("gravity of %s was searched for", j.Name)
		}
	}
	s, err := identify.Check(b, onStand(t, 3, alike(), quickly, 0))
	if err != nil {
		t.Fatal(err)
	}
	if !(s.Worst < 1e-4 && s.CommandMean > 0.05) {
		t.Errorf("another motion is replayed to %g rad, the command itself is %g away", s.Worst, s.CommandMean)
	}
}

// Joints that stick, and creep as the simulator's dry friction lets them, in a slow
// motion that says little of inertia: what is stated holds the truth as often as 95 %
// says, and is no wider than the log allows. Encoders have 16 bits.
func TestIdentifiesMotorsThatStick(t *testing.T) {
	drives := drawn(3)
	b := found(t, onStand(t, 6, drives, slowly, 1e-4))
	inside, all, off := 0, 0, 0.0
	for i := range b.Joints {
		j, d := &b.Joints[i], &drives[i]
		want := map[identify.Param]float64{
			identify.Armature: d.armature, identify.Viscous: d.viscous, identify.Coulomb: d.coulomb,
			identify.Gain: d.strength, identify.Offset: d.offset, identify.Delay: late,
		}
		for k, x := range want {
			f := j.Found[k]
			if all++; f.Low <= x && x <= f.High {
				inside++
			} else {
				t.Logf("%s: %s is %.4g, stated %.4g to %.4g", j.Name, k, x, f.Low, f.High)
			}
			if k != identify.Offset && !f.Identified {
				t.Errorf("%s: %s %+v, want %.4g", j.Name, k, f, x)
			}
		}
		off += math.Abs(j.Found[identify.Armature].Value/d.armature-1) / float64(len(drives))
		if j.Beyond != nil {
			t.Errorf("%s: gravity beyond the model's %+v, want none", j.Name, j.Beyond)
		}
	}
	if inside < all*95/100 || off > 0.05 {
		t.Errorf("%d of %d numbers lie in their 95 %% intervals, armatures are off by %.3f, want 0.05", inside, all, off)
	}
}

// A weight that hangs from a shank, and is not in the model, is noticed in that leg's
// joints and in no other.
func TestNoticesAPayloadThatTheModelLacks(t *testing.T) {
	const shank = `<geom name="FR_calf" class="shank"/>`
	b := found(t, onStand(t, 4, alike(), quickly, 0, shank, shank+`<body name="load" pos="0 0 -0.15"><inertial pos="0 0 0" mass="0.4" diaginertia="1e-5 1e-5 1e-5"/></body>`))
	for i := range b.Joints {
		j := &b.Joints[i]
		if loaded := strings.HasPrefix(j.Name, "FR"); loaded != (j.Beyond != nil) {
			t.Errorf("%s: %+v beyond the model's gravity", j.Name, j.Beyond)
		}
	}
}
