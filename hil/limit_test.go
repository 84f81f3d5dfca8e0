package hil

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"whisker/controller"
	"whisker/controller/profile"
	"whisker/hil/identify"
	"whisker/sim"
)

// weak is a profile of the quadruped at 200 Hz, one of whose knees has a motor that the
// robot's own profile does not know to be so weak.
func weak(t *testing.T) *profile.Profile {
	t.Helper()
	p, err := profile.Open("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	m := p.Motors[p.Joints[2].Motor]
	m.Torque, m.FullTorqueSpeed, m.NoLoadSpeed, m.Armature = 4, 6, 14, 0.04
	p.Motors["weak"], p.Joints[2].Motor, p.RateHz = m, "weak", 200
	return p
}

// kneeLog is a log of a quadruped on a stand that moves that knee alone by so much,
// rad, ever faster.
func kneeLog(t *testing.T, p *profile.Profile, size float64) *identify.Log {
	t.Helper()
	r, err := sim.Open(sim.Options{Profile: p, Timestep: time.Millisecond / 4})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b := r.Body()
	n := len(b.Joints)
	stuck := make([]bool, n)
	for j := range stuck {
		stuck[j] = j != 2
	}
	if err := r.Hold(); err != nil {
		t.Fatal(err)
	}
	r.Place(controller.Root{Pos: [3]float64{0, 0, 2}, Quat: [4]float64{1, 0, 0, 0}}, b.Stand, make([]float64, n))
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	if err := r.Harm(&sim.Harm{Stuck: stuck}); err != nil {
		t.Fatal(err)
	}
	l := &identify.Log{Name: "knee", Joints: []string{b.Joints[2].Name}, Command: make([][]float64, 1), Position: make([][]float64, 1), Torque: make([][]float64, 1)}
	state, c := controller.NewState(b), controller.NewCommand(b)
	b.Neutral(&c)
	random := rand.New(rand.NewPCG(1, 2))
	for state.Time < 6*time.Second {
		if err := r.Read(&state); err != nil {
			t.Fatal(err)
		}
		at := state.Time.Seconds()
		copy(c.Pos, b.StandAct)
		c.Pos[2] += size * math.Sin((1+2.5*at)*at)
		for to, x := range map[*[]float64]float64{&l.Time: at, &l.Command[0]: c.Pos[2], &l.Position[0]: state.Pos[2] + 3e-4*random.NormFloat64(), &l.Torque[0]: state.Torque[2]} {
			*to = append(*to, x)
		}
		if err := r.Write(&c); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// A motor that is weaker than its robot's profile says shows in the simulator's log: by
// what, where torques reach what it has, and not where they do not.
func TestFindsAWeakMotor(t *testing.T) {
	motor := weak(t).Motors["weak"]
	want := map[identify.Param]float64{
		identify.MaxTorque: motor.Torque, identify.NoLoadSpeed: motor.NoLoadSpeed,
		identify.StallTorque: motor.Torque * motor.NoLoadSpeed / (motor.NoLoadSpeed - motor.FullTorqueSpeed),
	}
	for size, reaches := range map[float64]bool{0.07: false, 0.3: true, 0.5: true} {
		l := kneeLog(t, weak(t), size)
		p, err := identify.OpenProfile("quadruped")
		if err != nil {
			t.Fatal(err)
		}
		p.Joints = l.Joints
		b, err := identify.Identify(t.Context(), p, []*identify.Log{l}, identify.Options{Evaluations: 60, Restarts: 1, Draws: 6})
		if err != nil {
			t.Fatal(err)
		}
		found := b.Joints[0].Found
		for k, x := range want {
			f := found[k]
			if f.Identified != reaches || f.Low > x || x > f.High || reaches && math.Abs(f.Value/x-1) > 0.03 {
				t.Errorf("%g rad: %s %+v, want %g, identified: %v", size, k, f, x, reaches)
			}
			t.Logf("%g rad: %s %.4g of %.4g, %.4g to %.4g", size, k, f.Value, x, f.Low, f.High)
		}
		if f := found[identify.Gain]; !f.Identified || math.Abs(f.Value-1) > 0.03 {
			t.Errorf("%g rad: %s %+v, want 1", size, identify.Gain, f)
		}
	}
}
