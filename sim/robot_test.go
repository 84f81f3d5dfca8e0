//go:build cgo

package sim

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"whisker/controller"
)

func open(t testing.TB, o Options) *Robot {
	t.Helper()
	r, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// rig is a started robot with room for its state and a command that holds the
// start pose.
type rig struct {
	*Robot
	t testing.TB
	s controller.State
	c controller.Command
}

func start(t testing.TB, r *Robot) *rig {
	t.Helper()
	g := &rig{Robot: r, t: t, s: controller.NewState(r.Body()), c: controller.NewCommand(r.Body())}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	g.read()
	copy(g.c.Pos, g.s.ActPos)
	return g
}

func (g *rig) read() {
	g.t.Helper()
	if err := g.Read(&g.s); err != nil {
		g.t.Fatal(err)
	}
}

func (g *rig) tick(n int) {
	g.t.Helper()
	for range n {
		if err := g.Write(&g.c); err != nil {
			g.t.Fatal(err)
		}
		g.read()
	}
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %.6g, want %.6g within %.2g", what, got, want, tolerance)
	}
}

func TestRatHasTheSizesOfThePaper(t *testing.T) {
	r := open(t, Options{})
	f, b := r.facts, r.Body()
	if f.nq != 74 || f.nv != 73 || f.nu != 38 || len(b.Joints) != 67 {
		t.Errorf("nq %d nv %d nu %d joints %d, want 74 73 38 67", f.nq, f.nv, f.nu, len(b.Joints))
	}
	if len(b.LimbJoints) != 24 || len(b.Feet) != 4 || !b.Measures.Root {
		t.Errorf("limb joints %d, feet %d, root measured %v: want 24, 4, true", len(b.LimbJoints), len(b.Feet), b.Measures.Root)
	}
	mass := func(r *Robot) (sum float64) {
		for _, m := range r.facts.mass {
			sum += m
		}
		return sum
	}
	near(t, "mass at scale 0.9", mass(r), 0.246, 0.0005)
	near(t, "mass at scale 1", mass(open(t, Options{Scale: 1})), 0.338, 0.0005)
	if _, err := json.Marshal(b); err != nil {
		t.Errorf("the body does not encode: %v", err)
	}
}

func TestRatsTailTouchesNothing(t *testing.T) {
	f := open(t, Options{}).facts
	tail := 0
	for _, g := range f.geoms {
		if strings.HasPrefix(f.bodies[g.body], "vertebra_C") {
			if tail++; g.collides {
				t.Errorf("a shape of %s collides", f.bodies[g.body])
			}
		}
	}
	if tail < 20 {
		t.Errorf("only %d shapes of the tail: are its bodies named otherwise now?", tail)
	}
}

func TestScaleShrinksEveryLength(t *testing.T) {
	small, large := open(t, Options{}).Kinematics(), open(t, Options{Scale: 1}).Kinematics()
	defer small.Close()
	defer large.Close()
	p := randomPose(small, 5)
	p.root.Pos = [3]float64{}
	p.set(small)
	p.set(large)
	for i, name := range small.Frames() {
		a, _ := small.BodyPose(i)
		b, _ := large.BodyPose(i)
		for c := range 3 {
			near(t, "position of "+name, a[c], 0.9*b[c], 1e-12)
		}
		if low := small.LowestPoint(i); !math.IsInf(low, 0) {
			near(t, "lowest point of "+name, low, 0.9*large.LowestPoint(i), 1e-12)
		}
	}
}

func TestServosAcceptTargetsBeyondTheJointRange(t *testing.T) {
	b := open(t, Options{}).Body()
	for _, a := range b.Actuators {
		if a.Joint < 0 {
			continue
		}
		j := b.Joints[a.Joint]
		middle, half := (j.Max+j.Min)/2, (j.Max-j.Min)/2
		near(t, a.Name+" from", a.Min, middle-1.5*half, 1e-6)
		near(t, a.Name+" to", a.Max, middle+1.5*half, 1e-6)
	}
}

func TestRatStandsStill(t *testing.T) {
	for _, step := range []time.Duration{4 * time.Millisecond, 2 * time.Millisecond} {
		t.Run(step.String(), func(t *testing.T) {
			g := start(t, open(t, Options{Timestep: step}))
			g.tick(150)
			low, high := math.Inf(1), math.Inf(-1)
			for range 100 {
				g.tick(1)
				low, high = math.Min(low, g.s.Root.Pos[2]), math.Max(high, g.s.Root.Pos[2])
			}
			near(t, "height", g.s.Root.Pos[2], g.Body().StandHeight, 0.005)
			near(t, "bounce", high-low, 0, 0.0002)
			near(t, "drift", math.Hypot(g.s.Root.Pos[0], g.s.Root.Pos[1]), 0, 0.01)
			if up := 1 - 2*(sq(g.s.Root.Quat[1])+sq(g.s.Root.Quat[2])); up < math.Cos(0.1) {
				t.Errorf("the torso leans by %.2f rad", math.Acos(up))
			}
			var weight float64
			for _, f := range g.s.FootForce {
				weight += f
			}
			near(t, "force on the paws", weight, 0.246*9.81, 0.05)
			var truth controller.Truth
			g.Truth(&truth)
			if want := []bool{true, true, true, true}; fmt.Sprint(truth.Contacts) != fmt.Sprint(want) {
				t.Errorf("paws on the ground: %v", truth.Contacts)
			}
			near(t, "specific force upwards", g.s.IMU.Acc[2], 9.81, 0.2)
		})
	}
}

// trace runs a rat under a moving command and returns its states as text.
func trace(t *testing.T, r *Robot, ticks int) string {
	g := start(t, r)
	var out strings.Builder
	for n := range ticks {
		for i := range g.c.Pos {
			a := &g.Body().Actuators[i]
			g.c.Pos[i] = (a.Min+a.Max)/2 + 0.3*(a.Max-a.Min)*math.Sin(float64(n)/5+float64(i))
		}
		g.tick(1)
		fmt.Fprintf(&out, "%x %x %x\n", g.s.Pos, g.s.Torque, g.s.IMU)
	}
	return out.String()
}

func TestEqualRunsGiveEqualBytes(t *testing.T) {
	r := open(t, Options{})
	first := trace(t, r, 60)
	if again := trace(t, r, 60); again != first {
		t.Error("a second run of the same robot differs")
	}
	if other := trace(t, open(t, Options{}), 60); other != first {
		t.Error("a run of another robot differs")
	}
}

func TestClonesAreIndependent(t *testing.T) {
	r := open(t, Options{})
	want := trace(t, r, 40)
	g := start(t, r)
	c, err := r.Clone()
	if err != nil {
		t.Fatal(err)
	}
	g.tick(10)
	if got := trace(t, c, 40); got != want {
		t.Error("a clone runs otherwise than its origin")
	}
	before := fmt.Sprint(g.s.Pos)
	if g.store(&g.s); fmt.Sprint(g.s.Pos) != before {
		t.Error("running the clone moved its origin")
	}
	k := c.Kinematics()
	c.Close()
	k.CenterOfMass()
	k.Close()
	g.tick(1)
}

func TestTickAllocatesNothing(t *testing.T) {
	g := start(t, open(t, Options{}))
	truth := controller.Truth{Contacts: make([]bool, 4)}
	poses := make([]float32, 7*len(g.Frames()))
	n := testing.AllocsPerRun(20, func() {
		g.tick(1)
		g.Truth(&truth)
		g.FramePoses(poses)
		g.SetAssist(truth.Root, 20)
	})
	if n != 0 {
		t.Errorf("%v allocations a tick", n)
	}
}

func TestRestartAllocatesNothing(t *testing.T) {
	g := start(t, open(t, Options{}))
	q, qd := make([]float64, 67), make([]float64, 67)
	root := controller.Root{Pos: [3]float64{0, 0, 0.1}, Quat: [4]float64{1, 0, 0, 0}}
	if n := testing.AllocsPerRun(20, func() {
		g.Place(root, q, qd)
		if err := g.Start(); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a restart", n)
	}
}

func TestFirstReadIsThePlacedState(t *testing.T) {
	r := open(t, Options{})
	b := r.Body()
	q, qd := make([]float64, 67), make([]float64, 67)
	for j := range q {
		q[j] = b.Joints[j].Min + 0.3*(b.Joints[j].Max-b.Joints[j].Min)
		qd[j] = 0.01 * float64(j)
	}
	root := controller.Root{Pos: [3]float64{1, 2, 0.3}, Quat: [4]float64{0.8, 0, 0.6, 0}, Vel: [3]float64{1, 0, 2}, AngVel: [3]float64{0, 3, 1}}
	r.Place(root, q, qd)
	g := start(t, r)
	if fmt.Sprint(g.s.Pos, g.s.Vel, g.s.Root) != fmt.Sprint(q, qd, root) {
		t.Error("the first state is not the placed one")
	}
	if g.s.Time != 0 || g.s.IMU.Gyro != root.AngVel || g.s.IMU.Quat != root.Quat {
		t.Errorf("time %v, IMU %+v", g.s.Time, g.s.IMU)
	}
	for i := range g.s.Activation {
		near(t, "set point of "+b.Actuators[i].Name, g.s.Activation[i], g.s.ActPos[i], 1e-12)
	}
	var truth controller.Truth
	if g.Truth(&truth); truth.Root != root || slices.Contains(truth.Contacts, true) {
		t.Errorf("in the air the truth is %+v", truth)
	}
	g.read()
	if g.s.Time != 0 {
		t.Error("a Read without a command advanced the robot")
	}
	g.tick(3)
	if g.s.Time != 60*time.Millisecond || g.s.Seq != 3 {
		t.Errorf("after three periods the clock says %v, state %d", g.s.Time, g.s.Seq)
	}
	r.Place(controller.Root{Pos: [3]float64{0, math.NaN(), 0}}, q, qd)
	if err := r.Start(); err == nil || !strings.Contains(err.Error(), "finite") {
		t.Errorf("a start state with NaN: %v", err)
	}
}

func TestDivergenceIsAnError(t *testing.T) {
	for name, spoil := range map[string]func(*rig){
		"a NaN command":    func(g *rig) { g.c.Pos[3] = math.NaN() },
		"a NaN in physics": func(g *rig) { g.world.qvel[20] = math.NaN() },
		"a huge speed":     func(g *rig) { g.world.qvel[2] = 1e12 },
	} {
		t.Run(name, func(t *testing.T) {
			g := start(t, open(t, Options{}))
			g.tick(4)
			spoil(g)
			if err := g.Write(&g.c); err != nil {
				t.Fatal(err)
			}
			err := g.Read(&g.s)
			if err == nil || !strings.Contains(err.Error(), "sim: diverged at t=100ms") {
				t.Fatalf("Read returned %v", err)
			}
			if w := g.Write(&g.c); w == nil {
				t.Error("Write after it returned nil")
			}
			haltTwice(t, g.Robot)
			fresh := start(t, g.Robot)
			fresh.tick(5)
			near(t, "height after a restart", fresh.s.Root.Pos[2], 0.07, 0.01)
		})
	}
}

func haltTwice(t *testing.T, r *Robot) {
	t.Helper()
	for range 2 {
		if err := r.Halt(); err != nil {
			t.Error(err)
		}
	}
}

func TestHaltStops(t *testing.T) {
	r := open(t, Options{})
	s := controller.NewState(r.Body())
	if err := r.Read(&s); err == nil || !strings.Contains(err.Error(), "call Start") {
		t.Errorf("Read before Start: %v", err)
	}
	g := start(t, r)
	g.tick(2)
	haltTwice(t, r)
	if r.Read(&s) == nil || r.Write(&g.c) == nil {
		t.Error("a halted robot reads or writes")
	}
	start(t, r).tick(1)
}

func TestWrongLengthsPanic(t *testing.T) {
	r := open(t, Options{})
	for name, f := range map[string]func(){
		"Place":   func() { r.Place(controller.Root{}, make([]float64, 3), make([]float64, 67)) },
		"Write":   func() { start(t, r); _ = r.Write(&controller.Command{}) },
		"SetPose": func() { r.Kinematics().SetPose([3]float64{}, [4]float64{1}, nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s took a wrong length", name)
				}
			}()
			f()
		}()
	}
}

func TestManyRobotsFitInMemory(t *testing.T) {
	if os.Getenv("WHISKER_ALONE") == "" { // what other tests hold does not count
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestManyRobotsFitInMemory$", "-test.v")
		cmd.Env = append(os.Environ(), "WHISKER_ALONE=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "MB a robot") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	resident := func() float64 {
		b, err := os.ReadFile("/proc/self/statm")
		if err != nil {
			t.Fatal(err)
		}
		var size, pages float64
		fmt.Sscan(string(b), &size, &pages)
		return pages * float64(os.Getpagesize()) / (1 << 20)
	}
	r := open(t, Options{})
	start(t, r).tick(20)
	before := resident()
	const n = 8
	for range n {
		c, err := r.Clone()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		start(t, c).tick(20)
	}
	each := (resident() - before) / n
	t.Logf("%.2f MB a robot, the process holds %.0f MB", each, resident())
	if each > 8 {
		t.Errorf("a clone keeps %.1f MB, want less than 8", each)
	}
	if resident() > 100 {
		t.Errorf("the process holds %.0f MB, want less than 100", resident())
	}
}

func TestStandingActuatorsAreWhereTheStandingPosePutsThem(t *testing.T) {
	r := open(t, Options{})
	s := controller.NewState(r.Body())
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	if err := r.Read(&s); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.ActPos, r.Body().StandAct) || !r.Body().StopsTime {
		t.Errorf("standing %v, expected %v", s.ActPos, r.Body().StandAct)
	}
}
