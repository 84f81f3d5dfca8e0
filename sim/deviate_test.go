//go:build cgo

package sim

import (
	"math"
	"testing"
	"time"

	"whisker/controller/profile"
)

// A rotor of 1 kg·m² under 10 N·m for 0.2 s: every deviation changes how fast it
// is by what physics says.
func TestDeviationsDoWhatPhysicsSays(t *testing.T) {
	for _, c := range []struct {
		name  string
		set   func(*Deviation)
		speed float64
	}{
		{"none", func(*Deviation) {}, (10 - 1) * 0.2},
		{"armature", func(d *Deviation) { d.Armature = 2 }, (10 - 1) * 0.2 / 2},
		{"Coulomb friction", func(d *Deviation) { d.Coulomb = 3 }, (10 - 3) * 0.2},
		{"viscous friction", func(d *Deviation) { d.Viscous = 100 }, 9 * (1 - math.Exp(-0.2))},
		{"strength", func(d *Deviation) { d.Strength = 0.5 }, (5 - 1) * 0.2},
		{"bound", func(d *Deviation) { d.Ceiling = 0.7 }, (7 - 1) * 0.2},
	} {
		g := fixedLeg(t, func(m *profile.Motor) { m.Coulomb, m.Viscous = 1, 0.01 })
		d := Nominal(1)
		c.set(&d[0])
		if err := g.Deviate(d); err != nil {
			t.Fatal(err)
		}
		g = start(t, g.Robot)
		g.c.Torque[0] = 1000
		g.tick(10)
		near(t, "speed with another "+c.name, g.s.Vel[0], c.speed, 0.02)
	}
}

// Dry friction stops a rotor of 1 kg·m² in the profile's time and lets it creep while
// it holds it: 3 N·m, of which a tenth accelerates for 50 ms.
func TestFrictionHoldsAsTheProfileSays(t *testing.T) {
	for _, c := range []struct{ stop, yield, creep float64 }{{50, 0.1, 3 * 0.1 * 0.05}, {50, 0, 0}, {0.001, 0.1, 0}, {0, 0, 3 * 0.1 * 0.95 * 0.01 / 0.9}} {
		g := fixedLeg(t, func(m *profile.Motor) { m.Coulomb, m.StopMs, m.StopYield = 8, c.stop, c.yield })
		g.c.Torque[0] = 3
		g.tick(50)
		near(t, "speed of creeping", g.s.Vel[0], c.creep, 1e-3)
		g.c.Torque[0] = 0
		g.tick(2)
		if from := g.s.Vel[0]; c.stop == 50 && c.yield > 0 {
			g.tick(2)
			near(t, "speed 40 ms later", g.s.Vel[0], from*math.Exp(-0.8), 1e-4)
		}
	}
}

func TestEncoderOffsetIsMeasuredAndNotTrue(t *testing.T) {
	r := quadruped(t)
	d := Nominal(12)
	d[4].Offset = 0.05
	if err := r.Deviate(d); err != nil {
		t.Fatal(err)
	}
	g := start(t, r)
	g.hold()
	near(t, "measured", g.s.Pos[4], r.Body().Stand[4]+0.05, 1e-12)
	near(t, "measured at the motor", g.s.ActPos[4], g.s.Pos[4], 0)
	if err := r.Deviate(Nominal(12)); err != nil {
		t.Fatal(err)
	}
	g = start(t, r)
	near(t, "measured without", g.s.Pos[4], r.Body().Stand[4], 1e-12)
}

func TestDeviationDelaysCommands(t *testing.T) {
	moved := func(late time.Duration) int {
		g := fixedLeg(t, func(*profile.Motor) {})
		d := Nominal(1)
		d[0].Delay = late
		if err := g.Deviate(d); err != nil {
			t.Fatal(err)
		}
		g = start(t, g.Robot)
		g.tick(2)
		g.c.Torque[0] = 10
		for n := 1; ; n++ {
			if g.tick(1); g.s.Vel[0] > 0.01 || n == 20 {
				return n
			}
		}
	}
	if at, late := moved(0), moved(60*time.Millisecond); at != 1 || late != 4 {
		t.Errorf("the motor moves in period %d, delayed by three periods in %d", at, late)
	}
}

// What a randomised robot drew stays the base of its deviation.
func TestDeviationComesOnTopOfRandomisation(t *testing.T) {
	ranges, err := parseRanges("r.yaml", []byte("motor_strength_factor: [0.5, 0.5]\njoint_offset_rad: [0.1, 0.1]\nmotor_limit_factor: [0.5, 0.5]"))
	if err != nil {
		t.Fatal(err)
	}
	r := quadruped(t)
	d := Nominal(12)
	d[0].Strength, d[0].Offset, d[0].Ceiling = 0.5, 0.1, 0.5
	if err := r.Randomise(ranges, 1); err != nil {
		t.Fatal(err)
	}
	if err := r.Deviate(d); err != nil {
		t.Fatal(err)
	}
	for range 2 { // starts do not add up
		start(t, r)
		if w := r.world; w.strength[0] != 0.25 || w.strength[1] != 0.5 || math.Abs(w.zero[0]-0.2) > 1e-12 || w.zero[1] != 0.1 || w.ceiling[0] != 0.25 || w.ceiling[1] != 0.5 {
			t.Errorf("strength %v, offsets %v, limits %v", w.strength[:2], w.zero[:2], w.ceiling[:2])
		}
	}
}

func TestBadDeviationsAreNamed(t *testing.T) {
	r := quadruped(t)
	for _, bad := range []func(*Deviation){
		func(d *Deviation) { d.Armature = -1 },
		func(d *Deviation) { d.Strength = math.NaN() },
		func(d *Deviation) { d.Offset = math.Inf(1) },
	} {
		d := Nominal(12)
		bad(&d[3])
		if err := r.Deviate(d); err == nil {
			t.Errorf("%+v was taken", d[3])
		}
	}
	if err := open(t, Options{}).Deviate(nil); err == nil {
		t.Error("the rat has no profile and deviated")
	}
}
