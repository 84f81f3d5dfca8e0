package identify

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Log is one recording of one robot: what each joint was told and where it was.
// Series are indexed joint first, sample second; a Log that a reader returned
// has passed check.
type Log struct {
	Name   string
	Kind   string   // of motion, where the log says; "" otherwise
	Joints []string // in the log's order
	// Time of each sample, s, from 0.
	Time []float64
	// Command and Position, rad.
	Command, Position [][]float64
	// Impedance is the rest of every command, where the log has it; with nil the
	// profile's gains hold.
	Impedance *Series
	// Torque is what the motor gave, N·m, as the robot measured it; nil where it
	// did not.
	Torque [][]float64
	// Enabled says per sample whether the motors had torque; nil means always.
	Enabled []bool
	// Kp is the servo's own gain in the servo's own unit; 0 where the log does
	// not say, and the profile's then holds.
	Kp float64
	// Volts is the supply; 0 where the log does not say.
	Volts float64
	// Load is a known pendulum at the joint: zero where there is none.
	Load Load

	links []*carried // per joint, where a model goes with the log
}

// Series are the parts of impedance commands beside the position: rad/s, N·m,
// N·m/rad and N·m·s/rad.
type Series struct{ Velocity, Torque, Kp, Kd [][]float64 }

// all are the four, to be gone through.
func (s *Series) all() []*[][]float64 { return []*[][]float64{&s.Velocity, &s.Torque, &s.Kp, &s.Kd} }

// Load is a point mass (kg) at the end of a uniform arm (m, kg) that hangs down at 0 rad.
type Load struct{ Mass, Arm, ArmMass float64 }

// Inertia is that about the joint, kg·m².
func (l Load) Inertia() float64 { return (l.Mass + l.ArmMass/3) * l.Arm * l.Arm }

// Gravity is its largest torque, N·m.
func (l Load) Gravity() float64 { return (l.Mass + l.ArmMass/2) * l.Arm * standardGravity }

const standardGravity = 9.80665 // m/s²

// Duration is the time from the first sample to the last, s.
func (l *Log) Duration() float64 { return l.Time[len(l.Time)-1] - l.Time[0] }

// Cut is the part of the log between two fractions of its samples, with times
// from 0 again. The series are shared.
func (l *Log) Cut(from, to float64) *Log {
	a, b := int(math.Round(from*float64(len(l.Time)))), int(math.Round(to*float64(len(l.Time))))
	if a < 0 || b > len(l.Time) || b-a < 2 {
		panic(fmt.Sprintf("identify: Cut(%g, %g): want 0 <= from < to <= 1", from, to))
	}
	out := *l
	out.links = nil
	out.Name = fmt.Sprintf("%s[%.3g:%.3g]", l.Name, from, to)
	out.Time = make([]float64, b-a)
	for i := range out.Time {
		out.Time[i] = l.Time[a+i] - l.Time[a]
	}
	if l.Enabled != nil {
		out.Enabled = l.Enabled[a:b]
	}
	cut := func(rows [][]float64) [][]float64 {
		var part [][]float64
		for _, x := range rows {
			part = append(part, x[a:b])
		}
		return part
	}
	out.Command, out.Position, out.Torque = cut(l.Command), cut(l.Position), cut(l.Torque)
	if l.Impedance != nil {
		s := *l.Impedance
		for _, rows := range s.all() {
			*rows = cut(*rows)
		}
		out.Impedance = &s
	}
	return &out
}

// joint is the index of a joint by name, or -1.
func (l *Log) joint(name string) int {
	return slices.IndexFunc(l.Joints, func(s string) bool { return sameJoint(s, name) })
}

// same says that another log has the same samples.
func (l *Log) same(other *Log) bool {
	return slices.Equal(l.Time, other.Time) && slices.EqualFunc(l.Position, other.Position, slices.Equal) &&
		slices.EqualFunc(l.Command, other.Command, slices.Equal)
}

// sameJoint allows for models, which call a joint FL_hip_joint that logs call FL_hip.
func sameJoint(a, b string) bool {
	return strings.TrimSuffix(a, "_joint") == strings.TrimSuffix(b, "_joint")
}

func median(x []float64) float64 {
	s := slices.Clone(x)
	slices.Sort(s)
	return s[len(s)/2]
}
