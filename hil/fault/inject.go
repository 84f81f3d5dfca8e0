package fault

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"whisker/controller"
	"whisker/sim"
)

// Plant is a simulated body that can be harmed.
type Plant interface {
	Harm(*sim.Harm) error
	Perturb(force [3]float64)
}

// Board is a microcontroller that can suffer.
type Board interface {
	HangUp() error
	Restart() error
	BrownOut() error
	SetDrift(ratio float64)
	// Motor says that a motor is so hot, NaN for its own temperature, and whether it
	// answers.
	Motor(joint int, hot float64, silent bool)
}

// Bench is what an Injector works on. Nil fields are places where the target can
// have no fault.
type Bench struct {
	Body   *controller.Body
	Plant  Plant
	Lines  *Lines
	Board  Board
	Pause  func(time.Duration)   // of this program
	Disk   func(full bool) error // NoRoom tells whether anything found it full
	Broker func(stalled bool)
}

// Injector does what a list says, in the time of whoever calls Tick.
type Injector struct {
	bench Bench
	begun bool
	ended bool
	rests bool // no motor can do more than resist
	// revives says that torque is asked for again.
	revives bool
	from    time.Duration
	faults  []injected
	rows    []Row
}

type injected struct {
	*Fault
	kind     *kind
	on, over bool
	rng      *rand.Rand
	since    time.Duration
	joint    int
}

// NewInjector makes one for a list that Check has passed.
func NewInjector(list []Fault, b Bench) *Injector {
	in := &Injector{bench: b, rows: make([]Row, len(list))}
	for i := range list {
		f := &list[i]
		in.faults = append(in.faults, injected{Fault: f, kind: kindOf(f.Kind), rng: rand.New(rand.NewPCG(f.Seed, 0x66617574)), joint: b.Body.JointIndex(f.Target)})
		in.rows[i] = newRow(f)
	}
	return in
}

// Begin starts the list's time: the robot begins to track now.
func (in *Injector) Begin(now time.Duration) {
	if !in.begun {
		in.begun, in.from = true, now
	}
}

// Tick begins and ends what is due. It is called before every tick of the plant.
func (in *Injector) Tick(now time.Duration) error {
	if !in.begun {
		return nil
	}
	t, changed := (now - in.from).Seconds(), false
	for i := range in.faults {
		f := &in.faults[i]
		if !f.on && !f.over && t >= f.At-1e-9 {
			f.on, f.since, changed = true, now, true
			in.rows[i].begin(now, in.rests)
			if err := in.start(f, &in.rows[i].Injected); err != nil {
				return fmt.Errorf("fault: %s: %w", f.Kind, err)
			}
		}
		if f.on && (t >= f.Fault.over()-1e-9 || !f.kind.lasting) {
			f.on, f.over, changed = false, true, true
			if err := in.stop(f); err != nil {
				return fmt.Errorf("fault: %s: %w", f.Kind, err)
			}
		}
		in.shove(f, &in.rows[i].Injected)
	}
	if !changed || in.bench.Plant == nil {
		return nil
	}
	return in.harm()
}

// start is what happens once.
func (in *Injector) start(f *injected, hit *int) error {
	b := &in.bench
	switch f.kind.place {
	case Line:
		b.Lines.begin(f.Fault, hit)
		return nil
	case Bus:
		*hit++
		in.motor(f)
		return nil
	}
	switch f.Kind {
	case "mcu hang":
		*hit++
		return b.Board.HangUp()
	case "mcu reset":
		*hit++
		return b.Board.Restart()
	case "brown-out":
		*hit++
		return b.Board.BrownOut()
	case "clock drift":
		*hit++
		b.Board.SetDrift(f.Magnitude)
	case "host pause":
		*hit++
		b.Pause(time.Duration(f.For * float64(time.Second)))
	case "disk full":
		return b.Disk(true)
	case "broker stall":
		*hit++
		b.Broker(true)
	case "joint stuck", "motor weak", "motor dead", "motor limited", "foot slip", "payload":
		*hit++
	}
	return nil
}

func (in *Injector) motor(f *injected) {
	hot := math.NaN()
	if f.on && f.Kind == "motor hot" {
		hot = f.Magnitude
	}
	in.bench.Board.Motor(f.joint, hot, f.on && f.Kind == "encoder dropout")
}

func (in *Injector) stop(f *injected) error {
	b := &in.bench
	switch {
	case f.kind.place == Line:
		b.Lines.end(f.Fault)
	case f.kind.place == Bus:
		in.motor(f)
	case f.Kind == "clock drift":
		b.Board.SetDrift(0)
	case f.Kind == "disk full":
		return b.Disk(false)
	case f.Kind == "broker stall":
		b.Broker(false)
	}
	return nil
}

// shove pushes for a tick.
func (in *Injector) shove(f *injected, hit *int) {
	if f.on && f.Kind == "push" {
		*hit++
		var force [3]float64
		force[axis(f.Target)] = f.Magnitude
		in.bench.Plant.Perturb(force)
	}
}

// harm tells the body all that is broken in it now.
func (in *Injector) harm() error {
	n := len(in.bench.Body.Joints)
	h := sim.Harm{Stuck: make([]bool, n), Missing: make([]float64, n), Most: make([]float64, n)}
	bodily := false
	for i := range in.faults {
		f := &in.faults[i]
		bodily = bodily || f.kind.place == Body
		if !f.on {
			continue
		}
		switch f.Kind {
		case "joint stuck":
			h.Stuck[f.joint] = true
		case "motor weak":
			h.Missing[f.joint] = f.Magnitude
		case "motor dead":
			h.Missing[f.joint] = 1
		case "motor limited":
			h.Most[f.joint] = max(f.Magnitude, 1e-9)
		case "foot slip":
			h.Slip = f.Magnitude
		case "payload":
			h.Payload = f.Magnitude
		}
	}
	if !bodily {
		return nil
	}
	return in.bench.Plant.Harm(&h)
}

// Sense makes what the body's sensors measured what they say.
func (in *Injector) Sense(now time.Duration, s *controller.State) {
	for i := range in.faults {
		f := &in.faults[i]
		if !f.on {
			continue
		}
		hit := &in.rows[i].Injected
		switch f.Kind {
		case "encoder offset":
			add := math.Copysign(min(math.Abs(f.Magnitude), (now-f.since).Seconds()), f.Magnitude)
			f.encoder(s, add, hit)
		case "encoder jump":
			f.encoder(s, f.Magnitude, hit)
		case "encoder noise":
			f.encoder(s, f.Magnitude*f.rng.NormFloat64(), hit)
		case "imu bias":
			*hit++
			s.IMU.Gyro[axis(f.Target)] += f.Magnitude
		case "imu saturation":
			for a := range s.IMU.Gyro {
				if g := &s.IMU.Gyro[a]; math.Abs(*g) > f.Magnitude {
					*g = math.Copysign(f.Magnitude, *g)
					*hit++
				}
			}
		}
	}
}

func (f *injected) encoder(s *controller.State, add float64, hit *int) {
	s.Pos[f.joint] += add
	s.ActPos[f.joint] += add
	*hit++
}
