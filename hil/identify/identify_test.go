package identify

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

// Numbers that a plant was made with lie in the intervals that are stated for
// them, as often as 95 % says, and the intervals are narrow where the motion says
// much: neither is worth anything without the other.
func TestFindsWhatThePlantWasMadeWith(t *testing.T) {
	t.Parallel()
	inside, all := 0, 0
	for seed := range uint64(4) {
		v := arm()
		v[Armature] *= 0.6 + 0.25*float64(seed)
		v[Coulomb] *= 0.5 + 0.3*float64(seed)
		l := move(Impedance, &v, 6, chirp(6, 0.2, 4), 1e-3, seed)
		j := &identified(t, armProfile("hip"), quick(), l).Joints[0]
		for k, f := range j.Found {
			all++
			if f.Low <= v[k] && v[k] <= f.High {
				inside++
			} else {
				t.Logf("seed %d: %s is %.4g, stated %.4g to %.4g", seed, k, v[k], f.Low, f.High)
			}
			if !f.Identified || f.AtBound {
				t.Errorf("seed %d: %s: %+v, want it identified within the bounds", seed, k, f)
			}
		}
		if f := j.Found[Armature]; f.High-f.Low > 0.5*v[Armature] || math.Abs(f.Value/v[Armature]-1) > 0.1 {
			t.Errorf("seed %d: armature %+v, want %.4g within 10 %%", seed, f, v[Armature])
		}
	}
	if inside < all*85/100 {
		t.Errorf("%d of %d numbers lie in their 95 %% intervals", inside, all)
	}
}

// A friction that gives way while it holds is told from one that does not, and inertia
// is found beside both; with none there is nothing to be told.
func TestFindsHowFrictionHolds(t *testing.T) {
	t.Parallel()
	p := armProfile("hip")
	p.Fit[StopTime], p.Fit[StopYield] = []float64{0, 0.04}, []float64{0, 0.5}
	for _, c := range []struct{ coulomb, stop, yield float64 }{{0.3, 0.012, 0.2}, {0.3, 0, 0}, {0, 0, 0}} {
		v := arm()
		v[Coulomb], v[StopTime], v[StopYield] = c.coulomb, c.stop, c.yield
		j := &identified(t, p, quick(), move(Impedance, &v, 5, chirp(5, 0.2, 2), 1e-4, 1)).Joints[0]
		for _, k := range []Param{Armature, Coulomb, StopTime, StopYield, Delay} {
			f := j.Found[k]
			if of := k == StopTime || k == StopYield; of && c.coulomb == 0 || k == StopYield && c.stop == 0 {
				if f.Identified {
					t.Errorf("%+v: %s is said to be %.4g to %.4g, where nothing gives way", c, k, f.Low, f.High)
				}
			} else if !f.Identified || math.Abs(f.Value-v[k]) > 0.1*v[k]+1e-3 || f.Low > v[k] || v[k] > f.High {
				t.Errorf("%+v: %s: %+v, want %.4g", c, k, f, v[k])
			}
		}
	}
}

// A motion that never accelerates says nothing of inertia, one that never moves
// nothing of anything: to state a narrow interval then is the worst answer.
func TestSaysWhatALogCannotSay(t *testing.T) {
	t.Parallel()
	v := arm()
	for _, c := range []struct {
		name    string
		cmd     func(t float64) float64
		unknown []Param
	}{
		{"slow", func(t float64) float64 { return 0.4 * math.Sin(2*math.Pi*0.02*t) }, []Param{Armature, Delay}},
		{"still", func(float64) float64 { return 0.1 }, []Param{Armature, Viscous, Coulomb, GravitySine, GravityCosine, Delay}},
		{"one way", func(t float64) float64 { return 0.05 * t }, []Param{Armature, Viscous, Delay}},
	} {
		j := &identified(t, armProfile("hip"), quick(), move(Impedance, &v, 10, c.cmd, 3e-3, 1)).Joints[0]
		for _, k := range c.unknown {
			f := j.Found[k]
			if f.Identified {
				t.Errorf("%s: %s is said to be %.4g to %.4g, which this motion cannot tell", c.name, k, f.Low, f.High)
			}
			if f.Low > v[k] || v[k] > f.High {
				t.Errorf("%s: %s is %.4g, outside of %.4g to %.4g", c.name, k, v[k], f.Low, f.High)
			}
		}
	}
}

// Of a joint that never moves no number is identified, though its errors are so small
// that they could be taken for great knowledge, and a joint beside it is found as ever.
func TestIdentifiesNothingOfAJointThatNeverMoves(t *testing.T) {
	t.Parallel()
	v, p := arm(), armProfile("still", "hip")
	p.Fit[Offset] = []float64{-0.1, 0.1}
	l := move(Impedance, &v, 50, chirp(50, 0.2, 2), 1e-3, 1)
	for _, at := range []struct{ told, is float64 }{{1, 1}, {0.1, 0.13}, {0, 0}} {
		told, is := make([]float64, len(l.Time)), make([]float64, len(l.Time))
		for i := range told {
			told[i], is[i] = at.told, at.is
		}
		both := *l
		both.Joints, both.Command, both.Position = []string{"still", "hip"}, [][]float64{told, l.Command[0]}, [][]float64{is, l.Position[0]}
		body := identified(t, p, quick(), &both)
		for k, f := range body.Joints[0].Found {
			if f.Identified || f.Low != p.Fit[k][0] || f.High != p.Fit[k][1] {
				t.Errorf("told %g, at %g: %s is said to be %.4g to %.4g", at.told, at.is, k, f.Low, f.High)
			}
		}
		if f := body.Joints[1].Found[Armature]; !f.Identified {
			t.Errorf("the joint that moves: armature %+v", f)
		}
	}
	// One that trembles by less than any encoder tells ends in a body too.
	trembles := move(Impedance, &v, 50, func(float64) float64 { return 1 }, 1e-9, 1)
	if f := identified(t, p, quick(), &Log{Name: "trembling", Joints: []string{"still", "hip"}, Time: trembles.Time,
		Command: [][]float64{trembles.Command[0], trembles.Command[0]}, Position: [][]float64{trembles.Position[0], trembles.Position[0]}}).Joints[0].Found[Armature]; f.Identified {
		t.Errorf("a joint that trembles: armature %+v", f)
	}
}

// A joint that is jammed says nothing of its body, though its encoder steps or its gear
// gives a little: friction at whatever it takes to hold it, with gravity to match, would
// explain that well.
func TestIdentifiesNothingOfAJammedJoint(t *testing.T) {
	t.Parallel()
	v := arm()
	l := move(Impedance, &v, 6, chirp(6, 0.2, 4), 0, 1)
	for what, at := range map[string]func(i int) float64{
		"steps": func(i int) float64 { return 0.1 + 0.0015*float64(i/7%3/2) },
		"gives": func(i int) float64 { return 0.1 + 0.002*l.Command[0][i] },
	} {
		jammed := *l
		jammed.Position = [][]float64{make([]float64, len(l.Time))}
		for i := range l.Time {
			jammed.Position[0][i] = at(i)
		}
		for k, f := range identified(t, armProfile("hip"), quick(), &jammed).Joints[0].Found {
			if f.Identified {
				t.Errorf("%s: %s is said to be %.4g to %.4g", what, k, f.Low, f.High)
			}
		}
	}
}

// A number that wants to be where the search may not go is said to be at a bound.
func TestSaysWhatIsAtABound(t *testing.T) {
	t.Parallel()
	v, p := arm(), armProfile("hip")
	p.Fit[Armature] = []float64{0.002, 0.02}
	j := &identified(t, p, quick(), move(Impedance, &v, 6, chirp(6, 0.2, 4), 1e-3, 1)).Joints[0]
	if !j.Found[Armature].AtBound {
		t.Errorf("armature of %g, searched to 0.02: %+v, want it at the bound", v[Armature], j.Found[Armature])
	}
	if j.Found[Viscous].AtBound {
		t.Errorf("viscous friction is said to be at a bound: %+v", j.Found[Viscous])
	}
}

// The body predicts a motion that was not in its logs, at other frequencies.
func TestPredictsAnotherMotion(t *testing.T) {
	t.Parallel()
	v := arm()
	body := identified(t, armProfile("hip"), quick(), move(Impedance, &v, 6, chirp(6, 0.2, 3), 1e-3, 1))
	unseen := move(Impedance, &v, 6, func(t float64) float64 { return 0.2 + 0.25*math.Sin(2*math.Pi*5*t)*math.Sin(t) }, 0, 1)
	s := score(t, body, unseen)
	if s.Worst > 0.05*s.CommandMean {
		t.Errorf("rmse %.4g rad on an unseen motion, %.4g for the command itself", s.Worst, s.CommandMean)
	}
}

// Strength and the limits of torque show in the measured torque only.
func TestFindsStrengthWhereTorqueIsKnown(t *testing.T) {
	t.Parallel()
	v := arm()
	v[Gain], v[MaxTorque] = 0.8, 2.5
	l := move(Impedance, &v, 6, func(t float64) float64 { return 0.8 * chirp(6, 0.2, 4)(t) }, 1e-3, 1)
	p := armProfile("hip")
	p.Torque = true
	p.FitTorque = map[Param][]float64{Gain: {0.3, 2}, MaxTorque: {1, 20}}
	without := &identified(t, p, quick(), l).Joints[0]
	if _, ok := without.Found[Gain]; ok {
		t.Error("a strength is stated without any measured torque")
	}
	with := &identified(t, p, quick(), withTorque(l, &v, 0.01)).Joints[0]
	for _, k := range []Param{Gain, MaxTorque, Armature, Coulomb} {
		if f := with.Found[k]; !f.Identified || math.Abs(f.Value/v[k]-1) > 0.1 {
			t.Errorf("%s: %+v, want %.3g", k, f, v[k])
		}
	}
}

// A servo that turns an error into voltage, with a known load.
func TestFindsAServo(t *testing.T) {
	t.Parallel()
	v := neutral()
	v[Armature], v[Coulomb], v[LoadFriction], v[StallTorque], v[NoLoadSpeed], v[Kp] = 0.002, 0.02, 0.1, 0.8, 20, 1.15
	p := &Profile{
		Name: "servo", Law: Voltage, Joints: []string{"hip"}, ServoKp: 400, Volts: 7.4, Known: map[Param]float64{NoLoadSpeed: 20, Kp: 1.15},
		Fit: map[Param][]float64{Armature: {2e-4, 0.02}, Coulomb: {0, 0.2}, LoadFriction: {0, 0.5}, StallTorque: {0.1, 3}},
	}
	weak := move(Voltage, &v, 6, chirp(6, 0.2, 2), 0, 1)
	weak.Kp, weak.Volts, weak.Load = 200, 7.4, Load{Mass: 0.4, Arm: 0.1}
	strong := *weak
	strong.Kp, strong.Volts, strong.Position = 800, 6, [][]float64{make([]float64, len(weak.Time))}
	for _, l := range []*Log{weak, &strong} {
		replay(Voltage, &v, newTrack(l, 0, nil, p.ServoKp, p.Volts), l.Position[0], nil)
	}
	body := identified(t, p, quick(), weak, &strong)
	for k, f := range body.Joints[0].Found {
		if math.Abs(f.Value/v[k]-1) > 0.1 {
			t.Errorf("%s: %+v, want %.3g", k, f, v[k])
		}
	}
}

// Left and right are compared, and a side that differs is named.
func TestComparesLeftWithRight(t *testing.T) {
	t.Parallel()
	left, right := arm(), arm()
	right[Coulomb] *= 2
	l := move(Impedance, &left, 6, chirp(6, 0.2, 4), 1e-3, 1)
	r := move(Impedance, &right, 6, chirp(6, 0.2, 4), 1e-3, 2)
	l.Joints = []string{"L", "R"}
	l.Command, l.Position = append(l.Command, r.Command[0]), append(l.Position, r.Position[0])
	p := armProfile("L", "R")
	p.Mirror = map[string]string{"L": "R"}
	agree := map[Param]bool{}
	for _, m := range identified(t, p, quick(), l).Mirrors {
		agree[m.Param] = m.Agree
	}
	if want := map[Param]bool{Armature: true, Viscous: true, Coulomb: false, Delay: true}; !reflect.DeepEqual(agree, want) {
		t.Errorf("agree: %v, want %v", agree, want)
	}
}

// The same logs and seed give the same body, however many cores there are.
func TestSameSeedSameBody(t *testing.T) {
	t.Parallel()
	v := arm()
	l := move(Impedance, &v, 4, chirp(4, 0.2, 4), 1e-3, 1)
	l.Joints = []string{"a", "b"}
	l.Command, l.Position = append(l.Command, l.Command[0]), append(l.Position, l.Position[0])
	o, heard := quick(), 0
	o.Workers, o.Progress = 1, func(done, total int, _ string, _ float64) {
		if heard++; done != heard || total != 2 {
			t.Errorf("progress %d of %d, want %d of 2", done, total, heard)
		}
	}
	one := identified(t, armProfile("a", "b"), o, l)
	o.Workers, o.Progress = 2, nil
	if two := identified(t, armProfile("a", "b"), o, l); !reflect.DeepEqual(one, two) {
		t.Errorf("one worker: %+v\ntwo workers: %+v", one, two)
	}
	if heard != 2 {
		t.Errorf("heard of %d joints, want 2", heard)
	}
}

// A search that would take days ends with its context.
func TestStopsWhenAsked(t *testing.T) {
	v := arm()
	l := move(Impedance, &v, 4, chirp(4, 0.2, 4), 0, 1)
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	o := Options{Evaluations: 1 << 40, Progress: func(int, int, string, float64) { t.Error("a joint was done") }}
	if b, err := Identify(ctx, armProfile("hip"), []*Log{l}, o); b != nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("body %v, error %v; want the context's error", b, err)
	}
}

// A joint on which another one's pose turns gravity is found to be coupled to it,
// and predicted from both commands.
func TestFindsCoupling(t *testing.T) {
	t.Parallel()
	v := arm()
	v[Coupling1] = 0.7
	two := func(seconds, knee float64) *Log {
		l := move(Impedance, &v, seconds, chirp(seconds, 0.2, 4), 0, 1)
		told := make([]float64, len(l.Time))
		for i, t := range l.Time {
			told[i] = 0.5 * math.Sin(knee*t)
		}
		l.Joints, l.Command, l.Position = append(l.Joints, "knee"), append(l.Command, told), append(l.Position, told)
		replay(Impedance, &v, newTrack(l, 0, []string{"knee"}, 0, 0), l.Position[0], nil)
		return l
	}
	p := armProfile("hip")
	p.Couple = map[string][]string{"hip": {"knee"}}
	p.Fit[Coupling1], p.Fit[Coupling2] = []float64{-2, 2}, []float64{-2, 2}
	b := identified(t, p, quick(), two(6, 3))
	if f := b.Joints[0].Found[Coupling1]; !f.Identified || math.Abs(f.Value/v[Coupling1]-1) > 0.1 {
		t.Errorf("%+v, want %g", f, v[Coupling1])
	}
	if _, ok := b.Joints[0].Found[Coupling2]; ok {
		t.Error("a coupling to a second joint is stated, and there is none")
	}
	if s := score(t, b, two(4, 7)); s.Worst > 2e-3 {
		t.Errorf("another motion of both: %g rad", s.Worst)
	}
	alone := move(Impedance, &v, 4, chirp(4, 0.2, 4), 0, 1)
	if _, err := Check(b, alone); err == nil || !strings.Contains(err.Error(), "no joint knee") {
		t.Errorf("a log without the other joint: %v", err)
	}
}
