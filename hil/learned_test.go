package hil

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"whisker/hil/identify"
	"whisker/sim"
)

// pendulum is a robot of one joint whose trunk nothing moves, in no gravity: its profile
// and its model.
func pendulum(t *testing.T) (robot, model string) {
	t.Helper()
	dir := t.TempDir()
	robot, model = filepath.Join(dir, "leg.yaml"), filepath.Join(dir, "leg.xml")
	for file, text := range map[string]string{
		robot: `name: leg
source: a test
model: leg.xml
rate_hz: 200
root: base
feet: [foot]
stand_height_m: 1
imu: {mounting_quat: [1, 0, 0, 0]}
motors: {m: {source: a test, gear: 1, torque_nm: 40, no_load_speed_rad_s: 0, max_speed_rad_s: 100, max_rate_rad_s: 100, kp_nm_rad: 60, kd_nm_s_rad: 1.5, armature_kg_m2: 0.03}}
joints: [{name: hinge, motor: m, id: 1, sign: 1, min_rad: -3, max_rad: 3}]
`,
		model: `<mujoco><option gravity="0 0 0"/><worldbody><body name="base"><freejoint/><inertial pos="0 0 0" mass="1e6" diaginertia="1e6 1e6 1e6"/>
<body name="foot"><joint name="hinge" axis="1 0 0"/><inertial pos="0 0 0" mass="1e-3" diaginertia="1e-6 1e-6 1e-6"/></body></body></worldbody></mujoco>`,
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return robot, model
}

// What a motor does that no numbers say is learned from a log, and then simulated: on
// another motion the robot goes where that of the log does.
func TestWhatALogSaysOfAMotorIsSimulated(t *testing.T) {
	robot, model := pendulum(t)
	r, err := sim.Open(sim.Options{Model: model})
	if err != nil {
		t.Fatal(err)
	}
	k := r.Kinematics()
	defer func() { k.Close(); r.Close() }()
	m := identify.NewModel(model, r.ModelHash(), k)
	file := filepath.Join(t.TempDir(), "body.yaml")
	run := func(seconds float64, way chirp) *identify.Log {
		s := dog()
		s.Robot, s.Physics.Body, s.Physics.TimestepMs = robot, file, 1
		r, err := simulated(&s)
		if err != nil {
			t.Fatal(err)
		}
		return swung(t, r, seconds, way)
	}
	w := make([]float32, 1313) // half a N·m one way always, and 0.4 against an error
	w[0], w[6*32+32], w[7*32+33*32], w[1312] = 8, 0.1, -4, -0.5
	truth := &identify.Body{Robot: "leg", Law: identify.Impedance, Model: m, Joints: []identify.Joint{{
		Name: "hinge", Network: network(w, 1, 1, 1),
		Known: map[identify.Param]float64{identify.Armature: 0.03, identify.Viscous: 0.6, identify.Delay: 0.01, identify.Coulomb: 0.1},
	}}}
	keep(t, truth, file)
	logs, other := []*identify.Log{run(5, quickly)}, run(4, chirp{1, 0.5})

	p, err := identify.OpenProfile(robot)
	if err != nil {
		t.Fatal(err)
	}
	p.FitModel = nil // without gravity a strength and an offset cannot be known
	if p, err = p.WithModel(m); err != nil {
		t.Fatal(err)
	}
	b, err := identify.Identify(t.Context(), p, logs, identify.Options{Evaluations: 60, Restarts: 1, ValuesOnly: true})
	if err == nil {
		err = identify.Learn(t.Context(), p, b, logs, identify.Options{Epochs: 50})
	}
	if err != nil {
		t.Fatal(err)
	}
	keep(t, b, file)
	s, err := identify.Check(b, other)
	if err != nil {
		t.Fatal(err)
	}
	off, numbers := rms(run(4, chirp{1, 0.5}).Position[0], other.Position[0]), *s.Joints[0].Without
	t.Logf("simulated to %.2g rad rms, replayed to %.2g, by its numbers to %.2g", off, s.Worst, numbers)
	if off > numbers/4 {
		t.Errorf("simulated to %.2g rad rms, its numbers alone replay it to %.2g", off, numbers)
	}
}

func rms(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i]) / float64(len(a))
	}
	return math.Sqrt(sum)
}
