package identify

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// kinked is a joint whose motor does what no law of ours says: it is weak about
// the middle of its error.
func kinked(seconds float64, cmd func(float64) float64, seed uint64) *Log {
	v := arm()
	l := move(Impedance, &v, seconds, cmd, 0, seed)
	t := newTrack(l, 0, nil, 0, 0)
	w := newWalk(Impedance, &v, t)
	for i := range t.steps {
		e := t.cmd[w.cmd.i] - w.q
		w.interval(i, -1.2*math.Tanh(8*e)-0.2*w.v*math.Abs(w.v))
		l.Position[0][i+1] = w.q
	}
	return l
}

// What the numbers leave over is learned, and helps on a motion that was not in
// the logs; the body that is written and read again replays the same.
func TestANetworkLearnsWhatNumbersLeaveOver(t *testing.T) {
	t.Parallel()
	p, seen := armProfile("hip"), []*Log{kinked(12, chirp(12, 0.2, 3), 1), kinked(8, chirp(8, 2, 0.3), 2)}
	o := quick()
	o.ValuesOnly, o.Epochs = true, 25
	b := identified(t, p, o, seen...)
	if err := Learn(context.Background(), p, b, seen, o); err != nil {
		t.Fatal(err)
	}
	other := kinked(8, func(t float64) float64 { return 0.25*math.Sin(2*math.Pi*0.7*t) + 0.15*math.Sin(2*math.Pi*1.9*t) }, 3)
	s := score(t, b, other)
	j := s.Joints[0]
	t.Logf("%.5f rad with the network, %.5f without; on the logs of the fit %.5f and %.5f", j.RMSE, *j.Without, b.Joints[0].Network.RMSE, b.Joints[0].RMSE)
	if !(j.RMSE < 0.5**j.Without) || s.Mean != j.RMSE || s.Worst != j.RMSE {
		t.Errorf("%.5f rad with the network, %.5f without", j.RMSE, *j.Without)
	}
	far := 0.0 // from its command
	for _, l := range seen {
		for i := range l.Time {
			far = max(far, math.Abs(l.Command[0][i]-l.Position[0][i]))
		}
	}
	if n := b.Joints[0].Network; math.Abs(n.MostError-far) > 0.01*far || n.MostSpeed < 1 || n.MostSpeed > 20 {
		t.Errorf("it learned of errors to %.3f rad and speeds to %.2g rad/s, want %.3f rad and those of a chirp", n.MostError, n.MostSpeed, far)
	}
	var text bytes.Buffer
	if err := b.Write(&text); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "body.yaml")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := OpenBody(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := score(t, again, other); math.Abs(got.Mean-s.Mean) > 1e-9 {
		t.Errorf("%g rad after it was written and read, %g before", got.Mean, s.Mean)
	}
	refuses(t, file, text.String(), other)
}

// A log of seconds is gone through more often than a long one, until a network has learned from it.
func TestANetworkLearnsFromAShortLog(t *testing.T) {
	t.Parallel()
	p, seen := armProfile("hip"), []*Log{kinked(6, chirp(6, 0.2, 3), 1)}
	o := quick()
	o.ValuesOnly = true
	b := identified(t, p, o, seen...)
	if err := Learn(context.Background(), p, b, seen, o); err != nil {
		t.Fatal(err)
	}
	other := kinked(8, func(t float64) float64 { return 0.25*math.Sin(2*math.Pi*0.7*t) + 0.15*math.Sin(2*math.Pi*1.9*t) }, 3)
	j := score(t, b, other).Joints[0]
	t.Logf("%.5f rad with the network, %.5f without", j.RMSE, *j.Without)
	if !(j.RMSE < 0.4**j.Without) { // 0.35; after 60 epochs 0.44
		t.Errorf("%.5f rad with the network, %.5f without", j.RMSE, *j.Without)
	}
}

// A network looks as often as logs do while the motor has torque: a bench that reads
// faster once the motor was let go does not change that, and logs without torque teach nothing.
func TestANetworkLooksWhileTheMotorHasTorque(t *testing.T) {
	p, l := armProfile("hip"), kinked(6, chirp(6, 0.2, 3), 1)
	other := kinked(4, chirp(4, 0.2, 3), 2)
	l.Enabled = slices.Repeat([]bool{true}, len(l.Time))
	for range 2000 {
		last := len(l.Time) - 1
		l.Time, l.Enabled = append(l.Time, l.Time[last]+0.003), append(l.Enabled, false)
		l.Command[0], l.Position[0] = append(l.Command[0], 0), append(l.Position[0], l.Position[0][last])
	}
	o := Options{Epochs: 1}
	b := known(arm())
	if err := Learn(context.Background(), p, b, []*Log{l}, o); err != nil {
		t.Fatal(err)
	}
	if n := b.Joints[0].Network; math.Abs(n.Period-0.005) > 1e-6 {
		t.Errorf("it looks every %g s, want 0.005 s", n.Period)
	}
	score(t, b, other)
	clear(l.Enabled)
	oneLine(t, "no network: joint hip: 0 stretches")(nil, Learn(context.Background(), p, known(arm()), []*Log{l}, o))
}

// A motor that is told no stiffness holds no position, and gets nothing of its network.
func TestANetworkGivesNothingWithoutStiffness(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	w := make([]float32, 1313)
	for i := range w {
		w[i] = float32(0.3 * random.NormFloat64())
	}
	v := arm()
	b, l := known(v), move(Impedance, &v, 4, chirp(4, 0.2, 2), 0, 1)
	b.Joints[0].Network = &Network{Period: 0.005, Error: 0.1, Speed: 1, Torque: 1}
	b.Joints[0].Network.setWeights(w)
	for _, kp := range []float64{0, 20} {
		row := func(x float64) [][]float64 { return [][]float64{slices.Repeat([]float64{x}, len(l.Time))} }
		l.Impedance = &Series{Velocity: row(0), Torque: row(0.5), Kp: row(kp), Kd: row(0.5)}
		with, err := b.replay(l, true)
		if err != nil {
			t.Fatal(err)
		}
		without, err := b.replay(l, false)
		if err != nil {
			t.Fatal(err)
		}
		if same := slices.Equal(with[0], without[0]); same != (kp == 0) {
			t.Errorf("with a stiffness of %g the network changes nothing: %v", kp, same)
		}
	}
}

// refuses breaks a body's network.
func refuses(t *testing.T, file, text string, l *Log) {
	t.Helper()
	_, weights, _ := strings.Cut(text, "weights: ")
	weights, _, _ = strings.Cut(weights, "\n")
	for _, c := range [][2]string{
		{strings.Replace(text, weights, "AAAA", 1), "weights are 3 bytes, want those of 1313 numbers"},
		{strings.Replace(text, weights, "'*'", 1), "weights are no base64"},
		{strings.Replace(text, "period_s: ", "period_s: -", 1), "want more than 0"},
	} {
		if err := os.WriteFile(file, []byte(c[0]), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenBody(file); err == nil || !strings.Contains(err.Error(), "network of joint hip: "+c[1]) && !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%v, want %q", err, c[1])
		}
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := OpenBody(file)
	if err != nil {
		t.Fatal(err)
	}
	slow := l.Cut(0, 1)
	slow.Time = nil
	for i := range l.Time {
		slow.Time = append(slow.Time, 2*l.Time[i])
	}
	if _, err := Check(b, slow); err == nil || !strings.Contains(err.Error(), "a sample every 0.01 s, want at most 0.0075 s") {
		t.Errorf("a log of half the rate: %v", err)
	}
}

// Steps against the gradient that comes back through replays make their errors
// smaller.
func TestStepsMakeReplaysBetter(t *testing.T) {
	t.Parallel()
	v := arm()
	v[Coulomb] = 0 // sticking has no slope
	l := move(Impedance, &v, 6, chirp(6, 0.2, 2), 0, 1)
	v[Viscous] *= 3
	s := newSchool(Impedance, &v, &Joint{Name: "hip"}, armProfile("hip"), []*Log{l}, 1)
	for range 30 {
		s.run(s.fit[:8])
		s.learn(8)
	}
	before := s.loss(s.fit[:8])
	if before > 0.8 {
		t.Errorf("30 steps took the loss of 8 windows from 1 to %.3f only", before)
	}
}
