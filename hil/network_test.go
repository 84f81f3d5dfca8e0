package hil

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"whisker/controller"
	"whisker/controller/profile"
	"whisker/hil/identify"
	"whisker/sim"
)

// network is one of those weights and scales.
func network(w []float32, err, speed, torque float64) *identify.Network {
	var b []byte
	for _, x := range w {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return &identify.Network{Period: 0.005, Error: err, Speed: speed, Torque: torque, Weights: base64.StdEncoding.EncodeToString(b)}
}

// drawnNetwork is what nobody learned: a network with the weights of a seed.
func drawnNetwork(seed uint64) *identify.Network {
	random := rand.New(rand.NewPCG(seed, 0))
	w := make([]float32, 1313)
	for i := range w {
		w[i] = float32(0.3 * random.NormFloat64())
	}
	return network(w, 0.1, 2, 1.5)
}

// withNetworks is a body of the quadruped, identified within a model, whose motors all
// have another network, in a file too. What its logs did not narrow goes with those.
func withNetworks(t *testing.T, m *identify.Model) (b *identify.Body, file string) {
	t.Helper()
	b = &identify.Body{Robot: "quadruped", Law: identify.Impedance, Model: m}
	for i, name := range joints(t) {
		b.Joints = append(b.Joints, identify.Joint{
			Name: name, Network: drawnNetwork(uint64(i)), Known: map[identify.Param]float64{identify.Offset: 0.02},
			Found: map[identify.Param]identify.Found{
				identify.Armature: exactly(0.03), identify.Viscous: {Value: 0.6}, identify.Gain: exactly(0.8), identify.Delay: exactly(0.0099),
			},
		})
	}
	file = filepath.Join(t.TempDir(), "body.yaml")
	keep(t, b, file)
	return b, file
}

// weightless are links that gravity does not pull, as those of a robot that is held.
type weightless struct{ *sim.Kinematics }

func (w weightless) Dynamics(q, qd, mass, bias []float64) {
	weight := make([]float64, len(bias))
	w.Kinematics.Dynamics(q, make([]float64, len(qd)), mass, weight)
	w.Kinematics.Dynamics(q, qd, mass, bias)
	for j := range bias {
		bias[j] -= weight[j]
	}
}

// held is a log of the quadruped of a body, hung up: all joints swing.
func held(t *testing.T, body string) *identify.Log {
	t.Helper()
	s := dog()
	s.Physics.Body, s.Physics.Held = body, true
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	p.RateHz = 200
	r, err := s.openPlant(sim.Options{Profile: p, Timestep: time.Millisecond / 4})
	if err != nil {
		t.Fatal(err)
	}
	return swung(t, r, 3, quickly)
}

// swung is a log of that many seconds of a robot, which it closes, in the air.
func swung(t *testing.T, r *sim.Robot, seconds float64, way chirp) *identify.Log {
	t.Helper()
	defer r.Close()
	b := r.Body()
	n := len(b.Joints)
	r.Place(controller.Root{Pos: [3]float64{0, 0, 2}, Quat: [4]float64{1, 0, 0, 0}}, b.Stand, make([]float64, n))
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	rows := func() [][]float64 { return make([][]float64, n) }
	l := &identify.Log{Name: "simulated", Command: rows(), Position: rows(), Impedance: &identify.Series{Velocity: rows(), Torque: rows(), Kp: rows(), Kd: rows()}}
	state, c := controller.NewState(b), controller.NewCommand(b)
	for range int(seconds / b.Period.Seconds()) {
		if err := r.Read(&state); err != nil {
			t.Fatal(err)
		}
		at := state.Time.Seconds()
		l.Time = append(l.Time, at)
		for j := range n {
			c.Pos[j], c.Kp[j], c.Kd[j] = b.Stand[j]+way.of(j, at), 60, 1.5
			for k, x := range [...]float64{c.Pos[j], state.Pos[j], 0, 0, 60, 1.5} {
				to := [...][][]float64{l.Command, l.Position, l.Impedance.Velocity, l.Impedance.Torque, l.Impedance.Kp, l.Impedance.Kd}[k]
				to[j] = append(to[j], x)
			}
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

// A body's networks do in the simulator what they do in a replay of all joints in the
// model: two plants, and two forward passes, that share no code. Without them every joint
// goes elsewhere. A replay takes its first speed from the log, which a second forgets.
func TestSimulatedNetworksDoAsInAReplay(t *testing.T) {
	r, err := sim.Open(sim.Options{Model: shipped(t)})
	if err != nil {
		t.Fatal(err)
	}
	k := r.Kinematics()
	defer func() { k.Close(); r.Close() }()
	b, file := withNetworks(t, identify.NewModel("quadruped.xml", "abc", weightless{k}))
	s, err := identify.CheckFrom(b, held(t, file), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range s.Joints {
		t.Logf("%s: %.2g rad rms from the replay with its network, %.2g without", j.Name, j.RMSE, *j.Without)
		if j.RMSE > 2e-4 || *j.Without < 25*j.RMSE {
			t.Errorf("%s: %.2g rad rms from the replay with its network, %.2g without", j.Name, j.RMSE, *j.Without)
		}
	}
}

// A clip that takes a motor beyond the logs that its network learned from says so.
func TestWarnsOfWhatNetworksHaveNotLearned(t *testing.T) {
	b, file := withNetworks(t, &identify.Model{File: "quadruped.xml", Hash: "abc"})
	b.Joints[3].Network.MostError, b.Joints[4].Network.MostError = 1e-3, 3
	keep(t, b, file)
	s := dog("stand")
	s.Seconds, s.Physics.Body = 0.5, file
	var log bytes.Buffer
	if _, err := Run(context.Background(), s, "test", zerolog.New(&log)); err != nil {
		t.Fatal(err)
	}
	if want := `"joints":["FL_hip_joint"]`; strings.Count(log.String(), "learned motors guessed") != 1 || !strings.Contains(log.String(), want) {
		t.Errorf("the log says\n%s\nwant one line with %s", log.String(), want)
	}
}

// What learned links along with its motor is not simulated: without a model all networks
// and what only goes with them, with one those of joints where that lacks gravity. A run
// says so.
func TestNetworksThatKnowLinksAreNotSimulated(t *testing.T) {
	b, file := withNetworks(t, nil)
	warned := func(want string) {
		t.Helper()
		if w := (&Physics{Body: file}).bodyWarnings(); len(w) != 1 || !strings.Contains(w[0], want) {
			t.Errorf("%q, want %q", w, want)
		}
	}
	warned("the networks in " + file + " are not simulated")
	l := held(t, file)
	for j := range b.Joints {
		b.Joints[j].Network = nil
	}
	keep(t, b, file)
	if without := held(t, file); !reflect.DeepEqual(l.Position, without.Position) {
		t.Error("a body without a model moves otherwise with its networks")
	}
	b, file = withNetworks(t, &identify.Model{File: "quadruped.xml", Hash: "abc"})
	if w := (&Physics{Body: file}).bodyWarnings(); w != nil {
		t.Errorf("%q", w)
	}
	all := held(t, file)
	b.Joints[3].Beyond = &identify.Beyond{Torque: 1, Model: 1}
	keep(t, b, file)
	warned("the networks of FL_hip_joint in " + file + " are not simulated")
	but := held(t, file)
	for j, least := range [4]float64{3: 0.02} {
		if off := furthest(all.Position[j], but.Position[j]); off < least || least == 0 && off > 0.005 {
			t.Errorf("%s moves by %g rad otherwise where the network of %s is left out", b.Joints[j].Name, off, b.Joints[3].Name)
		}
	}
}

// Worlds to learn in, which are clones and drawn anew, have the body's networks, and the
// same seed gives the same bytes.
func TestRandomisedRobotsHaveNetworks(t *testing.T) {
	b, file := withNetworks(t, &identify.Model{File: "quadruped.xml", Hash: "abc"})
	s := dog()
	s.Physics.Body, s.Physics.Randomise, s.Physics.RandomSeed = file, "body", 7
	one := swing(t, s)
	if again := swing(t, s); !slices.Equal(one, again) {
		t.Errorf("%v, again %v", one, again)
	}
	b.Joints[2].Network = drawnNetwork(99)
	keep(t, b, file)
	if other := swing(t, s); furthest(one, other) < 0.01 {
		t.Errorf("%v, with another network %v", one, other)
	}
}

func furthest(a, b []float64) (most float64) {
	for i := range a {
		most = max(most, math.Abs(a[i]-b[i]))
	}
	return most
}

func TestRefusesNetworksThatCannotBeSimulated(t *testing.T) {
	for want, spoil := range map[string]func(*identify.Body){
		"the network of FR_calf_joint: it looks every 500µs, expected at least two thirds of the physics step of": func(b *identify.Body) { b.Joints[2].Network.Period = 5e-4 },
		"has a network for joint tail, which robot quadruped has not": func(b *identify.Body) {
			b.Joints = append(b.Joints, identify.Joint{Name: "tail", Network: drawnNetwork(1)})
		},
		"network of joint FR_hip_joint: weights are 3 bytes, want those of 1313 numbers": func(b *identify.Body) { b.Joints[0].Network.Weights = "AAAA" },
	} {
		b, file := withNetworks(t, &identify.Model{File: "quadruped.xml", Hash: "abc"})
		spoil(b)
		keep(t, b, file)
		s := dog()
		s.Physics.Body = file
		if w, err := Worlds(s, 1); err == nil {
			w[0].Close()
			t.Errorf("%q was wanted, but the world was opened", want)
		} else if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q, want one line with %q", err, want)
		}
	}
}
