//go:build cgo

package sim

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"whisker/controller"
)

// pose is a random one within the rat's joint ranges.
type pose struct {
	root  controller.Root
	q, qd []float64
}

func randomPose(k *Kinematics, seed uint64) pose {
	rng := rand.New(rand.NewPCG(seed, 1))
	p := pose{root: controller.Root{Pos: [3]float64{rng.Float64(), rng.Float64(), rng.Float64()}}}
	var n float64
	for i := range 4 {
		p.root.Quat[i] = rng.NormFloat64()
		n += sq(p.root.Quat[i])
	}
	for i := range 4 {
		p.root.Quat[i] /= math.Sqrt(n)
	}
	for i := range 3 {
		p.root.Vel[i], p.root.AngVel[i] = rng.NormFloat64(), rng.NormFloat64()
	}
	for j := range k.JointNames() {
		lo, hi := k.JointRange(j)
		p.q, p.qd = append(p.q, lo+(hi-lo)*rng.Float64()), append(p.qd, rng.NormFloat64())
	}
	return p
}

func (p pose) set(k *Kinematics) { k.SetPose(p.root.Pos, p.root.Quat, p.q) }

// moved is the pose after a small step h along velocity coordinate i.
func (p pose) moved(i int, h float64) pose {
	q := append([]float64(nil), p.q...)
	switch {
	case i < 3:
		p.root.Pos[i] += h
	case i < 6:
		var d [4]float64
		d[0], d[i-2] = math.Cos(h/2), math.Sin(h/2)
		p.root.Quat = mul(p.root.Quat, d)
	default:
		q[i-6] += h
	}
	p.q = q
	return p
}

func mul(a, b [4]float64) [4]float64 {
	return [4]float64{a[0]*b[0] - a[1]*b[1] - a[2]*b[2] - a[3]*b[3], a[0]*b[1] + a[1]*b[0] + a[2]*b[3] - a[3]*b[2],
		a[0]*b[2] - a[1]*b[3] + a[2]*b[0] + a[3]*b[1], a[0]*b[3] + a[1]*b[2] - a[2]*b[1] + a[3]*b[0]}
}

func ratKinematics(t *testing.T) *Kinematics {
	k := open(t, Options{}).Kinematics()
	t.Cleanup(k.Close)
	return k
}

func id(t *testing.T, k *Kinematics, name string) int {
	t.Helper()
	i, ok := k.BodyID(name)
	if !ok {
		t.Fatalf("no body %s", name)
	}
	return i
}

func TestJacobianIsTheDerivativeOfAPosition(t *testing.T) {
	k := ratKinematics(t)
	for seed, name := range []string{"toe_L", "hand_R", "skull", "torso", "vertebra_C30"} {
		p, body := randomPose(k, uint64(seed)), id(t, k, name)
		p.set(k)
		at, _ := k.BodyPose(body)
		jac := make([]float64, 3*73)
		k.PointJacobian(body, at, jac)
		const h = 1e-6
		for i := range 73 {
			p.moved(i, h).set(k)
			a, _ := k.BodyPose(body)
			p.moved(i, -h).set(k)
			b, _ := k.BodyPose(body)
			for c := range 3 {
				near(t, name+" jacobian", jac[c*73+i], (a[c]-b[c])/(2*h), 1e-7)
			}
		}
	}
}

func TestMomentIsTheDerivativeOfActuatorLength(t *testing.T) {
	k := ratKinematics(t)
	p := randomPose(k, 7)
	p.set(k)
	m, a, b := make([]float64, 38*73), make([]float64, 38), make([]float64, 38)
	k.ActuatorMoment(m)
	const h = 1e-6
	for i := range 73 {
		p.moved(i, h).set(k)
		k.ActuatorLengths(a)
		p.moved(i, -h).set(k)
		k.ActuatorLengths(b)
		for u := range 38 {
			near(t, "moment", m[u*73+i], (a[u]-b[u])/(2*h), 1e-8)
		}
	}
}

func TestInverseDynamicsUndoesForwardDynamics(t *testing.T) {
	k := ratKinematics(t)
	for seed := range uint64(5) {
		p := randomPose(k, seed)
		p.set(k)
		rng := rand.New(rand.NewPCG(seed, 2))
		w := k.world
		force := make([]float64, 73)
		for i := range force {
			force[i] = 0.1 * rng.NormFloat64()
		}
		putRoot(&p.root, w.qpos, w.qvel)
		copy(w.qvel[6:], p.qd)
		copy(w.applied, force)
		if err := w.solve(); err != nil {
			t.Fatal(err)
		}
		acc := append([]float64(nil), w.qacc...)
		got := make([]float64, 73)
		k.InverseDynamics(&p.root, p.q, p.qd, acc, got)
		for i := range got {
			near(t, "generalised force", got[i], force[i], 1e-7*(1+math.Abs(force[i])))
		}
	}
}

func TestInverseDynamicsAgreesWithTheSimulation(t *testing.T) {
	r := open(t, Options{})
	k := r.Kinematics()
	defer k.Close()
	p := pose{root: controller.Root{Pos: [3]float64{0, 0, 5}, Quat: [4]float64{1, 0, 0, 0}, AngVel: [3]float64{1, 2, 3}},
		q: append([]float64(nil), r.Body().Stand...), qd: make([]float64, 67)}
	r.Place(p.root, p.q, p.qd)
	g := start(t, r)
	// In the air, at its servos' set points, nothing but the servos' zero force and
	// passive joints act: inverse dynamics of the simulated acceleration is zero.
	got := make([]float64, 73)
	k.InverseDynamics(&p.root, p.q, p.qd, g.world.qacc, got)
	moment, want := make([]float64, 38*73), make([]float64, 73)
	k.ActuatorMoment(moment)
	for u, torque := range g.s.Torque {
		for i := range want {
			want[i] += moment[u*73+i] * torque
		}
	}
	for i := range got {
		near(t, "generalised force", got[i], want[i], 1e-6)
	}
}

// mirror reflects a pose left to right: y, and with it roll and yaw, change
// sign, left and right joints trade places, and so do bends and twists' signs.
func mirror(k *Kinematics, p pose) pose {
	m := pose{root: p.root, q: make([]float64, len(p.q))}
	m.root.Pos[1] = -p.root.Pos[1]
	m.root.Quat[1], m.root.Quat[3] = -p.root.Quat[1], -p.root.Quat[3]
	at := map[string]int{}
	for j, n := range k.JointNames() {
		at[n] = j
	}
	for j, n := range k.JointNames() {
		m.q[at[otherSide(n)]] = p.q[j]
		if strings.HasSuffix(n, "bend") || strings.HasSuffix(n, "twist") {
			m.q[j] = -p.q[j]
		}
	}
	return m
}

func otherSide(name string) string {
	for _, s := range [][2]string{{"_L", "_R"}, {"_R", "_L"}} {
		if strings.HasSuffix(name, s[0]) || strings.Contains(name, s[0]+"_") {
			return strings.Replace(name, s[0], s[1], 1)
		}
	}
	return name
}

func TestMirroredPosesMirrorTheBody(t *testing.T) {
	k := ratKinematics(t)
	p := randomPose(k, 3)
	p.set(k)
	where := map[string][3]float64{}
	for i, name := range k.Frames() {
		where[name], _ = k.BodyPose(i)
	}
	com := k.CenterOfMass()
	mirror(k, p).set(k)
	for i, name := range k.Frames() {
		got, _ := k.BodyPose(i)
		want := where[otherSide(name)]
		near(t, name+" x", got[0], want[0], 1e-4)
		near(t, name+" y", got[1], -want[1], 1e-4)
		near(t, name+" z", got[2], want[2], 1e-4)
	}
	near(t, "centre of mass", k.CenterOfMass()[1], -com[1], 1e-4)
}

func TestLowestPoints(t *testing.T) {
	k := open(t, Options{Model: "testdata/solids.xml"}).Kinematics()
	defer k.Close()
	const a = 0.3
	k.SetPose([3]float64{}, [4]float64{}, []float64{a, a, a, a, a, a})
	sin, cos := math.Sin(a), math.Cos(a)
	for name, want := range map[string]float64{
		"sphere":    0.5*cos - 0.1,
		"capsule":   -0.2*cos - 0.05,
		"cylinder":  -0.2*cos - 0.05*sin,
		"box":       -0.3*cos - 0.1*sin,
		"ellipsoid": -math.Hypot(0.3*cos, 0.1*sin),
		"child":     -cos - 0.1,
		"mesh":      -cos - 0.1, // its child is lower; the ghost does not collide
		"ghost":     math.Inf(1),
	} {
		if got := k.LowestPoint(id(t, k, name)); got != want && math.Abs(got-want) > 1e-6 {
			t.Errorf("lowest point of %s is %.6f, want %.6f", name, got, want)
		}
	}
	mesh := &k.facts.geoms[len(k.facts.geoms)-3]
	i := len(k.facts.geoms) - 3
	near(t, "lowest point of the tetrahedron", lowest(mesh, k.world.geomPos[3*i:], k.world.geomMat[9*i:]), -0.1*sin, 1e-6)
}

func TestKinematicsIsIndependentOfTheRobot(t *testing.T) {
	r := open(t, Options{})
	k := r.Kinematics()
	defer k.Close()
	g := start(t, r)
	live, posed := make([]float32, 7*len(r.Frames())), make([]float32, 7*len(k.Frames()))
	g.tick(10)
	randomPose(k, 1).set(k)
	r.FramePoses(live)
	k.SetPose(g.s.Root.Pos, g.s.Root.Quat, g.s.Pos)
	k.FramePoses(posed)
	for i := range live {
		if math.Abs(float64(live[i]-posed[i])) > 1e-6 {
			t.Fatalf("frame %s: the robot is at %v, kinematics says %v", r.Frames()[i/7], live[i/7*7:i/7*7+7], posed[i/7*7:i/7*7+7])
		}
	}
}

func TestShapes(t *testing.T) {
	r := open(t, Options{})
	drawn, floor := map[int]bool{}, false
	for _, s := range r.Shapes() {
		drawn[s.Frame] = true
		floor = floor || s.Kind == "plane" && s.Frame == 0
		if s.RGBA[3] == 0 || s.Kind != "plane" && s.Size[0] <= 0 {
			t.Errorf("shape %+v cannot be seen", s)
		}
	}
	for i, name := range r.Frames() {
		if limb := strings.Contains(name, "leg") || strings.Contains(name, "arm") || name == "torso" || name == "skull"; limb && !drawn[i] {
			t.Errorf("%s is not drawn", name)
		}
	}
	if !floor {
		t.Error("there is no floor")
	}
	for _, s := range open(t, Options{Model: "testdata/solids.xml"}).Shapes() {
		if s.Kind == "mesh" && (len(s.Vertices) != 12 || len(s.Faces) != 12) {
			t.Errorf("a tetrahedron of %d vertices and %d faces", len(s.Vertices)/3, len(s.Faces)/3)
		}
	}
}

func TestOverlaps(t *testing.T) {
	file := filepath.Join(t.TempDir(), "balls.xml")
	text := `<mujoco><worldbody><geom type="plane" size="1 1 1"/>
<body name="left" pos="0 0 0.5"><joint name="a" type="hinge" axis="0 1 0"/><geom type="sphere" size="0.1"/></body>
<body name="right" pos="0.15 0 0.5"><joint name="b" type="hinge" axis="0 1 0"/><geom type="sphere" size="0.1"/></body>
<body name="deep" pos="0 2 0.06"><joint name="c" type="hinge" axis="0 1 0"/><geom type="sphere" size="0.1"/></body>
<body name="clear" pos="0 -2 0.2"><joint name="d" type="hinge" axis="0 1 0"/><geom type="sphere" size="0.1"/></body>
</worldbody></mujoco>`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	k := open(t, Options{Model: file}).Kinematics()
	defer k.Close()
	k.SetPose([3]float64{}, [4]float64{1}, make([]float64, 4))
	left, _ := k.BodyID("left")
	right, _ := k.BodyID("right")
	deep, _ := k.BodyID("deep")
	want := map[[2]int]controller.Overlap{
		{left, right}: {At: [3]float64{0.075, 0, 0.5}, Normal: [3]float64{1, 0, 0}, Depth: 0.05},
		{0, deep}:     {At: [3]float64{0, 2, -0.02}, Normal: [3]float64{0, 0, 1}, Depth: 0.04},
	}
	got := k.Overlaps(nil)
	if len(got) != len(want) {
		t.Fatalf("%d overlaps, want %d: %v", len(got), len(want), got)
	}
	for _, o := range got {
		w, ok := want[o.Bodies]
		if w.Bodies = o.Bodies; !ok || !alike(o, w) {
			t.Errorf("%+v, want %+v", o, w)
		}
	}
}

func alike(a, b controller.Overlap) bool {
	off := math.Abs(a.Depth - b.Depth)
	for i := range 3 {
		off = math.Max(off, math.Max(math.Abs(a.At[i]-b.At[i]), math.Abs(a.Normal[i]-b.Normal[i])))
	}
	return off < 1e-9
}
