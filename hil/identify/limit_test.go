package identify

import (
	"math"
	"testing"

	"whisker/controller/profile"
)

// limited is an arm whose profile states limits, and what is to be known to find others
// where torque is measured.
func limited() (Values, *Profile) {
	v, p := arm(), armProfile("hip")
	v[MaxTorque], v[StallTorque], v[NoLoadSpeed] = 10, 30, 20
	p.Torque = true
	p.KnownOf = map[string]map[Param]float64{"hip": {MaxTorque: 10, StallTorque: 30, NoLoadSpeed: 20}}
	p.FitTorque = map[Param][]float64{Gain: {0.2, 2}, MaxTorque: {1, 15}, StallTorque: {3, 45}, NoLoadSpeed: {2, 30}}
	return v, p
}

// strain is a log of a chirp of that many times 0.4 rad, with measured torques.
func strain(v *Values, size float64, seed uint64) *Log {
	return withTorque(move(Impedance, v, 6, func(t float64) float64 { return size * chirp(6, 0.2, 4)(t) }, 1e-3, seed), v, 0.02)
}

// A limit that torques reach is found, within an interval that holds it, and one that
// they do not reach is said to be unknown: where the current is bounded no more is
// known of what is there at speed, and the other way round. All else is found as well
// as without.
func TestFindsLimitsThatTorquesReach(t *testing.T) {
	t.Parallel()
	speed := map[Param]float64{StallTorque: 6, NoLoadSpeed: 8}
	both := map[Param]float64{MaxTorque: 3, StallTorque: 7, NoLoadSpeed: 8}
	for i, c := range []struct {
		is   map[Param]float64
		gain float64
		size float64
	}{{map[Param]float64{MaxTorque: 2.5}, 1, 1}, {map[Param]float64{MaxTorque: 5}, 1.1, 2}, {speed, 1, 1}, {speed, 0.8, 2}, {both, 1, 2}, {both, 0.8, 1}} {
		v, p := limited()
		for k, x := range c.is {
			v[k] = x
		}
		v[Gain] = c.gain
		j := &identified(t, p, quick(), strain(&v, c.size, uint64(i))).Joints[0]
		for k, f := range j.Found {
			_, reached := c.is[k]
			switch limit := k == MaxTorque || k == StallTorque || k == NoLoadSpeed; {
			case limit && !reached:
				if f.Identified || f.AtBound || f.Low != p.FitTorque[k][0] || f.High != p.FitTorque[k][1] {
					t.Errorf("%v: %s is said to be known, and was not reached: %+v", c, k, f)
				}
			case !f.Identified || f.Low > v[k] || v[k] > f.High || limit && math.Abs(f.Value/v[k]-1) > 0.02:
				t.Errorf("%v: %s: %+v, want %.4g", c, k, f, v[k])
			}
			if reached {
				t.Logf("%s %.4g of %.4g, %.4g to %.4g", k, f.Value, v[k], f.Low, f.High)
			}
		}
	}
}

// Limits of left and right are compared where torques reach both.
func TestComparesLimitsOfLeftAndRight(t *testing.T) {
	t.Parallel()
	left, one := limited()
	p := armProfile("L", "R")
	p.Torque, p.FitTorque = true, one.FitTorque
	p.KnownOf = map[string]map[Param]float64{"L": one.KnownOf["hip"], "R": one.KnownOf["hip"]}
	p.Mirror = map[string]string{"L": "R"}
	right := left
	left[MaxTorque], right[MaxTorque] = 2.5, 2
	l, r := strain(&left, 1, 1), strain(&right, 1, 2)
	l.Joints = []string{"L", "R"}
	l.Command, l.Position, l.Torque = append(l.Command, r.Command[0]), append(l.Position, r.Position[0]), append(l.Torque, r.Torque[0])
	compared := 0
	for _, m := range identified(t, p, quick(), l).Mirrors {
		if agree := m.Param != MaxTorque; m.Agree != agree {
			t.Errorf("%s: left %.4g, right %.4g, agree: %v", m.Param, m.LeftValue, m.RightValue, m.Agree)
		}
		if m.Param == MaxTorque {
			compared++
		}
	}
	if compared != 1 {
		t.Errorf("the limit is compared %d times, want once", compared)
	}
}

// What no torque reaches does no harm: all other numbers are found as by a search that
// does not know of limits.
func TestLimitsThatNoTorqueReachesDoNoHarm(t *testing.T) {
	t.Parallel()
	for _, size := range []float64{0.2, 0.9} {
		v, p := limited()
		l := strain(&v, size, 1)
		with := &identified(t, p, quick(), l).Joints[0]
		p.FitTorque = map[Param][]float64{Gain: {0.2, 2}}
		without := &identified(t, p, quick(), l).Joints[0]
		for k, f := range with.Found {
			switch g, ok := without.Found[k]; {
			case !ok:
				if f.Identified || math.Abs(f.Value/v[k]-1) > 1e-9 {
					t.Errorf("%s: %+v, want the profile's %g, not identified", k, f, v[k])
				}
			case !f.Identified || f.Low > v[k] || v[k] > f.High || math.Abs(f.Value-v[k]) > math.Abs(g.Value-v[k])+0.01*math.Abs(v[k]):
				t.Errorf("%s: %+v, want %g; without limits %+v", k, f, v[k], g)
			}
		}
	}
}

// Our own robots' profiles search for limits about those that they state.
func TestSearchesForLimitsOfOurRobots(t *testing.T) {
	p, err := OpenProfile("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range p.Joints {
		s := p.space(name, true)
		begin := s.values(s.begin)
		for _, k := range limits {
			if x := p.KnownOf[name][k]; x == 0 || math.Abs(begin[k]/x-1) > 1e-9 {
				t.Errorf("joint %d: the search for %s begins at %g, want the profile's %g", i, k, begin[k], x)
			}
		}
		if s = p.space(name, false); s.base[MaxTorque] != p.KnownOf[name][MaxTorque] || len(s.param) != len(p.Fit) {
			t.Errorf("joint %d: without torques %v are searched", i, s.param)
		}
	}
}

// weightless is a model whose links weigh nothing.
type weightless struct{}

func (weightless) JointNames() []string { return []string{"hip"} }

func (weightless) Dynamics(_, _, mass, bias []float64) { mass[0], bias[0] = 0, 0 }

// Limits that were identified are the motor's that is simulated, at no speed beyond
// its own; the others are its own.
func TestAppliesLimitsWithinTheMotorsOwn(t *testing.T) {
	own := profile.Motor{Torque: 10, FullTorqueSpeed: 10, NoLoadSpeed: 20} // 20 N·m at stall
	for _, c := range []struct {
		is   map[Param]float64
		want profile.Motor
	}{
		{nil, own},
		{map[Param]float64{MaxTorque: 12, StallTorque: 30, NoLoadSpeed: 25}, own},
		{map[Param]float64{MaxTorque: 5}, profile.Motor{Torque: 5, FullTorqueSpeed: 15, NoLoadSpeed: 20}},
		{map[Param]float64{StallTorque: 20, NoLoadSpeed: 16}, profile.Motor{Torque: 10, FullTorqueSpeed: 8, NoLoadSpeed: 16}},
		{map[Param]float64{MaxTorque: 5, StallTorque: 10, NoLoadSpeed: 16}, profile.Motor{Torque: 5, FullTorqueSpeed: 8, NoLoadSpeed: 16}},
		{map[Param]float64{StallTorque: 8, NoLoadSpeed: 16}, profile.Motor{Torque: 8, FullTorqueSpeed: 0, NoLoadSpeed: 16}},
		{map[Param]float64{StallTorque: 40, NoLoadSpeed: 16}, profile.Motor{Torque: 10, FullTorqueSpeed: 10, NoLoadSpeed: 16}},
	} {
		b := known(arm())
		b.Joints[0].Found = map[Param]Found{}
		for _, k := range limits {
			x, ok := c.is[k]
			b.Joints[0].Found[k] = Found{Value: max(x, 1), Identified: ok}
		}
		out, err := b.Apply(&profile.Profile{Joints: []profile.Joint{{Name: "hip", Motor: "m"}}, Motors: map[string]profile.Motor{"m": own}}, weightless{})
		if err != nil {
			t.Fatal(err)
		}
		got := out.Motors["hip"]
		if math.Abs(got.Torque-c.want.Torque)+math.Abs(got.FullTorqueSpeed-c.want.FullTorqueSpeed)+math.Abs(got.NoLoadSpeed-c.want.NoLoadSpeed) > 1e-9 {
			t.Errorf("%v: %g N·m to %g rad/s, none at %g; want %+v", c.is, got.Torque, got.FullTorqueSpeed, got.NoLoadSpeed, c.want)
		}
		for v := range 25 {
			if got.TorqueAt(float64(v)) > own.TorqueAt(float64(v))+1e-9 {
				t.Errorf("%v: %g N·m at %d rad/s, where the profile has %g", c.is, got.TorqueAt(float64(v)), v, own.TorqueAt(float64(v)))
			}
		}
		if left := b.Unsimulated(); left != nil {
			t.Errorf("%v: %v are said to be left out", c.is, left)
		}
	}
}

// A recording of our own, of motors that are weaker than the robot's profile says,
// tells so.
func TestARecordingTellsWeakMotors(t *testing.T) {
	t.Parallel()
	v := arm()
	v[MaxTorque], v[StallTorque], v[NoLoadSpeed] = 3, 9, 7
	l, err := Open(recordedRun(t, &v))
	if err != nil {
		t.Fatal(err)
	}
	p, err := OpenProfile("quadruped")
	if err != nil {
		t.Fatal(err)
	}
	p.Joints = p.Joints[:1]
	j := &identified(t, p, quick(), l).Joints[0]
	for _, k := range append(limits[:], Armature, Coulomb, Gain) {
		f := j.Found[k]
		t.Logf("%s %.4g of %.4g, %.4g to %.4g", k, f.Value, v[k], f.Low, f.High)
		if !f.Identified || f.Low > v[k] || v[k] > f.High || math.Abs(f.Value/v[k]-1) > 0.02 {
			t.Errorf("%s: %+v, want %g", k, f, v[k])
		}
	}
}
