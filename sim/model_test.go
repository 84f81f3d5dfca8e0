//go:build cgo

package sim

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"whisker/controller"
)

func TestBadOptionsAreRefused(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.xml")
	write := func(text string) string {
		if err := os.WriteFile(broken, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return broken
	}
	for _, c := range []struct {
		name string
		o    func() Options
		want []string
	}{
		{"period", func() Options { return Options{Period: 18 * time.Millisecond} }, []string{"sim: period 18ms", "4ms"}},
		{"short period", func() Options { return Options{Period: time.Millisecond} }, []string{"sim: period 1ms"}},
		{"timestep", func() Options { return Options{Timestep: -1} }, []string{"sim: timestep"}},
		{"scale", func() Options { return Options{Scale: -1} }, []string{"sim: scale -1"}},
		{"scale of another model", func() Options { return Options{Model: "testdata/pendulum.xml", Scale: 0.8} }, []string{"options of the rat"}},
		{"no file", func() Options { return Options{Model: "nowhere.xml"} }, []string{"sim: model nowhere.xml", "no such file"}},
		{"not XML", func() Options { return Options{Model: write("\x00\x01 junk")} }, []string{broken, "XML"}},
		{"truncated", func() Options { return Options{Model: write("<mujoco><worldbody><body>")} }, []string{broken, "XML"}},
		{"unknown element", func() Options { return Options{Model: write("<mujoco><whisker/></mujoco>")} }, []string{broken, "whisker"}},
		{"no joints", func() Options { return Options{Model: write("<mujoco/>")} }, []string{"nothing to control"}},
		{"ball joint", func() Options {
			return Options{Model: write(`<mujoco><worldbody><body><joint name="b" type="ball"/><geom size="1"/></body></worldbody></mujoco>`)}
		}, []string{`joint "b"`}},
		{"absent mesh that collides", func() Options {
			return Options{Model: write(`<mujoco><asset><mesh name="m" file="absent.stl"/></asset><worldbody><body><joint/><geom type="mesh" mesh="m"/></body></worldbody></mujoco>`)}
		}, []string{"absent.stl"}},
		{"velocity servo", func() Options {
			return Options{Model: write(`<mujoco><worldbody><body><joint name="j"/><geom size="1"/></body></worldbody><actuator><velocity name="v" joint="j"/></actuator></mujoco>`)}
		}, []string{`actuator "v"`, "position servo"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Open(c.o())
			if err == nil {
				r.Close()
				t.Fatal("it opened")
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not mention %q", err, w)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q is more than one line", err)
			}
		})
	}
}

func TestMuJoCosFatalErrorsComeBack(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	starved := filepath.Join(dir, "starved.xml")
	text := `<mujoco><size memory="1K"/><worldbody><geom type="plane" size="0 0 1"/><body pos="0 0 .05"><freejoint/><geom type="box" size=".1 .1 .1"/>
	  <body><joint/><geom size=".1" pos="0 .1 0"/></body></body></worldbody></mujoco>`
	if err := os.WriteFile(starved, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r := open(t, Options{Model: starved})
	err := r.Start()
	if err == nil {
		t.Fatal("a model with 1 kB of memory started")
	}
	t.Log(err)
	if _, err := os.Stat("MUJOCO_LOG.TXT"); err == nil {
		t.Error("MuJoCo wrote its log file")
	}
	start(t, open(t, Options{})).tick(1)
}

func TestFreeFall(t *testing.T) {
	r := open(t, Options{Model: "testdata/faller.xml", Timestep: 2 * time.Millisecond})
	r.Place(controller.Root{Pos: [3]float64{0, 0, 3}, Quat: [4]float64{1, 0, 0, 0}, Vel: [3]float64{0.5, 0, 0}}, []float64{0}, []float64{0})
	g := start(t, r)
	g.tick(25)
	// Semi-implicit Euler: after n steps of h, z falls by g h^2 n (n+1) / 2.
	var truth controller.Truth
	g.Truth(&truth)
	near(t, "height", truth.Root.Pos[2], 3-9.81*0.002*0.002*250*251/2, 1e-9)
	near(t, "way", truth.Root.Pos[0], 0.25, 1e-9)
	near(t, "speed", truth.Root.Vel[2], -9.81*0.5, 1e-9)
	near(t, "specific force", math.Hypot(math.Hypot(g.s.IMU.Acc[0], g.s.IMU.Acc[1]), g.s.IMU.Acc[2]), 0, 1e-6)
	if g.s.Root.Pos != [3]float64{} {
		t.Error("a body that cannot measure its root reports it")
	}
}

func TestAccelerometerFeelsTheGround(t *testing.T) {
	r := open(t, Options{Model: "testdata/faller.xml"})
	r.Place(controller.Root{Pos: [3]float64{0, 0, 0.05}, Quat: [4]float64{math.Sqrt2 / 2, math.Sqrt2 / 2, 0, 0}}, []float64{0}, []float64{0})
	g := start(t, r)
	g.tick(100)
	near(t, "specific force on the side that is up", g.s.IMU.Acc[1], 9.81, 0.05)
	near(t, "specific force along z of the trunk", g.s.IMU.Acc[2], 0, 0.05)
}

func TestPendulumSwingsAsItShould(t *testing.T) {
	r := open(t, Options{Model: "testdata/pendulum.xml", Timestep: time.Millisecond, Period: time.Millisecond})
	r.Place(controller.Root{}, []float64{0.05}, []float64{0})
	g := start(t, r)
	energy := func() float64 { return 0.5*sq(0.5*g.s.Vel[0]) + 9.81*0.5*(1-math.Cos(g.s.Pos[0])) }
	e0, crossings, last := energy(), []float64{}, g.s.Pos[0]
	for range 5000 {
		g.tick(1)
		if now := g.s.Pos[0]; last > 0 && now <= 0 {
			crossings = append(crossings, g.s.Time.Seconds()+0.001*now/(last-now))
		}
		last = g.s.Pos[0]
	}
	period := (crossings[len(crossings)-1] - crossings[0]) / float64(len(crossings)-1)
	near(t, "period", period, 2*math.Pi*math.Sqrt(0.5/9.81)*(1+sq(0.05)/16), 1e-5)
	near(t, "energy", energy()/e0, 1, 1e-6)
}

func TestImpedanceHoldsALoad(t *testing.T) {
	g := start(t, open(t, Options{Model: "testdata/pendulum.xml"}))
	a := g.Body().Actuators[0]
	if a.Drive != controller.DriveImpedance || a.MaxTorque != 3 {
		t.Fatalf("the motor is %+v, want an impedance drive of 3 N m", a)
	}
	g.c.Pos[0], g.c.Kp[0], g.c.Kd[0] = 0.4, 8, 1
	g.tick(300)
	// At rest kp (0.4 - q) = m g l sin q.
	near(t, "balance", 8*(0.4-g.s.Pos[0]), 9.81*0.5*math.Sin(g.s.Pos[0]), 1e-4)
	near(t, "torque", g.s.Torque[0], 8*(0.4-g.s.Pos[0]), 1e-4)
	g.c.Kp[0], g.c.Torque[0] = 0, 9.81*0.5*math.Sin(0.3)
	g.tick(400)
	near(t, "angle under feed-forward torque", g.s.Pos[0], 0.3, 1e-3)
	g.c.Torque[0], g.c.Kd[0] = 50, 0
	g.tick(1)
	near(t, "torque beyond the bound", g.s.Torque[0], 3, 1e-9)
}

func TestTheJointsBoundIsTheMotorsBound(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bounded.xml")
	text := `<mujoco><worldbody><body><joint name="j" actuatorfrcrange="-2 2" damping="1"/><geom size=".1"/></body></worldbody><actuator><motor joint="j"/></actuator></mujoco>`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	g := start(t, open(t, Options{Model: file}))
	near(t, "greatest torque", g.Body().Actuators[0].MaxTorque, 2, 0)
	g.c.Torque[0] = 50
	g.tick(1)
	near(t, "torque reported", g.s.Torque[0], 2, 0)
}

func TestServoReachesItsTarget(t *testing.T) {
	r := open(t, Options{Model: "testdata/faller.xml"})
	a := r.Body().Actuators[0]
	// 0.4 u + 0.1 = 0.05 (2 q): u in -5..5 is q in -19..21.
	near(t, "lowest target", a.Min, -19, 1e-9)
	near(t, "highest target", a.Max, 21, 1e-9)
	near(t, "stiffness", a.Kp, 0.2, 1e-12)
	near(t, "greatest torque", a.MaxTorque, 0.04, 1e-12)
	r.Place(controller.Root{Pos: [3]float64{0, 0, 500}, Quat: [4]float64{1, 0, 0, 0}}, []float64{0.2}, []float64{0})
	g := start(t, r)
	g.c.Pos[0] = 0.7
	g.tick(1)
	// Five Euler steps of 4 ms towards the target, filter of 40 ms.
	near(t, "set point after one period", g.s.Activation[0], 0.7-0.5*math.Pow(0.9, 5), 1e-9)
	g.tick(100)
	near(t, "position", g.s.ActPos[0], 0.7, 1e-3)
	near(t, "joint", g.s.Pos[0], g.s.ActPos[0], 1e-9)
}

func TestTorqueRat(t *testing.T) {
	g := start(t, open(t, Options{Torque: true}))
	knee := 11
	a := g.Body().Actuators[knee]
	if a.Name != "knee_L" || a.Drive != controller.DriveTorque || math.Abs(a.MaxTorque-0.2) > 1e-12 {
		t.Fatalf("actuator %+v, want the left knee with 0.2 N m of torque", a)
	}
	near(t, "torque at the start", g.s.Torque[knee], 0, 0)
	g.c.Torque[knee] = 0.1
	g.tick(1)
	near(t, "filtered torque", g.s.Activation[knee], 0.1*(1-math.Pow(0.9, 5)), 1e-9)
	g.c.Torque[knee] = 5
	g.tick(30)
	near(t, "torque beyond the bound", g.s.Torque[knee], 0.2, 1e-6)
}

func TestAssistPullsAndPerturbPushes(t *testing.T) {
	r := open(t, Options{Model: "testdata/faller.xml"})
	root := controller.Root{Pos: [3]float64{0, 0, 50}, Quat: [4]float64{1, 0, 0, 0}}
	r.Place(root, []float64{0}, []float64{0})
	g := start(t, r)
	g.Perturb([3]float64{2, 0, 0})
	g.tick(2)
	var truth controller.Truth
	g.Truth(&truth)
	near(t, "speed after 2 N for one period of 20 ms", truth.Root.Vel[0], 0.04, 1e-6)
	near(t, "assist without a spring", truth.Assist, 0, 0)
	// With a spring the 1 kg body hangs m g / K under its target, and it is turned to it.
	root.Quat = [4]float64{math.Cos(0.2), 0, 0, math.Sin(0.2)}
	g.SetAssist(root, 200)
	for range 2000 {
		g.tick(1)
	}
	g.Truth(&truth)
	near(t, "sag", 50-truth.Root.Pos[2], 9.81/200, 1e-4)
	near(t, "pull", truth.Assist, 9.81, 1e-2)
	near(t, "heading", truth.Root.Quat[3], math.Sin(0.2), 1e-3)
	g.SetAssist(root, 0)
	g.tick(1)
	if g.Truth(&truth); truth.Assist != 0 {
		t.Error("the assist stays after it was switched off")
	}
}

func TestURDF(t *testing.T) {
	r := open(t, Options{Model: "testdata/arm.urdf"})
	b := r.Body()
	if len(b.Joints) != 2 || b.Joints[0].Name != "shoulder" || b.Joints[1].Name != "elbow" || b.Measures.IMU {
		t.Fatalf("joints %+v", b.Joints)
	}
	near(t, "upper limit", b.Joints[0].Max, 1, 1e-12)
	near(t, "effort", b.Actuators[1].MaxTorque, 4, 1e-12)
	g := start(t, r)
	g.c.Kp[0], g.c.Kp[1], g.c.Kd[0], g.c.Kd[1] = 10, 10, 0.5, 0.5
	g.tick(50)
	free := open(t, Options{Model: "testdata/arm.urdf", Free: true})
	if !free.Body().Measures.IMU {
		t.Error("Free gave it no floating base")
	}
	g = start(t, free)
	g.tick(100)
	near(t, "height of the fallen base", g.world.qpos[2], 0.05, 0.06)
}

func TestWithoutCgoItSaysHowToGetIt(t *testing.T) {
	cmd := exec.Command("go", "test", "-count=1", "-run", "TestNoCgo", ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
