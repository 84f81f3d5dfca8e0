//go:build cgo

package sim

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"whisker/controller"
)

// Two links that hang from a held root move by the equations of a double pendulum,
// whatever rotors and friction their joints have.
func TestDynamicsAreThoseOfADoublePendulum(t *testing.T) {
	file := filepath.Join(t.TempDir(), "arm.xml")
	text := `<mujoco><worldbody><body name="base"><freejoint/><geom type="sphere" size="0.1" mass="1"/>
  <body name="upper"><joint name="shoulder" type="hinge" axis="0 1 0" armature="0.7" damping="3"/><geom type="sphere" size="0.01" mass="2" pos="0 0 -0.3"/>
    <body name="lower" pos="0 0 -0.4"><joint name="elbow" type="hinge" axis="0 1 0" armature="0.5" frictionloss="2"/><geom type="sphere" size="0.01" mass="1" pos="0 0 -0.2"/></body>
  </body></body></worldbody>
  <actuator><motor joint="shoulder"/><motor joint="elbow"/></actuator></mujoco>`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	k := open(t, Options{Model: file}).Kinematics()
	defer k.Close()
	const g, spin = 9.81, 0.4 * 0.01 * 0.01 // of a ball of 1 kg
	mass, bias := make([]float64, 4), make([]float64, 2)
	for _, s := range [][4]float64{{0.3, 0, 0, 0}, {0.3, math.Pi / 2, 0, 0}, {-0.4, 1.1, 2, -3}} {
		k.Dynamics(s[:2], s[2:], mass, bias)
		lower := 0.2*0.2 + spin
		both := lower + 0.4*0.2*math.Cos(s[1])
		near(t, "shoulder", mass[0], 2*(0.3*0.3+spin)+0.4*0.4+2*0.4*0.2*math.Cos(s[1])+lower, 1e-9)
		near(t, "coupling", mass[1], both, 1e-9)
		near(t, "coupling", mass[2], both, 1e-9)
		near(t, "elbow", mass[3], lower, 1e-9)
		c := 0.4 * 0.2 * math.Sin(s[1])
		pull := g * 0.2 * math.Sin(s[0]+s[1])
		near(t, "bias of the shoulder", bias[0], g*(2*0.3+0.4)*math.Sin(s[0])+pull-c*(2*s[2]*s[3]+s[3]*s[3]), 1e-9)
		near(t, "bias of the elbow", bias[1], pull+c*s[2]*s[2], 1e-9)
	}
}

// A robot's joints are in the order of its profile, in rows and in columns.
func TestDynamicsAgreeWithInverseDynamics(t *testing.T) {
	r := quadruped(t)
	k := r.Kinematics()
	defer k.Close()
	n, rng := len(k.JointNames()), rand.New(rand.NewPCG(1, 2))
	q, qd, acc, force := make([]float64, n), make([]float64, n), make([]float64, 6+n), make([]float64, 6+n)
	for i := range q {
		q[i], qd[i], acc[6+i] = rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()
	}
	mass, bias := make([]float64, n*n), make([]float64, n)
	k.Dynamics(q, qd, mass, bias)
	k.InverseDynamics(&controller.Root{Quat: [4]float64{1}}, q, qd, acc, force)
	motors := r.opts.Profile.Motors
	for i, j := range r.opts.Profile.Joints {
		got := bias[i] + motors[j.Motor].Armature*acc[6+i] + motors[j.Motor].Viscous*qd[i]
		for l := range n {
			got += mass[i*n+l] * acc[6+l]
		}
		near(t, j.Name, got, force[6+i], 1e-9)
	}
}
