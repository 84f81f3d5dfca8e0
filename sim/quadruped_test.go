//go:build cgo

package sim

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"whisker/controller"
	"whisker/controller/profile"
)

func robotProfile(t testing.TB, name string) *profile.Profile {
	t.Helper()
	p, err := profile.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func quadruped(t testing.TB) *Robot { return open(t, Options{Profile: robotProfile(t, "quadruped")}) }

// hold makes the rig hold its pose with the standing gains.
func (g *rig) hold() {
	for i, a := range g.Body().Actuators {
		g.c.Kp[i], g.c.Kd[i] = a.Kp, a.Kd
	}
}

func TestQuadrupedHasThePublishedSizes(t *testing.T) {
	r := quadruped(t)
	b, k := r.Body(), r.Kinematics()
	defer k.Close()
	mass := 0.0
	for _, m := range r.facts.mass {
		mass += m
	}
	near(t, "mass", mass, 3.3+4*(0.54+0.634+0.064)+12*0.055, 1e-9)
	if b.Measures.Root || !b.Measures.IMU || !b.Measures.FootForce || b.Measures.Temperature {
		t.Errorf("it measures %+v", b.Measures)
	}
	k.SetPose([3]float64{0, 0, b.StandHeight}, [4]float64{1, 0, 0, 0}, b.Stand)
	for _, foot := range b.Feet {
		near(t, "height of "+foot, k.LowestPoint(id(t, k, foot)), 0, 1e-4)
	}
	straight := make([]float64, 12)
	k.SetPose([3]float64{}, [4]float64{1, 0, 0, 0}, straight)
	foot, _ := k.BodyPose(id(t, k, "FL_foot"))
	near(t, "leg's length", -foot[2], 0.209+0.175, 1e-9)
	near(t, "foot's track", foot[1], 0.049+0.062, 1e-9)
}

// ride runs the operating states with a policy that only holds, and asks for
// modes at given times.
type ride struct {
	worstSpeed, worstStep, worstTorque float64
	height, tilt                       []float64 // per tick
	modes                              []controller.Mode
	clamped                            int
}

func (g *rig) ride(at map[uint64]controller.Mode, ticks uint64) (out ride, err error) {
	in, b := new(controller.Input), g.Body()
	last := make([]float64, len(b.Actuators))
	var truth controller.Truth
	l := &controller.Loop{Robot: g.Robot, Input: in, Policy: standing{b}, Mode: controller.ModeIdle}
	l.OnSample = func(s *controller.Sample) {
		g.Truth(&truth)
		out.height = append(out.height, truth.Root.Pos[2])
		q := truth.Root.Quat
		out.tilt = append(out.tilt, math.Acos(1-2*(q[1]*q[1]+q[2]*q[2])))
		out.modes = append(out.modes, s.Mode)
		moves := s.Mode == controller.ModeStand || s.Mode == controller.ModeTrack || s.Mode == controller.ModeLie
		if s.Mode == controller.ModeTrack || s.Mode == controller.ModeLie { // rising begins at a limp leg's end stops
			out.clamped += s.Clamped
		}
		for i := range last {
			if moves {
				out.worstStep = math.Max(out.worstStep, math.Abs(s.Command.Pos[i]-last[i]))
			}
			last[i] = s.Command.Pos[i]
			out.worstSpeed = math.Max(out.worstSpeed, math.Abs(s.State.Vel[i]))
			out.worstTorque = math.Max(out.worstTorque, math.Abs(s.State.Torque[i])/b.Actuators[i].MaxTorque)
		}
		if m, ok := at[s.Tick]; ok {
			in.RequestMode(m)
		}
		if s.Tick == ticks {
			in.Stop()
		}
	}
	err = l.Run(context.Background())
	return out, err
}

// standing is a policy that holds the standing pose.
type standing struct{ b *controller.Body }

func (p standing) Act(_ *controller.State, c *controller.Command) error {
	copy(c.Pos, p.b.Stand)
	return nil
}

func TestQuadrupedStandsUpAndLiesDown(t *testing.T) {
	r := quadruped(t)
	b := r.Body()
	g := &rig{Robot: r, t: t}
	r.Place(controller.Root{Pos: [3]float64{0, 0, 0.052}, Quat: [4]float64{1, 0, 0, 0}}, b.LieAct, make([]float64, 12))
	out, err := g.ride(map[uint64]controller.Mode{50: controller.ModeStand, 250: controller.ModeTrack, 300: controller.ModeLie}, 500)
	var fault *controller.Fault
	if errors.As(err, &fault) {
		t.Fatal(err)
	}
	t.Logf("lying %.3f m, standing %.3f m, lying again %.3f m; fastest joint %.2f rad/s, largest step %.3f rad, torque %.2f of its bound",
		out.height[49], out.height[249], out.height[499], out.worstSpeed, out.worstStep, out.worstTorque)
	near(t, "height after standing up", out.height[249], b.StandHeight, 0.02)
	if lying := out.height[499]; lying > 0.09 || lying < 0.04 {
		t.Errorf("it lies at %.3f m", lying)
	}
	if out.modes[499] != controller.ModeIdle || out.modes[299] != controller.ModeTrack {
		t.Errorf("modes: %v at 299, %v at 499", out.modes[299], out.modes[499])
	}
	for i, tilt := range out.tilt {
		if tilt > 0.2 {
			t.Fatalf("it tilts by %.2f rad at tick %d", tilt, i)
		}
	}
	if out.worstSpeed > 5 || out.worstStep > 0.1 || out.worstTorque > 0.8 || out.clamped > 0 {
		t.Errorf("fastest joint %.2f rad/s, largest step of a command %.3f rad, torque %.2f of its bound, %d clamped", out.worstSpeed, out.worstStep, out.worstTorque, out.clamped)
	}
}

// fixedLeg is one motor of the profile, free of gravity and contacts: a rotor of
// 1 kg·m² whose motion is known.
func fixedLeg(t *testing.T, change func(*profile.Motor)) *rig {
	t.Helper()
	const text = `name: leg
source: a test
model: leg.xml
rate_hz: 50
root: base
feet: [foot]
stand_height_m: 1
imu: {mounting_quat: [1, 0, 0, 0]}
motors: {m: {source: a test, gear: 1, torque_nm: 10, no_load_speed_rad_s: 0, max_speed_rad_s: 100, max_rate_rad_s: 100, kp_nm_rad: 100, kd_nm_s_rad: 10, armature_kg_m2: 1}}
joints: [{name: hinge, motor: m, id: 1, sign: 1, min_rad: -90, max_rad: 90}]
`
	dir := t.TempDir()
	model := `<mujoco><option gravity="0 0 0" integrator="implicitfast" tolerance="0"/><worldbody><body name="base"><freejoint/><inertial pos="0 0 0" mass="1e6" diaginertia="1e6 1e6 1e6"/>
	<body name="foot"><joint name="hinge" axis="1 0 0"/><inertial pos="0 0 0" mass="1e-3" diaginertia="1e-6 1e-6 1e-6"/></body></body></worldbody></mujoco>`
	for name, text := range map[string]string{"leg.yaml": text, "leg.xml": model} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := profile.Open(filepath.Join(dir, "leg.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	m := p.Motors["m"]
	change(&m)
	p.Motors["m"] = m
	return start(t, open(t, Options{Profile: p, Timestep: time.Millisecond}))
}

func TestMotorGivesItsTorqueUpToItsSpeed(t *testing.T) {
	g := fixedLeg(t, func(m *profile.Motor) { m.FullTorqueSpeed, m.NoLoadSpeed = 2, 4 })
	g.c.Torque[0] = 1000
	g.tick(10) // 0.2 s at 10 N·m on 1 kg·m²
	near(t, "speed below the corner", g.s.Vel[0], 2, 0.05)
	near(t, "torque below the corner", g.s.Torque[0], 10, 0.5)
	g.tick(200)
	near(t, "speed in the end", g.s.Vel[0], 4, 0.01)
	near(t, "torque at that speed", g.s.Torque[0], 0, 0.1)
	g.c.Torque[0] = -1000
	g.tick(1)
	near(t, "braking torque", g.s.Torque[0], -10, 1e-9)
}

func TestMotorHasFriction(t *testing.T) {
	g := fixedLeg(t, func(m *profile.Motor) { m.Coulomb, m.Viscous = 1, 0.5 })
	g.c.Torque[0] = 0.9
	g.tick(50)
	near(t, "speed below the friction", g.s.Vel[0], 0, 0.01)
	g.c.Torque[0] = 3
	g.tick(1000)
	near(t, "speed where viscous friction takes the rest", g.s.Vel[0], (3-1)/0.5, 0.02)
}

func TestCommandsArriveLate(t *testing.T) {
	for _, delay := range []float64{0, 4, 10, 30, 45} {
		g := fixedLeg(t, func(m *profile.Motor) { m.DelayMs = delay })
		g.tick(5)
		g.c.Torque[0] = 1
		g.tick(5) // 100 ms, of which the torque acts for what the delay leaves
		near(t, "speed", g.s.Vel[0], 0.1-delay/1000, 1e-5)
	}
}

func TestServoLawRunsAtEveryPhysicsStep(t *testing.T) {
	g := fixedLeg(t, func(*profile.Motor) {})
	g.c.Pos[0], g.c.Kp[0], g.c.Kd[0] = 0.02, 100, 4
	g.tick(10)
	// The step response of a second-order system, at 0.2 s, on the rotor's inertia.
	w, z, at := 10.0, 0.2, 0.2
	d := w * math.Sqrt(1-z*z)
	want := 0.02 * (1 - math.Exp(-z*w*at)*(math.Cos(d*at)+z*w/d*math.Sin(d*at)))
	near(t, "position", g.s.Pos[0], want, 2e-4)
}

func TestRandomisedRobotsDifferAndRepeat(t *testing.T) {
	run := func(seed uint64) (heights []float64) {
		r := quadruped(t)
		if err := r.Randomise(DefaultRanges(), seed); err != nil {
			t.Fatal(err)
		}
		var truth controller.Truth
		for range 3 {
			g := start(t, r)
			g.hold()
			g.tick(40)
			g.Truth(&truth)
			heights = append(heights, truth.Root.Pos[2], g.s.Pos[2])
		}
		return heights
	}
	a, again, b := run(1), run(1), run(2)
	if !slices.Equal(a, again) {
		t.Errorf("the same seed gave %v and %v", a, again)
	}
	for i := range a {
		if a[i] == b[i] || i >= 2 && a[i] == a[i-2] {
			t.Errorf("seeds 1 and 2 gave %v and %v: some are equal", a, b)
		}
	}
}

func TestRandomisationChangesWhatItSays(t *testing.T) {
	none, err := parseRanges("none.yaml", []byte("root_mass_kg: [0, 0]"))
	if err != nil {
		t.Fatal(err)
	}
	g := quadruped(t)
	if err := g.Randomise(none, 1); err != nil {
		t.Fatal(err)
	}
	plain, same := start(t, quadruped(t)), start(t, g)
	for _, r := range []*rig{plain, same} {
		r.hold()
		r.tick(20)
	}
	if !slices.Equal(plain.s.Pos, same.s.Pos) {
		t.Errorf("a robot randomised by nothing stands at %v, its model at %v", same.s.Pos, plain.s.Pos)
	}
	for _, c := range []struct {
		key, low, high string
		measure        func(*rig) float64
	}{
		{"root_mass_kg", "[0, 0]", "[2, 2]", func(g *rig) float64 { return g.force() }},
		{"mass_factor", "[1, 1]", "[1.2, 1.2]", func(g *rig) float64 { return g.force() }},
		{"motor_strength_factor", "[0.5, 0.5]", "[1, 1]", func(g *rig) float64 { return g.height() }},
		{"motor_limit_factor", "[0.1, 0.1]", "[1, 1]", func(g *rig) float64 { return g.height() }},
		{"joint_offset_rad", "[0, 0]", "[0.05, 0.05]", func(g *rig) float64 { return -g.height() }},
		{"push_force_body_weights", "[0, 0]\npush_every_s: [0.1, 0.1]\npush_s: [1, 1]", "[0.2, 0.2]\npush_every_s: [0.1, 0.1]\npush_s: [1, 1]", func(g *rig) float64 { return g.sway() }},
		{"noise_gyro_rad_s", "[0, 0]", "[1, 1]", func(g *rig) float64 { return math.Abs(g.s.IMU.Gyro[0]) }},
		{"noise_orientation_rad", "[0, 0]", "[1, 1]", func(g *rig) float64 { return math.Abs(g.s.IMU.Quat[3]) }},
		{"noise_joint_velocity_rad_s", "[0, 0]", "[1, 1]", func(g *rig) float64 { return math.Abs(g.s.Vel[0]) }},
		{"root_com_m", "[0, 0]", "[0.05, 0.05]", func(g *rig) float64 { return g.s.FootForce[1] - g.s.FootForce[2] }},
	} {
		var got [2]float64
		for i, span := range []string{c.low, c.high} {
			ranges, err := parseRanges("r.yaml", []byte(c.key+": "+span))
			if err != nil {
				t.Fatal(err)
			}
			r := quadruped(t)
			if err := r.Randomise(ranges, 1); err != nil {
				t.Fatal(err)
			}
			g := start(t, r)
			g.hold()
			copy(g.c.Pos, g.Body().Stand)
			g.tick(50)
			got[i] = c.measure(g)
		}
		if !(got[1] > got[0]+1e-4) {
			t.Errorf("%s: %.5g at %s, %.5g at %s", c.key, got[0], c.low, got[1], c.high)
		}
	}
}

func (g *rig) force() (sum float64) {
	for _, f := range g.s.FootForce {
		sum += f
	}
	return sum
}

func (g *rig) truth() (t controller.Truth) { g.Truth(&t); return t }

func (g *rig) height() float64 { return g.truth().Root.Pos[2] }

func (g *rig) sway() float64 { r := g.truth().Root; return math.Hypot(r.Pos[0], r.Pos[1]) }

func TestBadRangesAreNamed(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"mass_factor: [1, 1]\nmass: [1, 1]", `r.yaml:2: unknown field "mass"`},
		{"mass_factor: [1, 1]\ndelay_ms: [40, 0]", "r.yaml:2: delay_ms is [40 0]"},
		{"foot_friction: [-1, 1]", "r.yaml:1: foot_friction"},
		{"foot_friction: low", "r.yaml:1:"},
	} {
		if _, err := parseRanges("r.yaml", []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}

func TestOnlyFeetTouchAStandingRobot(t *testing.T) {
	r := quadruped(t)
	g := start(t, r)
	g.hold()
	g.tick(50)
	if r.OnBody() {
		t.Error("a standing robot touches the ground with its body")
	}
	if up := g.truth().Contacts; !slices.Equal(up, []bool{true, true, true, true}) {
		t.Errorf("feet on the ground: %v", up)
	}
	near(t, "force of the feet", g.force(), 9.81*8.912, 1)
	clear(g.c.Kp)
	clear(g.c.Kd)
	g.tick(100)
	if !r.OnBody() {
		t.Error("a robot without torque does not lie on its body")
	}
}

func TestModelsThatAreNotTheRobotAreRefused(t *testing.T) {
	for _, c := range []struct {
		model, profile, want string
	}{
		{"testdata/pendulum.xml", "quadruped", `no hinge joint "FR_hip_joint"`},
		{"", "go1", "names no model"},
		{"quadruped", "go1", "no such file"},
	} {
		if _, err := Open(Options{Model: c.model, Profile: robotProfile(t, c.profile)}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s on %s: %v, want %q", c.profile, c.model, err, c.want)
		}
	}
	if _, err := Open(Options{Period: time.Millisecond, Profile: robotProfile(t, "quadruped")}); err == nil || !strings.Contains(err.Error(), "50 Hz") {
		t.Errorf("another period: %v", err)
	}
}

func TestRandomisedTickDoesNotAllocate(t *testing.T) {
	r := quadruped(t)
	if err := r.Randomise(DefaultRanges(), 1); err != nil {
		t.Fatal(err)
	}
	g := start(t, r)
	g.hold()
	if n := testing.AllocsPerRun(100, func() { g.tick(1); r.OnBody() }); n != 0 {
		t.Errorf("a tick allocates %g times", n)
	}
}

// BenchmarkQuadruped measures control steps (20 ms, five physics steps) of the
// quadruped, and of the same with everything randomised.
func BenchmarkQuadruped(b *testing.B) {
	for _, c := range []struct {
		name   string
		random bool
	}{{"model", false}, {"randomised", true}} {
		b.Run(c.name, func(b *testing.B) {
			r := quadruped(b)
			if c.random {
				if err := r.Randomise(DefaultRanges(), 1); err != nil {
					b.Fatal(err)
				}
			}
			g := start(b, r)
			g.hold()
			for b.Loop() {
				g.tick(1)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "steps/s")
		})
	}
}

// Begun anew with a seed, a robot is that seed's, whatever it was before.
func TestRedrawnRobotIsTheSeeds(t *testing.T) {
	r := quadruped(t)
	if err := r.Randomise(DefaultRanges(), 1); err != nil {
		t.Fatal(err)
	}
	run := func(seed uint64) float64 {
		r.Redraw(seed)
		g := start(t, r)
		g.hold()
		g.tick(40)
		return g.s.Pos[2]
	}
	a, b, again := run(1), run(2), run(1)
	if a != again || a == b {
		t.Errorf("seed 1 gave %v and %v, seed 2 %v", a, again, b)
	}
}
