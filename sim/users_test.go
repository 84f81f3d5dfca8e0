//go:build cgo

package sim

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"whisker/controller/profile"
)

// oneLeg is a robot of one leg as a user might bring it; what stands for %s is put
// beside its thigh's shapes.
const oneLeg = `<mujoco><compiler angle="degree"/>
	<default><general gear="2" ctrlrange="-5 5"/></default>
	<worldbody><geom name="ground" type="plane" size="9 9 1"/>
	<body name="base" pos="0 0 1"><freejoint name="floating"/><inertial pos="0 0 0" mass="5" diaginertia=".05 .06 .07"/>
	<body name="leg"><joint name="knee" axis="0 1 0" range="-90 90"/>%s<inertial pos="0 0 -.1" mass="1" diaginertia=".003 .003 .0005"/>
	</body></body></worldbody>%s</mujoco>`

func userModel(t *testing.T, shapes, rest string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "leg.xml")
	text := strings.Replace(strings.Replace(oneLeg, "%s", shapes, 1), "%s", rest, 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// legProfile drives a joint "knee" with 20 N·m and has one foot, "toe".
func legProfile() *profile.Profile {
	return &profile.Profile{
		Name: "leg", RateHz: 50, Root: "base", Head: "base", Feet: []string{"toe"}, StandHeight: 1,
		Motors: map[string]profile.Motor{"m": {Gear: 6, Torque: 20, MaxSpeed: 40, MaxRate: 40, Kp: 40, Kd: 1}},
		Joints: []profile.Joint{{Name: "knee", Motor: "m", Sign: 1, Min: -1.5, Max: 1.5}},
	}
}

// The profile's motors have nothing of the defaults that the user's model has for its own.
func TestAProfilesMotorsAreNotTheModelsDefaults(t *testing.T) {
	g := start(t, open(t, Options{Model: userModel(t, `<geom name="toe" pos="0 0 -.2" size=".02"/>`, ""), Profile: legProfile()}))
	g.c.Torque[0] = 7
	g.tick(1)
	near(t, "torque", g.s.Torque[0], 7, 1e-9)
	near(t, "position that the motor reports", g.s.ActPos[0], g.world.qpos[7], 1e-12)
}

// A foot that is a shape of the shin stays where the user put it, however that was said.
func TestAFootStaysWhereItsShapeWas(t *testing.T) {
	for shape, want := range map[string][3]float64{ // the foot's place, and how low it reaches
		`<geom name="toe" pos="0 0 -.2" size=".02"/>`:                                   {0, -0.2, -0.22},
		`<geom name="toe" type="capsule" fromto="0 0 -.2 .1 0 -.2" size=".02"/>`:        {0.05, -0.2, -0.22},
		`<geom name="toe" type="cylinder" pos="0 0 -.2" euler="0 90 0" size=".03 .1"/>`: {0, -0.2, -0.23},
		`<frame pos="0.1 0 -.1"><geom name="toe" pos="0 0 -.1" size=".02"/></frame>`:    {0.1, -0.2, -0.22},
		`<geom name="toe" type="mesh" mesh="wedge" pos="0 0 -.2"/>`:                     {math.NaN(), math.NaN(), -0.21},
	} {
		file := userModel(t, shape, `<asset><mesh name="wedge" vertex="0 0 -.01 .01 0 .01 -.01 .01 .01 -.01 -.01 .01"/></asset>`)
		k := open(t, Options{Model: file, Profile: legProfile()}).Kinematics()
		k.SetPose([3]float64{}, [4]float64{1, 0, 0, 0}, []float64{0})
		foot := id(t, k, "toe")
		at, _ := k.BodyPose(foot)
		if !math.IsNaN(want[0]) {
			near(t, shape+": x", at[0], want[0], 1e-6)
			near(t, shape+": z", at[2], want[1], 1e-6)
		}
		near(t, shape+": lowest point", k.LowestPoint(foot), want[2], 1e-6)
		k.Close()
	}
}

// A contact pair of the user's model that names a foot's shape still holds.
func TestAFootKeepsItsContactPairs(t *testing.T) {
	file := userModel(t, `<geom name="toe" pos="0 0 -.2" size=".02" contype="0" conaffinity="0"/>`, `<contact><pair geom1="toe" geom2="ground"/></contact>`)
	p := legProfile()
	p.StandHeight = 0.22
	g := start(t, open(t, Options{Model: file, Profile: p}))
	g.hold()
	g.tick(5)
	if f := g.s.FootForce[0]; f < 10 {
		t.Errorf("the ground carries %g N of a robot of 6 kg", f)
	}
}

// Without their files, shapes that a body has its mass from are not left out.
func TestAbsentMeshesThatWeighAreNotLeftOut(t *testing.T) {
	file := filepath.Join(t.TempDir(), "heavy.xml")
	for shape, want := range map[string]string{
		`<geom type="mesh" mesh="m" contype="0" conaffinity="0"/>`:                       "absent.stl",
		`<geom type="mesh" mesh="m" contype="0" conaffinity="0" mass="0"/>`:              "",
		`<geom type="mesh" mesh="m" contype="0" conaffinity="0" density="0" group="2"/>`: "",
	} {
		text := `<mujoco><asset><mesh name="m" file="absent.stl"/></asset><worldbody><body><joint name="j"/><geom size=".1"/>` + shape + `</body></worldbody></mujoco>`
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open(Options{Model: file})
		if err == nil {
			r.Close()
		}
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", shape, err, want)
		}
	}
}

// A model without the files of its textures moves the same.
func TestAbsentTexturesAreLeftOut(t *testing.T) {
	file := userModel(t, `<geom size=".1" material="skin"/>`, `<asset><texture name="sky" type="skybox" builtin="flat" width="8" height="8"/>
		<texture name="fur" type="2d" file="absent.png"/><material name="skin" texture="fur" rgba="1 0 0 1"/></asset>
		<actuator><motor joint="knee"/></actuator>`)
	r := open(t, Options{Model: file})
	if w := r.Warnings(); len(w) != 1 || !strings.Contains(w[0], "absent.png") {
		t.Errorf("want one word on the absent texture: %q", w)
	}
	start(t, r).tick(1)
}

// A motor that nothing bounds has no gains that its model could be held with.
func TestMotorsWithoutABoundAreRefused(t *testing.T) {
	for motor, want := range map[string]float64{
		`<motor name="m" joint="knee" ctrllimited="false"/>`:                               0,
		`<motor name="m" joint="knee" gear="2" ctrlrange="-8 3"/>`:                         16,
		`<general name="m" joint="knee" gear="1" ctrllimited="false" forcerange="-20 0"/>`: 20,
	} {
		file := userModel(t, "", "<actuator>"+motor+"</actuator>")
		r := open(t, Options{Model: file})
		err := r.Start()
		if want == 0 {
			if err == nil || !strings.Contains(err.Error(), `actuator "m"`) || !strings.Contains(err.Error(), "forcerange") {
				t.Errorf("%s: %v", motor, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", motor, err)
		}
		near(t, motor, r.Body().Actuators[0].MaxTorque, want, 1e-9)
	}
}

// A joint that the user left without a name gets one that no other joint has.
func TestJointsWithoutNamesGetFreeOnes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "arm.xml")
	text := `<mujoco><worldbody><body><joint name="joint1" actuatorfrcrange="-9 9"/><geom size=".1"/><body><joint actuatorfrcrange="-9 9"/><geom size=".1"/></body></body></worldbody></mujoco>`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if b := open(t, Options{Model: file}).Body(); len(b.Actuators) != 2 || b.Actuators[1].Joint != 1 {
		t.Errorf("actuators %+v", b.Actuators)
	}
}
