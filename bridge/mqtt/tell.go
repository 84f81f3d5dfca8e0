package mqtt

import "time"

// What Telemetry tells, put together.

func (t *Telemetry) connection(status string) Connection {
	b := t.o.Body
	c := Connection{
		Header: t.header(wordConnection), Status: status, Role: t.o.role, Version: t.o.Version, Body: b.Name, BodyHash: bodyHash(b),
		PeriodMs: b.Period.Seconds() * 1e3, Joints: []string{}, Actuators: []string{}, Clips: append([]string{}, t.o.Clips...),
	}
	for _, j := range b.Joints {
		c.Joints = append(c.Joints, j.Name)
	}
	for _, a := range b.Actuators {
		c.Actuators = append(c.Actuators, a.Name)
	}
	return c
}

func (t *Telemetry) stateOf(s *snapshot) State {
	x, m := &s.sample, &t.o.Body.Measures
	st := State{
		Header: t.header(wordState), Tick: x.Tick, RobotTime: x.State.Time.Seconds(), AgeMs: x.State.Age.Seconds() * 1e3,
		Mode: x.Mode.String(), Fault: s.status.Fault, RobotFaults: x.State.Faults, Frame: s.status.Frame, Frames: s.status.Frames,
		Paused: s.status.Paused, Stopped: t.stopped.Load(), Clamped: x.Clamped,
		JointPos: numbers(x.State.Pos), JointVel: numbers(x.State.Vel), CommandPos: numbers(x.Command.Pos),
	}
	if c := s.status.Clip; c >= 0 && c < len(t.o.Clips) {
		st.Clip = t.o.Clips[c]
	}
	if st.Fault == "" && x.Fault != 0 {
		st.Fault = x.Fault.String()
	}
	if m.Torque {
		st.Torque = numbers(x.State.Torque)
	}
	if m.Current {
		st.Current = numbers(x.State.Current)
	}
	if m.Temperature {
		st.Temperature = numbers(x.State.Temperature)
	}
	if m.Voltage {
		v := number(x.State.Voltage)
		st.Voltage = &v
	}
	if i := &x.State.IMU; m.IMU {
		st.IMU = &imu{numbers(i.Quat[:]), numbers(i.Gyro[:]), numbers(i.Acc[:])}
	}
	if r := &x.State.Root; m.Root {
		st.Root = &root{numbers(r.Pos[:]), numbers(r.Quat[:]), numbers(r.Vel[:]), numbers(r.AngVel[:])}
	}
	return st
}

func (t *Telemetry) timingOf(s *span, took time.Duration) Timing {
	m := Timing{
		Header: t.header(wordTiming), Seconds: took.Seconds(), Ticks: s.ticks, Overruns: s.overruns, Skipped: s.skipped, Clamped: s.clamped,
		Late: summarise(&s.late), Work: summarise(&s.work), Dropped: t.out.lost(),
	}
	t.mu.Lock()
	m.Commands = t.counts
	t.mu.Unlock()
	m.Commands.Dropped = t.dropped.Load()
	if t.measure != nil {
		t.measure(&m)
	}
	return m
}
