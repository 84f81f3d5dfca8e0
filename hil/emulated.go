package hil

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"whisker/bridge/board"
	"whisker/controller"
	"whisker/controller/profile"
	"whisker/controller/record"
	"whisker/hil/emulate"
	"whisker/sim"
)

// Emulation sets up the stand-in of a physical robot: its firmware, with the
// simulated body as plant.
type Emulation struct {
	Board string `yaml:"board"` // mps2 (QEMU) or host
	// CutAfter is how long the first pass tracks before the serial line is cut, s; 0
	// is never. The run then ends, well if the firmware damped.
	CutAfter float64 `yaml:"cut_after_s"`
}

// Emulated is what became of the emulation: a part of Result.
type Emulated struct {
	Board string `json:"board"`
	// Lockstep says that the robot's time waited for the program, in place of a
	// serial line in real time.
	Lockstep bool `json:"lockstep"`
	// Factor is how fast the robot's time went while it was driven: 1 is real time.
	Factor float64 `json:"real_time_factor"`
	Cut    *Cut    `json:"cut,omitempty"`
}

// emulation is the emulated robot of a rig.
type emulation struct {
	Emulated
	plant *plant
	sever func() // cuts the line

	ticks      int // tracked
	last       time.Time
	at         time.Duration // the robot's time then
	wall, time time.Duration // that the loop ran
}

// fast is how many times faster than real time the emulator has to be alone to
// keep it with everything else around it.
const fast = 2

// openEmulated opens the firmware in its emulator: behind a pty in real time, in
// lockstep where that was asked for or the machine is too slow.
func (g *rig) openEmulated(name string) error {
	s := &g.scenario
	p, err := profile.Open(name)
	if err != nil {
		return err
	}
	p.RateHz = max(p.RateHz, g.rate)
	quick := *p // the plant ticks with the firmware
	quick.RateHz = 1 / emulate.Tick.Seconds()
	body, err := s.openPlant(sim.Options{Profile: &quick, Model: s.Model, Timestep: emulate.Tick})
	if err != nil {
		return err
	}
	g.closers = append(g.closers, body.Close)
	e := &emulation{plant: newPlant(body), Emulated: Emulated{Board: s.Emulation.Board, Lockstep: s.Pace == "lockstep"}}
	g.model, g.world, g.emulation, g.plant = body, e.plant, e, e.plant
	root, q := lying(body)
	e.plant.Place(root, q, make([]float64, len(q)))
	o := emulate.Options{Board: s.Emulation.Board, Profile: p, Plant: e.plant}
	if o.Args, err = g.flash(); err != nil {
		return err
	}
	if !e.Lockstep {
		served, err := g.openPaced(o)
		if served || err != nil {
			return err
		}
		e.Lockstep = true
	}
	r, err := emulate.New(o)
	if err != nil {
		return err
	}
	if _, err := emulate.Find(o.Board); err != nil {
		return err
	}
	g.robot, e.sever = r, r.Cut
	return nil
}

// flash gives the host board a memory that outlasts a brown-out.
func (g *rig) flash() (args []string, err error) {
	if g.scenario.Emulation.Board != "host" || len(g.scenario.Faults) == 0 {
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "whisker")
	if err != nil {
		return nil, fmt.Errorf("hil: %w", err)
	}
	g.closers = append(g.closers, func() { os.RemoveAll(dir) })
	return []string{"--flash", filepath.Join(dir, "flash")}, nil
}

// firmwareHash identifies the image that the emulator runs; "" without one. What
// runs on a board of its own cannot be read back.
func (g *rig) firmwareHash() string {
	if g.emulation == nil {
		return ""
	}
	file, err := emulate.Find(g.emulation.Board)
	if err != nil {
		return ""
	}
	hash, _ := record.FileHash(file)
	return hash
}

// openPaced puts the firmware behind a pty, unless the emulator is too slow.
func (g *rig) openPaced(o emulate.Options) (served bool, err error) {
	f, err := emulate.Start(o)
	if err != nil {
		return false, err
	}
	why, err := g.emulation.slow(f, o.Profile)
	if err == nil && why != "" && g.rate == 0 { // who lends it has no other way
		g.log.Warn().Msgf("the emulated robot %s: it runs in lockstep", why)
		return false, f.Close()
	}
	var path string
	if err == nil {
		path, err = f.Pty()
	}
	if err != nil {
		return false, errors.Join(err, f.Close())
	}
	r, err := board.New(board.Options{Profile: o.Profile, Device: path, Version: programName, Note: g.note})
	if err != nil {
		return false, errors.Join(err, f.Close())
	}
	g.closers = append(g.closers, func() { r.Close(); f.Close() })
	line := &emulatedLine{Robot: r, firmware: f, profile: o.Profile}
	g.robot, g.link, g.emulation.sever = line, line, func() { f.Cut(true) }
	return true, nil
}

// slow says why a firmware without a host does not keep real time; "" if it does: it
// is fast enough alone, and at its own clock for a second it neither falls behind
// nor pauses for half of what the age of a state may be.
func (e *emulation) slow(f *emulate.Emulator, p *profile.Profile) (string, error) {
	const warm, ticks = 50, 200
	if err := f.Step(warm); err != nil {
		return "", err
	}
	begin := time.Now()
	if err := f.Step(ticks); err != nil {
		return "", err
	}
	if factor := ticks * emulate.Tick.Seconds() / time.Since(begin).Seconds(); factor < fast {
		return fmt.Sprintf("runs at %.1f times real time alone, %d are needed to keep it", factor, fast), nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	e.plant.pauses()
	begin, from := time.Now(), f.Time()
	if err := f.Pace(ctx); err != nil {
		return "", err
	}
	share := (f.Time() - from).Seconds() / time.Since(begin).Seconds()
	if pause, most := e.plant.pauses(), milliseconds(p.Limits.StateAgeMs/2); share < 0.9 || pause > most {
		return fmt.Sprintf("keeps %.0f %% of real time, with a pause of %v, 90 %% and %v are needed", 100*share, pause.Round(time.Millisecond), most), nil
	}
	return "", nil
}

// emulatedLine is the firmware in its emulator at the end of a serial line.
type emulatedLine struct {
	*board.Robot
	firmware *emulate.Emulator
	profile  *profile.Profile
}

// Run paces the firmware and carries the bytes.
func (l *emulatedLine) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return l.firmware.Pace(ctx) })
	group.Go(func() error { return l.Robot.Run(ctx) })
	return group.Wait()
}

// Connect gives the firmware, which comes out of its emulator without one, the
// calibration of the profile.
func (l *emulatedLine) Connect() error {
	id, err := l.Greet()
	if err != nil {
		return err
	}
	c := &board.Calibration{Robot: l.profile.Name, UID: fmt.Sprintf("%x", id.Welcome.UID)}
	for _, j := range l.profile.Joints {
		c.Joints = append(c.Joints, board.JointCalibration{Name: j.Name, Sign: j.Sign, Offset: j.Offset})
	}
	if err := l.Store(c); err != nil {
		return err
	}
	return l.Robot.Connect()
}

// tick takes a sample of the loop: it measures the emulation's speed, and cuts the
// line when its time has come.
func (e *emulation) tick(s *controller.Sample, cutAfter, rate float64) {
	now := time.Now()
	if s.Tick > 0 {
		e.wall, e.time = e.wall+now.Sub(e.last), e.time+s.State.Time-e.at
	}
	e.last, e.at = now, s.State.Time
	if s.Mode != controller.ModeTrack {
		return
	}
	if e.ticks++; cutAfter > 0 && float64(e.ticks) >= cutAfter*rate && e.plant.end() == nil {
		e.plant.begin()
		e.sever()
	}
}

// result sums up.
func (e *emulation) result() *Emulated {
	r := e.Emulated
	if e.wall > 0 {
		r.Factor = e.time.Seconds() / e.wall.Seconds()
	}
	r.Cut = e.plant.end()
	return &r
}

// lying is where a body lies on the ground, or stands where it cannot lie.
func lying(r *sim.Robot) (controller.Root, []float64) {
	b := r.Body()
	q := b.LieAct
	if q == nil {
		q = b.Stand
	}
	root := controller.Root{Quat: [4]float64{1, 0, 0, 0}}
	k := r.Kinematics()
	defer k.Close()
	k.SetPose(root.Pos, root.Quat, q)
	if id, ok := k.BodyID(b.Root); ok {
		root.Pos[2] = -k.LowestPoint(id)
	}
	return root, q
}

// print says it in words.
func (r *Emulated) print(w io.Writer) {
	how := "behind a serial line"
	if r.Lockstep {
		how = "in lockstep"
	}
	fmt.Fprintf(w, "firmware on %s, %s: %.2f times real time\n", r.Board, how, r.Factor)
	if c := r.Cut; c != nil {
		fmt.Fprintf(w, "line cut: damped after %s ms; joints moved by %s rad at most\n", c.Damped.Text(0), c.Motion.Text(3))
	}
}
