package identify

import (
	"math"
	"strings"
	"testing"
)

// leg is a model of two joints whose upper one has 0.04 ± 0.01 cos(knee) kg·m² of links.
type leg struct{}

func (leg) JointNames() []string { return []string{"knee_joint", "hip_joint"} }

func (leg) LinkInertia(q, out []float64) { out[0], out[1] = 0.01, 0.04+0.01*math.Cos(q[0]) }

// With a model the links' inertia is known, at the poses that the log visits, and
// the armature that is found is the rotor's alone.
func TestTellsTheRotorFromTheLinks(t *testing.T) {
	t.Parallel()
	v := arm()
	v[Armature], v[LinkInertia] = 0.015, 0.03
	l := move(Impedance, &v, 6, chirp(6, 0.2, 4), 1e-3, 1)
	still := make([]float64, len(l.Time))
	for i := range still {
		still[i] = math.Pi // the knee is folded
	}
	l.Joints, l.Command, l.Position = append(l.Joints, "knee"), append(l.Command, still), append(l.Position, still)
	p, err := armProfile("hip").WithLinks(leg{}, []*Log{l})
	if err != nil {
		t.Fatal(err)
	}
	b := identified(t, p, quick(), l)
	if got := b.Joints[0].Known[LinkInertia]; !near(got, 0.03) {
		t.Errorf("the links' inertia is %g, want 0.03", got)
	}
	if f := b.Joints[0].Found[Armature]; math.Abs(f.Value/0.015-1) > 0.15 {
		t.Errorf("the rotor's inertia is %+v, want 0.015", f)
	}
	if s := score(t, b, l); s.Worst > 2e-3 {
		t.Errorf("replay: %g rad", s.Worst)
	}
	if _, err := armProfile("tail").WithLinks(leg{}, []*Log{l}); err == nil || !strings.Contains(err.Error(), "the model has no joint tail") {
		t.Errorf("error %v", err)
	}
}
