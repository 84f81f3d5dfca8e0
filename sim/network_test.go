//go:build cgo

package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"whisker/controller/profile"
)

// drawnNetwork is one with the weights of a seed.
func drawnNetwork(seed uint64, period time.Duration) *Network {
	random := rand.New(rand.NewPCG(seed, 0))
	n := &Network{Period: period, Error: 0.3, Speed: 0.7, Torque: 2, Weights: make([]float32, networkSize)}
	for i := range n.Weights {
		n.Weights[i] = float32(0.4 * random.NormFloat64())
	}
	return n
}

// says is the torque of a network, N·m, after errors and speeds, newest first.
func (n *Network) says(errors, speeds []float64) float64 {
	var x []float64
	for k := range 3 { // what was before the first is the first
		x = append(x, errors[min(k, len(errors)-1)]/n.Error)
	}
	for k := range 3 {
		x = append(x, speeds[min(k, len(speeds)-1)]/n.Speed)
	}
	w := n.Weights
	for layer, out := range [...]int{32, 32, 1} {
		y := make([]float64, out)
		for i := range y {
			y[i] = float64(w[out*len(x)+i])
			for k := range x {
				y[i] += float64(w[i*len(x)+k]) * x[k]
			}
			if layer < 2 {
				y[i] = math.Tanh(y[i])
			}
		}
		w, x = w[out*len(x)+out:], y
	}
	return n.Torque * x[0]
}

// networked is a rotor of 1 kg·m² in a robot of 50 Hz with that deviation.
func networked(t *testing.T, change func(*Deviation)) *rig {
	t.Helper()
	g := fixedLeg(t, func(m *profile.Motor) { m.Viscous = 0.1 })
	d := Nominal(1)
	change(&d[0])
	if err := g.Deviate(d); err != nil {
		t.Fatal(err)
	}
	return start(t, g.Robot)
}

// wander tells the rotor where to go at random, with a stiffness that gives no torque
// to speak of, and returns what it was told, and what it was and gave after each tick.
func (g *rig) wander(ticks int) (told, was, speed, gave []float64) {
	random := rand.New(rand.NewPCG(5, 0))
	for range ticks {
		g.c.Pos[0], g.c.Kp[0] = random.NormFloat64(), 1e-12
		was, speed = append(was, g.s.Pos[0]), append(speed, g.s.Vel[0])
		g.tick(1)
		told, gave = append(told, g.c.Pos[0]), append(gave, g.s.Torque[0])
	}
	return told, was, speed, gave
}

// A motor gives what its network says of the errors that its encoder sees and of the
// commands that have arrived, as strong as it is.
func TestNetworksSpeakOfThePast(t *testing.T) {
	for _, c := range []struct {
		name     string
		change   func(*Deviation)
		late     int // ticks
		strength float64
	}{
		{"alone", func(*Deviation) {}, 0, 1},
		{"late", func(d *Deviation) { d.Delay = 40 * time.Millisecond }, 2, 1},
		{"with an encoder that is off", func(d *Deviation) { d.Offset = 0.4 }, 0, 1},
		{"weak", func(d *Deviation) { d.Strength = 0.3 }, 0, 0.3},
		{"dead", func(d *Deviation) { d.Strength = 0 }, 0, 0},
	} {
		n := drawnNetwork(1, 20*time.Millisecond)
		told, was, speed, gave := networked(t, func(d *Deviation) { d.Network = n; c.change(d) }).wander(50)
		var errors, speeds []float64
		for i := range told {
			errors = slices.Insert(errors, 0, told[max(i-c.late, 0)]-was[i])
			speeds = slices.Insert(speeds, 0, speed[i])
			if want := c.strength * n.says(errors, speeds); math.Abs(gave[i]-want) > 1e-6*n.Torque*c.strength {
				t.Fatalf("%s: %.9g N·m in tick %d, want %.9g", c.name, gave[i], i, want)
			}
		}
		if spread := slices.Max(gave) - slices.Min(gave); spread < 2*c.strength {
			t.Errorf("%s: torques are within %g N·m: the motion tries little", c.name, spread)
		}
	}
}

// A network counts what it saw that its logs had not.
func TestNetworksTellWhatTheyHaveNotLearned(t *testing.T) {
	const ticks = 50
	for _, c := range []struct{ error, speed float64 }{{1, 0}, {0, 0.3}, {1, 0.3}, {0, 0}} {
		n := drawnNetwork(1, 20*time.Millisecond)
		n.MostError, n.MostSpeed = c.error, c.speed
		g := networked(t, func(d *Deviation) { d.Network = n })
		told, was, speed, _ := g.wander(ticks)
		beyond := func(x, most float64) bool { return most > 0 && math.Abs(x) > most }
		want := 0
		for i := range told {
			if beyond(told[i]-was[i], c.error) || beyond(speed[i], c.speed) {
				want++
			}
		}
		if none := c.error+c.speed == 0; none != (want == 0) || want == ticks {
			t.Fatalf("%+v: %d of %d looks: the motion tries little", c, want, ticks)
		}
		if got := g.Unlearned(); len(got) != 1 || math.Abs(got[0]-float64(want)/ticks) > 1e-9 {
			t.Errorf("%+v: %v of the looks, want %d of %d", c, got, want, ticks)
		}
	}
	if got := networked(t, func(*Deviation) {}).Unlearned(); got != nil {
		t.Errorf("%v without a network", got)
	}
}

// Between two looks a network holds its torque; its period need not be a whole number
// of physics steps, and is kept on average.
func TestNetworksLookOncePerPeriod(t *testing.T) {
	const ticks = 50 // of 20 ms
	for period, looks := range map[time.Duration]int{60 * time.Millisecond: 17, 20400 * time.Microsecond: 49, 25500 * time.Microsecond: 40, 33300 * time.Microsecond: 31} {
		_, _, _, gave := networked(t, func(d *Deviation) { d.Network = drawnNetwork(2, period) }).wander(ticks)
		same := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 } // but for the stiffness
		if n := len(slices.CompactFunc(gave, same)); n != looks {
			t.Errorf("a period of %v: %d torques in a second, want %d", period, n, looks)
		}
	}
}

// The past ends at a start, and is each robot's own: a second run, and one of a clone
// beside it, give the same bytes. A deviation without a network takes it away.
func TestNetworksForgetAtAStart(t *testing.T) {
	g := networked(t, func(d *Deviation) { d.Network = drawnNetwork(3, 20*time.Millisecond) })
	_, _, _, first := g.wander(20)
	c, err := g.Clone()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	beside := start(t, c)
	_, _, _, other := beside.wander(20)
	_, _, _, again := start(t, g.Robot).wander(20)
	if !slices.Equal(again, first) || !slices.Equal(other, first) {
		t.Errorf("first %v\nagain %v\nclone %v", first, again, other)
	}
	resumed := start(t, g.Robot)
	resumed.wander(7)
	if err := resumed.Resume(&g.s); err != nil {
		t.Fatal(err)
	}
	resumed.read()
	_, _, _, once := resumed.wander(20)
	if err := beside.Resume(&g.s); err != nil {
		t.Fatal(err)
	}
	beside.read()
	if _, _, _, twice := beside.wander(20); !slices.Equal(once, twice) {
		t.Errorf("resumed %v\nand %v", once, twice)
	}
	if err := g.Deviate(Nominal(1)); err != nil {
		t.Fatal(err)
	}
	if _, _, _, none := start(t, g.Robot).wander(20); slices.Max(none) > 1e-9 || slices.Min(none) < -1e-9 {
		t.Errorf("without a network: %v", none)
	}
}

// What a network adds is within the motor's bound, and a motor without stiffness, which
// is off or damps, gets none of it.
func TestNetworksKeepToTheMotor(t *testing.T) {
	strong := func(d *Deviation) { d.Network = drawnNetwork(1, 20*time.Millisecond); d.Network.Torque = 1000 }
	g := networked(t, strong)
	g.c.Pos[0], g.c.Kp[0] = 1, 1e-12
	g.tick(1)
	near(t, "torque at most", math.Abs(g.s.Torque[0]), 10, 1e-9)
	g = networked(t, func(d *Deviation) { strong(d); d.Ceiling = 0.3 })
	g.c.Pos[0], g.c.Kp[0] = 1, 1e-12
	g.tick(1)
	near(t, "torque at most of a limited motor", math.Abs(g.s.Torque[0]), 3, 1e-9)
	g.c.Kp[0] = 0
	g.tick(1)
	near(t, "torque without stiffness", g.s.Torque[0], 0, 0)
}

func TestBadNetworksAreNamed(t *testing.T) {
	g := fixedLeg(t, func(*profile.Motor) {})
	for want, bad := range map[string]func(*Network){
		"the network of hinge: 3 weights, expected 1313":                                   func(n *Network) { n.Weights = n.Weights[:3] },
		"weight 7 is NaN, expected a finite number":                                        func(n *Network) { n.Weights[7] = float32(math.NaN()) },
		"scales of 0.3 rad, 0 rad/s and 2 N·m, expected more than 0":                       func(n *Network) { n.Speed = 0 },
		"scales of 0.3 rad, 0.7 rad/s and +Inf N·m":                                        func(n *Network) { n.Torque = math.Inf(1) },
		"it looks every 600µs, expected at least two thirds of the physics step of 1ms":    func(n *Network) { n.Period = 600 * time.Microsecond },
		"it looks every 0s, expected at least two thirds of the physics step of 1ms: give": func(n *Network) { n.Period = 0 },
	} {
		d := Nominal(1)
		d[0].Network = drawnNetwork(1, 5*time.Millisecond)
		bad(d[0].Network)
		if err := g.Deviate(d); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
