package identify

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// arm is a joint to be found again: a link that hangs from a motor.
func arm() Values {
	v := neutral()
	v[Armature], v[Viscous], v[Coulomb] = 0.03, 0.2, 0.3
	v[GravitySine], v[GravityCosine], v[Delay] = 0.8, -0.4, 0.012
	v[Kp], v[Kd], v[Reach] = 20, 0.5, 1
	return v
}

// armProfile knows the gains of arm and nothing else.
func armProfile(joints ...string) *Profile {
	return &Profile{
		Name: "arm", Law: Impedance, Joints: joints, Known: map[Param]float64{Kp: 20, Kd: 0.5},
		Fit: map[Param][]float64{
			Armature: {0.002, 0.5}, Viscous: {0, 2}, Coulomb: {0, 2}, GravitySine: {-4, 4}, GravityCosine: {-4, 4}, Delay: {0, 0.05},
		},
	}
}

// chirp is a command of 0.4 rad whose frequency rises from f0 to f1, Hz.
func chirp(seconds, f0, f1 float64) func(t float64) float64 {
	return func(t float64) float64 {
		return 0.4 * math.Sin(2*math.Pi*(f0+(f1-f0)*t/(2*seconds))*t)
	}
}

// settling is how long a joint comes to rest before a log of it begins, s.
const settling = 2

// move makes the log of a joint at 200 Hz: what the plant does under a command,
// from rest, with noise of the encoder, rad.
func move(law Law, v *Values, seconds float64, cmd func(t float64) float64, noise float64, seed uint64) *Log {
	n := int(200 * (settling + seconds))
	l := &Log{Name: "synthetic", Joints: []string{"hip"}, Command: make([][]float64, 1), Position: make([][]float64, 1)}
	for i := range n {
		t := float64(i) / 200
		l.Time, l.Command[0] = append(l.Time, t), append(l.Command[0], cmd(max(t-settling, 0)))
	}
	l.Position[0] = make([]float64, n)
	replay(law, v, newTrack(l, 0, nil, 0, 0), l.Position[0], nil)
	random := rand.New(rand.NewPCG(seed, 3))
	for i := range n {
		l.Position[0][i] += noise * random.NormFloat64()
	}
	return l.Cut(settling/(settling+seconds), 1)
}

// withTorque adds what a current sensor measures.
func withTorque(l *Log, v *Values, noise float64) *Log {
	l.Torque = [][]float64{make([]float64, len(l.Time))}
	replay(Impedance, v, newTrack(l, 0, nil, 0, 0), make([]float64, len(l.Time)), l.Torque[0])
	random := rand.New(rand.NewPCG(5, 3))
	for i := range l.Torque[0] {
		l.Torque[0][i] += noise * random.NormFloat64()
	}
	return l
}

func quick() Options { return Options{Evaluations: 80, Restarts: 1, Draws: 6, Seed: 1} }

func identified(t *testing.T, p *Profile, o Options, logs ...*Log) *Body {
	t.Helper()
	b, err := Identify(context.Background(), p, logs, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// score is that of a check that must work.
func score(t *testing.T, b *Body, l *Log) *Score {
	t.Helper()
	s, err := Check(b, l)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
