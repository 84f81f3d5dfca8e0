package hil

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"whisker/controller"
	"whisker/hil/identify"
	"whisker/sim"
)

// exactly is a number that logs have narrowed to 10 %.
func exactly(x float64) identify.Found {
	return identify.Found{Value: x, Mean: x, Low: 0.9 * x, High: 1.1 * x, Identified: true}
}

// bodyFile writes a body of the quadruped, all of whose joints have the same numbers.
func bodyFile(t *testing.T, law identify.Law, found map[identify.Param]identify.Found, names ...string) string {
	t.Helper()
	if len(names) == 0 {
		names = joints(t)
	}
	b := identify.Body{Robot: "quadruped", Law: law}
	for _, name := range names {
		b.Joints = append(b.Joints, identify.Joint{Name: name, Known: map[identify.Param]float64{}, Found: found})
	}
	path := filepath.Join(t.TempDir(), "body.yaml")
	keep(t, &b, path)
	return path
}

// keep writes a body to a file.
func keep(t *testing.T, b *identify.Body, file string) {
	t.Helper()
	var text bytes.Buffer
	if err := b.Write(&text); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// swing drops the second of two quadrupeds from high up, asks a knee to move by
// 0.3 rad and returns how far it is measured to have moved after every tick.
func swing(t *testing.T, s Scenario) (moved []float64) {
	t.Helper()
	worlds, err := Worlds(s, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer worlds[0].Close()
	r := worlds[1]
	defer r.Close()
	b := r.Body()
	r.Place(controller.Root{Pos: [3]float64{0, 0, 5}, Quat: [4]float64{1, 0, 0, 0}}, b.Stand, make([]float64, len(b.Joints)))
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	state, c := controller.NewState(b), controller.NewCommand(b)
	b.Neutral(&c)
	copy(c.Pos, b.StandAct)
	for tick := range 20 {
		if err := r.Read(&state); err != nil {
			t.Fatal(err)
		}
		moved = append(moved, state.Pos[2]-b.Stand[2])
		if tick == 4 {
			c.Pos[2] += 0.3
		}
		if err := r.Write(&c); err != nil {
			t.Fatal(err)
		}
	}
	return moved
}

// What was identified moves the simulated robot: a late motor begins late, a
// viscous one is slow, a heavy rotor too. What the logs did not narrow changes
// nothing.
func TestIdentifiedMotorsAreSimulated(t *testing.T) {
	with := func(k identify.Param, x float64) []float64 {
		s := dog()
		s.Physics.Body = bodyFile(t, identify.Impedance, map[identify.Param]identify.Found{k: exactly(x), identify.Stribeck: {Value: 1}})
		return swing(t, s)
	}
	nominal := swing(t, dog())
	const first = 5 // the tick whose state the new command has moved
	if nominal[first] < 0.01 {
		t.Fatalf("the knee of the profile has moved by %g rad after a tick", nominal[first])
	}
	if late := with(identify.Delay, 0.040); math.Abs(late[first]) > 1e-3 || math.Abs(late[first+1]) > 1e-3 || late[first+2] < 0.01 {
		t.Errorf("40 ms late: moved %v, the profile's motor %v", late[first:], nominal[first:])
	}
	if slow := with(identify.Viscous, 5); slow[first+2] > 0.5*nominal[first+2] {
		t.Errorf("much viscous friction: moved %v, the profile's motor %v", slow[first:], nominal[first:])
	}
	if heavy := with(identify.Armature, 0.5); heavy[first] > 0.5*nominal[first] {
		t.Errorf("a heavy rotor: moved %v, the profile's motor %v", heavy[first:], nominal[first:])
	}
	if stuck := with(identify.Coulomb, 30); stuck[first+2] > 0.5*nominal[first+2] {
		t.Errorf("much dry friction: moved %v, the profile's motor %v", stuck[first:], nominal[first:])
	}
	held := map[identify.Param]identify.Found{identify.Coulomb: exactly(30), identify.StopTime: exactly(0.04), identify.StopYield: exactly(0.1)}
	soft, rigid := dog(), dog()
	soft.Physics.Body = bodyFile(t, identify.Impedance, held)
	held[identify.StopTime] = identify.Found{Identified: true} // none
	rigid.Physics.Body = bodyFile(t, identify.Impedance, held)
	if creeps, holds := swing(t, soft), swing(t, rigid); creeps[19] < 2*holds[19] || math.Abs(holds[19]) > 1e-3 {
		t.Errorf("much dry friction that gives way: moved %g, one that does not %g", creeps[19], holds[19])
	}
	if weak := with(identify.Gain, 0.2); weak[first] > 0.6*nominal[first] {
		t.Errorf("weak motors: moved %v, the profile's motor %v", weak[first:], nominal[first:])
	}
	if limited := with(identify.MaxTorque, 2); limited[first] > 0.6*nominal[first] {
		t.Errorf("motors of 2 N·m: moved %v, the profile's motor %v", limited[first:], nominal[first:])
	}
	if strong := with(identify.MaxTorque, 100); strong[19] != nominal[19] {
		t.Errorf("motors that are said to be stronger than the profile's: moved to %g, the profile's motor to %g", strong[19], nominal[19])
	}
	if off := with(identify.Offset, 0.1); math.Abs(off[0]-nominal[0]-0.1) > 1e-3 {
		t.Errorf("encoders that say 0.1 rad more: measured %v, the profile's encoder %v", off[0], nominal[0])
	}
	s := dog()
	s.Physics.Body = bodyFile(t, identify.Impedance, map[identify.Param]identify.Found{
		identify.Viscous: {Value: 5}, identify.Delay: {Value: 0.04}, identify.Gain: {Value: 0.2}, identify.Offset: {Value: 0.1},
		identify.MaxTorque: {Value: 2}, identify.StallTorque: {Value: 2}, identify.NoLoadSpeed: {Value: 2},
	})
	if same := swing(t, s); same[19] != nominal[19] {
		t.Errorf("numbers that were not identified: moved to %g, the profile's motor to %g", same[19], nominal[19])
	}
}

// Robots are drawn as far from the body as it is uncertain, and no further.
func TestRandomisesWhatTheBodyLeavesOpen(t *testing.T) {
	file := bodyFile(t, identify.Impedance, map[identify.Param]identify.Found{
		identify.Coulomb: exactly(0.3), identify.Armature: exactly(0.05), identify.Gain: exactly(0.8), identify.MaxTorque: exactly(5),
		identify.Delay:      {Value: 0.01, Low: 0.008, High: 0.016, Identified: true},
		identify.RestOffset: {Value: 0.01, Low: -0.005, High: 0.025, Identified: true},
		identify.Viscous:    {Value: 0.1, Low: 0, High: 3},
	})
	g, err := bodyRanges(file)
	if err != nil {
		t.Fatal(err)
	}
	base := sim.DefaultRanges()
	for _, c := range []struct {
		name      string
		got, want sim.Range
	}{
		{"friction", g.Coulomb, sim.Range{0.9, 1.1}}, {"armature", g.Armature, sim.Range{0.9, 1.1}},
		{"strength", g.Strength, sim.Range{0.9, 1.1}}, {"limit", g.Limit, sim.Range{0.9, 1.1}}, {"delay", g.DelayMs, sim.Range{0, 8}},
		{"offset", g.JointOffset, sim.Range{-0.025, 0.025}}, {"mass", g.Mass, base.Mass},
	} {
		if math.Abs(c.got[0]-c.want[0]) > 1e-9 || math.Abs(c.got[1]-c.want[1]) > 1e-9 {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	s := dog()
	s.Physics.Body, s.Physics.Randomise = file, "body"
	one := swing(t, s)
	s.Physics.RandomSeed = 1
	if two := swing(t, s); one[19] == two[19] {
		t.Errorf("two seeds draw the same robot: moved to %g", one[19])
	}
}

func TestRefusesBodiesThatAreNotTheRobots(t *testing.T) {
	set := func(body, randomise string) Scenario {
		s := dog()
		s.Physics.Body, s.Physics.Randomise = body, randomise
		return s
	}
	rat := lockstep()
	rat.Physics.Body = bodyFile(t, identify.Impedance, nil)
	for _, c := range []struct {
		s    Scenario
		want string
	}{
		{set(bodyFile(t, identify.Impedance, nil, "FL_hip_joint"), ""), "has no joint FR_hip_joint"},
		{set(bodyFile(t, identify.Voltage, nil), ""), "want impedance"},
		{set(filepath.Join(t.TempDir(), "none.yaml"), ""), "no such file"},
		{set("", "body"), "physics.randomise is body, expected a file in physics.body"},
		{rat, "expected a robot with a profile"},
	} {
		if w, err := Worlds(c.s, 1); err == nil {
			w[0].Close()
			t.Errorf("%q was wanted, but the world was opened", c.want)
		} else if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q, want one line with %q", err, c.want)
		}
	}
}

// What the simulator has no number for is not simulated, and a run says so.
func TestARunSaysWhatOfABodyIsNotSimulated(t *testing.T) {
	rough := Physics{Body: bodyFile(t, identify.Impedance, map[identify.Param]identify.Found{
		identify.Coulomb: exactly(1), identify.Stribeck: exactly(1), identify.RestOffset: {Value: 0.1},
	})}
	if w := rough.bodyWarnings(); len(w) != 1 || !strings.Contains(w[0], "leaves out [stribeck_nm]:") {
		t.Errorf("%q", w)
	}
	ph := Physics{Body: bodyFile(t, identify.Impedance, nil)}
	if w := ph.bodyWarnings(); w != nil {
		t.Errorf("%q", w)
	}
}
