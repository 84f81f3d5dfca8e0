package controller

import (
	"context"
	"time"
)

// plant is a robot of first-order servos that a test can break: what a real
// one cannot show on request.
type plant struct {
	body   Body
	told   Command
	ticks  int
	writes int
	halts  int
	sense  func(tick int, s *State) // changes what is measured
	pos    []float64

	startErr, readErr, writeErr, haltErr error
}

// newPlant has one actuator of each drive, each on a joint of its own.
func newPlant(drives ...Drive) *plant {
	if drives == nil {
		drives = []Drive{DrivePosition, DriveImpedance, DriveTorque}
	}
	p := &plant{body: Body{Name: "plant", Period: 10 * time.Millisecond}}
	for i, d := range drives {
		name := string(rune('a' + i))
		p.body.Joints = append(p.body.Joints, Joint{Name: name, Min: -1, Max: 1, MaxVel: 50})
		p.body.Actuators = append(p.body.Actuators, Actuator{Name: name, Joint: i, Drive: d,
			Min: -1, Max: 1, MaxRate: 2, MaxTorque: 3, Kp: 10, Kd: 0.5})
		p.body.Stand = append(p.body.Stand, 0.25)
	}
	p.body.Measures = Measures{IMU: true, Temperature: true, Voltage: true}
	p.body.Limits = Limits{MaxTilt: 1, MaxFollowingError: 0.6, MaxTemperature: 80, MinVoltage: 20, MaxVoltage: 30, JointMargin: 0.05}
	p.told = NewCommand(&p.body)
	p.pos = make([]float64, len(drives))
	return p
}

func (p *plant) Body() *Body  { return &p.body }
func (p *plant) Start() error { return p.startErr }
func (p *plant) Halt() error  { p.halts++; return p.haltErr }

func (p *plant) Read(s *State) error {
	for i, a := range p.body.Actuators {
		if p.writes > 0 && a.Drive != DriveTorque && (a.Drive == DrivePosition || p.told.Kp[i] > 0) {
			p.pos[i] += 0.5 * (p.told.Pos[i] - p.pos[i])
		}
	}
	copy(s.Pos, p.pos)
	copy(s.ActPos, p.pos)
	s.Seq, s.Time, s.Age, s.Voltage, s.Faults = uint64(p.ticks), time.Duration(p.ticks)*p.body.Period, 0, 24, 0
	s.IMU = IMU{Quat: [4]float64{1}, Acc: [3]float64{2: 9.81}}
	s.Root = Root{Quat: [4]float64{1}}
	for i := range s.Temperature {
		s.Temperature[i], s.Vel[i], s.ActVel[i] = 30, 0, 0
	}
	if p.sense != nil {
		p.sense(p.ticks, s)
	}
	p.ticks++
	return p.readErr
}

func (p *plant) Write(c *Command) error {
	p.writes++
	p.told.CopyFrom(c)
	return p.writeErr
}

// act is a policy made of a function.
type act func(s *State, c *Command) error

func (f act) Act(s *State, c *Command) error { return f(s, c) }

// hold leaves the command as it came: neutral, at the last position.
var hold = act(func(*State, *Command) error { return nil })

// until lets p act on the first n ticks.
func until(n int, p act) act {
	return func(s *State, c *Command) error {
		if n--; n < 0 {
			return ErrDone
		}
		return p(s, c)
	}
}

// late is a pacer that skips the periods it is told to.
type late func() int

func (f late) Wait(ctx context.Context) (time.Duration, int, error) { return 0, f(), ctx.Err() }
