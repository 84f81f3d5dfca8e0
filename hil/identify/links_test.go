package identify

import (
	"math"
	"strings"
	"testing"
)

// leg is a double pendulum of point masses: 2 kg at 0.3 m, 1 kg at 0.2 m below a knee
// at 0.4 m, and what is carried at the knee, kg. The model has the knee first.
type leg struct{ load float64 }

func (leg) JointNames() []string { return []string{"knee_joint", "hip_joint"} }

func (m leg) Dynamics(q, qd, mass, bias []float64) {
	sin, cos := math.Sincos(q[0])
	lower, across := 0.04, 0.04+0.08*cos
	mass[0], mass[1], mass[2], mass[3] = lower, across, across, 0.18+0.16*(1+m.load)+0.16*cos+lower
	pull := standardGravity * 0.2 * math.Sin(q[0]+q[1])
	bias[0] = pull + 0.08*sin*qd[1]*qd[1]
	bias[1] = standardGravity*(0.6+0.4*(1+m.load))*math.Sin(q[1]) + pull - 0.08*sin*(2*qd[1]+qd[0])*qd[0]
}

// legs are a body of that leg, and what is to be known to find it again.
func legs(t *testing.T, m leg) (*Body, *Profile) {
	t.Helper()
	b := &Body{Robot: "leg", Law: Impedance, Model: NewModel("leg.xml", "abc", m)}
	for _, name := range []string{"hip", "knee"} {
		v := arm()
		v[GravitySine], v[GravityCosine], v[Kp], v[Kd] = 0, 0, 60, 2
		j := Joint{Name: name, Known: map[Param]float64{}}
		for k, x := range v {
			j.Known[Param(k)] = x
		}
		b.Joints = append(b.Joints, j)
	}
	p := armProfile("hip", "knee")
	p.Known = map[Param]float64{Kp: 60, Kd: 2}
	p.FitModel = map[Param][]float64{Gain: {0.3, 3}}
	p, err := p.WithModel(b.Model)
	if err != nil {
		t.Fatal(err)
	}
	return b, p
}

// swings is a log of the body, from rest: both joints move at once, unlike.
func (b *Body) swings(t *testing.T, seconds float64) *Log {
	t.Helper()
	l := &Log{Name: "leg", Joints: []string{"hip", "knee"}, Command: make([][]float64, 2), Position: make([][]float64, 2)}
	one, two := chirp(seconds, 0.2, 2), chirp(seconds, 1.5, 0.3)
	for i := range int(200 * (settling + seconds)) {
		at := float64(i) / 200
		l.Time = append(l.Time, at)
		l.Command[0], l.Command[1] = append(l.Command[0], 0.4+one(max(at-settling, 0))), append(l.Command[1], -0.8+2*two(max(at-settling, 0)))
	}
	l.Position[0], l.Position[1] = make([]float64, len(l.Time)), make([]float64, len(l.Time))
	out, err := b.replay(l, false)
	if err != nil {
		t.Fatal(err)
	}
	l.Position = out
	return l.Cut(settling/(settling+seconds), 1)
}

// All joints together move by the equations of the model, as small steps of an
// integration that knows nothing else say.
func TestJointsMoveTogether(t *testing.T) {
	b, _ := legs(t, leg{})
	for j := range b.Joints {
		b.Joints[j].Known[Coulomb], b.Joints[j].Known[Delay] = 0, 0
	}
	l := b.swings(t, 3)
	v := b.Joints[0].values()
	mass, bias := make([]float64, 4), make([]float64, 2)
	q, qd, tau := [2]float64{l.Position[0][0], l.Position[1][0]}, [2]float64{}, [2]float64{}
	const n = 100
	h := 1.0 / 200 / n
	worst := 0.0
	for i := range l.Time {
		for j := range q {
			worst = max(worst, math.Abs(q[j]-l.Position[j][i]))
		}
		for range n {
			leg{}.Dynamics([]float64{q[1], q[0]}, []float64{qd[1], qd[0]}, mass, bias)
			for j := range q {
				tau[j] = v[Kp]*(l.Command[j][i]-q[j]) - (v[Kd]+v[Viscous])*qd[j] - bias[1-j]
			}
			hip, knee, across := mass[3]+v[Armature], mass[0]+v[Armature], mass[1]
			det := hip*knee - across*across
			qd[0] += h * (knee*tau[0] - across*tau[1]) / det
			qd[1] += h * (hip*tau[1] - across*tau[0]) / det
			q[0], q[1] = q[0]+h*qd[0], q[1]+h*qd[1]
		}
	}
	if !(worst < 2e-3) {
		t.Errorf("the replay leaves the equations by %g rad", worst)
	}
}

// apart are two links of 0.1 kg·m² that do not meet, in no gravity.
type apart struct{}

func (apart) JointNames() []string { return []string{"knee", "hip"} }

func (apart) Dynamics(_, _, mass, bias []float64) {
	copy(mass, []float64{0.1, 0, 0, 0.1})
	clear(bias)
}

// Where links do not couple, joints move together as each does alone, dry friction that
// holds them and lets them creep included.
func TestJointsThatDoNotMeetMoveAsAlone(t *testing.T) {
	b, _ := legs(t, leg{})
	for j := range b.Joints {
		b.Joints[j].Known[Coulomb], b.Joints[j].Known[StopTime], b.Joints[j].Known[StopYield] = 4, 0.02*float64(j), 0.05
	}
	l := b.swings(t, 3)
	b.Model.links = apart{}
	together, err := b.replay(l, false)
	if err != nil {
		t.Fatal(err)
	}
	for j := range b.Joints {
		b.Joints[j].Known[Armature] += 0.1
	}
	b.Model = nil
	alone, err := b.replay(l, false)
	if err != nil {
		t.Fatal(err)
	}
	b.Joints[0].Known[Coulomb], b.Joints[1].Known[StopTime] = 0, 0
	without, err := b.replay(l, false)
	if err != nil {
		t.Fatal(err)
	}
	for j := range alone {
		matters := 0.0
		for i := range alone[j] {
			matters = max(matters, math.Abs(alone[j][i]-without[j][i]))
			if math.Abs(alone[j][i]-together[j][i]) > 1e-9 {
				t.Fatalf("joint %d at sample %d: %g rad together, %g alone", j, i, together[j][i], alone[j][i])
			}
		}
		if matters < 0.005 {
			t.Errorf("joint %d moves by %g rad otherwise if its friction does not hold so: the motion tries nothing", j, matters)
		}
	}
}

// What the links do to a joint along a measured motion is what the equations say, and
// between samples and off the measured position too.
func TestLinksPullAlongALog(t *testing.T) {
	_, p := legs(t, leg{})
	l := &Log{Name: "leg", Joints: []string{"hip", "knee"}, Command: make([][]float64, 2), Position: make([][]float64, 2)}
	motion := func(at float64) (q, qd, acc [2]float64) {
		for j, f := range [2]float64{3, 5} {
			q[j], qd[j], acc[j] = 0.4*math.Sin(f*at), 0.4*f*math.Cos(f*at), -0.4*f*f*math.Sin(f*at)
		}
		return q, qd, acc
	}
	for i := range 400 {
		q, _, _ := motion(float64(i) / 200)
		l.Time = append(l.Time, float64(i)/200)
		l.Position[0], l.Position[1] = append(l.Position[0], q[0]), append(l.Position[1], q[1])
	}
	hung, err := p.hung([]*Log{l}, []float64{0, 0})
	if err != nil {
		t.Fatal(err)
	}
	mass, bias := make([]float64, 4), make([]float64, 2)
	for i := 20; i < 380; i++ {
		q, qd, acc := motion(l.Time[i] + 0.0025)
		q[0] += 0.05
		leg{}.Dynamics([]float64{q[1], q[0]}, []float64{qd[1], qd[0]}, mass, bias)
		inertia, torque := hung[0].links[0].at(i, 0.5, q[0])
		if want := -bias[1] - mass[1]*acc[1]; math.Abs(inertia-mass[3]) > 1e-3 || math.Abs(torque-want) > 0.05 {
			t.Fatalf("at sample %d: %g kg·m² and %g N·m, want %g and %g", i, inertia, torque, mass[3], want)
		}
	}
}

// With a model, rotors, friction, strength and delay are found though the joints
// drag each other along, and no gravity is. A body that was written and read again
// needs its model, and no other one, to replay a log.
func TestFindsMotorsWithinAModel(t *testing.T) {
	t.Parallel()
	plant, p := legs(t, leg{})
	l := plant.swings(t, 8)
	b := identified(t, p, quick(), l)
	for i := range b.Joints {
		j, want := &b.Joints[i], plant.Joints[i].values()
		for _, k := range []Param{Armature, Viscous, Coulomb, Delay, Gain} {
			if f := j.Found[k]; !f.Identified || math.Abs(f.Value/want[k]-1) > 0.1 {
				t.Errorf("%s of %s: %+v, want %g", k, j.Name, f, want[k])
			}
		}
		if len(j.Found) != 5 || j.Beyond != nil {
			t.Errorf("%s: found %v beyond the model's %+v", j.Name, j.Params(), j.Beyond)
		}
	}
	if s := score(t, b, plant.swings(t, 5)); !(s.Worst < 2e-3) || math.Abs(score(t, b, l).Joints[0].RMSE-b.Joints[0].RMSE) > 1e-9 {
		t.Errorf("replay: %g rad", s.Worst)
	}
	again := reread(t, b)
	oneLine(t, "was identified with the model leg.xml (hash abc): give that model")(Check(again, l))
	oneLine(t, "model other.xml is not the one")(nil, again.With(NewModel("other.xml", "abd", leg{})))
	if err := again.With(NewModel("moved.xml", "abc", leg{})); err != nil {
		t.Fatal(err)
	}
	if got, want := score(t, again, l), score(t, b, l); got.Mean != want.Mean {
		t.Errorf("%g rad after it was written and read, %g before", got.Mean, want.Mean)
	}
}

// An encoder that is off is found by how gravity then turns, and is not blamed on the
// joint above, at which it turns gravity too.
func TestFindsWhichEncoderIsOff(t *testing.T) {
	t.Parallel()
	plant, p := legs(t, leg{})
	plant.Joints[1].Known[Offset] = 0.05
	p.Fit[Offset] = []float64{-0.2, 0.2}
	o := quick()
	o.ValuesOnly = true
	b := identified(t, p, o, plant.swings(t, 5))
	for i, want := range [2]float64{0, 0.05} {
		if f := b.Joints[i].Found[Offset]; math.Abs(f.Value-want) > 0.002 {
			t.Errorf("%s: its encoder is found to be off by %.4f rad, want %g", b.Joints[i].Name, f.Value, want)
		}
	}
}

// A load that the model lacks is noticed where it weighs, and nowhere else.
func TestNoticesALoadThatTheModelLacks(t *testing.T) {
	t.Parallel()
	_, p := legs(t, leg{})
	heavy, _ := legs(t, leg{load: 0.8})
	b := identified(t, p, quick(), heavy.swings(t, 8))
	hip, knee := b.Joints[0].Beyond, b.Joints[1].Beyond
	if hip == nil || hip.Torque < 0.3 {
		t.Errorf("at the hip %+v, want some of the load's 3 N·m at a right angle", hip)
	}
	if knee != nil {
		t.Errorf("at the knee, above which the load is: %+v", knee)
	}
}

// A model with other joints than the robot's is refused.
func TestRefusesModelsOfOtherRobots(t *testing.T) {
	for joints, want := range map[string]string{
		"hip tail": "the model has no joint tail of robot arm; it has knee_joint, hip_joint",
		"hip":      "the model has a joint knee_joint that robot arm has not",
	} {
		oneLine(t, want)(armProfile(strings.Fields(joints)...).WithModel(NewModel("leg.xml", "abc", leg{})))
	}
	without := known(arm())
	oneLine(t, "identified without a model: leave leg.xml out")(nil, without.With(NewModel("leg.xml", "abc", leg{})))
}
