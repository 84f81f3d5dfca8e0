package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"whisker/hil/identify"
)

// swing is 4 s of a bench log: the motor off, the pendulum let go at 0.1 rad.
func swing() *identify.Log {
	l := &identify.Log{Command: make([][]float64, 1), Position: make([][]float64, 1), Load: identify.Load{Mass: 0.5, Arm: 0.1}, Kp: 400, Volts: 7.4}
	for i := range 801 {
		l.Time = append(l.Time, float64(i)*5e-3)
		l.Command[0], l.Position[0] = append(l.Command[0], 0), append(l.Position[0], 0.1)
		l.Enabled = append(l.Enabled, false)
	}
	return l
}

// Without friction the model is a pendulum, whose period is known.
func TestPublishedModelSwings(t *testing.T) {
	l := swing()
	p := &published{Kt: 0.4, R: 3, Armature: 0.001, Speed: 1, Alpha: 1}
	q := p.replay(l)
	var falls []float64
	for i := 1; i < len(q); i++ {
		if q[i-1] > 0 && q[i] <= 0 {
			falls = append(falls, l.Time[i])
		}
	}
	period := (falls[len(falls)-1] - falls[0]) / float64(len(falls)-1)
	if want := 2 * math.Pi * math.Sqrt((0.5*0.01+0.001)/(0.5*0.1*9.80665)); math.Abs(period/want-1) > 0.01 {
		t.Errorf("period %g s, want %g", period, want)
	}
}

// Every term of friction takes energy: the swing with it is smaller.
func TestPublishedFriction(t *testing.T) {
	peak := func(p published) float64 {
		p.Kt, p.R, p.Armature, p.Speed, p.Alpha = 0.4, 3, 0.001, 1, 1
		most := 0.0
		for _, q := range p.replay(swing())[600:] {
			most = max(most, math.Abs(q))
		}
		return most
	}
	free := peak(published{})
	for name, p := range map[string]published{
		"base": {Base: 5e-4}, "stribeck": {Stribeck: 5e-4}, "load": {Load: 0.02}, "load stribeck": {LoadStribeck: 0.02},
		"external": {External: 0.02}, "external stribeck": {ExternalStribeck: 0.02}, "viscous": {Viscous: 5e-4},
	} {
		if got := peak(p); got > 0.95*free {
			t.Errorf("%s: swings to %g rad after 3 s, %g without", name, got, free)
		}
	}
}

// A bar that is missed is said, and so is one that cannot be measured.
func TestTableSaysWhatWasReached(t *testing.T) {
	var out strings.Builder
	rows := []row{{"a", "s", "mean", 0.004, 0.005, 0.1}, {"b", "s", "mean", 0.006, 0.005, 0}, {"c", "s", "mean", math.NaN(), 0.005, 0}, {"d", "s", "mean, with networks", 0.004, 0, 0}}
	if err := print(&out, rows); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	for i, want := range []string{"yes", "NO", "NO", "0.0040"} {
		if !strings.HasSuffix(strings.TrimSpace(lines[i+1]), want) {
			t.Errorf("%q, want it to end with %s", lines[i+1], want)
		}
	}
	if err := missed(rows); err == nil || err.Error() != "transfer: missed: b, mean: 0.0060 rad, the bar is 0.0050; c, mean: NaN rad, the bar is 0.0050" {
		t.Error(err)
	}
	if err := missed([]row{rows[0], rows[3]}); err != nil {
		t.Error(err)
	}
}

func TestRefusesAFolderWithoutLogs(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), t.TempDir(), &out, &out); err == nil || !strings.Contains(err.Error(), "go2_chirp_first60.csv") {
		t.Errorf("error %v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "m1.json"), []byte("no"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bestPublished(dir, nil, &out); err == nil || !strings.Contains(err.Error(), "m1.json") {
		t.Errorf("error %v", err)
	}
}
