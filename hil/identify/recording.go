package identify

import (
	"errors"
	"fmt"
	"io"

	"whisker/controller"
	"whisker/controller/record"
)

// readRecording reads a recording of Whisker's own: of its runs the longest.
// Command n is held from state n to state n+1, with the gains that it had. What
// follows a damaged place, or ticks that are missing, is left out.
func readRecording(path string) (*Log, error) {
	r, err := record.Open(path)
	if err != nil {
		return nil, fmt.Errorf("identify: %w", err)
	}
	defer r.Close()
	b := r.Header.Body
	for i := range b.Actuators {
		if a := &b.Actuators[i]; a.Joint != i || a.Drive != controller.DriveImpedance || len(b.Actuators) != len(b.Joints) {
			return nil, fmt.Errorf("identify: %s: actuator %s of body %s is a %s drive at joint %d, want an impedance drive at every joint", path, a.Name, b.Name, a.Drive, a.Joint)
		}
	}
	runs, err := readRuns(r, path)
	if err != nil {
		return nil, err
	}
	longest := &runs[0]
	for i := range runs {
		if len(runs[i].Time) > len(longest.Time) {
			longest = &runs[i]
		}
	}
	if len(longest.Time) == 0 {
		return nil, fmt.Errorf("identify: %s: no tick in the recording, want a run", path)
	}
	return longest, nil
}

// readRuns are the recorded ticks, cut where a run begins and where ticks are missing.
func readRuns(r *record.Reader, path string) ([]Log, error) {
	b := r.Header.Body
	runs := []Log{recorded(path, b)}
	for s := controller.NewSample(b); ; {
		m, err := r.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, record.ErrDamaged) {
			return runs, nil
		}
		var e record.Event
		switch {
		case err != nil:
		case m.Topic == record.TopicSample:
			if err = r.Sample(m, &s); err == nil {
				runs[len(runs)-1].append(&s)
			}
		case m.Topic == record.TopicEvent:
			if e, err = r.Event(m); e.Kind == record.KindRun || e.Kind == record.KindDropped {
				runs = append(runs, recorded(path, b))
			}
		}
		if err != nil {
			return nil, fmt.Errorf("identify: %w", err)
		}
	}
}

// recorded is an empty log of a body.
func recorded(path string, b *controller.Body) Log {
	n := len(b.Joints)
	rows := func() [][]float64 { return make([][]float64, n) }
	l := Log{Name: path, Command: rows(), Position: rows(), Impedance: &Series{}}
	for _, s := range l.Impedance.all() {
		*s = rows()
	}
	if b.Measures.Torque {
		l.Torque = rows()
	}
	for i := range b.Joints {
		l.Joints = append(l.Joints, b.Joints[i].Name)
	}
	return l
}

// append adds a tick; a state that was read a second time adds nothing.
func (l *Log) append(s *controller.Sample) {
	t := s.State.Time.Seconds()
	if n := len(l.Time); n > 0 && t == l.Time[n-1] {
		return
	}
	l.Time = append(l.Time, t)
	put := func(to [][]float64, x []float64) {
		for j := range to {
			to[j] = append(to[j], x[j])
		}
	}
	c, m := &s.Command, l.Impedance
	put(l.Command, c.Pos)
	put(l.Position, s.State.Pos)
	put(l.Torque, s.State.Torque)
	put(m.Velocity, c.Vel)
	put(m.Torque, c.Torque)
	put(m.Kp, c.Kp)
	put(m.Kd, c.Kd)
}
